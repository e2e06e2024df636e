//! The options between the parentheses of `#[background(…)]`.

mod time;
mod value;

use crate::errors::Errors;
use crate::suggest::nearest;
use crate::to_source::to_source;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use std::time::Duration;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Lit, LitStr, Path, Token, token};

pub(crate) use time::Time;

/// What the macro gives to itself, with the names of the attributes that went first. See `reorder`.
pub(crate) const OTHERS_ARE_DONE: &str = "__other_attributes_are_done";

/// Every option, with an example of how it is written; one without `=` is a flag.
const OPTIONS: [(&str, &str); 16] = [
    ("name", "name = \"reports\""),
    ("label", "label = id"),
    ("on", "on = scope"),
    ("blocking", "blocking"),
    ("local", "local"),
    ("timeout", "timeout = \"30s\""),
    ("limit", "limit = 4"),
    ("attempts", "attempts = 3"),
    ("backoff", "backoff = \"200ms..30s\""),
    ("retry_if", "retry_if = is_temporary"),
    ("abort_on_drop", "abort_on_drop"),
    ("guard", "guard"),
    ("detach", "detach"),
    ("direct", "direct = run_now"),
    ("durable", "durable = \"reports.generate.v1\""),
    ("crate", "crate = ::spawn_runtime"),
];

/// The option that people mean who know it by another name from elsewhere.
fn known_elsewhere(name: &str) -> Option<&'static str> {
    Some(match name {
        "task_name" => "name",
        "tag" | "description" => "label",
        "handle" | "runtime" | "scope" | "spawner" | "executor" => "on",
        "spawn_blocking" => "blocking",
        "spawn_local" => "local",
        "deadline" | "time_limit" => "timeout",
        "concurrency" | "max" | "max_concurrent" => "limit",
        "retry" | "retries" | "tries" | "max_attempts" | "max_retries" => "attempts",
        "delay" | "retry_delay" => "backoff",
        "retry_when" | "when" => "retry_if",
        "abort" => "abort_on_drop",
        "detached" | "fire_and_forget" => "detach",
        "activity" | "job" | "persistent" | "temporal" | "workflow" => "durable",
        _ => return None,
    })
}

/// The options as far as they could be understood.
#[derive(Default)]
pub(crate) struct Options {
    /// The names that were given, each once, and also where the value was wrong.
    keys: Vec<Ident>,
    /// The other attributes on the item that went first, once they have.
    pub earlier_attributes: Option<Vec<Ident>>,
    pub name: Option<String>,
    pub label: Option<Expr>,
    pub on: Option<Expr>,
    pub timeout: Option<Time<Duration>>,
    pub limit: Option<Expr>,
    pub attempts: Option<Expr>,
    /// The first and the longest wait.
    pub backoff: Option<Time<(Duration, Duration)>>,
    pub retry_if: Option<Expr>,
    pub direct: Option<Direct>,
    pub durable: Option<LitStr>,
    pub runtime: Option<Path>,
}

/// The plain function that is emitted as well.
pub(crate) struct Direct {
    pub name: Ident,
    /// How the background function calls it: `NAME` or `Self::NAME`.
    pub path: Path,
}

impl Options {
    /// Where an option was given, if it was.
    pub(crate) fn key(&self, option: &str) -> Option<&Ident> {
        self.keys.iter().find(|key| *key == option)
    }

