//! What can be wrong with a configuration, in words that say where and what to do.

use std::fmt;

use super::origin::Origin;

/// One thing wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where it is; first, so that problems sort by file and line, then environment, then flags.
    pub origin: Origin,
    /// The key it is about, if it is about one.
    pub key: Option<String>,
    /// The whole sentence, place included. Never contains a secret.
    pub text: String,
}

impl Problem {
    /// About a file or a variable as a whole.
    pub(super) fn general(origin: Origin, text: String) -> Self {
        Self { origin, key: None, text }
    }

    /// About one setting: "`key` at file:1:2" and then `says`.
    pub(super) fn about(key: &str, origin: Origin, says: impl fmt::Display) -> Self {
        let text = format!("`{key}` {} {says}", origin.phrase());
        Self { origin, key: Some(key.to_owned()), text }
    }

    /// A key there is no such thing as, with what was perhaps meant, or what there is instead.
    pub(super) fn unknown(name: &str, origin: Origin, hint: &str) -> Self {
        let text = match &origin {
            Origin::Env(name) => format!("unknown environment variable {name}; {hint}"),
            _ => format!("unknown key `{name}` {}; {hint}", origin.phrase()),
        };
        Self { origin, key: None, text }
    }
}

/// Everything wrong with the configuration, in the order of the files' lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(Vec<Problem>);

impl ConfigErrors {
    pub(super) fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort();
        problems.dedup();
        Self(problems)
    }

    /// Each problem.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }
}

impl std::error::Error for ConfigErrors {}

/// One problem as a sentence, several as a list.
impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = self.0.as_slice() {
            return write!(f, "the configuration has a problem: {}", only.text);
        }
        write!(f, "the configuration has {} problems:", self.0.len())?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  - {}", problem.text))
    }
}
