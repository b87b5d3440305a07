//! What webhooks and the journal are told of changes to records, and in which order (HubSpot facts 6.2, 6.3, 6.4).

use super::super::change::{Source, What};
use super::super::types::TypeId;
use super::settings::{Gdpr, Settings};
use super::testing::{by, object, portal, rules, said};
use super::{gdpr, merge, write};
use serde_json::{Value, json};

const CONTACT: TypeId = TypeId::CONTACT;

fn contact(portal: &mut super::super::state::Portal, properties: Value) -> u64 {
    write::create(portal, CONTACT, &object(properties), &by(0)).expect("valid").0
}

#[test]
fn a_new_record_is_told_first_and_then_each_of_its_values() {
    let mut portal = portal();
    let given = object(json!({ "email": "ada@example.com", "firstname": "Ada", "city": "" }));
    let (id, changes) = write::create(&mut portal, CONTACT, &given, &by(7)).expect("valid");
    assert_eq!(said(&changes), ["created", "email=ada@example.com", "firstname=Ada"]);
    assert!(changes.iter().all(|change| change.at == by(7).at && change.source == Source::app(54_321)));
    assert_eq!(changes[0].what, What::Created { object_type: CONTACT, id });
}

#[test]
fn of_a_change_only_what_is_different_is_told() {
    let mut portal = portal();
    let id = contact(&mut portal, json!({ "firstname": "Ada", "city": "London", "phone": "1" }));
    let given = object(json!({ "firstname": "Ada", "city": "Paris", "phone": "" }));
    let (_, changes) = write::update(&mut portal, CONTACT, id, &given, &by(1)).expect("valid");
    assert_eq!(said(&changes), ["city=Paris", "phone="]);
    let (_, changes) = write::update(&mut portal, CONTACT, id, &given, &by(2)).expect("valid");
    assert!(changes.is_empty());
}

#[test]
fn a_stage_that_was_left_where_it_is_is_not_told() {
    let mut portal = portal();
    let id = contact(&mut portal, json!({ "firstname": "Ada", "lifecyclestage": "customer" }));
    let given = object(json!({ "lifecyclestage": "lead" }));
    let (_, changes) = write::update(&mut portal, CONTACT, id, &given, &by(1)).expect("valid");
    assert!(changes.is_empty());
}

#[test]
fn archiving_and_restoring_are_told_once() {
    let mut portal = portal();
    let id = contact(&mut portal, json!({ "firstname": "Ada" }));
    assert_eq!(said(&write::archive(&mut portal, CONTACT, id, &by(1))), ["deleted"]);
    assert!(write::archive(&mut portal, CONTACT, id, &by(2)).is_empty());
    let restored = write::restore(&mut portal, CONTACT, id, &by(3), &Settings::default()).expect("archived");
    assert_eq!(said(&restored), ["restored"]);
    assert!(write::restore(&mut portal, CONTACT, id, &by(4), &Settings::default()).is_err());
}

#[test]
fn a_merge_is_told_with_all_three_ids_and_what_moved() {
    let mut portal = portal();
    let primary = contact(&mut portal, json!({ "firstname": "Ada" }));
    let other = contact(&mut portal, json!({ "firstname": "Augusta", "city": "London", "phone": "1" }));
    let settings = Settings::default();
    let (new, changes) =
        merge::merge(&mut portal, CONTACT, (primary, other), &by(1), &settings).expect("both there");
    let merged =
        What::Merged { object_type: CONTACT, primary, merged: vec![other], new, properties_moved: 2 };
    assert_eq!(changes[0].what, merged);
    assert_eq!(changes.len(), 1, "no deletion and no creation beside it");
}

