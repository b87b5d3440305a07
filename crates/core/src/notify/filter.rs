//! Which kinds of messages an endpoint wants: names (`sync.complete`), prefixes (`sync.*`), or everything (`*`).

use super::kinds;

/// The longest name of a kind, in bytes.
pub const MAX_NAME: usize = 128;
/// How many patterns a filter may have.
pub const MAX_PATTERNS: usize = 64;

/// An endpoint's wishes. Without any pattern it wants everything that is not opt-in; what is opt-in has to be named, by itself or by a
/// pattern that it falls under.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Filter(Vec<Pattern>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    All,
    /// Ends with the dot: `sync.`.
    Prefix(String),
    Exact(String),
}

/// What is wrong with a filter, for whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFilter {
    /// Neither a name nor a prefix.
    #[error("`{0}` is no event type: use a name like sync.complete, a prefix like sync.*, or *")]
    Pattern(String),
    /// A name in one of Syncline's own families that it does not have: a slip, since it would never match.
    #[error("there is no event type `{0}`; the list is at /v1/event-types")]
    Unknown(String),
    /// More than [`MAX_PATTERNS`].
    #[error("a filter has at most {MAX_PATTERNS} event types")]
    TooMany,
}

impl Filter {
    /// Reads patterns.
    ///
    /// # Errors
    /// [`BadFilter`] naming the first that is wrong.
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, BadFilter> {
        let patterns = patterns.into_iter().map(Pattern::read).collect::<Result<Vec<_>, _>>()?;
        if patterns.len() > MAX_PATTERNS { Err(BadFilter::TooMany) } else { Ok(Self(patterns)) }
    }

    /// Reads patterns that were kept, by this version or another one: what this one would not take matches itself and nothing else. So a
    /// kind that went, or is not there yet, keeps nobody's other messages from arriving.
    #[must_use]
    pub fn kept<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Self {
        let kept = |text: &'a str| match text.strip_suffix('*').filter(|prefix| prefix.ends_with('.')) {
            None if text == "*" => Pattern::All,
            None => Pattern::Exact(text.to_owned()),
            Some(prefix) => Pattern::Prefix(prefix.to_owned()),
        };
        Self(patterns.into_iter().map(kept).collect())
    }

    /// Whether the endpoint wants messages of this kind.
    #[must_use]
    pub fn wants(&self, kind: &str) -> bool {
        if self.0.is_empty() {
            return !kinds::find(kind).is_some_and(|known| known.opt_in);
        }
        self.0.iter().any(|pattern| match pattern {
            Pattern::All => true,
            Pattern::Prefix(prefix) => kind.starts_with(prefix),
            Pattern::Exact(name) => kind == name,
        })
    }

    /// The patterns as they were written.
    #[must_use]
    pub fn patterns(&self) -> Vec<String> {
        let written = |pattern: &Pattern| match pattern {
            Pattern::All => "*".to_owned(),
            Pattern::Prefix(prefix) => format!("{prefix}*"),
            Pattern::Exact(name) => name.clone(),
        };
        self.0.iter().map(written).collect()
    }
}

impl Pattern {
    fn read(text: &str) -> Result<Self, BadFilter> {
        if text == "*" {
            return Ok(Self::All);
        }
        let wrong = || BadFilter::Pattern(text.chars().take(MAX_NAME).collect());
        let (name, prefix) = text.strip_suffix(".*").map_or((text, false), |name| (name, true));
        if !is_name(name) {
            return Err(wrong());
        }
        let ours = kinds::is_ours(name);
        let known = if prefix {
            let prefix = format!("{name}.");
            kinds::all().iter().any(|kind| kind.name.starts_with(&prefix))
        } else {
            kinds::find(name).is_some()
        };
        if ours && !known {
            return Err(BadFilter::Unknown(text.to_owned()));
        }
        Ok(if prefix { Self::Prefix(format!("{name}.")) } else { Self::Exact(name.to_owned()) })
    }
}

