//! Users with personal access tokens, and OAuth integrations.

use super::ids;
use crate::house::Dice;
use serde_json::{Value, json};

/// A user. Personal access tokens are `pat` and 14 characters, a dot, and 64 hexadecimal digits (Airtable facts 1).
#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) token: String,
    /// Whether the token still works.
    pub(super) token_works: bool,
}

impl User {
    pub(super) fn throw(name: &str, email: &str, dice: &mut Dice) -> Self {
        let token = format!("{}.{}", ids::throw(dice, "pat"), dice.hex(64));
        Self {
            id: ids::throw(dice, "usr"),
            email: email.to_owned(),
            name: name.to_owned(),
            token,
            token_works: true,
        }
    }

    /// As a collaborator in cells and comments.
    pub(super) fn collaborator(&self) -> Value {
        json!({ "id": self.id, "email": self.email, "name": self.name })
    }
}

/// An OAuth integration, with or without a secret.
#[derive(Debug, Clone)]
pub(super) struct Integration {
    pub(super) name: String,
    pub(super) client_id: String,
    pub(super) secret: Option<String>,
}

/// What a user may do in a base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    None,
    Read,
    Comment,
    Edit,
    Create,
}

impl Level {
    /// On the wire.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Comment => "comment",
            Self::Edit => "edit",
            Self::Create => "create",
        }
    }

    /// Reads it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::None, Self::Read, Self::Comment, Self::Edit, Self::Create]
            .into_iter()
            .find(|level| level.name() == text)
    }
}
