use tracing::{Span, span::Entered};

/// Returns the span that a new task runs in; `None` where there is nothing to carry, which is also what is
/// paid where no subscriber listens.
pub(crate) fn current_span() -> Option<Span> {
    if !tracing::dispatcher::has_been_set() {
        return None;
    }
    Some(Span::current()).filter(|span| !span.is_none())
}

/// The span of a blocking function.
pub(super) struct CallSpan(Option<Span>);

impl CallSpan {
    pub(super) fn current() -> Self {
        CallSpan(current_span())
    }

    pub(super) fn enter(&self) -> Option<Entered<'_>> {
        self.0.as_ref().map(Span::enter)
    }
}
