use super::*;

/// Both changed the note: left at 200, right at 210.
fn both_changed(policy: Policy) -> Pair {
    let mut pair = Pair::agreed(&["note=x"], &["note=x"]);
    pair.agreement.policy = policy;
    pair.shows(Left, &["note=left"], 250);
    pair.shows(Right, &["note=right"], 260);
    pair
}

#[test]
fn the_newest_wins_and_what_lost_is_listed_with_its_time() {
    let plan = both_changed(Policy::Newest).plan();
    assert_eq!(written(&plan, Left), fields(&["note=right"]));
    let [decided] = plan.decided.as_slice() else { panic!("one: {:?}", plan.decided) };
    assert_eq!((decided.winner, decided.times.left), (Some(Right), Some(at(200))));
    assert_eq!(decided.faces.left.0[0].first(), "left");
    assert!(plan.conflicts.is_empty());
}

#[test]
fn at_the_same_time_the_left_wins() {
    let mut pair = both_changed(Policy::Newest);
    pair.shows(Right, &["note=right"], 250);
    assert_eq!(written(&pair.plan(), Right), fields(&["note=left"]));
}

#[test]
fn a_preferred_side_wins_and_a_rules_own_policy_counts_before_the_syncs() {
    assert_eq!(written(&both_changed(Policy::PreferLeft).plan(), Right), fields(&["note=left"]));
    let mut pair = both_changed(Policy::PreferLeft);
    pair.agreement.rules[2].policy = Some(Policy::PreferRight);
    assert_eq!(written(&pair.plan(), Left), fields(&["note=right"]));
}

#[test]
fn asked_both_sides_keep_what_they_have_and_the_status_says_so() {
    let mut pair = both_changed(Policy::Ask);
    assert!(pair.plan().is_quiet());
    pair.agreement.status = StatusPolicy::Errors;
    let plan = pair.plan();
    assert!(matches!(&plan.conflicts[0].kind, ConflictKind::Field { rule } if rule == "note"));
    for side in Side::BOTH {
        let written = written(&plan, side);
        assert_eq!(written.len(), 1);
        assert!(written["status"].first().starts_with("Error: "));
    }
}

#[test]
fn what_a_person_decided_is_carried_out_once() {
    let mut pair = both_changed(Policy::Ask);
    let faces = pair.plan().conflicts.remove(0).faces;
    pair.link.decisions.insert("note".to_owned(), Decision { winner: Left, faces, force: false });
    let plan = pair.plan();
    assert!(plan.conflicts.is_empty());
    assert_eq!(written(&plan, Right), fields(&["note=left"]));
    pair.done(plan, Right, 300);
    assert!(pair.link.decisions.is_empty());
    assert!(pair.plan().is_quiet());
}

#[test]
fn a_decision_about_values_that_changed_since_is_dropped() {
    let mut pair = both_changed(Policy::Ask);
    let faces = pair.plan().conflicts.remove(0).faces;
    pair.link.decisions.insert("note".to_owned(), Decision { winner: Left, faces, force: false });
    pair.shows(Right, &["note=newer"], 300);
    let plan = pair.plan();
    assert!(plan.is_quiet());
    assert_eq!(plan.conflicts[0].faces.right.0[0].first(), "newer");
    assert!(plan.link.decisions.is_empty());
}

#[test]
fn never_compared_and_different_is_a_conflict_like_any_other() {
    let mut pair = Pair::new(&["note=left"], &["note=right"]);
    pair.agreement.policy = Policy::PreferRight;
    let plan = pair.plan();
    assert_eq!(written(&plan, Left), fields(&["note=right"]));
    assert_eq!(plan.decided[0].base, None);
}
