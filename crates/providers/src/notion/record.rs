//! From pages, data sources and databases to records (Notion facts 6 and 7).

use crate::load::Lane;
use crate::objects::{self, name, text, time};
use crate::wire::Fault;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use syncline_core::record::{Item, Record};

/// The types of objects, as Notion calls them.
pub(super) const PAGE: &str = "page";
pub(super) const DATA_SOURCE: &str = "data_source";
pub(super) const DATABASE: &str = "database";

/// A data source or a database, as its lane knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    pub id: String,
    pub name: String,
}

/// What an object in a list turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    /// All of it.
    Whole(Box<Record>),
    /// Its id only: it has to be asked for by itself (Notion facts 7).
    Partial(String),
    /// Something of another type.
    Other,
}

/// Reads an object that should be of this type.
pub fn read(object_type: &str, object: &Value) -> Result<Seen, Fault> {
    if object["object"] != object_type {
        return Ok(Seen::Other);
    }
    // To skip what has no id would be to take it for gone.
    let id = text(object, "id").filter(|id| is_id(id)).ok_or(Fault::Unreadable("an object without an id"))?;
    if object.get("last_edited_time").is_none() {
        return Ok(Seen::Partial(id.to_owned()));
    }
    Ok(Seen::Whole(Box::new(record(object_type, id, object))))
}

/// Whether it could be one of Notion's ids: a UUID, with or without dashes (Notion facts 1).
pub fn is_id(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn record(object_type: &str, id: &str, object: &Value) -> Record {
    let parent = parent(&object["parent"]);
    let archived = ["in_trash", "archived", "is_archived"].iter().any(|flag| object[*flag] == true);
    let item = Item {
        name: title(object),
        directory: object_type != PAGE,
        parent_id: parent.map(str::to_owned),
        created_at: time(object, "created_time"),
        url: text(object, "url").map(str::to_owned),
        children: sources(object),
        visibility: Some(!archived),
        ..Item::default()
    };
    let collection = match object_type {
        PAGE => text(&object["parent"], "data_source_id").unwrap_or_default(),
        _ => "",
    };
    Record {
        object_type: object_type.to_owned(),
        collection: collection.to_owned(),
        id: id.to_owned(),
        modified_at: time(object, "last_edited_time"),
        archived,
        merged_ids: Vec::new(),
        item,
        body: lasting(object.clone()).to_string(),
    }
}

/// The id of what an object is in; none at the top of a workspace.
fn parent(parent: &Value) -> Option<&str> {
    text(parent, parent["type"].as_str()?)
}

/// The text of the title: of a page the property that is one, whatever it is called.
fn title(object: &Value) -> String {
    let title = match &object["title"] {
        title @ Value::Array(_) => Some(title),
        _ => {
            let properties = object["properties"].as_object().into_iter().flat_map(|map| map.values());
            { properties }.find(|property| property["type"] == "title").map(|property| &property["title"])
        }
    };
    let pieces = title.and_then(Value::as_array).into_iter().flatten();
    name(&pieces.filter_map(|piece| piece["plain_text"].as_str()).collect::<String>())
}

/// The data sources of a database.
fn sources(object: &Value) -> Option<Vec<String>> {
    let sources = object["data_sources"].as_array()?;
    Some(sources.iter().filter_map(|source| text(source, "id")).map(str::to_owned).collect())
}

/// The object without what is another at every reading: the id of the request, and the signatures and ends of files'
/// addresses (Notion facts 1 and 7). They would make every reading a change.
fn lasting(mut object: Value) -> Value {
    if let Value::Object(object) = &mut object {
        object.remove("request_id");
    }
    unsigned(&mut object);
    object
}

fn unsigned(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(unsigned),
        Value::Object(map) => {
            if map.contains_key("url") && map.remove("expiry_time").is_some() {
                let url = map["url"].as_str().and_then(|url| url.split('?').next()).unwrap_or_default();
                let url = Value::from(url);
                map.insert("url".to_owned(), url);
            }
            map.values_mut().for_each(unsigned);
        }
        _ => {}
    }
}

/// The lane of the pages in a data source.
pub fn pages_lane(record: &Record) -> Lane {
    Lane {
        key: format!("pages/{}", record.id),
        object_type: PAGE.to_owned(),
        collection: record.id.clone(),
        title: people_see(&record.item.name),
        complete: true,
        detail: objects::saved(&Known { id: record.id.clone(), name: record.item.name.clone() }),
    }
}

/// The lane of the database that a data source is in; none where it does not say which. The end of this lane says nothing of
/// other databases.
pub fn database_lane(source: &Value, name: &str) -> Option<Lane> {
    let id = text(&source["parent"], "database_id").filter(|id| is_id(id))?;
    Some(Lane {
        key: format!("database/{id}"),
        object_type: DATABASE.to_owned(),
        collection: String::new(),
        title: format!("Database of {}", people_see(name)),
        complete: false,
        detail: objects::saved(&Known { id: id.to_owned(), name: name.to_owned() }),
    })
}

fn people_see(name: &str) -> String {
    if name.is_empty() { "Untitled".to_owned() } else { name.to_owned() }
}
