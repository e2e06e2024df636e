//! A report as the outside sees it: what was asked for, how far it is, how it ended.

use std::{
    fmt::{self, Display},
    str::FromStr,
};

use rusqlite::{
    ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef},
};
use serde::{Serialize, Serializer};

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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Queued,
    Querying,
    Rendering,
    Done,
    Failed,
    Cancelled,
    /// The program ended before the report did.
    Interrupted,
}

impl State {
    const ALL: [State; 7] = [
        State::Queued,
        State::Querying,
        State::Rendering,
        State::Done,
        State::Failed,
        State::Cancelled,
        State::Interrupted,
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
            State::Interrupted => "interrupted",
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

/// A month of a year, written `2025-03`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    pub year: u32,
    /// 1 to 12
    pub month: u32,
}

impl Month {
    pub fn days(self) -> u32 {
        match self.month {
            2 if self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    pub fn name(self) -> &'static str {
        const NAMES: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        NAMES[self.month as usize - 1]
    }
}

impl Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("the month {text:?} is not of the form 2025-03");
        let (year, month) = text.split_once('-').ok_or_else(wrong)?;
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if year.len() != 4 || month.len() != 2 || !all_digits(year) || !all_digits(month) {
            return Err(wrong());
        }
        let year = year.parse().map_err(|_| wrong())?;
        let month = month.parse().map_err(|_| wrong())?;
        if !(1..=12).contains(&month) {
            return Err(format!(
                "there is no month {month}: months go from 01 to 12"
            ));
        }
        Ok(Month { year, month })
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
