//! The values of the options: which kinds of expression each of them takes.

use super::Options;
use crate::errors::Errors;
use crate::to_source::to_source;
use crate::{duration, names, suggest};
use proc_macro2::Ident;
use std::time::Duration;
use syn::{Expr, ExprLit, ExprUnary, Lit, Path, UnOp};

pub(crate) enum Timeout {
    /// Checked when compiling.
    Known(Duration),
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
        "limit" => options.limit = limit(value, errors),
        "direct" => options.direct = direct(&value, errors),
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

/// A label that looks like a format string is the text itself, which nobody means.
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
    const UNITS: [&str; 9] = [
        "hours", "minutes", "seconds", "hour", "minute", "second", "sec", "min", "millis",
    ];
    let number = text.trim();
    if duration::parse(&format!("{number}s")).is_ok() {
        return format!(
            "write `timeout = \"{number}s\"` for seconds or `timeout = \"{number}ms\"` for \
             milliseconds"
        );
    }
    let unit = number.trim_start_matches(|c: char| !c.is_alphabetic());
    let amount = number.strip_suffix(unit).unwrap_or_default();
    match suggest::nearest(unit, &UNITS) {
        Some(near) if !unit.is_empty() && duration::parse(&format!("{amount}{near}")).is_ok() => {
            format!("did you mean `timeout = \"{amount}{near}\"`?")
        }
        _ => "write for example `timeout = \"30s\"`, `\"1h 30m\"`, `\"1.5s\"` or `\"500ms\"`"
            .to_owned(),
    }
}

fn limit(value: Expr, errors: &mut Errors) -> Option<Expr> {
    if let Expr::Unary(ExprUnary {
        op: UnOp::Neg(_),
        expr,
        ..
    }) = &value
    {
        if literal(expr).is_some() {
            errors.add(
                &value,
                "`limit` cannot be negative",
                "write at least `limit = 1`",
            );
            return None;
        }
    }
    let Some(literal) = literal(&value) else {
        return Some(value);
    };
    match literal {
        Lit::Int(number) if number.base10_digits() == "0" => {
            let help = "write at least `limit = 1`, or leave `limit` out for no limit";
            errors.add(
                literal,
                "with a limit of 0 the function could never run",
                help,
            );
            None
        }
        Lit::Int(number) if matches!(number.suffix(), "" | "usize") => Some(value),
        Lit::Int(number) => {
            let help = format!("write `limit = {}`", number.base10_digits());
            errors.add(literal, "`limit` takes a `usize`", &help);
            None
        }
        Lit::Str(text) if text.value().parse::<usize>().is_ok_and(|number| number > 0) => {
            let help = format!("take the quotes off: `limit = {}`", text.value());
            errors.add(literal, "`limit` takes a number", &help);
            None
        }
        _ => {
            errors.add(literal, "`limit` takes a number", "for example `limit = 4`");
            None
        }
    }
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
