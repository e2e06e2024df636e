//! Options that make no sense together, or not where they are.

use crate::errors::Errors;
use crate::options::Options;

/// Two options, why they exclude each other, and what to do.
const CONFLICTS: [(&str, &str, &str, &str); 13] = [
    (
        "detach",
        "abort_on_drop",
        "`detach` returns no handle, so there is none for `abort_on_drop` to watch",
        "keep `abort_on_drop` if the task should end with its handle, or `detach` if it should \
            run on",
    ),
    (
        "detach",
        "guard",
        "`detach` returns nothing, so there is no guard for the task to end with",
        "keep `guard` if the task should end with its owner, or `detach` if it should run on",
    ),
    (
        "abort_on_drop",
        "guard",
        "`guard` returns a guard in place of the handle that `abort_on_drop` returns; the task ends with either",
        "keep `guard` if nothing awaits the task, or `abort_on_drop` if its value is awaited",
    ),
    (
        "blocking",
        "local",
        "a `blocking` function runs on a thread of its own, so it cannot be `local` to this one",
        "take `local` off; or take `blocking` off and make it an `async fn`",
    ),
    (
        "blocking",
        "timeout",
        "a `blocking` function cannot be stopped once it runs, so a `timeout` could not end it",
        "take `timeout` off, and let the function look at a `#[cancel] token: \
            spawn_runtime::CancellationToken` from \
         time to time",
    ),
    (
        "blocking",
        "attempts",
        "a `blocking` function keeps its thread until it ends, so it cannot wait there for another of its `attempts`",
        "take `attempts` off, and call it from an `async fn` that has `attempts`, or loop in the function",
    ),
    (
        "local",
        "on",
        "a `local` task stays on the thread that spawns it, so `on` cannot send it elsewhere",
        "take `on` off, or take `local` off if everything in the task is `Send`",
    ),
    (
        "durable",
        "blocking",
        "a durable function is awaited by its worker, so it cannot be `blocking`",
        "take `blocking` off, write `async fn`, and block within `tokio::task::spawn_blocking(…).await`",
    ),
    (
        "durable",
        "local",
        "a durable function runs on any thread of any worker, so it cannot be `local` to this one",
        "take `local` off, and let everything in it be `Send`",
    ),
    (
        "durable",
        "limit",
        "`limit` counts in one process, and a durable function runs in several",
        "take `limit` off, and give each worker its `.concurrency(…)`",
    ),
    (
        "durable",
        "abort_on_drop",
        "a durable job does not end with its handle, so there is nothing for `abort_on_drop` to do",
        "take `abort_on_drop` off, and call `cancel()` on the handle where the job should end",
    ),
    (
        "durable",
        "guard",
        "a durable job does not end with its owner, so there is nothing for `guard` to do",
        "take `guard` off, and keep the handle or the job's id",
    ),
    (
        "durable",
        "detach",
        "a durable job goes on without its handle, which tells when the job is recorded",
        "take `detach` off, and await `id()` of the handle before you go on",
    ),
];

pub(super) fn check(options: &Options, is_declaration: bool, errors: &mut Errors) {
    let mut reported = Vec::new();
    for (one, other, what, help) in CONFLICTS {
        // The error belongs at the one which came second. One is enough for an option that excludes several.
        let mut given = options.keys().filter(|key| *key == one || *key == other);
        if let (Some(_), Some(second)) = (given.next(), given.next()) {
            if !reported.contains(&second) {
                errors.add(second, what, help);
                reported.push(second);
            }
        }
    }
    if is_declaration {
        check_declaration(options, errors);
    } else if !options.has("attempts") {
        check_without_attempts(options, errors);
    }
}

fn check_without_attempts(options: &Options, errors: &mut Errors) {
    for (option, why) in [
        (
            "backoff",
            "`backoff` is the wait between two attempts, and without `attempts` there is only one",
        ),
        (
            "retry_if",
            "`retry_if` asks for another attempt, and without `attempts` there is only one",
        ),
    ] {
        if let Some(key) = options.key(option) {
            let help = format!("add `attempts = 3`, or take `{option}` off");
            errors.add(key, why, &help);
        }
    }
}

/// A declaration in a trait has only a signature. The rest is said by each impl.
fn check_declaration(options: &Options, errors: &mut Errors) {
    const FIT: [&str; 5] = ["detach", "abort_on_drop", "guard", "crate", "blocking"];
    for key in options.keys() {
        // That is wrong on the impl too. See `durable`.
        if key != "durable" && !FIT.contains(&key.to_string().as_str()) {
            let what = format!("`{key}` belongs on the impl: a declaration has no task");
            let help = format!(
                "take `{key}` off here, and give it to `#[background]` on the method in each impl"
            );
            errors.add(key, &what, &help);
        }
    }
}
