use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// How long a task with `attempts` waits between one attempt and the next.
///
/// The wait doubles from the first to the longest. Each is shortened by up to a half at random, so that tasks that
/// failed together do not try again together. An attempt that ran for longer than the longest wait starts it over.
///
/// `backoff = "200ms..30s"` is `backoff = Backoff::new(…)` with these two durations. The default is 100 ms to 30 s.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use spawn_runtime::Backoff;
///
/// const PATIENT: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(600));
/// assert_ne!(PATIENT, Backoff::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
}

impl Backoff {
    /// Returns a backoff that begins with the wait `first` and doubles it up to `longest`.
    ///
    /// If `first` is the longer of the two, each wait is `longest`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::{Backoff, background};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// const PATIENT: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(600));
    ///
    /// #[background(attempts = 10, backoff = PATIENT)]
    /// async fn connect() -> Result<&'static str, String> {
    ///     Ok("connected")
    /// }
    ///
    /// assert_eq!(connect().await.unwrap().unwrap(), "connected");
    /// # }
    /// ```
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Backoff { first, longest }
    }

    /// Returns the first wait, before it is shortened.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::Backoff;
    ///
    /// let backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(30));
    /// assert_eq!(backoff.first(), Duration::from_millis(200));
    /// ```
    pub const fn first(self) -> Duration {
        self.first
    }

    /// Returns the longest wait, before it is shortened.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::Backoff;
    ///
    /// let backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(30));
    /// assert_eq!(backoff.longest(), Duration::from_millis(30_000));
    /// ```
    pub const fn longest(self) -> Duration {
        self.longest
    }

    /// Returns the wait after so many attempts in a row, before it is shortened.
    fn wait(self, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1).min(63);
        let wait = u32::try_from(1_u64 << doublings)
            .ok()
            .and_then(|times| self.first.checked_mul(times));
        wait.unwrap_or(self.longest).min(self.longest)
    }

    pub(crate) fn random_wait(self, attempts: u32) -> Duration {
        // Each `RandomState` has other keys. That is random enough for a wait, and needs no dependency.
        let random = RandomState::new().hash_one(attempts) >> 11;
        let share = random as f64 / (1_u64 << 53) as f64;
        self.wait(attempts).mul_f64(1.0 - share / 2.0)
    }

    /// Returns whether an attempt that ran so long starts the waits over.
    pub(crate) fn is_over(self, ran: Duration) -> bool {
        ran > self.longest
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff::new(Duration::from_millis(100), Duration::from_secs(30))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_the_longest_and_overflows_nowhere() {
        let backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(30));
        let waits =
            [1, 2, 3, 8, 9, 33, u32::MAX].map(|attempts| backoff.wait(attempts).as_millis());
        assert_eq!(waits, [200, 400, 800, 25_600, 30_000, 30_000, 30_000]);
        let endless = Backoff::new(Duration::MAX, Duration::MAX);
        assert_eq!(endless.wait(u32::MAX), Duration::MAX);
    }

    #[test]
    fn a_random_wait_is_between_the_half_and_the_whole_and_differs() {
        let backoff = Backoff::default();
        let waits: Vec<_> = (0..1_000).map(|_| backoff.random_wait(1)).collect();
        let (half, whole) = (Duration::from_millis(50), Duration::from_millis(100));
        assert!(waits.iter().all(|wait| (half..=whole).contains(wait)));
        assert!(waits.iter().any(|wait| *wait < Duration::from_millis(60)));
        assert!(waits.iter().any(|wait| *wait > Duration::from_millis(90)));
    }
}
