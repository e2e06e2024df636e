//! The values of the options: which kinds of expression each of them takes.

use super::Options;
use crate::errors::Errors;
use crate::to_source::to_source;
use crate::{duration, names, suggest};
use proc_macro2::Ident;
use std::time::Duration;
use syn::{Expr, ExprLit, ExprUnary, Lit, LitStr, Path, UnOp};

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

/// Puts the value of the option `key` into `options` if it is of the right kind.
pub(super) fn take(key: &Ident, value: Expr, options: &mut Options, errors: &mut Errors) {
    let value = without_group(value);
    match key.to_string().as_str() {
        "name" => options.name = name(&value, errors),
        "label" => options.label = label(value, errors),
        "on" => options.on = on(value, errors),
        "timeout" => options.timeout = timeout(value, errors),
        "limit" => options.limit = number(value, &LIMIT, errors),
        "attempts" => options.attempts = number(value, &ATTEMPTS, errors),
        "backoff" => options.backoff = backoff(value, errors),
        "retry_if" => options.retry_if = retry_if(value, errors),
        "direct" => options.direct = direct(&value, errors),
        "durable" => options.durable = durable(&value, errors),
        _ => options.runtime = runtime(&value, errors),
    }
}

/// A `$value:expr` or `$value:literal` of `macro_rules!` comes in invisible parentheses.
fn without_group(mut value: Expr) -> Expr {
    while let Expr::Group(group) = value {
        value = *group.expr;
    }
    value
}

fn literal(value: &Expr) -> Option<&Lit> {
    match value {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        _ => None,
    }
}

fn name(value: &Expr, errors: &mut Errors) -> Option<String> {
    match (literal(value), value) {
        (Some(Lit::Str(text)), _) if text.value().trim().is_empty() => {
            let help = "write a name, or leave `name` out to use the function's";
            errors.add(text, "a task's name cannot be empty", help);
            None
        }
        (Some(Lit::Str(text)), _) => Some(text.value()),
        (_, Expr::Path(path)) if path.path.get_ident().is_some() => {
            let help = format!("put it in quotes: `name = \"{}\"`", to_source(path));
            errors.add(value, "`name` takes a string literal", &help);
            None
        }
        _ => {
            errors.add(
                value,
                "`name` takes a string literal",
                "for example `name = \"reports\"`",
            );
            None
        }
    }
}

/// A label that looks like a format string is the text itself, which is never meant.
fn label(value: Expr, errors: &mut Errors) -> Option<Expr> {
    match literal(&value) {
        Some(Lit::Str(text)) if names::has_placeholder(&text.value()) => {
            let written = to_source(text);
            let help = format!("write `label = format_args!({written})`");
            errors.add(
                text,
                "a `label` is shown as it is: nothing is filled into its text",
                &help,
            );
            None
        }
        _ => Some(value),
    }
}

fn on(value: Expr, errors: &mut Errors) -> Option<Expr> {
    if literal(&value).is_some() {
        let help = "give it a `TaskScope`, a `tokio::runtime::Handle` or any other `Spawn`, for \
                    example `on = scope`";
        errors.add(&value, "a task cannot be spawned on a literal", help);
        return None;
    }
    Some(value)
}

