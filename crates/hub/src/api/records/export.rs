//! `GET /v1/records/export`: all records a query selects, as JSON Lines or CSV, read and sent page by page.
//!
//! JSON Lines are exact: one record a line, as `GET /v1/records` shows it. CSV is RFC 4180 (commas, CR LF, quotes where a cell
//! needs them, UTF-8) and meant for spreadsheets. Since a spreadsheet takes some texts for formulas and runs them, a cell that
//! begins with `=`, `+`, `-`, `@`, a tab or a carriage return gets an apostrophe in front, unless it is a number with a sign.

use super::columns::{plain, properties};
use super::{RecordQuery, Selection, place};
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::events::checked;
use crate::audit::{self, Action, To};
use crate::http::Problem;
use crate::item::RecordView;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::Stream;
use http::header;
use serde::Deserialize;
use syncline_core::time::Timestamp;
use syncline_store::StoreError;
use syncline_store::records::Stored;

/// Records read at a time: what an export holds in memory.
const CHUNK: u32 = 200;
/// The most properties that become columns.
const MAX_COLUMNS: usize = 200;
/// The columns every CSV begins with.
const FIXED: [&str; 12] = [
    "connection_id",
    "type",
    "id",
    "collection",
    "name",
    "creation_time",
    "last_modified_time",
    "archived",
    "gone_at",
    "merged_into",
    "parent_id",
    "url",
];

/// What to export. The filters are those of [`RecordQuery`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// `jsonl` (the default) or `csv`.
    pub format: Option<String>,
    /// For CSV: names of properties with commas between, each a column; left out: one column `body` with all of them as JSON.
    pub columns: Option<String>,
    /// As in [`RecordQuery`].
    pub org_id: Option<String>,
    /// As in [`RecordQuery`].
    pub connection_id: Option<String>,
    /// As in [`RecordQuery`].
    pub object_type: Option<String>,
    /// As in [`RecordQuery`].
    pub collection: Option<String>,
    /// As in [`RecordQuery`].
    pub search: Option<String>,
    /// As in [`RecordQuery`].
    pub archived: Option<String>,
    /// As in [`RecordQuery`].
    pub gone: Option<String>,
}

/// The form of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Format {
    JsonLines,
    /// With these properties as columns; none: one column with the whole content.
    Csv(Vec<String>),
}

impl ExportQuery {
    fn records(&self) -> RecordQuery {
        RecordQuery {
            org_id: self.org_id.clone(),
            connection_id: self.connection_id.clone(),
            object_type: self.object_type.clone(),
            collection: self.collection.clone(),
            search: self.search.clone(),
            archived: self.archived.clone(),
            gone: self.gone.clone(),
            limit: None,
            cursor: None,
        }
    }

    /// Which records, for the audit log: what was searched for may be somebody's name, so it is left out.
    fn described(&self) -> String {
        let search = self.search.as_ref().map(|_| "some text".to_owned());
        let parts = [
            ("format", &self.format),
            ("connection", &self.connection_id),
            ("type", &self.object_type),
            ("collection", &self.collection),
            ("search", &search),
        ];
        let given = parts.into_iter().filter_map(|(name, value)| {
            value.as_deref().filter(|value| !value.is_empty()).map(|value| format!("{name} {value}"))
        });
        given.collect::<Vec<_>>().join(", ")
    }

    fn format(&self) -> Result<Format, Problem> {
        let columns = self.columns.as_deref().filter(|text| !text.is_empty());
        match (self.format.as_deref(), columns) {
            (None | Some("" | "jsonl"), None) => Ok(Format::JsonLines),
            (Some("csv"), columns) => {
                let names = columns.map(|text| text.split(',').map(|name| name.trim().to_owned()));
                let names: Vec<String> =
                    names.into_iter().flatten().filter(|name| !name.is_empty()).collect();
                if names.len() > MAX_COLUMNS {
                    let say = format!("`columns` names at most {MAX_COLUMNS} properties.");
                    return Err(Problem::bad_request("bad_columns", say));
                }
                Ok(Format::Csv(names))
            }
            (None | Some("" | "jsonl"), Some(_)) => {
                let say = "`columns` is for `format=csv`; JSON Lines always have everything.";
                Err(Problem::bad_request("bad_columns", say))
            }
            (Some(_), _) => Err(Problem::bad_request("bad_format", "`format` is `jsonl` or `csv`.")),
        }
    }
}

/// `GET /v1/records/export`.
///
/// # Errors
/// As [`RecordQuery::selection`], 400 for an unknown format, 503 when the database is away.
pub async fn export(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<ExportQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    answer(&api, &caller, &checked(query)?).await
}

/// The same for whoever is asking.
///
/// # Errors
/// As [`export`].
pub async fn answer(api: &Api, caller: &Caller, query: &ExportQuery) -> Result<Response, Problem> {
    let format = query.format()?;
    let selection = query.records().selection(api, caller).await?;
    // The first page before the first byte: a database that is away is an answer, not a broken download.
    let first = selection.page(api, CHUNK).await?;
    let (kind, name) = match &format {
        Format::JsonLines => ("application/x-ndjson", "records.jsonl"),
        Format::Csv(_) => ("text/csv; charset=utf-8; header=present", "records.csv"),
    };
    let to = To { org_id: query.org_id.as_deref().unwrap_or_default(), id: "" };
    audit::note_after(&caller.cx(api), Action::RecordsExported, to, query.described()).await;
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    let head = match &format {
        Format::JsonLines => String::new(),
        Format::Csv(names) => header_line(names),
    };
    let state = Export { api: api.clone(), selection, format, head, next: Some(first) };
    Ok((headers, Body::from_stream(chunks(state))).into_response())
}