impl TryFrom<Vec<String>> for Filter {
    type Error = BadFilter;

    fn try_from(patterns: Vec<String>) -> Result<Self, BadFilter> {
        Self::new(patterns.iter().map(String::as_str))
    }
}

impl From<Filter> for Vec<String> {
    fn from(filter: Filter) -> Self {
        filter.patterns()
    }
}

/// Whether a text can be the name of a kind: parts of letters, digits, `_` and `-`, with dots between them.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    text.len() <= MAX_NAME && text.split('.').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(patterns: &[&str]) -> Filter {
        Filter::new(patterns.iter().copied()).unwrap()
    }

    #[test]
    fn without_patterns_everything_is_wanted_that_is_not_opt_in() {
        let wants: Vec<&str> = kinds::all()
            .iter()
            .map(|kind| kind.name.as_str())
            .filter(|name| filter(&[]).wants(name))
            .collect();
        assert!(wants.contains(&"sync.complete") && wants.contains(&"endpoint.disabled"), "{wants:?}");
        assert!(
            !wants.iter().any(|name| name.starts_with("record.") || name.starts_with("event.")),
            "{wants:?}"
        );
        assert!(filter(&[]).wants("invoice.paid"), "an application's own");
    }

    #[test]
    fn names_prefixes_and_the_star_match_what_they_say() {
        let cases = [
            (&["sync.complete"][..], "sync.complete", true),
            (&["sync.complete"], "sync.completed", false),
            (&["sync.*"], "sync.paused", true),
            (&["sync.*"], "syncs.paused", false),
            (&["record.*"], "record.created", true),
            (&["record.created"], "record.updated", false),
            (&["connection.*", "record.deleted"], "record.deleted", true),
            (&["*"], "record.created", true),
            (&["*"], "invoice.paid", true),
            (&["invoice.*"], "invoice.line.added", true),
            (&["invoice.*"], "invoice", false),
            (&["invoice.*"], "sync.complete", false),
        ];
        for (patterns, kind, expected) in cases {
            assert_eq!(filter(patterns).wants(kind), expected, "{patterns:?} {kind}");
        }
    }

    #[test]
    fn what_can_match_nothing_is_refused() {
        for wrong in
            ["", ".", "sync.", ".sync", "sync*", "*.complete", "sync.**", "sync .x", "a..b", "ü.x", "**"]
        {
            assert_eq!(Filter::new([wrong]), Err(BadFilter::Pattern(wrong.to_owned())), "{wrong}");
        }
        for slip in ["sync.completed", "sync.complete.*", "record", "event"] {
            assert_eq!(Filter::new([slip]), Err(BadFilter::Unknown(slip.to_owned())), "{slip}");
        }
        let long = "a".repeat(MAX_NAME + 1);
        assert_eq!(Filter::new([long.as_str()]), Err(BadFilter::Pattern("a".repeat(MAX_NAME))));
        assert_eq!(Filter::new(vec!["sync.*"; MAX_PATTERNS + 1]), Err(BadFilter::TooMany));
    }

    #[test]
    fn what_another_version_kept_is_read_and_wants_no_more_than_it_says() {
        let patterns = ["sync.paused", "sync.*", "*", "invoice.paid", "record.*"];
        assert_eq!(Filter::kept(patterns), filter(&patterns));
        let older = Filter::kept(["sync.gone", "gone.*", "??"]);
        assert_eq!(older.patterns(), ["sync.gone", "gone.*", "??"]);
        assert!(older.wants("sync.gone") && older.wants("gone.x"));
        assert!(!older.wants("sync.complete") && !older.wants("invoice.paid"));
    }

    #[test]
    fn a_filter_is_kept_as_it_was_written() {
        let written = "[\"sync.*\",\"record.created\",\"*\"]";
        let read: Filter = serde_json::from_str(written).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
        assert!(serde_json::from_str::<Filter>("[\"sync*\"]").is_err());
    }
}
