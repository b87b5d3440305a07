//! Values as they are answered (Notion facts 7).

use super::model::{Page, Source};
use super::reading::{Reader, Reading, span};
use super::render::{partial_user, user};
use super::schema::{Choice, Kind, Property, Roll};
use super::value::{File, Val};
use crate::house::clock::iso;
use crate::notion::id::Id;
use crate::notion::settings::Settings;
use serde_json::{Map, Value, json};

/// What is needed to answer with values.
#[derive(Clone, Copy)]
pub(crate) struct Show<'a> {
    pub(crate) reader: Reader<'a>,
    pub(crate) settings: &'a Settings,
    pub(crate) now: i64,
}

impl<'a> Show<'a> {
    /// A property as pages show it: `{"id", "type", <type>: …}`, long lists of references cut.
    pub(crate) fn property(&self, source: &'a Source, property: &'a Property, page: &'a Page) -> Value {
        let kind = property.kind.name();
        let mut map = Map::new();
        map.insert("id".to_owned(), property.written_id().into());
        map.insert("type".to_owned(), kind.into());
        let most = self.settings.pages.shown_references;
        if let Kind::Relation(_) = property.kind {
            let has_more = matches!(page.value(property.slot), Some(Val::Ids(ids)) if ids.len() > most);
            map.insert("has_more".to_owned(), has_more.into());
        }
        map.insert(kind.to_owned(), self.value(source, property, page, most));
        Value::Object(map)
    }

    /// The value alone, with at most `most` references.
    pub(crate) fn value(
        &self,
        source: &'a Source,
        property: &'a Property,
        page: &'a Page,
        most: usize,
    ) -> Value {
        match &property.kind {
            Kind::CreatedTime => iso(self.reader.created(page)).into(),
            Kind::LastEditedTime => iso(self.reader.edited(page)).into(),
            Kind::CreatedBy => partial_user(page.traces.created_by),
            Kind::LastEditedBy => partial_user(page.traces.edited_by),
            Kind::UniqueId(prefix) => json!({ "prefix": prefix, "number": page.number }),
            Kind::Button => json!({}),
            Kind::Checkbox => page.value(property.slot).is_some().into(),
            Kind::Formula(_) => formula(self.reader.read(source, property, page)),
            Kind::Rollup(roll) => self.rollup(source, page, roll, most),
            kind => match page.value(property.slot) {
                Some(value) => self.stored(page, kind, value, most),
                None => empty(kind),
            },
        }
    }

    fn stored(&self, page: &Page, kind: &Kind, value: &Val, most: usize) -> Value {
        let option = |number: &u32| kind.choices().iter().find(|choice| choice.number == *number);
        match value {
            Val::Rich(rich) => rich.render(),
            Val::Number(number) => number_value(*number),
            Val::Choice(number) => option(number).map_or(Value::Null, Choice::render),
            Val::Choices(numbers) => numbers.iter().filter_map(option).map(Choice::render).collect(),
            Val::Date(span) => span.render(),
            Val::Ids(ids) => self.references(page, kind, &ids[..ids.len().min(most)]),
            Val::Files(files) => files.iter().map(|file| self.file(file)).collect(),
            Val::Checked => true.into(),
            Val::Text(text) => Value::String(text.as_ref().into()),
            Val::Json(json) => json.as_ref().clone(),
        }
    }

    /// Elements of a list of people or pages.
    pub(crate) fn references(&self, page: &Page, kind: &Kind, ids: &[Id]) -> Value {
        let workspace = usize::from(page.workspace);
        let one = |id: &Id| match kind {
            Kind::People => user(self.reader.state, workspace, *id, &self.settings.capabilities),
            _ => json!({ "id": id }),
        };
        ids.iter().map(one).collect()
    }

