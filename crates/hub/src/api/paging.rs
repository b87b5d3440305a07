//! Pages of lists that go from the latest to the oldest.

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
