//! What a setting may hold: how its text is read, what is refused, and what to say then.

use std::net::SocketAddr;

use toml::Value;

use super::counters::places_by_name;
use super::lists::{networks, schedule};
use super::units::{Every, Keep, Size, Span};
use super::urls::{BaseUrl, Brokers, DatabaseUrl, Origins, is_redis_url, without_password};

/// What a setting may hold.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Any text but an empty one.
    Words,
    /// Text, or a whole number that is taken as text.
    Id,
    /// A name Kafka takes for a topic.
    Topic,
    /// A text never shown. Empty is refused unless it means "off".
    Secret { off_when_empty: bool },
    /// Places with names, each a URL that may hold a password; or nothing. Never shown.
    Places,
    /// A directory or file.
    Path,
    /// An IP address and a port.
    Listen,
    /// An http(s) URL. Empty is refused unless it means "off".
    Web { off_when_empty: bool },
    /// A database URL.
    Database,
    /// A Redis URL or nothing.
    Redis,
    /// Kafka brokers or nothing.
    Brokers,
    /// Origins of web pages or nothing.
    Origins,
    /// Networks with spaces between them, or nothing.
    Networks,
    /// Waits with spaces between them, or nothing.
    Waits,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Switch,
    /// A whole number in a range, ends included.
    Whole(i64, i64),
    /// A number from 0 to 1.
    Share,
    /// A number from 0 to 100.
    Factor,
    /// A duration in a range, ends included.
    Span(&'static str, &'static str),
    /// A size in a range, ends included.
    Size(&'static str, &'static str),
    /// `forever`, or a duration no shorter than this.
    Keep(&'static str),
    /// `never`, or a duration no shorter than this.
    Every(&'static str),
}

/// A value as somebody gave it, before it is known to be any good.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Given {
    Text(String),
    Whole(i64),
    Fraction(f64),
    Switch(bool),
    /// Something no setting takes, in words ("an array").
    Other(String),
}

impl Kind {
    /// Reads what an environment variable or a flag holds: text, unless a number or a switch is wanted.
    pub(super) fn given(self, raw: &str) -> Given {
        let parsed = match self {
            Self::Whole(..) => raw.parse().ok().map(Given::Whole),
            Self::Share | Self::Factor => raw.parse().ok().map(Given::Fraction),
            Self::Switch => raw.parse().ok().map(Given::Switch),
            _ => None,
        };
        parsed.unwrap_or_else(|| Given::Text(raw.to_owned()))
    }

    /// The value to keep, or nothing when this kind does not take it.
    pub(super) fn accept(self, given: &Given) -> Option<Value> {
        let good = match (self, given) {
            (Self::Id, Given::Whole(number)) => return Some(Value::String(number.to_string())),
            (Self::Share, Given::Whole(number @ 0..=1)) => return Some(Value::Float(*number as f64)),
            (Self::Share, Given::Fraction(share)) => (0.0..=1.0).contains(share),
            (Self::Factor, Given::Whole(number @ 0..=100)) => return Some(Value::Float(*number as f64)),
            (Self::Factor, Given::Fraction(factor)) => (0.0..=100.0).contains(factor),
            (Self::Whole(least, most), Given::Whole(number)) => (least..=most).contains(number),
            (Self::Switch, Given::Switch(_)) => true,
            (_, Given::Text(text)) => self.accepts_text(text),
            _ => false,
        };
        good.then(|| match given {
            Given::Text(text) => Value::String(text.clone()),
            Given::Whole(number) => Value::Integer(*number),
            Given::Fraction(number) => Value::Float(*number),
            Given::Switch(on) => Value::Boolean(*on),
            // No kind accepts these above.
            Given::Other(_) => Value::String(String::new()),
        })
    }

    fn accepts_text(self, text: &str) -> bool {
        match self {
            Self::Words | Self::Id => !text.trim().is_empty(),
            Self::Topic => {
                let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
                (1..=249).contains(&text.len()) && text.bytes().all(plain) && text != "." && text != ".."
            }
            Self::Path => !text.is_empty() && !text.contains('\0'),
            Self::Secret { off_when_empty } => off_when_empty || !text.is_empty(),
            Self::Places => places_by_name(text).is_some(),
            Self::Listen => text.parse::<SocketAddr>().is_ok(),
            Self::Web { off_when_empty } => {
                (off_when_empty && text.is_empty()) || BaseUrl::parse(text).is_some()
            }
            Self::Database => DatabaseUrl::parse(text).is_some(),
            Self::Redis => is_redis_url(text),
            Self::Brokers => Brokers::parse(text).is_some(),
            Self::Origins => Origins::parse(text).is_some(),
            Self::Networks => networks(text).is_some(),
            Self::Waits => schedule(text).is_some(),
            Self::Choice(words) => words.contains(&text),
            Self::Span(least, most) => Span::parse(text)
                .is_some_and(|span| Some(span) >= Span::parse(least) && Some(span) <= Span::parse(most)),
            Self::Size(least, most) => Size::parse(text)
                .is_some_and(|size| Some(size) >= Size::parse(least) && Some(size) <= Size::parse(most)),
            Self::Keep(least) => Keep::parse(text).is_some_and(|keep| Some(keep) >= Keep::parse(least)),
            Self::Every(least) => {
                Every::parse(text).is_some_and(|every| every.is_at_least(Span::parse(least)))
            }
            Self::Switch | Self::Whole(..) | Self::Share | Self::Factor => false,
        }
    }

