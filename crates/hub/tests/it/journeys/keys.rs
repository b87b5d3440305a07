//! Keys are made, shown once and taken away; the sealing key is rotated.

use super::Person;
use crate::portal_endpoints::make;
use crate::support::TestHub;
use crate::support::chromium::{Chromium, Key};
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_is_made_shown_once_and_revoked() {
    let Some(browser) = Chromium::start("journeys: API keys").await else { return };
    let hub = TestHub::start(&[]).await;
    let person = Person::signed_in(browser, &hub).await;
    person.clicks("nav a[href=\"/portal/keys\"]").await;
    person.types("#name", "billing").await;
    person.types("#organization", "acme").await;
    person.presses(Key::Enter).await;
    person.sees("The key “billing” is ready").await;
    let key = person.until("document.querySelector('.new-key code').innerText").await;
    let key = key.as_str().unwrap().to_owned();
    let use_it = async || hub.send(hub.request(Method::GET, "/v1/events").bearer_auth(&key)).await;
    assert_eq!(use_it().await.status, 200);

    person.goes("/portal/keys").await;
    person.sees_at(".keys tbody tr", "billing").await;
    let source = person.now("document.documentElement.outerHTML").await;
    assert!(!source.as_str().unwrap().contains(&key), "it is not shown a second time");
    let opener = person
        .until(
            "[...document.querySelectorAll('.keys tbody tr')].find((row) => row.innerText.includes('billing'))\
             .querySelector('[popovertarget]').getAttribute('popovertarget')",
        )
        .await;
    let dialog = opener.as_str().unwrap();
    person.clicks(&format!("[popovertarget={dialog}]:not([popovertargetaction])")).await;
    person.sees("Revoke “billing”?").await;
    assert_eq!(use_it().await.status, 200, "nothing is done before the second word");
    person.clicks(&format!("#{dialog} button.danger")).await;
    person.sees_at(".keys tr.gone", "Revoked").await;
    assert_eq!(use_it().await.code(), "key_unknown");
    person.had_nothing_to_complain_about().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sealing_key_is_rotated_and_the_page_shows_when_the_old_one_is_not_needed_any_more() {
    let Some(browser) = Chromium::start("journeys: the sealing key").await else { return };
    let hub = TestHub::start(&[]).await;
    make(&hub, json!({ "url": "https://hooks.example.com/" })).await;
    let old = hub.cx.keys.current().unwrap().to_string();
    let person = Person::signed_in(browser, &hub).await;
    person.clicks("nav a[href=\"/portal/sealing\"]").await;
    person.sees_at(".sealing tbody tr", "Seals now").await;
    person.clicks("[popovertarget=rotate]").await;
    person.sees("Seal with a new key?").await;
    person.clicks("#rotate button.primary").await;
    person.sees("A new key seals from now on").await;
    let row = |key: &str, word: &str, endpoints: u32| {
        format!(
            "[...document.querySelectorAll('.sealing tbody tr')].some((row) => row.innerText.includes('{key}') \
             && row.innerText.includes('{word}') && row.querySelector('[data-label=Endpoints]').innerText === '{endpoints}')"
        )
    };
    person.until(&row(&old, "Not needed", 0)).await;
    let new = hub.cx.keys.current().unwrap().to_string();
    assert_ne!(old, new);
    person.until(&row(&new, "Seals now", 1)).await;
    person.had_nothing_to_complain_about().await;
}
