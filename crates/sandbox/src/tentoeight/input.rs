//! What may be written about a customer (10to8 facts 5), and what it does.

use super::answers::{Errors, Refused};
use super::model::{Customer, Field};
use super::settings::{CustomFields, Customers, NullField, Settings, Undefined};
use http::{HeaderMap, header};
use serde_json::{Map, Value, json};

/// The body as an object.
///
/// # Errors
/// When it is said to be something else, or is no JSON, or no object.
pub(super) fn object(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, Refused> {
    let media = headers.get(header::CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
    if body.is_empty() && media.is_none() {
        return Ok(Map::new());
    }
    let media = media.unwrap_or_default();
    let essence = media.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(Refused::UnsupportedType(media.into_owned()));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(other) => {
            let message = format!("Invalid data. Expected a dictionary, but got {}.", kind(&other));
            Err(Refused::Fields(Map::from_iter([("non_field_errors".to_owned(), json!([message]))])))
        }
        Err(error) => Err(Refused::Unparsable(error.to_string())),
    }
}

/// As Python calls it.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// What is to be changed about a customer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Changes {
    pub(super) name: Option<Box<str>>,
    pub(super) emails: Option<Box<[Box<str>]>>,
    pub(super) numbers: Option<Box<[Box<str>]>>,
    /// None for a value: the field is taken off the customer, or null, as the settings say.
    pub(super) custom_fields: Vec<Field>,
}

impl Changes {
    /// Reads them. What is not known is not looked at.
    ///
    /// # Errors
    /// All that is wrong, by field.
    pub(super) fn read(body: &Map<String, Value>, settings: &Settings, is_new: bool) -> Result<Self, Errors> {
        let mut errors = Errors::new();
        let mut complain = |field: &str, messages: Vec<String>| {
            errors.insert(field.to_owned(), json!(messages));
        };
        let mut changes = Self::default();
        match body.get("name") {
            Some(value) => match text(value, &settings.customers) {
                Ok(name) => changes.name = Some(name),
                Err(message) => complain("name", vec![message]),
            },
            None if is_new && settings.customers.name_required => {
                complain("name", vec!["This field is required.".to_owned()]);
            }
            None => {}
        }
        for (field, target) in [("emails", &mut changes.emails), ("numbers", &mut changes.numbers)] {
            match body.get(field).map(|value| texts(value, &settings.customers)) {
                Some(Ok(texts)) => *target = Some(texts),
                Some(Err(messages)) => complain(field, messages),
                None => {}
            }
        }
        match body.get("custom_fields").map(|value| custom_fields(value, settings)) {
            Some(Ok(fields)) => changes.custom_fields = fields,
            Some(Err(messages)) => complain("custom_fields", messages),
            None => {}
        }
        if errors.is_empty() { Ok(changes) } else { Err(errors) }
    }

    /// Makes them; whether anything is different now. Arrays replace, custom fields merge by name.
    pub(super) fn apply(self, customer: &mut Customer, settings: &CustomFields) -> bool {
        let mut differs = false;
        let mut set = |target: &mut Box<[Box<str>]>, value: Option<Box<[Box<str>]>>| {
            if let Some(value) = value.filter(|value| value != target) {
                *target = value;
                differs = true;
            }
        };
        set(&mut customer.emails, self.emails);
        set(&mut customer.numbers, self.numbers);
        if let Some(name) = self.name.filter(|name| *name != customer.name) {
            customer.name = name;
            differs = true;
        }
        for field in self.custom_fields {
            differs |= set_field(&mut customer.custom_fields, field, settings.null);
        }
        differs
    }
}

fn set_field(fields: &mut Vec<Field>, (name, value): Field, null: NullField) -> bool {
    let at = fields.iter().position(|(other, _)| *other == name);
    match (at, value) {
        (Some(at), None) if null == NullField::Remove => {
            fields.remove(at);
            true
        }
        (None, None) if null == NullField::Remove => false,
        (Some(at), value) if fields[at].1 == value => false,
        (Some(at), value) => {
            fields[at].1 = value;
            true
        }
        (None, value) => {
            fields.push((name, value));
            true
        }
    }
}

