//! The item under the attribute: a signature that is understood and a body that is not looked into.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Abi, Attribute, Safety, Signature, Token, Visibility, token};

pub(crate) struct Function {
    pub attributes: Vec<Attribute>,
    pub visibility: Visibility,
    /// The `default` of a specializable method (unstable).
    pub default: Option<Token![default]>,
    pub signature: Signature,
    pub body: Body,
}

pub(crate) enum Body {
    /// The user's braces and what is between them, as one token: it is never parsed, so that a
    /// half-typed `value.` still gets an expansion in which an editor can complete it.
    Block(Group),
    /// A declaration in a trait.
    Missing(Token![;]),
}

/// Parses an item without what is between the braces of its body: syn would copy every token of it.
///
/// Input:
///     `async fn f() { BODY }`
///
/// Output:
///     what `async fn f() {}` is parsed to, with `{ BODY }` as its body
pub(crate) fn parse(item: TokenStream) -> syn::Result<Function> {
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    let body = take_body(&mut tokens);
    let parser = |input: ParseStream| parse_around(body, input);
    parser.parse2(tokens.into_iter().collect())
}

impl Function {
    /// The keyword at which errors in what is generated are reported: `async`, or else `fn`. An
    /// editor that looks up a name must not find generated code there, so it is no name.
    pub(crate) fn keyword(&self) -> Span {
        match &self.signature.asyncness {
            Some(keyword) => keyword.span,
            None => self.signature.fn_token.span,
        }
    }

    /// The span of generated tokens: at that keyword, with names of their own.
    pub(crate) fn generated(&self) -> Span {
        Span::mixed_site().located_at(self.keyword())
    }
}

fn parse_around(body: Option<Group>, input: ParseStream) -> syn::Result<Function> {
    let attributes = input.call(Attribute::parse_outer)?;
    let visibility = input.parse()?;
    let default = input.parse()?;
    let constness = input.parse()?;
    let asyncness = input.parse()?;
    let safety = match input.parse()? {
        Some(keyword) => Safety::Unsafe(keyword),
        None => Safety::Default,
    };
    let abi: Option<Abi> = input.parse()?;
    if !input.peek(Token![fn]) {
        return Err(input.error("expected `fn`"));
    }
    let signature = Signature {
        constness,
        asyncness,
        safety,
        abi,
        ..input.parse()?
    };
    let body = match body {
        Some(body) if input.peek(token::Brace) => {
            input.parse::<TokenTree>()?;
            Body::Block(body)
        }
        _ if input.peek(Token![;]) => Body::Missing(input.parse()?),
        _ => return Err(input.error("expected the function's body between `{` and `}`")),
    };
    Ok(Function {
        attributes,
        visibility,
        default,
        signature,
        body,
    })
}

/// Empties the braces at the end. They are within invisible ones where the body comes from a `$body:block`, or all
/// from an `$item:item`, of `macro_rules!`.
fn take_body(tokens: &mut [TokenTree]) -> Option<Group> {
    let Some(TokenTree::Group(last)) = tokens.last_mut() else {
        return None;
    };
    let mut inner = Vec::new();
    let body = match last.delimiter() {
        Delimiter::Brace => last.clone(),
        Delimiter::None => {
            inner.extend(last.stream());
            take_body(&mut inner)?
        }
        Delimiter::Parenthesis | Delimiter::Bracket => return None,
    };
    let mut emptied = Group::new(last.delimiter(), inner.into_iter().collect());
    emptied.set_span(last.span());
    *last = emptied;
    Some(body)
}
