use super::*;

/// In step since the right answered a write at 300; read before that.
fn written_to() -> Pair {
    let mut pair = Pair::agreed(&["note=x"], &["note=x"]);
    pair.shows(Left, &["note=y"], 200);
    let plan = pair.plan();
    pair.done(plan, Right, 300);
    pair
}

#[test]
fn a_reading_from_before_our_write_does_not_undo_it() {
    let mut pair = written_to();
    pair.shows(Right, &["note=x"], 250);
    assert_eq!(pair.plan().refresh, only(Right));
    pair.shows(Right, &["note=y"], 250);
    assert!(pair.plan().is_quiet(), "unless it shows the same");
    pair.shows(Right, &["note=x"], 350);
    assert_eq!(written(&pair.plan(), Left), fields(&["note=x"]), "after it, it is somebody's change");
}

#[test]
fn nothing_is_overwritten_on_the_word_of_an_old_reading() {
    let mut pair = Pair::agreed(&["note=x"], &["note=x"]);
    pair.shows(Left, &["note=y"], 500);
    pair.fresh_after = 400;
    let plan = pair.plan();
    assert_eq!(plan.refresh, only(Right));
    assert_eq!(plan.actions, Sides::default());
    pair.shows(Right, &["note=x"], 400);
    assert_eq!(written(&pair.plan(), Right), fields(&["note=y"]));
}

#[test]
fn not_even_an_empty_field_is() {
    let mut pair = Pair::agreed(&["first=Ada"], &["name=Ada"]);
    pair.shows(Left, &["first=Ada", "note=y"], 500);
    pair.fresh_after = 400;
    assert_eq!(pair.plan().refresh, only(Right));
}

#[test]
fn ids_and_status_need_no_fresh_reading() {
    let mut pair = Pair::agreed(&["note=x"], &["note=x"]);
    pair.link.external.right = None;
    if let Seen::Here(snapshot) = &mut pair.seen.right {
        snapshot.fields.remove("id");
    }
    pair.fresh_after = 400;
    assert_eq!(written(&pair.plan(), Right), fields(&["id=L"]));
}

#[test]
fn nobody_knows_what_became_of_a_write_until_the_record_is_read_again() {
    for outcome in [Outcome::Unknown, Outcome::Gone] {
        let mut pair = Pair::agreed(&["note=x"], &["note=x"]);
        pair.shows(Left, &["note=y"], 200);
        let plan = pair.plan();
        pair.came_to(plan, Right, &outcome);
        assert_eq!(pair.plan().refresh, only(Right));
        pair.shows(Right, &["note=y"], 1_000);
        let plan = pair.plan();
        assert!(plan.is_quiet(), "it had been carried out");
        assert_eq!(plan.link.bases["note"].faces.right.0[0].first(), "y");
    }
}

#[test]
fn a_base_is_what_the_provider_answered() {
    let mut pair = Pair::agreed(&["email=a@x.org"], &["emails=a@x.org"]);
    pair.agreement.rules[1].normalise = Normalise::Trim;
    pair.shows(Right, &["emails=Ada@X.org"], 200);
    let plan = pair.plan();
    let said = fields(&["email=ada@x.org", "more=somebody@typed.this"]);
    pair.came_to(plan, Left, &Outcome::Done { id: "L".to_owned(), fields: said, at: at(300) });
    pair.shows(Left, &["email=ada@x.org"], 400);
    assert!(pair.plan().is_quiet(), "lower case does not travel back");
    pair.shows(Left, &["email=ada@x.org", "more=somebody@typed.this"], 400);
    let plan = pair.plan();
    assert!(plan.actions.right.is_some(), "what was not sent and is answered is somebody's change");
}
