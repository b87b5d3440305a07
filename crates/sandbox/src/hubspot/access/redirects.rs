//! Where codes may be sent to (HubSpot facts 1.1): `https` except `http://localhost`, no bare IP hosts, registered exactly.

use url::{Host, Url};

/// Whether HubSpot would let an app register this redirect URI.
///
/// # Errors
/// The reason why not.
pub(crate) fn registrable(uri: &str) -> Result<(), String> {
    let url = Url::parse(uri).map_err(|error| format!("{uri} is not a URL: {error}"))?;
    match (url.scheme(), url.host()) {
        (_, Some(Host::Ipv4(_) | Host::Ipv6(_))) => Err(format!("{uri} has an IP address instead of a name")),
        ("https", Some(Host::Domain(_))) | ("http", Some(Host::Domain("localhost"))) => Ok(()),
        _ => Err(format!("{uri} must begin with https, except for http://localhost")),
    }
}

/// Whether this is an `http` address of this machine: what sandboxes and tests listen on.
pub(crate) fn is_loopback(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| {
        url.scheme() == "http"
            && match url.host() {
                Some(Host::Domain(name)) => name == "localhost",
                Some(Host::Ipv4(address)) => address.is_loopback(),
                Some(Host::Ipv6(address)) => address.is_loopback(),
                None => false,
            }
    })
}

/// `uri` with these parameters behind those it has.
pub(crate) fn with_query(uri: &str, parameters: &[(&str, &str)]) -> String {
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
    fn https_and_localhost_may_be_registered() {
        assert!(registrable("https://hub.example/callback").is_ok());
        assert!(registrable("http://localhost:8080/callback").is_ok());
        for refused in [
            "http://hub.example/callback",
            "https://192.0.2.1/callback",
            "http://127.0.0.1/callback",
            "https://[::1]/callback",
            "custom:callback",
            "/callback",
        ] {
            assert!(registrable(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn addresses_of_this_machine_are_known() {
        for here in
            ["http://localhost:1/a", "http://127.0.0.1:8500/x", "http://127.3.2.1/", "http://[::1]:9/"]
        {
            assert!(is_loopback(here), "{here}");
        }
        for elsewhere in ["http://localhost.example/", "http://192.0.2.1/", "https://localhost/", "localhost"]
        {
            assert!(!is_loopback(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn a_query_is_added_to_the_one_there() {
        assert_eq!(
            with_query("https://h.example/cb?tenant=7", &[("code", "a b"), ("state", "x&y")]),
            "https://h.example/cb?tenant=7&code=a+b&state=x%26y"
        );
    }
}
