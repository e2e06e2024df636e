//! The process has one panic hook. This is the one of all tests that need one.

use std::{
    cell::RefCell,
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

/// The panics of tasks in tests that cause thousands of them. Without these, a case that fails can be read.
const EXPECTED: [&str; 2] = ["as told", "in a destructor"];

thread_local! {
    /// What the hook writes on this thread while [`caught_panic`] looks.
    static CAUGHT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Prints no panic any more that a test expects.
pub fn hide_expected_panics() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let is_caught = CAUGHT.with_borrow_mut(|caught| {
                let text = caught.as_mut()?;
                *text = panic.to_string();
                Some(())
            });
            let payload = panic.payload().downcast_ref::<&str>();
            let is_expected = payload.is_some_and(|text| EXPECTED.contains(text));
            if is_caught.is_none() && !is_expected {
                print(panic);
            }
        }));
    });
}

/// What the panic hook is told of the panic in `act`, with its place. It is not printed.
pub fn caught_panic(act: impl FnOnce()) -> Option<String> {
    hide_expected_panics();
    CAUGHT.set(Some(String::new()));
    let unwound = panic::catch_unwind(AssertUnwindSafe(act));
    let text = CAUGHT.take();
    unwound.err().and(text)
}
