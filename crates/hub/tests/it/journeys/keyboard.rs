//! The portal without a mouse.

use super::Person;
use crate::support::TestHub;
use crate::support::chromium::{Chromium, Key};

/// Where the focus is: the element's link, and whether a person can see it.
const FOCUS: &str = "(() => { const it = document.activeElement; const box = it.getBoundingClientRect(); \
                     return [it.getAttribute('href'), it.innerText.trim(), box.top >= 0 && box.bottom <= innerHeight && box.width > 0]; })()";

#[tokio::test(flavor = "multi_thread")]
async fn tab_reaches_the_skip_link_and_the_navigation_and_enter_follows_them() {
    let Some(browser) = Chromium::start("journeys: by keyboard").await else { return };
    let hub = TestHub::start(&[]).await;
    let person = Person::signed_in(browser, &hub).await;
    person.goes("/portal/events").await;
    person.presses(Key::Tab).await;
    person.until("document.activeElement.matches('a.skip')").await;
    let skip = person.now(FOCUS).await;
    assert_eq!(skip, serde_json::json!(["#main", "Skip to content", true]), "the first stop can be seen");
    person.presses(Key::Enter).await;
    person.until("document.activeElement.id === 'main'").await;

    person.goes("/portal").await;
    let mut stops = Vec::new();
    while !stops.iter().any(|stop: &serde_json::Value| stop[0] == "/portal/connections") {
        assert!(stops.len() < 8, "the navigation is not reached: {stops:?}");
        person.presses(Key::Tab).await;
        stops.push(person.now(FOCUS).await);
    }
    assert!(stops.iter().all(|stop| stop[2] == true), "the focus is always seen: {stops:?}");
    person.presses(Key::Enter).await;
    person.is_at("/portal/connections").await;
    person.sees_at("h1", "Connections").await;
    person.had_nothing_to_complain_about().await;
}
