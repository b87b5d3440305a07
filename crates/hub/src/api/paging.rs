//! Pages of lists, and what queries for them have in common.

use super::events::{LIMIT, MAX_LIMIT};
use crate::http::Problem;
use syncline_core::time::Timestamp;

/// How many go on a page.
///
/// # Errors
/// 400 for none or too many.
pub fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    let limit = asked.unwrap_or(LIMIT);
    if (1..=MAX_LIMIT).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::bad_request("bad_limit", format!("`limit` is a number from 1 to {MAX_LIMIT}.")))
}

/// Cuts what was read, one more than fits, to the page; answers where the next one goes on, if there is one.
pub fn next_cursor<T>(
    found: &mut Vec<T>,
    limit: u32,
    place: impl Fn(&T) -> (Timestamp, &String),
) -> Option<String> {
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    found.last().filter(|_| more).map(|last| {
        let (at, id) = place(last);
        format!("{}.{id}", at.as_millis())
    })
}

/// A query's text, unless it is empty: empty ones do not filter.
#[must_use]
pub fn some(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// The id that a page of a list by ids ended with.
///
/// # Errors
/// 400 for a text that is no such id.
pub fn id_cursor(cursor: Option<String>, prefix: &str) -> Result<Option<String>, Problem> {
    let is_ours = |text: &str| {
        let letters = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_'));
        letters.is_some_and(|letters| {
            (1..=64).contains(&letters.len()) && letters.bytes().all(|letter| letter.is_ascii_alphanumeric())
        })
    };
    match some(cursor) {
        Some(text) if !is_ours(&text) => Err(not_ours()),
        other => Ok(other),
    }
}

/// The number that a page of a list by numbers ended with.
///
/// # Errors
/// 400 for a text that is none.
pub fn number_cursor<N: std::str::FromStr>(cursor: Option<String>) -> Result<Option<N>, Problem> {
    some(cursor).map(|text| text.parse().map_err(|_| not_ours())).transpose()
}

fn not_ours() -> Problem {
    Problem::bad_request("bad_cursor", "`cursor`: the cursor is not one of ours. Start again without one.")
}

/// Cuts what was read, one more than fits, to the page; answers where it ended, if another follows.
pub fn cut<T>(found: &mut Vec<T>, limit: u32, place: impl Fn(&T) -> String) -> Option<String> {
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    found.last().filter(|_| more).map(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_an_id_of_the_right_kind_or_refused() {
        let id = "lnk_06ABCDEF0123456789GHJKMNPQ".to_owned();
        assert_eq!(id_cursor(Some(id.clone()), "lnk"), Ok(Some(id.clone())));
        assert_eq!((id_cursor(None, "lnk"), id_cursor(Some(String::new()), "lnk")), (Ok(None), Ok(None)));
        for text in ["lnk_", "lnk", "x", "syn_06ABCDEF", "lnk_06'--", &format!("lnk_{}", "0".repeat(65))] {
            assert_eq!(id_cursor(Some(text.to_owned()), "lnk"), Err(not_ours()), "{text}");
        }
        assert_eq!(number_cursor::<u64>(Some("12".to_owned())), Ok(Some(12)));
        for text in ["-1", "x", "1.5", "99999999999999999999999"] {
            assert_eq!(number_cursor::<u64>(Some(text.to_owned())), Err(not_ours()), "{text}");
        }
    }

    #[test]
    fn a_page_says_where_it_ended_only_when_another_follows() {
        let mut found = vec![1, 2, 3];
        assert_eq!((cut(&mut found, 2, i32::to_string), found), (Some("2".to_owned()), vec![1, 2]));
        let mut found = vec![1, 2];
        assert_eq!((cut(&mut found, 2, i32::to_string), found), (None, vec![1, 2]));
    }
}
