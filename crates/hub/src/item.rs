//! Records as applications are shown them: `IntegrationItem`, what a front end that knows no provider shows of a record, and with what the
//! mirror knows of it the record in answers and messages.

use serde::Serialize;
use serde_json::value::RawValue;
use syncline_core::time::Timestamp;
use syncline_store::records::Stored;

/// A record as a front end that knows no provider shows it. The names are the seed's.
#[derive(Debug, Serialize)]
pub struct IntegrationItem<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    object_type: &'a str,
    directory: bool,
    parent_path_or_name: Option<&'a str>,
    parent_id: Option<&'a str>,
    name: &'a str,
    creation_time: Option<Timestamp>,
    last_modified_time: Option<Timestamp>,
    url: Option<&'a str>,
    children: Option<&'a [String]>,
    mime_type: Option<&'a str>,
    delta: Option<&'a str>,
    drive_id: Option<&'a str>,
    visibility: bool,
}

impl<'a> IntegrationItem<'a> {
    /// The view of a mirrored record.
    #[must_use]
    pub fn of(record: &'a Stored) -> Self {
        let item = &record.item;
        Self {
            id: &record.record_id,
            object_type: &record.object_type,
            directory: item.directory,
            parent_path_or_name: item.parent_path_or_name.as_deref(),
            parent_id: item.parent_id.as_deref(),
            name: &item.name,
            creation_time: item.created_at,
            last_modified_time: record.modified_at,
            url: item.url.as_deref(),
            children: item.children.as_deref(),
            mime_type: item.mime_type.as_deref(),
            delta: item.delta.as_deref(),
            drive_id: item.drive_id.as_deref(),
            visibility: item.visibility.unwrap_or(true),
        }
    }
}

/// A record as the API shows it: the seed's `IntegrationItem`, then what the mirror knows of it.
#[derive(Debug, Serialize)]
pub struct RecordView<'a> {
    #[serde(flatten)]
    item: IntegrationItem<'a>,
    connection_id: &'a str,
    org_id: &'a str,
    collection: &'a str,
    archived: bool,
    gone_at: Option<Timestamp>,
    merged_into: Option<&'a str>,
    first_seen_at: Timestamp,
    changed_at: Timestamp,
    read_at: Timestamp,
    version: i64,
    body: Box<RawValue>,
}

impl<'a> RecordView<'a> {
    /// The view of a mirrored record.
    #[must_use]
    pub fn of(record: &'a Stored) -> Self {
        Self {
            item: IntegrationItem::of(record),
            connection_id: &record.connection_id,
            org_id: &record.org_id,
            collection: &record.collection,
            archived: record.archived,
            gone_at: record.gone_at,
            merged_into: record.merged_into.as_deref(),
            first_seen_at: record.created_at,
            changed_at: record.changed_at,
            read_at: record.read_at,
            version: record.version,
            body: RawValue::from_string(record.body.clone()).unwrap_or_default(),
        }
    }
}
