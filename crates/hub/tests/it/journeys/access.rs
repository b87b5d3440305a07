//! The first login, by the link that the hub prints, and the later ones.

use super::Person;
use crate::support::browser::PASSWORD;
use crate::support::child::Desk;
use crate::support::chromium::{Chromium, Key};

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_chosen_by_the_link_of_the_hub_and_opens_the_portal_again() {
    let Some(browser) = Chromium::start("journeys: the first login").await else { return };
    let desk = Desk::new();
    desk.write(
        "syncline.toml",
        &format!("data_dir = \"data\"\n[server]\npublic_url = \"{}\"\n", desk.base()),
    );
    let hub = desk.serve(&["serve"]).await;
    let link = desk.run(&["portal-link"]).await.ok();
    let path = link.trim().strip_prefix(&desk.base()).expect("a link to this hub").to_owned();
    let person = Person::at(browser, desk.base(), &path).await;

    person.types("#password", PASSWORD).await;
    person.types("#confirm", PASSWORD).await;
    person.clicks("button[type=submit]").await;
    person.is_at("/portal").await;
    person.sees("A new hub: what to do first").await;
    assert_eq!(
        person.now("document.body.innerText").await.as_str().map(|text| text.contains(PASSWORD)),
        Some(false)
    );

    person.clicks("form[action=\"/portal/logout\"] button").await;
    person.is_at("/portal/login").await;
    person.sees("You are signed out.").await;
    person.goes("/portal/keys").await;
    person.is_at("/portal/login").await;

    person.types("#password", "correct horse batteries").await;
    person.presses(Key::Enter).await;
    person.sees_at("[role=alert]", "That is not the password.").await;
    person.types("#password", PASSWORD).await;
    person.presses(Key::Enter).await;
    person.is_at("/portal/keys").await;
    person.sees("Create a key").await;
    person.had_nothing_to_complain_about().await;
    drop(hub);
}
