//! Making a sync by hand. What the form means is tested beside it; here it is what comes of it.

use super::rows::connect;
use crate::support::TestHub;
use crate::support::browser::{Browser, csrf};
use syncline_store::Scope;
use syncline_store::syncs::{self, Filter};

async fn made(hub: &TestHub) -> usize {
    syncs::list(&hub.cx.store, &Scope::All, &Filter::default(), None, 9).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_connections_of_organizations_with_two_of_them_are_offered() {
    let hub = TestHub::start(&[]).await;
    let mut browser = Browser::signed_in(&hub).await;
    assert!(browser.get("/portal/syncs/new").await.text().contains("Two accounts are needed"));
    connect(&hub, "con_1", "org_a", "hubspot", "One").await;
    connect(&hub, "con_2", "org_a", "tentoeight", "Two").await;
    connect(&hub, "con_3", "org_b", "tentoeight", "Three").await;
    let page = browser.get("/portal/syncs/new?left=con_2").await.text();
    assert!(page.contains("HubSpot: One") && page.contains("<option value=\"con_2\" selected>10to8: Two"));
    assert!(!page.contains("Three") && page.contains("<optgroup label=\"org_a\">"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_joined_is_said_where_it_was_chosen() {
    let hub = TestHub::start(&[]).await;
    connect(&hub, "con_1", "org_a", "hubspot", "One").await;
    connect(&hub, "con_2", "org_a", "tentoeight", "Two").await;
    connect(&hub, "con_3", "org_b", "tentoeight", "Three").await;
    let mut browser = Browser::signed_in(&hub).await;
    for (right, says) in [
        ("con_3", "The two connections belong to different organizations."),
        ("con_none", "There is no such connection on the right."),
    ] {
        let page = browser.get(&format!("/portal/syncs/new?left=con_1&right={right}")).await.text();
        assert!(page.contains(says) && page.contains("Show the mapping"), "{right}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_ready_made_mapping_a_skeleton_is_offered() {
    let hub = TestHub::start(&[]).await;
    connect(&hub, "con_1", "org_a", "airtable", "Base").await;
    connect(&hub, "con_2", "org_a", "notion", "Pages").await;
    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get("/portal/syncs/new?left=con_1&right=con_2").await.text();
    assert!(page.contains("There is no ready-made mapping for these two"));
    assert!(page.contains("<details class=\"fold\" open>") && page.contains("object_type"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_with_mistakes_comes_back_as_it_was_sent() {
    let hub = TestHub::start(&[]).await;
    connect(&hub, "con_1", "org_a", "hubspot", "One").await;
    connect(&hub, "con_2", "org_a", "tentoeight", "Two").await;
    let mut browser = Browser::signed_in(&hub).await;
    let token = csrf(&browser.get("/portal/connections").await);
    let fields = [
        ("csrf", token.as_str()),
        ("left", "con_1"),
        ("right", "con_2"),
        ("name", "<script>alert(1)</script>"),
        ("policy", "loudest"),
        ("agreement", "{\"sides\": </textarea><script>"),
        ("do", "create"),
    ];
    let page = browser.post("/portal/syncs/new", &fields).await;
    let text = page.text();
    assert_eq!(page.status, 200);
    assert!(text.contains("This is not an agreement") && text.contains("Nothing was saved"));
    assert!(text.contains("&#60;/textarea&#62;&#60;script&#62;") && !text.contains("<script>alert"));
    assert_eq!(made(&hub).await, 0);
}
