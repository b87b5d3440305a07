//! What is only guessed about definitions and values.

use serde::{Deserialize, Serialize};

/// What is only guessed about definitions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub(crate) struct Settings {
    /// What becomes of the name of a new definition.
    pub(crate) names: Names,
    /// The longest name.
    pub(crate) longest_name: usize,
    /// Definitions of its own an account may have per type.
    pub(crate) max_custom: usize,
    /// How many of those may be unique.
    pub(crate) max_unique: usize,
    /// Whether a PATCH of a field that cannot change (`name`, `hasUniqueValue`, `dataSensitivity`) is refused, not ignored.
    pub(crate) refuse_immutable: bool,
    /// The most inputs of a batch of definitions.
    pub(crate) max_batch: usize,
    /// How long after its creation a definition can be read. 250 to 700 were observed.
    pub(crate) readable_after_ms: i64,
    /// Whether records have their values back when an archived definition is restored by creating it again.
    pub(crate) values_return: bool,
    /// Whether the scopes for records do for their definitions too.
    pub(crate) object_scopes_suffice: bool,
    /// Whether addresses are kept in lower case.
    pub(crate) lower_case_emails: bool,
    /// The longest text, in characters.
    pub(crate) longest_text: usize,
    /// The code for a longer one.
    pub(crate) too_long_code: String,
    /// The code for what should be a number.
    pub(crate) number_code: String,
    /// Text properties that may not hold addresses of web pages: `CONTAINS_URL`.
    pub(crate) no_urls: Vec<String>,
    /// Text properties that may hold nothing but letters, blanks, hyphens, apostrophes and dots: `INVALID_ALPHA`.
    pub(crate) letters_only: Vec<String>,
    /// Whether an owner's id must be one of the account's.
    pub(crate) owners_must_exist: bool,
    /// Whether webhooks tell a `date` as epoch milliseconds, as they do a `datetime`.
    pub(crate) dates_told_as_ms: bool,
    /// Whether each entry of the nested list carries `localizedErrorMessage` and `portalId`.
    pub(crate) long_entries: bool,
}

/// What becomes of the name of a new definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Names {
    /// It is put into lower case, as developers report.
    LowerCased,
    /// It is refused unless it is `[a-z][a-z0-9_]*`.
    Strict,
    /// It stays as it is.
    AsGiven,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            names: Names::LowerCased,
            longest_name: 100,
            max_custom: 1000,
            max_unique: 10,
            refuse_immutable: false,
            max_batch: 100,
            readable_after_ms: 0,
            values_return: true,
            object_scopes_suffice: true,
            lower_case_emails: true,
            longest_text: 65_536,
            too_long_code: "INVALID_LENGTH".to_owned(),
            number_code: "INVALID_LONG".to_owned(),
            no_urls: vec!["firstname".to_owned(), "lastname".to_owned()],
            letters_only: Vec::new(),
            owners_must_exist: true,
            dates_told_as_ms: true,
            long_entries: true,
        }
    }
}