struct Export {
    api: Api,
    selection: Selection,
    format: Format,
    head: String,
    /// The page to send next; none: it has to be read first.
    next: Option<(Vec<Stored>, bool)>,
}

/// Why an export breaks off. The connection ends without the last chunk, so that nobody takes a part for the whole.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the process stops")]
    Stopping,
}

fn chunks(export: Export) -> impl Stream<Item = Result<Bytes, Broken>> {
    futures_util::stream::unfold(Some(export), |export| async move {
        let mut export = export?;
        let chunk = tokio::select! {
            biased;
            () = export.api.stop.clone().cancelled_owned() => Err(Broken::Stopping),
            chunk = export.chunk() => chunk,
        };
        match chunk {
            Ok((bytes, more)) => Some((Ok(bytes), more.then_some(export))),
            Err(error) => {
                tracing::warn!(%error, "an export broke off");
                Some((Err(error), None))
            }
        }
    })
}

impl Export {
    /// The next page as it is sent, and whether another follows.
    async fn chunk(&mut self) -> Result<(Bytes, bool), Broken> {
        let (found, more) = match self.next.take() {
            Some(page) => page,
            None => self.selection.page(&self.api, CHUNK).await?,
        };
        let mut out = std::mem::take(&mut self.head);
        for record in &found {
            match &self.format {
                Format::JsonLines => {
                    out.push_str(&serde_json::to_string(&RecordView::of(record)).unwrap_or_default());
                    out.push('\n');
                }
                Format::Csv(names) => out.push_str(&line(record, names)),
            }
        }
        self.selection.after = found.last().map(place);
        Ok((Bytes::from(out), more))
    }
}

fn header_line(names: &[String]) -> String {
    let fixed = FIXED.iter().map(|name| (*name).to_owned());
    if names.is_empty() {
        return row(fixed.chain(["body".to_owned()]));
    }
    row(fixed.chain(names.iter().map(|name| guarded(name))))
}

fn line(record: &Stored, names: &[String]) -> String {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let text = |text: Option<&String>| guarded(text.map_or("", String::as_str));
    let fixed = [
        guarded(&record.connection_id),
        guarded(&record.object_type),
        guarded(&record.record_id),
        guarded(&record.collection),
        guarded(&record.item.name),
        time(record.item.created_at),
        time(record.modified_at),
        record.archived.to_string(),
        time(record.gone_at),
        text(record.merged_into.as_ref()),
        text(record.item.parent_id.as_ref()),
        text(record.item.url.as_ref()),
    ];
    if names.is_empty() {
        return row(fixed.into_iter().chain([record.body.clone()]));
    }
    let properties = properties(&record.body);
    let cell = |name: &String| properties.get(name).map(|value| guarded(&plain(value))).unwrap_or_default();
    row(fixed.into_iter().chain(names.iter().map(cell)))
}

/// A line of CSV.
fn row(cells: impl Iterator<Item = String>) -> String {
    let mut line = cells.map(|cell| quoted(&cell)).collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}

/// A cell as RFC 4180 writes it.
fn quoted(cell: &str) -> String {
    let is_padded = cell.starts_with(' ') || cell.ends_with(' ');
    if is_padded || cell.contains([',', '"', '\r', '\n']) {
        return format!("\"{}\"", cell.replace('"', "\"\""));
    }
    cell.to_owned()
}

/// A text that no spreadsheet takes for a formula.
fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_signed_number(text) {
        return format!("'{text}");
    }
    text.to_owned()
}

/// `-12.5`, `+43 660 123`: nothing in it that could refer or compute.
fn is_signed_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or("");
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        for (cell, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            (" padded", "\" padded\""),
            ("", ""),
        ] {
            assert_eq!(quoted(cell), expected);
        }
        assert_eq!(row(["a".to_owned(), "b,c".to_owned()].into_iter()), "a,\"b,c\"\r\n");
    }

    #[test]
    fn no_cell_is_a_formula() {
        for text in
            ["=1+1", "+SUM(A1)", "-2+3", "@cmd", "\tx", "\r=x", "+", "-", "=cmd|' /C calc'!A0", "+1-2", "-A1"]
        {
            assert_eq!(guarded(text), format!("'{text}"));
        }
        for text in ["-12.5", "+43 660 1234567", "a=b", "1-2", "", "'=1"] {
            assert_eq!(guarded(text), text);
        }
    }

    #[test]
    fn a_format_says_what_it_needs() {
        let format = |format: &str, columns: &str| {
            let query = ExportQuery {
                format: Some(format.to_owned()),
                columns: Some(columns.to_owned()),
                ..ExportQuery::default()
            };
            query.format().map_err(|problem| problem.code)
        };
        assert_eq!(format("", ""), Ok(Format::JsonLines));
        assert_eq!(format("csv", ""), Ok(Format::Csv(Vec::new())));
        assert_eq!(format("csv", "email, phone,"), Ok(Format::Csv(vec!["email".into(), "phone".into()])));
        assert_eq!(format("jsonl", "email"), Err("bad_columns"));
        assert_eq!(format("csv", &"a,".repeat(201)), Err("bad_columns"));
        assert_eq!(format("xml", ""), Err("bad_format"));
    }
}
