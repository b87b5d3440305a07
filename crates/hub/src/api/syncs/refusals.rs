//! Why something about a sync is refused, as problems: whose fault it is, and what to do.

use crate::api::refusals::sentence;
use crate::http::Problem;
use crate::sync::{Refused, conflicts};
use http::StatusCode;

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let say = sentence(&refused.to_string());
        let (status, code) = match refused {
            Refused::NoConnection(_) => (StatusCode::NOT_FOUND, "not_found"),
            Refused::Gone => (StatusCode::NOT_FOUND, "not_found"),
            Refused::Same => (StatusCode::UNPROCESSABLE_ENTITY, "sides_alike"),
            Refused::OtherOrganization => (StatusCode::UNPROCESSABLE_ENTITY, "organizations_differ"),
            Refused::NotActive { .. } => (StatusCode::CONFLICT, "connection_not_active"),
            Refused::NotWritable { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "not_writable"),
            Refused::NoTemplate => (StatusCode::UNPROCESSABLE_ENTITY, "no_template"),
            Refused::Mistakes(mistakes) => return super::limits::refuse(&mistakes),
            Refused::Provider { .. } => (StatusCode::BAD_GATEWAY, "provider_down"),
            Refused::Changed => (StatusCode::CONFLICT, "sync_changed"),
            Refused::Keys(error) => return error.into(),
            Refused::Store(error) => return error.into(),
        };
        Self::new(status, code, say)
    }
}

impl From<conflicts::Refused> for Problem {
    fn from(refused: conflicts::Refused) -> Self {
        let say = sentence(&refused.to_string());
        match refused {
            conflicts::Refused::NoConflict => Self::not_found("conflict"),
            conflicts::Refused::Over => Self::new(StatusCode::CONFLICT, "conflict_over", say),
            conflicts::Refused::Misfit(_) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "choice_misfit", say)
            }
            conflicts::Refused::Store(error) => error.into(),
        }
    }
}
