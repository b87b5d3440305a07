//! Authorizing and tokens (Airtable facts 2).

use super::{BACK, CHALLENGE, Desk, STATE, VERIFIER};
use crate::support::send;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const READ: &str = "data.records:read schema.bases:read";

fn path(desk: &Desk, url: &url::Url) -> String {
    url.as_str().strip_prefix(&desk.sandbox.url("")).expect("ours").to_owned()
}

/// Another value for one parameter of the authorize URL; none takes it away.
fn altered(url: &url::Url, name: &str, value: Option<&str>) -> url::Url {
    let pairs: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(key, _)| key != name).collect();
    let mut other = url.clone();
    other.query_pairs_mut().clear().extend_pairs(pairs);
    if let Some(value) = value {
        other.query_pairs_mut().append_pair(name, value);
    }
    other
}

#[tokio::test]
async fn a_granted_request_comes_back_with_code_state_and_challenge() {
    let desk = Desk::new().await;
    let back = desk.authorize(&desk.authorize_url("app", READ)).await;
    assert_eq!(back["state"], STATE);
    assert_eq!(
        (back["code_challenge"].as_str(), back["code_challenge_method"].as_str()),
        (CHALLENGE, "S256")
    );
    let tokens = desk.exchange("app", &back["code"]).await.expect(200);
    assert_eq!(tokens["token_type"], "Bearer ", "with the space");
    assert_eq!((&tokens["expires_in"], &tokens["refresh_expires_in"]), (&json!(3_600), &json!(5_184_000)));
    assert_eq!(tokens["scope"], READ);
    let token = tokens["access_token"].as_str().expect("text");
    desk.call_as(token, Method::GET, "/{base}/People", None).await.expect(200);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_sent_back() {
    let desk = Desk::new().await;
    let good = desk.authorize_url("app", READ);
    for (name, value, error) in [
        ("state", None, "invalid_request"),
        ("state", Some("too-short"), "invalid_request"),
        ("state", Some("with-padding-outside-the-alphabet=="), "invalid_request"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("response_type", Some("token"), "unsupported_response_type"),
        ("scope", None, "invalid_scope"),
        ("scope", Some("data.records:read data.records:read"), "invalid_scope"),
        ("scope", Some("enterprise.account:read"), "invalid_scope"),
    ] {
        let back = desk.authorize(&altered(&good, name, value)).await;
        assert_eq!(back["error"], error, "{name} {value:?}");
        assert!(!back["error_description"].is_empty());
        let state = if name == "state" { value } else { Some(STATE) };
        assert_eq!(back.get("state").map(String::as_str), state);
    }
    let with_owner = altered(&good, "owner", Some("user"));
    assert!(desk.authorize(&with_owner).await.contains_key("code"), "unknown parameters are tolerated");
}

#[tokio::test]
async fn a_wrong_client_or_redirect_sends_the_browser_nowhere() {
    let desk = Desk::new().await;
    let good = desk.authorize_url("app", READ);
    for (name, value) in [
        ("client_id", "nobody"),
        ("redirect_uri", "https://example.com/back"),
        ("redirect_uri", "http://localhost:9/back#fragment"),
        ("redirect_uri", "http://10.0.0.1/back"),
    ] {
        let answer = desk.sandbox.get(&path(&desk, &altered(&good, name, Some(value)))).await;
        assert_eq!((answer.status, answer.header("location")), (400, ""), "{name} {value}");
        assert!(answer.header("content-type").starts_with("text/html"));
    }
}

#[tokio::test]
async fn a_registered_redirect_matches_to_the_letter() {
    let desk = Desk::new().await;
    desk.set(
        json!({"oauth": {"redirect_uris": ["https://hub.example/back"], "any_loopback_redirect": false}}),
    )
    .await;
    let good = altered(&desk.authorize_url("app", READ), "redirect_uri", Some("https://hub.example/back"));
    assert_eq!(desk.sandbox.get(&path(&desk, &good)).await.status, 302);
    for other in ["https://hub.example/back/", "https://hub.example/back?x=1", BACK] {
        let url = altered(&good, "redirect_uri", Some(other));
        assert_eq!(desk.sandbox.get(&path(&desk, &url)).await.status, 400, "{other}");
    }
    for wrong in ["http://hub.example/", "https://u@hub.example/", "https://*.example/", "https://10.0.0.1/"]
    {
        let patch = json!({"airtable": {"oauth": {"redirect_uris": [wrong]}}});
        send(desk.sandbox.request(Method::PATCH, "/_sandbox/settings").json(&patch)).await.expect(422);
    }
}

#[tokio::test]
async fn a_denied_request_comes_back_as_access_denied() {
    let desk = Desk::new().await;
    desk.sandbox.set(json!({"consent": "deny"})).await;
    let back = desk.authorize(&desk.authorize_url("app", READ)).await;
    assert_eq!((back["error"].as_str(), back["state"].as_str()), ("access_denied", STATE));
}

#[tokio::test]
async fn airtable_itself_can_fail_to_authorize() {
    let desk = Desk::new().await;
    for error in ["server_error", "temporarily_unavailable"] {
        desk.set(json!({"oauth": {"authorize_fails_with": error}})).await;
        assert_eq!(desk.authorize(&desk.authorize_url("app", READ)).await["error"], error);
    }
}

#[tokio::test]
async fn the_page_asks_who_and_which_bases() {
    let desk = Desk::new().await;
    desk.sandbox.set(json!({"consent": "page"})).await;
    let url = desk.authorize_url("app", READ);
    let page = desk.sandbox.get(&path(&desk, &url)).await;
    assert_eq!(page.status, 200);
    for shown in [
        "alex.morgan@example.com",
        "sam.rivera@example.com",
        "Sales CRM",
        "Operations",
        "See the data in records",
    ] {
        assert!(page.body.contains(shown), "{shown}");
    }
    assert!(!page.body.contains("<script"));
    let user = desk.credentials["users"][1]["user_id"].as_str().expect("text");
    let form = |decision: &str, base: Option<&str>| {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(url.query_pairs()).append_pair("user", user).append_pair("decision", decision);
        form.extend_pairs(base.map(|base| ("base", base)));
        desk.sandbox
            .request(Method::POST, "/airtable/oauth2/v1/authorize")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.finish())
    };
    let cancelled = send(form("cancel", Some(&desk.base))).await;
    assert!(cancelled.header("location").contains("error=access_denied"));
    assert_eq!(send(form("authorize", None)).await.status, 400, "no base");
    let agreed = send(form("authorize", Some(&desk.base))).await;
    let back = url::Url::parse(agreed.header("location")).expect("a URL");
    let code = back.query_pairs().find(|(key, _)| key == "code").expect("a code").1.into_owned();
    let token =
        desk.exchange("app", &code).await.expect(200)["access_token"].as_str().expect("text").to_owned();
    let bases = desk.call_as(&token, Method::GET, "/meta/bases", None).await.expect(200);
    assert_eq!(bases, json!({"bases": [{"id": desk.base, "name": "Sales CRM", "permissionLevel": "edit"}]}));
    let me = desk.call_as(&token, Method::GET, "/meta/whoami", None).await.expect(200);
    assert_eq!(me, json!({"id": user, "scopes": ["data.records:read", "schema.bases:read"]}));
}

#[tokio::test]
async fn consent_at_once_can_be_another_users() {
    let desk = Desk::new().await;
    desk.set(json!({"oauth": {"user": "sam.rivera@example.com"}})).await;
    let (token, _) = desk.tokens("public_app", "user.email:read").await;
    let me = desk.call_as(&token, Method::GET, "/meta/whoami", None).await.expect(200);
    assert_eq!(me["email"], "sam.rivera@example.com");
}

#[tokio::test]
async fn a_code_works_once_even_when_the_exchange_fails() {
    let desk = Desk::new().await;
    let code = desk.code("app", READ).await;
    let wrong = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", BACK),
        ("code_verifier", "another-verifier-another-verifier-another-one"),
    ];
    let refused = desk.ask_for_tokens("app", &wrong).await.expect(400);
    assert_eq!(refused["error"], "invalid_grant");
    assert!(refused["error_description"].is_string());
    assert_eq!(desk.exchange("app", &code).await.expect(400)["error"], "invalid_grant");
    let code = desk.code("app", READ).await;
    desk.exchange("app", &code).await.expect(200);
    assert_eq!(desk.exchange("app", &code).await.expect(400)["error"], "invalid_grant");
}

