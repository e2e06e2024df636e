use super::TaskFailure;

/// Emits a `tracing` event if a subscriber takes it, else writes a line to stderr.
pub(super) fn default_hook(failure: &TaskFailure) {
    #[cfg(feature = "tracing")]
    if tracing::enabled!(target: "spawn_runtime", tracing::Level::ERROR) {
        tracing::error!(
            target: "spawn_runtime",
            {
                task.name = failure.name(),
                task.label = failure.label(),
                task.id = failure.id().map(tracing::field::display),
                task.spawned_at = %failure.spawned_at(),
                task.attempts = failure.attempts(),
            },
            "task {}",
            failure.what()
        );
        return;
    }
    eprintln!("{failure}");
}
