//! A counter is compared with the truth.

use super::Person;
use crate::counters::compare::in_step;
use crate::support::chromium::Chromium;
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drift_that_was_planted_is_found_by_a_comparison_shown_and_repaired() {
    let Some(browser) = Chromium::start("journeys: counters").await else { return };
    let scene = in_step(2, "repair").await;
    let exam = scene.exams[0].clone();
    scene.write(&exam, "9").await;
    let broken = json!({ "provider": "hubspot", "path": "/crm/objects/*/batch/update", "effect": { "kind": "server_error", "status": 503 } });
    scene.joined.fault(broken).await;

    let person = Person::signed_in(browser, scene.hub()).await;
    person.clicks("nav a[href=\"/portal/counters\"]").await;
    person.clicks(".counters td.c-name a").await;
    person.clicks("form[action$=\"/reconcile\"] button").await;
    person.until("location.pathname.startsWith('/portal/counter-runs/')").await;
    person.marks_the_page().await;
    let found = format!(
        "document.querySelector('h1 + .k').innerText + [...document.querySelectorAll('.findings tbody tr')]\
         .filter((row) => row.innerText.includes('{exam}'))\
         .map((row) => ': ' + row.querySelector('.wrong')?.innerText + ' ' + row.querySelector('.k').innerText)[0]"
    );
    let shows = async |what: &str| {
        scene.as_time_passes(what, async || (person.now(&found).await == what).then_some(())).await;
    };
    // The run is over before HubSpot takes the right value.
    shows("Succeeded: +6 Being repaired").await;
    assert_eq!(scene.shown().await[&exam], Some(9));
    scene.joined.control(Method::DELETE, "faults", json!({})).await;
    shows("Succeeded: +6 Repaired").await;
    assert_eq!(scene.shown().await[&exam], Some(3));
    person.is_on_the_marked_page().await;
    person.had_nothing_to_complain_about().await;
}