#[tokio::test]
async fn a_code_is_good_for_ten_minutes() {
    let desk = Desk::new().await;
    let (in_time, late) = (desk.code("app", READ).await, desk.code("app", READ).await);
    desk.sandbox.advance(Duration::from_secs(599)).await;
    desk.exchange("app", &in_time).await.expect(200);
    desk.sandbox.advance(Duration::from_secs(1)).await;
    assert_eq!(desk.exchange("app", &late).await.expect(400)["error"], "invalid_grant");
}

#[tokio::test]
async fn a_code_belongs_to_one_client_and_one_redirect() {
    let desk = Desk::new().await;
    let code = desk.code("public_app", READ).await;
    assert_eq!(desk.exchange("app", &code).await.expect(400)["error"], "invalid_grant");
    let code = desk.code("app", READ).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "http://localhost:9/other"),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(desk.ask_for_tokens("app", &form).await.expect(400)["error"], "invalid_grant");
}

#[tokio::test]
async fn a_secret_demands_the_header_and_no_secret_forbids_it() {
    let desk = Desk::new().await;
    let (confidential, public) = (&desk.credentials["app"], &desk.credentials["public_app"]);
    let post = |authorization: Option<String>, body: String| {
        let mut request = desk
            .sandbox
            .request(Method::POST, "/airtable/oauth2/v1/token")
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        send(request.body(body))
    };
    let basic = |id: &Value, secret: &str| {
        let text = format!("{}:{secret}", id.as_str().expect("text"));
        format!("Basic {}", data_encoding::BASE64.encode(text.as_bytes()))
    };
    let id = |app: &Value| {
        format!(
            "grant_type=refresh_token&refresh_token=x&client_id={}",
            app["client_id"].as_str().expect("text")
        )
    };
    let secret = confidential["client_secret"].as_str().expect("text");
    for (authorization, body, status, error) in [
        (None, id(confidential), 401, "invalid_client"),
        (Some(basic(&confidential["client_id"], "wrong")), id(confidential), 401, "invalid_client"),
        (Some(basic(&public["client_id"], "")), id(public), 401, "invalid_client"),
        (None, "grant_type=refresh_token&refresh_token=x".to_owned(), 401, "invalid_client"),
        (Some(basic(&confidential["client_id"], secret)), id(public), 400, "invalid_request"),
        (Some(basic(&confidential["client_id"], secret)), id(confidential), 400, "invalid_grant"),
        (None, id(public), 400, "invalid_grant"),
    ] {
        let refused = post(authorization.clone(), body.clone()).await.expect(status);
        assert_eq!(refused["error"], error, "{authorization:?} {body}");
    }
    desk.tokens("public_app", READ).await;
}

