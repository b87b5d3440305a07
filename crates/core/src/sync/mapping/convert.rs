//! From what one side shows in a rule's fields to what the other should show.

use super::super::schema::{Kind, Schema};
use super::super::side::Side;
use super::super::value::{Face, Fields, Value};
use super::same::{respelt, written};
use super::{Form, Rule, date, fit, join, list, options};

/// What `side` shows in the rule's fields, in their order.
#[must_use]
pub fn face(rule: &Rule, side: Side, fields: &Fields) -> Face {
    Face(rule.fields[side].iter().map(|name| fields.get(name).cloned().unwrap_or_default()).collect())
}

/// What the side other than `from` should show, when `from` shows `face` and the other side shows `present` now: made fit for the
/// kinds of its fields, and with what is there already wherever that is the same. Values that the other side would refuse are
/// in it as they are ([`super::refusals`]).
#[must_use]
pub fn convert(rule: &Rule, from: Side, face: &Face, to_schema: &Schema, present: Option<&Face>) -> Face {
    let to = from.other();
    let values = match &rule.form {
        Form::Direct | Form::Date => vec![first(face).clone()],
        Form::Options { pairs } => vec![options::map(pairs, from, first(face))],
        Form::Constant { value } => rule.fields[to].iter().map(|_| Value::text(value.trim())).collect(),
        Form::Join { separator } if rule.several() == from => vec![join::joined(separator, &face.0)],
        Form::Join { separator } => {
            let text = join::whole(first(face));
            let present = present.map(|face| &face.0[..]);
            join::put(separator, &text, rule.fields[to].len(), present)
        }
        Form::List { .. } if rule.several() == from => vec![list::gathered(face)],
        Form::List { separator } => list::spread(rule, separator, first(face), present),
    };
    let kind_of = |index: usize| {
        let name = rule.fields[to].get(index)?;
        to_schema.get(name).map(|field| &field.kind)
    };
    let values = values.into_iter().enumerate().map(|(index, value)| {
        let there = present.and_then(|face| face.0.get(index));
        settled(rule, &value, kind_of(index), there)
    });
    Face(values.collect())
}

/// The value as this field should hold it, given what is there.
fn settled(rule: &Rule, value: &Value, kind: Option<&Kind>, there: Option<&Value>) -> Value {
    let style = rule.style();
    let given = written(style, value);
    let value = written(style, &fit::fit(given.clone(), kind));
    let Some(there) = there else { return value };
    if kind == Some(&Kind::DateTime) && date::is_day(given.first()) {
        return date::with_time_of(&value, there);
    }
    if fit::shows(there, &given, kind) || fit::is_same(&value, there, kind) {
        return there.clone();
    }
    respelt(style, value, there)
}

fn first(face: &Face) -> &Value {
    const NOTHING: &Value = &Value::Empty;
    face.0.first().unwrap_or(NOTHING)
}

/// The parts that people change one by one: of a joined text its parts, of a list with a primary the first and the rest. None for
/// forms without such parts. Compare them with [`super::alike_values`].
#[must_use]
pub fn components(rule: &Rule, side: Side, face: &Face) -> Option<Vec<Value>> {
    match &rule.form {
        Form::Join { .. } if rule.several() == side => Some(face.0.clone()),
        Form::Join { separator } => {
            let parts = rule.fields[side.other()].len();
            Some(join::split(separator, &join::whole(first(face)), parts, None))
        }
        Form::List { .. } if rule.several() == side => {
            Some(vec![first(face).clone(), Value::list(list::rest(face))])
        }
        Form::List { .. } => {
            let mut texts = list::elements(first(face)).into_iter();
            let primary = texts.next().map_or(Value::Empty, Value::Text);
            Some(vec![primary, Value::list(texts)])
        }
        _ => None,
    }
}

