//! Setting up from the portal: shown first, done when somebody says so.

use crate::support::browser::{Browser, csrf};
use crate::support::joined::Joined;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_change_is_shown_done_when_asked_for_and_then_there_is_nothing_left() {
    let joined = Joined::start(
        10,
        &[("providers.tentoeight.budget", "0.0"), ("apps.tentoeight.provider", "tentoeight")],
    )
    .await;
    let connection = joined.connect("tentoeight").await;
    let mut browser = Browser::signed_in(&joined.hub).await;
    let path = format!("/portal/connections/{}/setup", connection.id);
    let shown = browser.get(&format!("/portal/connections/{}", connection.id)).await.text();
    assert!(shown.contains(&format!("href=\"{path}\"")));
    let before = joined.requests("tentoeight", "subscription").await;
    let unseen = browser.get(&path).await;
    assert!(unseen.text().contains("was not asked yet") && !unseen.text().contains("Set up now"));
    assert_eq!(joined.requests("tentoeight", "subscription").await, before, "opening the page asks nobody");
    let looked = browser.post(&path, &[("csrf", &csrf(&unseen)), ("do", "look")]).await;
    assert_eq!((looked.status, looked.header("location")), (303, path.as_str()));
    let asked = joined.requests("tentoeight", "subscription").await;
    assert_eq!(asked, before + 1, "it only looked");
    let plan = browser.get(&path).await;
    assert!(plan.text().contains("would create") && plan.text().contains("Set up now"), "{}", plan.text());
    assert!(plan.text().contains("Look again") && plan.text().contains("was looked at <time"));
    assert_eq!(joined.requests("tentoeight", "subscription").await, asked, "what was seen is shown");
    assert_eq!(browser.post(&path, &[("csrf", "wrong")]).await.status, 403);
    let done = browser.post(&path, &[("csrf", &csrf(&plan))]).await.text();
    assert!(done.contains(">created<") && done.contains("The account is set up"), "{done}");
    let after = browser.get(&path).await;
    assert!(after.text().contains("was not asked yet"), "what was seen before is over");
    browser.post(&path, &[("csrf", &csrf(&after)), ("do", "look")]).await;
    let again = browser.get(&path).await.text();
    assert!(again.contains("There is nothing to change") && !again.contains("Set up now"), "{again}");
}
