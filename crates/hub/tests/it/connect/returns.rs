//! Each way a browser can come back, and what may begin at all.

use super::scene::{Back, OAUTH, Scene, ask};
use crate::support::told::told;
use serde_json::json;
use std::time::Duration;
use syncline_core::secret::Secret;
use syncline_hub::connect::{AppError, Begin, BeginError, Completed, begin};
use syncline_store::Scope;
use syncline_store::connections::{self, Filter};

async fn connected(scene: &Scene) -> usize {
    let all = Filter::default();
    connections::list(&scene.cx().store, &Scope::All, &all, 100).await.unwrap().len()
}

/// What the application is told of authorizations that came to nothing, the latest first.
async fn refused(scene: &Scene) -> Vec<(String, String)> {
    let payloads = told(scene.cx(), "connection.refused").await.into_iter();
    payloads
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap().to_owned();
            (text("provider_name"), text("outcome"))
        })
        .collect()
}

#[tokio::test]
async fn a_refused_consent_is_told_as_such_and_cannot_be_used_again() {
    let scene = Scene::new().await;
    scene.set(json!({"consent": "deny"})).await;
    for provider in OAUTH {
        let back = scene.authorize(provider).await;
        let outcome = scene.complete(&back).await;
        assert!(matches!(outcome.completed, Completed::Denied { .. }), "{provider}: {outcome:?}");
        assert_eq!(outcome.provider.as_deref(), Some(provider));
        assert!(matches!(scene.complete(&back).await.completed, Completed::Replayed(None)), "{provider}");
        let told = refused(&scene).await;
        for expected in ["denied", "replayed"] {
            assert!(told.contains(&(provider.to_owned(), expected.to_owned())), "{provider}: {told:?}");
        }
    }
    assert_eq!(connected(&scene).await, 0);
}

#[tokio::test]
async fn who_takes_longer_than_ten_minutes_begins_again() {
    let scene = Scene::new().await;
    let back = scene.authorize("hubspot").await;
    scene.advance(Duration::from_secs(600)).await;
    assert!(matches!(scene.complete(&back).await.completed, Completed::Expired));
    assert_eq!(refused(&scene).await, [("hubspot".to_owned(), "expired".to_owned())]);
    let back = scene.authorize("hubspot").await;
    scene.advance(Duration::from_secs(599)).await;
    assert!(matches!(scene.complete(&back).await.completed, Completed::Connected(_)));
}

#[tokio::test]
async fn an_invented_state_is_known_to_nobody() {
    let scene = Scene::new().await;
    let back = scene.authorize("hubspot").await;
    for state in ["", "x", &"a".repeat(5_000), &back.state[1..]] {
        let outcome = scene.complete(&Back { state: state.to_owned(), ..back.clone() }).await;
        assert!(matches!(outcome.completed, Completed::Unknown), "{outcome:?}");
        assert_eq!((outcome.provider, outcome.origin), (None, None));
    }
    let elsewhere = Back { provider: "airtable".to_owned(), ..back.clone() };
    assert!(matches!(scene.complete(&elsewhere).await.completed, Completed::Unknown));
    assert!(matches!(scene.complete(&back).await.completed, Completed::Connected(_)), "it is still good");
}

#[tokio::test]
async fn a_double_submit_is_told_what_became_of_the_first() {
    let scene = Scene::new().await;
    let back = scene.authorize("airtable").await;
    let Completed::Connected(connection) = scene.complete(&back).await.completed else {
        panic!("not connected")
    };
    let Completed::Replayed(Some(same)) = scene.complete(&back).await.completed else {
        panic!("not replayed")
    };
    assert_eq!(same.id, connection.id);
    assert_eq!(scene.calls("airtable", "/oauth2/v1/token").await.len(), 1, "the code is sent once");
}

#[tokio::test]
async fn of_many_returns_at_once_one_connects() {
    let scene = Scene::new().await;
    let back = scene.authorize("airtable").await;
    let outcomes = futures_util::future::join_all((0..20).map(|_| scene.complete(&back))).await;
    let connected = |completed: &Completed| matches!(completed, Completed::Connected(_));
    assert_eq!(outcomes.iter().filter(|outcome| connected(&outcome.completed)).count(), 1);
    assert!(outcomes.iter().all(|outcome| {
        connected(&outcome.completed) || matches!(outcome.completed, Completed::Replayed(_))
    }));
}

#[tokio::test]
async fn another_browser_gets_nothing_and_takes_nothing_from_the_right_one() {
    let scene = Scene::new().await;
    let back = scene.authorize("hubspot").await;
    for browser in [None, Some(Secret::new("")), Some(Secret::new("another"))] {
        let outcome = scene.complete(&Back { browser, ..back.clone() }).await;
        assert!(matches!(outcome.completed, Completed::WrongBrowser), "{outcome:?}");
        assert_eq!((outcome.provider, outcome.origin), (None, None));
    }
    assert!(matches!(scene.complete(&back).await.completed, Completed::Connected(_)));
}

#[tokio::test]
async fn a_code_the_provider_does_not_take_connects_nothing() {
    let scene = Scene::new().await;
    for provider in OAUTH {
        let back = scene.authorize(provider).await;
        let forged = Back { code: Some(Secret::new("forged-code-0123456789")), ..back };
        let outcome = scene.complete(&forged).await;
        assert!(matches!(outcome.completed, Completed::CodeRefused { .. }), "{provider}: {outcome:?}");
    }
    assert_eq!(connected(&scene).await, 0);
}

