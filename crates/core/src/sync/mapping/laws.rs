//! What holds of every rule, whatever its sides show.

use super::super::schema::{Kind, Schema};
use super::super::side::{Side, Sides};
use super::super::value::{Face, Value};
use super::testing::{direct, emails, names, options, phones, rule, schema};
use super::*;
use proptest::prelude::*;

/// A rule with the kinds of its fields.
#[derive(Clone, Debug)]
struct Mapped {
    rule: Rule,
    schemas: Sides<Schema>,
}

impl Mapped {
    fn of(rule: Rule, left: &[Kind], right: &[Kind]) -> Self {
        let schema = |names: &[String], kinds: &[Kind]| {
            let fields: Vec<_> = names.iter().map(String::as_str).zip(kinds.iter().cloned()).collect();
            schema(&fields)
        };
        let schemas =
            Sides { left: schema(&rule.fields.left, left), right: schema(&rule.fields.right, right) };
        Self { rule, schemas }
    }

    /// What the other side shows of this face.
    fn put(&self, from: Side, face: &Face, present: Option<&Face>) -> Face {
        convert(&self.rule, from, face, &self.schemas[from.other()], present)
    }

    fn alike(&self, side: Side, a: &Face, b: &Face) -> bool {
        alike(&self.rule, side, a, b)
    }
}

/// Rules of every form, and every pair of kinds that go together.
fn rules() -> impl Strategy<Value = Mapped> {
    let join = |separator: &str, parts: usize| {
        let fields: Vec<_> = ["a", "b", "c"].into_iter().take(parts).collect();
        let form = Form::Join { separator: separator.to_owned() };
        Mapped::of(rule(form, &fields, &["whole"]), &vec![Kind::Text; parts], &[Kind::Text])
    };
    let list = |rule| Mapped::of(rule, &[Kind::Text, Kind::Text], &[Kind::List]);
    let one = |left, right| Mapped::of(direct(), &[left], &[right]);
    let date = |left, right| Mapped::of(rule(Form::Date, &["a"], &["b"]), &[left], &[right]);
    let choice = || Kind::Choice(vec!["x".to_owned(), "y".to_owned()]);
    let direct_phones = Rule { normalise: phones().normalise, ..direct() };
    prop::sample::select(vec![
        Mapped::of(names(), &[Kind::Text, Kind::Text], &[Kind::Text]),
        join(", ", 2),
        join(" ", 3),
        join("/", 3),
        join(" - ", 2),
        list(emails()),
        list(phones()),
        one(Kind::Text, Kind::Text),
        one(Kind::Text, Kind::List),
        one(Kind::List, Kind::List),
        one(Kind::Text, Kind::Number),
        one(Kind::Number, Kind::Number),
        one(Kind::Text, Kind::Bool),
        one(Kind::Bool, Kind::Bool),
        one(Kind::Date, Kind::DateTime),
        one(Kind::Text, Kind::Email),
        Mapped::of(direct_phones, &[Kind::Phone], &[Kind::Phone]),
        date(Kind::Date, Kind::DateTime),
        date(Kind::DateTime, Kind::Date),
        date(Kind::DateTime, Kind::DateTime),
        Mapped::of(options(&[("x", "y"), ("z", "x")]), &[choice()], &[choice()]),
        Mapped::of(rule(Form::Constant { value: "x".to_owned() }, &["a"], &[]), &[Kind::Text], &[]),
    ])
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c ,/\n-]{0,8}",
        "[A-Ca-c]{1,3}( [a-c]{1,3}){0,3}",
        "[abAB]@[abAB]\\.(org|x)",
        "(\\+44 ?|0)20 7946 012[0-9]",
        "[+-]?0?[0-9]{1,3}(\\.[0-9]0?)?(e[0-9])?",
        prop::sample::select(vec!["x", "y", "z", "true", "No", "1", "false"]).prop_map(str::to_owned),
        "20(25|26)-0[1-3]-[0-3][0-9](T[0-2][0-9]:30:00Z)?",
        "20260[1-3]0[0-9]",
    ]
}

/// A value as a field of this kind may hold it.
fn value(kind: &Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::List | Kind::Choices(_) => prop::collection::vec(text(), 0..4).prop_map(Value::list).boxed(),
        _ => text().prop_map(Value::text).boxed(),
    }
}

fn face_of(mapped: &Mapped, side: Side) -> BoxedStrategy<Face> {
    let kinds = mapped.rule.fields[side].iter().map(|name| {
        let field = mapped.schemas[side].get(name);
        value(field.map_or(&Kind::Text, |field| &field.kind))
    });
    kinds.collect::<Vec<_>>().prop_map(Face).boxed()
}

