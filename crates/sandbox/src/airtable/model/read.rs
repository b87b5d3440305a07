//! Cells as JSON: as the REST API writes them, and as webhook payloads do (cell format V2; Airtable facts 6 and 7).

use super::base::Base;
use super::cell::{Attachment, Cell};
use super::compute::At;
use super::field::{Choice, Kind};
use super::zone;
use crate::airtable::accounts::User;
use crate::airtable::formula::{Val, number_json};
use crate::house::clock::iso;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// Where files are served, and how long an address works.
#[derive(Debug, Clone)]
pub(in crate::airtable) struct Files {
    pub(in crate::airtable) url: String,
    pub(in crate::airtable) seed: u64,
    pub(in crate::airtable) lifetime_ms: i64,
}

impl Files {
    /// What only Airtable can put into an address.
    pub(in crate::airtable) fn seal(&self, attachment: &str, until: i64) -> String {
        let hash = Sha256::digest(format!("{} {attachment} {until}", self.seed));
        data_encoding::HEXLOWER.encode(&hash[..12])
    }

    fn address(&self, attachment: &Attachment, now: i64) -> String {
        let until = now.saturating_add(self.lifetime_ms);
        let name =
            percent_encoding::utf8_percent_encode(&attachment.filename, percent_encoding::NON_ALPHANUMERIC);
        let (id, seal) = (&attachment.id, self.seal(&attachment.id, until));
        format!("{}/attachments/{until}/{seal}/{id}/{name}", self.url)
    }
}

/// Reads cells of a base.
pub(in crate::airtable) struct Reader<'a> {
    pub(in crate::airtable) base: &'a Base,
    pub(in crate::airtable) users: &'a [User],
    pub(in crate::airtable) now: i64,
    pub(in crate::airtable) files: &'a Files,
}

