//! Addresses of other things: our own public URL, databases, brokers. And how to show one without its password.

use std::fmt;
use std::path::PathBuf;

use http::Uri;
use syncline_core::secret::Secret;

use super::units::deserialize_from_text;

/// An `http://` or `https://` URL to build others from: kept as written but for slashes at its end, without user,
/// query or fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Reads such a URL; nothing when it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let web = matches!(uri.scheme_str(), Some("http" | "https"));
        let place =
            uri.authority().filter(|place| !place.host().is_empty() && !place.as_str().contains('@'))?;
        let port_is_sound = place.as_str() == place.host() || place.port_u16().is_some();
        let plain = uri.query().is_none() && !text.contains('#');
        (web && port_is_sound && plain).then(|| Self(text.trim_end_matches('/').to_owned()))
    }

    /// The URL, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"))
    }

    /// Whether it leads nowhere but to this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let uri = self.0.parse::<Uri>().ok();
        let host = uri.as_ref().and_then(Uri::host).unwrap_or_default().trim_matches(['[', ']']);
        let by_number = host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        by_number || host.eq_ignore_ascii_case("localhost") || host.ends_with(".localhost")
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which database. Server URLs may hold a password, so they are secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A SQLite file; nothing means `syncline.db` in the data directory ([`super::Config::sqlite_path`]).
    Sqlite(Option<PathBuf>),
    /// A `postgres://` or `postgresql://` URL.
    Postgres(Secret),
    /// A `mysql://` or `mariadb://` URL.
    Mysql(Secret),
}

impl DatabaseUrl {
    /// Reads one of the forms; nothing when it is none of them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "sqlite" {
            return Some(Self::Sqlite(None));
        }
        let (scheme, rest) = text.split_once("://").filter(|(_, rest)| !rest.is_empty())?;
        match scheme {
            // No options and no `:memory:`: what "durable" means is not the file name's to say.
            "sqlite" if !rest.contains('?') && !rest.starts_with(':') && !rest.starts_with("file:") => {
                Some(Self::Sqlite(Some(PathBuf::from(rest))))
            }
            "postgres" | "postgresql" => Some(Self::Postgres(Secret::new(text))),
            "mysql" | "mariadb" => Some(Self::Mysql(Secret::new(text))),
            _ => None,
        }
    }
}

/// Kafka brokers, written as `host:port` with commas between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brokers(Vec<String>);

impl Brokers {
    /// Reads the list; nothing when a part of it is not `host:port`. An empty text is an empty list.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        text.split(',')
            .map(str::trim)
            .map(|one| is_host_and_port(one).then(|| one.to_owned()))
            .collect::<Option<_>>()
            .map(Self)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// Origins of web pages (RFC 6454), written as `https://app.example.com` with commas between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Vec<String>);

impl Origins {
    /// Reads the list; nothing when a part of it is not an origin. An empty text is an empty list. Browsers write origins in lower case
    /// and without the scheme's usual port, so that is how they are kept.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        text.split(',').map(|one| origin(one.trim())).collect::<Option<_>>().map(Self)
    }

    /// Whether `origin`, as a browser writes it, is one of them.
    #[must_use]
    pub fn has(&self, origin: &str) -> bool {
        self.0.iter().any(|one| one == origin)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

fn origin(text: &str) -> Option<String> {
    let url = BaseUrl::parse(text)?;
    let (scheme, place) = url.as_str().split_once("://")?;
    if place.contains('/') || text.ends_with('/') {
        return None;
    }
    let usual = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    let place = place.strip_suffix(usual).unwrap_or(place);
    Some(format!("{scheme}://{place}").to_ascii_lowercase())
}

/// With commas, as the Kafka client takes them.
impl fmt::Display for Brokers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(","))
    }
}

/// Whether `text` is `redis://host`, with whatever follows, or empty. The client is built without TLS.
#[must_use]
pub fn is_redis_url(text: &str) -> bool {
    let rest = text.strip_prefix("redis://");
    text.is_empty() || rest.is_some_and(|rest| !rest.is_empty())
}

/// The URL with `***` for its password, for people to see. When in doubt it hides more, not less.
#[must_use]
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return if url.contains([':', '@']) { "***".to_owned() } else { url.to_owned() };
    };
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    if query.is_some_and(|query| query.contains('@')) {
        // Either a `?` in the password or an `@` in an option: no telling which part is the secret.
        return format!("{scheme}://***");
    }
    let query = query.map(|query| format!("?{}", dull_query(query))).unwrap_or_default();
    // The last `@`, since a password may hold unescaped ones.
    let place = place.rsplit_once('@').map_or(place.to_owned(), |(user, host)| match user.split_once(':') {
        Some((name, _)) => format!("{name}:***@{host}"),
        // People put Redis' password where the user belongs.
        None if scheme.starts_with("redis") => format!("***@{host}"),
        None => format!("{user}@{host}"),
    });
    format!("{scheme}://{place}{query}")
}

/// Query parameters can hold passwords as well (`?password=`, `?sslpassword=`): only known harmless ones stay.
fn dull_query(query: &str) -> String {
    const HARMLESS: [&str; 5] = ["sslmode", "ssl-mode", "host", "port", "application_name"];
    let dull = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if !HARMLESS.contains(&name) => format!("{name}=***"),
        _ => pair.to_owned(),
    };
    query.split('&').map(dull).collect::<Vec<_>>().join("&")
}

fn is_host_and_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let host_is_plain = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || "/@".contains(c));
    host_is_plain && port.parse::<u16>().is_ok_and(|port| port != 0)
}

deserialize_from_text!(BaseUrl, BaseUrl::parse, "a URL such as https://sync.example.com");
deserialize_from_text!(DatabaseUrl, DatabaseUrl::parse, "`sqlite`, or a sqlite, postgres or mysql URL");
deserialize_from_text!(Origins, Origins::parse, "origins such as https://app.example.com");
deserialize_from_text!(Brokers, Brokers::parse, "brokers such as kafka-1:9092,kafka-2:9092");
