//! Every mistake is found where it is, and nothing where there is none.

use super::super::super::schema::{Field, Kind, Schema};
use super::super::super::{Agreement, Direction, Key, Side, Sides, Way, defaults};
use super::super::testing::{direct, emails, field, options, rule};
use super::super::{Form, Mistake, Normalise, Rule, check};

fn contacts() -> Schema {
    let text = |title: &str| Field { title: title.to_owned(), longest: Some(65_536), ..field(Kind::Text) };
    let stages = Kind::Choice(vec!["lead".to_owned(), "customer".to_owned()]);
    let fields = [
        ("firstname", text("First Name")),
        ("lastname", text("Last Name")),
        ("email", field(Kind::Email)),
        ("hs_additional_emails", field(Kind::Text)),
        ("phone", field(Kind::Phone)),
        ("tte_customer_secondary_emails", text("10to8 Customer Secondary Emails")),
        ("tte_customer_secondary_phone", text("10to8 Customer Secondary Phone")),
        ("tte_customer_uri", text("10to8 Customer URI")),
        ("tte_customer_sync_status", text("10to8 Customer Sync Status")),
        ("lifecyclestage", field(stages)),
        ("tags", field(Kind::Choices(vec![]))),
        ("score", field(Kind::Number)),
        ("birthday", field(Kind::Date)),
        ("createdate", Field { writable: false, ..field(Kind::DateTime) }),
        ("photo", field(Kind::Other)),
    ];
    Schema { fields: fields.map(|(name, field)| (name.to_owned(), field)).into(), ..Schema::default() }
}

fn customers() -> Schema {
    let fields = [("name", Kind::Text), ("emails", Kind::List), ("numbers", Kind::List)];
    Schema {
        fields: fields.map(|(name, kind)| (name.to_owned(), field(kind))).into(),
        open: true,
        ..Schema::default()
    }
}

fn ready_made() -> Agreement {
    defaults::between(("hubspot", "contacts"), ("tentoeight", "customer")).expect("ready-made")
}

fn mistakes(agreement: &Agreement) -> Vec<Mistake> {
    check(agreement, Sides { left: &contacts(), right: &customers() })
}

/// Exactly this one mistake: its place, its field and a part of what is said.
fn finds(what: &str, change: impl FnOnce(&mut Agreement), at: &str, field: Option<&str>, says: &str) {
    let mut agreement = ready_made();
    change(&mut agreement);
    let found = mistakes(&agreement);
    assert_eq!(found.len(), 1, "{what}: {found:?}");
    assert_eq!((found[0].at.as_str(), found[0].field.as_deref()), (at, field), "{what}: {found:?}");
    assert!(found[0].message.contains(says), "{what}: {}", found[0].message);
}

/// As [`finds`], of one more rule.
fn finds_in(rule: Rule, at: &str, field: Option<&str>, says: &str) {
    let what = format!("{rule:?}");
    finds(&what, |agreement| agreement.rules.push(rule), &format!("rules[3].{at}"), field, says);
}

/// One field each.
fn between(left: &str, right: &str) -> Rule {
    rule(Form::Direct, &[left], &[right])
}

fn constant(value: &str, left: &[&str], right: &[&str]) -> Rule {
    rule(Form::Constant { value: value.to_owned() }, left, right)
}

#[test]
fn nothing_is_wrong_with_the_ready_made_agreement_in_either_order() {
    assert_eq!(mistakes(&ready_made()), []);
    let turned = defaults::between(("tentoeight", "customer"), ("hubspot", "contacts")).expect("ready-made");
    assert_eq!(check(&turned, Sides { left: &customers(), right: &contacts() }), []);
}

#[test]
fn rules_of_every_form_can_be_right() {
    let mut agreement = ready_made();
    let named = |name: &str, rule: Rule| Rule { name: name.to_owned(), ..rule };
    let stage = options(&[("lead", "Lead"), ("customer", "Customer")]);
    let fields = |left: &str, right: &str| between(left, right).fields;
    agreement.rules.extend([
        named("stage", Rule { fields: fields("lifecyclestage", "custom_fields.Stage"), ..stage }),
        named("birthday", Rule { form: Form::Date, ..between("birthday", "custom_fields.Birthday") }),
        named("made", Rule { way: Way::LeftToRight, ..between("createdate", "custom_fields.Since") }),
        named("score", between("score", "custom_fields.Score")),
        named("tags", between("tags", "custom_fields.Tags")),
        named("source", constant("HubSpot", &[], &["custom_fields.Source"])),
    ]);
    assert_eq!(mistakes(&agreement), []);
}

