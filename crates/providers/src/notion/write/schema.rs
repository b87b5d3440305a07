//! What properties a data source has and what they take (Notion facts 6, 7 and 10).

use super::property::{MOST_PIECES, PIECE};
use crate::load::At;
use crate::notion::errors;
use crate::objects::{self, text};
use crate::wire::{Fault, Reply};
use serde_json::Value;
use syncline_core::sync::{Field, Kind, Schema};

/// Reads them. Their types go with them: `title` and `rich_text`, `select` and `status` are written differently.
///
/// # Errors
/// [`Fault`]; [`Fault::Gone`] when there is no such data source, or it is not shared any more.
pub fn read(at: &At<'_>, reply: &Reply<'_>) -> Result<Schema, Fault> {
    let body = objects::success(reply, errors::fault, at.token)?;
    let properties = body["properties"].as_object();
    let mut schema = Schema::default();
    for (name, property) in properties.ok_or(Fault::Unreadable("a data source without properties"))? {
        let of = text(property, "type").ok_or(Fault::Unreadable("a property without a type"))?;
        let (kind, writable, longest) = takes(of, &property[of]);
        schema.fields.insert(name.clone(), Field { title: name.clone(), kind, writable, longest });
        schema.types.insert(name.clone(), of.to_owned());
    }
    Ok(schema)
}

/// What a property of this type holds, whether it can be written, and how much it takes (facts 7 and 10).
fn takes(of: &str, config: &Value) -> (Kind, bool, Option<usize>) {
    match of {
        "title" | "rich_text" => (Kind::Text, true, Some(PIECE * MOST_PIECES)),
        "number" => (Kind::Number, true, None),
        "select" | "status" => (Kind::Choice(options(config)), true, None),
        "multi_select" => (Kind::Choices(options(config)), true, None),
        "date" => (Kind::Date, true, None),
        "checkbox" => (Kind::Bool, true, None),
        "url" => (Kind::Url, true, Some(2_000)),
        // A text: nothing says that Notion checks it.
        "email" => (Kind::Text, true, Some(200)),
        "phone_number" => (Kind::Phone, true, Some(200)),
        "people" => (Kind::List, true, None),
        // A page shows 25 of them at most (facts 7): to write back what is shown could take others away.
        "relation" => (Kind::List, false, None),
        "created_time" | "last_edited_time" => (Kind::DateTime, false, None),
        "formula" | "rollup" | "unique_id" | "created_by" | "last_edited_by" => (Kind::Text, false, None),
        _ => (Kind::Other, false, None),
    }
}

fn options(config: &Value) -> Vec<String> {
    let options = config["options"].as_array().into_iter().flatten();
    options.filter_map(|option| text(option, "name")).map(str::to_owned).collect()
}
