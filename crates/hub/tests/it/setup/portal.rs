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
    let plan = browser.get(&path).await;
    assert!(plan.text().contains("would create") && plan.text().contains("Set up now"), "{}", plan.text());
    assert_eq!(joined.requests("tentoeight", "subscription").await, 1, "it only looked");
    assert_eq!(browser.post(&path, &[("csrf", "wrong")]).await.status, 403);
    let done = browser.post(&path, &[("csrf", &csrf(&plan))]).await.text();
    assert!(done.contains(">created<") && done.contains("The account is set up"), "{done}");
    let again = browser.get(&path).await.text();
    assert!(again.contains("There is nothing to change") && !again.contains("Set up now"), "{again}");
}