/// What `side` shows when the parts are these ([`components`]); nothing for forms without parts.
#[must_use]
pub fn assemble(rule: &Rule, side: Side, components: &[Value]) -> Face {
    match &rule.form {
        Form::Join { .. } if rule.several() == side => Face(components.to_vec()),
        Form::Join { separator } => Face(vec![join::joined(separator, components)]),
        Form::List { separator } => {
            let primary = components.first().cloned().unwrap_or_default();
            let rest = components.get(1).map_or(&[][..], Value::texts);
            if rule.several() == side {
                return Face(vec![primary, Value::text(rest.join(separator))]);
            }
            Face(vec![Value::list(primary.texts().iter().chain(rest).cloned())])
        }
        _ => Face(vec![Value::Empty; rule.fields[side].len()]),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{direct, emails, field, list, names, options, phones, rule, schema, texts};
    use super::*;
    use Side::{Left, Right};

    /// What the other side should show, where all fields are texts but the one list of emails.
    fn put(rule: &Rule, from: Side, face: &Face, present: Option<&Face>) -> Face {
        let mut schema = schema(&[("emails", Kind::List)]);
        for name in rule.fields[from.other()].iter().filter(|name| *name != "emails") {
            schema.fields.insert(name.clone(), field(Kind::Text));
        }
        convert(rule, from, face, &schema, present)
    }

    /// Between fields of these kinds, as [`Form::Direct`].
    fn direct_into(kind: Kind, value: Value, present: Option<Value>) -> Value {
        let present = present.map(|value| Face(vec![value]));
        into(&direct(), kind, value, present.as_ref())
    }

    fn into(rule: &Rule, kind: Kind, value: Value, present: Option<&Face>) -> Value {
        convert(rule, Left, &Face(vec![value]), &schema(&[("b", kind)]), present).0.remove(0)
    }

    #[test]
    fn a_face_is_the_rules_fields_in_their_order_and_what_is_not_there_is_empty() {
        let fields = Fields::from([("lastname".to_owned(), Value::text("Lovelace"))]);
        assert_eq!(face(&names(), Left, &fields), texts(&["", "Lovelace"]));
    }

    #[test]
    fn names_are_split_at_the_first_space_and_joined_without_empty_parts() {
        for (name, first, last) in [
            ("Ada Lovelace", "Ada", "Lovelace"),
            ("Ada King Lovelace", "Ada", "King Lovelace"),
            ("Ada", "Ada", ""),
            ("  Ada   Lovelace ", "Ada", "Lovelace"),
            ("", "", ""),
        ] {
            assert_eq!(put(&names(), Right, &texts(&[name]), None), texts(&[first, last]), "{name}");
        }
        for (first, last, name) in [
            ("Ada", "Lovelace", "Ada Lovelace"),
            ("", "Lovelace", "Lovelace"),
            ("Ada", " ", "Ada"),
            ("", "", ""),
        ] {
            assert_eq!(put(&names(), Left, &texts(&[first, last]), None), texts(&[name]), "{first} {last}");
        }
    }

    #[test]
    fn a_first_name_of_two_words_stays_one_while_the_name_begins_with_it() {
        let there = texts(&["Mary Ann", "Smith"]);
        for (name, shown) in [
            ("Mary Ann Smith", ["Mary Ann", "Smith"]),
            ("Mary Ann Jones", ["Mary Ann", "Jones"]),
            ("Mary Ann", ["Mary Ann", ""]),
            ("Mary Annabel Smith", ["Mary", "Annabel Smith"]),
            ("Maria Smith", ["Maria", "Smith"]),
        ] {
            assert_eq!(put(&names(), Right, &texts(&[name]), Some(&there)), texts(&shown), "{name}");
        }
    }

    #[test]
    fn a_last_name_alone_does_not_become_a_first_name() {
        let there = texts(&["", "Lovelace"]);
        assert_eq!(put(&names(), Right, &texts(&["Lovelace"]), Some(&there)), there);
        assert_eq!(
            put(&names(), Right, &texts(&["Ada Lovelace"]), Some(&there)),
            texts(&["Ada", "Lovelace"])
        );
    }

    #[test]
    fn three_parts_can_be_joined_with_any_separator() {
        let join = Form::Join { separator: ", ".to_owned() };
        let rule = rule(join, &["address"], &["street", "zip", "city"]);
        let parts = texts(&["1 High St", "", "Leeds, Yorks"]);
        assert_eq!(put(&rule, Right, &parts, None), texts(&["1 High St, Leeds, Yorks"]));
        let split = put(&rule, Left, &texts(&["1 High St, LS1, Leeds, Yorks"]), None);
        assert_eq!(split, texts(&["1 High St", "LS1", "Leeds, Yorks"]));
    }

    #[test]
    fn the_first_is_the_primary_and_the_rest_has_commas_and_line_ends_between() {
        let three = list(&["a@x.org", "b@x.org", "c@x.org"]);
        let shown = put(&emails(), Right, &three, None);
        assert_eq!(shown, texts(&["a@x.org", "b@x.org,\nc@x.org"]));
        assert_eq!(put(&emails(), Left, &shown, None), three);
        assert_eq!(put(&emails(), Right, &list(&["a@x.org"]), None), texts(&["a@x.org", ""]));
        assert_eq!(put(&emails(), Right, &Face(vec![Value::Empty]), None), texts(&["", ""]));
        assert_eq!(put(&emails(), Left, &texts(&["", ""]), None), Face(vec![Value::Empty]));
    }

    #[test]
    fn people_may_type_the_rest_as_they_like_and_an_empty_primary_is_left_out() {
        let typed = texts(&["", "b@x.org ,c@x.org\n\n d@x.org,"]);
        assert_eq!(put(&emails(), Left, &typed, None), list(&["b@x.org", "c@x.org", "d@x.org"]));
    }

    #[test]
    fn what_is_there_keeps_its_spelling() {
        let there = texts(&["020 7183 8750", "+44 20 7183 8751, 020 7183 8752"]);
        let face = list(&["+442071838750", "+442071838751", "020 7183 8753"]);
        let shown = put(&phones(), Right, &face, Some(&there));
        assert_eq!(shown, texts(&["020 7183 8750", "+44 20 7183 8751,\n+442071838753"]));
    }

    #[test]
    fn addresses_are_written_in_lower_case_and_numbers_with_their_country() {
        assert_eq!(put(&emails(), Left, &texts(&["Ada@X.org", ""]), None), list(&["ada@x.org"]));
        assert_eq!(put(&emails(), Left, &texts(&["No Address", ""]), None), list(&["No Address"]));
        assert_eq!(put(&phones(), Left, &texts(&["020 7183 8750", ""]), None), list(&["+442071838750"]));
    }

    #[test]
    fn a_constant_is_the_same_whatever_the_other_side_shows() {
        let rule = rule(Form::Constant { value: "10to8".to_owned() }, &["source"], &[]);
        assert_eq!(put(&rule, Right, &Face::default(), Some(&texts(&["typed"]))), texts(&["10to8"]));
        assert_eq!(put(&rule, Left, &texts(&["typed"]), None), Face::default());
    }

    #[test]
    fn a_choice_without_a_counterpart_is_never_taken_for_another_and_comes_back_as_itself() {
        let rule = options(&[("open", "new"), ("won", "open")]);
        assert_eq!(put(&rule, Left, &texts(&["won"]), None), texts(&["open"]));
        assert_eq!(put(&rule, Right, &texts(&["open"]), None), texts(&["won"]));
        let foreign = put(&rule, Left, &texts(&["new"]), None);
        assert_ne!(foreign, texts(&["new"]));
        assert_eq!(put(&rule, Right, &foreign, None), texts(&["new"]));
    }

    #[test]
    fn values_are_made_fit_for_the_field() {
        let both = || Value::list(["a", "b"]);
        assert_eq!(direct_into(Kind::Text, both(), None), Value::text("a, b"));
        assert_eq!(direct_into(Kind::List, Value::text("a, b"), None), both());
        assert_eq!(direct_into(Kind::Choices(vec![]), Value::text("a"), None), Value::list(["a"]));
        assert_eq!(direct_into(Kind::Text, Value::text("  a "), None), Value::text("a"));
        assert_eq!(direct_into(Kind::Text, Value::text("  "), None), Value::Empty);
        for (typed, shown) in [
            ("+012.50", "12.5"),
            ("-0.0", "0"),
            ("1e3", "1000"),
            (".5", "0.5"),
            ("a lot", "a lot"),
            ("inf", "inf"),
        ] {
            assert_eq!(direct_into(Kind::Number, Value::text(typed), None), Value::text(shown), "{typed}");
        }
        for (typed, shown) in [("Yes", "true"), ("0", "false"), ("maybe", "maybe")] {
            assert_eq!(direct_into(Kind::Bool, Value::text(typed), None), Value::text(shown), "{typed}");
        }
        let moment = "2026-01-31T23:30:00-01:00";
        assert_eq!(direct_into(Kind::Date, Value::text(moment), None), Value::text("2026-02-01"));
        let midnight = Value::text("2026-01-31T00:00:00.000Z");
        assert_eq!(direct_into(Kind::DateTime, Value::text("2026-01-31"), None), midnight);
        assert_eq!(direct_into(Kind::Date, Value::text("1769817600000"), None), Value::text("1769817600000"));
    }

    #[test]
    fn a_value_with_a_comma_in_it_is_not_parted_while_nothing_changes() {
        let there = || Value::list(["Sales, EMEA", "Support"]);
        let text = "Sales, EMEA, Support";
        assert_eq!(direct_into(Kind::List, Value::text(text), Some(there())), there());
        let more = Value::text("Sales, EMEA, Support, Legal");
        let parted = Value::list(["Sales", "EMEA", "Support", "Legal"]);
        assert_eq!(direct_into(Kind::List, more, Some(there())), parted);
        assert_eq!(
            direct_into(Kind::Text, Value::list(["a", "b"]), Some(Value::text("a,  b"))),
            Value::text("a,  b")
        );
    }

    #[test]
    fn what_shows_the_same_number_or_truth_stays_as_it_is() {
        let there = |kind, value: &str, there: &str| {
            direct_into(kind, Value::text(value), Some(Value::text(there))).first().to_owned()
        };
        assert_eq!(there(Kind::Number, "12.5", "12.50"), "12.50");
        assert_eq!(there(Kind::Number, "12.5", "12.51"), "12.5");
        assert_eq!(there(Kind::Bool, "false", ""), "");
        assert_eq!(there(Kind::Bool, "", "true"), "");
    }

    #[test]
    fn a_change_of_the_day_only_changes_the_day() {
        let rule = rule(Form::Date, &["a"], &["b"]);
        let there = texts(&["2026-01-31T09:30:00.250Z"]);
        let put = |day: &str| into(&rule, Kind::DateTime, Value::text(day), Some(&there));
        assert_eq!(put("2026-01-31"), there.0[0]);
        assert_eq!(put("2026-02-01"), Value::text("2026-02-01T09:30:00.250Z"));
        assert_eq!(put("2026-02-01T10:00:00Z"), Value::text("2026-02-01T10:00:00.000Z"));
        assert_eq!(put(""), Value::Empty);
        assert_eq!(put("soon"), Value::text("soon"));
        let nothing = into(&rule, Kind::DateTime, Value::text("2026-02-01"), Some(&texts(&[""])));
        assert_eq!(nothing, Value::text("2026-02-01T00:00:00.000Z"));
    }

    #[test]
    fn parts_that_were_changed_one_by_one_come_together() {
        let parts = |rule: &Rule, side, face: &Face| components(rule, side, face).expect("a form with parts");
        let (left, right) = (texts(&["Ada", "King Lovelace"]), texts(&["Ada King Lovelace"]));
        assert_eq!(parts(&names(), Left, &left), parts(&names(), Right, &right));
        assert_eq!(assemble(&names(), Right, &left.0), right);
        assert_eq!(assemble(&names(), Left, &left.0), left);
        let (left, right) = (texts(&["a", "b,\nc"]), list(&["a", "b", "c"]));
        let both = [Value::text("a"), Value::list(["b", "c"])];
        for (side, face) in [(Left, left), (Right, right)] {
            assert_eq!(parts(&emails(), side, &face), both);
            assert_eq!(assemble(&emails(), side, &both), face);
        }
        assert_eq!(components(&direct(), Left, &texts(&["a"])), None);
    }
}
