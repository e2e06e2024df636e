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
        // From one nanosecond, 94 doublings lead to `Duration::MAX`.
        let doublings = attempts.saturating_sub(1).min(94);
        let wait = (0..doublings).fold(self.first, |wait, _| wait.saturating_mul(2));
        wait.min(self.longest)
    }

    pub(crate) fn random_wait(self, attempts: u32) -> Duration {
        // Each `RandomState` has other keys. That is random enough for a wait, and needs no dependency.
        let random = RandomState::new().hash_one(attempts) >> 11;
        let share = random as f64 / (1_u64 << 53) as f64;
        shortened(self.wait(attempts), share)
    }

    /// Returns whether an attempt that ran so long starts the waits over.
    pub(crate) fn is_over(self, ran: Duration) -> bool {
        ran > self.longest
    }
}

/// Shortens a wait by up to the half: by this share of it.
fn shortened(wait: Duration, share: f64) -> Duration {
    // Not multiplied by up to 1: as a float, `Duration::MAX` is rounded up to what is none.
    wait - wait.mul_f64(share / 2.0)
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
    fn a_short_first_wait_doubles_as_often_as_it_takes() {
        let hour = Duration::from_secs(3_600);
        let waits = [33, 42, 43].map(|attempts| {
            Backoff::new(Duration::from_nanos(1), hour)
                .wait(attempts)
                .as_nanos()
        });
        assert_eq!(waits, [1 << 32, 1 << 41, hour.as_nanos()]);
        let at_once = Backoff::new(Duration::ZERO, hour);
        assert_eq!(at_once.wait(u32::MAX), Duration::ZERO);
    }

    #[test]
    fn the_longest_wait_of_all_can_be_left_as_it_is() {
        assert_eq!(shortened(Duration::MAX, 0.0), Duration::MAX);
        assert_eq!(
            shortened(Duration::from_secs(4), 0.5),
            Duration::from_secs(3)
        );
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
