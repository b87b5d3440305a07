//! Filters made ready: looked up, read by the property's type, and then held against a million records (HubSpot facts
//! 3.4).

use super::super::associations;
use super::super::error::ApiError;
use super::super::objects::store::Records;
use super::super::objects::{Column, View};
use super::super::properties::{Definition, Type, moment};
use super::super::state::Portal;
use super::super::types::TypeId;
use super::request::{Filter, Operator};
use super::seen::{Field, Index, Seen, digits};
use super::settings::Settings;
use super::tokens::Pattern;
use http::StatusCode;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// How values of a property compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// In any case.
    Text,
    /// Exactly; perhaps several with `;` between them.
    Choice {
        several: bool,
    },
    Number,
    /// A moment or a day.
    Moment {
        exact: bool,
    },
}

impl Class {
    pub(crate) fn of(definition: &Definition) -> Self {
        match definition.kind {
            Type::Text | Type::PhoneNumber => Self::Text,
            Type::Enumeration | Type::Bool => Self::Choice { several: definition.is_multiple() },
            Type::Number => Self::Number,
            Type::Date => Self::Moment { exact: true },
            Type::Datetime => Self::Moment { exact: false },
        }
    }
}

/// A value to compare with.
#[derive(Debug, Clone, PartialEq)]
enum Key {
    /// In lower case, unless the class is exact.
    Text(String),
    Number(f64),
    Moment(i64),
}

/// A filter made ready.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    field: Field,
    class: Class,
    test: Test,
    /// Whether a record without a value passes.
    empty: bool,
    one_by_one: bool,
    /// Outside of which nothing passes, where an index says so.
    owners: Option<Vec<u64>>,
}

#[derive(Debug, Clone)]
enum Test {
    /// From one bound to another.
    Range(Option<Bound>, Option<Bound>),
    OneOf(Vec<Key>, Wanted),
    Has(Wanted),
    Contains(Pattern, Wanted),
    Among(BTreeSet<u64>, Wanted),
}

/// Whether it should be so, or should not.
type Wanted = bool;

#[derive(Debug, Clone)]
struct Bound {
    key: Key,
    included: bool,
}

/// Looks at one account's records of one type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Compiler<'a> {
    pub(crate) portal: &'a Portal,
    pub(crate) object_type: TypeId,
    /// None while there never was one.
    pub(crate) records: Option<&'a Records>,
    pub(crate) settings: &'a Settings,
}