#[tokio::test]
async fn the_token_endpoint_wants_a_form_it_understands() {
    let desk = Desk::new().await;
    let json = json!({"grant_type": "refresh_token", "refresh_token": "x"});
    let refused = desk.sandbox.post("/airtable/oauth2/v1/token", &json).await.expect(400);
    assert_eq!(refused["error"], "invalid_request");
    for (form, error) in [
        (vec![], "invalid_request"),
        (vec![("grant_type", "password")], "unsupported_grant_type"),
        (vec![("grant_type", "refresh_token")], "invalid_request"),
        (vec![("grant_type", "authorization_code")], "invalid_request"),
        (
            vec![("grant_type", "authorization_code"), ("code", "x"), ("redirect_uri", BACK)],
            "invalid_request",
        ),
    ] {
        assert_eq!(desk.ask_for_tokens("app", &form).await.expect(400)["error"], error, "{form:?}");
    }
    assert_eq!(
        desk.sandbox.get("/airtable/oauth2/v1/token").await.expect(404),
        json!({"error": "NOT_FOUND"})
    );
}

#[tokio::test]
async fn a_refresh_kills_the_access_token_before_it_at_once() {
    let desk = Desk::new().await;
    let (old, refresh) = desk.tokens("app", READ).await;
    desk.call_as(&old, Method::GET, "/meta/whoami", None).await.expect(200);
    let fresh = desk.refresh("app", &refresh).await.expect(200);
    assert_ne!(fresh["refresh_token"], refresh.as_str());
    let refused = desk.call_as(&old, Method::GET, "/meta/whoami", None).await.expect(401);
    assert_eq!(refused["error"]["message"], "Invalid authentication token");
    let new = fresh["access_token"].as_str().expect("text");
    desk.call_as(new, Method::GET, "/meta/whoami", None).await.expect(200);
}

#[tokio::test]
async fn a_rotated_refresh_token_is_a_conflict_first_and_invalid_later() {
    let desk = Desk::new().await;
    let (_, refresh) = desk.tokens("app", READ).await;
    desk.refresh("app", &refresh).await.expect(200);
    desk.refresh("app", &refresh).await.expect(409);
    desk.sandbox.advance(Duration::from_secs(10)).await;
    assert_eq!(desk.refresh("app", &refresh).await.expect(400)["error"], "invalid_grant");
}

#[tokio::test]
async fn insisting_on_a_rotated_token_revokes_the_grant() {
    let desk = Desk::new().await;
    desk.set(json!({"oauth": {"revoke_after_reuses": 2}})).await;
    let (_, refresh) = desk.tokens("app", READ).await;
    let fresh = desk.refresh("app", &refresh).await.expect(200);
    let access = fresh["access_token"].as_str().expect("text");
    desk.refresh("app", &refresh).await.expect(409);
    desk.call_as(access, Method::GET, "/meta/whoami", None).await.expect(200);
    desk.refresh("app", &refresh).await.expect(400);
    desk.call_as(access, Method::GET, "/meta/whoami", None).await.expect(401);
    desk.refresh("app", fresh["refresh_token"].as_str().expect("text")).await.expect(400);
}

