use super::*;

fn parted() -> Pair {
    let mut pair = Pair::agreed(&["note=x"], &["note=x"]);
    pair.gone(Left, 200);
    pair
}

fn asks(plan: &Plan) -> &str {
    let [Conflict { kind: ConflictKind::Deletion { reason, .. }, .. }] = plan.conflicts.as_slice() else {
        panic!("asks about a deletion: {plan:?}");
    };
    reason
}

fn deletes(plan: &Plan, side: Side) -> Option<bool> {
    match &plan.actions[side] {
        Some(Action::Delete { force, .. }) => Some(*force),
        _ => None,
    }
}

fn is_over(plan: &Plan, ending: Ending) -> bool {
    plan.is_quiet() && plan.link.state == State::Ended(ending)
}

#[test]
fn a_deletion_means_what_the_policy_of_its_side_says() {
    let mut pair = parted();
    assert_eq!(deletes(&pair.plan(), Right), Some(false));
    pair.agreement.deletions.left = Deletion::Force;
    assert_eq!(deletes(&pair.plan(), Right), Some(true));
    pair.agreement.deletions.left = Deletion::Unlink;
    assert!(is_over(&pair.plan(), Ending::Unlinked { side: Left }));
    pair.agreement.deletions.left = Deletion::Archive;
    assert!(is_over(&pair.plan(), Ending::Unlinked { side: Left }), "what cannot be taken back is not done");
    pair.can.right.undelete = true;
    assert_eq!(deletes(&pair.plan(), Right), Some(false));
    pair.agreement.deletions.left = Deletion::Ask;
    assert_eq!(asks(&pair.plan()), "was deleted on the other side");
    pair.agreement.direction = Direction::RightToLeft;
    assert!(is_over(&pair.plan(), Ending::Unlinked { side: Left }));
}

#[test]
fn a_deleted_pair_is_over() {
    let mut pair = parted();
    let plan = pair.plan();
    pair.came_to(plan, Right, &Outcome::Done { id: "R".to_owned(), fields: Fields::new(), at: at(300) });
    assert_eq!(pair.link.state, State::Ended(Ending::Deleted { side: Left }));
    assert!(pair.plan().is_quiet(), "an old reading does not bring it back");
    let mut both = parted();
    both.gone(Right, 210);
    assert!(is_over(&both.plan(), Ending::Deleted { side: Left }));
}

#[test]
fn what_was_changed_meanwhile_is_not_deleted_unasked() {
    let mut pair = parted();
    pair.shows(Right, &["note=typed"], 210);
    assert_eq!(asks(&pair.plan()), "was deleted on the other side and changed here");
    pair.agreement.deletions.left = Deletion::Force;
    assert!(pair.plan().is_quiet());
}

#[test]
fn nothing_is_deleted_on_the_word_of_an_old_reading() {
    let mut pair = parted();
    pair.fresh_after = 300;
    assert_eq!(pair.plan().refresh, only(Right));
}

#[test]
fn a_deletion_that_the_provider_objects_to_is_put_to_a_person_who_may_force_it() {
    let mut pair = parted();
    let plan = pair.plan();
    pair.came_to(plan, Right, &Outcome::Objected("has future bookings".to_owned()));
    let plan = pair.plan();
    assert_eq!(asks(&plan), "has future bookings");
    let faces = plan.conflicts[0].faces.clone();
    let decision = |winner| Decision { winner, faces: faces.clone(), force: true };
    pair.link.decisions.insert(DELETION.to_owned(), decision(Left));
    assert_eq!(deletes(&pair.plan(), Right), Some(true));
    pair.link.decisions.insert(DELETION.to_owned(), decision(Right));
    assert_eq!(
        written(&pair.plan(), Right).keys().collect::<Vec<_>>(),
        ["id"],
        "first it forgets the other one"
    );
    pair.link.decisions.insert(DELETION.to_owned(), decision(Left));
    pair.shows(Right, &["note=changed since"], 300);
    assert_eq!(asks(&pair.plan()), "was deleted on the other side and changed here");
}