#[test]
fn fields_that_are_not_there_are_told_with_the_one_that_was_meant() {
    let to = "custom_fields.X";
    let first = "fields.left[0]";
    finds_in(
        between("lifecyclestagee", to),
        first,
        Some("lifecyclestagee"),
        "did you mean `lifecyclestage`?",
    );
    finds_in(between("LifecycleStage", to), first, Some("LifecycleStage"), "did you mean `lifecyclestage`?");
    finds_in(between("First name", to), first, Some("First name"), "did you mean `firstname`?");
    finds_in(
        between("nothing_like_it", to),
        first,
        Some("nothing_like_it"),
        "contacts has no field `nothing_like_it`",
    );
    finds_in(between("", to), first, Some(""), "a field needs a name");
    let tell = "did you mean `custom_fields.Score`?";
    finds_in(between("score", "Score"), "fields.right[0]", Some("Score"), tell);
}

#[test]
fn properties_that_setting_up_makes_are_told_so() {
    let mut contacts = contacts();
    contacts.fields.retain(|name, _| !name.starts_with("tte_customer_"));
    let found = check(&ready_made(), Sides { left: &contacts, right: &customers() });
    let places: Vec<_> = found.iter().map(|mistake| mistake.at.as_str()).collect();
    let rules = ["rules[1].fields.left[1]", "rules[2].fields.left[1]"];
    assert_eq!(places, ["sides.left.external", "sides.left.status", rules[0], rules[1]]);
    for mistake in found {
        assert!(
            mistake.message.contains("setting the account up makes it (`syncline setup`)"),
            "{}",
            mistake.message
        );
    }
}

#[test]
fn only_what_is_written_has_to_be_writable() {
    let rule = || between("createdate", "custom_fields.Since");
    finds_in(
        rule(),
        "fields.left[0]",
        Some("createdate"),
        "cannot be written: let the rule go from the left only",
    );
    let mut agreement = ready_made();
    agreement.rules.push(Rule { way: Way::LeftToRight, ..rule() });
    assert_eq!(mistakes(&agreement), []);
}

#[test]
fn forms_ask_for_their_numbers_of_fields() {
    let fields = "fields";
    let (two, one, none) = (["score", "birthday"], ["custom_fields.X"], [""; 0]);
    let join = || Form::Join { separator: " ".to_owned() };
    let list = || Form::List { separator: ",\n".to_owned() };
    finds_in(
        rule(Form::Direct, &two, &one),
        fields,
        None,
        "`direct` maps one field to one; there are 2 on the left",
    );
    finds_in(rule(Form::Direct, &one[..0], &one), fields, None, "there are 0 on the left and 1 on the right");
    finds_in(rule(Form::Date, &two, &one), fields, None, "`date`");
    finds_in(rule(join(), &two[..1], &one), fields, None, "`join`");
    finds_in(rule(list(), &two[..1], &one), fields, None, "`list`");
    finds_in(constant("x", &two[..1], &one), fields, None, "`constant`");
    let pairs = || Form::Options { pairs: vec![("a".to_owned(), "b".to_owned())] };
    finds_in(rule(pairs(), &two, &one), fields, None, "`options`");
    finds_in(constant("x", &none, &none), fields, None, "`constant`");
}

