//! How two records stand to each other, rule by rule: what both show, against what they last agreed on.

use super::super::views::syncs::{RuleView, Standing, cells};
use super::changes::held_view;
use syncline_core::sync::mapping::{alike, face};
use syncline_core::sync::{Agreement, Base, Face, Fields, Link, Refusal, Rule, Side, Sides};

/// Every rule, with what each side shows in its fields as far as its record is there.
pub(super) fn rules(
    agreement: &Agreement,
    link: &Link,
    fields: Sides<Option<&Fields>>,
    names: &Sides<String>,
    disputed: &[String],
) -> Vec<RuleView> {
    let view = |rule: &Rule| {
        let base = link.bases.get(&rule.name);
        let now = Sides::of(|side| fields[side].map(|fields| face(rule, side, fields)));
        RuleView {
            name: rule.name.clone(),
            standing: standing(rule, base, now.as_ref().map(Option::as_ref)),
            now: Sides::of(|side| now[side].as_ref().map(|face| cells(&rule.fields[side], face))),
            base: base.map(|base| Sides::of(|side| cells(&rule.fields[side], &base.faces[side]))),
            known_at: Sides::of(|side| base.map(|base| base.known_at[side].to_string())),
            disputed: disputed.contains(&rule.name),
            held: base.map(|base| held(base, names)).unwrap_or_default(),
        }
    };
    agreement.rules.iter().map(view).collect()
}

fn standing(rule: &Rule, base: Option<&Base>, now: Sides<Option<&Face>>) -> Standing {
    let Some(base) = base else { return Standing::New };
    let (Some(left), Some(right)) = (now.left, now.right) else { return Standing::Unknown };
    let changed = |side: Side, face: &Face| !alike(rule, side, face, &base.faces[side]);
    match (changed(Side::Left, left), changed(Side::Right, right)) {
        (false, false) => Standing::Agreed,
        (true, false) => Standing::LeftChanged,
        (false, true) => Standing::RightChanged,
        (true, true) => Standing::BothChanged,
    }
}

/// What stands nowhere but here, because a side does not take it.
fn held(base: &Base, names: &Sides<String>) -> Vec<super::super::views::syncs::HeldView> {
    let of = |side: Side| {
        let name = names[side].clone();
        base.held[side].iter().map(move |(field, held)| {
            let refusal =
                Refusal { field: field.clone(), value: held.value.clone(), reason: held.reason.clone() };
            held_view(&name, &refusal)
        })
    };
    Side::BOTH.into_iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_core::sync::{Held, Value, defaults};

    fn agreement() -> Agreement {
        defaults::between(("hubspot", "contacts"), ("tentoeight", "customer")).expect("it is ready-made")
    }

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::text(*value))).collect()
    }

    fn named(left: &[(&str, &str)], right: &str, base: bool) -> RuleView {
        let agreement = agreement();
        let mut link = Link::joined("1", "2");
        if base {
            let left = Face(vec![Value::text("Ada"), Value::text("King")]);
            let faces = Sides { left, right: Face(vec![Value::text("Ada King")]) };
            link.bases.insert("name".to_owned(), Base { faces, ..Base::default() });
        }
        let (left, right) = (fields(left), fields(&[("name", right)]));
        let names = Sides { left: "HubSpot".to_owned(), right: "10to8".to_owned() };
        rules(&agreement, &link, Sides { left: Some(&left), right: Some(&right) }, &names, &[]).remove(0)
    }

    #[test]
    fn a_side_has_changed_when_it_differs_from_its_own_base() {
        let same = [("firstname", "Ada"), ("lastname", "King")];
        let other = [("firstname", "Ida"), ("lastname", "King")];
        assert_eq!(named(&same, "Ada King", true).standing, Standing::Agreed);
        assert_eq!(named(&other, "Ada King", true).standing, Standing::LeftChanged);
        assert_eq!(named(&same, "Ada Queen", true).standing, Standing::RightChanged);
        assert_eq!(named(&other, "Ada Queen", true).standing, Standing::BothChanged);
        assert_eq!(named(&same, "Ada King", false).standing, Standing::New);
    }

    #[test]
    fn a_record_that_is_not_there_shows_nothing() {
        let (agreement, names) = (agreement(), Sides::default());
        let mut link = Link::joined("1", "2");
        link.bases.insert("name".to_owned(), Base::default());
        let rules = rules(&agreement, &link, Sides::default(), &names, &["name".to_owned()]);
        assert_eq!((rules[0].standing, rules[0].now.left.is_none()), (Standing::Unknown, true));
        assert!(rules[0].disputed && !rules[1].disputed);
    }

    #[test]
    fn what_is_held_says_where_and_why() {
        let mut base = Base::default();
        let (value, reason) = (Value::text("ada@"), "Invalid email ada@".to_owned());
        base.held.left.insert("email".to_owned(), Held { value, reason });
        let names = Sides { left: "HubSpot".to_owned(), right: "10to8".to_owned() };
        let held = held(&base, &names);
        assert_eq!((held[0].side.as_str(), held[0].field.as_str()), ("HubSpot", "email"));
    }
}
