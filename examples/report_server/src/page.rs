//! The page: HTML made on the server, and the style and script that it asks for.

use std::{
    fmt::{self, Display, Write as _},
    time::Duration,
};

use spawn_runtime::TaskState;

use crate::{
    app::App,
    error::DatabaseError,
    failures::Seen,
    pdf::Month,
    report::{Customer, Report, State},
    seed,
    task_list::{self, RunningTask},
};

pub const STYLE: &str = include_str!("page/style.css");
pub const SCRIPT: &str = include_str!("page/script.js");

/// A text as HTML text or in an attribute's quotes.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(position) = rest.find(['&', '<', '>', '"', '\'']) {
            f.write_str(&rest[..position])?;
            f.write_str(match rest.as_bytes()[position] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                _ => "&#39;",
            })?;
            rest = &rest[position + 1..];
        }
        f.write_str(rest)
    }
}

pub async fn index(app: &App) -> Result<String, DatabaseError> {
    let reports = app.newest_reports().await?;
    let lines: String = reports.iter().map(report_line).collect();
    let failures = app.failures.seen();
    let tasks = task_list::running(&app.scopes);
    Ok(format!(
        include_str!("page/index.html"),
        customers = customer_options(&app.customers),
        months = month_options(),
        reports = lines,
        task_count = tasks.len(),
        tasks = task_lines(&tasks),
        failures_hidden = if failures.count == 0 { "hidden" } else { "" },
        failures = Escaped(&failures_text(&failures)),
    ))
}

/// One report as an item of the page's list.
pub fn report_line(report: &Report) -> String {
    let Report { id, state, .. } = report;
    format!(
        "<li class=\"report {state}\" id=\"report-{id}\" data-id=\"{id}\" data-state=\"{state}\">\
         <div class=\"what\"><strong>{customer}</strong>\
         <span class=\"when\">{month}<span class=\"number\"> · no. {id}</span>{purpose}</span></div>\
         <div class=\"state\">{status}</div><div class=\"action\">{action}</div></li>\n",
        customer = Escaped(&report.customer),
        month = report.month.in_words(),
        purpose = match report.fails_on_purpose() {
            true => format!(" · {}", seed::ON_PURPOSE),
            false => String::new(),
        },
        status = status(report),
        action = action(report),
    )
}

fn status(report: &Report) -> String {
    let badge = format!("<span class=\"badge\">{}</span>", report.state);
    match report.state {
        State::Rendering if report.waits => format!(
            "{badge}<progress max=\"100\" aria-label=\"Report {id}\"></progress>\
             <span class=\"percent\">next in line</span>",
            id = report.id,
        ),
        State::Rendering => format!(
            "{badge}<progress max=\"100\" value=\"{progress}\" aria-label=\"Report {id}\"></progress>\
             <span class=\"percent\">{progress} %</span>",
            id = report.id,
            progress = report.progress,
        ),
        State::Failed => format!(
            "<span class=\"badge\">failed:</span> <span class=\"reason\">{}</span>",
            Escaped(report.reason.as_deref().unwrap_or("for an unknown reason")),
        ),
        State::Done => {
            let pages = report.pages.unwrap_or_default();
            format!("{badge}<span class=\"note\">{pages} pages</span>")
        }
        State::Queued | State::Querying | State::Cancelled => badge,
    }
}

fn action(report: &Report) -> String {
    let id = report.id;
    let customer = Escaped(&report.customer);
    if report.state.is_active() {
        format!(
            "<button type=\"button\" class=\"quiet\" data-cancel=\"{id}\" \
             aria-label=\"Cancel report {id} for {customer}\">Cancel</button>"
        )
    } else if report.state == State::Done {
        format!(
            "<a class=\"download\" href=\"/reports/{id}/pdf\" download \
             aria-label=\"Download report {id} for {customer}\">Download PDF</a>"
        )
    } else if report.state == State::Failed {
        format!(
            "<button type=\"button\" class=\"quiet\" data-again=\"{id}\" \
             aria-label=\"Make again: report {id} for {customer}\">Make again</button>"
        )
    } else {
        String::new()
    }
}

/// What runs, as items of the page's list: those that wait for the same in one line, since two hundred
/// reports in a queue are one fact.
pub fn task_lines(tasks: &[RunningTask]) -> String {
    let mut groups: Vec<(&RunningTask, usize)> = Vec::new();
    // The oldest come first, so the first of a group has its age.
    for task in tasks {
        match groups.iter_mut().find(|(first, _)| first.waits_like(task)) {
            Some((_, count)) => *count += 1,
            None => groups.push((task, 1)),
        }
    }
    // Not by age: lines that change places are hard to read.
    groups.sort_by_key(|(task, _)| (task.spawned_at, task.state == TaskState::Waiting));
    let mut lines = String::new();
    for (task, count) in groups {
        let (times, next) = match count {
            1 => (String::new(), ""),
            _ => (format!(" <span class=\"times\">× {count}</span>"), "next: "),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            lines,
            "<li class=\"task {state}\"><span class=\"name\"><code>{name}</code>{times}</span>\
             <span class=\"label\">{next}{label}</span>\
             <span class=\"badge\">{state}</span>\
             <span class=\"age\"><span class=\"spoken\">for </span>{age}</span>\
             <span class=\"place\">from <code>{place}</code></span></li>",
            state = task.state,
            name = Escaped(task.name),
            label = Escaped(task.label.as_deref().unwrap_or_default()),
            age = age_in_words(task.age),
            place = Escaped(&task.short_place()),
        );
    }
    lines
}

fn age_in_words(age: Duration) -> String {
    match age.as_secs() {
        seconds @ 0..=59 => format!("{seconds} s"),
        seconds @ 60..=3599 => format!("{} min", seconds / 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

pub fn failures_text(failures: &Seen) -> String {
    let latest = failures.latest.as_deref().unwrap_or_default();
    match failures.count {
        1 => format!("Background work failed: {latest}"),
        count => format!("Background work failed {count} times, most recently: {latest}"),
    }
}

fn customer_options(customers: &[Customer]) -> String {
    let mut options = String::new();
    for customer in customers {
        let name = Escaped(&customer.name);
        // Writing to a String cannot fail.
        let purpose = match customer.name == seed::BROKEN_CUSTOMER {
            true => format!(" ({})", seed::ON_PURPOSE),
            false => String::new(),
        };
        let id = customer.id;
        let _ = write!(options, "<option value=\"{id}\">{name}{purpose}</option>");
    }
    options
}

fn month_options() -> String {
    let mut options = String::new();
    for month in 1..=12 {
        let month = Month {
            year: seed::YEAR,
            month,
        };
        let _ = write!(
            options,
            "<option value=\"{month}\">{}</option>",
            month.in_words()
        );
    }
    options
}