#[test]
fn kinds_have_to_fit_each_other_and_the_form() {
    let custom = "custom_fields.X";
    finds_in(between("photo", custom), "fields.left[0]", Some("photo"), "that mappings can hold");
    let both = Rule { way: Way::RightToLeft, ..between("score", "numbers") };
    finds(
        "a list as number",
        |it| replace(it, 2, both),
        "rules[2].fields.left[0]",
        Some("score"),
        "`numbers` holds a list",
    );
    let date = Rule { form: Form::Date, ..between("score", custom) };
    finds_in(date, "fields.left[0]", Some("score"), "it has to be a day or a moment");
    let join = rule(Form::Join { separator: " ".to_owned() }, &["lifecyclestage", "score"], &[custom]);
    finds_in(join, "fields.left[1]", Some("score"), "`score` holds a number; here it has to be a text");
    let list = Rule { name: "list".to_owned(), ..emails() };
    let fields = rule(Form::Direct, &["lifecyclestage", "score"], &[custom]).fields;
    let found = {
        let mut agreement = ready_made();
        agreement.rules.push(Rule { fields, ..list });
        mistakes(&agreement)
    };
    let told: Vec<_> = found.iter().map(|mistake| (mistake.at.as_str(), mistake.field.as_deref())).collect();
    assert_eq!(
        told,
        [("rules[3].fields.left[1]", Some("score")), ("rules[3].fields.right[0]", Some(custom))]
    );
    let several = Rule { fields: between("lifecyclestage", "numbers").fields, ..options(&[("lead", "a")]) };
    let at = "rules[2].fields.left[0]";
    finds(
        "several into one",
        |it| replace(it, 2, several),
        at,
        Some("lifecyclestage"),
        "one does not become the other",
    );
}

/// Another rule in the place of this one, and nobody matched by it.
fn replace(agreement: &mut Agreement, index: usize, rule: Rule) {
    agreement.rules[index] = rule;
    agreement.matching.truncate(1);
}

#[test]
fn rules_have_names_of_their_own() {
    let at = "rules[2].name";
    finds("twice", |it| rename(it, "emails"), at, None, "there is another rule called `emails`");
    finds("none", |it| rename(it, " "), at, None, "a rule needs a name");
    finds("reserved", |it| rename(it, "@delete"), at, None, "cannot begin with @");
}

fn rename(agreement: &mut Agreement, name: &str) {
    agreement.rules[2].name = name.to_owned();
    agreement.matching.truncate(1);
}

#[test]
fn nobody_writes_what_another_writes() {
    let rule = between("phone", "custom_fields.X");
    finds_in(rule.clone(), "fields.left[0]", Some("phone"), "the rule `numbers` writes `phone` already");
    let mut agreement = ready_made();
    agreement.rules.push(Rule { way: Way::LeftToRight, ..rule });
    assert_eq!(mistakes(&agreement), [], "to read it is no harm");
    let twice =
        self::rule(Form::Join { separator: " ".to_owned() }, &["lifecyclestage"; 2], &["custom_fields.X"]);
    finds_in(twice, "fields.left[1]", Some("lifecyclestage"), "is there twice");
}

#[test]
fn a_rule_that_goes_against_the_sync_does_nothing() {
    let against = |agreement: &mut Agreement| {
        agreement.direction = Direction::LeftToRight;
        agreement.rules[0].way = Way::RightToLeft;
    };
    finds("against", against, "rules[0].way", None, "never writes anything");
}

#[test]
fn external_id_and_status_have_texts_of_their_own() {
    let (external, status) = ("sides.left.external", "sides.left.status");
    let set =
        |external: &'static str| move |it: &mut Agreement| it.sides.left.external = Some(external.to_owned());
    finds("not there", set("nowhere"), external, Some("nowhere"), "contacts has no field `nowhere`");
    finds("read only", set("createdate"), external, Some("createdate"), "cannot be written");
    finds("no text", set("score"), external, Some("score"), "holds a number; it has to be a text");
    finds("a rule's", set("firstname"), external, Some("firstname"), "the rule `name` uses it");
    finds("one for both", set("tte_customer_sync_status"), status, None, "cannot be in the same field");
    let none = |agreement: &mut Agreement| agreement.sides.right.object_type.clear();
    finds("no type", none, "sides.right.object_type", None, "say what is synced");
    let mut without = ready_made();
    without.sides.left.external = None;
    without.sides.left.status = None;
    assert_eq!(mistakes(&without), []);
}

