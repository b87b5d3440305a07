//! Lists in pages (Notion facts 4).

use crate::notion::check::Fields;
use crate::notion::error::Failure;
use crate::notion::id::Id;
use crate::notion::settings::InvalidCursor;
use serde_json::{Value, json};

/// Which page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paging {
    pub(crate) size: usize,
    /// Where it begins; none: at the beginning.
    pub(crate) from: Option<Id>,
}

impl Paging {
    /// From the body of a POST.
    ///
    /// # Errors
    /// When the size or the cursor cannot be.
    pub(crate) fn of_body(body: &Value) -> Result<Self, Failure> {
        let fields = Fields::of(body, "body")?;
        let size = match fields.get("page_size") {
            None => 100,
            Some(size) => {
                let number = size.as_u64();
                number.ok_or_else(|| Failure::expected("body.page_size", "a positive number", Some(size)))?
            }
        };
        Ok(Self { size: checked(size, "body")?, from: fields.id("start_cursor")? })
    }

    /// From the query of a GET.
    ///
    /// # Errors
    /// When the size or the cursor cannot be.
    pub(crate) fn of_query(query: &[(String, String)]) -> Result<Self, Failure> {
        let get = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let size = match get("page_size") {
            None => 100,
            Some(size) => size
                .parse()
                .map_err(|_| Failure::expected("query.page_size", "a positive number", Some(&json!(size))))?,
        };
        let from = match get("start_cursor") {
            None => None,
            Some(cursor) => Some(Id::parse(cursor).ok_or_else(|| {
                Failure::expected("query.start_cursor", "a valid uuid", Some(&json!(cursor)))
            })?),
        };
        Ok(Self { size: checked(size, "query")?, from })
    }

    /// Where a list begins that is in the order of `ids`.
    ///
    /// # Errors
    /// When nobody gave out this cursor.
    pub(crate) fn start(&self, ids: &[Id], invalid: InvalidCursor) -> Result<usize, Failure> {
        let Some(cursor) = self.from else { return Ok(0) };
        match ids.iter().position(|id| *id == cursor) {
            Some(at) => Ok(at),
            None => unknown(cursor, invalid),
        }
    }
}

/// What an unknown cursor does: a position, or a refusal.
pub(crate) fn unknown(cursor: Id, invalid: InvalidCursor) -> Result<usize, Failure> {
    match invalid {
        InvalidCursor::FirstPage => Ok(0),
        InvalidCursor::ValidationError => {
            Err(Failure::validation(format!("The start_cursor provided is invalid: {cursor}")))
        }
    }
}

fn checked(size: u64, section: &str) -> Result<usize, Failure> {
    let refuse = |rule: &str| {
        Failure::validation(format!(
            "{section} failed validation: {section}.page_size should be {rule}, instead was `{size}`."
        ))
    };
    match size {
        0 => Err(refuse("≥ `1`")),
        1..=100 => Ok(usize::try_from(size).unwrap_or(100)),
        _ => Err(refuse("≤ `100`")),
    }
}

/// A page of a list as it is answered; `kind` also names the empty object beside it.
pub(crate) fn list(kind: &str, results: Vec<Value>, next: Option<Id>) -> Value {
    let mut body = json!({
        "object": "list", "results": Value::Array(results), "next_cursor": next, "has_more": next.is_some(), "type": kind,
    });
    body[kind] = json!({});
    body
}

/// The part of `ids` that a page shows, and where the next one begins.
pub(crate) fn cut(ids: &[Id], start: usize, size: usize) -> (&[Id], Option<Id>) {
    let rest = ids.get(start..).unwrap_or_default();
    let shown = &rest[..rest.len().min(size)];
    (shown, rest.get(size).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_from_one_to_a_hundred() {
        let size = |size: Value| Paging::of_body(&json!({"page_size": size}));
        assert_eq!(size(json!(100)).expect("fits").size, 100);
        assert_eq!(Paging::of_body(&json!({})).expect("fits").size, 100);
        let message = size(json!(101)).expect_err("too many").message;
        assert_eq!(message, "body failed validation: body.page_size should be ≤ `100`, instead was `101`.");
        for wrong in [json!(0), json!("5"), json!(1.5), json!(-1), json!(null)] {
            assert!(size(wrong.clone()).is_err(), "{wrong}");
        }
        let query = |key: &str, value: &str| Paging::of_query(&[(key.to_owned(), value.to_owned())]);
        assert!(query("page_size", "ten").is_err() && query("start_cursor", "x").is_err());
        assert_eq!(query("page_size", "7").expect("fits").size, 7);
    }

    #[test]
    fn a_null_cursor_is_refused_and_an_unknown_one_too() {
        assert!(Paging::of_body(&json!({"start_cursor": null})).is_err());
        let ids = [Id(1), Id(2), Id(3)];
        let paging = Paging { size: 2, from: Some(Id(9)) };
        assert!(paging.start(&ids, InvalidCursor::ValidationError).is_err());
        assert_eq!(paging.start(&ids, InvalidCursor::FirstPage), Ok(0));
        assert_eq!(cut(&ids, 0, 2), (&ids[..2], Some(Id(3))));
        assert_eq!(cut(&ids, 2, 2), (&ids[2..], None));
    }
}
