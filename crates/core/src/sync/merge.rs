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

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(first: &str, rest: &[&str]) -> Vec<Value> {
        vec![Value::text(first), Value::list(rest.iter().copied())]
    }

    fn merged(base: &[Value], left: &[Value], right: &[Value]) -> Option<Vec<Value>> {
        merge(Some(base), left, right, true, &|a, b| a == b)
    }

    #[test]
    fn each_part_is_as_the_side_that_changed_it_has_it() {
        let base = parts("a", &["b"]);
        assert_eq!(
            merged(&base, &parts("x", &["b"]), &parts("a", &["b", "c"])),
            Some(parts("x", &["b", "c"]))
        );
    }

    #[test]
    fn one_part_changed_on_both_sides_is_no_merge_unless_they_agree() {
        let base = parts("a", &[]);
        assert_eq!(merged(&base, &parts("x", &[]), &parts("y", &[])), None);
        assert_eq!(merged(&base, &parts("x", &[]), &parts("x", &[])), Some(parts("x", &[])));
    }

    #[test]
    fn the_rest_is_a_set_to_which_both_add_and_from_which_both_remove() {
        let base = parts("a", &["b", "c"]);
        let (left, right) = (parts("a", &["c", "d"]), parts("a", &["b", "e"]));
        assert_eq!(merged(&base, &left, &right), Some(parts("a", &["d", "e"])));
    }

    #[test]
    fn what_became_the_first_is_not_in_the_rest_too() {
        let base = parts("a", &["b"]);
        assert_eq!(
            merged(&base, &parts("b", &["a"]), &parts("a", &["b", "c"])),
            Some(parts("b", &["a", "c"]))
        );
        assert_eq!(merged(&base, &parts("c", &["b"]), &parts("a", &["b", "c"])), Some(parts("c", &["b"])));
    }

    #[test]
    fn without_a_base_nothing_is_emptied() {
        let both = merge(None, &parts("", &["b"]), &parts("a", &["c"]), true, &|a, b| a == b);
        assert_eq!(both, Some(parts("a", &["b", "c"])));
    }

    #[test]
    fn parts_that_do_not_correspond_are_no_merge() {
        assert_eq!(merged(&parts("a", &[]), &parts("a", &[]), &[Value::text("a")]), None);
    }
}
