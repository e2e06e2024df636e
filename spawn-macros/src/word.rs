//! Questions about a name. As functions, they are there once for all who ask.

/// Whether it is one of some others.
pub(crate) fn is_one_of(name: &str, others: &[&str]) -> bool {
    for other in others {
        if name == *other {
            return true;
        }
    }
    false
}

/// `Vec`, `MAX`
pub(crate) fn begins_with_capital(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}

/// `u64`, `run`
pub(crate) fn begins_with_small_letter(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_lowercase)
}
