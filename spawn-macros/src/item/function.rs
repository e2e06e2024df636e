//! The item under the attribute: a signature that is understood and a body that is not looked into.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream};
use syn::{Abi, Attribute, Safety, Signature, Token, Visibility};

pub(crate) struct Function {
    pub attributes: Vec<Attribute>,
    pub visibility: Visibility,
    /// The `default` of a specializable method (unstable).
    pub default: Option<Token![default]>,
    /// The `gen` of a generator (unstable).
    pub generator: Option<Ident>,
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
    let body = match tokens.last_mut() {
        Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => {
            let mut empty = Group::new(Delimiter::Brace, TokenStream::new());
            empty.set_span(body.span());
            Some(std::mem::replace(body, empty))
        }
        _ => None,
    };
    let mut function: Function = syn::parse2(tokens.into_iter().collect())?;
    if let Some(body) = body {
        function.body = Body::Block(body);
    }
    Ok(function)
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

impl Parse for Function {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let default = input.parse()?;
        let constness = input.parse()?;
        let asyncness = input.parse()?;
        let generator = parse_generator(input)?;
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
        Ok(Function {
            attributes,
            visibility,
            default,
            generator,
            signature,
            body: input.parse()?,
        })
    }
}

fn parse_generator(input: ParseStream) -> syn::Result<Option<Ident>> {
    input.step(|cursor| match cursor.ident() {
        Some((keyword, rest)) if keyword == "gen" => Ok((Some(keyword), rest)),
        _ => Ok((None, *cursor)),
    })
}

impl Parse for Body {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if input.peek(Token![;]) {
            return input.parse().map(Body::Missing);
        }
        input.step(|cursor| {
            let block = cursor
                .token_tree()
                .and_then(|(token, rest)| Some((block(token)?, rest)));
            match block {
                Some((block, rest)) => Ok((Body::Block(block), rest)),
                None => Err(cursor.error("expected the function's body between `{` and `}`")),
            }
        })
    }
}

/// The braces in `token`, which are wrapped in invisible ones where they come from a `$body:block`
/// of `macro_rules!`.
fn block(token: TokenTree) -> Option<Group> {
    let TokenTree::Group(group) = token else {
        return None;
    };
    match group.delimiter() {
        Delimiter::Brace => Some(group),
        Delimiter::None => {
            let mut tokens = group.stream().into_iter();
            let inner = block(tokens.next()?)?;
            tokens.next().is_none().then_some(inner)
        }
        Delimiter::Parenthesis | Delimiter::Bracket => None,
    }
}
