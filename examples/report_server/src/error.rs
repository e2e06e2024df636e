//! What can go wrong, and how it reaches the client: as JSON with one clear sentence.

use std::fmt::{self, Display};

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use spawn_runtime::TaskError;

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
    /// The work was asked to stop, and did.
    Cancelled,
    Database(DatabaseError),
    Pdf(String),
    /// The work panicked or took too long.
    Task(TaskError),
}

impl Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReportError::Cancelled => f.write_str("cancelled"),
            ReportError::Database(error) => error.fmt(f),
            ReportError::Pdf(reason) => write!(f, "the PDF could not be written: {reason}"),
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

impl From<TaskError> for ReportError {
    fn from(error: TaskError) -> Self {
        if error.is_cancelled() {
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
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl From<TaskError> for ApiError {
    fn from(error: TaskError) -> Self {
        // A task is cancelled from outside only when the server stops.
        if error.is_cancelled() {
            ApiError::stopping()
        } else {
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = serde_json::json!({ "error": self.message });
        (self.status, Json(body)).into_response()
    }
}
