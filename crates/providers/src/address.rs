//! Addresses that prove themselves: the webhook URLs of providers that sign nothing, or sign with a key that is not at hand
//! when a webhook arrives (10to8 facts 6, Airtable facts 7).
//!
//! `{public_url}/webhooks/{provider}/{app}?account=…&token=…`: the token is an HMAC, under a key of the hub's, over provider,
//! app and account. Whoever knows the address can send webhooks to it, so it is a secret, told to the provider and to nobody
//! else, and never logged with its query. What a webhook can do is little: it says that something is to be read again.

use http::StatusCode;
use std::borrow::Cow;
use std::fmt;
use syncline_core::door::Refusal;
use syncline_core::secret::Secret;
use syncline_core::signature::{Digest32, hex_matches, hmac_sha256, to_hex};
use url::Url;

/// What the addresses of an app are made with.
#[derive(Clone, Copy)]
pub struct Address<'a> {
    /// Keys for these addresses and nothing else: the current one first, then those of which addresses are still registered.
    /// Empty ones match nothing.
    pub keys: &'a [&'a Secret],
    /// The app's name, as in the path.
    pub app: &'a str,
}

impl fmt::Debug for Address<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.app)
    }
}

impl Address<'_> {
    /// The address to register with the provider; none without a key. `account` where the provider's webhooks do not say
    /// whose they are: the hub's id of the account.
    #[must_use]
    pub fn url(&self, public_url: &str, provider: &str, account: Option<&str>) -> Option<Secret> {
        let key = self.keys.first().filter(|key| !key.is_empty())?;
        let token = to_hex(&self.digest(key, provider, account));
        let mut url = Url::parse(&format!("{}/webhooks/", public_url.trim_end_matches('/'))).ok()?;
        url.path_segments_mut().ok()?.pop_if_empty().extend([provider, self.app]);
        url.query_pairs_mut()
            .extend_pairs(account.map(|account| ("account", account)))
            .append_pair("token", &token);
        Some(Secret::new(url))
    }

    /// Whose webhooks come to `url`, if it is an address of ours.
    ///
    /// # Errors
    /// The refusal to answer.
    pub fn check(&self, provider: &str, url: &str) -> Result<Option<String>, Refusal> {
        let url = Url::parse(url).map_err(|_| MISSING)?;
        let parameter = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value);
        let token = parameter("token").ok_or(MISSING)?;
        let account = parameter("account").map(Cow::into_owned);
        let genuine = |key: &&&Secret| {
            !key.is_empty() && hex_matches(&self.digest(key, provider, account.as_deref()), token.as_bytes())
        };
        if self.keys.iter().any(|key| genuine(&key)) { Ok(account) } else { Err(MISMATCH) }
    }

    /// Every part with its length before it: two lists of parts never read alike.
    fn digest(&self, key: &Secret, provider: &str, account: Option<&str>) -> Digest32 {
        let parts = ["webhook address", provider, self.app].into_iter().chain(account);
        let parts: Vec<(usize, &str)> = parts.map(|part| (part.len(), part)).collect();
        let lengths: Vec<[u8; 8]> = parts.iter().map(|(length, _)| (*length as u64).to_be_bytes()).collect();
        let pieces =
            lengths.iter().zip(&parts).flat_map(|(length, (_, part))| [&length[..], part.as_bytes()]);
        hmac_sha256(key.expose().as_bytes(), &pieces.collect::<Vec<_>>())
    }
}

/// What [`Address::check`] says for an app that has no addresses.
pub(crate) const CLOSED: Refusal = refusal(
    "url_token_unavailable",
    "the webhooks of this provider need an address with a token, which this app has none of yet",
);
const MISSING: Refusal =
    refusal("url_token_missing", "the address lacks the token that it was registered with");
const MISMATCH: Refusal =
    refusal("url_token_mismatch", "the token in the address was not made for this app and account");

const fn refusal(code: &'static str, detail: &'static str) -> Refusal {
    Refusal { status: StatusCode::UNAUTHORIZED, code, detail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(keys: &[&str], app: &str, provider: &str, url: &str) -> Result<Option<String>, &'static str> {
        let keys: Vec<Secret> = keys.iter().map(|key| Secret::new(*key)).collect();
        let keys: Vec<&Secret> = keys.iter().collect();
        Address { keys: &keys, app }.check(provider, url).map_err(|refusal| refusal.code)
    }

    fn url(key: &str, app: &str, provider: &str, account: Option<&str>) -> String {
        let key = Secret::new(key);
        let address = Address { keys: &[&key], app };
        address.url("https://hub.example.com/", provider, account).unwrap().expose().to_owned()
    }

    #[test]
    fn an_address_is_the_path_of_webhooks_with_account_and_token() {
        let made = url("k", "main", "tentoeight", Some("key-1 &"));
        let (path, token) = made.rsplit_once('=').unwrap();
        assert_eq!(path, "https://hub.example.com/webhooks/tentoeight/main?account=key-1+%26&token");
        assert_eq!(token.len(), 64);
        assert_eq!(check(&["k"], "main", "tentoeight", &made), Ok(Some("key-1 &".to_owned())));
        assert_eq!(check(&["new", "k"], "main", "tentoeight", &made), Ok(Some("key-1 &".to_owned())));
        assert!(Address { keys: &[], app: "main" }.url("https://hub.example.com", "x", None).is_none());
        let empty = Secret::new("");
        assert!(Address { keys: &[&empty], app: "main" }.url("https://hub.example.com", "x", None).is_none());
    }

    #[test]
    fn an_address_is_good_for_its_provider_app_and_account_only() {
        let made = url("k", "main", "tentoeight", Some("key-1"));
        let mismatch = Err("url_token_mismatch");
        assert_eq!(check(&["k"], "other", "tentoeight", &made), mismatch);
        assert_eq!(check(&["k"], "main", "airtable", &made), mismatch);
        assert_eq!(check(&["x", ""], "main", "tentoeight", &made), mismatch);
        assert_eq!(check(&[""], "main", "tentoeight", &url("x", "main", "tentoeight", None)), mismatch);
        for (from, to) in [("key-1", "key-2"), ("account=key-1&", ""), ("account=key-1", "account=")] {
            assert_eq!(check(&["k"], "main", "tentoeight", &made.replace(from, to)), mismatch, "{to}");
        }
        let without = url("k", "main", "tentoeight", None);
        assert_eq!(check(&["k"], "main", "tentoeight", &without), Ok(None));
        assert_eq!(
            check(&["k"], "main", "tentoeight", &without.replace("token=", "account=&token=")),
            mismatch
        );
        for missing in ["https://hub.example.com/webhooks/tentoeight/main", "nonsense", ""] {
            assert_eq!(check(&["k"], "main", "tentoeight", missing), Err("url_token_missing"));
        }
    }

    proptest! {
        #[test]
        fn whatever_the_names_are_an_address_is_checked_as_it_was_made(
            key in ".{1,20}", app in ".{1,20}", provider in "[a-z]{1,10}", account in prop::option::of(".{0,20}"),
        ) {
            prop_assume!(app != "." && app != "..");
            let made = url(&key, &app, &provider, account.as_deref());
            prop_assert_eq!(check(&[&key], &app, &provider, &made), Ok(account));
        }
    }
}
