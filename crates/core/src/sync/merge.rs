//! One rule's values from both sides in one, where each side changed another part of them.

use super::value::Value;

/// How two values are compared.
pub type Same<'a> = &'a dyn Fn(&Value, &Value) -> bool;

/// Three-way merge of the parts that a rule's face is made of; without a base every part was empty. The last part may be a `rest`: a
/// set of texts, to which each side adds and from which each side removes.
///
/// None when one part was changed on both sides, differently.
#[must_use]
pub fn merge(
    base: Option<&[Value]>,
    left: &[Value],
    right: &[Value],
    rest: bool,
    same: Same<'_>,
) -> Option<Vec<Value>> {
    if left.len() != right.len() || base.is_some_and(|base| base.len() != left.len()) {
        return None;
    }
    let mut merged = Vec::with_capacity(left.len());
    for (at, (l, r)) in left.iter().zip(right).enumerate() {
        let before = base.map_or(&Value::Empty, |base| &base[at]);
        let is_rest = rest && at + 1 == left.len();
        merged.push(if is_rest { sets(before, l, r, same) } else { one(before, l, r, same)? });
    }
    if rest && let [first, .., last] = merged.as_mut_slice() {
        *last = without(last, first, same);
    }
    Some(merged)
}

fn one(base: &Value, left: &Value, right: &Value, same: Same<'_>) -> Option<Value> {
    if same(left, right) || same(right, base) {
        Some(left.clone())
    } else if same(left, base) {
        Some(right.clone())
    } else {
        None
    }
}

/// What the left has without what the right removed, then what the right added.
fn sets(base: &Value, left: &Value, right: &Value, same: Same<'_>) -> Value {
    let has = |value: &Value, text: &String| includes(value, text, same);
    let kept = left.texts().iter().filter(|text| has(right, text) || !has(base, text));
    let added = right.texts().iter().filter(|text| !has(base, text) && !has(left, text));
    Value::list(kept.chain(added).cloned())
}

fn includes(value: &Value, text: &str, same: Same<'_>) -> bool {
    let text = Value::text(text);
    value.texts().iter().any(|other| same(&Value::text(other), &text))
}

fn without(list: &Value, one: &Value, same: Same<'_>) -> Value {
    Value::list(list.texts().iter().filter(|text| !includes(one, text, same)).cloned())
}
