use super::*;
use crate::sync::value::Value;
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample;

fn keys_of(keys: &[&str]) -> BTreeSet<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

fn free(id: &str, keys: &[&str]) -> Candidate {
    Candidate { id: id.to_owned(), keys: keys_of(keys), linked_to: None }
}

fn linked(id: &str, keys: &[&str], to: &str) -> Candidate {
    Candidate { linked_to: Some(to.to_owned()), ..free(id, keys) }
}

fn who(keys: &[&str], candidates: &[Candidate]) -> Identity {
    identify("me", &keys_of(keys), candidates)
}

fn is(id: &str) -> Identity {
    Identity::Is(id.to_owned())
}

#[test]
fn records_that_name_each_other_are_the_same_whatever_their_keys_say() {
    let candidates = [free("a", &["0:me@x.org"]), free("b", &["x:me", "0:else@x.org"])];
    assert_eq!(who(&["x:b", "0:me@x.org"], &candidates), is("b"));
}

#[test]
fn one_side_naming_the_other_is_enough() {
    assert_eq!(who(&["x:b"], &[free("b", &[])]), is("b"));
    assert_eq!(who(&[], &[free("b", &["x:me"])]), is("b"));
}

#[test]
fn each_of_several_ids_counts() {
    assert_eq!(who(&["x:7", "x:8"], &[free("8", &[])]), is("8"));
    assert_eq!(who(&[], &[free("b", &["x:other", "x:me"])]), is("b"));
    let both = [free("7", &[]), free("8", &[])];
    assert_eq!(who(&["x:7", "x:8"], &both), Identity::Ambiguous(vec!["7".to_owned(), "8".to_owned()]));
}

#[test]
fn the_one_that_names_back_is_taken_before_one_that_does_not() {
    let both = [free("7", &[]), free("8", &["x:me"])];
    assert_eq!(who(&["x:7", "x:8"], &both), is("8"));
}

#[test]
fn a_copy_does_not_take_the_counterpart_of_what_it_was_copied_from() {
    let counterpart = free("b", &["x:original", "0:me@x.org"]);
    let taken = Identity::Taken { id: "b".to_owned(), by: "original".to_owned() };
    assert_eq!(who(&["x:b", "0:me@x.org"], &[counterpart]), taken);
}

#[test]
fn what_was_just_created_for_one_is_not_for_another_that_looks_alike() {
    let created = [free("b", &["x:twin", "0:me@x.org", "1:+44"])];
    let taken = Identity::Taken { id: "b".to_owned(), by: "twin".to_owned() };
    assert_eq!(who(&["0:me@x.org"], &created), taken);
    assert_eq!(who(&["1:+44"], &created), Identity::Nobody);
}

#[test]
fn who_is_claimed_and_linked_to_another_is_taken() {
    let taken = Identity::Taken { id: "b".to_owned(), by: "twin".to_owned() };
    assert_eq!(who(&["x:b"], &[linked("b", &["x:twin"], "twin")]), taken);
    assert_eq!(who(&[], &[linked("b", &["x:me"], "twin")]), taken);
}

#[test]
fn who_is_linked_to_this_very_record_is_it() {
    assert_eq!(who(&["0:me@x.org"], &[linked("b", &["0:me@x.org"], "me")]), is("b"));
}

#[test]
fn the_first_key_that_finds_somebody_decides() {
    let candidates = [free("phone", &["1:+44"]), free("mail", &["0:me@x.org"])];
    assert_eq!(who(&["0:me@x.org", "1:+44"], &candidates), is("mail"));
    assert_eq!(who(&["1:+44"], &candidates), is("phone"));
    assert_eq!(who(&["0:nobody@x.org"], &candidates), Identity::Nobody);
}

#[test]
fn a_shared_phone_does_not_make_people_with_other_addresses_the_same() {
    let partner = [free("partner", &["0:partner@x.org", "1:+44"])];
    assert_eq!(who(&["0:me@x.org", "1:+44"], &partner), Identity::Nobody);
    assert_eq!(who(&["1:+44"], &partner), is("partner"), "who has no address is not told apart by it");
}

#[test]
fn several_that_are_free_are_put_to_a_person() {
    let twins = [free("a", &["0:me@x.org"]), free("b", &["0:me@x.org"])];
    assert_eq!(who(&["0:me@x.org"], &twins), Identity::Ambiguous(vec!["a".to_owned(), "b".to_owned()]));
}

