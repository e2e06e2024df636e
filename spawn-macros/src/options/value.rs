//! The values of the options: which kinds of expression each of them takes.

use super::time::{backoff, timeout};
use super::{Direct, Options, literal};
use crate::errors::Errors;
use crate::names;
use crate::to_source::to_source;
use proc_macro2::Ident;
use syn::parse::Parse;
use syn::{Expr, ExprUnary, Lit, LitStr, Path, UnOp};

/// A value, or what is wrong with what was given for it and how to mend that.
pub(super) type Read<T> = Result<T, (String, String)>;

pub(super) fn wrong<T>(what: &str, help: &str) -> Read<T> {
    Err((what.to_owned(), help.to_owned()))
}

/// Puts the value of the option `key` into `options` if it is of the right kind.
pub(super) fn take(key: &Ident, value: Expr, options: &mut Options, errors: &mut Errors) {
    let value = without_group(value);
    if let Err((what, help)) = read(&key.to_string(), &value, options) {
        errors.add(value, &what, &help);
    }
}

fn read(key: &str, value: &Expr, options: &mut Options) -> Read<()> {
    match key {
        "name" => options.name = Some(name(value)?),
        "label" => options.label = Some(label(value)?),
        "on" => options.on = Some(on(value)?),
        "timeout" => options.timeout = Some(timeout(value)?),
        "limit" => options.limit = Some(number(value, &LIMIT)?),
        "attempts" => options.attempts = Some(number(value, &ATTEMPTS)?),
        "backoff" => options.backoff = Some(backoff(value)?),
        "retry_if" => options.retry_if = Some(retry_if(value)?),
        "direct" => options.direct = Some(direct(value)?),
        "durable" => options.durable = Some(durable(value)?),
        _ => options.runtime = Some(runtime(value)?),
    }
    Ok(())
}

/// A `$value:expr` or `$value:literal` of `macro_rules!` comes in invisible parentheses.
fn without_group(mut value: Expr) -> Expr {
    while let Expr::Group(group) = value {
        value = *group.expr;
    }
    value
}

fn name(value: &Expr) -> Read<String> {
    let empty = "a task's name cannot be empty";
    let help = "write a name, or leave `name` out to use the function's";
    Ok(text(value, "name", "\"reports\"", "", (empty, help))?.value())
}

fn durable(value: &Expr) -> Read<LitStr> {
    let empty = "the name of a durable function cannot be empty";
    let help = "write a name that stays, for example `durable = \"reports.generate.v1\"`";
    let why = ", since jobs are kept under that name";
    let example = "\"reports.generate.v1\"";
    text(value, "durable", example, why, (empty, help))
}

/// A text that is not empty.
fn text(value: &Expr, option: &str, example: &str, why: &str, empty: (&str, &str)) -> Read<LitStr> {
    let what = format!("`{option}` takes a string literal");
    match (literal(value), value) {
        (Some(Lit::Str(text)), _) if text.value().trim().is_empty() => wrong(empty.0, empty.1),
        (Some(Lit::Str(text)), _) => Ok(text.clone()),
        (_, Expr::Path(path)) if path.path.get_ident().is_some() => {
            let written = to_source(path);
            let help = format!("put it in quotes: `{option} = \"{written}\"`");
            wrong(&what, &help)
        }
        _ => wrong(
            &format!("{what}{why}"),
            &format!("for example `{option} = {example}`"),
        ),
    }
}

/// A label that looks like a format string is the text itself, which is never meant.
fn label(value: &Expr) -> Read<Expr> {
    match literal(value) {
        Some(Lit::Str(text)) if names::has_placeholder(&text.value()) => wrong(
            "a `label` is shown as it is: nothing is filled into its text",
            &format!("write `label = format_args!({})`", to_source(text)),
        ),
        _ => Ok(value.clone()),
    }
}

