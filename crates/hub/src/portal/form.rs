//! Forms that change something: only from our own pages.

use super::Failure;
use crate::http::Problem;
use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use http::StatusCode;
use syncline_core::secret::Secret;

/// A form's fields, or the page that says they cannot be read.
pub(super) fn read<T>(form: Result<Form<T>, FormRejection>) -> Result<T, Failure> {
    form.map(|Form(fields)| fields)
        .map_err(|error| Problem::bad_request("bad_form", error.body_text()).into())
}

/// Whether the token a form carries is the one its page was given.
pub(super) fn check_csrf(sent: &str, wanted: &str) -> Result<(), Failure> {
    if !wanted.is_empty() && Secret::new(sent) == Secret::new(wanted) {
        return Ok(());
    }
    let detail = "This form is too old, or it was not sent from the portal. Nothing was changed.";
    Err(Problem::new(StatusCode::FORBIDDEN, "form_expired", detail).into())
}