    pub(crate) fn has(&self, option: &str) -> bool {
        self.key(option).is_some()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &Ident> {
        self.keys.iter()
    }

    /// The expressions that are evaluated at the call, where they see the arguments.
    pub(crate) fn at_the_call(&self) -> [(&'static str, Option<&Expr>); 4] {
        [
            ("on", self.on.as_ref()),
            ("label", self.label.as_ref()),
            ("timeout", self.timeout.as_ref().and_then(Time::computed)),
            ("backoff", self.backoff.as_ref().and_then(Time::computed)),
        ]
    }

    pub(crate) fn tokens_at_the_call(&self) -> TokenStream {
        let mut tokens = TokenStream::new();
        for (_, expression) in self.at_the_call() {
            expression.to_tokens(&mut tokens);
        }
        tokens
    }
}

pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Options {
    let mut options = Options::default();
    let parser = |input: ParseStream| {
        let mut given: Vec<(Ident, String)> = Vec::new();
        while !input.is_empty() {
            let understood = parse_option(input, &mut options, &mut given, errors);
            if !understood {
                skip_to_comma(input)?;
            } else if !is_at_end(input) {
                let before = given.last().map_or("local", |(_, written)| written);
                let help = format!("separate them: `{before}, {}`", to_source(next(input)));
                errors.add(next(input), "expected `,` between two options", &help);
                if !input.peek(Ident::peek_any) {
                    skip_to_comma(input)?;
                }
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        errors.push(error);
    }
    options
}

/// Reads one option up to its comma. False if it stopped before, at something that is not
/// understood.
fn parse_option(
    input: ParseStream,
    options: &mut Options,
    given: &mut Vec<(Ident, String)>,
    errors: &mut Errors,
) -> bool {
    let Ok(key) = input.call(Ident::parse_any) else {
        if is_after_equals() {
            return false;
        }
        let help = match input.fork().parse::<LitStr>() {
            Ok(text) => format!("did you mean `name = {}`?", to_source(text)),
            Err(_) => format!("the options are {}", list()),
        };
        errors.add(next(input), "expected the name of an option", &help);
        return false;
    };
    if key == OTHERS_ARE_DONE {
        options.earlier_attributes = Some(parse_names(input));
        return true;
    }
    let Some((_, example)) = OPTIONS.iter().find(|(name, _)| key == name) else {
        unknown(&key, errors);
        return false;
    };
    let value = parse_value(input, &key, example, errors);
    let written = match &value {
        Value::Given(value) => format!("{key} = {}", to_source(value)),
        Value::None | Value::Off | Value::Unreadable => key.to_string(),
    };
    let is_understood = matches!(value, Value::Given(_) | Value::None);
    if let Some((first, earlier)) = given.iter().find(|(first, _)| *first == key) {
        let help = if *earlier == written {
            format!("leave one `{first}` out")
        } else {
            format!("it was `{earlier}` first; keep one of the two")
        };
        errors.add(&key, &format!("`{key}` is given twice"), &help);
        return is_understood;
    }
    given.push((key.clone(), written));
    if !matches!(value, Value::Off) {
        options.keys.push(key.clone());
    }
    if let Value::Given(value) = value {
        value::take(&key, value, options, errors);
    }
    is_understood
}

/// `(instrument, async_recursion)`
fn parse_names(input: ParseStream) -> Vec<Ident> {
    let parser = |input: ParseStream| {
        let names;
        syn::parenthesized!(names in input);
        Punctuated::<Ident, Token![,]>::parse_terminated_with(&names, Ident::parse_any)
    };
    let names = parser(input).unwrap_or_default();
    names.into_iter().collect()
}

/// Whether this is `#[background = "…"]`, about which rustc has said what there is to say.
fn is_after_equals() -> bool {
    let attribute = Span::call_site().source_text().unwrap_or_default();
    let after_hash = attribute.trim_start_matches("#[");
    after_hash.chars().find(|c| "=([{".contains(*c)) == Some('=')
}

/// What follows the name of an option.
enum Value {
    Given(Expr),
    /// Nothing, which is a mistake only if it is no flag.
    None,
    /// The `= false` of a flag, which is a mistake.
    Off,
    /// It is noted as a mistake.
    Unreadable,
}

/// Reads what follows `key`: nothing after a flag, `= EXPR` after any other.
fn parse_value(input: ParseStream, key: &Ident, example: &str, errors: &mut Errors) -> Value {
    if !example.contains('=') {
        // Most likely a comma is missing where there is another token, which the caller says.
        return match input.peek(Token![=]) || input.peek(token::Paren) {
            true => flag_with_value(input, key, errors),
            false => Value::None,
        };
    }
    let help = format!("for example `{example}`");
    if !is_at_end(input) && input.parse::<Token![=]>().is_err() {
        let what = format!("expected `=` after `{key}`");
        errors.add(next(input), &what, &help);
        return Value::Unreadable;
    }
    if is_at_end(input) {
        errors.add(key, &format!("`{key}` needs a value"), &help);
        return Value::None;
    }
    let start = next(input);
    match input.parse() {
        Ok(value) => Value::Given(value),
        Err(_) => {
            errors.add(start, &format!("this is no value for `{key}`"), &help);
            Value::Unreadable
        }
    }
}

fn flag_with_value(input: ParseStream, key: &Ident, errors: &mut Errors) -> Value {
    let _ = input.parse::<Option<Token![=]>>();
    let value = next(input);
    if !input.peek(Token![,]) {
        let _ = input.parse::<Option<TokenTree>>();
    }
    let (found, help) = match to_source(&value).as_str() {
        "false" => (Value::Off, format!("leave `{key}` out")),
        _ => (Value::Unreadable, format!("write only `{key}`")),
    };
    errors.add(value, &format!("`{key}` takes no value"), &help);
    found
}

fn unknown(key: &Ident, errors: &mut Errors) {
    let written = key.to_string();
    let (what, help) = match written.as_str() {
        "cancel" => (
            "`cancel` is no option".to_owned(),
            "it goes on a parameter: `#[cancel] token: spawn_runtime::CancellationToken`"
                .to_owned(),
        ),
        "state" | "key" => (
            format!("`{written}` is no option"),
            format!("it goes on a parameter of a durable function: `#[{written}] name: Type`"),
        ),
        _ => {
            let near = known_elsewhere(&written).or_else(|| nearest(&written, &names()));
            let meant = near.map(|near| format!("; did you mean `{near}`?"));
            (
                format!("unknown option `{written}`{}", meant.unwrap_or_default()),
                format!("the options are {}", list()),
            )
        }
    };
    errors.add(key, &what, &help);
}

fn names() -> Vec<&'static str> {
    OPTIONS.iter().map(|(name, _)| *name).collect()
}

fn list() -> String {
    format!("`{}`", names().join("`, `"))
}

/// The next token alone, since an error should point at no more.
fn next(input: ParseStream) -> TokenStream {
    match input.cursor().token_tree() {
        Some((token, _)) => token.into(),
        None => TokenStream::new(),
    }
}

fn is_at_end(input: ParseStream) -> bool {
    input.is_empty() || input.peek(Token![,])
}

fn skip_to_comma(input: ParseStream) -> syn::Result<()> {
    while !is_at_end(input) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

/// Returns a value that is written as a literal.
fn literal(value: &Expr) -> Option<&Lit> {
    match value {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        _ => None,
    }
}
