//! Conditions on values: what each type of property can be asked (Notion facts 6).

use super::dates::{Calendar, DateTest, OPERATORS};
use crate::notion::check::{list, object, text};
use crate::notion::error::Failure;
use crate::notion::id::Id;
use serde_json::Value;

/// What a value must be like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    Empty,
    NotEmpty,
    Text(TextTest, String),
    Number(NumberTest, f64),
    Flag(bool),
    /// select, status: one of these names, or none of them
    IsOption(Vec<String>, bool),
    /// multi_select: any of these names, or none of them
    HasOption(Vec<String>, bool),
    /// people, relation: this one among them, or not
    HasId(Id, bool),
    Date(DateTest),
    /// verification
    State(String),
    /// Of a rollup's values.
    Any(Box<Condition>),
    Every(Box<Condition>),
    None(Box<Condition>),
}

/// A condition on a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextTest {
    Equals,
    DoesNotEqual,
    Contains,
    DoesNotContain,
    StartsWith,
    EndsWith,
}

/// A condition on a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberTest {
    Equals,
    DoesNotEqual,
    GreaterThan,
    LessThan,
    GreaterThanOrEqualTo,
    LessThanOrEqualTo,
}

/// What a filter on one type of property looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    Number,
    Flag,
    Option,
    Options,
    Ids,
    Date,
    Files,
    Formula,
    Rollup,
    Verification,
}

/// What conditions are read against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) calendar: Calendar,
    /// Who `"me"` is.
    pub(crate) me: Option<Id>,
}

impl Reading {
    /// Reads the condition under a type's key.
    ///
    /// # Errors
    /// What is wrong, with its path.
    pub(crate) fn parse(&self, shape: Shape, value: &Value, path: &str) -> Result<Condition, Failure> {
        let map = object(value, path)?;
        let mut entries = map.iter();
        let (Some((operator, operand)), None) = (entries.next(), entries.next()) else {
            return Err(Failure::expected(path, "an object with exactly one condition", Some(value)));
        };
        let path = format!("{path}.{operator}");
        if matches!(operator.as_str(), "is_empty" | "is_not_empty")
            && !matches!(shape, Shape::Flag | Shape::Formula | Shape::Rollup | Shape::Verification)
        {
            if *operand != Value::Bool(true) {
                return Err(Failure::expected(&path, "`true`", Some(operand)));
            }
            return Ok(if operator == "is_empty" { Condition::Empty } else { Condition::NotEmpty });
        }
        let condition = match shape {
            Shape::Text => {
                text_test(operator).map(|test| Ok(Condition::Text(test, text(operand, &path)?.to_owned())))
            }
            Shape::Number => {
                number_test(operator).map(|test| Ok(Condition::Number(test, number(operand, &path)?)))
            }
            Shape::Flag => flag(operator, operand, &path),
            Shape::Option => option(operator, operand, &path),
            Shape::Options => options(operator, operand, &path),
            Shape::Ids => self.ids(operator, operand, &path),
            Shape::Date if OPERATORS.contains(&operator.as_str()) => {
                Some(self.calendar.parse(operator, operand, &path).map(Condition::Date))
            }
            Shape::Formula => self.formula(operator, operand, &path),
            Shape::Rollup => self.rollup(operator, operand, &path),
            Shape::Verification => verification(operator, operand, &path),
            Shape::Date | Shape::Files => None,
        };
        condition.unwrap_or_else(|| Err(Failure::unexpected(&path, operand)))
    }

    fn ids(&self, operator: &str, operand: &Value, path: &str) -> Option<Result<Condition, Failure>> {
        let wanted = match operator {
            "contains" => true,
            "does_not_contain" => false,
            _ => return None,
        };
        if operand == "me" {
            let me = self.me.ok_or_else(|| {
                Failure::validation(format!(
                    "{path}: \"me\" means a person, and this connection belongs to none."
                ))
            });
            return Some(me.map(|me| Condition::HasId(me, wanted)));
        }
        Some(crate::notion::check::id(operand, path).map(|id| Condition::HasId(id, wanted)))
    }

