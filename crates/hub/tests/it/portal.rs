//! Getting into the portal, staying in, being kept out.

use crate::support::browser::{Browser, PASSWORD, between, csrf};
use crate::support::sse::SseStream;
use crate::support::{Answer, TestHub};
use reqwest::Method;
use std::time::Duration;
use syncline_hub::portal::setup;

async fn token(hub: &TestHub) -> String {
    let link = setup::new_link(&hub.cx).await.unwrap();
    assert!(link.starts_with("https://hub.example.com/portal/setup?token="), "{link}");
    link.rsplit_once('=').unwrap().1.to_owned()
}

fn is_redirect(answer: &Answer, to: &str) {
    assert_eq!((answer.status, answer.header("location")), (303, to), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_link_sets_the_password_once_and_signs_in() {
    let hub = TestHub::start(&[]).await;
    let mut browser = Browser::new(&hub);
    let login = browser.get("/portal/login").await;
    assert_eq!(login.status, 403);
    assert!(login.text().contains("syncline portal-link"));

    let old = token(&hub).await;
    let token = token(&hub).await;
    assert_eq!(
        browser.get(&format!("/portal/setup?token={old}")).await.status,
        404,
        "a newer link replaced it"
    );
    assert_eq!(browser.get("/portal/setup?token=guessed").await.status, 404);
    assert_eq!(browser.get("/portal/setup").await.status, 404);

    for (password, confirm, says) in [
        ("short", "short", "at least 10 characters"),
        ("a long enough one", "another long one", "differ"),
        (&*"x".repeat(257), &*"x".repeat(257), "at most 256 characters"),
    ] {
        let answer = browser.choose(&token, password, confirm).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text().contains(says), "{says}");
        assert!(!answer.text().contains(password), "a password is never shown");
    }
    let form = csrf(&browser.get(&format!("/portal/setup?token={token}")).await);
    for (csrf, token, status) in [("wrong", &*token, 403), ("", &*token, 403), (&*form, "guessed", 404)] {
        let fields = [("csrf", csrf), ("token", token), ("password", PASSWORD), ("confirm", PASSWORD)];
        assert_eq!(browser.post("/portal/setup", &fields).await.status, status);
    }
    assert_eq!(browser.get("/portal/login").await.status, 403, "no password has been set");

    is_redirect(&browser.choose(&token, PASSWORD, PASSWORD).await, "/portal");
    assert_eq!(browser.get("/portal/events").await.status, 200, "signed in");
    let again = Browser::new(&hub).get(&format!("/portal/setup?token={token}")).await;
    assert_eq!(again.status, 404, "a link works once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setup_link_expires_and_a_new_password_signs_everyone_out() {
    let hub = TestHub::start(&[]).await;
    let mut first = Browser::signed_in(&hub).await;
    let link = token(&hub).await;
    hub.clock.advance(Duration::from_secs(3_600));
    let late = first.get(&format!("/portal/setup?token={link}")).await;
    assert_eq!(late.status, 404);
    assert!(late.text().contains("expired"));

    let mut second = Browser::new(&hub);
    let link = token(&hub).await;
    hub.clock.advance(Duration::from_millis(3_599_999));
    assert_eq!(second.choose(&link, "another password", "another password").await.status, 303);
    is_redirect(&first.get("/portal/jobs").await, "/portal/login?next=%2Fportal%2Fjobs&why=ended");
    assert_eq!(first.log_in(PASSWORD, "").await.status, 401);
    assert_eq!(first.log_in("another password", "").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn login_takes_the_password_and_nothing_else() {
    let hub = TestHub::start(&[]).await;
    Browser::signed_in(&hub).await;
    let mut browser = Browser::new(&hub);
    for wrong in ["", "wrong", "Correct horse battery", &*format!("{PASSWORD} "), &*"x".repeat(300)] {
        let answer = browser.log_in(wrong, "").await;
        assert_eq!(answer.status, 401, "{wrong}");
        assert!(browser.cookies.keys().all(|name| name != "syncline_session"));
    }
    browser.get("/portal/login").await;
    for forged in ["", "wrong"] {
        let fields = [("csrf", forged), ("password", PASSWORD), ("next", "")];
        assert_eq!(browser.post("/portal/login", &fields).await.status, 403);
    }
    // A login form sent by another site comes without our cookie.
    let token = csrf(&browser.get("/portal/login").await);
    let fields = [("csrf", token.as_str()), ("password", PASSWORD)];
    assert_eq!(Browser::new(&hub).post("/portal/login", &fields).await.status, 403);
    is_redirect(&browser.log_in(PASSWORD, "/portal/jobs?state=waiting").await, "/portal/jobs?state=waiting");
    assert_eq!(browser.get("/portal/jobs?state=waiting").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_signing_in_one_goes_to_the_portal_and_nowhere_else() {
    let hub = TestHub::start(&[]).await;
    let mut browser = Browser::signed_in(&hub).await;
    for next in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/portal/\\evil.example",
        "/portal\\@evil.example",
        "portal/events",
        "javascript:alert(1)",
        "/portal/x\r\nset-cookie: a=b",
        "/portal/\u{0}",
        "/portal/\t/evil.example",
        "/portal/logout",
        "/portal/login?next=x",
        "/portalevil",
        "",
    ] {
        is_redirect(&browser.log_in(PASSWORD, next).await, "/portal");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_wrong_passwords_make_the_form_rest() {
    let hub = TestHub::start(&[]).await;
    Browser::signed_in(&hub).await;
    let mut browser = Browser::new(&hub);
    for _ in 0..8 {
        assert_eq!(browser.log_in("wrong", "").await.status, 401);
    }
    let resting = browser.log_in(PASSWORD, "").await;
    assert_eq!(resting.status, 429, "even the right one has to wait");
    hub.clock.advance(Duration::from_millis(59_999));
    assert_eq!(browser.log_in(PASSWORD, "").await.status, 429);
    hub.clock.advance(Duration::from_millis(1));
    assert_eq!(browser.log_in(PASSWORD, "").await.status, 303);
    // A right one forgets the wrong ones.
    let mut other = Browser::new(&hub);
    assert_eq!(other.log_in("wrong", "").await.status, 401);
    assert_eq!(other.log_in(PASSWORD, "").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_with_its_time_or_with_logging_out() {
    let hub = TestHub::start(&[("portal.session", "30m")]).await;
    let mut browser = Browser::signed_in(&hub).await;
    hub.clock.advance(Duration::from_secs(30 * 60 - 1));
    let page = browser.get("/portal/events").await;
    assert_eq!(page.status, 200);
    let stolen = browser.cookies.clone();
    let mut stream = SseStream::open(browser.request(Method::GET, "/portal/events/stream")).await;
    stream.next_of("stats").await;
    for forged in ["", "wrong"] {
        assert_eq!(browser.post("/portal/logout", &[("csrf", forged)]).await.status, 403);
    }
    assert_eq!(browser.get("/portal/events").await.status, 200, "still signed in");
    let out = browser.post("/portal/logout", &[("csrf", &csrf(&page))]).await;
    is_redirect(&out, "/portal/login?why=out");
    assert!(!browser.cookies.contains_key("syncline_session"), "the browser forgets it");
    // Some numbers may still have been on their way.
    let mut late = 0;
    while stream.next().await.is_some() {
        late += 1;
        assert!(late < 5, "the stream goes on without the session");
    }
    let mut thief = Browser::new(&hub);
    thief.cookies = stolen;
    is_redirect(&thief.get("/portal/events").await, "/portal/login?next=%2Fportal%2Fevents&why=ended");

    assert_eq!(browser.log_in(PASSWORD, "").await.status, 303);
    hub.clock.advance(Duration::from_secs(30 * 60));
    is_redirect(&browser.get("/portal/events").await, "/portal/login?next=%2Fportal%2Fevents&why=ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_needs_a_session() {
    let hub = TestHub::start(&[]).await;
    Browser::signed_in(&hub).await;
    let mut stranger = Browser::new(&hub);
    for path in
        ["/portal/events", "/portal/events/evt_x", "/portal/events/evt_x/raw", "/portal/jobs", "/portal/keys"]
    {
        let to = format!("/portal/login?next={}", path.replace('/', "%2F"));
        is_redirect(&stranger.get(path).await, &to);
    }
    let stream = stranger.get("/portal/events/stream?kind=a&after=0").await;
    is_redirect(&stream, "/portal/login?next=%2Fportal%2Fevents%2Fstream%3Fkind%3Da%26after%3D0");
    for path in
        ["/portal/jobs/job_x/retry", "/portal/jobs/retry-all", "/portal/keys", "/portal/keys/key_x/revoke"]
    {
        assert_eq!(stranger.post(path, &[("csrf", "x")]).await.status, 303, "{path}");
    }
    let fake = hub.request(Method::GET, "/portal/events").header("cookie", "syncline_session=guessed");
    assert_eq!(hub.send(fake).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_forbid_what_they_do_not_need_and_cookies_are_out_of_reach() {
    let hub = TestHub::start(&[]).await;
    let mut browser = Browser::signed_in(&hub).await;
    for path in [
        "/portal/events",
        "/portal/jobs",
        "/portal/keys",
        "/portal/login",
        "/portal/nowhere",
        "/portal/setup",
    ] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        let page = answer.text();
        assert!(
            !page.contains("style=\"") && !page.contains(" onclick"),
            "{path}: the policy would block it"
        );
    }
    let answer = Browser::new(&hub).log_in(PASSWORD, "").await;
    let cookies: Vec<&str> =
        answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect();
    assert!(cookies.iter().any(|cookie| cookie.starts_with("syncline_session=")), "{cookies:?}");
    for cookie in cookies {
        for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/portal"] {
            assert!(cookie.contains(part), "{cookie}");
        }
    }
    let page = browser.get("/portal/events").await.text();
    for asset in between(&page, "/portal/assets/", "\"") {
        let answer = hub.send(hub.request(Method::GET, &format!("/portal/assets/{asset}"))).await;
        assert_eq!(answer.status, 200, "{asset}");
        assert!(answer.header("cache-control").contains("immutable"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_made_here_is_shown_once_and_can_be_revoked() {
    let hub = TestHub::start(&[]).await;
    let mut browser = Browser::signed_in(&hub).await;
    let token = csrf(&browser.get("/portal/keys").await);
    let count = async || hub.get("/v1/api-keys").await.json()["data"].as_array().unwrap().len();
    let before = count().await;
    let with = |csrf: &str, name: &str, scope: &str, organization: &str| {
        [("csrf", csrf), ("name", name), ("scope", scope), ("organization", organization)]
            .map(|(name, value)| (name, value.to_owned()))
    };
    for (forged, status) in [("wrong", 403), ("", 403)] {
        let fields = with(forged, "n", "all", "");
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(browser.post("/portal/keys", &fields).await.status, status);
    }
    for (name, organization) in [("", "org_a"), ("  ", "org_a"), ("n", ""), (&*"x".repeat(256), "org_a")] {
        let fields = with(&token, name, "organization", organization);
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answer = browser.post("/portal/keys", &fields).await;
        assert!(answer.text().contains("aria-invalid"), "{name:?} {organization:?}");
    }
    assert_eq!(count().await, before, "nothing was made");

    let fields = with(&token, "<b>billing</b>", "organization", "org_a");
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let made = browser.post("/portal/keys", &fields).await;
    let secret = between(&made.text(), "data-copy=\"", "\"").remove(0);
    assert!(secret.starts_with("syn_") && !made.text().contains("<b>billing"), "{}", made.text());
    let use_it = || hub.request(Method::GET, "/v1/events").bearer_auth(&secret);
    assert_eq!(hub.send(use_it()).await.status, 200);
    let page = browser.get("/portal/keys").await.text();
    assert!(!page.contains(&secret) && page.contains("&#60;b&#62;billing"), "{page}");

    let keys = hub.get("/v1/api-keys").await.json();
    let key = keys["data"].as_array().unwrap().iter().find(|key| key["org_id"] == "org_a").unwrap().clone();
    let revoke = format!("/portal/keys/{}/revoke", key["id"].as_str().unwrap());
    assert_eq!(browser.post(&revoke, &[("csrf", "wrong")]).await.status, 403);
    assert_eq!(hub.send(use_it()).await.status, 200, "nothing was changed");
    let replace = format!("/portal/keys/{}/replace", key["id"].as_str().unwrap());
    assert_eq!(browser.post(&replace, &[("csrf", "wrong")]).await.status, 403);
    let replaced = browser.post(&replace, &[("csrf", &token)]).await;
    let newer = between(&replaced.text(), "data-copy=\"", "\"").remove(0);
    assert!(
        newer.starts_with("syn_") && newer != secret && replaced.text().contains("The old key works on.")
    );
    for secret in [&secret, &newer] {
        let use_it = hub.request(Method::GET, "/v1/events").bearer_auth(secret);
        assert_eq!(hub.send(use_it).await.status, 200, "both work");
    }
    let mine = hub.get("/v1/api-keys").await.json();
    let twins = mine["data"].as_array().unwrap().iter().filter(|it| it["name"] == key["name"]);
    assert!(twins.clone().count() == 2 && twins.into_iter().all(|it| it["org_id"] == "org_a"), "{mine}");

    let back = "/portal/keys?search=bill&state=used";
    let answer = browser.post(&revoke, &[("csrf", &token), ("back", back)]).await;
    is_redirect(&answer, "/portal/keys?search=bill&state=used&did=revoke");
    assert!(browser.get(answer.header("location")).await.text().contains("The key is revoked."));
    assert_eq!(hub.send(use_it()).await.code(), "key_unknown");
    let again = browser.post(&revoke, &[("csrf", &token), ("back", "https://evil.example/")]).await;
    is_redirect(&again, "/portal/keys?did=nothing");
    assert_eq!(browser.post(&replace, &[("csrf", &token)]).await.status, 404, "it does not work any more");
}
