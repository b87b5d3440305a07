//! A search as it is asked for, and the limits it must keep (HubSpot facts 2, 3.4).

use super::super::error::ApiError;
use super::super::properties::input::not_one_of;
use super::super::properties::requests::{mistyped, not_set, object};
use serde_json::{Map, Value};

const LONGEST_BODY: usize = 3_000;
const MOST_GROUPS: usize = 5;
const MOST_IN_GROUP: usize = 6;
const MOST_FILTERS: usize = 18;
const LARGEST_PAGE: usize = 200;
/// How far one can page.
pub(crate) const WINDOW: usize = 10_000;

/// What to search for.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Request {
    pub(crate) query: Option<String>,
    /// One of these groups must hold, and in it every filter. None: everything does.
    pub(crate) groups: Vec<Vec<Filter>>,
    pub(crate) sort: Option<Sort>,
    pub(crate) properties: Vec<String>,
    pub(crate) limit: usize,
    pub(crate) after: usize,
}

/// One condition, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) property: String,
    pub(crate) operator: Operator,
    pub(crate) value: Option<String>,
    pub(crate) high: Option<String>,
    pub(crate) values: Vec<String>,
}

/// What to order by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sort {
    pub(crate) property: String,
    pub(crate) descending: bool,
}

/// How a filter compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Lt,
    Lte,
    Gt,
    Gte,
    Eq,
    Neq,
    Between,
    In,
    NotIn,
    HasProperty,
    NotHasProperty,
    ContainsToken,
    NotContainsToken,
}

impl Operator {
    const NAMES: [(&'static str, Self); 13] = [
        ("LT", Self::Lt),
        ("LTE", Self::Lte),
        ("GT", Self::Gt),
        ("GTE", Self::Gte),
        ("EQ", Self::Eq),
        ("NEQ", Self::Neq),
        ("BETWEEN", Self::Between),
        ("IN", Self::In),
        ("NOT_IN", Self::NotIn),
        ("HAS_PROPERTY", Self::HasProperty),
        ("NOT_HAS_PROPERTY", Self::NotHasProperty),
        ("CONTAINS_TOKEN", Self::ContainsToken),
        ("NOT_CONTAINS_TOKEN", Self::NotContainsToken),
    ];

    fn read(name: &str) -> Result<Self, ApiError> {
        let known = Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, operator)| *operator);
        known.ok_or_else(|| not_one_of("operator", name, &Self::NAMES.map(|(name, _)| name)))
    }

    /// What it is called.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, operator)| *operator == self).map_or("", |(name, _)| name)
    }
}

/// Reads a request.
///
/// # Errors
/// 400 when it cannot be read or breaks a limit; `window` is what is said beyond the last page there is.
pub(crate) fn read(body: &[u8], window: &str) -> Result<Request, ApiError> {
    if String::from_utf8_lossy(body).chars().count() > LONGEST_BODY {
        return Err(ApiError::validation(format!(
            "The request body is longer than the maximum of {LONGEST_BODY} characters"
        )));
    }
    let body = object(body)?;
    let request = Request {
        query: scalar(&body, "query")?.filter(|query| !query.trim().is_empty()),
        groups: groups(&body)?,
        sort: sort(&body)?,
        properties: texts(&body, "properties")?,
        limit: offset(&body, "limit")?.unwrap_or(10),
        after: offset(&body, "after")?.unwrap_or(0),
    };
    if request.limit > LARGEST_PAGE {
        return Err(ApiError::validation(format!(
            "limit must be at most {LARGEST_PAGE}, was {}",
            request.limit
        )));
    }
    if request.after.saturating_add(request.limit) > WINDOW {
        return Err(ApiError::validation(window));
    }
    Ok(request)
}

