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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_read_as_the_seeds_do() {
        let now = Timestamp::parse("2021-10-20T21:33:48.123Z").expect("a time");
        assert_eq!(Status::Synced.text(now), "Last synced: 2021-10-20T21:33:48.123Z");
        let error = Status::Error("Invalid email ada@".to_owned());
        assert_eq!(error.text(now), "Error: Invalid email ada@");
    }

    #[test]
    fn a_status_that_only_tells_another_time_is_the_same() {
        assert_eq!(Status::Synced.key(), Status::Synced.key());
        let errors =
            ["Invalid email ada@", "Invalid email b@"].map(|reason| Status::Error(reason.to_owned()));
        assert_ne!(errors[0].key(), errors[1].key());
        assert_ne!(errors[0].key(), Status::Synced.key());
        // Whatever the reason says, an error is not taken for success.
        assert_ne!(Status::Error("ok".to_owned()).key(), Status::Synced.key());
    }
}
