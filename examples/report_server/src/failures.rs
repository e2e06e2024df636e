//! Failures of background work that no caller waited for. They are counted and shown.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::events::{Event, Events};

#[derive(Clone)]
pub struct Failures {
    seen: Arc<Mutex<Seen>>,
    events: Events,
}

#[derive(Clone, Default, Serialize)]
pub struct Seen {
    pub count: u64,
    pub latest: Option<String>,
}

impl Failures {
    /// From now on, hears of each failure in the process that no caller received.
    pub fn listen(events: Events) -> Self {
        let failures = Failures {
            seen: Arc::default(),
            events,
        };
        let listening = failures.clone();
        spawn_runtime::set_failure_hook(move |failure| {
            crate::complain(format_args!("background failure: {failure}"));
            let seen = {
                let mut seen = listening.lock();
                seen.count += 1;
                seen.latest = Some(failure.to_string());
                seen.clone()
            };
            listening.events.publish(Event::Failure(seen));
        });
        failures
    }

    pub fn seen(&self) -> Seen {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
