use super::*;

#[test]
fn nothing_is_done_where_nobody_changed_anything() {
    let pair = Pair::agreed(&["first=Ada", "last=Lovelace"], &["name=Ada Lovelace"]);
    let plan = pair.plan();
    assert!(plan.is_quiet());
    assert_eq!(plan.link, pair.link);
}

#[test]
fn one_sides_change_goes_to_the_other_and_only_what_differs_is_written() {
    let mut pair = Pair::agreed(&["first=Ada", "last=Byron"], &["name=Ada Byron"]);
    pair.shows(Right, &["name=Ada Lovelace"], 200);
    let plan = pair.plan();
    assert_eq!(written(&plan, Left), fields(&["last=Lovelace"]));
    assert_eq!(plan.actions.right, None);
    pair.done(plan, Left, 300);
    assert!(pair.plan().is_quiet());
}

#[test]
fn emptying_a_field_is_a_change_like_any_other() {
    let mut pair = Pair::agreed(&["first=Ada", "note=x"], &["name=Ada", "note=x"]);
    pair.shows(Left, &["first=Ada"], 200);
    assert_eq!(written(&pair.plan(), Right), Fields::from([("note".to_owned(), Value::Empty)]));
}

#[test]
fn both_changed_alike_is_agreed_without_writing() {
    let mut pair = Pair::agreed(&["email=a@x.org"], &["emails=a@x.org"]);
    pair.shows(Left, &["email=B@X.org"], 200);
    pair.shows(Right, &["emails=b@x.org"], 201);
    let plan = pair.plan();
    assert!(plan.is_quiet() && plan.conflicts.is_empty() && plan.decided.is_empty());
    assert_eq!(plan.link.bases["emails"].faces.right.0[0].first(), "b@x.org");
}

#[test]
fn changes_of_different_parts_are_put_together() {
    let mut pair = Pair::agreed(&["first=Ada", "last=Byron"], &["name=Ada Byron"]);
    pair.shows(Left, &["first=Augusta", "last=Byron"], 200);
    pair.shows(Right, &["name=Ada Lovelace"], 210);
    let plan = pair.plan();
    assert_eq!(written(&plan, Left), fields(&["last=Lovelace"]));
    assert_eq!(written(&plan, Right), fields(&["name=Augusta Lovelace"]));
    assert!(plan.decided.is_empty());
}

#[test]
fn what_both_sides_are_to_get_is_agreed_only_when_both_show_it() {
    let mut pair = Pair::agreed(&["email=a@x.org"], &["emails=a@x.org"]);
    pair.shows(Left, &["email=a@x.org", "more=b@x.org"], 200);
    pair.shows(Right, &["emails=a@x.org|c@x.org"], 210);
    let plan = pair.plan();
    assert_eq!(written(&plan, Right), fields(&["emails=a@x.org|b@x.org|c@x.org"]));
    let base = pair.link.bases["emails"].clone();
    let before = pair.seen.left.clone();
    pair.done(plan, Left, 300);
    assert_eq!(pair.link.bases["emails"], base);
    let after = std::mem::replace(&mut pair.seen.left, before);
    assert_eq!(pair.plan().refresh, only(Left), "an old reading does not show it");
    pair.seen.left = after;
    let plan = pair.plan();
    assert_eq!(written(&plan, Right), fields(&["emails=a@x.org|b@x.org|c@x.org"]));
    pair.done(plan, Right, 400);
    assert!(pair.plan().is_quiet());
}

#[test]
fn never_compared_and_alike_is_agreed() {
    let plan = Pair::new(&["first=Ada"], &["name= Ada "]).plan();
    assert!(plan.is_quiet());
    assert!(plan.link.bases.contains_key("name"));
}

#[test]
fn never_compared_and_one_empty_flows_to_the_empty_side_and_never_the_other_way() {
    let plan = Pair::new(&["note=x"], &["name=Ada"]).plan();
    assert_eq!(written(&plan, Right), fields(&["note=x"]));
    assert_eq!(written(&plan, Left), fields(&["first=Ada"]));
    let lists = Pair::new(&["email=a@x.org"], &["emails=a@x.org|b@x.org"]).plan();
    assert_eq!(written(&lists, Left), fields(&["more=b@x.org"]), "nor part of it");
    assert_eq!(lists.actions.right, None);
}

#[test]
fn a_rule_over_other_fields_has_never_agreed() {
    let mut pair = Pair::agreed(&["note=x"], &["note=x"]);
    pair.agreement.rules[2].fields.right = vec!["remark".to_owned()];
    pair.schemas.right.fields.insert("remark".to_owned(), pair.schemas.right.fields["note"].clone());
    let plan = pair.plan();
    assert_eq!(written(&plan, Right), fields(&["remark=x"]));
    assert_eq!(plan.actions.left, None, "an empty field that nobody knew before empties nothing");
}

