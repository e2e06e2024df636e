//! Reports in the database, and the one rule of their life: the first end counts.
//!
//! Each change is published while the connection is held, so that listeners hear of changes in the
//! order in which they were made.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use crate::{
    database::Database,
    error::DatabaseError,
    pdf::Pdf,
    report::{Customer, Month, Report, ReportId, State},
};

/// What an order says, and what a report is made of.
pub struct Order {
    /// `2025-03-14`
    pub ordered_on: String,
    pub product: String,
    pub quantity: i64,
    pub total_cents: i64,
}

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

    pub async fn count_by_state(&self) -> Result<BTreeMap<String, u64>, DatabaseError> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT state, count(*) FROM reports GROUP BY state")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
        .await
    }

    pub async fn count_active(&self) -> Result<usize, DatabaseError> {
        self.read(|connection| {
            let count = format!("SELECT count(*) FROM reports WHERE {ACTIVE}");
            connection.query_row(&count, [], |row| row.get(0))
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

    /// [`advance`](Self::advance) to done. The PDF and the word that it is there are one commit.
    pub async fn finish(&self, id: ReportId, pdf: Pdf) -> Result<Option<Report>, DatabaseError> {
        let events = self.events.clone();
        self.write(move |connection| {
            let transaction = connection.transaction()?;
            let changed = transaction
                .prepare_cached(&format!(
                    "UPDATE reports SET state = 'done', pages = ?2 WHERE id = ?1 AND {ACTIVE}"
                ))?
                .execute((id, pdf.pages))?;
            if changed == 0 {
                return Ok(None);
            }
            transaction
                .prepare_cached("INSERT INTO documents (report_id, pdf) VALUES (?1, ?2)")?
                .execute((id, pdf.bytes))?;
            let report = find(&transaction, id)?;
            transaction.commit()?;
            report
                .iter()
                .for_each(|report| events.publish_report(report));
            Ok(report)
        })
        .await
    }

    /// Marks the reports that no task will work on any more, and returns them.
    pub async fn interrupt(&self, which: Unfinished) -> Result<Vec<ReportId>, DatabaseError> {
        let events = self.events.clone();
        self.write(move |connection| {
            let which = match which {
                Unfinished::All => ACTIVE,
                Unfinished::Queued => "state = 'queued'",
            };
            let transaction = connection.transaction()?;
            let ids: Vec<ReportId> = transaction
                .prepare(&format!(
                    "UPDATE reports SET state = 'interrupted' WHERE {which} RETURNING id"
                ))?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            transaction.commit()?;
            for id in &ids {
                let report = find(connection, *id)?;
                report
                    .iter()
                    .for_each(|report| events.publish_report(report));
            }
            Ok(ids)
        })
        .await
    }
}

pub enum Unfinished {
    All,
    Queued,
}