impl Reader<'_> {
    /// A cell as the REST API writes it; nothing for an empty one.
    pub(in crate::airtable) fn cell(&self, at: At<'_>, field: u16) -> Option<Value> {
        let kind = self.base.tables[at.table].kind(field);
        match kind {
            Kind::Formula { .. } | Kind::Rollup { .. } | Kind::Count { .. } => self.val(at, field, 0).json(),
            Kind::Lookup { .. } if !self.base.is_valid(at.table, field) => Val::Error.json(),
            Kind::Lookup { link, field } => {
                let values: Vec<Value> = self
                    .linked(at, *link)
                    .filter_map(|other| self.cell(other, *field))
                    .flat_map(flat)
                    .collect();
                (!values.is_empty()).then_some(Value::Array(values))
            }
            Kind::AutoNumber => Some(json!(u64::from(at.number) + 1)),
            Kind::CreatedTime => Some(json!(iso(at.row.created))),
            Kind::LastModifiedTime => Some(json!(iso(at.row.modified))),
            Kind::CreatedBy => self.collaborator(at.row.created_by),
            Kind::LastModifiedBy => self.collaborator(at.row.modified_by),
            Kind::Button { label } => Some(json!({ "label": label, "url": null })),
            Kind::AiText => Some(match self.summary(at) {
                Some(text) => json!({ "state": "generated", "isStale": false, "value": text }),
                None => json!({ "state": "empty", "isStale": false, "value": null }),
            }),
            kind => self.stored(kind, at.row.cell(field)?),
        }
    }

    fn stored(&self, kind: &Kind, cell: &Cell) -> Option<Value> {
        Some(match cell {
            Cell::Text(text) => json!(text),
            Cell::Number(number) => number_json(*number),
            Cell::Checked => json!(true),
            Cell::Date(days) => json!(zone::date(*days).to_string()),
            Cell::Time(ms) => json!(iso(*ms)),
            Cell::Choice(choice) => json!(super::compute::choice_name(kind, *choice)?),
            Cell::Choices(choices) => {
                choices.iter().filter_map(|choice| super::compute::choice_name(kind, *choice)).collect()
            }
            Cell::User(user) => self.collaborator(*user)?,
            Cell::Users(users) => users.iter().filter_map(|user| self.collaborator(*user)).collect(),
            Cell::Links(links) => {
                let ids: Vec<Value> = self
                    .rows(kind.link()?.table, links)
                    .map(|other| json!(other.row.id.to_string()))
                    .collect();
                return (!ids.is_empty()).then_some(Value::Array(ids));
            }
            Cell::Files(files) => files.iter().map(|file| self.attachment(file)).collect(),
            Cell::Barcode(barcode) => match &barcode.1 {
                Some(kind) => json!({ "text": barcode.0, "type": kind }),
                None => json!({ "text": barcode.0 }),
            },
        })
    }

    fn collaborator(&self, user: u32) -> Option<Value> {
        self.users.get(user as usize).map(User::collaborator)
    }

    /// A file, its address good for two hours. Size and type are there once Airtable has fetched it.
    pub(in crate::airtable) fn attachment(&self, file: &Attachment) -> Value {
        let url = self.files.address(file, self.now);
        let mut json = json!({ "id": file.id, "url": url, "filename": file.filename });
        if let Some(fetched) = &file.fetched {
            json["size"] = json!(fetched.size);
            json["type"] = json!(fetched.kind);
            if let Some((width, height)) = fetched.picture {
                json["width"] = json!(width);
                json["height"] = json!(height);
                let side = |most: u32| {
                    let (width, height) = shrunk(width, height, most);
                    json!({ "url": url, "width": width, "height": height })
                };
                json["thumbnails"] = json!({ "small": side(36), "large": side(512), "full": side(3_000) });
            }
        }
        json
    }

    /// A cell in format V2; nothing for an empty one.
    pub(in crate::airtable) fn cell_v2(&self, at: At<'_>, field: u16) -> Option<Value> {
        let kind = self.base.tables[at.table].kind(field);
        match (kind, at.row.cell(field)) {
            (Kind::Lookup { link, field: other }, _) if self.base.is_valid(at.table, field) => {
                self.lookup_v2(at, *link, *other)
            }
            (Kind::CreatedBy, _) => self.collaborator_v2(at.row.created_by),
            (Kind::LastModifiedBy, _) => self.collaborator_v2(at.row.modified_by),
            (_, Some(Cell::Choice(choice))) => kind.choices()?.get(*choice as usize).map(choice_v2),
            (_, Some(Cell::Choices(choices))) => {
                let known = kind.choices()?;
                Some(choices.iter().filter_map(|choice| known.get(*choice as usize)).map(choice_v2).collect())
            }
            (_, Some(Cell::User(user))) => self.collaborator_v2(*user),
            (_, Some(Cell::Users(users))) => {
                Some(users.iter().filter_map(|user| self.collaborator_v2(*user)).collect())
            }
            (_, Some(Cell::Links(links))) => {
                let named =
                    |other: At<'_>| json!({ "id": other.row.id.to_string(), "name": self.primary(other) });
                let links: Vec<Value> = self.rows(kind.link()?.table, links).map(named).collect();
                (!links.is_empty()).then_some(Value::Array(links))
            }
            _ => self.cell(at, field),
        }
    }

    fn lookup_v2(&self, at: At<'_>, link: u16, field: u16) -> Option<Value> {
        let (mut ids, mut values) = (Vec::new(), Map::new());
        for other in self.linked(at, link) {
            let id = other.row.id.to_string();
            let value = self.cell_v2(other, field).map(|value| flat(value).collect()).unwrap_or_default();
            values.insert(id.clone(), Value::Array(value));
            ids.push(json!(id));
        }
        (!ids.is_empty()).then(|| json!({ "linkedRecordIds": ids, "valuesByLinkedRecordId": values }))
    }

    fn collaborator_v2(&self, user: u32) -> Option<Value> {
        let mut json = self.collaborator(user)?;
        json["permissionLevel"] = json!(self.base.level(user as usize).name());
        json["profilePicUrl"] = json!(null);
        Some(json)
    }

    /// A cell to sort by.
    pub(in crate::airtable) fn sort_key(&self, at: At<'_>, field: u16) -> Val {
        // Selects are sorted in the order of their choices.
        match at.row.cell(field) {
            Some(Cell::Choice(choice)) => Val::Number(f64::from(*choice)),
            _ => self.val(at, field, 0),
        }
    }
}

fn choice_v2(choice: &Choice) -> Value {
    let mut json = json!({ "id": choice.id, "name": choice.name });
    if let Some(color) = &choice.color {
        json["color"] = json!(color);
    }
    json
}

/// The elements of an array, or the value itself.
fn flat(value: Value) -> impl Iterator<Item = Value> {
    match value {
        Value::Array(values) => values.into_iter(),
        other => vec![other].into_iter(),
    }
}

/// A picture's size when neither side may be longer than `most`.
fn shrunk(width: u32, height: u32, most: u32) -> (u32, u32) {
    let longest = width.max(height).max(1);
    if longest <= most {
        return (width, height);
    }
    let side = |side: u32| {
        u32::try_from(u64::from(side) * u64::from(most) / u64::from(longest)).unwrap_or(most).max(1)
    };
    (side(width), side(height))
}
