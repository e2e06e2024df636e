//! `timeout` and `backoff`: durations as text, or expressions.

use super::literal;
use crate::errors::Errors;
use crate::to_source::to_source;
use crate::{duration, suggest};
use std::time::Duration;
use syn::{Expr, Lit};

pub(crate) enum Timeout {
    /// Checked when compiling.
    Known(Duration),
    /// Evaluated at the call.
    Computed(Expr),
}

pub(crate) enum Backoff {
    /// Checked when compiling.
    Known { first: Duration, longest: Duration },
    /// Evaluated at the call.
    Computed(Expr),
}

pub(super) fn timeout(value: Expr, errors: &mut Errors) -> Option<Timeout> {
    let Some(literal) = literal(&value) else {
        return Some(Timeout::Computed(value));
    };
    let text = match literal {
        Lit::Str(text) => text.value(),
        Lit::Int(number) if number.base10_digits() == "0" => {
            zero_timeout(literal, errors);
            return None;
        }
        Lit::Int(_) | Lit::Float(_) => {
            let written = to_source(literal);
            let help = match duration::parse(&written) {
                Ok(_) => format!("put it in quotes: `timeout = \"{written}\"`"),
                Err(_) if written.ends_with(|last: char| last.is_ascii_digit()) => {
                    format!(
                        "say of which unit: `timeout = \"{written}s\"` or \
                         `timeout = \"{written}ms\"`"
                    )
                }
                Err(_) => "for example `timeout = \"30s\"`".to_owned(),
            };
            errors.add(literal, "`timeout` takes a duration, not a number", &help);
            return None;
        }
        _ => {
            let help =
                "for example `timeout = \"30s\"`, or an expression of type `std::time::Duration`";
            errors.add(literal, "`timeout` takes a duration", help);
            return None;
        }
    };
    match duration::parse(&text) {
        Ok(Duration::ZERO) => {
            zero_timeout(literal, errors);
            None
        }
        Ok(duration) => Some(Timeout::Known(duration)),
        Err(reason) => {
            errors.add(
                literal,
                &format!("`{text}` is no duration: {reason}"),
                &right_duration(&text),
            );
            None
        }
    }
}

fn zero_timeout(literal: &Lit, errors: &mut Errors) {
    let help = "write for example `timeout = \"30s\"`, or leave `timeout` out for no limit";
    errors.add(
        literal,
        "with a timeout of zero the body could never run to its end",
        help,
    );
}

fn right_duration(text: &str) -> String {
    let number = text.trim();
    if duration::parse(&format!("{number}s")).is_ok() {
        return format!(
            "write `timeout = \"{number}s\"` for seconds or `timeout = \"{number}ms\"` for \
             milliseconds"
        );
    }
    match with_nearest_unit(number) {
        Some(near) => format!("did you mean `timeout = \"{near}\"`?"),
        None => "write for example `timeout = \"30s\"`, `\"1h 30m\"`, `\"1.5s\"` or `\"500ms\"`"
            .to_owned(),
    }
}

/// `30 secnds` becomes `30 seconds`.
fn with_nearest_unit(number: &str) -> Option<String> {
    const UNITS: [&str; 9] = [
        "hours", "minutes", "seconds", "hour", "minute", "second", "sec", "min", "millis",
    ];
    let unit = number.trim_start_matches(|c: char| !c.is_alphabetic());
    let amount = number.strip_suffix(unit).unwrap_or_default();
    let near = suggest::nearest(unit, &UNITS).filter(|_| !unit.is_empty())?;
    let right = format!("{amount}{near}");
    duration::parse(&right).is_ok().then_some(right)
}

pub(super) fn backoff(value: Expr, errors: &mut Errors) -> Option<Backoff> {
    let Some(literal) = literal(&value) else {
        return Some(Backoff::Computed(value));
    };
    let Lit::Str(text) = literal else {
        let help = "for example `backoff = \"100ms..30s\"`, or an expression of type \
            `spawn_runtime::Backoff`";
        errors.add(
            literal,
            "`backoff` takes the first and the longest wait",
            help,
        );
        return None;
    };
    match parse_backoff(&text.value()) {
        Ok((first, longest)) => Some(Backoff::Known { first, longest }),
        Err((what, right)) => {
            errors.add(literal, &what, &format!("write `backoff = \"{right}\"`"));
            None
        }
    }
}

/// `"200ms..30s"`, or what is wrong with it and what is right.
fn parse_backoff(text: &str) -> Result<(Duration, Duration), (String, String)> {
    let Some((first, longest)) = text.split_once("..") else {
        let what = format!("`{text}` is no backoff: it is the first wait, `..`, and the longest");
        let right = match duration::parse(text) {
            Ok(_) => format!("{0}..{0}", text.trim()),
            Err(_) => "100ms..30s".to_owned(),
        };
        return Err((what, right));
    };
    let read = |wait: &str| match duration::parse(wait) {
        Ok(duration) => (Ok(duration), wait.to_owned()),
        Err(reason) => (Err(reason), near_duration(wait)),
    };
    let (longest_wait, inclusive) = match longest.strip_prefix('=') {
        Some(rest) => (rest, true),
        None => (longest, false),
    };
    let (from, first_right) = read(first);
    let (to, longest_right) = read(longest_wait);
    let right = format!("{}..{}", first_right.trim(), longest_right.trim());
    let missing = |which: &str| format!("`{text}` is no backoff: the {which} wait is missing");
    match (from, to) {
        (Ok(_), Err(_)) if longest_wait.trim().is_empty() => {
            let right = if duration::parse(first) < duration::parse("30s") {
                format!("{}..30s", first.trim())
            } else {
                format!("{0}..{0}", first.trim())
            };
            Err((missing("longest"), right))
        }
        (Err(_), Ok(_)) if first.trim().is_empty() => {
            let right = if duration::parse("100ms") < duration::parse(longest_wait) {
                format!("100ms..{}", longest_wait.trim())
            } else {
                format!("{0}..{0}", longest_wait.trim())
            };
            Err((missing("first"), right))
        }
        (Ok(_), Ok(_)) if inclusive => Err((
            format!("`{text}` is no backoff: it is written with `..` alone"),
            right,
        )),
        (Ok(from), Ok(to)) if from > to => {
            let what = format!(
                "the first wait, `{}`, is longer than the longest, `{}`",
                first.trim(),
                longest.trim()
            );
            Err((what, format!("{}..{}", longest.trim(), first.trim())))
        }
        (Ok(from), Ok(to)) => Ok((from, to)),
        (Err(reason), _) => Err((
            format!("`{}` is no duration: {reason}", first.trim()),
            right,
        )),
        (_, Err(reason)) => Err((
            format!("`{}` is no duration: {reason}", longest_wait.trim()),
            right,
        )),
    }
}

/// A duration that is meant by one which is none.
fn near_duration(text: &str) -> String {
    let number = text.trim();
    if duration::parse(&format!("{number}ms")).is_ok() {
        return format!("{number}ms");
    }
    with_nearest_unit(number).unwrap_or_else(|| "1s".to_owned())
}
