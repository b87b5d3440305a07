//! The calls that read (Notion facts 4 to 7), and what a list's page says about the next one.

use super::record::{DATA_SOURCE, DATABASE};
use super::versioned;
use crate::load::At;
use crate::objects::{list, segment, text};
use crate::wire::{Call, Fault};
use http::Method;
use serde_json::{Value, json};

/// One page, data source or database.
pub fn object(at: &At<'_>, object_type: &str, id: &str) -> Call {
    let kind = match object_type {
        DATA_SOURCE => "data_sources",
        DATABASE => "databases",
        _ => "pages",
    };
    let url = format!("{}/v1/{kind}/{}", at.hosts.api, segment(id));
    versioned(Call::get(url).authorized("Bearer", at.token))
}

/// A list that is asked for with a body, which it is safe to ask for again.
pub fn listing(at: &At<'_>, path: &str, body: Value, cursor: Option<&str>) -> Call {
    let mut body = body;
    body["page_size"] = json!(100);
    // Notion facts 4: a null is not taken for none.
    if let Some(cursor) = cursor {
        body["start_cursor"] = json!(cursor);
    }
    let call = Call::json(Method::POST, format!("{}/v1/{path}", at.hosts.api), &body);
    versioned(call.authorized("Bearer", at.token).repeatable())
}

/// One page of a list.
pub struct Listing<'a> {
    pub results: &'a [Value],
    /// Where the next page begins; none on the last.
    pub next: Option<String>,
    /// Whether this is the last page only because Notion shows no more than so many (Notion facts 4).
    pub cut: bool,
}

/// Reads what was asked for with `cursor`.
pub fn read<'a>(body: &'a Value, cursor: Option<&str>) -> Result<Listing<'a>, Fault> {
    let results = list(body, "results")?;
    let next = match &body["has_more"] {
        Value::Bool(false) => None,
        Value::Bool(true) => {
            Some(text(body, "next_cursor").ok_or(Fault::Unreadable("more, but no cursor to it"))?)
        }
        _ => return Err(Fault::Unreadable("a page that does not say whether another one comes")),
    };
    if next.is_some() && next == cursor {
        return Err(Fault::Unreadable("the next page is this page again"));
    }
    let cut = next.is_none() && body["request_status"]["type"] == "incomplete";
    Ok(Listing { results, next: next.map(str::to_owned), cut })
}
