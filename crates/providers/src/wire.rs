//! What goes over the wire between the hub and a provider: calls as data, replies as data, and what a reply that is no
//! success means to the engine. Providers build the one and read the other; the hub does the sending.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use std::fmt;
use std::time::Duration;
use syncline_core::secret::Secret;

/// Where a provider is. The real hosts are the defaults of the configuration; a sandbox is only other URLs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    /// Where the API is, without a trailing slash.
    pub api: String,
    /// Where browsers are sent to consent, without a trailing slash. Airtable has the token endpoint here too.
    pub web: String,
}

/// A call to a provider, ready to be sent. Printing it shows neither headers nor body: both may hold secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The URL. Never holds a secret: it may be logged.
    pub url: String,
    /// A parameter of the query that is a secret, for APIs that take their key nowhere else: see [`Call::address`].
    pub key: Option<(&'static str, Secret)>,
    /// Headers; those with secrets are marked sensitive.
    pub headers: HeaderMap,
    /// The body, empty when there is none.
    pub body: Bytes,
    /// Which of the provider's limits it counts against.
    pub cost: Cost,
    /// The part of the account that has limits of its own (an Airtable base); none: the account as a whole.
    pub part: Option<String>,
    /// Whether it may be sent again when nobody knows what became of it.
    pub again: Again,
}

/// Which limits a call counts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// None that is known: token endpoints and the like.
    Free,
    /// The ordinary ones.
    Call,
    /// HubSpot's search, which has a limit of its own.
    Search,
}

/// What to do when a call broke off and nobody knows whether it was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Send it again: doing it twice is doing it once.
    Always,
    /// Look first: doing it twice would be twice.
    LookFirst,
}

impl Call {
    /// A call without a body that may be repeated.
    #[must_use]
    pub fn get(url: String) -> Self {
        Self {
            method: Method::GET,
            url,
            key: None,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            cost: Cost::Call,
            part: None,
            again: Again::Always,
        }
    }

    /// A call with a JSON body.
    #[must_use]
    pub fn json(method: Method, url: String, body: &serde_json::Value) -> Self {
        let mut call =
            Self { method, again: Again::LookFirst, body: Bytes::from(body.to_string()), ..Self::get(url) };
        call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        call
    }

    /// A call with a form as its body.
    #[must_use]
    pub fn form(url: String, fields: &[(&str, &str)]) -> Self {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let body = Bytes::from(form.finish());
        let mut call = Self { method: Method::POST, again: Again::LookFirst, body, ..Self::get(url) };
        call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        call
    }

    /// With this value of `Authorization`. A token that cannot be a header's value is sent as none, and refused by the
    /// provider.
    #[must_use]
    pub fn authorized(mut self, scheme: &str, token: &Secret) -> Self {
        if let Ok(mut value) = HeaderValue::try_from(format!("{scheme} {}", token.expose())) {
            value.set_sensitive(true);
            self.headers.insert(AUTHORIZATION, value);
        }
        self
    }

    /// With this secret as a parameter of the query.
    #[must_use]
    pub fn keyed(mut self, name: &'static str, key: &Secret) -> Self {
        self.key = Some((name, key.clone()));
        self
    }

    /// Where to send it: the URL with the secret parameter, if there is one. For the one line that sends, never for a log.
    #[must_use]
    pub fn address(&self) -> String {
        let Some((name, key)) = &self.key else { return self.url.clone() };
        let mark = if self.url.contains('?') { '&' } else { '?' };
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair(name, key.expose());
        format!("{}{mark}{}", self.url, query.finish())
    }

    /// Counting against these limits.
    #[must_use]
    pub fn costing(mut self, cost: Cost) -> Self {
        self.cost = cost;
        self
    }

    /// Counting against the limits of this part of the account.
    #[must_use]
    pub fn within(mut self, part: &str) -> Self {
        self.part = Some(part.to_owned());
        self
    }

    /// May be repeated although it has a body.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.again = Again::Always;
        self
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)
    }
}

/// What a provider answered, whole.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body; may be anything, HTML of an edge included.
    pub body: &'a [u8],
}

impl Reply<'_> {
    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON, if it is.
    #[must_use]
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(self.body).ok()
    }

    /// How long `Retry-After` says to wait, where it is whole seconds. At most a day, the longest that is known to be meant
    /// (HubSpot facts 9): a wrong header must not put a connection to sleep for good.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        seconds(self.header("retry-after")?)
    }

    /// Whether it is a page for people: then an edge or a proxy answered, and not the API.
    #[must_use]
    pub fn is_page(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.trim_start().starts_with("text/html"))
            || self.body.trim_ascii_start().starts_with(b"<")
    }

    /// What to say of it where it has no message that we know how to find: the status, and the text if it is text.
    #[must_use]
    pub fn outline(&self) -> String {
        let status = self.status.as_u16();
        match std::str::from_utf8(self.body) {
            Ok(text) if !self.is_page() && !text.trim().is_empty() => {
                words(&format!("HTTP {status}: {text}"))
            }
            _ => format!("HTTP {status}"),
        }
    }
}