#[test]
fn who_stays_because_a_person_says_so_shows_nothing_of_the_other_one_any_more() {
    for policy in [StatusPolicy::Always, StatusPolicy::Errors, StatusPolicy::Off] {
        let mut pair = parted();
        pair.agreement.status = policy;
        pair.shows(Right, &["note=typed"], 210);
        if policy != StatusPolicy::Off {
            let asked = pair.plan();
            assert!(written(&asked, Right)["status"].first().starts_with("Error: was deleted"));
            pair.done(asked, Right, 220);
        }
        let faces = pair.plan().conflicts[0].faces.clone();
        let decision = Decision { winner: Right, faces, force: false };
        pair.link.decisions.insert(DELETION.to_owned(), decision);
        let parting = pair.plan();
        let mut taken = vec![("id".to_owned(), Value::Empty)];
        if policy != StatusPolicy::Off {
            taken.push(("status".to_owned(), Value::Empty));
        }
        assert_eq!(written(&parting, Right).into_iter().collect::<Vec<_>>(), taken, "{policy:?}");
        assert_eq!(parting.link.state, State::Linked, "it is over once that is done");
        pair.done(parting, Right, 230);
        assert!(is_over(&pair.plan(), Ending::Unlinked { side: Left }), "{policy:?}");
    }
}

#[test]
fn who_stays_is_let_go_where_the_provider_refuses_to_forget_the_other_one() {
    let mut pair = parted();
    let decision = |faces| Decision { winner: Right, faces, force: false };
    pair.shows(Right, &["note=typed"], 210);
    let faces = pair.plan().conflicts[0].faces.clone();
    pair.link.decisions.insert(DELETION.to_owned(), decision(faces));
    let plan = pair.plan();
    let reason = "External ID may not be empty".to_owned();
    let refusal = Refusal { field: "id".to_owned(), value: Value::Empty, reason };
    pair.came_to(plan, Right, &Outcome::Refused(vec![refusal]));
    assert!(is_over(&pair.plan(), Ending::Unlinked { side: Left }));
}

#[test]
fn who_comes_back_is_linked_again_and_what_changed_meanwhile_flows() {
    let mut pair = parted();
    pair.agreement.deletions.left = Deletion::Unlink;
    pair.link = pair.plan().link;
    pair.shows(Right, &["note=typed"], 300);
    assert!(pair.plan().is_quiet());
    pair.shows(Left, &["note=x"], 400);
    let plan = pair.plan();
    assert_eq!(plan.link.state, State::Linked);
    assert_eq!(written(&plan, Left), fields(&["note=typed"]));
}

#[test]
fn who_comes_back_alone_gets_a_new_counterpart() {
    let mut pair = parted();
    let plan = pair.plan();
    pair.came_to(plan, Right, &Outcome::Done { id: "R".to_owned(), fields: Fields::new(), at: at(300) });
    pair.shows(Left, &["note=x"], 400);
    assert_eq!(pair.plan().refresh, only(Right), "the other one may have come back too");
    pair.gone(Right, 301);
    let plan = pair.plan();
    assert!(matches!(plan.actions.right, Some(Action::Create(_))));
    assert_eq!((plan.link.ids.right, plan.link.bases.len()), (None, 0));
}

#[test]
fn who_became_another_record_is_not_deleted_for_it() {
    let mut pair = parted();
    pair.seen.left = Seen::Gone { id: "L".to_owned(), at: at(200), merged_into: Some("L3".to_owned()) };
    assert!(pair.plan().is_quiet());
    pair.link.moved(Left, "L3");
    pair.link.state = State::Ended(Ending::Merged { side: Left });
    pair.shows(Left, &["note=y"], 300);
    assert!(pair.plan().is_quiet());
}

