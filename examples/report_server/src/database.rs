//! The SQLite file: how it is opened, and how its blocking calls are kept off the async threads.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};
use spawn_runtime::background;

use crate::{error::DatabaseError, events::Events, folder_lock::FolderLock, seed};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS customers (
        id   INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE
    );
    CREATE TABLE IF NOT EXISTS orders (
        id          INTEGER PRIMARY KEY,
        customer_id INTEGER NOT NULL REFERENCES customers,
        ordered_on  TEXT NOT NULL,
        product     TEXT NOT NULL,
        quantity    INTEGER NOT NULL,
        total_cents INTEGER NOT NULL
    );
    CREATE INDEX IF NOT EXISTS orders_by_customer ON orders (customer_id, ordered_on);
    CREATE TABLE IF NOT EXISTS reports (
        id          INTEGER PRIMARY KEY AUTOINCREMENT,
        customer_id INTEGER NOT NULL REFERENCES customers,
        month       TEXT NOT NULL,
        state       TEXT NOT NULL,
        reason      TEXT,
        pages       INTEGER
    );
    CREATE INDEX IF NOT EXISTS reports_by_state ON reports (state);
    CREATE TABLE IF NOT EXISTS documents (
        report_id INTEGER PRIMARY KEY REFERENCES reports,
        pdf       BLOB NOT NULL
    );
";

/// Two connections to one file: in WAL mode a reader never waits for the writer.
#[derive(Clone)]
pub struct Database {
    _lock: Arc<FolderLock>,
    reading: Arc<Mutex<Connection>>,
    writing: Arc<Mutex<Connection>>,
    pub events: Events,
}

impl Database {
    /// Opens the file in `folder`, and makes and fills it the first time. Blocks.
    pub fn open(folder: &Path, events: Events) -> Result<Database, String> {
        fs::create_dir_all(folder)
            .map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))?;
        let lock = FolderLock::take(folder)?;
        let file = folder.join("reports.sqlite");
        Self::open_file(&file, lock, events)
            .map_err(|error| format!("cannot use the database {}: {error}", file.display()))
    }

    fn open_file(file: &Path, lock: FolderLock, events: Events) -> rusqlite::Result<Database> {
        let mut writing = Connection::open(file)?;
        prepare(&writing)?;
        // With WAL, NORMAL survives the end of the process without a sync per commit; only a power
        // cut may take the last commits back.
        writing.pragma_update(None, "journal_mode", "WAL")?;
        writing.pragma_update(None, "synchronous", "NORMAL")?;
        writing.execute_batch(SCHEMA)?;
        seed::fill_if_empty(&mut writing)?;

        let reading = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        prepare(&reading)?;
        Ok(Database {
            _lock: Arc::new(lock),
            reading: Arc::new(Mutex::new(reading)),
            writing: Arc::new(Mutex::new(writing)),
            events,
        })
    }

    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        read(self.clone(), work).flatten().await
    }

    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        write(self.clone(), work).flatten().await
    }
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "foreign_keys", true)
}

// One connection, so one at a time. A caller that has to wait waits as an async task: two hundred callers
// take turns on one thread of the blocking pool, instead of making it two hundred threads.
#[background(blocking, limit = 1)]
fn read<T: Send + 'static>(
    database: Database,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
) -> Result<T, DatabaseError> {
    // Nothing here is left half done by a panic: a transaction that is dropped rolls back.
    let connection = database
        .reading
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    Ok(work(&connection)?)
}

#[background(blocking, limit = 1)]
fn write<T: Send + 'static>(
    database: Database,
    work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
) -> Result<T, DatabaseError> {
    let mut connection = database
        .writing
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    Ok(work(&mut connection)?)
}
