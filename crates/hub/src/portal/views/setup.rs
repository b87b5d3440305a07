//! Setting up an account: what would change at the provider, or what was changed.

use super::filters;
use super::shell::Shell;
use super::text;
use askama::Template;
use syncline_core::secret::Secret;

/// A plan, or what became of one.
#[derive(Debug, Template)]
#[template(path = "connections/setup.html")]
pub struct AccountSetupPage {
    /// The surroundings.
    pub shell: Shell,
    /// Of which connection.
    pub connection_id: String,
    /// The account's name.
    pub account_name: String,
    /// The provider's name.
    pub provider_name: String,
    /// Whether it was looked what is there, or set up.
    pub is_known: bool,
    /// When it was looked what is there, RFC 3339; none when it was just set up.
    pub looked_at: Option<String>,
    /// One after another.
    pub steps: Vec<SetupStep>,
    /// What a person has to confirm at the provider, and when it arrived, RFC 3339. For whoever is signed in alone.
    pub verification: Option<(Secret, String)>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupStep {
    /// What became of it, in a word or two.
    pub word: &'static str,
    /// How the word looks.
    pub class: &'static str,
    /// A short sentence.
    pub what: String,
    /// Why it failed.
    pub reason: Option<String>,
    /// Whether it is still to be done, and we can.
    pub to_do: bool,
}

impl AccountSetupPage {
    fn href(&self) -> String {
        format!("/portal/connections/{}", text::segment(&self.connection_id))
    }

    fn to_do(&self) -> usize {
        self.steps.iter().filter(|step| step.to_do).count()
    }

    fn failed(&self) -> usize {
        self.steps.iter().filter(|step| step.reason.is_some()).count()
    }
}
