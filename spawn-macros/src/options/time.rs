//! `timeout` and `backoff`: durations as text, or expressions.

use super::literal;
use super::value::{Read, wrong};
use crate::to_source::to_source;
use crate::{duration, suggest};
use std::time::Duration;
use syn::{Expr, Lit};

pub(crate) enum Time<T> {
    /// Checked when compiling.
    Known(T),
    /// Evaluated at the call.
    Computed(Expr),
}

impl<T> Time<T> {
    pub(crate) fn computed(&self) -> Option<&Expr> {
        match self {
            Time::Known(_) => None,
            Time::Computed(value) => Some(value),
        }
    }
}

pub(super) fn timeout(value: &Expr) -> Read<Time<Duration>> {
    let text = match literal(value) {
        None => return Ok(Time::Computed(value.clone())),
        Some(Lit::Str(text)) => text.value(),
        Some(Lit::Int(number)) if number.base10_digits() == "0" => return zero_timeout(),
        Some(Lit::Int(_) | Lit::Float(_)) => {
            let written = to_source(value);
            let help = match duration::parse(&written) {
                Ok(_) => format!("put it in quotes: `timeout = \"{written}\"`"),
                Err(_) if written.ends_with(|last: char| last.is_ascii_digit()) => format!(
                    "say of which unit: `timeout = \"{written}s\"` or `timeout = \"{written}ms\"`"
                ),
                Err(_) => "for example `timeout = \"30s\"`".to_owned(),
            };
            return wrong("`timeout` takes a duration, not a number", &help);
        }
        Some(_) => {
            return wrong(
                "`timeout` takes a duration",
                "for example `timeout = \"30s\"`, or an expression of type `std::time::Duration`",
            );
        }
    };
    match duration::parse(&text) {
        Ok(Duration::ZERO) => zero_timeout(),
        Ok(duration) => Ok(Time::Known(duration)),
        Err(reason) => wrong(&no_duration(&text, &reason), &right_timeout(text.trim())),
    }
}

fn zero_timeout<T>() -> Read<T> {
    wrong(
        "with a timeout of zero the body could never run to its end",
        "write for example `timeout = \"30s\"`, or leave `timeout` out for no limit",
    )
}

fn no_duration(text: &str, reason: &str) -> String {
    format!("`{text}` is no duration: {reason}")
}

fn right_timeout(text: &str) -> String {
    if duration::parse(&format!("{text}s")).is_ok() {
        return format!(
            "write `timeout = \"{text}s\"` for seconds or `timeout = \"{text}ms\"` for milliseconds"
        );
    }
    match with_nearest_unit(text) {
        Some(near) => format!("did you mean `timeout = \"{near}\"`?"),
        None => "write for example `timeout = \"30s\"`, `\"1h 30m\"`, `\"1.5s\"` or `\"500ms\"`"
            .to_owned(),
    }
}

/// `30 secnds` becomes `30 seconds`.
fn with_nearest_unit(text: &str) -> Option<String> {
    let unit = text.trim_start_matches(|c: char| !c.is_alphabetic());
    let amount = text.strip_suffix(unit).unwrap_or_default();
    let near = suggest::nearest(unit, &duration::spelled_out()).filter(|_| !unit.is_empty())?;
    let right = format!("{amount}{near}");
    duration::parse(&right).is_ok().then_some(right)
}

/// The first and the longest wait.
pub(super) fn backoff(value: &Expr) -> Read<Time<(Duration, Duration)>> {
    match literal(value) {
        None => Ok(Time::Computed(value.clone())),
        Some(Lit::Str(text)) => match waits(&text.value()) {
            Ok(waits) => Ok(Time::Known(waits)),
            Err((what, right)) => wrong(&what, &format!("write `backoff = \"{right}\"`")),
        },
        Some(_) => wrong(
            "`backoff` takes the first and the longest wait",
            "for example `backoff = \"100ms..30s\"`, or an expression of type \
             `spawn_runtime::Backoff`",
        ),
    }
}

/// `"200ms..30s"`, or what is wrong with it and what is right.
fn waits(text: &str) -> Read<(Duration, Duration)> {
    let no_backoff = |reason: &str| format!("`{text}` is no backoff: {reason}");
    let Some((first, longest)) = text.split_once("..") else {
        let what = no_backoff("it is the first wait, `..`, and the longest");
        let wait = text.trim();
        return match duration::parse(wait) {
            Ok(_) => wrong(&what, &format!("{wait}..{wait}")),
            Err(_) => wrong(&what, "100ms..30s"),
        };
    };
    let is_inclusive = longest.starts_with('=');
    let first = first.trim();
    let longest = longest.strip_prefix('=').unwrap_or(longest).trim();
    let right = format!("{}..{}", near_wait(first), near_wait(longest));
    match (duration::parse(first), duration::parse(longest)) {
        (Ok(from), Err(_)) if longest.is_empty() => {
            let is_short = from < Duration::from_secs(30);
            let longest = if is_short { "30s" } else { first };
            let what = no_backoff("the longest wait is missing");
            wrong(&what, &format!("{first}..{longest}"))
        }
        (Err(_), Ok(to)) if first.is_empty() => {
            let is_long = to > Duration::from_millis(100);
            let first = if is_long { "100ms" } else { longest };
            let what = no_backoff("the first wait is missing");
            wrong(&what, &format!("{first}..{longest}"))
        }
        (Ok(_), Ok(_)) if is_inclusive => {
            wrong(&no_backoff("it is written with `..` alone"), &right)
        }
        (Ok(from), Ok(to)) if from > to => wrong(
            &format!("the first wait, `{first}`, is longer than the longest, `{longest}`"),
            &format!("{longest}..{first}"),
        ),
        (Ok(from), Ok(to)) => Ok((from, to)),
        (Err(reason), _) => wrong(&no_duration(first, &reason), &right),
        (_, Err(reason)) => wrong(&no_duration(longest, &reason), &right),
    }
}

/// The wait that is meant by `text`, which need not be one.
fn near_wait(text: &str) -> String {
    let in_milliseconds = format!("{text}ms");
    if duration::parse(text).is_ok() {
        return text.to_owned();
    }
    if duration::parse(&in_milliseconds).is_ok() {
        return in_milliseconds;
    }
    with_nearest_unit(text).unwrap_or_else(|| "1s".to_owned())
}
