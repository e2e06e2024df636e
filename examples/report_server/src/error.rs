//! What can go wrong, and how it reaches the client: as JSON with one clear sentence.

use std::fmt::Display;

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use rusqlite::ErrorCode;
use spawn_runtime::TaskError;
use thiserror::Error;

use crate::pdf::PdfError;

/// The database did not do what it was asked.
#[derive(Debug, Error)]
pub enum DatabaseError {
    #[error("the database says: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The background task that talks to it did not come to its end. With this, `handle.flatten()` makes one
    /// `Result` of the function's own and the task's.
    #[error(transparent)]
    Task(#[from] TaskError),
}

impl DatabaseError {
    fn is_full_disk(&self) -> bool {
        let DatabaseError::Sqlite(error) = self else {
            return false;
        };
        error.sqlite_error_code() == Some(ErrorCode::DiskFull)
    }
}

/// Why a report was not made.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The work was asked to stop, and did, or was not begun any more.
    #[error("cancelled")]
    Cancelled,
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Pdf(#[from] PdfError),
    /// The work panicked or took too long.
    #[error(transparent)]
    Task(TaskError),
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