fn timeout(value: Expr, errors: &mut Errors) -> Option<Timeout> {
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

/// An option that takes a constant number of at least 1.
struct Number {
    option: &'static str,
    ty: &'static str,
    most: u128,
    zero: &'static str,
    without: &'static str,
    example: &'static str,
}

const LIMIT: Number = Number {
    option: "limit",
    ty: "usize",
    // How many that is, only the target tells.
    most: u128::MAX,
    zero: "with a limit of 0 the function could never run",
    without: "for no limit",
    example: "limit = 4",
};

const ATTEMPTS: Number = Number {
    option: "attempts",
    ty: "u32",
    most: u32::MAX as u128,
    zero: "with 0 attempts the function could never run",
    without: "to run it once",
    example: "attempts = 3",
};

/// Anything but a literal is left to rustc.
fn number(value: Expr, kind: &Number, errors: &mut Errors) -> Option<Expr> {
    let Number {
        option,
        ty,
        most,
        zero,
        without,
        example,
    } = kind;
    if let Expr::Unary(ExprUnary {
        op: UnOp::Neg(_),
        expr,
        ..
    }) = &value
    {
        if literal(expr).is_some() {
            let what = format!("`{option}` cannot be negative");
            errors.add(&value, &what, &format!("write at least `{option} = 1`"));
            return None;
        }
    }
    let Some(literal) = literal(&value) else {
        return Some(value);
    };
    let is_positive = |text: &str| text.parse::<u128>().is_ok_and(|number| number > 0);
    match literal {
        Lit::Int(number) if number.base10_digits() == "0" => {
            let help = format!("write at least `{option} = 1`, or leave `{option}` out {without}");
            errors.add(literal, zero, &help);
            None
        }
        Lit::Int(number) if number.base10_parse::<u128>().map_or(true, |it| it > *most) => {
            let what = format!("`{option}` takes a `{ty}`, and this is more than that can be");
            let help = format!("write for example `{example}`, or `{option} = {ty}::MAX`");
            errors.add(literal, &what, &help);
            None
        }
        Lit::Int(number) if number.suffix().is_empty() || number.suffix() == *ty => Some(value),
        Lit::Int(number) => {
            let help = format!("write `{option} = {}`", number.base10_digits());
            errors.add(literal, &format!("`{option}` takes a `{ty}`"), &help);
            None
        }
        Lit::Str(text) if is_positive(&text.value()) => {
            let help = format!("take the quotes off: `{option} = {}`", text.value());
            errors.add(literal, &format!("`{option}` takes a number"), &help);
            None
        }
        _ => {
            let help = format!("for example `{example}`");
            errors.add(literal, &format!("`{option}` takes a number"), &help);
            None
        }
    }
}

fn backoff(value: Expr, errors: &mut Errors) -> Option<Backoff> {
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

fn retry_if(value: Expr, errors: &mut Errors) -> Option<Expr> {
    if matches!(value, Expr::Path(_)) {
        return Some(value);
    }
    let help = match (literal(&value), &value) {
        (Some(Lit::Str(text)), _) if syn::parse_str::<Path>(&text.value()).is_ok() => {
            format!("take the quotes off: `retry_if = {}`", text.value())
        }
        (_, Expr::Closure(_)) => "write a function of it, `fn is_temporary(error: &Error) -> bool`, and \
            `retry_if = is_temporary`"
            .to_owned(),
        _ => "write `retry_if = is_temporary`, with a function `fn is_temporary(error: &Error) -> bool`"
            .to_owned(),
    };
    errors.add(&value, "`retry_if` takes the path of a function", &help);
    None
}

fn direct(value: &Expr, errors: &mut Errors) -> Option<Path> {
    if let Expr::Path(path) = value {
        let mut names = Vec::new();
        let mut is_plain =
            path.attrs.is_empty() && path.qself.is_none() && path.path.leading_colon.is_none();
        for segment in &path.path.segments {
            names.push(&segment.ident);
            is_plain &= segment.arguments.is_none();
        }
        if is_plain && matches!(names[..], [name] if name != "self" && name != "Self") {
            return Some(path.path.clone());
        }
        if is_plain && matches!(names[..], [first, _] if first == "Self") {
            return Some(path.path.clone());
        }
    }
    let help = match literal(value) {
        Some(Lit::Str(text)) if syn::parse_str::<Ident>(&text.value()).is_ok() => {
            format!("take the quotes off: `direct = {}`", text.value())
        }
        _ => "for example `direct = run_now`".to_owned(),
    };
    errors.add(
        value,
        "`direct` takes the name for the plain function",
        &help,
    );
    None
}

fn durable(value: &Expr, errors: &mut Errors) -> Option<LitStr> {
    match (literal(value), value) {
        (Some(Lit::Str(text)), _) if text.value().trim().is_empty() => {
            let help = "write a name that stays, for example `durable = \"reports.generate.v1\"`";
            errors.add(text, "the name of a durable function cannot be empty", help);
            None
        }
        (Some(Lit::Str(text)), _) => Some(text.clone()),
        (_, Expr::Path(path)) if path.path.get_ident().is_some() => {
            let help = format!("put it in quotes: `durable = \"{}\"`", to_source(path));
            errors.add(value, "`durable` takes a string literal", &help);
            None
        }
        _ => {
            let what = "`durable` takes a string literal, since jobs are kept under that name";
            let help = "for example `durable = \"reports.generate.v1\"`";
            errors.add(value, what, help);
            None
        }
    }
}

fn runtime(value: &Expr, errors: &mut Errors) -> Option<Path> {
    let Expr::Path(path) = value else {
        let help = match literal(value) {
            Some(Lit::Str(text)) if syn::parse_str::<Path>(&text.value()).is_ok() => {
                let path = text.value();
                let is_absolute = path.starts_with("::") || path.starts_with("crate");
                format!(
                    "take the quotes off: `crate = {}{path}`",
                    if is_absolute { "" } else { "::" }
                )
            }
            _ => {
                "for example `crate = ::spawn_runtime` or `crate = crate::reexports::spawn_runtime`"
                    .to_owned()
            }
        };
        errors.add(value, "`crate` takes the path of `spawn_runtime`", &help);
        return None;
    };
    let first = path
        .path
        .segments
        .first()
        .map(|segment| segment.ident.to_string());
    let is_absolute = path.path.leading_colon.is_some()
        || matches!(
            first.as_deref(),
            Some("crate" | "$crate" | "self" | "super")
        );
    if !is_absolute || path.qself.is_some() {
        let written = to_source(path);
        let help = format!(
            "write `crate = ::{written}` for a dependency, or `crate = crate::{written}` for a \
             path in this crate"
        );
        errors.add(value, "the path of `spawn_runtime` must be absolute", &help);
        return None;
    }
    Some(path.path.clone())
}
