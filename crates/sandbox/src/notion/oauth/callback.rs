//! Where browsers are sent back to.

use crate::notion::settings::Oauth;
use url::Url;

/// Whether a redirect URI may be used.
pub(crate) fn is_allowed(uri: &str, settings: &Oauth) -> bool {
    settings.redirect_uris.iter().any(|known| known == uri)
        || (settings.any_loopback_redirect && is_loopback(uri))
}

fn is_loopback(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    matches!(url.scheme(), "http" | "https")
        && url.fragment().is_none()
        && matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// The callback with these parameters added.
pub(crate) fn with(uri: &str, parameters: &[(&str, &str)]) -> String {
    match Url::parse(uri) {
        Ok(mut url) => {
            url.query_pairs_mut().extend_pairs(parameters);
            url.into()
        }
        Err(_) => uri.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_registered_and_loopback_addresses_are_allowed() {
        let settings = Oauth { redirect_uris: vec!["https://app.example/cb".to_owned()], ..Oauth::default() };
        for good in
            ["https://app.example/cb", "http://localhost:9000/x?y=1", "http://127.0.0.1/", "http://[::1]:80/"]
        {
            assert!(is_allowed(good, &settings), "{good}");
        }
        for bad in [
            "https://app.example/cb2",
            "http://localhost.evil.example/",
            "javascript:alert(1)",
            "",
            "http://localhost/#x",
        ] {
            assert!(!is_allowed(bad, &settings), "{bad}");
        }
        let strict = Oauth { any_loopback_redirect: false, ..settings };
        assert!(!is_allowed("http://localhost/", &strict));
    }

    #[test]
    fn parameters_are_added_to_those_that_are_there() {
        assert_eq!(
            with("http://h/cb?a=1", &[("code", "x y"), ("state", "&")]),
            "http://h/cb?a=1&code=x+y&state=%26"
        );
    }
}
