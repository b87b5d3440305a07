//! Which redirect URIs can be registered, and which are (Airtable facts 2).

use url::{Host, Url};

/// HTTPS, or HTTP on localhost and 127.0.0.1; no user, fragment, wildcard, `..` or other IP address.
pub(in crate::airtable) fn registrable(uri: &str) -> bool {
    if uri.contains('*') || uri.contains("..") || uri.contains('#') {
        return false;
    }
    let Ok(parsed) = Url::parse(uri) else { return false };
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return false;
    }
    match parsed.scheme() {
        "http" => is_loopback(&parsed),
        "https" => is_loopback(&parsed) || matches!(parsed.host(), Some(Host::Domain(_))),
        _ => false,
    }
}

fn is_loopback(uri: &Url) -> bool {
    match uri.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.octets() == [127, 0, 0, 1],
        _ => false,
    }
}

/// Whether `uri` is one of the registered ones, to the letter.
pub(super) fn is_registered(uri: &str, registered: &[String], any_loopback: bool) -> bool {
    registered.iter().any(|known| known == uri)
        || (any_loopback && registrable(uri) && Url::parse(uri).is_ok_and(|parsed| is_loopback(&parsed)))
}

/// `uri` with more in its query.
pub(super) fn with_query(uri: &str, pairs: &[(&str, &str)]) -> String {
    let Ok(mut parsed) = Url::parse(uri) else { return uri.to_owned() };
    parsed.query_pairs_mut().extend_pairs(pairs);
    parsed.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_registered() {
        for fine in ["https://example.com/back", "http://localhost:3000/back", "http://127.0.0.1/x?y=1"] {
            assert!(registrable(fine), "{fine}");
        }
        for wrong in [
            "http://example.com/back",
            "https://user@example.com/",
            "https://example.com/#top",
            "https://*.example.com/",
            "https://example.com/../x",
            "https://10.0.0.1/",
            "http://127.0.0.2/",
            "ftp://localhost/",
            "/back",
        ] {
            assert!(!registrable(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_registered_uri_matches_to_the_letter() {
        let registered = ["https://example.com/back".to_owned()];
        assert!(is_registered("https://example.com/back", &registered, false));
        assert!(!is_registered("https://example.com/back/", &registered, true));
        assert!(!is_registered("http://localhost/back", &registered, false));
        assert!(is_registered("http://localhost/back", &registered, true));
        assert_eq!(
            with_query("http://localhost/b?x=1", &[("code", "a b")]),
            "http://localhost/b?x=1&code=a+b"
        );
    }
}
