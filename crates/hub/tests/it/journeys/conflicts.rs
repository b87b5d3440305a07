//! What two sides do not agree on is decided with one click.

use super::Person;
use crate::support::chromium::Chromium;
use crate::sync::scene::Synced;
use serde_json::json;
use std::time::Duration;
use syncline_core::sync::Policy;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conflict_shows_both_values_and_one_click_takes_one_of_them_to_the_other_side() {
    let Some(browser) = Chromium::start("journeys: conflicts").await else { return };
    let synced = Synced::with(0, &[], |agreement| agreement.policy = Policy::Ask).await;
    let (id, uri) = synced.pair("Ada", "ada@example.org").await;
    synced.deaf().await;
    synced.edit_contact(&id, json!({ "firstname": "Adah" })).await;
    synced.joined.advance(Duration::from_secs(60)).await;
    synced.edit_customer(&uri, "update", json!({ "name": "Adele" })).await;
    synced.run().await;
    synced.well().await;

    let person = Person::signed_in(browser, &synced.joined.hub).await;
    person.clicks("nav a[href=\"/portal/conflicts\"]").await;
    person.is_at("/portal/conflicts").await;
    person.sees_at(".conflict .version", "Adah").await;
    person.sees_at(".conflict .version", "Adele").await;
    let side_by_side = "(() => { const [left, right] = [...document.querySelectorAll('.version')].map((one) => one.getBoundingClientRect()); \
                        return left.top === right.top && left.right <= right.left; })()";
    assert_eq!(person.now(side_by_side).await, true);
    person.clicks(".conflict button[name=choice][value=right]").await;
    person.sees("Decided. It is carried out at once").await;
    person.is_at("/portal/conflicts").await;
    person.sees("Nothing needs you").await;
    synced.quiet().await;
    assert_eq!(synced.contact(&id).await["firstname"], "Adele", "HubSpot has what was chosen");
    assert_eq!(synced.customer(&uri).await["name"], "Adele");
    person.had_nothing_to_complain_about().await;
}
