//! What values a definition lets in, and in what form they are kept (HubSpot facts 3.5, 4, 9).

use super::addresses;
use super::definition::{Definition, Format, Type};
use super::rules::Settings;
use crate::house::clock::{iso, parse_iso};
use crate::hubspot::error::ApiError;
use crate::hubspot::state::Portal;
use crate::hubspot::types::TypeId;
use serde_json::{Map, Value, json};

const DAY_MS: i64 = 24 * 3600 * 1000;

/// One value that is not valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) name: String,
    pub(crate) code: String,
    pub(crate) message: String,
}

/// Values of one record as they will be kept, by property.
pub(crate) type Values = Vec<(String, String)>;

/// The values as they will be kept (empty: cleared), in the caller's order.
///
/// # Errors
/// 400 `VALIDATION_ERROR` with every value that is not valid, nothing less.
pub(crate) fn check(
    portal: &Portal,
    object_type: TypeId,
    properties: &Map<String, Value>,
    _now: i64,
) -> Result<Values, ApiError> {
    let (values, problems) = judge(portal, object_type, properties)?;
    if problems.is_empty() { Ok(values) } else { Err(refusal(portal, &problems)) }
}

/// As [`check`], for all records of a batch at once: one refusal tells of all of them.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_all<'a>(
    portal: &Portal,
    object_type: TypeId,
    inputs: impl IntoIterator<Item = &'a Map<String, Value>>,
) -> Result<Vec<Values>, ApiError> {
    let (mut all, mut problems) = (Vec::new(), Vec::new());
    for input in inputs {
        let (values, found) = judge(portal, object_type, input)?;
        all.push(values);
        problems.extend(found);
    }
    if problems.is_empty() { Ok(all) } else { Err(refusal(portal, &problems)) }
}

/// Keeps what is valid, and says what is not.
///
/// # Errors
/// When a value is not even a scalar: the request cannot be read then.
fn judge(
    portal: &Portal,
    object_type: TypeId,
    properties: &Map<String, Value>,
) -> Result<(Values, Vec<Problem>), ApiError> {
    let (mut values, mut problems) = (Vec::new(), Vec::new());
    for (name, value) in properties {
        let text = scalar(value)?;
        let found = match portal.properties.get(object_type, name) {
            None => Err(("PROPERTY_DOESNT_EXIST".to_owned(), format!("Property \"{name}\" does not exist"))),
            Some(definition) => kept(portal, definition, &text),
        };
        match found {
            Ok(value) => values.push((name.clone(), value)),
            Err((code, message)) => problems.push(Problem { name: name.clone(), code, message }),
        }
    }
    Ok((values, problems))
}

/// The 400 that tells of all `problems`. Its message holds every one of them as a JSON list; `errors` holds each kind of
/// problem of each property once, so that a batch's list may be longer.
fn refusal(portal: &Portal, problems: &[Problem]) -> ApiError {
    let long = portal.properties.rules.long_entries;
    let nested: Vec<Value> = problems.iter().map(|problem| problem.nested(long, portal.id)).collect();
    let mut refusal =
        ApiError::validation(format!("Property values were not valid: {}", Value::Array(nested)));
    let mut told: Vec<&Problem> = Vec::new();
    for problem in problems {
        if !told.iter().any(|other| other.name == problem.name && other.code == problem.code) {
            told.push(problem);
        }
    }
    refusal.errors = told.into_iter().map(Problem::detail).collect();
    refusal
}

impl Problem {
    fn nested(&self, long: bool, portal: u64) -> Value {
        let mut entry =
            json!({"isValid": false, "message": self.message, "error": self.code, "name": self.name});
        if let (true, Value::Object(entry)) = (long, &mut entry) {
            entry.insert("localizedErrorMessage".to_owned(), json!(self.message));
            entry.insert("portalId".to_owned(), json!(portal));
        }
        entry
    }

    fn detail(&self) -> Value {
        json!({"message": self.message, "code": self.code, "context": {"propertyName": [self.name]}})
    }
}

/// Numbers and booleans may come as themselves; null clears, as the empty text does.
fn scalar(value: &Value) -> Result<String, ApiError> {
    let token = match value {
        Value::Null => return Ok(String::new()),
        Value::String(text) => return Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => return Ok(value.to_string()),
        Value::Array(_) => "Array value (token `JsonToken.START_ARRAY`)",
        Value::Object(_) => "Object value (token `JsonToken.START_OBJECT`)",
    };
    Err(ApiError::validation(format!(
        "Invalid input JSON on line 1, column 1: Cannot deserialize value of type `java.lang.String` from {token}"
    )))
}

/// A value that is not valid: code and message.
type Refused = (String, String);

