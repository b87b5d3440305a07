//! Which value is greater.

use super::dates;
use super::value::Val;
use std::cmp::Ordering;

/// Compares two values; none when they cannot be.
pub(super) fn order(left: &Val, right: &Val) -> Option<Ordering> {
    match (left, right) {
        (Val::Error, _) | (_, Val::Error) => None,
        (Val::Time(a, _), Val::Time(b, _)) => Some(a.cmp(b)),
        (Val::Time(..), Val::Text(_)) | (Val::Text(_), Val::Time(..)) => {
            match (dates::moment(left), dates::moment(right)) {
                (Some(a), Some(b)) => Some(a.cmp(&b)),
                _ => Some(left.to_text().cmp(&right.to_text())),
            }
        }
        (Val::List(_), Val::Number(_)) | (Val::Number(_), Val::List(_)) => {
            left.number()?.partial_cmp(&right.number()?)
        }
        (Val::Text(_) | Val::List(_), _) | (_, Val::Text(_) | Val::List(_)) => {
            Some(left.to_text().cmp(&right.to_text()))
        }
        (Val::Time(..), _) | (_, Val::Time(..)) => Some(left.to_text().cmp(&right.to_text())),
        _ => left.number()?.partial_cmp(&right.number()?),
    }
}

/// `left operator right`.
pub(super) fn holds(operator: &str, left: &Val, right: &Val) -> Val {
    if matches!(left, Val::Error) || matches!(right, Val::Error) {
        return Val::Error;
    }
    let order = order(left, right);
    Val::Bool(match operator {
        "=" => order == Some(Ordering::Equal),
        "!=" => order != Some(Ordering::Equal),
        "<" => order == Some(Ordering::Less),
        "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        ">" => order == Some(Ordering::Greater),
        _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    })
}
