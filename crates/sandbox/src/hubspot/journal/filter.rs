//! Filters of the journal's subscriptions (HubSpot facts 6.7).

use super::super::error::ApiError;
use crate::house::clock::parse_iso;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::cmp::Ordering;

/// A filter: all of its conditions hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Filter {
    pub(crate) id: u64,
    pub(crate) subscription: u64,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) created_at: i64,
}

/// A condition on a record's property.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Condition {
    filter_type: FilterType,
    property: String,
    operator: Operator,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum FilterType {
    CrmObjectProperty,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Operator {
    Eq,
    NEq,
    Lt,
    Gt,
    Lte,
    Gte,
    Contains,
    StartsWith,
    EndsWith,
    In,
    NotIn,
    IsEmpty,
    IsNotEmpty,
}

/// Reads the body of `POST /filters`: the subscription and the conditions.
///
/// # Errors
/// 400 when a condition makes no sense.
pub(crate) fn read(body: &Map<String, Value>) -> Result<(u64, Vec<Condition>), ApiError> {
    let subscription = body.get("subscriptionId").and_then(Value::as_u64);
    let subscription = subscription.ok_or_else(|| ApiError::validation("subscriptionId is required"))?;
    let conditions = body.get("filter").and_then(|filter| filter.get("conditions")).cloned();
    let conditions = conditions.ok_or_else(|| ApiError::validation("filter.conditions is required"))?;
    let conditions: Vec<Condition> = serde_json::from_value(conditions)
        .map_err(|error| ApiError::validation(format!("Invalid input JSON: {error}")))?;
    if conditions.is_empty() {
        return Err(ApiError::validation("filter.conditions must not be empty"));
    }
    conditions.iter().try_for_each(Condition::check)?;
    Ok((subscription, conditions))
}

impl Condition {
    fn check(&self) -> Result<(), ApiError> {
        let fits = match self.operator {
            Operator::IsEmpty | Operator::IsNotEmpty => true,
            Operator::In | Operator::NotIn => self.values.is_some(),
            _ => self.value.is_some(),
        };
        if fits {
            return Ok(());
        }
        Err(ApiError::validation(format!("The condition on {} has nothing to compare with", self.property)))
    }

    /// Whether it holds for a record whose properties `look` finds.
    pub(crate) fn holds(&self, look: &impl Fn(&str) -> Option<String>) -> bool {
        let actual = look(&self.property).filter(|text| !text.is_empty());
        let wanted = self.value.as_deref().unwrap_or_default();
        let among = || {
            let values = self.values.as_deref().unwrap_or_default();
            actual.as_ref().is_some_and(|actual| values.iter().any(|value| value == actual))
        };
        let text =
            |test: fn(&str, &str) -> bool| actual.as_deref().is_some_and(|actual| test(actual, wanted));
        let ordered = |test: fn(Ordering) -> bool| {
            actual.as_deref().is_some_and(|actual| test(compare(actual, wanted)))
        };
        match self.operator {
            Operator::Eq => ordered(Ordering::is_eq),
            Operator::NEq => !ordered(Ordering::is_eq),
            Operator::Lt => ordered(Ordering::is_lt),
            Operator::Gt => ordered(Ordering::is_gt),
            Operator::Lte => ordered(Ordering::is_le),
            Operator::Gte => ordered(Ordering::is_ge),
            Operator::Contains => text(|actual, wanted| actual.contains(wanted)),
            Operator::StartsWith => text(|actual, wanted| actual.starts_with(wanted)),
            Operator::EndsWith => text(|actual, wanted| actual.ends_with(wanted)),
            Operator::In => among(),
            Operator::NotIn => !among(),
            Operator::IsEmpty => actual.is_none(),
            Operator::IsNotEmpty => actual.is_some(),
        }
    }
}

/// Numbers as numbers, moments as moments, everything else as text.
fn compare(left: &str, right: &str) -> Ordering {
    let numbers = left.parse::<f64>().ok().zip(right.parse::<f64>().ok());
    if let Some((left, right)) = numbers {
        return left.total_cmp(&right);
    }
    match parse_iso(left).zip(parse_iso(right)) {
        Some((left, right)) => left.cmp(&right),
        None => left.cmp(right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(operator: &str, with: Value, actual: Option<&str>) -> bool {
        let mut condition =
            json!({"filterType": "CRM_OBJECT_PROPERTY", "property": "p", "operator": operator});
        let key = if with.is_array() { "values" } else { "value" };
        if !with.is_null() {
            condition[key] = with;
        }
        let body = json!({"subscriptionId": 1, "filter": {"conditions": [condition]}});
        let (_, conditions) = read(body.as_object().expect("an object")).expect("makes sense");
        conditions[0].holds(&|name| (name == "p").then(|| actual.map(str::to_owned)).flatten())
    }

    #[test]
    fn every_operator_compares_in_its_own_way() {
        for (operator, with, actual, expected) in [
            ("EQ", json!("5"), Some("5.0"), true),
            ("EQ", json!("a"), None, false),
            ("N_EQ", json!("a"), None, true),
            ("N_EQ", json!("a"), Some("a"), false),
            ("LT", json!("10"), Some("9"), true),
            ("GT", json!("10"), Some("9"), false),
            ("LTE", json!("9"), Some("9"), true),
            ("GTE", json!("2026-01-01"), Some("2026-01-01T00:00:00.001Z"), true),
            ("CONTAINS", json!("ell"), Some("hello"), true),
            ("STARTS_WITH", json!("ell"), Some("hello"), false),
            ("ENDS_WITH", json!("llo"), Some("hello"), true),
            ("IN", json!(["a", "b"]), Some("b"), true),
            ("IN", json!(["a", "b"]), None, false),
            ("NOT_IN", json!(["a", "b"]), Some("c"), true),
            ("IS_EMPTY", json!(null), Some(""), true),
            ("IS_NOT_EMPTY", json!(null), Some("x"), true),
        ] {
            assert_eq!(holds(operator, with.clone(), actual), expected, "{operator} {with} {actual:?}");
        }
    }

    #[test]
    fn a_condition_without_something_to_compare_with_is_refused() {
        let read = |condition: Value| {
            read(
                json!({"subscriptionId": 1, "filter": {"conditions": [condition]}})
                    .as_object()
                    .expect("an object"),
            )
        };
        let property = "CRM_OBJECT_PROPERTY";
        assert!(read(json!({"filterType": property, "property": "p", "operator": "EQ"})).is_err());
        assert!(
            read(json!({"filterType": property, "property": "p", "operator": "IN", "value": "a"})).is_err()
        );
        assert!(
            read(json!({"filterType": property, "property": "p", "operator": "LIKE", "value": "a"})).is_err()
        );
        assert!(read(json!({"filterType": "OTHER", "property": "p", "operator": "IS_EMPTY"})).is_err());
    }
}
