//! Some members of a record's body, without making a tree of the others: this runs over every record of a mirror.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use syncline_core::sync::Value;

/// The members of `object` with one of these names, each as it is written. Of what is no object there are none; of a name that is
/// there twice the last counts.
pub fn members<'n, 'b>(object: &'b str, names: &'n BTreeSet<String>) -> Vec<(&'n str, &'b str)> {
    let mut found = Vec::with_capacity(names.len());
    let mut deserializer = serde_json::Deserializer::from_str(object);
    // What was found before a fault counts: bodies are our own, and whole.
    let _ = Members { names, found: &mut found }.deserialize(&mut deserializer);
    found
}

struct Members<'n, 'b, 'f> {
    names: &'n BTreeSet<String>,
    found: &'f mut Vec<(&'n str, &'b str)>,
}

impl<'b> DeserializeSeed<'b> for Members<'_, 'b, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'b>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'b> Visitor<'b> for Members<'_, 'b, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'b>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(Name(self.names))? {
            match name {
                Some(name) => self.found.push((name, map.next_value::<&'b RawValue>()?.get())),
                None => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }
}

/// Reads a name, if it is wanted.
struct Name<'n>(&'n BTreeSet<String>);

impl<'n, 'b> DeserializeSeed<'b> for Name<'n> {
    type Value = Option<&'n str>;

    fn deserialize<D: Deserializer<'b>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'n> Visitor<'_> for Name<'n> {
    type Value = Option<&'n str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.get(name).map(String::as_str))
    }
}

/// The text that a value is: of a string what it says, of numbers and truth what is written, of null and nothing none. Lists and
/// objects are their JSON.
pub fn text(raw: &str) -> Option<Cow<'_, str>> {
    match raw.as_bytes().first()? {
        b'n' => None,
        b'"' if raw.contains('\\') => serde_json::from_str(raw).ok().map(Cow::Owned),
        b'"' => raw.strip_prefix('"')?.strip_suffix('"').map(Cow::Borrowed),
        _ => Some(Cow::Borrowed(raw)),
    }
    .filter(|text| !text.is_empty())
}

/// The texts of a list; of what is none, its one text.
pub fn texts(raw: &str) -> Value {
    match serde_json::from_str::<Vec<&RawValue>>(raw) {
        Ok(elements) => Value::list(elements.into_iter().filter_map(|element| text(element.get()))),
        Err(_) => text(raw).map_or(Value::Empty, Value::text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn only_what_is_named_is_shown_as_it_is_written() {
        let names = names(&["a", "b", "é", "none"]);
        let object = r#"{"x":{"a":1},"a": "1\n","\u0062":[1, 2],"\u00e9":null,"a":2.50}"#;
        let found = members(object, &names);
        assert_eq!(found, [("a", r#""1\n""#), ("b", "[1, 2]"), ("é", "null"), ("a", "2.50")]);
        for none in ["", "[]", "7", "\"a\"", "{", "null"] {
            assert_eq!(members(none, &names), [], "{none}");
        }
    }

    #[test]
    fn a_text_is_what_a_string_says_and_a_number_as_it_is_written() {
        for (raw, said) in [
            (r#""a""#, Some("a")),
            (r#""a\"\n""#, Some("a\"\n")),
            ("12.50", Some("12.50")),
            ("true", Some("true")),
            ("null", None),
            (r#""""#, None),
            ("", None),
        ] {
            assert_eq!(text(raw).as_deref(), said, "{raw}");
        }
    }

    #[test]
    fn a_list_is_its_texts_without_the_empty_ones_and_a_text_is_itself() {
        assert_eq!(texts(r#"["a", "", null, 7, "\u00e9"]"#), Value::list(["a", "7", "é"]));
        assert_eq!(texts("[]"), Value::Empty);
        assert_eq!(texts("[null,\"\"]"), Value::Empty);
        assert_eq!(texts("null"), Value::Empty);
        assert_eq!(texts(r#""a""#), Value::text("a"));
    }

    proptest! {
        #[test]
        fn any_object_shows_the_members_that_a_whole_reading_shows(
            object in prop::collection::btree_map(".{0,3}", prop_oneof![".*".prop_map(serde_json::Value::from), any::<i64>().prop_map(serde_json::Value::from)], 0..8),
            wanted in prop::collection::btree_set(".{0,3}", 0..8),
        ) {
            let body = serde_json::to_string(&object).unwrap();
            let found = members(&body, &wanted);
            let expected: Vec<(&str, String)> = object.iter().filter(|(name, _)| wanted.contains(*name))
                .map(|(name, value)| (name.as_str(), value.to_string())).collect();
            let found: Vec<(&str, String)> = found.into_iter().map(|(name, raw)| (name, raw.to_owned())).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
