//! Texts of errors and durations, one line each.

use std::{
    error::Error,
    fmt::{self, Debug, Display, Formatter},
    time::Duration,
};

use super::Origin;

/// Returns a text on one line, so that a log has one line for an event: `assert_eq!` panics with three.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for part in text.lines().map(str::trim).filter(|part| !part.is_empty()) {
        if !line.is_empty() {
            line.push_str(", ");
        }
        line.push_str(part);
    }
    line
}

/// Returns the text of an error and of its sources, `: ` between them.
///
/// A source is left out where the text before it ends with it, as with types that print their source.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    // A chain may be endless by mistake.
    for _ in 0..64 {
        let Some(source) = next else { break };
        let part = source.to_string();
        if !part.is_empty() && !text.ends_with(&part) {
            text = format!("{text}: {part}");
        }
        next = source.source();
    }
    text
}

/// Returns the `Debug` of an error. That of `anyhow::Error` and of `eyre::Report` is long: the sources, each on a line, and
/// a backtrace. Of these it makes what [`chain`] makes of the error itself.
pub(crate) fn debug(error: &dyn Debug) -> String {
    let text = format!("{error:?}");
    let mut kept = text.as_str();
    for place in ["\n\nStack backtrace:\n", "\n\nLocation:\n"] {
        kept = kept.split_once(place).map_or(kept, |(before, _)| before);
    }
    let Some((error, sources)) = kept.split_once("\n\nCaused by:\n") else {
        return kept.to_owned();
    };
    let mut text = error.to_owned();
    for source in sources
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        // With several they are numbered.
        let source = match source.split_once(": ") {
            Some((number, source)) if number.parse::<usize>().is_ok() => source,
            _ => source,
        };
        text = format!("{text}: {source}");
    }
    text
}

/// Writes "task `name` (label)".
pub(super) fn write_task(formatter: &mut Formatter<'_>, origin: &Origin) -> fmt::Result {
    write!(formatter, "task `{}`", origin.name)?;
    match &origin.label {
        Some(label) => write!(formatter, " ({})", one_line(label)),
        None => Ok(()),
    }
}

/// Writes what happened, then how often it was tried and where the task was spawned.
///
/// Input:
///     task `inner` timed out after 2s (spawned at src/a.rs:3:4)
///
/// Output, in the error of `outer`:
///     task `inner` timed out after 2s (spawned at src/a.rs:3:4; `outer` at src/b.rs:9:1)
pub(super) fn write_end(formatter: &mut Formatter<'_>, origin: &Origin, what: &str) -> fmt::Result {
    let attempts = match origin.attempts {
        0 | 1 => String::new(),
        attempts => format!("{attempts} attempts, "),
    };
    let place = origin.spawned_at;
    match what.strip_suffix(')') {
        Some(open) if open.contains(" (spawned at ") && attempts.is_empty() => {
            write!(formatter, "{open}; `{}` at {place})", origin.name)
        }
        _ => write!(formatter, "{what} ({attempts}spawned at {place})"),
    }
}

/// A duration as an operator reads it.
pub(crate) struct Approximate(pub(crate) Duration);

impl Display for Approximate {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        if self.0 < Duration::from_millis(1) {
            formatter.write_str("under 1ms")
        } else {
            write!(formatter, "{:.1?}", self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug)]
    struct Outer {
        text: &'static str,
        source: io::Error,
    }

    impl Display for Outer {
        fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
            formatter.write_str(self.text)
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.source)
        }
    }

    fn outer(text: &'static str) -> Outer {
        let source = io::Error::other("disk full");
        Outer { text, source }
    }

    #[test]
    fn a_chain_has_each_source_once() {
        assert_eq!(chain(&outer("cannot save")), "cannot save: disk full");
        assert_eq!(
            chain(&outer("cannot save: disk full")),
            "cannot save: disk full"
        );
    }

    /// As anyhow formats it.
    struct Report(&'static str);

    impl Debug for Report {
        fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
            formatter.write_str(self.0)
        }
    }

    #[test]
    fn the_debug_of_a_report_is_its_chain() {
        for (report, text) in [
            ("cannot save", "cannot save"),
            (
                "cannot save\n\nCaused by:\n    disk full",
                "cannot save: disk full",
            ),
            (
                "nightly\n\nCaused by:\n    0: cannot save\n    1: disk full\n\nStack backtrace:\n   0: main\n",
                "nightly: cannot save: disk full",
            ),
            (
                "cannot save\n\nLocation:\n    src/main.rs:3:5",
                "cannot save",
            ),
            ("cannot save\n\nStack backtrace:\n   0: main", "cannot save"),
            ("Outer {\n    code: 7,\n}", "Outer {\n    code: 7,\n}"),
        ] {
            assert_eq!(debug(&Report(report)), text);
        }
    }

    #[test]
    fn lines_become_one() {
        assert_eq!(
            one_line("assertion failed\n  left: 1\n\n right: 2\n"),
            "assertion failed, left: 1, right: 2"
        );
    }
}