    fn formula(&self, operator: &str, operand: &Value, path: &str) -> Option<Result<Condition, Failure>> {
        let shape = match operator {
            "string" => Shape::Text,
            "checkbox" => Shape::Flag,
            "number" => Shape::Number,
            "date" => Shape::Date,
            _ => return None,
        };
        Some(self.parse(shape, operand, path))
    }

    fn rollup(&self, operator: &str, operand: &Value, path: &str) -> Option<Result<Condition, Failure>> {
        Some(match operator {
            "date" => self.parse(Shape::Date, operand, path),
            "number" => self.parse(Shape::Number, operand, path),
            "any" => self.element(operand, path).map(|inner| Condition::Any(Box::new(inner))),
            "every" => self.element(operand, path).map(|inner| Condition::Every(Box::new(inner))),
            "none" => self.element(operand, path).map(|inner| Condition::None(Box::new(inner))),
            _ => return None,
        })
    }

    /// The condition on each of a rollup's values: under the key of a type.
    fn element(&self, value: &Value, path: &str) -> Result<Condition, Failure> {
        let map = object(value, path)?;
        let found = map.iter().find_map(|(key, inner)| shape_of(key).map(|shape| (key, shape, inner)));
        match found {
            Some((key, shape, inner)) if map.len() == 1 && shape != Shape::Rollup => {
                self.parse(shape, inner, &format!("{path}.{key}"))
            }
            _ => Err(Failure::expected(path, "an object with one property type", Some(value))),
        }
    }
}

/// The shape of the conditions under a key.
pub(crate) fn shape_of(key: &str) -> Option<Shape> {
    Some(match key {
        "title" | "rich_text" | "url" | "email" | "phone_number" => Shape::Text,
        "number" | "unique_id" => Shape::Number,
        "checkbox" => Shape::Flag,
        "select" | "status" => Shape::Option,
        "multi_select" => Shape::Options,
        "relation" | "people" | "created_by" | "last_edited_by" => Shape::Ids,
        "date" | "created_time" | "last_edited_time" => Shape::Date,
        "files" => Shape::Files,
        "formula" => Shape::Formula,
        "rollup" => Shape::Rollup,
        "verification" => Shape::Verification,
        _ => return None,
    })
}

fn text_test(operator: &str) -> Option<TextTest> {
    Some(match operator {
        "equals" => TextTest::Equals,
        "does_not_equal" => TextTest::DoesNotEqual,
        "contains" => TextTest::Contains,
        "does_not_contain" => TextTest::DoesNotContain,
        "starts_with" => TextTest::StartsWith,
        "ends_with" => TextTest::EndsWith,
        _ => return None,
    })
}

fn number_test(operator: &str) -> Option<NumberTest> {
    Some(match operator {
        "equals" => NumberTest::Equals,
        "does_not_equal" => NumberTest::DoesNotEqual,
        "greater_than" => NumberTest::GreaterThan,
        "less_than" => NumberTest::LessThan,
        "greater_than_or_equal_to" => NumberTest::GreaterThanOrEqualTo,
        "less_than_or_equal_to" => NumberTest::LessThanOrEqualTo,
        _ => return None,
    })
}

fn number(operand: &Value, path: &str) -> Result<f64, Failure> {
    operand.as_f64().ok_or_else(|| Failure::expected(path, "a number", Some(operand)))
}

fn flag(operator: &str, operand: &Value, path: &str) -> Option<Result<Condition, Failure>> {
    let same = match operator {
        "equals" => true,
        "does_not_equal" => false,
        _ => return None,
    };
    let flag = operand.as_bool().ok_or_else(|| Failure::expected(path, "a boolean", Some(operand)));
    Some(flag.map(|flag| Condition::Flag(flag == same)))
}