fn on(value: &Expr) -> Read<Expr> {
    match literal(value) {
        Some(_) => wrong(
            "a task cannot be spawned on a literal",
            "give it a `TaskScope`, a `tokio::runtime::Handle` or any other `Spawn`, for example \
             `on = scope`",
        ),
        None => Ok(value.clone()),
    }
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
fn number(value: &Expr, kind: &Number) -> Read<Expr> {
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
    }) = value
    {
        if literal(expr).is_some() {
            let what = format!("`{option}` cannot be negative");
            return wrong(&what, &format!("write at least `{option} = 1`"));
        }
    }
    let takes_a_number = format!("`{option}` takes a number");
    let is_positive = |text: &str| text.parse::<u128>().is_ok_and(|number| number > 0);
    match literal(value) {
        None => Ok(value.clone()),
        Some(Lit::Int(number)) if number.base10_digits() == "0" => wrong(
            zero,
            &format!("write at least `{option} = 1`, or leave `{option}` out {without}"),
        ),
        Some(Lit::Int(number)) if !number.base10_parse::<u128>().is_ok_and(|it| it <= *most) => {
            wrong(
                &format!("`{option}` takes a `{ty}`, and this is more than that can be"),
                &format!("write for example `{example}`, or `{option} = {ty}::MAX`"),
            )
        }
        Some(Lit::Int(number)) if number.suffix().is_empty() || number.suffix() == *ty => {
            Ok(value.clone())
        }
        Some(Lit::Int(number)) => wrong(
            &format!("`{option}` takes a `{ty}`"),
            &format!("write `{option} = {}`", number.base10_digits()),
        ),
        Some(Lit::Str(text)) if is_positive(&text.value()) => wrong(
            &takes_a_number,
            &format!("take the quotes off: `{option} = {}`", text.value()),
        ),
        Some(_) => wrong(&takes_a_number, &format!("for example `{example}`")),
    }
}

fn retry_if(value: &Expr) -> Read<Expr> {
    let help = match (value, in_quotes::<Path>(value)) {
        (Expr::Path(_), _) => return Ok(value.clone()),
        (_, Some(path)) => format!("take the quotes off: `retry_if = {path}`"),
        (Expr::Closure(_), _) => "write a function of it, `fn is_temporary(error: &Error) -> bool`, and \
            `retry_if = is_temporary`"
            .to_owned(),
        _ => "write `retry_if = is_temporary`, with a function `fn is_temporary(error: &Error) -> bool`"
            .to_owned(),
    };
    wrong("`retry_if` takes the path of a function", &help)
}

fn direct(value: &Expr) -> Read<Direct> {
    if let Expr::Path(path) = value {
        let written = to_source(path);
        let name = written.strip_prefix("Self::").unwrap_or(&written);
        let path = path.path.clone();
        if let (Ok(_), Some(last)) = (syn::parse_str::<Ident>(name), path.segments.last()) {
            let name = last.ident.clone();
            return Ok(Direct { name, path });
        }
    }
    let help = match in_quotes::<Ident>(value) {
        Some(name) => format!("take the quotes off: `direct = {name}`"),
        None => "for example `direct = run_now`".to_owned(),
    };
    wrong("`direct` takes the name for the plain function", &help)
}

fn runtime(value: &Expr) -> Read<Path> {
    let Expr::Path(path) = value else {
        let help = match in_quotes::<Path>(value) {
            Some(path) => {
                let is_absolute = path.starts_with("::") || path.starts_with("crate");
                let colons = if is_absolute { "" } else { "::" };
                format!("take the quotes off: `crate = {colons}{path}`")
            }
            None => {
                "for example `crate = ::spawn_runtime` or `crate = crate::reexports::spawn_runtime`"
                    .to_owned()
            }
        };
        return wrong("`crate` takes the path of `spawn_runtime`", &help);
    };
    let first = path.path.segments.first();
    let first = first.map(|segment| segment.ident.to_string());
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
        return wrong("the path of `spawn_runtime` must be absolute", &help);
    }
    Ok(path.path.clone())
}

/// The text of a literal, if it would be a `T` without its quotes.
fn in_quotes<T: Parse>(value: &Expr) -> Option<String> {
    match literal(value) {
        Some(Lit::Str(text)) => Some(text.value()).filter(|text| syn::parse_str::<T>(text).is_ok()),
        _ => None,
    }
}
