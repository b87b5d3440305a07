use super::*;

fn refused(field: &str, reason: &str) -> Outcome {
    let refusal = Refusal { field: field.to_owned(), value: Value::Empty, reason: reason.to_owned() };
    Outcome::Refused(vec![refusal])
}

/// The customer's e-mail address is none: the contact has an empty one.
fn invalid() -> Pair {
    let mut pair = Pair::agreed(&["email=a@x.org"], &["emails=a@x.org"]);
    pair.agreement.status = StatusPolicy::Errors;
    pair.shows(Right, &["emails=ada@|b@x.org"], 200);
    let plan = pair.plan();
    let [left, right] = [Left, Right].map(|side| written(&plan, side));
    assert_eq!(left["email"], Value::Empty);
    assert_eq!(left["more"], Value::text("b@x.org"));
    for told in [&left, &right] {
        assert_eq!(told["status"], Value::text("Error: Invalid email ada@"));
    }
    let (link, actions) = (plan.link.clone(), plan.actions.clone());
    pair.done(plan.clone(), Left, 300);
    let _ = link;
    pair.done(Plan { actions, link: pair.link.clone(), ..plan }, Right, 301);
    pair
}

#[test]
fn a_placeholder_does_not_travel_back() {
    assert!(invalid().plan().is_quiet());
}

#[test]
fn an_edit_beside_a_placeholder_keeps_what_belongs_in_its_place() {
    let mut pair = invalid();
    pair.shows(Left, &["more=c@x.org", "status=Error: Invalid email ada@"], 400);
    let plan = pair.plan();
    assert_eq!(written(&plan, Right), fields(&["emails=ada@|c@x.org"]));
    pair.done(plan, Right, 500);
    assert_eq!(pair.link.bases["emails"].held.left["email"].value, Value::text("ada@"));
    assert!(pair.plan().is_quiet());
}

#[test]
fn a_value_that_becomes_valid_flows_and_the_status_clears() {
    let mut pair = invalid();
    pair.shows(Right, &["emails=ada@x.org|b@x.org", "status=Error: Invalid email ada@"], 400);
    let plan = pair.plan();
    assert_eq!(written(&plan, Left)["email"], Value::text("ada@x.org"));
    for side in Side::BOTH {
        assert!(written(&plan, side)["status"].first().starts_with("Last synced: "));
    }
}

#[test]
fn what_is_typed_over_a_placeholder_goes_to_the_other_side_and_leaves_a_trace() {
    let mut pair = invalid();
    pair.shows(Left, &["email=real@x.org", "more=b@x.org", "status=Error: Invalid email ada@"], 400);
    let plan = pair.plan();
    assert_eq!(written(&plan, Right)["emails"], Value::list(["real@x.org", "b@x.org"]));
    assert_eq!(plan.decided[0].faces.right.0[0], Value::list(["ada@", "b@x.org"]));
}

#[test]
fn what_a_provider_takes_by_now_is_written_although_nobody_changed_it() {
    let mut pair = invalid();
    pair.schemas.left.fields.insert("email".to_owned(), pair.schemas.left.fields["note"].clone());
    assert_eq!(written(&pair.plan(), Left)["email"], Value::text("ada@"));
}

#[test]
fn what_the_provider_refuses_by_itself_gets_a_placeholder_too_and_the_rest_is_written() {
    let mut pair = Pair::agreed(&["note=x"], &["note=x"]);
    pair.shows(Right, &["note=bad", "name=Ada"], 200);
    let plan = pair.plan();
    pair.came_to(plan, Left, &refused("note", "no bad notes"));
    let plan = pair.plan();
    assert_eq!(written(&plan, Left)["note"], Value::Empty);
    assert_eq!(written(&plan, Left)["first"], Value::text("Ada"));
    pair.done(plan, Left, 300);
    assert_eq!(pair.link.bases["note"].held.left["note"].reason, "no bad notes");
    assert!(pair.plan().is_quiet());
    pair.shows(Right, &["note=good", "name=Ada"], 400);
    let plan = pair.plan();
    assert_eq!(written(&plan, Left), fields(&["note=good"]));
    assert!(plan.link.refused.left.is_empty(), "the old refusal is forgotten");
}

#[test]
fn a_write_refused_as_a_whole_is_tried_rule_by_rule_and_never_again_as_it_was() {
    let mut pair = Pair::agreed(&["note=x", "first=A"], &["note=x", "name=A"]);
    pair.shows(Right, &["note=bad", "name=Ada"], 200);
    let plan = pair.plan();
    pair.came_to(plan, Left, &refused(WHOLE, "something is wrong"));
    let plan = pair.plan();
    assert_eq!(written(&plan, Left), fields(&["first=Ada"]));
    pair.done(plan, Left, 300);
    let plan = pair.plan();
    assert_eq!(written(&plan, Left), fields(&["note=bad"]));
    pair.came_to(plan, Left, &refused(WHOLE, "something is wrong"));
    assert!(pair.plan().is_quiet());
    pair.agreement.status = StatusPolicy::Errors;
    let told = written(&pair.plan(), Right);
    assert_eq!(told, fields(&["status=Error: something is wrong"]));
}

#[test]
fn a_status_that_is_refused_is_not_sent_again() {
    let mut pair = invalid();
    pair.shows(Right, &["emails=ada@x.org|b@x.org", "status=Error: Invalid email ada@"], 400);
    let plan = pair.plan();
    pair.came_to(plan, Right, &refused("status", "no such field"));
    assert_eq!(pair.plan().actions.right, None);
}
