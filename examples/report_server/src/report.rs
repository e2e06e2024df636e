//! A report as the outside sees it: what was asked for, how far it is, how it ended.

use std::fmt::{self, Display};

use rusqlite::{
    ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef},
};
use serde::{Serialize, Serializer};

use crate::{pdf::Month, seed};

pub type ReportId = i64;

#[derive(Clone, Debug)]
pub struct Customer {
    pub id: i64,
    pub name: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub id: ReportId,
    pub customer: String,
    pub customer_id: i64,
    pub month: Month,
    pub state: State,
    /// In percent.
    pub progress: u8,
    /// It is to be rendered, and another one is being so.
    pub waits: bool,
    /// Why it failed.
    pub reason: Option<String>,
    pub pages: Option<u32>,
}

impl Report {
    pub fn fails_on_purpose(&self) -> bool {
        self.customer == seed::BROKEN_CUSTOMER
    }
}

/// The label of every task that works on it: `report 7: Café Lumière 2025-03`.
impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "report {}: {} {}", self.id, self.customer, self.month)?;
        match self.fails_on_purpose() {
            true => write!(f, ", {}", seed::ON_PURPOSE),
            false => Ok(()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Queued,
    Querying,
    Rendering,
    Done,
    Failed,
    Cancelled,
}

impl State {
    const ALL: [State; 6] = [
        State::Queued,
        State::Querying,
        State::Rendering,
        State::Done,
        State::Failed,
        State::Cancelled,
    ];

    pub fn is_active(self) -> bool {
        matches!(self, State::Queued | State::Querying | State::Rendering)
    }

    pub fn name(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Querying => "querying",
            State::Rendering => "rendering",
            State::Done => "done",
            State::Failed => "failed",
            State::Cancelled => "cancelled",
        }
    }
}

impl Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl ToSql for State {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.name().into())
    }
}

impl FromSql for State {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name = value.as_str()?;
        State::ALL
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or(FromSqlError::InvalidType)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl ToSql for Month {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for Month {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value
            .as_str()?
            .parse()
            .map_err(|_| FromSqlError::InvalidType)
    }
}
