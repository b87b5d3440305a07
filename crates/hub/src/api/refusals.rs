//! Why an account is not connected, as problems: whose fault it is, and what to do.

use crate::connect::{AppError, BeginError, DisconnectError, KeyError};
use crate::http::Problem;
use http::StatusCode;

/// A sentence out of an error's words.
#[must_use]
pub fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    let end = if words.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        let (status, code) = match &error {
            AppError::UnknownProvider => (StatusCode::BAD_REQUEST, "unknown_provider"),
            AppError::KeysOnly(_) => (StatusCode::BAD_REQUEST, "keys_only"),
            AppError::NoSuchApp { .. } => (StatusCode::BAD_REQUEST, "no_such_app"),
            AppError::WhichApp { .. } => (StatusCode::BAD_REQUEST, "which_app"),
            AppError::NoApp(_) | AppError::Incomplete { .. } => (StatusCode::CONFLICT, "app_not_configured"),
        };
        Self::new(status, code, sentence(&error.to_string()))
    }
}

impl From<BeginError> for Problem {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::App(error) => error.into(),
            BeginError::BadName(_) => Self::bad_request("bad_name", sentence(&error.to_string())),
            BeginError::OriginNotAllowed(_) => {
                Self::new(StatusCode::FORBIDDEN, "origin_not_allowed", sentence(&error.to_string()))
            }
            BeginError::Failed(error) => error.into(),
        }
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        let (status, code) = match error {
            KeyError::App(error) => return error.into(),
            KeyError::Failed(error) => return error.into(),
            KeyError::BadName(_) => (StatusCode::BAD_REQUEST, "bad_name"),
            KeyError::NoKey(_) => (StatusCode::BAD_REQUEST, "bad_key"),
            KeyError::NotAccepted => (StatusCode::UNPROCESSABLE_ENTITY, "key_not_accepted"),
            KeyError::Refused(_) => (StatusCode::UNPROCESSABLE_ENTITY, "key_refused"),
            KeyError::ProviderDown(_) => (StatusCode::BAD_GATEWAY, "provider_down"),
            KeyError::AccountOfAnother(_) => (StatusCode::CONFLICT, "account_of_another"),
        };
        Self::new(status, code, sentence(&error.to_string()))
    }
}

impl From<DisconnectError> for Problem {
    fn from(error: DisconnectError) -> Self {
        match error {
            DisconnectError::NoSuchConnection => Self::not_found("connection"),
            DisconnectError::Store(error) => error.into(),
        }
    }
}
