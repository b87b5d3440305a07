//! Counters in the portal: what is counted where, three numbers side by side, comparisons and what they found; and what can be done.

use crate::counters_api_scene::{Counting, EXAM, TRIGGER, a_run_with_findings, trigger_url};
use crate::support::Answer;
use crate::support::browser::{Browser, csrf};
use serde_json::json;
use std::collections::BTreeMap;

/// The list of definitions.
pub const PATH: &str = "/portal/counters";

/// A definition's page in the portal, and its id.
pub fn page_of(path: &str) -> String {
    format!("{PATH}/{}", path.rsplit_once('/').unwrap().1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_counter_the_page_says_what_they_are_for() {
    let scene = Counting::start().await;
    let mut browser = Browser::signed_in(&scene.hub).await;
    let page = browser.get(PATH).await.text();
    assert!(page.contains("Nothing is counted yet") && page.contains("syncline counters create"), "{page}");
    assert!(page.contains("aria-current=\"page\""), "the navigation has them");
    assert!(browser.get(&format!("{PATH}?state=paused")).await.text().contains("No counter matches"));
    assert!(browser.get(&format!("{PATH}?state=x")).await.text().contains("There is no such state"));
    for missing in
        [format!("{PATH}/ctr_x"), format!("{PATH}/ctr_x/values/1"), "/portal/counter-runs/crn_x".to_owned()]
    {
        assert_eq!(browser.get(&missing).await.status, 404, "{missing}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_definition_shows_its_terms_and_counters_and_is_paused_compared_and_ended() {
    let scene = Counting::start().await;
    let path = scene.make(json!({ "reconcile_minutes": 90 })).await;
    let page = page_of(&path);
    let mut browser = Browser::signed_in(&scene.hub).await;
    let empty = browser.get(&page).await.text();
    for part in [
        "Nobody has counted anything yet",
        "Nothing was pushed or compared",
        "None yet. A comparison",
        "every 90 min",
    ] {
        assert!(empty.contains(part), "no {part} in {empty}");
    }
    for key in [EXAM, "7"] {
        scene.post(&format!("{path}/values/{key}/set"), &json!({ "value": 1_234 })).await;
    }
    let shown = browser.get(&page).await;
    let text = shown.text();
    for part in [
        "exam-bookings",
        "total_bookings of 2-50158913",
        "webhook-triggers/62515/…",
        "&#34;mock_exam_id&#34;: &#34;key&#34;",
        "the counter itself",
        "is repaired",
        EXAM,
        "1,234",
        "To be sent",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    assert!(!text.contains(TRIGGER), "the address is a secret");
    let list = browser.get(PATH).await.text();
    assert!(list.contains(&page) && list.contains("acme") && list.contains("Active"), "{list}");
    // Addresses from before counters had a page of their own lead there.
    let old = browser.get(&format!("{page}?stage=parked")).await;
    assert_eq!(old.header("location"), format!("{page}/values?stage=parked"));
    let values = format!("{page}/values");
    for (query, exam, seven) in [
        ("", true, true),
        ("search=405", true, false),
        ("search=405&stage=trigger", true, false),
        ("search=7&stage=trigger", false, true),
        ("search=7&stage=parked", false, false),
    ] {
        let shown = browser.get(&format!("{values}?{query}")).await.text();
        let there = [EXAM, "7"].map(|key| shown.contains(&format!("/values/{key}\"")));
        assert_eq!(there, [exam, seven], "{query}");
        assert_eq!(shown.contains("No counter matches"), !exam && !seven, "{query}");
    }
    for (query, says) in [("stage=x", "There is no such stage"), ("stage=look&cursor=x", "cursor")] {
        let wrong = browser.get(&format!("{values}?{query}")).await;
        let text = wrong.text();
        assert!(wrong.status == 200 && text.contains("These filters cannot be used"), "{query}");
        assert!(text.contains(says), "{query}: {text}");
    }

    let token = csrf(&shown);
    for action in ["pause", "resume", "delete", "reconcile"] {
        let forged = browser.post(&format!("{page}/{action}"), &[("csrf", "x")]).await;
        assert_eq!(forged.status, 403, "{action}");
    }
    for (action, did, word) in [("pause", "pause", "Paused"), ("resume", "resume", "Active")] {
        let done = browser.post(&format!("{page}/{action}"), &[("csrf", &token)]).await;
        assert_eq!((done.status, done.header("location")), (303, format!("{page}?did={did}").as_str()));
        assert!(
            browser.get(done.header("location")).await.text().contains(&format!(">{word}</span>")),
            "{word}"
        );
    }
    let compared = browser.post(&format!("{page}/reconcile"), &[("csrf", &token), ("dry", "yes")]).await;
    let run = compared.header("location").to_owned();
    assert!(compared.status == 303 && run.starts_with("/portal/counter-runs/crn_"), "{run}");
    let shown = browser.get(&run).await.text();
    assert!(shown.contains("Dry comparison") && shown.contains("by a person"), "{shown}");
    let done = browser.post(&format!("{page}/delete"), &[("csrf", &token)]).await;
    assert_eq!(done.header("location"), format!("{PATH}?did=delete"));
    assert_eq!(browser.get(&page).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_counter_shows_its_three_numbers_and_is_changed_here() {
    let scene = Counting::start().await;
    let path =
        scene.make(json!({ "truth": { "source": "associations", "to_object_type": "contacts" } })).await;
    let page = format!("{}/values/{EXAM}", page_of(&path));
    let mut browser = Browser::signed_in(&scene.hub).await;
    let never = browser.get(&page).await;
    for part in [
        "never changed",
        "not looked at",
        "not known",
        "associated contacts at HubSpot",
        "not asked since it changed",
    ] {
        assert!(never.text().contains(part), "no {part} in {}", never.text());
    }
    let token = csrf(&never);
    for (verb, fields) in
        [("increment", vec![]), ("increment", vec![]), ("decrement", vec![]), ("set", vec![("value", "8")])]
    {
        let fields = [vec![("csrf", token.as_str())], fields].concat();
        let done = browser.post(&format!("{page}/{verb}"), &fields).await;
        assert_eq!(
            (done.status, done.header("location")),
            (303, format!("{page}?did=changed").as_str()),
            "{verb}"
        );
    }
    assert_eq!(scene.value(&path, EXAM).await, 8);
    let shown = browser.get(&format!("{page}?did=changed")).await.text();
    for part in [
        "Counted. HubSpot follows.",
        "<p class=\"big\">8</p>",
        "To be sent",
        "portal",
        "Set",
        "HubSpot lacks changes since",
    ] {
        assert!(shown.contains(part), "no {part} in {shown}");
    }
    for (value, says) in
        [("-1", "less than its minimum of 0"), ("many", "whole number"), ("1.5", "whole number")]
    {
        let refused = browser.post(&format!("{page}/set"), &[("csrf", &token), ("value", value)]).await;
        assert!(refused.status == 200 && refused.text().contains(says), "{value}: {}", refused.text());
    }
    assert_eq!(scene.value(&path, EXAM).await, 8);
    for verb in ["increment", "decrement", "set", "push"] {
        assert_eq!(
            browser.post(&format!("{page}/{verb}"), &[("csrf", "x"), ("value", "1")]).await.status,
            403,
            "{verb}"
        );
    }
    let pushed = browser.post(&format!("{page}/push"), &[("csrf", &token)]).await;
    assert_eq!(pushed.header("location"), format!("{page}?did=push"));
    let never = format!("{}/values/1/push", page_of(&path));
    assert_eq!(browser.post(&never, &[("csrf", &token)]).await.status, 404);
    assert_eq!(
        browser.get(&format!("{}/values/x", page_of(&path))).await.status,
        400,
        "no key of this definition"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comparison_shows_what_was_wrong_by_how_much_and_what_was_done() {
    let scene = Counting::start().await;
    let path =
        scene.make(json!({ "truth": { "source": "associations", "to_object_type": "contacts" } })).await;
    for key in ["1", "2", "3", EXAM] {
        scene.post(&format!("{path}/values/{key}/set"), &json!({ "value": 8 })).await;
    }
    a_run_with_findings(&scene, &path).await;
    let page = "/portal/counter-runs/crn_1";
    let mut browser = Browser::signed_in(&scene.hub).await;
    let shown = browser.get(page).await;
    let text = shown.text();
    for part in [
        "Comparing",
        "by the schedule",
        "by 3 together",
        "Being repaired",
        "+3",
        "Truth not known",
        "the endpoint answered 500",
        "empty",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    let narrowed = browser.get(&format!("{page}?verdict=no_truth")).await.text();
    assert!(narrowed.contains("answered 500") && !narrowed.contains("Being repaired"), "{narrowed}");
    assert!(browser.get(&format!("{page}?verdict=x")).await.text().contains("There is no such finding"));
    for (query, rows) in [("search=1", 1), ("search=1&verdict=no_truth", 0), ("search=3&verdict=no_truth", 1)]
    {
        let found = browser.get(&format!("{page}?{query}")).await.text();
        assert_eq!(found.matches("<td class=\"c-key\">").count(), rows, "{query}");
        assert_eq!(found.contains("No finding matches"), rows == 0, "{query}");
    }
    let value = browser.get(&format!("{}/values/1", page_of(&path))).await.text();
    assert!(
        value.contains(page) && value.contains("<p class=\"big\">8</p>"),
        "the truth as it was asked: {value}"
    );
    let definition = browser.get(&page_of(&path)).await.text();
    assert!(definition.contains(page) && definition.contains("<svg class=\"chart\""), "{definition}");

    let token = csrf(&shown);
    assert_eq!(browser.post(&format!("{page}/cancel"), &[("csrf", "x")]).await.status, 403);
    let stopping = browser.post(&format!("{page}/cancel"), &[("csrf", &token)]).await;
    assert_eq!(stopping.header("location"), format!("{page}?did=cancel"));
    assert!(browser.get(page).await.text().contains("It stops at the end of the page"));
    let already = browser.post(&format!("{}/reconcile", page_of(&path)), &[("csrf", &token)]).await;
    assert_eq!(already.header("location"), format!("{page}?did=already"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_counter_is_defined_and_changed_in_a_form_that_says_beside_each_field_what_is_wrong() {
    let scene = Counting::start().await;
    let mut browser = Browser::signed_in(&scene.hub).await;
    let empty = browser.get(&format!("{PATH}/new?connection=con_a")).await;
    assert!(empty.text().contains("value=\"con_a\" selected") && empty.text().contains("value=\"60000\""));
    let token = csrf(&empty);
    let url = trigger_url();
    let typed = |more: &[(&'static str, &'static str)]| {
        let mut fields: BTreeMap<&str, String> = [
            ("name", "exam-bookings"),
            ("connection_id", "con_a"),
            ("object_type", "2-50158913"),
            ("property", "total_bookings"),
            ("window_ms", "1000"),
            ("settle_ms", "60000"),
            ("minimum", "0"),
            ("reconcile_minutes", "60"),
            ("wish", "save"),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .into();
        fields.insert("csrf", token.clone());
        fields.insert("trigger_url", url.clone());
        fields.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        fields
    };
    let new = format!("{PATH}/new");
    let shown = send(
        &mut browser,
        &new,
        &typed(&[("wish", "preview"), ("payload", "{\"n\": \"{{value}}\", \"id\": \"{{key}}\"}")]),
    )
    .await;
    assert!(shown.status == 200 && shown.text().contains("&#34;n&#34;: 8"), "{}", shown.text());
    for (field, value, says) in [
        ("name", "Exam Bookings", "id=\"name-problem\""),
        ("property", "total bookings!", "id=\"property-problem\""),
        ("window_ms", "soon", "id=\"window_ms-problem\""),
        ("minimum", "x", "id=\"minimum-problem\""),
        ("payload", "{\"n\": 1}", "id=\"payload-problem\""),
        ("trigger_url", "https://example.com/x", "id=\"trigger_url-problem\""),
        ("connection_id", "con_x", "id=\"connection_id-problem\""),
        ("reconcile_minutes", "0", "id=\"reconcile_minutes-problem\""),
    ] {
        let refused = send(&mut browser, &new, &typed(&[(field, value)])).await;
        let text = refused.text();
        assert!(
            refused.status == 200 && text.contains(says) && text.contains("Nothing was kept"),
            "{field}: {text}"
        );
        assert!(!text.contains(TRIGGER), "the address is a secret");
    }
    assert_eq!(scene.get("/v1/counters").await["data"], json!([]), "nothing was kept");
    assert_eq!(send(&mut browser, &new, &typed(&[("csrf", "x")])).await.status, 403);

    let made = send(&mut browser, &new, &typed(&[])).await;
    let page = made.header("location").strip_suffix("?did=define").unwrap().to_owned();
    assert!(browser.get(made.header("location")).await.text().contains("The counter is made"));
    assert!(
        send(&mut browser, &new, &typed(&[])).await.text().contains("id=\"name-problem\""),
        "the name is taken"
    );
    let form = browser.get(&format!("{page}/edit")).await.text();
    assert!(
        form.contains("value=\"exam-bookings\"")
            && form.contains("Stays as it is")
            && !form.contains(TRIGGER)
    );
    let edit = format!("{page}/edit");
    let same = [
        ("trigger_url", ""),
        ("version", "1"),
        ("minimum", "-5"),
        ("policy", "report"),
        ("truth", "associations"),
        ("associated_type", "contacts"),
    ];
    let saved = send(&mut browser, &edit, &typed(&same)).await;
    assert_eq!(saved.header("location"), format!("{page}?did=save"), "{}", saved.text());
    let now = scene.get("/v1/counters").await["data"][0].clone();
    assert_eq!((&now["minimum"], &now["policy"], &now["version"]), (&json!(-5), &json!("report"), &json!(2)));
    assert_eq!(now["truth"]["to_object_type"], "contacts");
    assert!(now["trigger"].as_str().unwrap().contains("webhook-triggers/62515"), "the address stayed: {now}");
    let late = send(&mut browser, &edit, &typed(&same)).await;
    assert_eq!(
        late.header("location"),
        format!("{page}?did=changed-by-another"),
        "of the version that was looked at"
    );
    let log = scene.get("/v1/audit?action=counter").await;
    let told: Vec<&str> =
        log["data"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(told, ["counter.changed", "counter.defined"]);
}

async fn send(browser: &mut Browser, path: &str, fields: &BTreeMap<&str, String>) -> Answer {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post(path, &fields).await
}
