//! Budgets against a provider that counts: in steady state nobody is refused, in one process or in several.

use crate::support::joined::Joined;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_core::secret::Secret;
use syncline_hub::call::budget::{Budgets, Whose};
use syncline_hub::load::Wanted;
use syncline_providers::connect::Credential;
use syncline_providers::wire::Call;
use syncline_sandbox::{Options, Population};
use syncline_store::runs::{Mode, State};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_that_needs_more_than_one_window_is_never_refused() {
    // Time passes for the provider as it does for us, and it counts.
    let options = Options {
        listen: ([127, 0, 0, 1], 0).into(),
        population: Population { people: 6_000, companies: 4_200, deals: 4_200 },
        settings: vec![json!({"hubspot": {"limits": {"private_app_burst": 100}}})],
        ..Options::default()
    };
    let joined = Joined::with(options, &[]).await;
    let connection = joined.connect("hubspot").await;
    let run = joined.ask(&connection, Mode::Full, &Wanted::default()).await;
    let (run, lanes) = joined.ended(&run).await;
    assert_eq!(run.state, State::Succeeded, "{lanes:?}");
    let pages: u64 = lanes.iter().map(|lane| lane.pages).sum();
    assert!(pages > 100, "more calls than one window has: {pages}");
    let refused = joined.answers("hubspot", 429).await;
    assert_eq!(refused, 0, "refused {refused} times in {pages} pages");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_one_budget_through_redis() {
    let Ok(url) = std::env::var("SYNCLINE_TEST_REDIS_URL") else {
        println!("skipped: SYNCLINE_TEST_REDIS_URL names no Redis");
        return;
    };
    let url = Secret::new(url);
    let (one, other) = (
        Budgets::new(BTreeMap::new(), Some(&url)).unwrap(),
        Budgets::new(BTreeMap::new(), Some(&url)).unwrap(),
    );
    let whose = Whose {
        provider: "hubspot",
        account: format!("account-{}", std::process::id()),
        credential: Credential::Key,
        org_id: "acme".to_owned(),
        purpose: "load",
    };
    let call = Call::get("http://127.0.0.1/".to_owned());
    let mut granted = 0;
    // A hundred places in ten seconds, whoever takes them.
    for turn in 0..101 {
        let budgets = if turn % 2 == 0 { &one } else { &other };
        match tokio::time::timeout(Duration::from_secs(2), budgets.permit(&whose, &call)).await {
            Ok(permit) => {
                granted += 1;
                permit.answered();
            }
            Err(_) => assert_eq!(turn, 100, "refused too early"),
        }
    }
    assert_eq!(granted, 100);
    let closed = Whose { account: format!("closed-{}", std::process::id()), ..whose };
    one.permit(&closed, &call).await.answered();
    one.refused(&closed, &call, Some(Duration::from_secs(3)));
    let heard = async {
        // What one process was told the other keeps to as soon as Redis has it.
        while tokio::time::timeout(Duration::from_millis(300), other.permit(&closed, &call)).await.is_ok() {}
    };
    tokio::time::timeout(Duration::from_secs(2), heard).await.expect("the other process keeps away too");
}
