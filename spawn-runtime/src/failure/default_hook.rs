use super::TaskFailure;

/// With a subscriber a `tracing` event; without one it would be lost, so a line on stderr.
pub(super) fn default_hook(failure: &TaskFailure) {
    #[cfg(feature = "tracing")]
    if tracing::dispatcher::has_been_set() {
        tracing::error!(
            task.name = failure.name(),
            task.id = failure.id().map(tracing::field::display),
            task.spawned_at = %failure.spawned_at(),
            "{failure}"
        );
        return;
    }
    eprintln!("{failure}");
}
