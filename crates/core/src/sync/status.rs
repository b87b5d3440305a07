//! The sync status that both sides show people (10to8 facts 5 and 8).

use crate::time::Timestamp;

/// What a status says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// All fields agree.
    Synced,
    /// Something is not taken by one side, or waits for a person: why.
    Error(String),
}

/// What an error's text begins with.
const ERROR: &str = "Error: ";

impl Status {
    /// The status that this text shows. Whatever is no error is none.
    #[must_use]
    pub fn shown(text: &str) -> Self {
        text.strip_prefix(ERROR).map_or(Self::Synced, |reason| Self::Error(reason.to_owned()))
    }

    /// What kind of status it is: equal for texts that differ only in their time. Only a change of this is a change.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Synced => "ok".to_owned(),
            Self::Error(reason) => format!("error: {reason}"),
        }
    }

    /// As it is written: `Last synced: 2021-10-20T21:33:48.123Z` or `Error: Invalid email ada@`.
    #[must_use]
    pub fn text(&self, now: Timestamp) -> String {
        match self {
            Self::Synced => format!("Last synced: {now}"),
            Self::Error(reason) => format!("{ERROR}{reason}"),
        }
    }
}
