//! What can go wrong, and how it reaches the client: as JSON with one clear sentence.

use std::fmt::{self, Display};

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use rusqlite::ErrorCode;
use spawn_runtime::TaskError;

use crate::pdf::PdfError;

/// The database did not do what it was asked.
#[derive(Debug)]
pub enum DatabaseError {
    Sqlite(rusqlite::Error),
    /// The background task that talks to it did not come to its end.
    Task(TaskError),
}

impl Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DatabaseError::Sqlite(error) => write!(f, "the database says: {error}"),
            DatabaseError::Task(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for DatabaseError {}

impl DatabaseError {
    fn is_full_disk(&self) -> bool {
        let DatabaseError::Sqlite(error) = self else {
            return false;
        };
        error.sqlite_error_code() == Some(ErrorCode::DiskFull)
    }
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        DatabaseError::Sqlite(error)
    }
}

/// Lets `handle.flatten()` make one `Result` of the function's own and the task's.
impl From<TaskError> for DatabaseError {
    fn from(error: TaskError) -> Self {
        DatabaseError::Task(error)
    }
}

/// Why a report was not made.
#[derive(Debug)]
pub enum ReportError {
    /// The work was asked to stop, and did, or was not begun any more.
    Cancelled,
    Database(DatabaseError),
    Pdf(PdfError),
    /// The work panicked or took too long.
    Task(TaskError),
}

impl Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReportError::Cancelled => f.write_str("cancelled"),
            ReportError::Database(error) => error.fmt(f),
            ReportError::Pdf(error) => error.fmt(f),
            ReportError::Task(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReportError {}

impl From<DatabaseError> for ReportError {
    fn from(error: DatabaseError) -> Self {
        ReportError::Database(error)
    }
}

impl From<PdfError> for ReportError {
    fn from(error: PdfError) -> Self {
        ReportError::Pdf(error)
    }
}

impl From<TaskError> for ReportError {
    fn from(error: TaskError) -> Self {
        if error.is_cancelled() || error.is_refused() {
            ReportError::Cancelled
        } else {
            ReportError::Task(error)
        }
    }
}

/// An answer that says no.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    message: String,
}

impl ApiError {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        ApiError {
            status,
            message: message.into(),
        }
    }

    pub fn stopping() -> Self {
        ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the server is stopping and takes no new work",
        )
    }

    pub fn unknown_report(id: impl Display) -> Self {
        ApiError::new(StatusCode::NOT_FOUND, format!("there is no report {id}"))
    }
}

impl Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<DatabaseError> for ApiError {
    fn from(error: DatabaseError) -> Self {
        let status = match &error {
            _ if error.is_full_disk() => StatusCode::INSUFFICIENT_STORAGE,
            // A task is cancelled or refused only when the server stops.
            DatabaseError::Task(task) if task.is_cancelled() || task.is_refused() => {
                return ApiError::stopping();
            }
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        ApiError::new(status, error.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = serde_json::json!({ "error": self.message });
        (self.status, Json(body)).into_response()
    }
}
