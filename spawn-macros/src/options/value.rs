//! The values of the options: which kinds of expression each of them takes.

use super::time::{backoff, timeout};
use super::{Options, literal};
use crate::errors::Errors;
use crate::names;
use crate::to_source::to_source;
use proc_macro2::Ident;
use syn::{Expr, ExprUnary, Lit, LitStr, Path, UnOp};

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
