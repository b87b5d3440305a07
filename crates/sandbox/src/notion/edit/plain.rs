//! Plain values of an edit, as Notion's own.

use crate::notion::content::model::Source;
use crate::notion::content::schema::Kind;
use crate::notion::content::state::State;
use crate::notion::id::Id;
use serde_json::{Map, Value, json};

/// Properties as the API takes them. What is an object with the type's key is so already.
pub(super) fn properties(state: &State, source: &Source, plain: &Map<String, Value>) -> Value {
    let one = |(key, value): (&String, &Value)| {
        let written = match source.property(key) {
            Some(property) => wrap(state, source, &property.kind, value),
            None => value.clone(),
        };
        (key.clone(), written)
    };
    Value::Object(plain.iter().map(one).collect())
}

fn wrap(state: &State, source: &Source, kind: &Kind, value: &Value) -> Value {
    let key = kind.name();
    if value.as_object().is_some_and(|map| map.contains_key(key)) {
        return value.clone();
    }
    let inner = match (kind, value) {
        (Kind::Title | Kind::RichText, Value::Null) => json!([]),
        (Kind::Title | Kind::RichText, Value::String(text)) => json!([{ "text": { "content": text } }]),
        (Kind::MultiSelect(_) | Kind::People | Kind::Relation(_) | Kind::Files, Value::Null) => json!([]),
        (Kind::Select(_) | Kind::Status(..), Value::String(name)) => json!({ "name": name }),
        (Kind::MultiSelect(_), value) => each(value, |name| json!({ "name": name })),
        (Kind::Date, Value::String(start)) => json!({ "start": start }),
        (Kind::People, value) => each(value, |named| json!({ "id": user(state, source, named) })),
        (Kind::Relation(_), value) => each(value, |id| json!({ "id": id })),
        (Kind::Files, value) => each(value, |url| {
            let name = url.as_str().and_then(|url| url.rsplit('/').next()).unwrap_or("file");
            json!({ "name": name, "external": { "url": url } })
        }),
        (Kind::Checkbox, Value::Null) => Value::Bool(false),
        (_, value) => value.clone(),
    };
    let mut wrapped = Map::new();
    wrapped.insert(key.to_owned(), inner);
    Value::Object(wrapped)
}

/// One, or a list of them; what is an object already stays.
fn each(value: &Value, wrap: impl Fn(&Value) -> Value) -> Value {
    let one = |value: &Value| if value.is_object() { value.clone() } else { wrap(value) };
    match value {
        Value::Array(items) => items.iter().map(one).collect(),
        value => json!([one(value)]),
    }
}

/// Whoever has this name or e-mail address.
fn user(state: &State, source: &Source, named: &Value) -> Value {
    let workspace = &state.workspaces[usize::from(source.workspace)];
    let text = named.as_str().unwrap_or_default();
    let found = workspace.users.iter().find(|user| user.name == text || user.email == text);
    found.map_or_else(|| named.clone(), |user| Id::to_string(&user.id).into())
}
