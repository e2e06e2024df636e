//! The options between the parentheses of `#[background(…)]`.

mod time;
mod value;

use crate::errors::Errors;
use crate::suggest::nearest;
use crate::to_source::to_source;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Lit, LitStr, Path, Token, token};

pub(crate) use time::{Backoff, Timeout};

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

/// What people call an option who know it from elsewhere.
const OTHER_NAMES: [(&str, &str); 32] = [
    ("task_name", "name"),
    ("tag", "label"),
    ("description", "label"),
    ("handle", "on"),
    ("runtime", "on"),
    ("scope", "on"),
    ("spawner", "on"),
    ("executor", "on"),
    ("spawn_blocking", "blocking"),
    ("spawn_local", "local"),
    ("deadline", "timeout"),
    ("time_limit", "timeout"),
    ("concurrency", "limit"),
    ("max", "limit"),
    ("max_concurrent", "limit"),
    ("retry", "attempts"),
    ("retries", "attempts"),
    ("tries", "attempts"),
    ("max_attempts", "attempts"),
    ("max_retries", "attempts"),
    ("delay", "backoff"),
    ("retry_delay", "backoff"),
    ("retry_when", "retry_if"),
    ("when", "retry_if"),
    ("abort", "abort_on_drop"),
    ("detached", "detach"),
    ("fire_and_forget", "detach"),
    ("activity", "durable"),
    ("job", "durable"),
    ("persistent", "durable"),
    ("temporal", "durable"),
    ("workflow", "durable"),
];

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
    pub timeout: Option<Timeout>,
    pub limit: Option<Expr>,
    pub attempts: Option<Expr>,
    pub backoff: Option<Backoff>,
    pub retry_if: Option<Expr>,
    pub direct: Option<Path>,
    pub durable: Option<LitStr>,
    pub runtime: Option<Path>,
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

    /// The expressions that see the arguments.
    pub(crate) fn evaluated_at_the_call(&self) -> TokenStream {
        let mut tokens = TokenStream::new();
        self.on.to_tokens(&mut tokens);
        self.label.to_tokens(&mut tokens);
        if let Some(Timeout::Computed(timeout)) = &self.timeout {
            timeout.to_tokens(&mut tokens);
        }
        if let Some(Backoff::Computed(backoff)) = &self.backoff {
            backoff.to_tokens(&mut tokens);
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
            } else if !input.is_empty() && !input.peek(Token![,]) {
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
    let start = input.cursor();
    let value = parse_value(input, &key, example, errors);
    let written = format!("{key}{}", to_source(between(start, input)));
    if let Some((first, earlier)) = given.iter().find(|(first, _)| *first == key) {
        let help = if *earlier == written {
            format!("leave one `{first}` out")
        } else {
            format!("it was `{earlier}` first; keep one of the two")
        };
        errors.add(&key, &format!("`{key}` is given twice"), &help);
        return value.is_ok();
    }
    let is_off = written == format!("{key} = false") && !example.contains('=');
    given.push((key.clone(), written));
    if !is_off {
        options.keys.push(key.clone());
    }
    match value {
        Ok(Some(value)) => {
            value::take(&key, value, options, errors);
            true
        }
        Ok(None) => true,
        Err(Stopped) => false,
    }
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

/// A value could not be read, which is noted.
struct Stopped;

/// Reads what follows `key`: nothing after a flag, `= EXPR` after any other.
fn parse_value(
    input: ParseStream,
    key: &Ident,
    example: &str,
    errors: &mut Errors,
) -> Result<Option<Expr>, Stopped> {
    let is_flag = !example.contains('=');
    let at_end = |input: ParseStream| input.is_empty() || input.peek(Token![,]);
    let help = format!("for example `{example}`");
    let mut needs_value = || errors.add(key, &format!("`{key}` needs a value"), &help);
    if at_end(input) {
        if !is_flag {
            needs_value();
        }
        return Ok(None);
    }
    if is_flag {
        if !input.peek(Token![=]) && !input.peek(token::Paren) {
            // Most likely a comma is missing, which the caller says.
            return Ok(None);
        }
        flag_with_value(input, key, errors);
        return Err(Stopped);
    }
    if input.parse::<Token![=]>().is_err() {
        let what = format!("expected `=` after `{key}`");
        errors.add(next(input), &what, &help);
        return Err(Stopped);
    }
    if at_end(input) {
        needs_value();
        return Ok(None);
    }
    let start = next(input);
    input.parse().map(Some).map_err(|_| {
        errors.add(start, &format!("this is no value for `{key}`"), &help);
        Stopped
    })
}

fn flag_with_value(input: ParseStream, key: &Ident, errors: &mut Errors) {
    let _ = input.parse::<Option<Token![=]>>();
    let value = next(input);
    if !input.peek(Token![,]) {
        let _ = input.parse::<Option<TokenTree>>();
    }
    let help = match to_source(&value).as_str() {
        "false" => format!("leave `{key}` out"),
        _ => format!("write only `{key}`"),
    };
    errors.add(value, &format!("`{key}` takes no value"), &help);
}

fn unknown(key: &Ident, errors: &mut Errors) {
    let written = key.to_string();
    let mut near = nearest(&written, &names());
    for (other, name) in OTHER_NAMES {
        if other == written {
            near = Some(name);
        }
    }
    if let "state" | "key" = written.as_str() {
        let what = format!("`{written}` is no option");
        let help =
            format!("it goes on a parameter of a durable function: `#[{written}] name: Type`");
        errors.add(key, &what, &help);
        return;
    }
    if written == "cancel" {
        let help = "it goes on a parameter: `#[cancel] token: spawn_runtime::CancellationToken`";
        errors.add(key, "`cancel` is no option", help);
        return;
    }
    let what = match near {
        Some(near) => format!("unknown option `{written}`; did you mean `{near}`?"),
        None => format!("unknown option `{written}`"),
    };
    errors.add(key, &what, &format!("the options are {}", list()));
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

/// The tokens that were read since `start`.
fn between(start: syn::buffer::Cursor, input: ParseStream) -> TokenStream {
    let mut tokens = TokenStream::new();
    let mut cursor = start;
    while cursor < input.cursor() {
        let Some((token, rest)) = cursor.token_tree() else {
            break;
        };
        tokens.extend([token]);
        cursor = rest;
    }
    tokens
}

fn skip_to_comma(input: ParseStream) -> syn::Result<()> {
    input.step(|cursor| {
        let mut rest = *cursor;
        while let Some((token, after)) = rest.token_tree() {
            if matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ',') {
                break;
            }
            rest = after;
        }
        Ok(((), rest))
    })
}

/// Returns a value that is written as a literal.
fn literal(value: &Expr) -> Option<&Lit> {
    match value {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        _ => None,
    }
}