#[test]
fn a_record_is_created_with_what_it_says_and_the_others_id() {
    let mut pair = Pair::new(&["first=Ada", "email=a@x.org"], &[]);
    pair.link = Link::lone(Left, "L");
    pair.seen.right = Seen::Never;
    let plan = pair.plan();
    assert_eq!(written(&plan, Right), fields(&["name=Ada", "emails=a@x.org", "id=L"]));
    let pending = Pending { side: Right, sent_at: at(200), open: false };
    let action = plan.actions.right.clone().expect("a creation");
    pair.link = Link { state: State::Creating(pending), ..plan.link };
    assert!(pair.plan().is_quiet(), "nothing is sent while it may have been");
    let done = Outcome::Done { id: "R".to_owned(), fields: Fields::new(), at: at(300) };
    pair.link = settle(&pair.terms(), pair.link.clone(), Right, &action, &done);
    assert_eq!((pair.link.state.clone(), pair.link.ids.right.as_deref()), (State::Linked, Some("R")));
}

#[test]
fn a_record_that_says_nothing_there_is_not_created() {
    let mut pair = Pair::new(&[], &["emails=ada@"]);
    pair.agreement.rules.push(rule("origin", &["last"], &[], Form::Constant { value: "hub".to_owned() }));
    pair.agreement.status = StatusPolicy::Errors;
    pair.link = Link::lone(Right, "R");
    pair.seen.left = Seen::Never;
    let plan = pair.plan();
    assert_eq!(plan.actions.left, None);
    assert_eq!(written(&plan, Right), fields(&["status=Error: Invalid email ada@"]));
}

#[test]
fn nobody_knows_of_a_creation_whether_it_was_and_one_that_was_refused_is_not_repeated() {
    let mut pair = Pair::new(&["first=Ada"], &[]);
    pair.link = Link::lone(Left, "L");
    pair.seen.right = Seen::Never;
    let plan = pair.plan();
    pair.came_to(plan.clone(), Right, &Outcome::Unknown);
    assert!(matches!(pair.link.state, State::Creating(Pending { side: Right, .. })));
    let refusal = Refusal { field: WHOLE.to_owned(), value: Value::Empty, reason: "no".to_owned() };
    pair.came_to(plan, Right, &Outcome::Refused(vec![refusal]));
    assert!(pair.plan().is_quiet());
    pair.shows(Left, &["first=Augusta"], 200);
    assert!(pair.plan().actions.right.is_some());
}

#[test]
fn what_was_withheld_is_not_forgotten_when_the_link_moves() {
    let mut pair = Pair::agreed(&["note=x"], &["note=x"]);
    let held = Held { value: Value::text("y"), reason: "why".to_owned() };
    pair.link.bases.get_mut("note").expect("a base").held.right.insert("note".to_owned(), held.clone());
    pair.link.moved(Left, "L3");
    assert_eq!(pair.link.bases["note"].held.right["note"], held);
}

#[test]
fn what_comes_back_while_our_deletion_is_under_way_is_created_again_and_not_deleted_in_turn() {
    let mut pair = parted();
    let plan = pair.plan();
    pair.came_to(plan, Right, &Outcome::Unknown);
    assert!(pair.link.deleting.right.is_some(), "nobody knows whether it was carried out");
    pair.gone(Right, 1_100);
    pair.shows(Left, &["note=x"], 1_200);
    let plan = pair.plan();
    assert!(matches!(plan.actions.left, None | Some(Action::Update { .. })), "{plan:?}");
    assert_eq!(written(&plan, Right).get("note"), Some(&Value::text("x")), "{plan:?}");
    assert_eq!(plan.link.deleting, Sides::default());
}

#[test]
fn a_deletion_that_was_not_carried_out_leaves_nothing_behind() {
    let mut pair = parted();
    let plan = pair.plan();
    pair.came_to(plan, Right, &Outcome::Unknown);
    pair.shows(Left, &["note=x"], 1_200);
    pair.shows(Right, &["note=x"], 1_200);
    assert_eq!(pair.plan().link.deleting, Sides::default(), "it is there");
    let mut pair = parted();
    let plan = pair.plan();
    pair.came_to(plan, Right, &Outcome::Objected("has future bookings".to_owned()));
    assert_eq!(pair.link.deleting, Sides::default(), "it was objected to");
}