fn option(operator: &str, operand: &Value, path: &str) -> Option<Result<Condition, Failure>> {
    let wanted = match operator {
        "equals" => true,
        "does_not_equal" => false,
        _ => return None,
    };
    Some(names(operand, path).map(|names| Condition::IsOption(names, wanted)))
}

fn options(operator: &str, operand: &Value, path: &str) -> Option<Result<Condition, Failure>> {
    let wanted = match operator {
        "contains" => true,
        "does_not_contain" => false,
        _ => return None,
    };
    Some(names(operand, path).map(|names| Condition::HasOption(names, wanted)))
}

/// One name, or a list of them.
fn names(operand: &Value, path: &str) -> Result<Vec<String>, Failure> {
    if let Value::String(name) = operand {
        return Ok(vec![name.clone()]);
    }
    let items = list(operand, path).map_err(|_| Failure::expected(path, "a string", Some(operand)))?;
    let names = items.iter().enumerate();
    names.map(|(index, item)| Ok(text(item, &format!("{path}[{index}]"))?.to_owned())).collect()
}

fn verification(operator: &str, operand: &Value, path: &str) -> Option<Result<Condition, Failure>> {
    if operator != "status" {
        return None;
    }
    let known = text(operand, path).and_then(|state| match state {
        "verified" | "expired" | "none" => Ok(Condition::State(state.to_owned())),
        _ => Err(Failure::expected(path, "`\"verified\"`, `\"expired\"` or `\"none\"`", Some(operand))),
    });
    Some(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(shape: Shape, value: &Value) -> Result<Condition, Failure> {
        let calendar = Calendar { now: 0, week_starts_on: 0 };
        Reading { calendar, me: Some(Id(7)) }.parse(shape, value, "body.filter.x")
    }

    #[test]
    fn each_type_knows_its_operators_and_no_others() {
        let fits = [
            (Shape::Text, json!({"starts_with": "a"})),
            (Shape::Number, json!({"less_than_or_equal_to": 5})),
            (Shape::Flag, json!({"does_not_equal": true})),
            (Shape::Option, json!({"equals": ["a", "b"]})),
            (Shape::Options, json!({"does_not_contain": "a"})),
            (Shape::Ids, json!({"contains": "me"})),
            (Shape::Date, json!({"past_week": {}})),
            (Shape::Files, json!({"is_empty": true})),
            (Shape::Formula, json!({"string": {"contains": "a"}})),
            (Shape::Rollup, json!({"any": {"rich_text": {"contains": "a"}}})),
            (Shape::Rollup, json!({"number": {"equals": 1}})),
            (Shape::Verification, json!({"status": "verified"})),
        ];
        for (shape, value) in fits {
            assert!(parse(shape, &value).is_ok(), "{shape:?} {value}");
        }
        let wrong = [
            (Shape::Text, json!({"greater_than": "a"})),
            (Shape::Text, json!({"equals": 5})),
            (Shape::Text, json!({})),
            (Shape::Text, json!({"equals": "a", "contains": "b"})),
            (Shape::Text, json!("a")),
            (Shape::Number, json!({"contains": 1})),
            (Shape::Number, json!({"equals": "1"})),
            (Shape::Flag, json!({"is_empty": true})),
            (Shape::Option, json!({"contains": "a"})),
            (Shape::Option, json!({"equals": 5})),
            (Shape::Options, json!({"equals": "a"})),
            (Shape::Ids, json!({"contains": "nobody"})),
            (Shape::Ids, json!({"equals": "me"})),
            (Shape::Date, json!({"on_or_aftr": "today"})),
            (Shape::Files, json!({"equals": "a"})),
            (Shape::Formula, json!({"text": {"contains": "a"}})),
            (Shape::Rollup, json!({"any": {"rich_text": {"contains": 1}}})),
            (Shape::Rollup, json!({"some": {}})),
            (Shape::Verification, json!({"status": "maybe"})),
            (Shape::Number, json!({"is_empty": false})),
        ];
        for (shape, value) in wrong {
            assert!(parse(shape, &value).is_err(), "{shape:?} {value}");
        }
    }
}
