//! Keys and personal tokens that users paste.

use super::scene::Scene;
use serde_json::json;
use syncline_core::secret::Secret;
use syncline_hub::connect::{Data, Denied, KeyError, access, connect_with_key, disconnect, refused};
use syncline_store::Scope;
use syncline_store::connections::{self, Connection, Filter, Method, Status};

const PROVIDERS: [&str; 4] = ["hubspot", "notion", "airtable", "tentoeight"];

fn key_of(scene: &Scene, provider: &str) -> Secret {
    let credentials = scene.sandbox.credentials();
    let of = &credentials[provider];
    let key = match provider {
        "hubspot" => &of["accounts"][0]["private_app_token"],
        "notion" => &of["workspaces"][0]["token"],
        "airtable" => &of["users"][0]["token"],
        _ => &of["organizations"][0]["api_key"],
    };
    Secret::new(key.as_str().unwrap_or_else(|| panic!("no key in {of}")))
}

async fn connect(scene: &Scene, provider: &str, key: &Secret) -> Result<Connection, KeyError> {
    connect_with_key(scene.cx(), "acme", "ada", provider, key).await
}

#[tokio::test]
async fn a_good_key_is_connected_and_used() {
    let scene = Scene::new().await;
    for provider in PROVIDERS {
        let key = key_of(&scene, provider);
        let pasted = Secret::new(format!("  {}\n", key.expose()));
        let connection = connect(&scene, provider, &pasted).await.unwrap();
        assert_eq!((connection.method, connection.app.as_str()), (Method::Key, ""), "{provider}");
        let access = access(scene.cx(), &connection.id).await.unwrap();
        assert_eq!(access.token, key);
        assert_eq!(scene.tries(&access).await.unwrap(), connection.account, "{provider}");
        let again = connect(&scene, provider, &key).await.unwrap();
        assert_eq!(again.id, connection.id, "the same account is the same connection");
    }
}

#[tokio::test]
async fn what_is_no_key_is_not_even_tried() {
    let scene = Scene::new().await;
    for provider in PROVIDERS {
        for bad in ["", "   ", "two words", "schlüssel"] {
            let refused = connect(&scene, provider, &Secret::new(bad)).await.unwrap_err();
            assert!(matches!(refused, KeyError::NoKey(_)), "{provider} {bad:?}: {refused:?}");
        }
        assert!(scene.calls(provider, "/").await.is_empty(), "{provider} was called");
    }
    let refused = connect(&scene, "salesforce", &Secret::new("x")).await.unwrap_err();
    assert!(matches!(refused, KeyError::App(_)));
}

#[tokio::test]
async fn a_key_the_provider_does_not_know_is_not_stored() {
    let scene = Scene::new().await;
    for provider in PROVIDERS {
        let good = key_of(&scene, provider);
        let mut wrong = good.expose().to_owned();
        let last = if wrong.pop() == Some('a') { 'b' } else { 'a' };
        wrong.push(last);
        let refused = connect(&scene, provider, &Secret::new(wrong.clone())).await.unwrap_err();
        assert!(matches!(refused, KeyError::NotAccepted | KeyError::Refused(_)), "{provider}: {refused:?}");
        assert!(!format!("{refused} {refused:?}").contains(&wrong), "{refused:?}");
    }
    let all = connections::list(&scene.cx().store, &Scope::All, &Filter::default(), 9).await.unwrap();
    assert_eq!(all, []);
}

#[tokio::test]
async fn a_key_that_cannot_be_tried_now_is_not_stored() {
    let scene = Scene::new().await;
    for provider in PROVIDERS {
        for effect in
            [json!({"kind": "server_error"}), json!({"kind": "cut"}), json!({"kind": "rate_limited"})]
        {
            let rule = json!({"provider": provider, "times": 1, "effect": effect});
            scene.control(reqwest::Method::POST, "/_sandbox/faults", &rule).await;
            let refused = connect(&scene, provider, &key_of(&scene, provider)).await.unwrap_err();
            assert!(matches!(refused, KeyError::ProviderDown(_)), "{provider} {effect}: {refused:?}");
        }
    }
    let all = connections::list(&scene.cx().store, &Scope::All, &Filter::default(), 9).await.unwrap();
    assert_eq!(all, []);
}

#[tokio::test]
async fn ending_it_forgets_the_key_and_withdraws_nothing() {
    let scene = Scene::new().await;
    for provider in PROVIDERS {
        let connection = connect(&scene, provider, &key_of(&scene, provider)).await.unwrap();
        disconnect(scene.cx(), &Scope::All, &connection.id, Data::Keep).await.unwrap();
        let stored = connections::credentials(&scene.cx().store, &connection.id).await.unwrap().unwrap();
        assert_eq!(stored.credentials, None, "{provider}");
    }
    assert!(scene.waiting("connection.revoke").await.is_empty(), "keys are their owners' to withdraw");
}

#[tokio::test]
async fn a_key_that_is_refused_later_waits_for_a_person() {
    let scene = Scene::new().await;
    for provider in PROVIDERS {
        let connection = connect(&scene, provider, &key_of(&scene, provider)).await.unwrap();
        let first = access(scene.cx(), &connection.id).await.unwrap();
        let Err(Denied::NeedsReauthorization(reason)) = refused(scene.cx(), &first).await else {
            panic!("{provider}")
        };
        assert!(reason.contains("key"), "{reason}");
        assert_eq!(scene.now(&connection.id).await.status, Status::NeedsReauthorization);
        connect(&scene, provider, &key_of(&scene, provider)).await.unwrap();
        assert_eq!(scene.now(&connection.id).await.status, Status::Active);
    }
}
