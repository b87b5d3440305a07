//! A load is begun and watched to its end.

use super::Person;
use crate::support::chromium::Chromium;
use crate::support::joined::Joined;
use crate::support::wait::until;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_is_begun_and_its_page_shows_how_far_it_is_until_it_is_done() {
    let Some(browser) = Chromium::start("journeys: loading").await else { return };
    let joined = Joined::start(20, &[]).await;
    let connection = joined.connect("hubspot").await;
    let contacts = joined.hubspot("contacts", "email").await.len();
    // The deals come no further until somebody has looked.
    let broken = json!({ "provider": "hubspot", "path": "/crm/objects/*/deals*", "effect": { "kind": "server_error", "status": 503 } });
    joined.fault(broken).await;
    let person = Person::signed_in(browser, &joined.hub).await;
    person.goes(&format!("/portal/connections/{}", connection.id)).await;
    person.clicks("form:has(input[value=full]) button").await;
    person.sees("The load begins as soon as a worker is free.").await;
    person.clicks(".runs td.c-state a").await;

    person.marks_the_page().await;
    person.sees_at("h1 + .k", "Running").await;
    let read = format!(
        "[...document.querySelectorAll('.lanes tbody tr')].some((lane) => lane.querySelector('.c-lane').innerText.includes('Contacts') \
         && lane.querySelector('[data-label=Read]').innerText === '{contacts}')"
    );
    person.until(&read).await;
    assert_eq!(person.now("document.querySelector('h1 + .k').innerText").await, "Running");

    // What somebody is using is left alone, and follows when they are done, even when the run ended meanwhile.
    person.until("(document.querySelector('.facts button').focus(), true)").await;
    joined.control(Method::DELETE, "faults", json!({})).await;
    let passing = until("the page says that it is done", async || {
        joined.advance(Duration::from_secs(1)).await;
        let word = person.now("document.querySelector('h1 + .k')?.innerText").await;
        (word == "Succeeded").then_some(())
    });
    passing.await;
    person.sees_at(".run-stats dt", "So far").await;
    person.until("(document.activeElement.blur(), true)").await;
    person.sees_at(".run-stats dt", "Took").await;
    person.until("document.querySelector('form[action$=cancel]') === null").await;
    person.is_on_the_marked_page().await;
    person.had_nothing_to_complain_about().await;
}