/// A rule, a side, two faces of it, and one of the other.
fn shown() -> impl Strategy<Value = (Mapped, Side, Face, Face, Face)> {
    (rules(), prop::sample::select(&Side::BOTH[..])).prop_flat_map(|(mapped, side)| {
        let faces = (face_of(&mapped, side), face_of(&mapped, side), face_of(&mapped, side.other()));
        (Just(mapped), Just(side), faces)
            .prop_map(|(mapped, side, (a, b, there))| (mapped, side, a, b, there))
    })
}

/// What was typed, without what stands between values: signs, blanks, case.
fn substance(face: &Face) -> String {
    let all = face.0.iter().flat_map(Value::texts).flat_map(|text| text.chars());
    all.filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_face_is_put_where_it_was_put_before_without_change((mapped, from, face, _, there) in shown()) {
        let to = from.other();
        let once = mapped.put(from, &face, Some(&there));
        let twice = mapped.put(from, &face, Some(&once));
        prop_assert_eq!(&twice, &once);
        prop_assert!(mapped.alike(to, &mapped.put(from, &face, None), &mapped.put(from, &face, None)));
        prop_assert_eq!(once.0.len(), mapped.rule.fields[to].len());
    }

    #[test]
    fn what_was_put_does_not_change_its_origin((mapped, from, face, _, there) in shown()) {
        let shown = mapped.put(from, &face, Some(&there));
        let back = mapped.put(from.other(), &shown, Some(&face));
        let again = mapped.put(from, &back, Some(&shown));
        prop_assert!(mapped.alike(from.other(), &again, &shown), "{:?} {:?} {:?}", shown, back, again);
    }

    #[test]
    fn alike_faces_are_put_alike((mapped, from, face, other, _) in shown()) {
        let spelt = Face(face.0.iter().map(spelt_otherwise).collect());
        for other in [other, spelt, normal(&mapped.rule, from, &face)] {
            if mapped.alike(from, &face, &other) {
                let (a, b) = (mapped.put(from, &face, None), mapped.put(from, &other, None));
                prop_assert!(mapped.alike(from.other(), &a, &b), "{:?} {:?}", a, b);
            }
        }
    }

    #[test]
    fn a_normal_form_is_its_own((mapped, side, face, _, _) in shown()) {
        let once = normal(&mapped.rule, side, &face);
        prop_assert_eq!(normal(&mapped.rule, side, &once), once.clone());
        prop_assert!(mapped.alike(side, &face, &once));
    }

    #[test]
    fn nothing_typed_disappears_in_joins_and_lists((mapped, from, face, _, there) in shown()) {
        let carries = matches!(mapped.rule.form, Form::Join { .. } | Form::List { .. });
        if carries && mapped.rule.normalise == Normalise::Email {
            let shown = mapped.put(from, &face, Some(&there));
            prop_assert_eq!(substance(&shown), substance(&face));
        }
        if matches!(mapped.rule.form, Form::Join { .. }) {
            let shown = mapped.put(from, &face, Some(&there));
            prop_assert_eq!(substance(&shown), substance(&face));
        }
    }

    #[test]
    fn what_is_written_is_taken_or_refused_with_a_reason((mapped, from, face, _, _) in shown()) {
        let to = from.other();
        let shown = mapped.put(from, &face, None);
        let refused = refusals(&mapped.rule, to, &shown, &mapped.schemas[to]);
        let rest = withheld(&mapped.rule, to, &shown, &refused);
        prop_assert_eq!(refusals(&mapped.rule, to, &rest, &mapped.schemas[to]), []);
        prop_assert!(refused.iter().all(|refusal| !refusal.reason.is_empty() && !refusal.value.is_empty()));
    }

    #[test]
    fn parts_of_a_face_are_the_face((mapped, side, face, _, _) in shown()) {
        if let Some(parts) = components(&mapped.rule, side, &face) {
            let assembled = assemble(&mapped.rule, side, &parts);
            prop_assert!(mapped.alike(side, &assembled, &face), "{:?} {:?}", parts, assembled);
        }
    }
}

/// The same with blanks around it, and in capitals where that makes no difference to people.
fn spelt_otherwise(value: &Value) -> Value {
    let spelt = |text: &String| {
        let text = if text.contains('@') { text.to_uppercase() } else { text.clone() };
        format!(" {text} ")
    };
    match value {
        Value::Empty => Value::Empty,
        Value::Text(text) => Value::Text(spelt(text)),
        Value::List(texts) => Value::List(texts.iter().map(spelt).collect()),
    }
}
