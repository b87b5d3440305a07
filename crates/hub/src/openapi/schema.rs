//! What JSON looks like, as JSON Schema 2020-12, the dialect of OpenAPI 3.1.

use serde_json::{Map, Value, json};

/// A schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema(Map<String, Value>);

impl Schema {
    /// From its members.
    fn of(members: Value, says: &str) -> Self {
        let Value::Object(mut members) = members else { return Self(Map::new()) };
        if !says.is_empty() {
            members.insert("description".to_owned(), says.into());
        }
        Self(members)
    }

    fn and_member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Or null.
    #[must_use]
    pub fn or_null(mut self) -> Self {
        if let Some(Value::Array(words)) = self.0.get_mut("enum") {
            words.push(Value::Null);
        }
        match self.0.remove("type") {
            Some(kind) => self.and_member("type", json!([kind, "null"])),
            None => {
                let says = self.0.remove("description");
                let inner = Value::Object(self.0);
                let whole = json!({ "anyOf": [inner, { "type": "null" }] });
                Self::of(whole, says.as_ref().and_then(Value::as_str).unwrap_or_default())
            }
        }
    }

    /// With an example.
    #[must_use]
    pub fn like(self, example: impl Into<Value>) -> Self {
        self.and_member("examples", Value::Array(vec![example.into()]))
    }

    /// What is taken for it when it is left out.
    #[must_use]
    pub fn usually(self, value: impl Into<Value>) -> Self {
        self.and_member("default", value)
    }

    /// The least and the greatest number.
    #[must_use]
    pub fn within(self, least: i64, most: i64) -> Self {
        self.and_member("minimum", least).and_member("maximum", most)
    }

    /// The fewest and the most characters.
    #[must_use]
    pub fn long(self, fewest: u32, most: u32) -> Self {
        self.and_member("minLength", fewest).and_member("maxLength", most)
    }

    /// At least one character.
    #[must_use]
    pub fn some(self) -> Self {
        self.and_member("minLength", 1)
    }

    /// The most elements of a list.
    #[must_use]
    pub fn at_most(self, most: u32) -> Self {
        self.and_member("maxItems", most)
    }

    /// Of a list: exactly these elements.
    #[must_use]
    pub fn exactly(self, elements: &Value) -> Self {
        let many = elements.as_array().map_or(0, Vec::len);
        self.and_member("prefixItems", elements.clone())
            .and_member("minItems", many)
            .and_member("maxItems", many)
    }

    /// Null, and nothing else.
    #[must_use]
    pub fn null() -> Self {
        Self::of(json!({ "type": "null" }), "")
    }

    /// Of an object: a field that is always there.
    #[must_use]
    pub fn with(self, name: &str, field: Self) -> Self {
        let mut whole = self.maybe(name, field);
        let required = whole.0.entry("required").or_insert_with(|| json!([]));
        if let Value::Array(names) = required {
            names.push(name.into());
        }
        whole
    }

    /// Of an object: a field that may be missing.
    #[must_use]
    pub fn maybe(mut self, name: &str, field: Self) -> Self {
        let fields = self.0.entry("properties").or_insert_with(|| json!({}));
        if let Value::Object(fields) = fields {
            fields.insert(name.to_owned(), field.into());
        }
        self
    }

    /// Of an object: any of its fields may be missing.
    #[must_use]
    pub fn nothing_required(mut self) -> Self {
        self.0.remove("required");
        self
    }

    /// Of an object: fields besides those that are named are refused.
    #[must_use]
    pub fn closed(self) -> Self {
        self.and_member("additionalProperties", false)
    }

    /// Of an object: with other words about it.
    #[must_use]
    pub fn says(self, says: &str) -> Self {
        self.and_member("description", says)
    }
}

impl From<Schema> for Value {
    fn from(schema: Schema) -> Self {
        Self::Object(schema.0)
    }
}

/// Any JSON.
pub fn anything(says: &str) -> Schema {
    Schema::of(json!({}), says)
}

/// A text.
pub fn text(says: &str) -> Schema {
    Schema::of(json!({ "type": "string" }), says)
}

/// The id of something of ours: a prefix that says of what, and letters and digits that sort by when it was made.
pub fn id(prefix: &str, says: &str) -> Schema {
    let example = format!("{prefix}_0CT4S7O2R0PJ8DHQ3K6VB1F9EG");
    text(says).and_member("pattern", format!("^{prefix}_")).like(example)
}