fn kept(portal: &Portal, definition: &Definition, text: &str) -> Result<String, Refused> {
    if definition.read_only_value || definition.calculated() {
        let message = format!("\"{}\" is a read only property; its value cannot be set.", definition.name);
        return Err(("READ_ONLY_VALUE".to_owned(), message));
    }
    if text.is_empty() {
        return Ok(String::new());
    }
    let rules = &portal.properties.rules;
    match (definition.format, definition.kind) {
        (Format::Email, _) => email(rules, text),
        (Format::Emails, _) => emails(rules, text),
        (Format::Domain, _) => domain(text),
        (Format::Owner, _) => owner(portal, text),
        (Format::Plain, Type::Text | Type::PhoneNumber) => plain(rules, &definition.name, text),
        (Format::Plain, Type::Number) => number(rules, text),
        (Format::Plain, Type::Bool) => boolean(text),
        (Format::Plain, Type::Date) => date(text),
        (Format::Plain, Type::Datetime) => datetime(text),
        (Format::Plain, Type::Enumeration) => choice(definition, text),
    }
}

fn email(rules: &Settings, text: &str) -> Result<String, Refused> {
    let text = text.trim();
    if !addresses::is_email(text) {
        return Err(("INVALID_EMAIL".to_owned(), format!("Email address {text} is invalid")));
    }
    Ok(if rules.lower_case_emails { text.to_lowercase() } else { text.to_owned() })
}

fn emails(rules: &Settings, text: &str) -> Result<String, Refused> {
    let appends = text.starts_with(';');
    let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
    let parts = parts.map(|part| email(rules, part)).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("{}{}", if appends { ";" } else { "" }, parts.join(";")))
}

fn domain(text: &str) -> Result<String, Refused> {
    if addresses::is_domain(text.trim()) {
        return Ok(text.trim().to_owned());
    }
    Err(("INVALID_DOMAIN".to_owned(), format!("{text} is not a valid domain")))
}

fn owner(portal: &Portal, text: &str) -> Result<String, Refused> {
    // Owners' ids are 32-bit integers: a longer one is told to be none at all.
    let Ok(id) = text.trim().parse::<i32>() else {
        let message = format!("{text} was not a valid integer (for owner ID).");
        return Err(("INVALID_INTEGER".to_owned(), message));
    };
    let known = portal.users.iter().any(|user| i64::try_from(user.owner_id) == Ok(i64::from(id)));
    if portal.properties.rules.owners_must_exist && !known {
        return Err(not_an_option(text, portal.users.iter().map(|user| user.owner_id.to_string())));
    }
    Ok(id.to_string())
}

fn plain(rules: &Settings, name: &str, text: &str) -> Result<String, Refused> {
    if text.len() > rules.longest_text && text.chars().count() > rules.longest_text {
        let message =
            format!("The value of {name} is longer than the maximum of {} characters", rules.longest_text);
        return Err((rules.too_long_code.clone(), message));
    }
    if rules.no_urls.iter().any(|other| other == name) && addresses::contains_url(text) {
        return Err(("CONTAINS_URL".to_owned(), format!("{name} cannot contain a URL")));
    }
    let is_letter = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '’' | '.');
    if rules.letters_only.iter().any(|other| other == name) && !text.chars().all(is_letter) {
        return Err(("INVALID_ALPHA".to_owned(), format!("{text} may only contain letters")));
    }
    Ok(text.to_owned())
}

fn number(rules: &Settings, text: &str) -> Result<String, Refused> {
    let text = text.trim();
    let spelt = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    if spelt && text.parse::<f64>().is_ok_and(f64::is_finite) {
        return Ok(text.to_owned());
    }
    let kind = rules.number_code.strip_prefix("INVALID_").unwrap_or("number").to_lowercase();
    Err((rules.number_code.clone(), format!("{text} was not a valid {kind}.")))
}

fn boolean(text: &str) -> Result<String, Refused> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok("true".to_owned()),
        "false" => Ok("false".to_owned()),
        _ => Err(not_an_option(text, ["true".to_owned(), "false".to_owned()])),
    }
}

fn not_a_date(text: &str) -> Refused {
    ("INVALID_DATE".to_owned(), format!("{text} was not a valid date."))
}

/// ISO 8601 or epoch milliseconds.
pub(crate) fn moment(text: &str) -> Option<i64> {
    let text = text.trim();
    match text.parse::<i64>() {
        // Dates outside what can be written are none.
        Ok(ms) => (-DAY_MS * 719_528..DAY_MS * 2_932_896).contains(&ms).then_some(ms),
        Err(_) => parse_iso(text),
    }
}

/// Only midnight UTC is a date.
fn date(text: &str) -> Result<String, Refused> {
    let at = moment(text).filter(|at| at.rem_euclid(DAY_MS) == 0).ok_or_else(|| not_a_date(text))?;
    Ok(iso(at).split('T').next().unwrap_or_default().to_owned())
}

