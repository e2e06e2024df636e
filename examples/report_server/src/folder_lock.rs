//! Keeps a second server off the folder, which would take the first one's reports for its own.

use std::{path::Path, sync::Mutex, time::Duration};

use rusqlite::{Connection, ErrorCode};

// SQLite's lock on a file of its own, since the standard library has one from Rust 1.89 on only. The
// system gives it up with the process, however that ends.
pub struct FolderLock {
    _connection: Mutex<Connection>,
}

impl FolderLock {
    pub fn take(folder: &Path) -> Result<Self, String> {
        let lock = || {
            let connection = Connection::open(folder.join("lock.sqlite"))?;
            // The other server is not about to end: waiting for it is of no use.
            connection.busy_timeout(Duration::ZERO)?;
            connection.execute_batch("BEGIN EXCLUSIVE")?;
            Ok(connection)
        };
        let connection = lock().map_err(|error: rusqlite::Error| {
            let folder = folder.display();
            match error.sqlite_error_code() {
                Some(ErrorCode::DatabaseBusy) => {
                    format!("another report server is using the folder {folder}")
                }
                _ => format!("cannot lock the folder {folder}: {error}"),
            }
        })?;
        Ok(FolderLock {
            _connection: Mutex::new(connection),
        })
    }
}
