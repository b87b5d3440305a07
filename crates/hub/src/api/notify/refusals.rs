//! Why something about an endpoint is refused, as problems: whose fault it is, and what to do.

use crate::api::refusals::sentence;
use crate::endpoints::Refused;
use crate::http::Problem;
use http::StatusCode;

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let say = sentence(&refused.to_string());
        let (status, code) = match refused {
            Refused::Gone => return Self::not_found("endpoint"),
            Refused::NoMessage => return Self::not_found("message for this endpoint"),
            Refused::NoType(_) => (StatusCode::UNPROCESSABLE_ENTITY, "bad_event_type"),
            Refused::Url(_) => (StatusCode::UNPROCESSABLE_ENTITY, "url_refused"),
            Refused::Filter(_) => (StatusCode::UNPROCESSABLE_ENTITY, "bad_event_types"),
            Refused::Header(_) => (StatusCode::UNPROCESSABLE_ENTITY, "bad_headers"),
            Refused::Secret(_) => (StatusCode::UNPROCESSABLE_ENTITY, "bad_secret"),
            Refused::Rate => (StatusCode::BAD_REQUEST, "bad_rate"),
            Refused::Schedule(_) => (StatusCode::BAD_REQUEST, "bad_schedule"),
            Refused::Description => (StatusCode::BAD_REQUEST, "bad_description"),
            Refused::Overlap => (StatusCode::BAD_REQUEST, "bad_overlap"),
            Refused::Span => (StatusCode::BAD_REQUEST, "bad_time"),
            Refused::TooMany => (StatusCode::CONFLICT, "too_many_endpoints"),
            Refused::TooManySecrets => (StatusCode::CONFLICT, "too_many_secrets"),
            Refused::Changed => (StatusCode::CONFLICT, "endpoint_changed"),
            Refused::Disabled => (StatusCode::CONFLICT, "endpoint_disabled"),
            Refused::Keys(error) => return error.into(),
            Refused::Store(error) => return error.into(),
        };
        Self::new(status, code, say)
    }
}
