//! The address of a workflow's webhook trigger. It has no signature and asks for no token: whoever knows it can call it, so the address is
//! the secret (HubSpot facts 8.1).

use crate::secret::Secret;
use url::{Host, Url};

/// The longest address, in bytes.
const MAX_LENGTH: usize = 512;

/// What stands before the account's number.
const PATH: &str = "/automation/v4/webhook-triggers/";

/// Where triggers may be besides HubSpot's own hosts: bases such as `http://127.0.0.1:4321/hubspot`, as configuration allows them for the
/// sandbox. Plain http is fine there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// The bases, each an URL without the part that all triggers have.
    pub bases: Vec<String>,
}

/// A trigger's address that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// The whole address.
    pub url: Secret,
    /// The HubSpot account it belongs to.
    pub portal_id: String,
    /// The address without what makes it secret, for people.
    pub shown: String,
}

/// Why an address is not taken. The texts never repeat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTrigger {
    /// Not an URL, too long, or with characters that different programs read differently.
    #[error("this is not a URL: paste the webhook URL as HubSpot's workflow editor shows it")]
    NotAUrl,
    /// http.
    #[error("the webhook URL begins with https:")]
    Plain,
    /// User, password, query or fragment.
    #[error("the webhook URL has a user, a query or a fragment in it, which HubSpot's never have")]
    Extra,
    /// Somebody else's host.
    #[error("the webhook URL's host is api.hubapi.com or one of its regions, like api-na1.hubapi.com")]
    Host,
    /// Another path.
    #[error(
        "the webhook URL's path is /automation/v4/webhook-triggers/, the account's number, and the trigger's id"
    )]
    Path,
}

/// The trigger at this address, if it may be called.
///
/// # Errors
/// [`BadTrigger`] with the reason when it may not.
pub fn parse(text: &str, allowed: &Allowed) -> Result<Trigger, BadTrigger> {
    let text = text.trim();
    if text.len() > MAX_LENGTH || text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err(BadTrigger::NotAUrl);
    }
    let url = Url::parse(text).map_err(|_| BadTrigger::NotAUrl)?;
    let extra = url.query().is_some() || url.fragment().is_some() || text.contains('@');
    if extra || url.password().is_some() {
        return Err(BadTrigger::Extra);
    }
    let base = base_of(&url, allowed)?;
    let rest = url.path().strip_prefix(base.path).and_then(|path| path.strip_prefix(PATH));
    let (portal_id, id) = rest.and_then(|rest| rest.split_once('/')).ok_or(BadTrigger::Path)?;
    let is_portal = (1..=20).contains(&portal_id.len()) && portal_id.bytes().all(|c| c.is_ascii_digit());
    let plain = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    if !is_portal || !(4..=64).contains(&id.len()) || !id.bytes().all(plain) {
        return Err(BadTrigger::Path);
    }
    let shown = format!("{}{}{PATH}{portal_id}/…", url.origin().ascii_serialization(), base.path);
    Ok(Trigger { portal_id: portal_id.to_owned(), shown, url: Secret::new(url.as_str()) })
}

/// What of an address is before the path that all triggers have.
struct Base<'a> {
    path: &'a str,
}

fn base_of<'a>(url: &Url, allowed: &'a Allowed) -> Result<Base<'a>, BadTrigger> {
    for base in &allowed.bases {
        let base = base.trim_end_matches('/');
        let Ok(parsed) = Url::parse(base) else { continue };
        let path = base.splitn(4, '/').nth(3).map_or("", |path| &base[base.len() - path.len() - 1..]);
        if parsed.origin() == url.origin() && url.path().starts_with(&format!("{path}{PATH}")) {
            return Ok(Base { path });
        }
    }
    let Some(Host::Domain(host)) = url.host() else { return Err(BadTrigger::Host) };
    if !is_hubspots(host) || url.port().is_some() {
        return Err(BadTrigger::Host);
    }
    if url.scheme() == "https" { Ok(Base { path: "" }) } else { Err(BadTrigger::Plain) }
}

