//! The pages in front of the session: choosing the password, and signing in.

use super::shell::Assets;
use askama::Template;

/// The page of the first start: choose the operator's password.
#[derive(Debug, Template)]
#[template(path = "access/setup.html")]
pub struct SetupPage {
    /// Where the assets are.
    pub assets: Assets,
    /// The token of the form.
    pub csrf: String,
    /// The one-time token that the operator arrived with.
    pub token: String,
    /// The fewest characters a password may have.
    pub min_length: usize,
    /// Why the last try was refused.
    pub problem: Option<String>,
}

/// The page that asks for the password.
#[derive(Debug, Template)]
#[template(path = "access/login.html")]
pub struct LoginPage {
    /// Where the assets are.
    pub assets: Assets,
    /// The token of the form.
    pub csrf: String,
    /// Which installation this is; empty hides it.
    pub instance: String,
    /// The page to go to afterwards: a path that begins with `/portal/`; empty for the first page.
    pub next: String,
    /// The command that makes a new setup link when the password is lost; empty hides the advice.
    pub reset_command: String,
    /// Why the last try failed, or why this page appeared by itself.
    pub problem: LoginProblem,
}

/// Why somebody sees the login page again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoginProblem {
    /// No reason: the first sight of it.
    #[default]
    None,
    /// The password was wrong.
    WrongPassword,
    /// Too many wrong passwords: the form rests.
    TooManyAttempts {
        /// How long it still rests.
        retry_after_seconds: u64,
    },
    /// The session ran out.
    SessionEnded,
    /// The session ended because the operator signed out.
    SignedOut,
}

impl LoginProblem {
    fn message(self) -> Option<String> {
        match self {
            Self::None => None,
            Self::WrongPassword => Some("That is not the password.".to_owned()),
            Self::TooManyAttempts { retry_after_seconds } => {
                Some(format!("Too many attempts. Try again {}.", in_words(retry_after_seconds)))
            }
            Self::SessionEnded => Some("Your session has ended. Sign in to continue.".to_owned()),
            Self::SignedOut => Some("You are signed out.".to_owned()),
        }
    }

    fn is_bad(self) -> bool {
        matches!(self, Self::WrongPassword | Self::TooManyAttempts { .. })
    }

    /// How many seconds the form still rests, if it does.
    fn rests(self) -> Option<u64> {
        match self {
            Self::TooManyAttempts { retry_after_seconds } => Some(retry_after_seconds),
            _ => None,
        }
    }
}

fn in_words(seconds: u64) -> String {
    match seconds {
        0 | 1 => "in a second".to_owned(),
        2..=90 => format!("in {seconds} seconds"),
        _ => format!("in {} minutes", seconds.div_ceil(60)),
    }
}
