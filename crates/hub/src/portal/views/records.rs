//! Records: the mirror as a list, and one record with its properties and its history.

use super::filters;
use super::json;
use super::narrow::Narrow;
use super::shell::Shell;
use super::syncs::{SideEvent, SyncDid, SyncedWith};
use super::text;
use askama::Template;
use askama::filters::Safe;

/// The list of records.
#[derive(Debug, Template)]
#[template(path = "records/index.html")]
pub struct RecordsPage {
    /// The surroundings.
    pub shell: Shell,
    /// What the list is narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used; the page then has no rows.
    pub problem: Option<String>,
    /// The filters as the export takes them, without the question mark.
    pub export_query: String,
    /// The records.
    pub rows: Vec<RecordRow>,
    /// The cursor of the page after this one, where there is one.
    pub next: Option<String>,
}

/// One record of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordRow {
    /// The connection it was read through.
    pub connection_id: String,
    /// What people call the connection.
    pub connection_title: String,
    /// Its type.
    pub object_type: String,
    /// Its id.
    pub id: String,
    /// What people call it; may be empty.
    pub name: String,
    /// Where it is; empty for types that are kept in one place.
    pub collection: String,
    /// Whose.
    pub organization: String,
    /// When it was last changed at the provider, RFC 3339.
    pub modified_at: Option<String>,
    /// Whether the provider keeps it as archived.
    pub archived: bool,
    /// Whether it is gone.
    pub gone: bool,
    /// Whether it is gone because it was merged into another.
    pub merged: bool,
}

impl RecordRow {
    /// The address of the record's own page.
    #[must_use]
    pub fn href(&self) -> String {
        href(&self.connection_id, &self.object_type, &self.id)
    }

    /// Its state where it is not simply there: class and word.
    fn mark(&self) -> Option<(&'static str, &'static str)> {
        match (self.gone, self.merged, self.archived) {
            (true, true, _) => Some(("k-merge", "merged")),
            (true, false, _) => Some(("k-delete", "gone")),
            (false, _, true) => Some(("", "archived")),
            (false, _, false) => None,
        }
    }
}

/// The address of a record's own page.
#[must_use]
pub fn href(connection_id: &str, object_type: &str, id: &str) -> String {
    format!(
        "/portal/records/{}/{}/{}",
        text::segment(connection_id),
        text::segment(object_type),
        text::segment(id)
    )
}

impl RecordsPage {
    fn export_href(&self, format: &str) -> String {
        let join = if self.export_query.is_empty() { "" } else { "&" };
        format!("/portal/records/export?format={format}{join}{}", self.export_query)
    }
}

/// One record with everything that is known about it.
#[derive(Debug, Template)]
#[template(path = "records/record.html")]
pub struct RecordPage {
    /// The surroundings.
    pub shell: Shell,
    /// The record as in the list.
    pub row: RecordRow,
    /// The provider's name.
    pub provider_name: String,
    /// Its page at the provider, where there is one.
    pub url: Option<String>,
    /// Facts: label and value.
    pub facts: Vec<(&'static str, String)>,
    /// Moments: label and RFC 3339.
    pub times: Vec<(&'static str, String)>,
    /// The record it was merged into.
    pub merged_into: Option<String>,
    /// Its properties with their values as people read them.
    pub properties: Vec<(String, String)>,
    /// Its content as mirrored.
    pub body: String,
    /// What it is synced with.
    pub synced: Vec<SyncedWith>,
    /// What syncs did or noticed about it, latest first.
    pub did: Vec<SyncDid>,
    /// The latest events about it and about what it is synced with, latest first.
    pub history: Vec<SideEvent>,
    /// The address of all events with its id.
    pub events_href: String,
}

/// The most HTML that properties make, and that the raw form makes: a page, with what it asks for, stays below 100 KB with both.
const MAX_PROPERTIES: usize = 12_000;
/// As above.
const MAX_RAW: usize = 12_000;
/// The longest value that is shown in the table.
const MAX_VALUE: usize = 240;

/// A property, ready to draw.
struct Property {
    name: String,
    value: String,
}

impl RecordPage {
    fn title(&self) -> String {
        let name = if self.row.name.is_empty() { &self.row.id } else { &self.row.name };
        text::preview(name, 120).into_owned()
    }

    /// Properties with a value, and how many have none or are left out.
    fn shown(&self) -> (Vec<Property>, usize, usize) {
        let (mut weight, mut shown, mut left_out, mut empty) = (0, Vec::new(), 0, 0);
        for (name, value) in &self.properties {
            if value.is_empty() {
                empty += 1;
                continue;
            }
            let property = Property {
                name: text::preview(name, 80).into_owned(),
                value: text::preview(value, MAX_VALUE).into_owned(),
            };
            weight += 40 + text::escaped(&property.name) + text::escaped(&property.value);
            if weight > MAX_PROPERTIES {
                left_out += 1;
            } else {
                shown.push(property);
            }
        }
        (shown, empty, left_out)
    }

    fn raw_html(&self) -> (Safe<String>, bool) {
        let highlighted = json::highlight(&self.body, MAX_RAW);
        (Safe(highlighted.html), highlighted.complete)
    }

    /// Its page at the provider, if that is an address a browser may be sent to.
    fn link(&self) -> Option<&str> {
        self.url.as_deref().filter(|url| text::is_of_the_web(url))
    }

    fn raw_href(&self) -> String {
        format!("{}/raw", self.row.href())
    }

    fn merged_href(&self, into: &str) -> String {
        href(&self.row.connection_id, &self.row.object_type, into)
    }

    fn connection_href(&self) -> String {
        format!("/portal/connections/{}", text::segment(&self.row.connection_id))
    }

    fn type_href(&self) -> String {
        let pairs = [("connection", self.row.connection_id.as_str()), ("type", &self.row.object_type)];
        format!("/portal/records?{}", text::query(&pairs))
    }
}