#[test]
fn matching_names_rules_and_fields_that_are_there() {
    let key = |rule: &str| Key { rule: rule.to_owned(), also: Sides::default() };
    let rule = |name: &'static str| move |it: &mut Agreement| it.matching.push(key(name));
    finds(
        "a slip",
        rule("email"),
        "matching[2].rule",
        None,
        "there is no rule `email`; did you mean `emails`?",
    );
    let also = |agreement: &mut Agreement| agreement.matching[0].also.left.push("hs_emails".to_owned());
    finds("no field", also, "matching[0].also.left[1]", Some("hs_emails"), "has no field `hs_emails`");
    let by_constant = |agreement: &mut Agreement| {
        agreement.rules.push(constant("x", &[], &["custom_fields.X"]));
        agreement.matching.push(key("rule"));
    };
    finds("a constant", by_constant, "matching[2].rule", None, "nobody can be found by it");
}

#[test]
fn no_choice_has_two_counterparts_and_every_choice_is_one() {
    let stage = |pairs: &[(&str, &str)]| Rule {
        fields: between("lifecyclestage", "custom_fields.Stage").fields,
        ..options(pairs)
    };
    let at = |index: usize| format!("form.options.pairs[{index}]");
    finds_in(stage(&[]), "form.options.pairs", None, "there are no pairs");
    finds_in(stage(&[("lead", "A"), ("lead", "B")]), &at(1), None, "`lead` is on the left twice");
    finds_in(stage(&[("lead", "A"), ("customer", "A")]), &at(1), None, "`A` is on the right twice");
    finds_in(stage(&[("lead", " ")]), &at(0), None, "the right needs a choice");
    finds_in(stage(&[("leads", "A")]), &at(0), Some("lifecyclestage"), "did you mean `lead`?");
    let mut agreement = ready_made();
    let one_way = Rule { way: Way::LeftToRight, ..stage(&[("lead", "A"), ("customer", "A")]) };
    agreement.rules.push(one_way);
    assert_eq!(mistakes(&agreement), [], "one way, two may become one");
}

#[test]
fn separators_countries_constants_and_shares_make_sense() {
    let form = |index: usize, form: Form| move |it: &mut Agreement| it.rules[index].form = form;
    let join = Form::Join { separator: String::new() };
    finds("empty", form(0, join), "rules[0].form.join.separator", None, "without a separator");
    for separator in ["", " ", ";", ", and "] {
        let list = Form::List { separator: separator.to_owned() };
        finds(separator, form(1, list), "rules[1].form.list.separator", None, "commas or line ends");
    }
    let region = Normalise::Phone { region: "UK".to_owned() };
    let at = "rules[2].normalise.phone.region";
    finds("no country", |it| it.rules[2].normalise = region, at, None, "`UK` is not a country");
    let at = "rules[0].normalise";
    finds("names", |it| it.rules[0].normalise = Normalise::Email, at, None, "by `direct` and `list` only");
    finds_in(
        constant("", &[], &["custom_fields.X"]),
        "form.constant.value",
        None,
        "a constant needs a value",
    );
    let at = "form.constant.value";
    finds_in(constant("lost", &["lifecyclestage"], &[]), at, Some("lifecyclestage"), "lost is no choice of");
    finds("share", |it| it.guard.percent = 101, "guard.percent", None, "at most 100");
    let empty = |agreement: &mut Agreement| {
        agreement.rules.clear();
        agreement.matching.clear();
    };
    finds("empty", empty, "rules", None, "there are no rules");
}

#[test]
fn a_placeholder_is_taken_by_the_field_it_stands_in() {
    let set = |text: &'static str| move |it: &mut Agreement| it.rules[1].placeholder.left = text.to_owned();
    let at = "rules[1].placeholder.left";
    finds(
        "no address",
        set("none"),
        at,
        Some("email"),
        "would refuse the placeholder as well: Invalid email none",
    );
    let mut agreement = ready_made();
    set("none@example.com")(&mut agreement);
    assert_eq!(mistakes(&agreement), []);
}

#[test]
fn all_mistakes_are_told_at_once() {
    let mut agreement = ready_made();
    agreement.guard.percent = 200;
    agreement.rules[0].fields[Side::Left][0] = "firstnam".to_owned();
    agreement.rules.push(direct());
    let places: Vec<_> = mistakes(&agreement).into_iter().map(|mistake| mistake.at).collect();
    let rules = ["rules[0].fields.left[0]", "rules[3].fields.left[0]", "rules[3].fields.right[0]"];
    assert_eq!(places, ["guard.percent", rules[0], rules[1], rules[2]]);
}
