use super::name::{Name, TaskName};

/// A task's name of up to 32 bytes as a type, so that it takes no room in the task: the bytes, from
/// the left, as the digits of one number, whose upper half is `FIRST`.
///
/// A `fn` that returns the name does the same for a name of any length, but costs rustc three times
/// as much in every function.
#[derive(Clone, Copy)]
pub struct Letters<const FIRST: u128, const REST: u128>;

impl<const FIRST: u128, const REST: u128> Letters<FIRST, REST> {
    const BYTES: [u8; 32] = joined(FIRST.to_be_bytes(), REST.to_be_bytes());
    const TEXT: &'static str = text(&Self::BYTES);
}

impl<const FIRST: u128, const REST: u128> Name for Letters<FIRST, REST> {
    #[inline]
    fn name(self) -> TaskName {
        TaskName::Given(Self::TEXT)
    }
}

const fn joined(first: [u8; 16], rest: [u8; 16]) -> [u8; 32] {
    let mut bytes = [0; 32];
    let mut index = 0;
    while index < 16 {
        bytes[index] = first[index];
        bytes[16 + index] = rest[index];
        index += 1;
    }
    bytes
}

// Input:  `\0\0\0save`
// Output: `save`
const fn text(mut bytes: &[u8]) -> &str {
    while let [0, rest @ ..] = bytes {
        bytes = rest;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("the macro cuts no letter in two"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_read_from_both_halves() {
        assert_eq!(Letters::<0, 0x66>::TEXT, "f");
        assert_eq!(Letters::<0, 0xc3a4>::TEXT, "ä");
        assert_eq!(
            Letters::<0x61, 0x62636465666768696a6b6c6d6e6f7071>::TEXT,
            "abcdefghijklmnopq"
        );
    }
}
