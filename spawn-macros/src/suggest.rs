//! The nearest name to a misspelt one.

/// The candidate that most likely was meant, if any is near enough to be worth a suggestion.
pub(crate) fn nearest<'a>(written: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let written = written.to_lowercase();
    // Like rustc: a third of the letters may be wrong, in a short name one.
    let tolerance = (written.chars().count() / 3).max(1);
    let mut nearest = None;
    let mut least = tolerance + 1;
    for candidate in candidates {
        let distance = distance(&written, candidate);
        if distance < least {
            least = distance;
            nearest = Some(*candidate);
        }
    }
    nearest
}

/// The number of insertions, deletions, replacements and swaps of neighbours that lead from one
/// word to the other.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut before_last = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for row in 1..=from.len() {
        let mut current = vec![row; to.len() + 1];
        for column in 1..=to.len() {
            let replaced = last[column - 1] + usize::from(from[row - 1] != to[column - 1]);
            current[column] = replaced.min(last[column] + 1).min(current[column - 1] + 1);
            let swapped = row > 1
                && column > 1
                && from[row - 1] == to[column - 2]
                && from[row - 2] == to[column - 1];
            if swapped {
                current[column] = current[column].min(before_last[column - 2] + 1);
            }
        }
        before_last = last;
        last = current;
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = ["name", "timeout", "abort_on_drop", "on"];

    #[test]
    fn a_slip_of_the_fingers_finds_its_name() {
        for (written, meant) in [
            ("nmae", "name"),
            ("timout", "timeout"),
            ("abort_in_drop", "abort_on_drop"),
            ("Name", "name"),
        ] {
            assert_eq!(nearest(written, &NAMES), Some(meant), "{written}");
        }
    }

    #[test]
    fn an_unrelated_word_finds_nothing() {
        assert_eq!(nearest("colour", &NAMES), None);
        assert_eq!(nearest("", &[]), None);
    }
}