fn text(value: &Value, settings: &Customers) -> Result<Box<str>, String> {
    let text: Box<str> = match value {
        Value::String(text) => text.as_str().into(),
        Value::Number(number) if settings.numbers_as_texts => number.to_string().into(),
        Value::Null => return Err("This field may not be null.".to_owned()),
        _ => return Err("Not a valid string.".to_owned()),
    };
    if text.contains('\0') {
        return Err("Null characters are not allowed.".to_owned());
    }
    match settings.max_length {
        Some(max) if text.chars().count() > max => {
            Err(format!("Ensure this field has no more than {max} characters."))
        }
        _ => Ok(text),
    }
}

/// An e-mail address that is none is accepted too: 10to8 does.
fn texts(value: &Value, settings: &Customers) -> Result<Box<[Box<str>]>, Vec<String>> {
    let items = match value {
        Value::Array(items) => items,
        Value::Null => return Err(vec!["This field may not be null.".to_owned()]),
        other => return Err(vec![format!("Expected a list of items but got type \"{}\".", kind(other))]),
    };
    let (mut texts, mut messages) = (Vec::with_capacity(items.len()), Vec::new());
    for item in items {
        match text(item, settings) {
            Ok(text) => texts.push(text),
            Err(message) => messages.push(message),
        }
    }
    if messages.is_empty() { Ok(texts.into()) } else { Err(messages) }
}