    /// What this kind takes, with an example where the range is none.
    pub(super) fn expected(self) -> String {
        match self {
            Self::Choice(words) => {
                let words: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
                format!("one of {}", words.join(", "))
            }
            Self::Whole(least, most) => format!("a whole number from {least} to {most}, without quotes"),
            Self::Span(least, most) => {
                format!("a duration with its unit (ms, s, m, h, d), from \"{least}\" to \"{most}\"")
            }
            Self::Size(least, most) => {
                format!("a size with its unit (B, KiB, MiB, GiB), from \"{least}\" to \"{most}\"")
            }
            Self::Keep(least) => {
                format!("\"forever\", or an age such as \"365d\", which must be \"{least}\" or more")
            }
            Self::Every(least) => {
                format!("\"never\", or a duration such as \"15m\", which must be \"{least}\" or more")
            }
            _ => self.expected_always().to_owned(),
        }
    }

    /// What kinds without parameters take.
    fn expected_always(self) -> &'static str {
        match self {
            Self::Words => "a text that is not empty, in quotes",
            Self::Id => "a number or a text that is not empty, such as \"1234567\"",
            Self::Topic => {
                "letters, digits, dots, dashes and underscores, at most 249, such as \"syncline.intake\""
            }
            Self::Secret { off_when_empty: true } => "a text in quotes (empty: off)",
            Self::Secret { off_when_empty: false } => {
                "a text in quotes that is not empty; leave the key out while there is none"
            }
            Self::Path => "a path in quotes, such as \"/var/lib/syncline\"",
            Self::Listen => {
                "an IP address and a port, such as \"127.0.0.1:8400\", \"0.0.0.0:8400\" or \"[::]:8400\""
            }
            Self::Web { off_when_empty: false } => {
                "an http or https URL without user, query or fragment, such as \"https://sync.example.com\""
            }
            Self::Web { off_when_empty: true } => {
                "an http or https URL without user, query or fragment, such as \"http://localhost:4318\", \
                 or \"\" for off"
            }
            Self::Database => {
                "\"sqlite\", \"sqlite:///path/to/file\", \"postgres://user:password@host/name\" or \
                 \"mysql://user:password@host/name\""
            }
            Self::Redis => {
                "a URL such as \"redis://host:6379\" (TLS, rediss://, is not supported), or \"\" for off"
            }
            Self::Brokers => "brokers with commas between them, such as \"kafka-1:9092,kafka-2:9092\"",
            Self::Origins => {
                "origins with commas between them, such as \"https://app.example.com,http://localhost:3000\""
            }
            Self::Places => {
                "names and their URLs with spaces between them, such as \"bookings=redis://host:6379/0\", or \"\" for none"
            }
            Self::Networks => {
                "networks with spaces between them, such as \"127.0.0.0/8 fd00::/8\", or \"\" for none"
            }
            Self::Waits => "at most 50 waits from 1s to 7d with spaces between them, such as \"5s 5m 1h\"",
            Self::Switch => "true or false, without quotes",
            Self::Share => "a number from 0.0 to 1.0, such as 0.1, without quotes",
            Self::Factor => "a number from 0.0 to 100.0, such as 1.0, without quotes",
            Self::Choice(_)
            | Self::Whole(..)
            | Self::Span(..)
            | Self::Size(..)
            | Self::Keep(_)
            | Self::Every(_) => "",
        }
    }

    /// The given value in an error message: whatever may hold a secret is not repeated.
    pub(super) fn describe(self, given: &Given) -> String {
        match (self, given) {
            (_, Given::Text(text)) if text.is_empty() => "is empty".to_owned(),
            (_, Given::Other(what)) => format!("is {what}"),
            (Self::Secret { .. }, _) => "is not a text (not shown here)".to_owned(),
            (Self::Places, _) => "is no such list (not shown here)".to_owned(),
            (Self::Web { .. }, Given::Text(text)) if !text.contains('@') => format!("is {}", quoted(text)),
            (Self::Database | Self::Redis | Self::Web { .. }, Given::Text(text)) => scheme_of(text),
            (_, Given::Text(text)) => format!("is {}", quoted(text)),
            (_, Given::Whole(number)) => format!("is {number}"),
            (_, Given::Fraction(number)) => format!("is {number}"),
            (_, Given::Switch(on)) => format!("is {on}"),
        }
    }

    /// The value as people may see it.
    pub(super) fn dull(self, value: &Value) -> serde_json::Value {
        match (self, value) {
            (Self::Secret { .. } | Self::Places, Value::String(text)) if text.is_empty() => "".into(),
            (Self::Secret { .. } | Self::Places, _) => "***".into(),
            (Self::Database | Self::Redis, Value::String(text)) => without_password(text).into(),
            (_, Value::String(text)) => text.as_str().into(),
            (_, Value::Integer(number)) => (*number).into(),
            (_, Value::Float(number)) => (*number).into(),
            (_, Value::Boolean(on)) => (*on).into(),
            _ => serde_json::Value::Null,
        }
    }

    /// Whether the value may be put in a file of its own (`key_file`).
    pub(super) fn may_be_in_a_file(self) -> bool {
        matches!(self, Self::Secret { .. } | Self::Places | Self::Database | Self::Redis)
    }

    /// Whether this very value is one that must not leak.
    pub(super) fn is_secret(self, value: &Value) -> bool {
        let shown = self.dull(value);
        self.may_be_in_a_file() && shown.as_str() != value.as_str()
    }
}

/// A URL that may hold a password, described without it.
fn scheme_of(text: &str) -> String {
    match text.split_once("://") {
        Some((scheme, _)) if scheme.len() <= 16 => format!("is a `{scheme}://` URL (not shown here)"),
        _ => "is not a URL (not shown here)".to_owned(),
    }
}

/// The text in quotes, without control characters and not longer than a line.
fn quoted(text: &str) -> String {
    const MOST: usize = 60;
    let start: String = text.chars().take(MOST).collect();
    let more = if text.chars().count() > MOST { "…" } else { "" };
    format!("\"{}{more}\"", start.escape_debug())
}