fn groups(body: &Map<String, Value>) -> Result<Vec<Vec<Filter>>, ApiError> {
    let mut groups = Vec::new();
    for group in list(body, "filterGroups")? {
        let group = group.as_object().ok_or_else(|| mistyped("FilterGroup", group))?;
        groups.push(filters(group)?);
    }
    // A bare list of filters is a group too.
    let bare = filters(body)?;
    if !bare.is_empty() {
        groups.push(bare);
    }
    let refuse = |what: &str, most: usize| {
        Err(ApiError::validation(format!("There are too many {what}: at most {most} are allowed")))
    };
    if groups.len() > MOST_GROUPS {
        return refuse("filterGroups", MOST_GROUPS);
    }
    if groups.iter().any(|group| group.len() > MOST_IN_GROUP) {
        return refuse("filters in a filterGroup", MOST_IN_GROUP);
    }
    if groups.iter().map(Vec::len).sum::<usize>() > MOST_FILTERS {
        return refuse("filters", MOST_FILTERS);
    }
    Ok(groups)
}

fn filters(group: &Map<String, Value>) -> Result<Vec<Filter>, ApiError> {
    list(group, "filters")?.iter().map(filter).collect()
}

fn filter(value: &Value) -> Result<Filter, ApiError> {
    let fields = value.as_object().ok_or_else(|| mistyped("Filter", value))?;
    let (property, operator) = (scalar(fields, "propertyName")?, scalar(fields, "operator")?);
    let (Some(property), Some(operator)) = (property, operator) else {
        return Err(not_set(&["propertyName", "operator"]));
    };
    let filter = Filter {
        property,
        operator: Operator::read(&operator)?,
        value: scalar(fields, "value")?,
        high: scalar(fields, "highValue")?,
        values: texts(fields, "values")?,
    };
    filter.is_complete()?;
    Ok(filter)
}

impl Filter {
    fn is_complete(&self) -> Result<(), ApiError> {
        let lacks = match self.operator {
            Operator::HasProperty | Operator::NotHasProperty => None,
            Operator::In | Operator::NotIn => self.values.is_empty().then_some("values"),
            _ if self.value.is_none() => Some("value"),
            Operator::Between => self.high.is_none().then_some("highValue"),
            _ => None,
        };
        lacks.map_or(Ok(()), |field| {
            let (operator, property) = (self.operator.name(), &self.property);
            Err(ApiError::validation(format!("operator {operator} requires {field} for property {property}")))
        })
    }
}

/// An object, or, as the specification has it, a text: a minus in front means descending.
fn sort(body: &Map<String, Value>) -> Result<Option<Sort>, ApiError> {
    let rules = list(body, "sorts")?;
    if rules.len() > 1 {
        return Err(ApiError::validation("Only one sort rule is allowed"));
    }
    let Some(rule) = rules.first() else { return Ok(None) };
    match rule {
        Value::String(text) => {
            let property = text.strip_prefix('-');
            Ok(Some(Sort { property: property.unwrap_or(text).to_owned(), descending: property.is_some() }))
        }
        Value::Object(fields) => {
            let property = scalar(fields, "propertyName")?.ok_or_else(|| not_set(&["propertyName"]))?;
            let direction = scalar(fields, "direction")?;
            let descending = match direction.as_deref() {
                None | Some("ASCENDING") => false,
                Some("DESCENDING") => true,
                Some(other) => return Err(not_one_of("direction", other, &["ASCENDING", "DESCENDING"])),
            };
            Ok(Some(Sort { property, descending }))
        }
        other => Err(mistyped("Sort", other)),
    }
}

fn list<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a [Value], ApiError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(other) => Err(mistyped("java.util.ArrayList", other)),
    }
}

fn texts(fields: &Map<String, Value>, name: &str) -> Result<Vec<String>, ApiError> {
    list(fields, name)?
        .iter()
        .map(|value| text(value).ok_or_else(|| mistyped("java.lang.String", value)))
        .collect()
}

