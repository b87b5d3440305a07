//! Days and moments, as values have them.

use syncline_core::time::Timestamp;

/// A moment in UTC with milliseconds, out of a moment with its zone, a day (its beginning) or milliseconds; none for anything else,
/// times without a zone too: which moment they are nobody knows.
pub fn moment(text: &str) -> Option<String> {
    let zoned = match text.split_once(['T', 't', ' ']) {
        Some((_, time)) => time.ends_with(['Z', 'z']) || time.contains(['+', '-']),
        None => true,
    };
    let moment = Timestamp::parse(text).ok().filter(|_| zoned)?.to_string();
    // Beyond what a calendar can show it is its milliseconds.
    moment.contains('T').then_some(moment)
}

/// The day of such a moment, in UTC.
pub fn day(text: &str) -> Option<String> {
    moment(text)?.split_once('T').map(|(day, _)| day.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_which_moment_it_is_is_one() {
        for text in ["2026-01-31", "2026-01-31T00:00:00Z", "2026-01-31T01:00:00+01:00", "1769817600000"] {
            assert_eq!(moment(text).as_deref(), Some("2026-01-31T00:00:00.000Z"), "{text}");
            assert_eq!(day(text).as_deref(), Some("2026-01-31"), "{text}");
        }
        for text in ["", "soon", "2026-01-31T10:00:00", "2026-01-31 10:00", "99999999999999999", "2026-02-30"]
        {
            assert_eq!((moment(text), day(text)), (None, None), "{text}");
        }
    }
}