fn datetime(text: &str) -> Result<String, Refused> {
    moment(text).map(iso).ok_or_else(|| not_a_date(text))
}

fn choice(definition: &Definition, text: &str) -> Result<String, Refused> {
    let values = || definition.options.iter().map(|option| option.value.clone());
    let known = |value: &str| {
        definition.external_options || definition.options.iter().any(|option| option.value == value)
    };
    if !definition.is_multiple() {
        return if known(text) { Ok(text.to_owned()) } else { Err(not_an_option(text, values())) };
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        if !known(part) {
            return Err(not_an_option(part, values()));
        }
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    Ok(format!("{}{}", if text.starts_with(';') { ";" } else { "" }, parts.join(";")))
}

fn not_an_option(text: &str, options: impl IntoIterator<Item = String>) -> Refused {
    let options: Vec<String> = options.into_iter().collect();
    let message = format!("{text} was not one of the allowed options: [{}]", options.join(", "));
    ("INVALID_OPTION".to_owned(), message)
}

/// What a record holds after `given` was written over `current`: a leading `;` adds to the options there are.
pub(crate) fn appended(current: Option<&str>, given: &str) -> String {
    let Some(added) = given.strip_prefix(';') else { return given.to_owned() };
    let mut parts: Vec<&str> = current.unwrap_or_default().split(';').filter(|p| !p.is_empty()).collect();
    for part in added.split(';').filter(|part| !part.is_empty()) {
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.join(";")
}

/// As webhooks tell a kept value.
pub(crate) fn told(definition: &Definition, rules: &Settings, value: &str) -> String {
    let as_ms = match definition.kind {
        Type::Datetime => true,
        Type::Date => rules.dates_told_as_ms,
        _ => false,
    };
    let at = if as_ms { moment(value) } else { None };
    at.map_or_else(|| value.to_owned(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hubspot::properties::testing::{MOCK_EXAM, NOW, portal};
    use std::sync::Arc;

    fn checked(object_type: TypeId, properties: &Value) -> Result<Values, ApiError> {
        check(&portal(), object_type, properties.as_object().expect("an object"), NOW)
    }

    fn code(object_type: TypeId, name: &str, value: &Value) -> String {
        let refused = checked(object_type, &json!({ name: value })).expect_err("not valid");
        refused.errors[0]["code"].as_str().expect("a code").to_owned()
    }

    fn kept(object_type: TypeId, name: &str, value: &Value) -> String {
        checked(object_type, &json!({ name: value })).expect("valid").remove(0).1
    }

    #[test]
    fn each_kind_of_wrong_value_has_its_code() {
        let contact = TypeId::CONTACT;
        assert_eq!(code(contact, "no_such", &json!("x")), "PROPERTY_DOESNT_EXIST");
        assert_eq!(code(contact, "email", &json!("ada@nowhere")), "INVALID_EMAIL");
        assert_eq!(code(contact, "hs_additional_emails", &json!("a@b.example;c")), "INVALID_EMAIL");
        assert_eq!(code(contact, "hs_lead_status", &json!("new")), "INVALID_OPTION");
        assert_eq!(code(contact, "hs_buying_role", &json!("CHAMPION;NOBODY")), "INVALID_OPTION");
        assert_eq!(code(contact, "hs_next_step_date", &json!("tomorrow")), "INVALID_DATE");
        assert_eq!(code(contact, "closedate", &json!("2026-02-30")), "INVALID_DATE");
        assert_eq!(code(TypeId::DEAL, "amount", &json!("a lot")), "INVALID_LONG");
        assert_eq!(code(contact, "createdate", &json!("2026-01-01")), "READ_ONLY_VALUE");
        assert_eq!(code(contact, "num_associated_deals", &json!(1)), "READ_ONLY_VALUE");
        assert_eq!(code(TypeId::COMPANY, "domain", &json!("not a domain")), "INVALID_DOMAIN");
        assert_eq!(code(contact, "firstname", &json!("see https://spam.example")), "CONTAINS_URL");
        assert_eq!(code(contact, "hubspot_owner_id", &json!("29947843757454121")), "INVALID_INTEGER");
        assert_eq!(code(contact, "hubspot_owner_id", &json!("7")), "INVALID_OPTION");
        assert_eq!(code(MOCK_EXAM, "is_active", &json!("maybe")), "INVALID_OPTION");
    }

    #[test]
    fn letters_only_is_a_setting() {
        let mut portal = portal();
        let rules = Settings { letters_only: vec!["city".to_owned()], ..Settings::default() };
        portal.properties.rules = Arc::new(rules);
        let judged = |value: &str| {
            let values = json!({ "city": value });
            judge(&portal, TypeId::CONTACT, values.as_object().expect("an object")).expect("readable").1
        };
        assert_eq!(judged("Stoke-on-Trent"), []);
        assert_eq!(judged("M0scow")[0].code, "INVALID_ALPHA");
    }

    #[test]
    fn all_errors_of_a_record_are_told_at_once_in_the_message_and_in_the_list() {
        let refused = checked(TypeId::CONTACT, &json!({"email": "x", "nope": 1, "firstname": "Ada"}));
        let refused = refused.expect_err("two are wrong");
        let nested = refused.message.strip_prefix("Property values were not valid: ").expect("the text");
        let nested: Value = serde_json::from_str(nested).expect("a JSON list");
        assert_eq!(nested[0]["error"], "INVALID_EMAIL");
        assert_eq!(nested[0]["isValid"], false);
        assert_eq!(nested[1]["message"], "Property \"nope\" does not exist");
        assert_eq!(nested[1]["name"], "nope");
        assert_eq!(nested[1]["portalId"], 62_515);
        assert_eq!(refused.errors.len(), 2);
        assert_eq!(refused.errors[1]["context"], json!({"propertyName": ["nope"]}));
        assert_eq!((refused.category, refused.status.as_u16()), (Some("VALIDATION_ERROR"), 400));
    }

    #[test]
    fn a_batch_tells_of_every_record_but_details_each_kind_of_error_once() {
        let (one, two) = (json!({"nope": "a"}), json!({"nope": "b"}));
        let inputs = [&one, &two].map(|input| input.as_object().expect("an object"));
        let refused = check_all(&portal(), TypeId::CONTACT, inputs).expect_err("both are wrong");
        assert_eq!(refused.message.matches("PROPERTY_DOESNT_EXIST").count(), 2);
        assert_eq!(refused.errors.len(), 1);
    }

    #[test]
    fn dates_are_kept_as_days_and_datetimes_as_moments() {
        assert_eq!(kept(TypeId::CONTACT, "hs_next_step_date", &json!("2026-03-04")), "2026-03-04");
        assert_eq!(kept(TypeId::CONTACT, "hs_next_step_date", &json!(1_767_225_600_000_i64)), "2026-01-01");
        assert_eq!(code(TypeId::CONTACT, "hs_next_step_date", &json!(1_767_225_600_001_i64)), "INVALID_DATE");
        assert_eq!(
            kept(TypeId::DEAL, "closedate", &json!("2026-01-01T01:00:00+01:00")),
            "2026-01-01T00:00:00.000Z"
        );
        assert_eq!(kept(TypeId::DEAL, "closedate", &json!("1767225600007")), "2026-01-01T00:00:00.007Z");
        assert_eq!(code(TypeId::DEAL, "closedate", &json!(i64::MAX)), "INVALID_DATE");
    }

    #[test]
    fn scalars_are_kept_as_text() {
        assert_eq!(kept(TypeId::DEAL, "amount", &json!(12.5)), "12.5");
        assert_eq!(kept(TypeId::DEAL, "amount", &json!("-3e2")), "-3e2");
        assert_eq!(code(TypeId::DEAL, "amount", &json!("NaN")), "INVALID_LONG");
        assert_eq!(kept(MOCK_EXAM, "is_active", &json!(true)), "true");
        assert_eq!(kept(MOCK_EXAM, "is_active", &json!("FALSE")), "false");
        assert_eq!(kept(TypeId::CONTACT, "firstname", &json!(7)), "7");
        assert_eq!(kept(TypeId::CONTACT, "firstname", &Value::Null), "");
        assert_eq!(kept(TypeId::CONTACT, "email", &json!("Ada@Example.com")), "ada@example.com");
        let refused = checked(TypeId::CONTACT, &json!({"firstname": ["a"]})).expect_err("no text");
        assert!(refused.message.contains("Cannot deserialize value of type"), "{}", refused.message);
    }

    #[test]
    fn a_text_has_at_most_65536_characters() {
        let long = "ä".repeat(65_536);
        assert_eq!(kept(TypeId::CONTACT, "message", &json!(long)).chars().count(), 65_536);
        assert_eq!(code(TypeId::CONTACT, "message", &json!(long + "x")), "INVALID_LENGTH");
    }

    #[test]
    fn a_leading_semicolon_adds_to_the_options_there_are() {
        assert_eq!(
            kept(TypeId::CONTACT, "hs_buying_role", &json!(";CHAMPION;OTHER;OTHER")),
            ";CHAMPION;OTHER"
        );
        assert_eq!(appended(Some("BLOCKER;OTHER"), ";CHAMPION;OTHER"), "BLOCKER;OTHER;CHAMPION");
        assert_eq!(appended(None, ";CHAMPION"), "CHAMPION");
        assert_eq!(appended(Some("BLOCKER"), "CHAMPION"), "CHAMPION");
    }
}
