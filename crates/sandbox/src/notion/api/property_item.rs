//! One property of a page, whole: long ones in pages (Notion facts 7).

use super::{Answer, Call, Done, May};
use crate::notion::content::model::{Page, Parent, Source, TITLE};
use crate::notion::content::schema::{Kind, Property};
use crate::notion::content::state::State;
use crate::notion::content::value::Val;
use crate::notion::error::Failure;
use crate::notion::id::Id;
use crate::notion::query::paging::{self, Paging};
use serde_json::{Value, json};

/// `GET /v1/pages/{id}/properties/{property_id}`
pub(super) fn get(call: &Call<'_>, id: Id, key: &str) -> Answer {
    call.may(May::Read)?;
    let state = call.notion.state.read();
    let page = state.pages.get(&id).filter(|_| state.sees(call.eyes(), id));
    let page = page.ok_or_else(|| Failure::not_found("page", id))?;
    let source = if let Parent::Source(source) = page.parent { state.sources.get(&source) } else { None };
    let Some(source) = source else { return lone_title(call, page, key) };
    let property = source.properties.iter().find(|property| property.is_id(key)).or_else(|| {
        let plain = percent_encoding::percent_decode_str(key).decode_utf8().ok()?;
        source.property(&plain)
    });
    let property = property
        .ok_or_else(|| Failure::validation(format!("Could not find property with name or id: {key}")))?;
    Done::read(item(call, &state, source, property, page)?)
}

fn lone_title(call: &Call<'_>, page: &Page, key: &str) -> Answer {
    if key != "title" {
        return Err(Failure::validation(format!("Could not find property with name or id: {key}")));
    }
    let elements = match page.value(TITLE) {
        Some(Val::Rich(rich)) => rich.items(),
        _ => Vec::new(),
    };
    Done::read(listed(call, page, ("title", "title".to_owned()), elements, None)?)
}

fn item(
    call: &Call<'_>,
    state: &State,
    source: &Source,
    property: &Property,
    page: &Page,
) -> Result<Value, Failure> {
    let kind = property.kind.name();
    let show = call.printer(state).show();
    let elements = match (&property.kind, page.value(property.slot)) {
        (Kind::Title | Kind::RichText, Some(Val::Rich(rich))) => rich.items(),
        (Kind::People | Kind::Relation(_), Some(Val::Ids(ids))) => {
            match show.references(page, &property.kind, ids) {
                Value::Array(elements) => elements,
                _ => Vec::new(),
            }
        }
        (Kind::Title | Kind::RichText | Kind::People | Kind::Relation(_), _) => Vec::new(),
        (Kind::Rollup(roll), _) => {
            let elements = show.rollup_elements(source, page, roll);
            let mut rollup = show.value(source, property, page, 0);
            // Without a function that shows them, the elements are counted, not listed.
            let elements = if rollup["type"] == "array" { elements } else { Vec::new() };
            if rollup["type"] == "array" && elements.len() > 100 {
                rollup = json!({ "type": "incomplete", "incomplete": {}, "function": roll.function });
            }
            return listed(call, page, (kind, property.written_id()), elements, Some(rollup));
        }
        _ => {
            let value = show.value(source, property, page, usize::MAX);
            let mut item = json!({ "object": "property_item", "id": property.written_id(), "type": kind });
            item[kind] = value;
            return Ok(item);
        }
    };
    listed(call, page, (kind, property.written_id()), elements, None)
}

/// A list whose results hold one element each.
fn listed(
    call: &Call<'_>,
    page: &Page,
    (kind, id): (&str, String),
    elements: Vec<Value>,
    rollup: Option<Value>,
) -> Result<Value, Failure> {
    let paging = Paging::of_query(&call.query)?;
    let cursors: Vec<Id> = (0..elements.len() as u128).map(|index| cursor(page.id, &id, index)).collect();
    let start = paging.start(&cursors, call.settings.query.invalid_cursor)?;
    let (shown, next) = paging::cut(&cursors, start, paging.size);
    let results: Vec<Value> = elements
        .into_iter()
        .skip(start)
        .take(shown.len())
        .map(|element| {
            // Elements of rollups say themselves what they are.
            let kind = if rollup.is_some() {
                element["type"].as_str().unwrap_or_default().to_owned()
            } else {
                kind.to_owned()
            };
            let inner = if rollup.is_some() { element[&kind].clone() } else { element };
            let mut item = json!({ "object": "property_item", "id": id, "type": kind });
            item[&kind] = inner;
            item
        })
        .collect();
    let next_url = next.map(|next| {
        let base = call.notion.house.url_of("notion");
        format!("{base}/v1/pages/{}/properties/{id}?start_cursor={next}&page_size={}", page.id, paging.size)
    });
    let mut about = json!({ "id": id, "type": kind, "next_url": next_url });
    about[kind] = rollup.unwrap_or_else(|| json!({}));
    let mut body = paging::list("property_item", results, next);
    body["property_item"] = about;
    Ok(body)
}

/// The cursor of an element: made of the page, the property and the place, and of nothing else.
fn cursor(page: Id, property: &str, index: u128) -> Id {
    let mixed = property.bytes().fold(index + 1, |mixed, byte| {
        mixed.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b) ^ u128::from(byte)
    });
    Id(page.0 ^ mixed.rotate_left(64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_of_different_places_differ() {
        let all: std::collections::BTreeSet<Id> = (0..1000)
            .flat_map(|index| ["title", "%3Aab"].map(|property| cursor(Id(7), property, index)))
            .collect();
        assert_eq!(all.len(), 2000);
    }
}
