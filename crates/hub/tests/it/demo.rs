//! The demo as a whole: everything comes up by itself, the portal tells about it and breaks things, and a run in which everything is broken
//! loses nothing.

use crate::documents::apart;
use crate::documents::words::invocations;
use crate::support::TestHub;
use crate::support::browser::{Browser, csrf};
use crate::support::child::{Desk, Running};
use serde_json::Value;
use std::time::Duration;

/// How long a demo may take for what takes half a minute on a machine that does nothing else.
const PATIENCE: Duration = Duration::from_secs(600);

/// Waits until `look` finds something in what the demo printed.
async fn told(demo: &Running, what: &str) -> String {
    let looking = async {
        loop {
            if let Some(line) = demo.out.all().into_iter().find(|line| line.contains(what)) {
                return line;
            }
            assert!(!demo.err.all().iter().any(|line| line.starts_with("syncline:")), "{:?}", demo.err.all());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let found = tokio::time::timeout(PATIENCE, looking).await;
    found.unwrap_or_else(|_| panic!("never said: {what}; but {:#?}", demo.out.all()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_signs_a_visitor_in_says_what_to_look_at_and_breaks_things() {
    let desk = Desk::new();
    let mut demo = desk.start(&["demo", "--listen", &format!("127.0.0.1:{}", desk.port)]);
    let link = told(&demo, "/portal/demo/enter?token=").await;
    let path = link.trim().strip_prefix(&desk.base()).unwrap().to_owned();
    let mut browser = Browser::at(desk.base());
    assert_eq!(browser.get("/portal/demo/enter?token=nonsense").await.status, 404);
    assert_eq!(browser.get("/portal/demo").await.status, 303, "nobody is signed in yet");
    let entered = browser.get(&path).await;
    assert_eq!((entered.status, entered.header("location")), (303, "/portal/demo"));
    let page = browser.get("/portal/demo").await;
    let text = page.text();
    for part in [
        "What to look at",
        "A sync in both directions",
        "A delivery that fails",
        "Pull the plug",
        "/portal/syncs/syn_",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    assert!(text.contains("href=\"/portal/demo\" aria-current"), "the navigation has it");
    for link in links(&text) {
        let answer = browser.get(&link).await;
        assert_eq!(answer.status, 200, "{link}");
    }
    let forged = browser.post("/portal/demo/break/plug", &[("csrf", "x")]).await;
    assert_eq!(forged.status, 403);
    let token = csrf(&page);
    assert_eq!(browser.post("/portal/demo/break/nonsense", &[("csrf", &token)]).await.status, 404);
    let done = browser.post("/portal/demo/break/plug", &[("csrf", &token)]).await;
    assert_eq!((done.status, done.header("location")), (303, "/portal/demo?did=broken"));
    told(&demo, "the hub is back after").await;
    // The hub is another process, and the session goes on.
    let after = browser.get("/portal/demo").await;
    assert!(after.status == 200 && after.text().contains("the hub is killed"), "{}", after.text());
    demo.signal("INT");
    assert_eq!(demo.ended().await.code(), Some(0));
    assert!(!desk.path("syncline-demo").exists(), "thrown away");
}

/// Pages of the portal that the steps lead to.
fn links(page: &str) -> Vec<String> {
    let steps =
        page.split("class=\"steps\"").nth(1).and_then(|rest| rest.split("</ol>").next()).unwrap_or_default();
    let links = steps.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_of_its_own_has_no_such_page() {
    let hub = TestHub::start(&[]).await;
    let mut browser = Browser::signed_in(&hub).await;
    assert_eq!(browser.get("/portal/demo").await.status, 404);
    assert_eq!(browser.get("/portal/demo/enter?token=").await.status, 404);
    assert!(!browser.get("/portal/events").await.text().contains("/portal/demo"));
}

/// The hour's proof (`syncline demo --check 1h`) in small.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_everything_broken_in_turn_nothing_is_lost() {
    let desk = Desk::new();
    let in_short = apart::commands(apart::SHORT);
    let words =
        in_short.iter().flat_map(|command| invocations(&command.text)).find(|words| words[0] == "demo");
    let words: Vec<String> =
        words.unwrap().into_iter().map(|word| if word == "1h" { "40s".to_owned() } else { word }).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(words, ["demo", "--check", "40s"], "what the documents say, in short");
    let mut demo = desk.start(&[&words[..], &["--json", "--listen", "127.0.0.1:0", "--seed", "3"]].concat());
    let found = told(&demo, "\"findings\"").await;
    let code = demo.ended().await.code();
    let found: Value = serde_json::from_str(&found).unwrap();
    assert!(code == Some(0) && found["good"] == true, "{found:#}\n{:#?}", demo.err.all());
    let told = demo.err.all().join("\n");
    for part in ["(SIGKILL)", "took back what it had allowed", "acme connected HubSpot again"] {
        assert!(told.contains(part), "never: {part} in {told}");
    }
}
