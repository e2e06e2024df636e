//! Reports in the database, and the one rule of their life: the first end counts.
//!
//! Each change is published while the connection is held, so that listeners hear of changes in the
//! order in which they were made.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Params, Row, named_params};

use crate::{
    database::Database,
    error::DatabaseError,
    pdf::{Month, Order, Pdf},
    report::{Customer, Report, ReportId, State},
};

const ACTIVE: &str = "state IN ('queued', 'querying', 'rendering')";

const SELECT_REPORT: &str = "
    SELECT reports.id, customers.name AS customer, customer_id, month, state, reason, pages
    FROM reports JOIN customers ON customers.id = customer_id";

fn report_from(row: &Row<'_>) -> rusqlite::Result<Report> {
    let state: State = row.get("state")?;
    Ok(Report {
        id: row.get("id")?,
        customer: row.get("customer")?,
        customer_id: row.get("customer_id")?,
        month: row.get("month")?,
        state,
        progress: if state == State::Done { 100 } else { 0 },
        // Until the program says more of it.
        waits: state == State::Rendering,
        reason: row.get("reason")?,
        pages: row.get("pages")?,
    })
}

fn find(connection: &Connection, id: ReportId) -> rusqlite::Result<Option<Report>> {
    connection
        .prepare_cached(&format!("{SELECT_REPORT} WHERE reports.id = ?1"))?
        .query_row([id], report_from)
        .optional()
}

impl Database {
    pub async fn customers(&self) -> Result<Vec<Customer>, DatabaseError> {
        self.read(|connection| {
            connection
                .prepare("SELECT id, name FROM customers ORDER BY name COLLATE NOCASE")?
                .query_map([], |row| {
                    Ok(Customer {
                        id: row.get(0)?,
                        name: row.get(1)?,
                    })
                })?
                .collect()
        })
        .await
    }