/// Whole seconds as providers write them; at most a day, as [`Reply::retry_after`] says.
#[must_use]
pub fn seconds(text: &str) -> Option<Duration> {
    const DAY: u64 = 24 * 60 * 60;
    Some(Duration::from_secs(text.trim().parse::<u64>().ok()?.min(DAY)))
}

/// Why a call did not do what it was for, in the few kinds the engine treats differently.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Too many calls.
    #[error("{limit} was reached{}", again(*wait))]
    RateLimited {
        /// Which limit, in a few words for people.
        limit: &'static str,
        /// How long the provider says to wait; none: as long as this limit's window or penalty is known to be.
        wait: Option<Duration>,
        /// Whether waiting helps at all soon: false for quotas of a month.
        passes: bool,
    },
    /// The token is not, or no longer, good.
    #[error("the provider does not accept the token")]
    Unauthorized,
    /// The token is good but may not do this.
    #[error("the connection may not do this: {0}")]
    Forbidden(String),
    /// There is no such thing (any more).
    #[error("the provider does not know it (any more)")]
    Gone,
    /// The provider understood, and refuses for good.
    #[error("the provider refuses: {0}")]
    Rejected(String),
    /// May work later.
    #[error("the provider failed: {message}{}", again(*wait))]
    Transient {
        /// What it said, or how the connection broke.
        message: String,
        /// How long it says to wait.
        wait: Option<Duration>,
    },
    /// It may have been done: look before doing it again.
    #[error("the provider may have done it, and did not say: {0}")]
    MaybeCommitted(String),
    /// Success by its status, but not to be understood.
    #[error("the provider's answer cannot be understood: {0}")]
    Unreadable(&'static str),
}

impl Fault {
    /// What a status means where the provider has no rule of its own. A page instead of the API's 403 or 404 comes from an
    /// edge, and says nothing about scopes or records: taking it for the API's word would delete what is still there.
    #[must_use]
    pub fn usual(reply: &Reply<'_>, message: String) -> Self {
        match reply.status.as_u16() {
            403 | 404 if reply.is_page() => Self::Transient { message, wait: reply.retry_after() },
            401 => Self::Unauthorized,
            402 | 403 => Self::Forbidden(message),
            404 | 410 => Self::Gone,
            429 => Self::RateLimited {
                limit: "a limit of the provider",
                wait: reply.retry_after(),
                passes: true,
            },
            408 | 425 | 500.. => Self::Transient { message, wait: reply.retry_after() },
            400.. => Self::Rejected(message),
            _ => Self::Unreadable("neither the success that was expected nor an error"),
        }
    }

    /// The same without `secret`, should the provider have repeated it in its words. Very short ones are no secrets, and
    /// would take the words apart.
    #[must_use]
    pub fn without(self, secret: &Secret) -> Self {
        if secret.expose().len() < 8 {
            return self;
        }
        let clean = |text: String| text.replace(secret.expose(), "…");
        match self {
            Self::Forbidden(text) => Self::Forbidden(clean(text)),
            Self::Rejected(text) => Self::Rejected(clean(text)),
            Self::MaybeCommitted(text) => Self::MaybeCommitted(clean(text)),
            Self::Transient { message, wait } => Self::Transient { message: clean(message), wait },
            other => other,
        }
    }
}

fn again(wait: Option<Duration>) -> String {
    wait.map_or_else(String::new, |wait| format!("; again after {} s", wait.as_secs_f64().ceil()))
}

/// A provider's words, fit for a row and a page: one line, not too long, and without what could be a token that the
/// provider repeats.
#[must_use]
pub fn words(text: &str) -> String {
    const LONGEST: usize = 300;
    let line: String = text.split_whitespace().map(without_tokens).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// With every long run of letters and digits that no language and no id would write replaced by `…`. A UUID has 36
/// characters and stays; the providers' tokens have more, with digits or letters of both cases.
fn without_tokens(word: &str) -> String {
    const LONGEST_ID: usize = 39;
    let in_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let random = |run: &str| {
        let has = |what: fn(&u8) -> bool| run.as_bytes().iter().any(what);
        has(u8::is_ascii_digit) || (has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase))
    };
    let piece = |piece: &str| {
        let run = piece.trim_end_matches(|c| !in_token(c));
        if run.len() > LONGEST_ID && random(run) {
            format!("…{}", &piece[run.len()..])
        } else {
            piece.to_owned()
        }
    };
    word.split_inclusive(|c| !in_token(c)).map(piece).collect()
}
