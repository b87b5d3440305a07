//! What the popup's pages say, each for its outcome.

use crate::support::browser::Browser;
use crate::support::scene::{PAGE, Scene};
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt::Write as _;
use syncline_core::time::Timestamp;
use syncline_hub::connect::{Completed, ConnectError, Outcome};
use syncline_hub::popup::pages::{Content, Page};
use syncline_hub::portal::views::Assets;
use syncline_providers::connect::Account;
use syncline_store::StoreError;
use syncline_store::connections::{Connection, Method as How, Status};

fn connection(account_name: &str) -> Connection {
    Connection {
        id: "con_1".into(),
        org_id: "acme".into(),
        user_id: "ada".into(),
        provider: "hubspot".into(),
        app: "main".into(),
        account: "62515".into(),
        account_name: account_name.into(),
        method: How::Oauth,
        status: Status::Active,
        reason: None,
        scopes: Vec::new(),
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
    }
}

fn outcomes() -> Vec<Completed> {
    let message = "said by the provider".to_owned();
    let account = Account { id: "62515".into(), name: "Brightwater".into() };
    vec![
        Completed::Connected(connection("Brightwater")),
        Completed::Replayed(Some(Box::new(connection("Brightwater")))),
        Completed::Replayed(None),
        Completed::Denied { message: String::new() },
        Completed::Expired,
        Completed::Unknown,
        Completed::WrongBrowser,
        Completed::AppRefused { message: message.clone() },
        Completed::CodeRefused { message: message.clone() },
        Completed::ProviderDown { message },
        Completed::AccountOfAnother { account },
        Completed::Failed(ConnectError::Store(StoreError::Unavailable("gone".into()))),
        Completed::Failed(ConnectError::Store(StoreError::Corrupt("odd".into()))),
    ]
}

fn page_of(completed: Completed) -> Page {
    Page::of_outcome(&Outcome { completed, provider: Some("hubspot".into()), origin: Some(PAGE.into()) })
}

#[test]
fn every_outcome_says_what_happened_whose_fault_it_is_and_what_to_do() {
    let mut all = String::new();
    for completed in outcomes() {
        let page = page_of(completed);
        let Content::Result(result) = &page.content else { panic!("a result: {page:?}") };
        let closes = if result.closes { ", closes" } else { "" };
        writeln!(
            all,
            "{} {}{closes}\n  {}\n  {}",
            result.outcome,
            page.status.as_u16(),
            result.title,
            result.what
        )
        .unwrap();
        if !result.said.is_empty() {
            writeln!(all, "  “{}”", result.said).unwrap();
        }
        writeln!(all, "  {}\n", result.todo).unwrap();
    }
    insta::assert_snapshot!(all);
}

#[test]
fn what_the_provider_or_an_account_is_called_cannot_break_out_of_the_page() {
    let nasty = "</script><img src=x onerror=alert(1)>\"'&\u{202e}";
    let completed = [
        Completed::Connected(connection(nasty)),
        Completed::ProviderDown { message: nasty.into() },
        Completed::Denied { message: nasty.into() },
    ];
    for completed in completed {
        let page = page_of(completed);
        let html = page.render(&Assets::default()).unwrap();
        assert!(!html.contains("<img") && html.contains("&#60;img"), "{html}");
        let Content::Result(result) = &page.content else { panic!("a result") };
        let message: Value = serde_json::from_str(&result.message()).unwrap();
        assert_eq!(message["type"], "syncline:connect");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_come_with_headers_that_keep_what_is_in_their_address() {
    let scene = Scene::start(&[]).await;
    let mut browser = Browser::new(&scene.hub);
    for path in ["/connect/start?ticket=x", "/integrations/hubspot/oauth2callback?state=x&code=y", "/connect"]
    {
        let page = browser.get(path).await;
        assert_eq!(page.status, 400, "{path}");
        for (name, value) in [
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-opener-policy", "unsafe-none"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(page.header(name), value, "{path}");
        }
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    }
    let script = browser.get("/connect.js").await;
    assert_eq!(script.header("cross-origin-resource-policy"), "cross-origin");
    assert!(script.header("cache-control").contains("max-age"), "{script:?}");
    for asset in ["portal.css", "popup.js", "theme.js", "icons.svg"] {
        assert_eq!(browser.get(&format!("/portal/assets/{asset}")).await.status, 200, "{asset}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_back_is_good_once_in_the_browser_that_began_and_at_its_provider() {
    let scene = Scene::start(&[("portal.enabled", "false")]).await;
    let link = scene.link(&json!({"provider": "hubspot", "org_id": "acme", "origin": PAGE})).await;
    let (mut mine, mut other) = (Browser::new(&scene.hub), Browser::new(&scene.hub));
    let back = scene.consent(&mut mine, &link).await;
    let wrong = other.get(&back).await;
    assert!(wrong.status == 403 && wrong.text().contains("Another browser began this"), "{}", wrong.text());
    assert!(!wrong.text().contains(PAGE), "a stranger is not told who waits");
    let elsewhere = mine.get(&back.replace("/hubspot/", "/notion/")).await;
    assert!(elsewhere.status == 400, "{}", elsewhere.text());
    let done = mine.get(&back).await;
    assert!(
        done.status == 200 && done.text().contains(&format!("data-origin=\"{PAGE}\"")),
        "{}",
        done.text()
    );
    let again = mine.get(&back).await;
    assert!(again.status == 200 && again.text().contains("is connected already"), "{}", again.text());

    scene.control(Method::PATCH, "/_sandbox/settings", &json!({"consent": "deny"})).await;
    let link = scene.link(&json!({"provider": "hubspot", "org_id": "acme"})).await;
    let back = scene.consent(&mut mine, &link).await;
    let denied = mine.get(&back).await;
    assert!(
        denied.status == 403 && denied.text().contains("Access was declined at HubSpot"),
        "{}",
        denied.text()
    );
    assert_eq!(mine.get("/portal/assets/portal.css").await.status, 200, "without the portal, too");
}
