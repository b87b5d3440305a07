//! What people do in the portal, in a real browser: the main journeys, each from its beginning to its end.

mod access;
mod conflicts;
mod connecting;
mod counters;
mod deliveries;
mod keyboard;
mod keys;
mod loading;

use crate::support::TestHub;
use crate::support::browser::PASSWORD;
use crate::support::chromium::{Chromium, Key, Tab};
use serde_json::{Value, json};
use syncline_hub::portal::setup;

/// Somebody at a browser, before a hub's portal.
struct Person {
    browser: Chromium,
    tab: Tab,
    /// The hub's address.
    base: String,
}

impl Person {
    /// One who opens this path.
    async fn at(browser: Chromium, base: String, path: &str) -> Self {
        let tab = browser.open(&format!("{base}{path}")).await;
        Self { browser, tab, base }
    }

    /// One who has followed the setup link, chosen the password and seen the overview.
    async fn signed_in(browser: Chromium, hub: &TestHub) -> Self {
        let link = setup::new_link(&hub.cx).await.unwrap();
        let path = &link[link.find("/portal/").expect("a path of the portal")..];
        let person = Self::at(browser, hub.url(""), path).await;
        person.types("#password", PASSWORD).await;
        person.types("#confirm", PASSWORD).await;
        person.presses(Key::Enter).await;
        person.sees("What needs you").await;
        person
    }

    /// Types an address.
    async fn goes(&self, path: &str) {
        self.browser.go(&self.tab, &format!("{}{path}", self.base)).await;
    }

    async fn clicks(&self, selector: &str) {
        self.browser.click(&self.tab, selector).await;
    }

    /// Clicks a field and types into it.
    async fn types(&self, selector: &str, text: &str) {
        self.clicks(selector).await;
        self.until(&format!("document.activeElement?.matches({})", json!(selector))).await;
        self.browser.insert(&self.tab, text).await;
        self.until(&format!("document.querySelector({}).value === {}", json!(selector), json!(text))).await;
    }

    async fn presses(&self, key: Key) {
        self.browser.press(&self.tab, key).await;
    }

    /// Waits until the page shows this text; what is hidden does not count.
    async fn sees(&self, text: &str) {
        self.until(&format!("document.body?.innerText.includes({})", json!(text))).await;
    }

    /// Waits until what a selector finds is there and shows this text.
    async fn sees_at(&self, selector: &str, text: &str) {
        let (selector, text) = (json!(selector), json!(text));
        let shown = "[...document.querySelectorAll(SELECTOR)].some((one) => one.innerText.includes(TEXT))";
        let shown = shown.replace("SELECTOR", &selector.to_string()).replace("TEXT", &text.to_string());
        self.until(&shown).await;
    }

    /// Waits until the page has this path.
    async fn is_at(&self, path: &str) {
        self.until(&format!("document.readyState === 'complete' && location.pathname === {}", json!(path)))
            .await;
    }

    /// Waits until an expression is true on the page; answers what it is worth.
    async fn until(&self, expression: &str) -> Value {
        self.browser.until(&self.tab, expression).await
    }

    /// What an expression is worth on the page now.
    async fn now(&self, expression: &str) -> Value {
        self.browser.eval(&self.tab, expression).await.unwrap_or_default()
    }

    /// Marks the page, so that it can be told from one that was loaded later.
    async fn marks_the_page(&self) {
        self.until("window.marked = true").await;
    }

    /// The page is the one that was marked.
    async fn is_on_the_marked_page(&self) {
        assert_eq!(self.now("window.marked === true").await, true, "the page was loaded again");
    }

    /// The browser found nothing wrong with any page.
    async fn had_nothing_to_complain_about(&self) {
        // What it said before this answer has been heard then.
        self.now("true").await;
        assert_eq!(*self.browser.complaints.lock().unwrap(), Vec::<String>::new());
    }
}
