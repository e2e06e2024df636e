//! Reads durations such as `"30s"`, `"1h 30m"` and `"1.5s"` when compiling.

use std::time::Duration;

const NANOSECONDS_PER_SECOND: u128 = 1_000_000_000;

/// How many nanoseconds each is, and how it may be called.
#[rustfmt::skip]
const UNITS: [(u128, &[&str]); 7] = [
    (1, &["ns", "nanoseconds", "nanosecond", "nanos", "nsec"]),
    // The Greek letter mu, and the micro sign that some keyboards have in its place.
    (1_000, &["us", "\u{3bc}s", "\u{b5}s", "microseconds", "microsecond", "micros", "usec"]),
    (1_000_000, &["ms", "milliseconds", "millisecond", "millis", "msec"]),
    (NANOSECONDS_PER_SECOND, &["s", "seconds", "second", "secs", "sec"]),
    (60 * NANOSECONDS_PER_SECOND, &["m", "minutes", "minute", "mins", "min"]),
    (3_600 * NANOSECONDS_PER_SECOND, &["h", "hours", "hour", "hrs", "hr"]),
    (86_400 * NANOSECONDS_PER_SECOND, &["d", "days", "day"]),
];

/// The text's duration, or what is wrong with it (to follow "`text` is no duration: ").
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err("it is empty".to_owned());
    }
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let (number, after_number) =
            split_at_first(rest, |c| !(c.is_ascii_digit() || c == '.' || c == '_'));
        let (unit, after_unit) = split_at_first(after_number.trim_start(), |c| !c.is_alphabetic());
        if rest.starts_with('-') {
            return Err("it is negative".to_owned());
        }
        if number.is_empty() {
            return Err(format!("a number should stand before `{rest}`"));
        }
        if unit.is_empty() {
            return Err(format!("`{number}` has no unit"));
        }
        let unit = nanoseconds_of(unit).ok_or_else(|| format!("`{unit}` is no unit of time"))?;
        total = times(number, unit)?
            .checked_add(total)
            .ok_or_else(too_long)?;
        rest = after_unit.trim_start();
    }
    let seconds = u64::try_from(total / NANOSECONDS_PER_SECOND).map_err(|_| too_long())?;
    let nanoseconds = u32::try_from(total % NANOSECONDS_PER_SECOND).map_err(|_| too_long())?;
    Ok(Duration::new(seconds, nanoseconds))
}

fn split_at_first(text: &str, stop: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(stop).unwrap_or(text.len()))
}

fn nanoseconds_of(unit: &str) -> Option<u128> {
    let names_it = |(_, names): &&(u128, &[&str])| names.contains(&unit);
    UNITS
        .iter()
        .find(names_it)
        .map(|(nanoseconds, _)| *nanoseconds)
}

/// The names of units that are long enough to be misspelt.
pub(crate) fn spelled_out() -> Vec<&'static str> {
    let names = UNITS.iter().rev().flat_map(|(_, names)| *names);
    names
        .filter(|name| name.is_ascii() && name.len() > 2)
        .copied()
        .collect()
}

/// `number` (such as `1.5`) of a unit of `unit` nanoseconds, without the rounding of a float.
fn times(number: &str, unit: u128) -> Result<u128, String> {
    let no_number = || format!("`{number}` is no number");
    let digits = number.replace('_', "");
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let fraction = fraction.trim_end_matches('0');
    if whole.is_empty() || fraction.contains('.') {
        return Err(no_number());
    }
    let whole: u128 = whole.parse().map_err(|_| too_long())?;
    let mut total = whole.checked_mul(unit).ok_or_else(too_long)?;
    if !fraction.is_empty() {
        let too_fine = || format!("`{number}` is finer than a nanosecond");
        let scale = u32::try_from(fraction.len())
            .ok()
            .and_then(|places| 10_u128.checked_pow(places))
            .ok_or_else(too_fine)?;
        let parts: u128 = fraction.parse().map_err(|_| too_fine())?;
        let parts = parts.checked_mul(unit).ok_or_else(too_fine)?;
        if parts % scale != 0 {
            return Err(too_fine());
        }
        total = total.checked_add(parts / scale).ok_or_else(too_long)?;
    }
    Ok(total)
}

fn too_long() -> String {
    "it is longer than a `Duration` can hold".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_understood() {
        for (text, nanoseconds) in [
            ("1ns", 1),
            ("250us", 250_000),
            ("250\u{b5}s", 250_000),
            ("500ms", 500_000_000),
            ("30s", 30_000_000_000),
            ("2m", 120_000_000_000),
            ("2 min", 120_000_000_000),
            ("1h", 3_600_000_000_000),
            ("1d", 86_400_000_000_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_nanos(nanoseconds)), "{text}");
        }
    }

    #[test]
    fn parts_add_up_and_fractions_are_exact() {
        assert_eq!(parse("1h 30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse("1h30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse(" 1.5s "), Ok(Duration::from_millis(1_500)));
        assert_eq!(parse("0.1s"), Ok(Duration::from_millis(100)));
        assert_eq!(parse("1_000ms"), Ok(Duration::from_secs(1)));
    }

    #[test]
    fn what_is_no_duration_is_told_apart() {
        for (text, reason) in [
            ("", "it is empty"),
            ("30", "`30` has no unit"),
            ("soon", "a number should stand before `soon`"),
            ("5 parsecs", "`parsecs` is no unit of time"),
            ("1.2.3s", "`1.2.3` is no number"),
            (".s", "`.` is no number"),
            ("0.1ns", "`0.1` is finer than a nanosecond"),
            ("-3s", "it is negative"),
            (
                "99999999999999999999999d",
                "it is longer than a `Duration` can hold",
            ),
            (
                "340282366920938463463374607431768211456s",
                "it is longer than a `Duration` can hold",
            ),
        ] {
            assert_eq!(parse(text), Err(reason.to_owned()), "{text}");
        }
    }
}
