//! The list of the reports that were asked for, which survives the web server: a line for each id.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use spawn_temporal::JobId;

pub struct Ledger(Mutex<Lines>);

struct Lines {
    ids: Vec<JobId>,
    file: File,
}

impl Ledger {
    pub fn open(folder: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(folder.join("reports.txt"))?;
        let ids = BufReader::new(&file)
            .lines()
            .map(|line| line.map(JobId::from));
        let ids = ids.collect::<io::Result<_>>()?;
        Ok(Ledger(Mutex::new(Lines { ids, file })))
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an id, once it is recorded. It is small enough to wait for the disk here.
    pub fn add(&self, id: JobId) -> io::Result<()> {
        let mut lines = self.lines();
        if !lines.ids.contains(&id) {
            writeln!(lines.file, "{id}")?;
            lines.file.sync_data()?;
            lines.ids.push(id);
        }
        Ok(())
    }

    pub fn ids(&self) -> Vec<JobId> {
        self.lines().ids.clone()
    }
}