    /// Hosted files get an address that expires (Notion facts 11).
    fn file(&self, file: &File) -> Value {
        match file {
            File::External { name, url } => {
                json!({ "name": name, "type": "external", "external": { "url": url } })
            }
            File::Hosted { name, id } => {
                let expiry = iso(self.now.saturating_add(self.settings.pages.file_url_ttl_ms));
                let signature = format!("{:032x}", id.0 ^ u128::from(self.now.unsigned_abs()));
                let url = format!(
                    "https://prod-files-secure.s3.us-west-2.amazonaws.com/{id}/{name}?X-Amz-Expires=3600&X-Amz-Signature={signature}"
                );
                json!({ "name": name, "type": "file", "file": { "url": url, "expiry_time": expiry } })
            }
        }
    }

    fn rollup(&self, source: &'a Source, page: &'a Page, roll: &'a Roll, most: usize) -> Value {
        let mut value = rollup(&roll.function, self.reader.gathered(source, page, roll));
        if value["type"] == "array" {
            value["array"] = self.rollup_elements(source, page, roll).into_iter().take(most).collect();
        }
        value
    }

    /// What a rollup shows one by one.
    pub(crate) fn rollup_elements(&self, source: &'a Source, page: &'a Page, roll: &'a Roll) -> Vec<Value> {
        let state = self.reader.state;
        let relation = source.in_slot(roll.relation);
        let Some(Kind::Relation(link)) = relation.map(|relation| &relation.kind) else { return Vec::new() };
        let Some(other) = state.sources.get(&link.source) else { return Vec::new() };
        let (Some(target), Some(Val::Ids(ids))) = (other.in_slot(roll.target), page.value(roll.relation))
        else {
            return Vec::new();
        };
        // A rollup of rollups would have no end.
        if matches!(target.kind, Kind::Rollup(_)) {
            return Vec::new();
        }
        let pages = ids.iter().filter_map(|id| state.pages.get(id)).filter(|page| !page.in_trash);
        let shown = pages.map(|page| {
            let mut element = self.property(other, target, page);
            if let Value::Object(map) = &mut element {
                map.remove("id");
                map.remove("has_more");
            }
            element
        });
        shown.collect()
    }
}

fn empty(kind: &Kind) -> Value {
    match kind {
        Kind::Title
        | Kind::RichText
        | Kind::MultiSelect(_)
        | Kind::People
        | Kind::Relation(_)
        | Kind::Files => {
            json!([])
        }
        _ => Value::Null,
    }
}

/// A number without a point where it is whole, as JavaScript writes it.
pub(crate) fn number_value(number: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
    if number.fract() == 0.0 && number.abs() < 9e15 { json!(number as i64) } else { json!(number) }
}

fn formula(reading: Reading<'_>) -> Value {
    match reading {
        Reading::Text(text) => json!({ "type": "string", "string": text }),
        Reading::Empty => json!({ "type": "string", "string": null }),
        Reading::Number(number) => json!({ "type": "number", "number": number_value(number) }),
        Reading::Flag(flag) => json!({ "type": "boolean", "boolean": flag }),
        Reading::Date(moment) => json!({ "type": "date", "date": span(moment).render() }),
        _ => json!({ "type": "unsupported", "unsupported": {} }),
    }
}

fn rollup(function: &str, values: Option<Vec<Reading<'_>>>) -> Value {
    let values = values.unwrap_or_default();
    match super::reading::rolled(function, values) {
        Reading::List(_) => json!({ "type": "array", "array": [], "function": function }),
        Reading::Number(number) => {
            json!({ "type": "number", "number": number_value(number), "function": function })
        }
        Reading::Date(moment) => {
            json!({ "type": "date", "date": span(moment).render(), "function": function })
        }
        Reading::Empty if matches!(function, "min" | "max" | "average") => {
            json!({ "type": "number", "number": null, "function": function })
        }
        Reading::Empty if matches!(function, "earliest_date" | "latest_date") => {
            json!({ "type": "date", "date": null, "function": function })
        }
        _ => json!({ "type": "unsupported", "unsupported": {}, "function": function }),
    }
}
