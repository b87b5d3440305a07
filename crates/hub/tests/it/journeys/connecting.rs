//! An account is connected by a link of the portal and the provider's consent page.

use super::Person;
use crate::support::HERE;
use crate::support::chromium::Chromium;
use crate::support::joined::Joined;
use syncline_sandbox::{ConsentMode, Options};

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_connected_by_a_link_and_the_consent_page_and_shown_as_active() {
    let Some(browser) = Chromium::start("journeys: connecting").await else { return };
    let asking = Options { consent: ConsentMode::Page, ..Options::for_tests() };
    let joined = Joined::with(asking, &[("server.public_url", HERE)]).await;
    let person = Person::signed_in(browser, &joined.hub).await;

    person.clicks("a[href=\"/portal/connections/new\"]").await;
    person.is_at("/portal/connections/new").await;
    person.types("#organization", "acme").await;
    person.until("document.querySelector('#way').value = 'oauth:hubspot'").await;
    person.clicks(".form-actions button[type=submit]").await;
    person.sees("Consent at HubSpot").await;
    person.clicks(".form-actions a[target=_blank]").await;

    let consent = person.browser.at("/hubspot/oauth/authorize").await;
    person.browser.click(&consent, "button[value=connect]").await;
    let said = "document.body?.innerText.includes('HubSpot is connected') && location.href";
    let back = person.browser.until(&consent, said).await;
    assert!(back.as_str().unwrap().starts_with(&person.base), "{back}");

    person.browser.turn_to(&person.tab).await;
    person.clicks(".form-actions a[href=\"/portal/connections\"]").await;
    person.is_at("/portal/connections").await;
    person.sees_at("tbody tr", "acme").await;
    person.sees_at("tbody tr .k", "Active").await;
    person.clicks("tbody td.c-account a").await;
    person.sees_at("h1 + .k", "Active").await;
    person.sees_at("dd", "by consent, app").await;
    person.had_nothing_to_complain_about().await;
}
