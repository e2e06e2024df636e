//! A task's name as a type.

use proc_macro2::{Literal, Span};

/// The two numbers of `spawn_runtime`'s `Letters`, in which a name is spelled; or `None` if it is too
/// long for them.
///
/// Input:
///     `save_report`
///
/// Output:
///     `0` and `0x736176655f7265706f7274`
pub(crate) fn of(name: &str, span: Span) -> Option<[Literal; 2]> {
    if !fit(name) {
        return None;
    }
    let bytes = name.as_bytes();
    let (first, rest) = bytes.split_at(bytes.len().saturating_sub(16));
    Some([number(first, span)?, number(rest, span)?])
}

/// Whether a name can be spelled so.
pub(crate) fn fit(name: &str) -> bool {
    // There a 0 is where no letter is.
    name.len() <= 32 && !name.contains('\0')
}

fn number(bytes: &[u8], span: Span) -> Option<Literal> {
    let value = bytes
        .iter()
        .fold(0_u128, |value, byte| value << 8 | u128::from(*byte));
    let mut literal = match value {
        0 => Literal::u8_unsuffixed(0),
        // The letters can be made out that way.
        _ => format!("{value:#x}").parse().ok()?,
    };
    literal.set_span(span);
    Some(literal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(name: &str) -> Option<String> {
        let [first, rest] = of(name, Span::call_site())?;
        Some(format!("{first}, {rest}"))
    }

    #[test]
    fn the_last_sixteen_bytes_are_the_second_number() {
        assert_eq!(spelled("f").as_deref(), Some("0, 0x66"));
        assert_eq!(
            spelled("abcdefghijklmnopq").as_deref(),
            Some("0x61, 0x62636465666768696a6b6c6d6e6f7071")
        );
    }

    #[test]
    fn a_name_that_does_not_fit_is_not_spelled() {
        assert_eq!(spelled(&"x".repeat(33)), None);
        assert_eq!(spelled("a\0b"), None);
        assert!(spelled(&"x".repeat(32)).is_some());
    }
}