/// A moment, as every answer writes it: UTC, with milliseconds.
pub fn time(says: &str) -> Schema {
    let schema = Schema::of(json!({ "type": "string", "format": "date-time" }), says);
    schema.like("2026-01-01T09:30:00.000Z")
}

/// A moment, as requests may write it.
pub fn moment(says: &str) -> Schema {
    let says = format!("{says} RFC 3339, a date, or milliseconds since 1970.");
    text(&says).like("2026-01-01T00:00:00Z")
}

/// A whole number, as large as 64 bits hold.
pub fn whole(says: &str) -> Schema {
    Schema::of(json!({ "type": "integer", "format": "int64" }), says).within(i64::MIN, i64::MAX)
}

/// How many.
pub fn count(says: &str) -> Schema {
    Schema::of(json!({ "type": "integer", "minimum": 0 }), says)
}

/// A number.
pub fn number(says: &str) -> Schema {
    Schema::of(json!({ "type": "number" }), says)
}

/// True or false.
pub fn flag(says: &str) -> Schema {
    Schema::of(json!({ "type": "boolean" }), says)
}

/// One of these words.
pub fn words(words: &[&str], says: &str) -> Schema {
    Schema::of(json!({ "type": "string", "enum": words }), says)
}

/// In a query: one of these words, or nothing, which is the same as leaving it out.
pub fn choice(choices: &[&str], says: &str) -> Schema {
    let mut all = choices.to_vec();
    all.push("");
    words(&all, says)
}

/// Several.
pub fn list(of: Schema, says: &str) -> Schema {
    Schema::of(json!({ "type": "array", "items": Value::from(of) }), says)
}

/// Any number of these, each by a name.
pub fn by_name(of: Schema, says: &str) -> Schema {
    Schema::of(json!({ "type": "object", "additionalProperties": Value::from(of) }), says)
}

/// An object, whose fields follow.
pub fn object(says: &str) -> Schema {
    Schema::of(json!({ "type": "object" }), says)
}

/// One of these.
pub fn either(of: Vec<Schema>, says: &str) -> Schema {
    let of: Vec<Value> = of.into_iter().map(Value::from).collect();
    Schema::of(json!({ "anyOf": of }), says)
}

/// The schema of this name, among the components.
pub fn refer(name: &str) -> Schema {
    about(name, "")
}

/// The schema of this name, with words about what it is here.
pub fn about(name: &str, says: &str) -> Schema {
    Schema::of(json!({ "$ref": format!("#/components/schemas/{name}") }), says)
}

/// One of each side of a sync.
pub fn sides(of: &Schema, says: &str) -> Schema {
    object(says).with("left", of.clone()).with("right", of.clone())
}

/// A page of a list.
pub fn page_of(name: &str) -> Schema {
    object("A page.").with("data", list(refer(name), "")).with("next_cursor", next_cursor())
}

/// Where the next page begins.
pub fn next_cursor() -> Schema {
    text("Where the next page begins; null: this is the last one.").or_null()
}

/// A list that has one page.
pub fn all_of(name: &str) -> Schema {
    object("All of them.").with("data", list(refer(name), ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_null_says_so_in_its_type_its_words_and_beside_a_reference() {
        assert_eq!(Value::from(text("").or_null()), json!({ "type": ["string", "null"] }));
        let colour = Value::from(words(&["red"], "A colour.").or_null());
        assert_eq!(
            colour,
            json!({ "type": ["string", "null"], "enum": ["red", null], "description": "A colour." })
        );
        let reference = json!({ "$ref": "#/components/schemas/Run" });
        assert_eq!(
            Value::from(about("Run", "The latest.").or_null()),
            json!({ "anyOf": [reference, { "type": "null" }], "description": "The latest." })
        );
    }

    #[test]
    fn only_fields_that_are_always_there_are_required_in_the_order_of_telling() {
        let schema = Value::from(object("").with("b", flag("")).maybe("a", flag("")).with("c", flag("")));
        assert_eq!(schema["required"], json!(["b", "c"]));
        assert_eq!(schema["properties"].as_object().map(Map::len), Some(3));
    }
}
