//! Which Redis key holds which counter: a template such as `exam:{key}:bookings`, read in both directions.

use std::fmt;

/// The longest template, in bytes.
pub const MAX_LENGTH: usize = 256;

/// Where the counter's key goes.
const KEY: &str = "{key}";

/// A template.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedisKey {
    before: String,
    behind: String,
}

/// What is wrong with a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a Redis key template has {KEY} in it once, like exam:{KEY}:bookings, no other braces, and at most {MAX_LENGTH} bytes"
)]
pub struct BadRedisKey;

impl RedisKey {
    /// Reads a template.
    ///
    /// # Errors
    /// [`BadRedisKey`].
    pub fn new(template: &str) -> Result<Self, BadRedisKey> {
        let (before, behind) = template.split_once(KEY).ok_or(BadRedisKey)?;
        let odd = |text: &str| text.contains(['{', '}']) || text.chars().any(char::is_control);
        if template.len() > MAX_LENGTH || odd(before) || odd(behind) {
            return Err(BadRedisKey);
        }
        Ok(Self { before: before.to_owned(), behind: behind.to_owned() })
    }

    /// The Redis key of a counter.
    #[must_use]
    pub fn of(&self, key: &str) -> String {
        format!("{}{key}{}", self.before, self.behind)
    }

    /// The counter whose Redis key this is; none when it is not one of the template's.
    #[must_use]
    pub fn key_of<'a>(&self, redis_key: &'a str) -> Option<&'a str> {
        let rest = redis_key.strip_prefix(&self.before)?.strip_suffix(&self.behind)?;
        (!rest.is_empty()).then_some(rest)
    }

    /// The pattern that all of the template's keys match, for `SCAN` and `PSUBSCRIBE`.
    #[must_use]
    pub fn pattern(&self) -> String {
        let escaped = |text: &str| -> String {
            let escape = |c: char| matches!(c, '*' | '?' | '[' | ']' | '\\' | '^').then_some('\\');
            text.chars().flat_map(|c| escape(c).into_iter().chain([c])).collect()
        };
        format!("{}*{}", escaped(&self.before), escaped(&self.behind))
    }
}

impl fmt::Display for RedisKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{KEY}{}", self.before, self.behind)
    }
}

impl TryFrom<String> for RedisKey {
    type Error = BadRedisKey;

    fn try_from(template: String) -> Result<Self, BadRedisKey> {
        Self::new(&template)
    }
}

impl From<RedisKey> for String {
    fn from(key: RedisKey) -> Self {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{BadRedisKey, RedisKey};
    use proptest::prelude::*;

    #[test]
    fn the_seeds_keys_are_read_in_both_directions() {
        let template = RedisKey::new("exam:{key}:bookings").unwrap();
        assert_eq!(template.of("40577087837"), "exam:40577087837:bookings");
        assert_eq!(template.key_of("exam:40577087837:bookings"), Some("40577087837"));
        for other in ["exam::bookings", "exam:1:seats", "xexam:1:bookings", "exam:bookings"] {
            assert_eq!(template.key_of(other), None, "{other}");
        }
        assert_eq!(template.pattern(), "exam:*:bookings");
        assert_eq!(RedisKey::new("a*[b]?{key}\\").unwrap().pattern(), "a\\*\\[b\\]\\?*\\\\");
    }

    #[test]
    fn a_template_without_one_place_for_the_key_is_refused() {
        for wrong in [
            "",
            "exam",
            "{key}{key}",
            "{exam}:{key}",
            "{key}}",
            "a\n{key}",
            &format!("{{key}}{}", "x".repeat(300)),
        ] {
            assert_eq!(RedisKey::new(wrong), Err(BadRedisKey), "{wrong}");
        }
        assert!(
            serde_json::from_str::<RedisKey>("\"x\"")
                .unwrap_err()
                .to_string()
                .contains("exam:{key}:bookings")
        );
    }

    proptest! {
        #[test]
        fn a_counters_redis_key_leads_back_to_it(before in "[a-z:]{0,8}", behind in "[a-z:]{0,8}", key in "[0-9a-z:]{1,12}") {
            let template = RedisKey::new(&format!("{before}{{key}}{behind}")).unwrap();
            let redis_key = template.of(&key);
            prop_assert_eq!(template.key_of(&redis_key), Some(key.as_str()));
            prop_assert_eq!(RedisKey::new(&template.to_string()), Ok(template));
        }
    }
}
