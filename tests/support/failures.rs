//! The process has one failure hook. This is the one of all tests; it sorts what it hears by the task's name.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use spawn_runtime::set_failure_hook;
use tokio::task::Id;

/// A task of this name makes the hook panic.
const MAKES_THE_HOOK_PANIC: &str = "makes_the_hook_panic";

static HEARD: LazyLock<Mutex<HashMap<&'static str, Vec<Failure>>>> = LazyLock::new(|| {
    set_failure_hook(|failure| {
        let heard = Failure {
            text: failure.to_string(),
            id: failure.id(),
            panic_message: failure.panic_message().map(str::to_owned),
            error_message: failure.error_message().map(str::to_owned),
            line: failure.spawned_at().line(),
        };
        let mut all = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(failure.name()).or_default().push(heard);
        drop(all);
        assert!(failure.name() != MAKES_THE_HOOK_PANIC, "a hook that panics");
    });
    Mutex::default()
});

/// What the hook was told of a failure.
#[derive(Clone, Debug)]
pub struct Failure {
    pub text: String,
    pub id: Option<Id>,
    pub panic_message: Option<String>,
    pub error_message: Option<String>,
    pub line: u32,
}

/// The failures that the hook hears. Tests run at the same time: a test asks for names that no task of another has.
pub struct Failures(());

impl Failures {
    /// Installs the hook, if no other test has done so yet.
    pub fn listen() -> Self {
        LazyLock::force(&HEARD);
        Failures(())
    }

    /// Those of the tasks of this name.
    pub fn of(&self, name: &str) -> Vec<Failure> {
        let all = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(name).cloned().unwrap_or_default()
    }

    /// The texts of those of the tasks of this name.
    pub fn texts_of(&self, name: &str) -> Vec<String> {
        self.of(name)
            .into_iter()
            .map(|failure| failure.text)
            .collect()
    }
}