impl Compiler<'_> {
    /// Where the values of a property are.
    pub(crate) fn column(&self, name: &str) -> Column {
        self.records.map_or(Column::Nowhere, |records| records.column(name))
    }

    /// Where a property's values are, and how they compare.
    ///
    /// # Errors
    /// 400 when the type has no such property.
    pub(crate) fn field(&self, name: &str) -> Result<(Field, Class), ApiError> {
        if let Some(to) = name.strip_prefix("associations.") {
            let to = self.portal.object_type(to).ok_or_else(|| unknown_property(name))?;
            return Ok((Field::Associated(to), Class::Number));
        }
        let found =
            self.portal.properties.get(self.object_type, name).ok_or_else(|| unknown_property(name))?;
        let field = match name {
            "hs_searchable_calculated_phone_number" => Field::Digits(self.column("phone")),
            "hs_searchable_calculated_mobile_number" => Field::Digits(self.column("mobilephone")),
            _ => Field::Held(self.column(name)),
        };
        Ok((field, Class::of(found)))
    }

    /// A filter made ready.
    ///
    /// # Errors
    /// 400 when the property is unknown or the value does not fit it; 500 for a date at epoch 0, as HubSpot does.
    pub(crate) fn ready(&self, filter: &Filter) -> Result<Ready, ApiError> {
        let (field, class) = self.field(&filter.property)?;
        let negated = matches!(filter.operator, Operator::Neq | Operator::NotIn | Operator::NotContainsToken);
        let test = match field {
            Field::Associated(to) => self.among(filter, to)?,
            _ => self.test(filter, class)?,
        };
        let empty = match test {
            Test::Has(wanted) => !wanted,
            _ => negated && self.settings.negations_match_empty,
        };
        let owners = self.owners(filter);
        Ok(Ready { field, class, test, empty, one_by_one: self.settings.options_match_one_by_one, owners })
    }

    /// Who has the values of a unique property that are asked for. None when the index cannot tell: it knows values as
    /// they are written, and search finds them in any case.
    fn owners(&self, filter: &Filter) -> Option<Vec<u64>> {
        let wanted = match filter.operator {
            Operator::Eq => std::slice::from_ref(filter.value.as_ref()?),
            Operator::In => &filter.values,
            _ => return None,
        };
        let is_email = self.object_type == TypeId::CONTACT && filter.property == "email";
        let (records, column) = (self.records?, self.column(&filter.property));
        let mut owners = Vec::new();
        for value in wanted {
            match records.unique_owner(column, value)? {
                Some(owner) => owners.push(owner),
                None if is_email || !value.chars().any(char::is_alphabetic) => {}
                None => return None,
            }
        }
        Some(owners)
    }

    fn test(&self, filter: &Filter, class: Class) -> Result<Test, ApiError> {
        let value = filter.value.as_deref().unwrap_or_default();
        let one = || key(filter, class, value);
        // Bounds that exclude let pass what lies next to them: a moment is cut to milliseconds only when it is shown.
        let beyond = |by: i64| -> Result<Bound, ApiError> {
            let exact = class != Class::Moment { exact: false } || self.settings.bound_slack_ms == 0;
            Ok(match one()? {
                Key::Moment(at) if !exact => Bound { key: Key::Moment(at + by), included: true },
                key => Bound { key, included: false },
            })
        };
        let slack = self.settings.bound_slack_ms - 1;
        let at = |key: Key| Some(Bound { key, included: true });
        Ok(match filter.operator {
            Operator::Eq => Test::OneOf(vec![one()?], true),
            Operator::Neq => Test::OneOf(vec![one()?], false),
            Operator::Lt => Test::Range(None, Some(beyond(slack)?)),
            Operator::Gt => Test::Range(Some(beyond(-slack)?), None),
            Operator::Lte => Test::Range(None, at(one()?)),
            Operator::Gte => Test::Range(at(one()?), None),
            Operator::Between => {
                let high = key(filter, class, filter.high.as_deref().unwrap_or_default())?;
                Test::Range(at(one()?), at(high))
            }
            Operator::In | Operator::NotIn => {
                let keys = filter.values.iter().map(|value| listed_key(filter, class, value));
                Test::OneOf(keys.collect::<Result<_, _>>()?, filter.operator == Operator::In)
            }
            Operator::HasProperty => Test::Has(true),
            Operator::NotHasProperty => Test::Has(false),
            Operator::ContainsToken => Test::Contains(Pattern::of_value(value), true),
            Operator::NotContainsToken => Test::Contains(Pattern::of_value(value), false),
        })
    }

    /// Of associations one can only ask with whom.
    fn among(&self, filter: &Filter, to: TypeId) -> Result<Test, ApiError> {
        let id = |text: &String| -> Result<u64, ApiError> {
            text.trim().parse().map_err(|_| misfit(filter, text, "a record's id"))
        };
        let ids: Vec<u64> = match filter.operator {
            Operator::HasProperty => return Ok(Test::Has(true)),
            Operator::NotHasProperty => return Ok(Test::Has(false)),
            Operator::Eq | Operator::Neq => filter.value.iter().map(id).collect::<Result<_, _>>()?,
            Operator::In | Operator::NotIn => filter.values.iter().map(id).collect::<Result<_, _>>()?,
            other => {
                let message =
                    format!("operator {} is not valid for property {}", other.name(), filter.property);
                return Err(ApiError::validation(message));
            }
        };
        let partners =
            ids.into_iter().flat_map(|id| associations::ids(self.portal, (to, id), self.object_type));
        let wanted = matches!(filter.operator, Operator::Eq | Operator::In);
        Ok(Test::Among(partners.collect(), wanted))
    }
}

fn unknown_property(name: &str) -> ApiError {
    ApiError::validation(format!("There was a problem with the request. Property '{name}' does not exist"))
}

fn misfit(filter: &Filter, value: &str, wanted: &str) -> ApiError {
    ApiError::validation(format!("The value '{value}' of property {} is not {wanted}", filter.property))
}

fn key(filter: &Filter, class: Class, value: &str) -> Result<Key, ApiError> {
    match class {
        Class::Text => Ok(Key::Text(value.to_lowercase())),
        Class::Choice { .. } => Ok(Key::Text(value.to_owned())),
        Class::Number => {
            let number = value.trim().parse().ok().filter(|number: &f64| number.is_finite());
            number.map(Key::Number).ok_or_else(|| misfit(filter, value, "a number"))
        }
        Class::Moment { .. } => match moment(value) {
            Some(0) => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                Err(ApiError::bare(status, "There was a problem with the request."))
            }
            Some(at) => Ok(Key::Moment(at)),
            None => Err(misfit(filter, value, "a date")),
        },
    }
}

/// Texts in lists are not put into lower case for the caller: one with a capital letter finds nothing.
fn listed_key(filter: &Filter, class: Class, value: &str) -> Result<Key, ApiError> {
    if class == Class::Text { Ok(Key::Text(value.to_owned())) } else { key(filter, class, value) }
}