#[test]
fn erasing_a_contact_is_told_as_erasing_and_as_deleting_a_company_only_as_deleting() {
    for purge_after_ms in [0, 1_000] {
        let settings = Settings { gdpr: Gdpr { purge_after_ms, ..Gdpr::default() }, ..Settings::default() };
        let mut portal = portal();
        let id = contact(&mut portal, json!({ "firstname": "Ada" }));
        let changes = gdpr::erase(&mut portal, CONTACT, id, &by(1), &settings);
        assert_eq!(said(&changes), ["privacy", "deleted"]);
        let named = object(json!({ "name": "Acme" }));
        let (id, _) = write::create(&mut portal, TypeId::COMPANY, &named, &by(0)).expect("valid");
        assert_eq!(said(&gdpr::erase(&mut portal, TypeId::COMPANY, id, &by(1), &settings)), ["deleted"]);
    }
}

#[test]
fn an_archived_contact_is_not_deleted_a_second_time_by_erasing() {
    let mut portal = portal();
    let id = contact(&mut portal, json!({ "firstname": "Ada" }));
    write::archive(&mut portal, CONTACT, id, &by(1));
    assert_eq!(said(&gdpr::erase(&mut portal, CONTACT, id, &by(2), &Settings::default())), ["privacy"]);
    assert!(gdpr::erase(&mut portal, CONTACT, id, &by(3), &Settings::default()).is_empty());
}

#[test]
fn what_is_refused_changes_and_tells_nothing() {
    let mut portal = portal();
    let settings = Settings::default();
    let id = contact(&mut portal, json!({ "email": "ada@example.com", "city": "London" }));
    let taken = object(json!({ "email": "ada@example.com", "city": "Paris" }));
    let refused = write::create_by(&mut portal, CONTACT, (&taken, &[]), &by(1), rules(&settings));
    assert_eq!(refused.expect_err("taken").existing, Some(id));
    let records = portal.objects.of(CONTACT).expect("one");
    assert_eq!((records.len(), records.owner("email", "ada@example.com")), (1, Some(id)));
}

#[test]
fn a_record_can_be_looked_at_as_of_a_moment() {
    let mut portal = portal();
    let id = contact(&mut portal, json!({ "firstname": "Ada", "city": "London" }));
    write::update(&mut portal, CONTACT, id, &object(json!({ "city": "" })), &by(10)).expect("valid");
    write::update(&mut portal, CONTACT, id, &object(json!({ "city": "Paris" })), &by(20)).expect("valid");
    let view = portal.objects.live(CONTACT, id).expect("there");
    let city = view.records.column("city");
    let at = |after: i64| view.value_at(city, by(after).at).unwrap_or_default().into_owned();
    assert_eq!([at(-1), at(0), at(9), at(10), at(20)], ["", "London", "London", "", "Paris"]);
    assert_eq!(view.last_write_until(by(19).at), Some(by(10).at));
    assert_eq!(view.made_at(), by(0).at);
}

#[test]
fn a_million_contacts_take_well_under_a_gigabyte() {
    const SAMPLE: u64 = 20_000;
    let mut portal = portal();
    let records = portal.objects.of_mut(CONTACT);
    let mut bytes = 0;
    for number in 0..SAMPLE {
        let email = format!("firstname.lastname{number}@company{}.example", number % 1_000);
        let phone = format!("+44 20 7946 {number:06}");
        let values = [
            ("firstname", "Alexandria"),
            ("lastname", "Featherstonehaugh"),
            ("email", &*email),
            ("phone", &phone),
            ("mobilephone", &phone),
            ("jobtitle", "Head of Operations"),
            ("company", "Featherstonehaugh & Sons Ltd"),
            ("city", "Wolverhampton"),
            ("country", "United Kingdom"),
            ("lifecyclestage", "marketingqualifiedlead"),
        ];
        let at = i64::try_from(number).expect("small");
        let write = records.note_write(at, &Source::app(1));
        let id = records.insert_new(at, write, &values);
        let record = records.get(id).expect("just made").record;
        // The record and its place in a tree that is half full; the address once more in its index, which is half full
        // too; the write; and for three allocations what an allocator keeps for itself.
        bytes += (record.bytes() + 8) * 2 + (email.len() + 2 * 25) + 16 + 3 * 16;
    }
    let million = u64::try_from(bytes).expect("small") / SAMPLE * 1_000_000;
    assert!(million < 800_000_000, "{million}");
    assert!(million > 200_000_000, "an estimate this low has forgotten something: {million}");
}
