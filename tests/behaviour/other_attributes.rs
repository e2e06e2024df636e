//! Other attributes next to `#[background]`, above and below. Those that cannot be there have their errors in
//! tests/ui/items.

use spawn_runtime::background;
use std::sync::Arc;

mod spans {
    //! `#[tracing::instrument]`: one span around the body, however the two are ordered.

    use spawn_runtime::background;
    use std::sync::{Arc, Mutex};
    use tokio::task::yield_now;
    use tracing::{
        Subscriber,
        field::{Field, Visit},
        info,
        span::{Attributes, Id},
    };
    use tracing_subscriber::{
        Layer,
        layer::{Context, SubscriberExt},
        registry::LookupSpan,
    };

    /// What happens to spans, in order.
    #[derive(Clone, Default)]
    struct Seen(Arc<Mutex<Vec<String>>>);

    impl Seen {
        fn note(&self, line: String) {
            self.0.lock().unwrap().push(line);
        }
    }

    fn name<S: Subscriber + for<'a> LookupSpan<'a>>(id: &Id, context: &Context<'_, S>) -> String {
        context.span(id).unwrap().name().to_owned()
    }

    impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Seen {
        fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
            let mut line = format!("new {}", name(id, &context));
            attributes.record(&mut Fields(&mut line));
            self.note(line);
        }

        fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
            let span = context.lookup_current().map(|span| span.name());
            let mut line = format!("event in {span:?}");
            event.record(&mut Fields(&mut line));
            self.note(line);
        }

        fn on_close(&self, id: Id, context: Context<'_, S>) {
            self.note(format!("close {}", name(&id, &context)));
        }
    }

    struct Fields<'a>(&'a mut String);

    impl Visit for Fields<'_> {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            *self.0 += &format!(" {field}={value:?}");
        }
    }

    mod above {
        use super::*;

        #[tracing::instrument(fields(kind = "test"), skip(secret), ret, err)]
        #[background(name = "instrumented")]
        pub async fn work(number: u32, secret: u32) -> Result<u32, String> {
            yield_now().await;
            info!("in the body");
            if number == 0 {
                return Err("nothing".to_owned());
            }
            Ok(number + secret)
        }
    }

    mod below {
        use super::*;

        #[background(name = "instrumented")]
        #[tracing::instrument(fields(kind = "test"), skip(secret), ret, err)]
        pub async fn work(number: u32, secret: u32) -> Result<u32, String> {
            yield_now().await;
            info!("in the body");
            if number == 0 {
                return Err("nothing".to_owned());
            }
            Ok(number + secret)
        }
    }

    #[tokio::test]
    async fn the_span_is_the_bodys_in_either_order() {
        let seen = Seen::default();
        let subscriber = tracing_subscriber::registry().with(seen.clone());
        let _guard = tracing::subscriber::set_default(subscriber);
        let take = || std::mem::take(&mut *seen.0.lock().unwrap());

        let handle = above::work(1, 2);
        assert_eq!(handle.name(), "instrumented");
        assert_eq!(handle.await.unwrap(), Ok(3));
        assert!(above::work(0, 2).await.unwrap().is_err());
        let above = take();
        let handle = below::work(1, 2);
        assert_eq!(handle.name(), "instrumented");
        assert_eq!(handle.await.unwrap(), Ok(3));
        assert!(below::work(0, 2).await.unwrap().is_err());
        assert_eq!(take(), above);

        let expected = [
            "new work kind=\"test\" number=1",
            "event in Some(\"work\") message=in the body",
            "event in Some(\"work\") return=3",
            "close work",
            "new work kind=\"test\" number=0",
            "event in Some(\"work\") message=in the body",
            "event in Some(\"work\") error=nothing",
            "close work",
        ];
        let fields = |line: &String| {
            let mut words: Vec<&str> = line.split(' ').collect();
            words.sort_unstable();
            words.join(" ")
        };
        let above: Vec<String> = above.iter().map(fields).collect();
        let expected: Vec<String> = expected.map(str::to_owned).iter().map(fields).collect();
        assert_eq!(above, expected);
    }
}

mod conditional {
    use super::*;

    #[cfg(absent)]
    #[background]
    async fn gone_above(nothing: Nothing) {}

    #[background]
    #[cfg(absent)]
    async fn gone_below(nothing: Nothing) {}

    #[cfg_attr(not(absent), background(name = "conditional"))]
    async fn attribute() -> u32 {
        3
    }

    #[cfg_attr(absent, background)]
    async fn no_attribute() -> u32 {
        3
    }

    #[background]
    #[cfg_attr(not(absent), cfg_attr(not(absent), doc = "Documented."))]
    #[cfg(not(absent))]
    async fn parameters(
        #[cfg(absent)] gone: Nothing,
        #[cfg(not(absent))] kept: u32,
        #[cfg(absent)] (left, right): (Nothing, Nothing),
        #[cfg_attr(absent, cfg(absent))] number: u32,
    ) -> u32 {
        kept + number
    }

    #[tokio::test]
    async fn what_is_not_configured_is_gone() {
        let handle = attribute();
        assert_eq!(handle.name(), "conditional");
        assert_eq!(handle.await.unwrap(), 3);
        assert_eq!(no_attribute().await, 3);
        assert_eq!(parameters(1, 2).await.unwrap(), 3);
    }
}

mod of_the_language {
    #![deny(warnings)]

    use super::*;
    use std::panic::Location;

    /// Documented.
    #[background]
    /// And below.
    #[doc(alias = "three")]
    #[allow(clippy::unused_async)]
    #[inline]
    #[must_use = "the number is needed"]
    #[track_caller]
    async fn many() -> u32 {
        3
    }

    #[deprecated(note = "use `many`")]
    #[background(blocking)]
    #[cold]
    #[inline(never)]
    fn blocking() -> &'static Location<'static> {
        Location::caller()
    }

    #[expect(unused_variables, reason = "it is the test")]
    #[background(direct = expected_now)]
    async fn expected(unused: u32) -> u32 {
        3
    }

    #[background]
    async fn parameters(
        #[allow(unused_variables)] unused: u32,
        #[expect(unused_mut)] mut number: u32,
    ) -> u32 {
        number
    }

    #[tokio::test]
    async fn attributes_of_the_language_keep_their_meaning() {
        assert_eq!(many().await.unwrap(), 3);
        #[expect(deprecated)]
        let handle = blocking();
        assert!(handle.await.unwrap().file().ends_with(".rs"));
        assert_eq!(expected(1).await.unwrap(), expected_now(1).await);
        assert_eq!(parameters(1, 3).await.unwrap(), 3);
    }
}

mod async_trait {
    use super::*;

    /// `#[async_trait]` on one trait and `#[background]` on another do not disturb each other.
    #[::async_trait::async_trait]
    trait Plain {
        async fn plain(&self) -> u32;
    }

    trait Started {
        #[background]
        async fn started(self: Arc<Self>) -> u32;
    }

    struct Three;

    #[::async_trait::async_trait]
    impl Plain for Three {
        async fn plain(&self) -> u32 {
            three().await.unwrap()
        }
    }

    impl Started for Three {
        #[background]
        async fn started(self: Arc<Self>) -> u32 {
            self.plain().await
        }
    }

    #[background]
    async fn three() -> u32 {
        3
    }

    #[tokio::test]
    async fn both_kinds_of_trait_work_side_by_side() {
        let both: (Arc<dyn Plain>, Arc<dyn Started>) = (Arc::new(Three), Arc::new(Three));
        assert_eq!(both.0.plain().await, 3);
        assert_eq!(both.1.started().await.unwrap(), 3);
    }
}
