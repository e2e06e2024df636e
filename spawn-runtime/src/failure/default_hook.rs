use super::TaskFailure;

/// A `tracing` event, if a subscriber takes it here; else it would be lost, so a line on stderr.
pub(super) fn default_hook(failure: &TaskFailure) {
    #[cfg(feature = "tracing")]
    if tracing::enabled!(tracing::Level::ERROR) {
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