#[tokio::test]
async fn a_provider_that_is_down_is_told_apart_from_one_that_refuses() {
    let scene = Scene::new().await;
    for provider in OAUTH {
        for effect in
            [json!({"kind": "server_error"}), json!({"kind": "cut"}), json!({"kind": "html", "status": 502})]
        {
            let back = scene.authorize(provider).await;
            scene.token_fault(provider, 1, effect.clone()).await;
            let outcome = scene.complete(&back).await;
            assert!(
                matches!(outcome.completed, Completed::ProviderDown { .. }),
                "{provider} {effect}: {outcome:?}"
            );
        }
        let back = Back {
            error: Some("temporarily_unavailable".into()),
            code: None,
            ..scene.authorize(provider).await
        };
        assert!(matches!(scene.complete(&back).await.completed, Completed::ProviderDown { .. }));
        let back = Back { code: None, ..scene.authorize(provider).await };
        assert!(matches!(scene.complete(&back).await.completed, Completed::ProviderDown { .. }));
    }
    assert_eq!(connected(&scene).await, 0);
}

#[tokio::test]
async fn a_wrong_client_secret_is_the_operators_to_mend() {
    let wrong = "wrong-secret-0123456789abcdef";
    let scene = Scene::with(&[
        ("apps.main.client_secret", wrong),
        ("apps.notes.client_secret", wrong),
        ("apps.tables.client_secret", wrong),
    ])
    .await;
    for provider in OAUTH {
        let back = scene.authorize(provider).await;
        let outcome = scene.complete(&back).await;
        let Completed::AppRefused { message } = &outcome.completed else { panic!("{provider}: {outcome:?}") };
        assert!(!message.contains(wrong), "{message}");
    }
    let back = Back { error: Some("invalid_scope".into()), code: None, ..scene.authorize("hubspot").await };
    assert!(matches!(scene.complete(&back).await.completed, Completed::AppRefused { .. }));
}

#[tokio::test]
async fn an_account_whose_webhooks_are_anothers_is_not_connected() {
    let scene = Scene::new().await;
    let first = scene.connect("hubspot").await;
    let back = scene.authorize_for("hubspot", "globex").await;
    let Completed::AccountOfAnother { account } = scene.complete(&back).await.completed else {
        panic!("two organizations have one account's webhooks")
    };
    assert_eq!(account.id, first.account);
    assert_eq!(connected(&scene).await, 1);
}

#[tokio::test]
async fn the_page_that_waits_is_told_only_if_it_may_be() {
    let origin = "https://app.example.com";
    let scene =
        Scene::with(&[("connect.allowed_origins", "https://app.example.com, http://localhost:3000")]).await;
    let browser = Secret::new("b");
    for allowed in [origin, "http://localhost:3000", "https://hub.example.com"] {
        let from = Begin { origin: Some(allowed), ..ask("hubspot", "acme", &browser) };
        let url = begin(scene.cx(), from).await.unwrap();
        let back = Back { browser: Some(browser.clone()), ..scene.consent("hubspot", &url).await };
        assert_eq!(scene.complete(&back).await.origin.as_deref(), Some(allowed));
    }
    for other in ["https://evil.example.com", "https://app.example.com.evil.example", "null", ""] {
        let from = Begin { origin: Some(other), ..ask("hubspot", "acme", &browser) };
        let refused = begin(scene.cx(), from).await;
        assert!(matches!(refused, Err(BeginError::OriginNotAllowed(_))), "{other}");
    }
}

#[tokio::test]
async fn nothing_begins_without_an_app_that_can_end_it() {
    let scene = Scene::with(&[
        ("apps.second.provider", "hubspot"),
        ("apps.second.client_id", "x"),
        ("apps.second.client_secret", "y"),
        ("apps.empty.provider", "notion"),
    ])
    .await;
    let browser = Secret::new("b");
    let with = async |provider, app| {
        let from = Begin { app, ..ask(provider, "acme", &browser) };
        match begin(scene.cx(), from).await {
            Err(BeginError::App(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(with("salesforce", None).await, AppError::UnknownProvider);
    assert!(matches!(with("tentoeight", None).await, AppError::KeysOnly(_)));
    assert!(
        matches!(with("hubspot", None).await, AppError::WhichApp { apps, .. } if apps == ["main", "second"])
    );
    assert!(matches!(with("hubspot", Some("tables")).await, AppError::NoSuchApp { .. }));
    assert!(matches!(with("notion", Some("empty")).await, AppError::Incomplete { missing: "client_id", .. }));
    let main = Begin { app: Some("main"), ..ask("hubspot", "acme", &browser) };
    assert!(begin(scene.cx(), main).await.is_ok());
    for org_id in ["", "a\nb", &"x".repeat(256)] {
        let from = Begin { org_id, ..ask("airtable", "acme", &browser) };
        assert!(matches!(begin(scene.cx(), from).await, Err(BeginError::BadName("org_id"))), "{org_id:?}");
    }
}

#[tokio::test]
async fn the_url_carries_a_challenge_and_no_secret() {
    let scene = Scene::new().await;
    let browser = Secret::new("browser-token-0123456789");
    for provider in OAUTH {
        let url = begin(scene.cx(), ask(provider, "acme", &browser)).await.unwrap();
        let secret =
            scene.sandbox.credentials()[provider]["app"]["client_secret"].as_str().unwrap().to_owned();
        assert!(!url.contains(&secret) && !url.contains(browser.expose()), "{url}");
        assert_eq!(url.contains("code_challenge_method=S256"), provider != "notion", "{url}");
    }
}
