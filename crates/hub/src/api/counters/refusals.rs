//! Why something about a counter is refused, as problems: whose fault it is, and what to do.

use crate::api::refusals::sentence;
use crate::counters::Refused;
use crate::http::Problem;
use http::StatusCode;
use syncline_core::counters::change::Refusal;

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let say = sentence(&refused.to_string());
        let (status, code) = match refused {
            Refused::Gone => return Self::not_found("counter"),
            Refused::NoConnection => return Self::not_found("connection"),
            Refused::Provider(_) => (StatusCode::UNPROCESSABLE_ENTITY, "not_hubspot"),
            Refused::Ended => (StatusCode::CONFLICT, "disconnected"),
            Refused::Problems(problems) => {
                let wrong: Vec<String> =
                    problems.iter().map(|one| format!("{}: {}", one.field, one.message)).collect();
                let say = sentence(&format!("{say} {}", wrong.join("; ")));
                let list = serde_json::to_value(&problems).unwrap_or_default();
                return Self::new(StatusCode::UNPROCESSABLE_ENTITY, "definition_invalid", say)
                    .with("problems", list);
            }
            Refused::NameTaken(_) => (StatusCode::CONFLICT, "counter_name_taken"),
            Refused::Changed => (StatusCode::CONFLICT, "counter_changed"),
            Refused::Keys(error) => return error.into(),
            Refused::Store(error) => return error.into(),
        };
        Self::new(status, code, say)
    }
}

/// The status and the code of a change that was not made.
#[must_use]
pub(super) fn of_change(refusal: &Refusal) -> (StatusCode, &'static str) {
    match refusal {
        Refusal::BelowMinimum { .. } => (StatusCode::CONFLICT, "below_minimum"),
        Refusal::Overflow { .. } => (StatusCode::CONFLICT, "counter_overflow"),
        Refusal::Amount => (StatusCode::BAD_REQUEST, "bad_amount"),
        Refusal::Key { .. } => (StatusCode::BAD_REQUEST, "bad_counter_key"),
        Refusal::Deleted => (StatusCode::NOT_FOUND, "not_found"),
        Refusal::NotANumber => (StatusCode::CONFLICT, "not_a_number"),
    }
}
