//! What a browser proves itself with: a random token that scripts cannot read and other sites cannot send.

use super::Popup;
use crate::portal::cookie;
use http::{HeaderMap, HeaderValue};
use syncline_core::secret::Secret;

/// How many characters a token has.
const LENGTH: usize = 43;

/// Under https no other host can set it, not even one below ours.
fn name(popup: &Popup) -> &'static str {
    if popup.api.cx.config.server.public_url.is_https() {
        "__Host-syncline_browser"
    } else {
        "syncline_browser"
    }
}

/// The token of this browser, if it has one.
pub(super) fn find(popup: &Popup, headers: &HeaderMap) -> Option<Secret> {
    cookie(headers, name(popup)).filter(|token| token.len() == LENGTH).map(Secret::new)
}

/// The token of this browser, and the header that gives it one if it has none. It lasts as long as the browser runs.
pub(super) fn find_or_make(popup: &Popup, headers: &HeaderMap) -> (Secret, Option<HeaderValue>) {
    if let Some(token) = find(popup, headers) {
        return (token, None);
    }
    let token = popup.api.cx.dice.token();
    let secure = if popup.api.cx.config.server.public_url.is_https() { "; Secure" } else { "" };
    let text = format!("{}={token}; Path=/; HttpOnly; SameSite=Lax{secure}", name(popup));
    (Secret::new(token), HeaderValue::from_str(&text).ok())
}