#[test]
fn among_several_one_that_names_nobody_else_is_the_one() {
    let candidates = [free("a", &["0:me@x.org", "x:other"]), free("b", &["0:me@x.org"])];
    assert_eq!(who(&["0:me@x.org"], &candidates), is("b"));
}

#[test]
fn one_that_is_free_is_taken_before_those_that_are_linked() {
    let candidates = [linked("a", &["0:me@x.org"], "twin"), free("b", &["0:me@x.org"])];
    assert_eq!(who(&["0:me@x.org"], &candidates), is("b"));
}

#[test]
fn a_linked_one_of_the_first_key_is_taken_and_of_a_later_key_nobody() {
    let mail = [linked("a", &["0:me@x.org"], "twin")];
    let taken = Identity::Taken { id: "a".to_owned(), by: "twin".to_owned() };
    assert_eq!(who(&["0:me@x.org"], &mail), taken);
    assert_eq!(who(&["1:+44"], &[linked("a", &["1:+44"], "twin")]), Identity::Nobody);
}

#[test]
fn keys_are_claims_and_values_in_normal_form() {
    let agreement = crate::sync::defaults::between(("hubspot", "contacts"), ("tentoeight", "customer"))
        .expect("ready-made");
    let customer = Fields::from([
        ("custom_fields.External ID".to_owned(), Value::text("7, 8")),
        ("emails".to_owned(), Value::list(["Ada@X.org"])),
        ("numbers".to_owned(), Value::list(["020 7946 0123"])),
    ]);
    let found = keys(&agreement, Side::Right, &customer);
    assert_eq!(found, keys_of(&["x:7", "x:8", "0:ada@x.org", "1:+442079460123"]));
    assert_eq!(keys(&agreement, Side::Left, &Fields::new()), keys_of(&[]));
}

/// What the index would answer: those who share one of these keys, but none who has a key of these numbers.
fn found_by<'a>(keys: &BTreeSet<String>, without: &[usize], crowd: &'a [Candidate]) -> Vec<&'a Candidate> {
    let told_apart = |other: &Candidate| {
        other.keys.iter().any(|key| number(key).is_some_and(|number| without.contains(&number)))
    };
    crowd.iter().filter(|other| !keys.is_disjoint(&other.keys) && !told_apart(other)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Looking by the first key, and by later ones only where that finds nobody, is as good as comparing with everybody.
    #[test]
    fn looking_in_two_steps_finds_whom_comparing_with_all_does(own in some_keys(), crowd in vec((some_keys(), taken()), 0..6)) {
        let candidate = |(id, (keys, linked_to)): (usize, (BTreeSet<String>, Option<String>))| {
            Candidate { id: id.to_string(), keys, linked_to }
        };
        let crowd: Vec<Candidate> = crowd.into_iter().enumerate().map(candidate).collect();
        let Lookups { mut first, later, claimed } = lookups(&own);
        first.insert(claim("me"));
        let mut near: BTreeSet<&str> = found_by(&first, &[], &crowd).into_iter().map(|one| one.id.as_str()).collect();
        near.extend(crowd.iter().map(|one| one.id.as_str()).filter(|id| claimed.contains(*id)));
        let among = |near: &BTreeSet<&str>| {
            let near: Vec<Candidate> = crowd.iter().filter(|one| near.contains(one.id.as_str())).cloned().collect();
            identify("me", &own, &near)
        };
        let mut who = among(&near);
        if who == Identity::Nobody {
            for (before, keys) in &later {
                near.extend(found_by(keys, before, &crowd).into_iter().map(|one| one.id.as_str()));
            }
            who = among(&near);
        }
        prop_assert_eq!(who, identify("me", &own, &crowd));
    }
}

fn some_keys() -> impl Strategy<Value = BTreeSet<String>> {
    btree_set(sample::select(vec!["x:me", "x:1", "x:9", "0:a", "0:b", "1:c", "1:d", "2:e"]), 0..4)
        .prop_map(|keys| keys.into_iter().map(str::to_owned).collect())
}

fn taken() -> impl Strategy<Value = Option<String>> {
    sample::select(vec![None, None, Some("me".to_owned()), Some("else".to_owned())])
}