#[tokio::test]
async fn ten_refreshes_a_second_with_one_token_are_too_many() {
    let desk = Desk::new().await;
    desk.set(json!({"oauth": {"revoke_after_reuses": null}})).await;
    let (_, refresh) = desk.tokens("app", READ).await;
    let mut statuses = Vec::new();
    for _ in 0..10 {
        statuses.push(desk.refresh("app", &refresh).await.status);
    }
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409, 409, 429]);
}

#[tokio::test]
async fn access_lives_an_hour_and_refresh_sixty_days_anew_each_time() {
    let desk = Desk::new().await;
    let (access, refresh) = desk.tokens("app", READ).await;
    desk.sandbox.advance(Duration::from_secs(3_599)).await;
    desk.call_as(&access, Method::GET, "/meta/whoami", None).await.expect(200);
    desk.sandbox.advance(Duration::from_secs(1)).await;
    desk.call_as(&access, Method::GET, "/meta/whoami", None).await.expect(401);
    let days = |days: u64| Duration::from_secs(days * 86_400);
    desk.sandbox.advance(days(59)).await;
    let second = desk.refresh("app", &refresh).await.expect(200);
    desk.sandbox.advance(days(59)).await;
    let third = desk.refresh("app", second["refresh_token"].as_str().expect("text")).await.expect(200);
    desk.sandbox.advance(days(60)).await;
    desk.refresh("app", third["refresh_token"].as_str().expect("text")).await.expect(400);
}

#[tokio::test]
async fn a_refresh_narrows_scopes_but_never_widens_them() {
    let desk = Desk::new().await;
    let (_, refresh) = desk.tokens("app", READ).await;
    let form =
        |scope| [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("scope", scope)];
    let wider = desk.ask_for_tokens("app", &form("data.records:write")).await.expect(400);
    assert_eq!(wider["error"], "invalid_request");
    let narrow = desk.ask_for_tokens("app", &form("data.records:read")).await.expect(200);
    assert_eq!(narrow["scope"], "data.records:read");
    let access = narrow["access_token"].as_str().expect("text");
    desk.call_as(access, Method::GET, "/{base}/People", None).await.expect(200);
    desk.call_as(access, Method::GET, "/meta/bases", None).await.expect(403);
}

#[tokio::test]
async fn users_add_bases_remove_them_and_revoke_everything() {
    let desk = Desk::new().await;
    let (access, refresh) = desk.tokens("app", READ).await;
    desk.edit(json!({"action": "remove_base", "base_id": desk.base})).await;
    desk.call_as(&access, Method::GET, "/{base}/People", None).await.expect(403);
    desk.edit(json!({"action": "add_base", "base_id": desk.base})).await;
    desk.call_as(&access, Method::GET, "/{base}/People", None).await.expect(200);
    let alex = "alex.morgan@example.com";
    desk.edit(json!({"action": "set_permission", "user": alex, "permission": "none"})).await;
    desk.call_as(&access, Method::GET, "/{base}/People", None).await.expect(403);
    assert_eq!(desk.edit(json!({"action": "revoke"})).await, json!({"revoked": 1}));
    desk.call_as(&access, Method::GET, "/meta/whoami", None).await.expect(401);
    desk.refresh("app", &refresh).await.expect(400);
}

#[tokio::test]
async fn access_tokens_expire_on_demand() {
    let desk = Desk::new().await;
    let (access, refresh) = desk.tokens("app", READ).await;
    assert_eq!(desk.edit(json!({"action": "expire_token", "token": access})).await, json!({"expired": 1}));
    desk.call_as(&access, Method::GET, "/meta/whoami", None).await.expect(401);
    let fresh = desk.refresh("app", &refresh).await.expect(200);
    desk.edit(json!({"action": "expire_refresh_token"})).await;
    desk.refresh("app", fresh["refresh_token"].as_str().expect("text")).await.expect(400);
}

#[tokio::test]
async fn faults_at_the_token_endpoint_have_its_shape() {
    let desk = Desk::new().await;
    for (effect, status, error) in [
        (json!({"kind": "rate_limited"}), 429, "rate_limited"),
        (json!({"kind": "server_error", "status": 503}), 503, "server_error"),
        (json!({"kind": "revoked_token"}), 400, "invalid_grant"),
    ] {
        desk.sandbox.fault(json!({"provider": "airtable", "times": 1, "effect": effect})).await;
        assert_eq!(desk.refresh("app", "any").await.expect(status)["error"], error);
    }
}
