//! Two-way sync over the API: syncs and their agreements, runs and their plans, links, conflicts, and the history of a record across
//! both systems.

mod agreement;
mod change;
mod choices;
mod conflicts;
mod faces;
mod history;
mod limits;
mod link;
mod links;
mod refusals;
mod resolve;
mod runs;
mod show;

use super::Api;
use super::access::Caller;
use crate::http::Problem;
use axum::Router;
use axum::routing::{get, post};
use syncline_store::syncs::{self, Sync};

/// The routes of this room.
pub fn routes() -> Router<Api> {
    Router::new()
        .route("/v1/syncs", get(show::list).post(change::create))
        .route("/v1/syncs/check", post(agreement::check))
        .route("/v1/syncs/template", get(agreement::template))
        .route("/v1/syncs/{id}", get(show::show).patch(change::change).delete(change::delete))
        .route("/v1/syncs/{id}/schema", get(agreement::schema))
        .route("/v1/syncs/{id}/runs", get(runs::list).post(runs::create))
        .route("/v1/syncs/{id}/links", get(links::list))
        .route("/v1/syncs/{id}/history", get(history::of_sync))
        .route("/v1/sync-runs/{id}", get(runs::show))
        .route("/v1/sync-runs/{id}/cancel", post(runs::cancel))
        .route("/v1/sync-runs/{id}/plan", get(runs::plan))
        .route("/v1/links/{id}", get(link::show))
        .route("/v1/links/{id}/history", get(history::of_link))
        .route("/v1/conflicts", get(conflicts::list))
        .route("/v1/conflicts/{id}", get(conflicts::show))
        .route("/v1/conflicts/{id}/resolve", post(resolve::resolve))
}

/// A sync of this caller.
///
/// # Errors
/// 404 when there is none.
async fn find(api: &Api, caller: &Caller, id: &str) -> Result<Sync, Problem> {
    let found = syncs::get(&api.cx.store, &caller.scope, id).await?;
    found.ok_or_else(|| Problem::not_found("sync"))
}

/// A query's text, unless it is empty: empty ones do not filter.
fn some(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// The value that goes by the name in a query.
///
/// # Errors
/// 400 that names those there are.
fn named<T>(
    text: Option<String>,
    of: impl FnOnce(&str) -> Option<T>,
    say: &'static str,
) -> Result<Option<T>, Problem> {
    some(text).map(|name| of(&name).ok_or_else(|| Problem::bad_request("bad_state", say))).transpose()
}

/// The id that a page of a list by ids ended with.
///
/// # Errors
/// 400 for a text that is no such id.
fn id_cursor(cursor: Option<String>, prefix: &str) -> Result<Option<String>, Problem> {
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
fn number_cursor<N: std::str::FromStr>(cursor: Option<String>) -> Result<Option<N>, Problem> {
    some(cursor).map(|text| text.parse().map_err(|_| not_ours())).transpose()
}

fn not_ours() -> Problem {
    Problem::bad_request("bad_cursor", "`cursor`: the cursor is not one of ours. Start again without one.")
}

/// Cuts what was read, one more than fits, to the page; answers where it ended, if another follows.
fn cut<T>(found: &mut Vec<T>, limit: u32, place: impl Fn(&T) -> String) -> Option<String> {
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
