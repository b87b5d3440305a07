//! Keys of the API.

use super::filters;
use super::narrow::Narrow;
use super::shell::Shell;
use super::text;
use askama::Template;

/// The keys of the API, and the form that makes one.
#[derive(Debug, Template)]
#[template(path = "keys/index.html")]
pub struct KeysPage {
    /// The surroundings.
    pub shell: Shell,
    /// What the list is narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used.
    pub problem: Option<String>,
    /// How many keys are in use, on all pages.
    pub in_use: usize,
    /// The keys, the newest first, revoked ones last.
    pub keys: Vec<KeyRow>,
    /// The cursor of the page after this one, where there is one.
    pub older: Option<String>,
    /// The key that was just made: the only time it can be seen.
    pub new_key: Option<NewKey>,
    /// The form, as it was sent last.
    pub form: KeyForm,
    /// Organizations to suggest.
    pub organizations: Vec<String>,
}

/// One key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRow {
    /// The key's id, for the forms.
    pub id: String,
    /// What somebody called it.
    pub name: String,
    /// The organization it is for; none is all of them.
    pub organization: Option<String>,
    /// Its first characters, by which people recognise it.
    pub prefix: String,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// When it was used last, RFC 3339.
    pub last_used_at: Option<String>,
    /// When it was revoked, RFC 3339.
    pub revoked_at: Option<String>,
}

impl KeyRow {
    fn action(&self, verb: &str) -> String {
        format!("/portal/keys/{}/{verb}", text::segment(&self.id))
    }
}

/// A key that was just made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewKey {
    /// What somebody called it.
    pub name: String,
    /// The organization it is for; none is all of them.
    pub organization: Option<String>,
    /// The whole key.
    pub token: String,
}

/// The form that makes a key, with what was wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyForm {
    /// The name, as typed.
    pub name: String,
    /// Whether it is for all organizations (`scope=all`) and not for one (`scope=organization`).
    pub all_organizations: bool,
    /// The organization, as typed.
    pub organization: String,
    /// What is wrong with the name.
    pub name_problem: Option<String>,
    /// What is wrong with the organization.
    pub organization_problem: Option<String>,
}