#[test]
fn a_one_way_rule_puts_back_what_is_typed_at_its_target() {
    let mut pair = Pair::agreed(&["note=x"], &["note=x"]);
    pair.agreement.rules[2].way = Way::LeftToRight;
    pair.shows(Right, &["note=typed"], 200);
    let plan = pair.plan();
    assert_eq!(written(&plan, Right), fields(&["note=x"]));
    assert_eq!(plan.decided[0].winner, Some(Left));
    assert_eq!(plan.decided[0].faces.right.0[0].first(), "typed");
}

#[test]
fn a_constant_is_written_and_put_back() {
    let mut pair = Pair::new(&[], &[]);
    pair.agreement.rules = vec![rule("origin", &[], &["note"], Form::Constant { value: "hub".to_owned() })];
    let plan = pair.plan();
    assert_eq!(written(&plan, Right), fields(&["note=hub"]));
    pair.done(plan, Right, 200);
    assert!(pair.plan().is_quiet());
    pair.shows(Right, &["note=typed"], 300);
    let plan = pair.plan();
    assert_eq!(written(&plan, Right), fields(&["note=hub"]));
    assert_eq!(plan.decided.len(), 1);
}

#[test]
fn a_sync_in_one_direction_writes_nothing_but_id_and_status_against_it() {
    let mut pair = Pair::agreed(&["note=x"], &["note=x"]);
    pair.agreement.direction = Direction::LeftToRight;
    pair.shows(Right, &["note=typed"], 200);
    assert!(pair.plan().is_quiet());
    pair.shows(Left, &["note=y"], 150);
    let plan = pair.plan();
    assert_eq!(written(&plan, Right), fields(&["note=y"]), "what is newest does not turn it round");
    assert_eq!(plan.decided[0].faces.right.0[0].first(), "typed");
}

#[test]
fn a_run_in_one_direction_sends_to_one_side_only() {
    let pair = Pair::new(&["note=x"], &["name=Ada", "emails=a@x.org"]);
    let whole = pair.plan();
    let plan = restrict(&pair.terms(), whole.clone(), Right);
    assert_eq!(written(&plan, Right), written(&whole, Right));
    assert_eq!(written(&plan, Right)["note"], Value::text("x"));
    assert_eq!(plan.actions.left, None);
    let mut named = pair;
    if let Seen::Here(snapshot) = &mut named.seen.right {
        snapshot.fields.remove("id");
    }
    named.link.external.right = None;
    let plan = restrict(&named.terms(), named.plan(), Left);
    assert_eq!(written(&plan, Right), fields(&["id=L"]), "but it is told its counterpart");
}

#[test]
fn a_run_in_one_direction_does_not_tell_of_what_it_leaves_out() {
    let mut pair = Pair::agreed(&["note=x"], &["note=x"]);
    pair.agreement.status = StatusPolicy::Always;
    pair.shows(Left, &["note=y"], 200);
    let whole = pair.plan();
    assert!(written(&whole, Left).contains_key("status"));
    assert!(restrict(&pair.terms(), whole, Left).is_quiet());
}

#[test]
fn an_id_that_a_merge_joined_stays_with_those_of_the_others() {
    let mut pair = Pair::agreed(&["note=x"], &["note=x"]);
    if let Seen::Here(snapshot) = &mut pair.seen.right {
        snapshot.fields.insert("id".to_owned(), Value::text("L, L2"));
        snapshot.read_at = at(200);
    }
    assert!(pair.plan().is_quiet());
    pair.link.moved(Left, "L3");
    if let Seen::Here(snapshot) = &mut pair.seen.left {
        snapshot.id = "L3".to_owned();
    }
    assert_eq!(written(&pair.plan(), Right), fields(&["id=L3"]), "until none of them is the linked one");
}

#[test]
fn both_sides_are_told_when_something_was_written_and_nobody_for_the_time_alone() {
    let mut pair = Pair::agreed(&["note=x"], &["note=x"]);
    pair.agreement.status = StatusPolicy::Always;
    assert!(pair.plan().is_quiet());
    pair.shows(Left, &["note=y"], 200);
    let plan = pair.plan();
    let told = fields(&["status=Last synced: 1970-01-01T00:00:01.000Z"]);
    assert_eq!(written(&plan, Left), told);
    assert_eq!(written(&plan, Right)["status"], told["status"]);
    let actions = plan.actions.clone();
    pair.done(plan.clone(), Right, 300);
    let plan = Plan { actions, link: pair.link.clone(), ..plan };
    pair.done(plan, Left, 301);
    pair.now = 90_000_000;
    assert!(pair.plan().is_quiet());
}
