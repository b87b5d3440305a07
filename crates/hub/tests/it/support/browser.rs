//! A browser, as far as the portal needs one: cookies and forms.

use super::wait::PATIENCE;
use super::{Answer, TestHub};
use reqwest::Method;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use syncline_hub::portal::setup;

/// The password the tests choose.
pub const PASSWORD: &str = "correct horse battery";

/// Somebody with cookies.
pub struct Browser {
    client: reqwest::Client,
    base: String,
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn new(hub: &TestHub) -> Self {
        Self::at(hub.url(""))
    }

    /// One who looks at the hub at this URL.
    pub fn at(base: String) -> Self {
        let client = syncline_hub::http::client::client().expect("a client");
        Self { client, base, cookies: BTreeMap::new() }
    }

    /// One who has chosen the password and is signed in.
    pub async fn signed_in(hub: &TestHub) -> Self {
        let mut browser = Self::new(hub);
        let link = setup::new_link(&hub.cx).await.expect("a link");
        let token = link.rsplit_once('=').expect("a token").1.to_owned();
        let answer = browser.choose(&token, PASSWORD, PASSWORD).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        browser
    }

    /// Opens the setup page and sends its form.
    pub async fn choose(&mut self, token: &str, password: &str, confirm: &str) -> Answer {
        let csrf = csrf(&self.get(&format!("/portal/setup?token={token}")).await);
        let fields =
            [("csrf", csrf.as_str()), ("token", token), ("password", password), ("confirm", confirm)];
        self.post("/portal/setup", &fields).await
    }

    /// Opens the login page and sends its form.
    pub async fn log_in(&mut self, password: &str, next: &str) -> Answer {
        let csrf = csrf(&self.get("/portal/login").await);
        self.post("/portal/login", &[("csrf", csrf.as_str()), ("password", password), ("next", next)]).await
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path);
        self.send(request).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
        let request = self
            .request(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.collect::<Vec<_>>().join("&"));
        self.send(request).await
    }

    /// A request with the cookies, not yet sent.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let request = self.client.request(method, format!("{}{path}", self.base)).timeout(PATIENCE);
        request.header("cookie", cookies.collect::<Vec<_>>().join("; "))
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let answer = Answer::of(request).await;
        for cookie in answer.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().expect("text");
            let (name, rest) = cookie.split_once('=').expect("a cookie");
            let value = rest.split(';').next().expect("a value");
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}

/// The token in a page's form.
pub fn csrf(page: &Answer) -> String {
    between(&page.text(), "name=\"csrf\" value=\"", "\"").first().expect("a form with a token").clone()
}

/// Every text that stands between `start` and `end`.
pub fn between(text: &str, start: &str, end: &str) -> Vec<String> {
    let parts = text.split(start).skip(1);
    parts.map(|rest| rest.split(end).next().unwrap_or_default().to_owned()).collect()
}

fn encoded(value: &str) -> String {
    value.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