/// `api.hubapi.com`, and `api-` with a region: two letters and a number, as `na1` and `eu1`.
fn is_hubspots(host: &str) -> bool {
    let Some(name) = host.strip_suffix(".hubapi.com") else { return false };
    let Some(region) = name.strip_prefix("api-") else { return name == "api" };
    let digits = region.trim_start_matches(|c: char| c.is_ascii_lowercase());
    region.len() - digits.len() == 2
        && (1..=2).contains(&digits.len())
        && digits.bytes().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{Allowed, BadTrigger, parse};

    const SEED: &str = "https://api-na1.hubapi.com/automation/v4/webhook-triggers/46814382/AIvBwN0";

    fn sandbox() -> Allowed {
        let bases = ["http://127.0.0.1:4321/hubspot", "http://localhost:9/"].map(str::to_owned).to_vec();
        Allowed { bases }
    }

    #[test]
    fn the_seeds_trigger_is_taken_and_never_shown_whole() {
        let trigger = parse(SEED, &Allowed::default()).unwrap();
        assert_eq!(trigger.url.expose(), SEED);
        assert_eq!(trigger.portal_id, "46814382");
        assert_eq!(trigger.shown, "https://api-na1.hubapi.com/automation/v4/webhook-triggers/46814382/…");
        assert!(!format!("{trigger:?}").contains("AIvBwN0"));
    }

    #[test]
    fn every_region_is_hubspots_and_nobody_else_is() {
        for host in ["api", "api-na1", "api-na2", "api-na3", "api-eu1", "api-ap1"] {
            let url = SEED.replace("api-na1", host);
            assert!(parse(&url, &Allowed::default()).is_ok(), "{host}");
        }
        for host in [
            "api-na1.hubapi.com.evil.example",
            "evil-hubapi.com",
            "hubapi.com",
            "api-.hubapi.com",
            "api-n1.hubapi.com",
            "api-nax.hubapi.com",
            "api-na1x.hubapi.com",
            "app.hubapi.com",
            "x.api.hubapi.com",
            "127.0.0.1",
            "[::1]",
            "api.hubapi.com:8443",
        ] {
            let url = SEED.replace("api-na1.hubapi.com", host);
            assert_eq!(parse(&url, &Allowed::default()), Err(BadTrigger::Host), "{host}");
        }
    }

    #[test]
    fn anything_around_the_address_is_refused() {
        let plain = SEED.replace("https", "http");
        assert_eq!(parse(&plain, &Allowed::default()), Err(BadTrigger::Plain));
        for url in [&format!("{SEED}?x=1"), &format!("{SEED}#x"), &SEED.replace("api-", "me:pw@api-")] {
            assert_eq!(parse(url, &Allowed::default()), Err(BadTrigger::Extra), "{url}");
        }
        for url in ["", "AIvBwN0", &SEED.replace('/', "\\"), &format!("{SEED} x"), &"x".repeat(600)] {
            assert_eq!(parse(url, &Allowed::default()), Err(BadTrigger::NotAUrl), "{url}");
        }
    }

    #[test]
    fn another_path_is_refused() {
        for (from, to) in [
            ("/AIvBwN0", ""),
            ("/AIvBwN0", "/"),
            ("AIvBwN0", "AIv%2f0"),
            ("AIvBwN0", "AIvBwN0/more"),
            ("AIvBwN0", "AI"),
            ("46814382", "x"),
            ("46814382", "0123456789012345678901"),
            ("v4", "v3"),
            ("/automation", "/x/automation"),
            ("/automation", "//automation"),
        ] {
            let url = SEED.replace(from, to);
            assert_eq!(parse(&url, &Allowed::default()), Err(BadTrigger::Path), "{url}");
        }
    }

    #[test]
    fn what_configuration_allows_is_taken_there_and_nowhere_else() {
        let tail = "/automation/v4/webhook-triggers/62515/abcdefg";
        for base in ["http://127.0.0.1:4321/hubspot", "http://localhost:9"] {
            let trigger = parse(&format!("{base}{tail}"), &sandbox()).unwrap();
            assert_eq!(trigger.shown, format!("{base}/automation/v4/webhook-triggers/62515/…"));
            assert!(parse(&format!("{base}{tail}"), &Allowed::default()).is_err());
        }
        for base in
            ["http://127.0.0.1:4321", "http://127.0.0.1:4322/hubspot", "http://127.0.0.1:4321/hubspotx"]
        {
            assert!(parse(&format!("{base}{tail}"), &sandbox()).is_err(), "{base}");
        }
        assert!(parse(SEED, &sandbox()).is_ok());
    }
}
