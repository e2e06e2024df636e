//! The report: the function that one process runs, or many.

use std::{
    fmt::{self, Display},
    io,
    ops::ControlFlow,
    path::PathBuf,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use spawn_runtime::TaskError;
use spawn_temporal::{DurableError, background, job_id};

use crate::{
    orders::{Orders, YEAR},
    pdf::{self, Month, Pdf, Subject},
};

/// What the page shows of a report that is done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    pub pages: u32,
    /// In the folder.
    pub file: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ReportError {
    UnknownCustomer(String),
    UnknownMonth(u32),
    Pdf(String),
    /// The disk may be full now, and not later.
    Disk(String),
    /// The job panicked, was cancelled, or could not be recorded.
    Job(String),
}

impl ReportError {
    fn is_temporary(&self) -> bool {
        matches!(self, ReportError::Disk(_))
    }
}

impl Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReportError::UnknownCustomer(name) => write!(f, "there is no customer {name:?}"),
            ReportError::UnknownMonth(month) => write!(f, "there is no month {month}"),
            ReportError::Pdf(reason) | ReportError::Disk(reason) | ReportError::Job(reason) => {
                f.write_str(reason)
            }
        }
    }
}

impl std::error::Error for ReportError {}

impl From<DurableError> for ReportError {
    fn from(error: DurableError) -> Self {
        ReportError::Job(error.to_string())
    }
}

impl From<TaskError> for ReportError {
    fn from(error: TaskError) -> Self {
        // As in the process: the job panics where its task did.
        error.resume_panic()
    }
}

impl From<io::Error> for ReportError {
    fn from(error: io::Error) -> Self {
        ReportError::Disk(error.to_string())
    }
}

/// Makes a report. The keys make the same request twice one job, also after the web server was killed and its client
/// has asked again.
#[background(
    durable = "reports.generate.v1",
    label = format_args!("{customer}, {month}"),
    attempts = 5,
    backoff = "200ms..30s",
    timeout = "60s",
    retry_if = ReportError::is_temporary
)]
pub async fn generate_report(
    #[key] customer: String,
    #[key] month: u32,
    #[state] orders: Orders,
    #[state] folder: Folder,
) -> Result<Report, ReportError> {
    if !(1..=12).contains(&month) {
        return Err(ReportError::UnknownMonth(month));
    }
    let month = Month { year: YEAR, month };
    let Some(orders) = orders.of(&customer, month).await else {
        return Err(ReportError::UnknownCustomer(customer));
    };
    let subject = Subject {
        customer,
        month,
        orders,
    };
    let Pdf { bytes, pages } = render(subject, folder.pace).flatten().await?;
    let id = job_id().map(String::from).unwrap_or_default();
    let file = format!(
        "{}.pdf",
        id.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_")
    );
    folder.write(&file, bytes).await?;
    Ok(Report { pages, file })
}

/// Draws the pages, on a thread for work that computes.
#[background(blocking)]
fn render(subject: Subject, pace: Duration) -> Result<Pdf, ReportError> {
    let before_page = |page: usize, pages: usize| {
        println!(
            "{}, {}: page {} of {pages}",
            subject.customer,
            subject.month,
            page + 1
        );
        std::thread::sleep(pace);
        ControlFlow::Continue(())
    };
    match pdf::render(&subject, before_page) {
        Ok(Some(pdf)) => Ok(pdf),
        Ok(None) => unreachable!("nothing breaks it off"),
        Err(error) => Err(ReportError::Pdf(error.to_string())),
    }
}

/// Where the PDFs go: stands for an object store that all processes reach.
#[derive(Clone)]
pub struct Folder {
    path: PathBuf,
    pace: Duration,
}

impl Folder {
    pub fn new(path: PathBuf, pace: Duration) -> io::Result<Self> {
        std::fs::create_dir_all(&path)?;
        Ok(Folder { path, pace })
    }

    /// A report that is made twice is the same file: delivery is at least once. The new name comes last, so that a
    /// worker that is killed leaves no half of a PDF.
    async fn write(&self, file: &str, bytes: Vec<u8>) -> io::Result<()> {
        let unfinished = self.path.join(format!("{file}.{}", std::process::id()));
        tokio::fs::write(&unfinished, bytes).await?;
        tokio::fs::rename(unfinished, self.path.join(file)).await
    }

    pub async fn read(&self, file: &str) -> io::Result<Vec<u8>> {
        tokio::fs::read(self.path.join(file)).await
    }
}