fn custom_fields(value: &Value, settings: &Settings) -> Result<Vec<Field>, Vec<String>> {
    let given = match value {
        Value::Object(given) => given,
        Value::Null => return Err(vec!["This field may not be null.".to_owned()]),
        other => {
            return Err(vec![format!("Expected a dictionary of items but got type \"{}\".", kind(other))]);
        }
    };
    let rules = &settings.custom_fields;
    let (mut fields, mut messages) = (Vec::new(), Vec::new());
    for (name, value) in given {
        let is_defined = rules.defined.contains(name);
        match (rules.undefined, text(value, &settings.customers)) {
            (Undefined::Refuse, _) if !is_defined => {
                messages.push(format!("{name}: There is no such custom field."))
            }
            (Undefined::Ignore, _) if !is_defined => {}
            (_, Ok(text)) => fields.push((name.as_str().into(), Some(text))),
            (_, Err(_)) if value.is_null() && rules.null != NullField::Refuse => {
                fields.push((name.as_str().into(), None));
            }
            (_, Err(message)) => messages.push(format!("{name}: {message}")),
        }
    }
    if messages.is_empty() { Ok(fields) } else { Err(messages) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, proptest};

    proptest! {
        #[test]
        fn no_body_makes_it_panic(bytes in any::<Vec<u8>>(), name in ".*", field in ".*") {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, "application/json".parse().expect("a header"))]);
            let text = json!({"name": name, "emails": [name], "custom_fields": {field: name}}).to_string();
            for body in [bytes.as_slice(), text.as_bytes(), &text.as_bytes()[..text.len() / 2]] {
                let Ok(fields) = object(&headers, body) else { continue };
                if let Ok(changes) = Changes::read(&fields, &Settings::default(), true) {
                    let mut customer = Customer::default();
                    changes.clone().apply(&mut customer, &CustomFields::default());
                    assert!(!changes.apply(&mut customer, &CustomFields::default()), "the second time changes nothing");
                }
            }
        }
    }

    fn read(body: Value, settings: &Settings, is_new: bool) -> Result<Changes, Value> {
        let Value::Object(body) = body else { panic!("an object") };
        Changes::read(&body, settings, is_new).map_err(Value::Object)
    }

    fn fields(customer: &Customer) -> Vec<(&str, Option<&str>)> {
        customer.custom_fields.iter().map(|(name, value)| (&**name, value.as_deref())).collect()
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let body = json!({"emails": "a@x", "numbers": [1, "2", null], "custom_fields": {"A": 1, "B": null, "C": "c"}});
        let refused = read(body, &Settings::default(), true).expect_err("wrong");
        let expected = json!({
            "name": ["This field is required."],
            "emails": ["Expected a list of items but got type \"str\"."],
            "numbers": ["Not a valid string.", "This field may not be null."],
            "custom_fields": ["A: Not a valid string.", "B: This field may not be null."],
        });
        assert_eq!(refused, expected);
    }

    #[test]
    fn names_and_lists_may_be_empty_and_addresses_wrong() {
        let body = json!({"name": "", "emails": ["not an address "], "numbers": [], "unknown": [{}], "deleted": true});
        let changes = read(body, &Settings::default(), true).expect("fine");
        assert_eq!(changes.name.as_deref(), Some(""));
        assert_eq!(changes.emails.as_deref(), Some(&["not an address ".into()][..]));
        assert_eq!(changes.numbers.as_deref(), Some(&[][..]));
    }

    #[test]
    fn custom_fields_merge_by_name_and_arrays_replace() {
        let settings = Settings::default();
        let mut customer = Customer {
            emails: ["a@x".into(), "b@x".into()].into(),
            custom_fields: vec![("External ID".into(), Some("51".into()))],
            ..Customer::default()
        };
        let changes =
            read(json!({"emails": ["c@x"], "custom_fields": {"Sync Status": "new"}}), &settings, false);
        assert!(changes.expect("fine").apply(&mut customer, &settings.custom_fields));
        assert_eq!(customer.emails, ["c@x".into()].into());
        assert_eq!(fields(&customer), [("External ID", Some("51")), ("Sync Status", Some("new"))]);
        let same =
            read(json!({"emails": ["c@x"], "custom_fields": {"Sync Status": "new"}}), &settings, false);
        assert!(!same.expect("fine").apply(&mut customer, &settings.custom_fields));
    }

    #[test]
    fn null_is_refused_removed_or_kept() {
        let null = || json!({"custom_fields": {"External ID": null}});
        let mut settings = Settings::default();
        assert!(read(null(), &settings, false).is_err());
        for (mode, left) in [(NullField::Remove, vec![]), (NullField::Keep, vec![("External ID", None)])] {
            settings.custom_fields.null = mode;
            let mut customer = Customer {
                custom_fields: vec![("External ID".into(), Some("51".into()))],
                ..Customer::default()
            };
            assert!(
                read(null(), &settings, false).expect("fine").apply(&mut customer, &settings.custom_fields)
            );
            assert_eq!(fields(&customer), left);
            assert!(
                !read(null(), &settings, false).expect("fine").apply(&mut customer, &settings.custom_fields)
            );
        }
    }

    #[test]
    fn a_field_nobody_defined_is_created_refused_or_ignored() {
        let body = || json!({"custom_fields": {"Shoe size": "42", "External ID": "7"}});
        let mut settings = Settings::default();
        assert_eq!(read(body(), &settings, false).expect("fine").custom_fields.len(), 2);
        settings.custom_fields.undefined = Undefined::Ignore;
        assert_eq!(read(body(), &settings, false).expect("fine").custom_fields.len(), 1);
        settings.custom_fields.undefined = Undefined::Refuse;
        let refused = read(body(), &settings, false).expect_err("undefined");
        assert_eq!(refused, json!({"custom_fields": ["Shoe size: There is no such custom field."]}));
    }

    #[test]
    fn lengths_and_numbers_are_judged_as_set() {
        let mut settings = Settings::default();
        settings.customers.max_length = Some(3);
        assert_eq!(
            read(json!({"name": "żółw"}), &settings, false).expect_err("four letters"),
            json!({"name": ["Ensure this field has no more than 3 characters."]})
        );
        assert!(read(json!({"name": "żół"}), &settings, false).is_ok());
        assert!(read(json!({"name": "a\0"}), &settings, false).is_err());
        settings.customers.numbers_as_texts = true;
        assert_eq!(read(json!({"name": 51}), &settings, false).expect("fine").name.as_deref(), Some("51"));
    }

    #[test]
    fn a_body_is_an_object_in_json() {
        let typed =
            |media: &str| HeaderMap::from_iter([(header::CONTENT_TYPE, media.parse().expect("a header"))]);
        let json = typed("application/json; charset=utf-8");
        assert!(object(&json, b"{}").is_ok() && object(&HeaderMap::new(), b"").is_ok());
        assert!(matches!(object(&json, b""), Err(Refused::Unparsable(_))));
        assert!(matches!(object(&json, b"{\"a\":\xff}"), Err(Refused::Unparsable(_))));
        assert!(matches!(object(&json, "[".repeat(500).as_bytes()), Err(Refused::Unparsable(_))));
        assert!(matches!(object(&typed("text/plain"), b"{}"), Err(Refused::UnsupportedType(_))));
        assert!(matches!(object(&HeaderMap::new(), b"{}"), Err(Refused::UnsupportedType(_))));
        let list = object(&json, b"[]").expect_err("a list");
        let message = "Invalid data. Expected a dictionary, but got list.";
        assert_eq!(list, super::super::answers::wrong("non_field_errors", message));
    }
}