fn scalar(fields: &Map<String, Value>, name: &str) -> Result<Option<String>, ApiError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => text(value).map(Some).ok_or_else(|| mistyped("java.lang.String", value)),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// A number that is not negative, perhaps as text. A cursor of a list is none.
fn offset(fields: &Map<String, Value>, name: &str) -> Result<Option<usize>, ApiError> {
    let read = match fields.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.is_empty() => return Ok(None),
        Some(Value::String(text)) => text.parse::<i64>().ok(),
        Some(value) => value.as_i64(),
    };
    match (read, fields.get(name)) {
        (Some(number), _) => usize::try_from(number)
            .map(Some)
            .map_err(|_| ApiError::validation(format!("{name} must not be negative, was {number}"))),
        (None, value) => Err(mistyped("int", value.unwrap_or(&Value::Null))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked(body: &Value) -> Result<Request, ApiError> {
        read(body.to_string().as_bytes(), "too far")
    }

    fn filter(number: usize) -> Value {
        json!({"propertyName": format!("p{number}"), "operator": "HAS_PROPERTY"})
    }

    fn grouped(sizes: &[usize]) -> Value {
        let group = |size: &usize| json!({"filters": (0..*size).map(filter).collect::<Vec<_>>()});
        json!({"filterGroups": sizes.iter().map(group).collect::<Vec<_>>()})
    }

    #[test]
    fn nothing_is_required() {
        let request = asked(&json!({})).expect("readable");
        assert_eq!(request, Request { limit: 10, ..Request::default() });
    }

    #[test]
    fn five_groups_of_six_and_eighteen_filters_are_the_most() {
        assert!(asked(&grouped(&[6, 6, 6])).is_ok());
        assert!(asked(&grouped(&[4, 4, 4, 3, 3])).is_ok());
        for too_many in [&[7][..], &[1, 1, 1, 1, 1, 1], &[6, 6, 6, 1], &[4, 4, 4, 4, 3]] {
            let refused = asked(&grouped(too_many)).expect_err("too many");
            assert_eq!((refused.status.as_u16(), refused.category), (400, Some("VALIDATION_ERROR")));
        }
    }

    #[test]
    fn bare_filters_are_a_group() {
        let mut body = grouped(&[1]);
        body["filters"] = json!([filter(7), filter(8)]);
        let request = asked(&body).expect("readable");
        assert_eq!(request.groups.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn one_can_page_to_ten_thousand_and_no_further() {
        let page = |limit: Value, after: Value| asked(&json!({"limit": limit, "after": after}));
        assert_eq!(page(json!(200), json!("9800")).expect("the last page").after, 9_800);
        assert_eq!(page(json!(0), json!(0)).expect("only the total").limit, 0);
        assert_eq!(page(json!(200), json!(9_801)).expect_err("too far").message, "too far");
        assert!(page(json!(201), json!(0)).is_err());
        assert!(page(json!(-1), json!(0)).is_err());
    }

    #[test]
    fn a_cursor_of_a_list_is_no_offset() {
        for cursor in [json!("NTI1Cg%3D%3D"), json!([1]), json!(1.5)] {
            let refused = asked(&json!({ "after": cursor })).expect_err("no offset");
            assert!(refused.message.contains("Cannot deserialize value of type"), "{}", refused.message);
        }
    }

    #[test]
    fn sorts_are_objects_or_texts_and_only_one() {
        let sort = |rule: Value| asked(&json!({"sorts": [rule]})).expect("readable").sort.expect("a rule");
        let by = |descending| Sort { property: "email".to_owned(), descending };
        assert_eq!(sort(json!({"propertyName": "email", "direction": "DESCENDING"})), by(true));
        assert_eq!(sort(json!({"propertyName": "email"})), by(false));
        assert_eq!((sort(json!("-email")), sort(json!("email"))), (by(true), by(false)));
        assert!(asked(&json!({"sorts": ["a", "b"]})).is_err());
        assert!(asked(&json!({"sorts": [{"propertyName": "a", "direction": "UP"}]})).is_err());
    }

    #[test]
    fn an_operator_needs_its_values() {
        for filter in [
            json!({"propertyName": "email", "operator": "EQ"}),
            json!({"propertyName": "email", "operator": "BETWEEN", "value": "a"}),
            json!({"propertyName": "email", "operator": "IN", "value": "a"}),
            json!({"propertyName": "email", "operator": "EQUALS", "value": "a"}),
            json!({"operator": "EQ", "value": "a"}),
        ] {
            assert!(asked(&json!({"filters": [filter]})).is_err(), "{filter}");
        }
    }

    #[test]
    fn a_body_has_at_most_three_thousand_characters() {
        let body = |length: usize| {
            let empty = json!({"query": ""}).to_string().chars().count();
            json!({"query": "ä".repeat(length - empty)})
        };
        assert!(asked(&body(3_000)).is_ok());
        assert!(asked(&body(3_001)).is_err());
    }
}
