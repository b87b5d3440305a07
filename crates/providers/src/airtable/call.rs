//! The calls that read, and where rows are (Airtable facts 4 and 5).

use crate::load::At;
use crate::oauth;
use crate::objects::segment;
use crate::wire::Call;
use http::Method;
use serde_json::{Map, Value};

/// The longest URL. Airtable refuses those above 16,000 characters; its own library changes over at 15,000 (Airtable facts 5).
const LONGEST_URL: usize = 15_000;

/// All bases the connection sees.
pub fn bases(at: &At<'_>, query: &[(&str, &str)]) -> Call {
    let url = format!("{}/v0/meta/bases", at.hosts.api);
    get(at, if query.is_empty() { url } else { oauth::url(&url, query) })
}

/// A base's tables, with their fields; counts against the base.
pub fn tables(at: &At<'_>, base: &str) -> Call {
    get(at, format!("{}/v0/meta/bases/{}/tables", at.hosts.api, segment(base))).within(base)
}

/// One row.
pub fn row(at: &At<'_>, base: &str, table: &str, row: &str) -> Call {
    get(at, format!("{}/{}", rows_url(at, base, table), segment(row))).within(base)
}

/// Rows. What does not fit into a URL goes as a body.
pub fn rows(at: &At<'_>, base: &str, table: &str, query: &[(&str, &str)]) -> Call {
    let url = oauth::url(&rows_url(at, base, table), query);
    if url.len() <= LONGEST_URL {
        return get(at, url).within(base);
    }
    let option = |(key, value): &(&str, &str)| match (*key, value.parse::<u32>()) {
        ("pageSize", Ok(size)) => ((*key).to_owned(), Value::from(size)),
        _ => ((*key).to_owned(), Value::from(*value)),
    };
    let body = Value::Object(query.iter().map(option).collect::<Map<_, _>>());
    let url = format!("{}/listRecords", rows_url(at, base, table));
    Call::json(Method::POST, url, &body).authorized("Bearer", at.token).within(base).repeatable()
}

/// Where a table's rows are.
pub fn rows_url(at: &At<'_>, base: &str, table: &str) -> String {
    format!("{}/v0/{}/{}", at.hosts.api, segment(base), segment(table))
}

fn get(at: &At<'_>, url: String) -> Call {
    Call::get(url).authorized("Bearer", at.token)
}