impl Ready {
    /// Whether the record passes.
    pub(crate) fn lets_pass(&self, portal: &Portal, index: Index, view: View<'_>) -> bool {
        let column = match self.field {
            Field::Associated(to) => return self.is_associated(portal, view, to),
            Field::Held(column) | Field::Digits(column) => column,
        };
        let Some(seen) = index.value(view, column) else { return self.empty };
        match &self.test {
            Test::Has(wanted) => *wanted,
            Test::OneOf(keys, wanted) => keys.iter().any(|key| self.equals(&seen, key)) == *wanted,
            Test::Contains(pattern, wanted) => pattern.is_in(std::iter::once(self.text(&seen))) == *wanted,
            Test::Range(low, high) => {
                let above = low.as_ref().is_none_or(|bound| self.beyond(&seen, bound, Ordering::Greater));
                above && high.as_ref().is_none_or(|bound| self.beyond(&seen, bound, Ordering::Less))
            }
            Test::Among(..) => false,
        }
    }

    fn is_associated(&self, portal: &Portal, view: View<'_>, to: TypeId) -> bool {
        match &self.test {
            Test::Among(ids, wanted) => ids.contains(&view.id) == *wanted,
            Test::Has(wanted) => {
                (associations::count(portal, (view.records.object_type, view.id), to) > 0) == *wanted
            }
            _ => false,
        }
    }

    /// Ids outside of which nothing passes, where that is known without looking at every record.
    pub(crate) fn only(&self) -> Option<Vec<u64>> {
        match (&self.test, self.field) {
            (Test::Among(ids, true), _) => Some(ids.iter().copied().collect()),
            (Test::OneOf(keys, true), Field::Held(Column::Id)) => {
                Some(keys.iter().filter_map(id_of).collect())
            }
            _ => self.owners.clone(),
        }
    }

    fn text<'a>(&self, seen: &'a Seen<'_>) -> Cow<'a, str> {
        match (seen, self.field) {
            (Seen::Text(text), Field::Digits(_)) => Cow::Owned(digits(text)),
            (Seen::Text(text), _) => Cow::Borrowed(text),
            (Seen::Number(number), _) => Cow::Owned(number.to_string()),
            (Seen::Moment(at), _) => Cow::Owned(crate::house::clock::iso(*at)),
        }
    }

    fn equals(&self, seen: &Seen<'_>, key: &Key) -> bool {
        let Key::Text(wanted) = key else { return self.order(seen, key) == Some(Ordering::Equal) };
        let text = self.text(seen);
        match self.class {
            Class::Choice { several: true } if self.one_by_one => {
                *text == **wanted || text.split(';').any(|part| part == wanted)
            }
            Class::Choice { .. } => *text == **wanted,
            _ => is_lower(&text, wanted),
        }
    }

    fn beyond(&self, seen: &Seen<'_>, bound: &Bound, side: Ordering) -> bool {
        let order = self.order(seen, &bound.key);
        order == Some(side) || (bound.included && order == Some(Ordering::Equal))
    }

    fn order(&self, seen: &Seen<'_>, key: &Key) -> Option<Ordering> {
        match (key, seen) {
            (Key::Moment(wanted), Seen::Moment(at)) => Some(at.cmp(wanted)),
            (Key::Moment(wanted), Seen::Text(text)) => Some(moment(text)?.cmp(wanted)),
            #[expect(clippy::cast_precision_loss, reason = "ids stay below 2^53")]
            (Key::Number(wanted), Seen::Number(number)) => (*number as f64).partial_cmp(wanted),
            (Key::Number(wanted), seen) => self.text(seen).parse::<f64>().ok()?.partial_cmp(wanted),
            (Key::Text(wanted), seen) => {
                let text = self.text(seen);
                let exact = matches!(self.class, Class::Choice { .. });
                Some(if exact { (*text).cmp(wanted) } else { text.to_lowercase().cmp(wanted) })
            }
            (Key::Moment(_), Seen::Number(_)) => None,
        }
    }
}

/// Whether `text` in lower case is `wanted`.
fn is_lower(text: &str, wanted: &str) -> bool {
    if text.is_ascii() {
        let lower = text.bytes().map(|byte| byte.to_ascii_lowercase());
        return text.len() == wanted.len() && lower.eq(wanted.bytes());
    }
    text.to_lowercase() == wanted
}

fn id_of(key: &Key) -> Option<u64> {
    match key {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be whole and in range"
        )]
        Key::Number(number) if *number >= 0.0 && number.fract() == 0.0 && *number < 9e15 => {
            Some(*number as u64)
        }
        _ => None,
    }
}
