//! Bases, tables and rows read again.

use crate::airtable::Airtable;
use crate::load::{Found, Load};
use crate::testing::*;
use crate::walking::*;
use crate::wire::Fault;

const PLACE: (&str, &str) = ("row", "appA/tblA");

/// What was found, by id; `-` before what is gone.
fn told(found: Result<Vec<Found>, Fault>) -> Vec<String> {
    let tell = |found| match found {
        Found::Here(record) => record.id,
        Found::Gone(id) => format!("-{id}"),
    };
    found.unwrap().into_iter().map(tell).collect()
}

#[test]
fn one_row_is_read_by_its_path_and_404_means_gone() {
    let (call, found) = read(&Airtable, PLACE, &["recA"], &Answer::new(200, r#"{"id":"recA","fields":{}}"#));
    assert_eq!(call.url, "https://api.example.com/v0/appA/tblA/recA");
    assert_eq!((call.part.as_deref(), told(found)), (Some("appA"), vec!["recA".to_owned()]));
    let (_, found) = read(&Airtable, PLACE, &["recA"], &Answer::new(404, r#"{"error":"NOT_FOUND"}"#));
    assert_eq!(told(found), ["-recA"]);
    let forbidden = r#"{"error":{"type":"INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"}}"#;
    let (_, found) = read(&Airtable, PLACE, &["recA"], &Answer::new(403, forbidden));
    assert!(matches!(found, Err(Fault::Forbidden(_))), "to see nothing is not to know that it is gone");
}

#[test]
fn several_rows_are_read_by_one_formula_that_nothing_can_break_out_of() {
    let ids = ["recA", "recB", "rec')&DROP('"];
    let answer = Answer::new(200, r#"{"records":[{"id":"recB","fields":{"Name":"B"}}]}"#);
    let (call, found) = read(&Airtable, PLACE, &ids, &answer);
    assert_eq!(
        call.url,
        "https://api.example.com/v0/appA/tblA?pageSize=100&filterByFormula=\
         OR%28RECORD_ID%28%29%3D%27recA%27%2CRECORD_ID%28%29%3D%27recB%27%29"
    );
    assert_eq!(told(found), ["-recA", "recB", "-rec')&DROP('"]);
    let hundred: Vec<String> = (0..100).map(|row| format!("rec{row:014}")).collect();
    let ids: Vec<&str> = hundred.iter().map(String::as_str).collect();
    let (call, _) = read(&Airtable, PLACE, &ids, &answer);
    assert!(call.url.len() < 15_000 && call.method == http::Method::GET);
}

#[test]
fn what_is_missing_on_the_first_of_several_pages_is_not_gone() {
    let part = Answer::new(200, r#"{"records":[{"id":"recB"}],"offset":"itr/recB"}"#);
    let (_, found) = read(&Airtable, PLACE, &["recA", "recB"], &part);
    assert!(matches!(found, Err(Fault::Unreadable(_))));
    let (_, found) = read(&Airtable, PLACE, &["recB"], &Answer::new(200, "{}"));
    assert!(matches!(found, Err(Fault::Unreadable(_))));
}

#[test]
fn tables_and_bases_are_found_in_their_lists() {
    let tables = Answer::new(200, r#"{"tables":[{"id":"tblA","name":"A","fields":[]}]}"#);
    let (call, found) = read(&Airtable, ("table", "appA"), &["tblA", "tblB"], &tables);
    assert_eq!(call.url, "https://api.example.com/v0/meta/bases/appA/tables");
    assert_eq!(told(found), ["tblA", "-tblB"]);
    let bases = Answer::new(200, r#"{"bases":[{"id":"appA","name":"A"}]}"#);
    let (call, found) = read(&Airtable, ("base", ""), &["appA", "appB"], &bases);
    assert_eq!(call.url, "https://api.example.com/v0/meta/bases");
    assert_eq!(told(found), ["appA", "-appB"]);
    assert_eq!(Airtable.read_batch(), 100);
}
