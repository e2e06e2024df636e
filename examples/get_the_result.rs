//! Start something now, and collect its result later.
//!
//! Run it with `cargo run --example get_the_result`.

use std::{fmt, num::ParseIntError};

use spawn_runtime::{TaskError, background};

#[derive(Debug)]
enum ReportError {
    Number(ParseIntError),
    Task(TaskError),
}

impl From<ParseIntError> for ReportError {
    fn from(error: ParseIntError) -> Self {
        ReportError::Number(error)
    }
}

/// With this, `flatten` makes one `Result` of the function's and the task's.
impl From<TaskError> for ReportError {
    fn from(error: TaskError) -> Self {
        ReportError::Task(error)
    }
}

impl fmt::Display for ReportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReportError::Number(error) => write!(formatter, "not a number: {error}"),
            ReportError::Task(error) => error.fmt(formatter),
        }
    }
}

#[background]
async fn total(orders: Vec<String>) -> Result<u64, ReportError> {
    assert!(orders.len() < 1_000, "too many orders for one report");
    let mut total = 0;
    for order in orders {
        total += order.parse::<u64>()?;
    }
    Ok(total)
}

/// The plain `async fn` is there too, under a name of its own: for awaiting in place, and for tests.
#[background(direct = double_in_place)]
async fn double(number: u64) -> u64 {
    number * 2
}

#[tokio::main]
async fn main() -> Result<(), ReportError> {
    // Both run from here on, side by side.
    let orders = ["17", "25"].map(str::to_owned).to_vec();
    let sum = total(orders);
    let doubled = double(21);

    assert_eq!(sum.flatten().await?, 42);
    assert_eq!(doubled.await?, 42);
    assert_eq!(double_in_place(21).await, 42);

    // The function's own error …
    let error = total(vec!["seventeen".to_owned()]).flatten().await;
    println!("{}", error.as_ref().unwrap_err());
    assert!(matches!(error, Err(ReportError::Number(_))));

    // … and a panic: the error names the task, the panic and the place.
    let error = total(vec![String::new(); 1_000]).flatten().await;
    let Err(ReportError::Task(error)) = error else {
        panic!("a panic is a `TaskError`");
    };
    println!("{error}");
    assert!(error.is_panic());
    assert_eq!(error.task_name(), "total");
    assert_eq!(
        error.panic_message(),
        Some("too many orders for one report")
    );
    Ok(())
}
