//! From a `Plain` to tokens. What each is for is told where the stages write it: in `expand` and
//! `capture`.

use super::Plain;
use crate::expand::has_statements;
use crate::letters;
use crate::mentions::{self, Mention};
use crate::row::Row;
use proc_macro2::{Delimiter, Span, TokenStream};

/// Input:
///     `pub async fn f(a: A) -> R { BODY }`
///
/// Output:
///     `#[track_caller] pub fn f(a: A) -> TaskHandle<R> where { START }`
pub(super) fn function(plain: &Plain) -> Option<TokenStream> {
    let writer = Writer {
        plain,
        generated: Span::mixed_site().located_at(plain.keyword),
    };
    let start = writer.start()?;
    let mut track_caller = Row::at(writer.generated);
    track_caller.word("track_caller");
    let mut row = Row::at(writer.generated);
    row.tokens(&plain.documentation)
        .sign('#')
        .group(Delimiter::Bracket, track_caller)
        .tokens(&plain.visibility)
        .token(plain.function.clone())
        .token(plain.name.clone())
        .token(plain.parentheses.clone());
    match &plain.arrow {
        Some(arrow) => row.tokens(arrow),
        None => row.signs('-', '>'),
    };
    row.turn_to(plain.keyword);
    writer.runtime(&mut row);
    row.colons()
        .word_at("TaskHandle", writer.generated)
        .sign('<')
        .tokens(&plain.returned.tokens)
        .sign('>')
        .word_at("where", plain.parentheses.span_close())
        .turn_to(plain.braces.span())
        .group(Delimiter::Brace, start);
    Some(row.into_stream())
}

struct Writer<'a> {
    plain: &'a Plain,
    generated: Span,
}

impl Writer<'_> {
    /// Output:
    ///     `Returns::<R>::NEW.spawn::<FIRST, REST, _>(FUTURE)`, or `spawn_any::<FIRST, REST, _>(FUTURE)`
    fn start(&self) -> Option<Row> {
        let [first, rest] = letters::of(&self.plain.spoken_name, self.generated)?;
        let mut row = Row::at(self.generated);
        if !self.plain.returned.is_no_future() {
            row.sign('#').group(Delimiter::Bracket, self.lint());
        }
        row.turn_to(self.plain.keyword);
        self.private(&mut row);
        if self.plain.returned.is_no_result() {
            row.word_at("spawn_any", self.generated);
        } else {
            row.word_at("Returns", self.generated)
                .colons()
                .sign('<')
                .tokens(&self.plain.returned.tokens)
                .sign('>')
                .colons()
                .word("NEW")
                .sign('.')
                .word("spawn");
        }
        row.colons()
            .sign('<')
            .token(first)
            .sign(',')
            .token(rest)
            .sign(',')
            .word("_")
            .sign('>')
            .group(Delimiter::Parenthesis, self.future());
        Some(row)
    }

    /// Output:
    ///     `allow(clippy::async_yields_async)`
    fn lint(&self) -> Row {
        let mut name = Row::at(self.generated);
        name.word("clippy").colons().word("async_yields_async");
        let mut row = Row::at(self.generated);
        row.word("allow").group(Delimiter::Parenthesis, name);
        row
    }

    /// Output:
    ///     `async move { let _ = &a; if false { return never::<R>(); } match () { () => { BODY } } }`
    fn future(&self) -> Row {
        let mut block = Row::at(self.generated);
        let has_neighbours = self.arguments(&mut block);
        block
            .turn_to(self.generated)
            .word("if")
            .word("false")
            .group(Delimiter::Brace, self.pin());
        if has_neighbours || !has_statements(&self.plain.body) {
            let mut arm = Row::at(self.generated);
            arm.empty_group(Delimiter::Parenthesis)
                .signs('=', '>')
                .token(self.plain.braces.clone());
            block
                .word("match")
                .empty_group(Delimiter::Parenthesis)
                .group(Delimiter::Brace, arm);
        } else {
            block.token(self.plain.braces.clone());
        }
        let mut row = Row::at(self.plain.keyword);
        row.word("async")
            .word("move")
            .group(Delimiter::Brace, block);
        row
    }

    /// Moves the arguments into the task. True if some are bound anew.
    ///
    /// Output:
    ///     `let _ = &a;` or `let a = a;`
    fn arguments(&self, block: &mut Row) -> bool {
        let mut is_later = false;
        let mut is_bound_anew = false;
        for argument in &self.plain.arguments {
            if argument.may_be_left_out {
                continue;
            }
            let name = &argument.token;
            let is_mentioned = match argument.colon {
                None => true,
                Some(_) if is_later => false,
                Some(_) => mentions::find(&argument.name, &self.plain.body) == Some(Mention::Use),
            };
            let colon = argument.colon.unwrap_or(self.plain.keyword);
            block.turn_to(self.generated.located_at(colon)).word("let");
            match is_mentioned {
                true => block.word("_").sign('=').sign('&'),
                false => block.token(name.clone()).sign('='),
            };
            block.token(name.clone()).sign(';');
            is_bound_anew |= !is_mentioned;
            is_later = true;
        }
        is_bound_anew
    }

    /// Output:
    ///     `return never::<R>();`
    fn pin(&self) -> Row {
        let place = self.plain.returned.tokens[0].span();
        let mut row = Row::at(self.generated);
        row.word("return").turn_to(place);
        self.private(&mut row);
        row.word("never")
            .colons()
            .sign('<')
            .tokens(&self.plain.returned.tokens)
            .sign('>')
            .empty_group(Delimiter::Parenthesis)
            .turn_to(self.generated)
            .sign(';');
        row
    }

    /// Output:
    ///     `::spawn_runtime`, see `runtime`
    fn runtime(&self, row: &mut Row) {
        row.colons().word_at("spawn_runtime", self.plain.keyword);
    }

    /// Output:
    ///     `::spawn_runtime::__private::`
    fn private(&self, row: &mut Row) {
        self.runtime(row);
        row.colons().word("__private").colons();
    }
}