    pub async fn orders(&self, customer: i64, month: Month) -> Result<Vec<Order>, DatabaseError> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT ordered_on, product, quantity, total_cents FROM orders
                     WHERE customer_id = ?1 AND ordered_on BETWEEN ?2 || '-01' AND ?2 || '-31'
                     ORDER BY ordered_on, id",
                )?
                .query_map((customer, month), |row| {
                    Ok(Order {
                        ordered_on: row.get(0)?,
                        product: row.get(1)?,
                        quantity: row.get(2)?,
                        total_cents: row.get(3)?,
                    })
                })?
                .collect()
        })
        .await
    }

    pub async fn add_report(&self, customer: i64, month: Month) -> Result<Report, DatabaseError> {
        let events = self.events.clone();
        self.write(move |connection| {
            let id = connection
                .prepare_cached(
                    "INSERT INTO reports (customer_id, month, state) VALUES (?1, ?2, 'queued')",
                )?
                .insert((customer, month))?;
            let report = find(connection, id)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            events.publish_report(&report);
            Ok(report)
        })
        .await
    }

    pub async fn report(&self, id: ReportId) -> Result<Option<Report>, DatabaseError> {
        self.read(move |connection| find(connection, id)).await
    }

    pub async fn newest_reports(&self, at_most: u32) -> Result<Vec<Report>, DatabaseError> {
        self.read(move |connection| {
            connection
                .prepare_cached(&format!(
                    "{SELECT_REPORT} ORDER BY reports.id DESC LIMIT ?1"
                ))?
                .query_map([at_most], report_from)?
                .collect()
        })
        .await
    }

    /// `failed` are those of which only this program knows that they have.
    pub async fn count_by_state(
        &self,
        failed: Vec<ReportId>,
    ) -> Result<BTreeMap<String, u64>, DatabaseError> {
        self.read(move |connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT iif({ACTIVE} AND id IN (SELECT value FROM json_each(?1)), 'failed', state)
                     AS now, count(*) FROM reports GROUP BY now"
                ))?
                .query_map([serde_json::json!(failed).to_string()], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?
                .collect()
        })
        .await
    }

    pub async fn count_unfinished(&self) -> Result<usize, DatabaseError> {
        self.read(|connection| {
            let count = format!("SELECT count(*) FROM reports WHERE {ACTIVE}");
            connection.query_row(&count, [], |row| row.get(0))
        })
        .await
    }

    /// The month that has begun last, anywhere on Earth.
    pub async fn this_month(&self) -> Result<Month, DatabaseError> {
        self.read(|connection| {
            let now = "SELECT strftime('%Y-%m', 'now', '+14 hours')";
            connection.query_row(now, [], |row| row.get(0))
        })
        .await
    }

    pub async fn pdf(&self, id: ReportId) -> Result<Option<Vec<u8>>, DatabaseError> {
        self.read(move |connection| {
            connection
                .prepare_cached("SELECT pdf FROM documents WHERE report_id = ?1")?
                .query_row([id], |row| row.get(0))
                .optional()
        })
        .await
    }

    /// Moves a report on, and returns it as it is now. `None` if it has already ended: a report that
    /// was cancelled while its last page was drawn stays cancelled.
    pub async fn advance(
        &self,
        id: ReportId,
        state: State,
        reason: Option<String>,
    ) -> Result<Option<Report>, DatabaseError> {
        let events = self.events.clone();
        self.write(move |connection| {
            let changed = connection
                .prepare_cached(&format!(
                    "UPDATE reports SET state = :state, reason = :reason
                     WHERE id = :id AND {ACTIVE}"
                ))?
                .execute(named_params! {":id": id, ":state": state, ":reason": reason})?;
            if changed == 0 {
                return Ok(None);
            }
            let report = find(connection, id)?;
            report
                .iter()
                .for_each(|report| events.publish_report(report));
            Ok(report)
        })
        .await
    }

    /// [`advance`](Self::advance) to done. The PDF and the word that it is there are one commit. False if the
    /// report has already ended.
    pub async fn finish(&self, id: ReportId, pdf: Pdf) -> Result<bool, DatabaseError> {
        let events = self.events.clone();
        self.write(move |connection| {
            let transaction = connection.transaction()?;
            let changed = transaction
                .prepare_cached(&format!(
                    "UPDATE reports SET state = 'done', pages = ?2 WHERE id = ?1 AND {ACTIVE}"
                ))?
                .execute((id, pdf.pages))?;
            if changed == 0 {
                return Ok(false);
            }
            transaction
                .prepare_cached("INSERT INTO documents (report_id, pdf) VALUES (?1, ?2)")?
                .execute((id, pdf.bytes))?;
            let report = find(&transaction, id)?;
            transaction.commit()?;
            report
                .iter()
                .for_each(|report| events.publish_report(report));
            Ok(true)
        })
        .await
    }

    /// Takes up again a report that failed. `None` if it did not.
    pub async fn requeue(&self, id: ReportId) -> Result<Option<Report>, DatabaseError> {
        let requeued = self
            .set_queued("id = ?1 AND state = 'failed'", [id])
            .await?;
        Ok(requeued.into_iter().next())
    }

    /// Takes up again all that an earlier run of the program has left, the oldest first.
    // An older version of it marked some as interrupted.
    pub async fn requeue_unfinished(&self) -> Result<Vec<Report>, DatabaseError> {
        let which = "state NOT IN ('done', 'failed', 'cancelled')";
        self.set_queued(which, ()).await
    }

    async fn set_queued(
        &self,
        which: &'static str,
        parameters: impl Params + Send + 'static,
    ) -> Result<Vec<Report>, DatabaseError> {
        let events = self.events.clone();
        self.write(move |connection| {
            let transaction = connection.transaction()?;
            let update = "UPDATE reports SET state = 'queued', reason = NULL";
            let mut ids = transaction
                .prepare(&format!("{update} WHERE {which} RETURNING id"))?
                .query_map(parameters, |row| row.get(0))?
                .collect::<rusqlite::Result<Vec<ReportId>>>()?;
            ids.sort_unstable();
            let mut reports = Vec::new();
            for id in ids {
                reports.extend(find(&transaction, id)?);
            }
            transaction.commit()?;
            for report in &reports {
                events.publish_report(report);
            }
            Ok(reports)
        })
        .await
    }
}
