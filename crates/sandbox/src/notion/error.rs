//! Notion's errors (Notion facts 9).

use super::id::Id;
use serde_json::{Map, Value, json};

/// Why a call is refused.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    /// The HTTP status, also in the body.
    pub(crate) status: u16,
    /// `validation_error`
    pub(crate) code: &'static str,
    /// For people.
    pub(crate) message: String,
    /// `additional_data`: strings, or lists of strings.
    pub(crate) additional: Vec<(&'static str, Value)>,
    /// The `Retry-After` header, in seconds.
    pub(crate) retry_after: Option<u64>,
}

impl Failure {
    /// Any.
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), additional: Vec::new(), retry_after: None }
    }

    /// 400 `validation_error`.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "validation_error", message)
    }

    /// 400: `body.x should be a string, instead was …`.
    pub(crate) fn expected(path: &str, what: &str, value: Option<&Value>) -> Self {
        let section = path.split(['.', '[']).next().unwrap_or("body");
        let shown = match value {
            None => "undefined".to_owned(),
            Some(value) => abridged(value),
        };
        Self::validation(format!(
            "{section} failed validation: {path} should be {what}, instead was `{shown}`."
        ))
    }

    /// 400: a key that must not be there.
    pub(crate) fn unexpected(path: &str, value: &Value) -> Self {
        Self::expected(path, "not present", Some(value))
    }

    /// 400: there is no such path, or not in this version.
    pub(crate) fn invalid_url() -> Self {
        Self::new(400, "invalid_request_url", "Invalid request URL.")
    }

    /// 404, also for what is not shared with the connection.
    pub(crate) fn not_found(kind: &str, id: Id) -> Self {
        Self::new(
            404,
            "object_not_found",
            format!(
                "Could not find {kind} with ID: {id}. Make sure the relevant pages and databases are shared with your integration."
            ),
        )
    }

    /// 401.
    pub(crate) fn unauthorized() -> Self {
        Self::new(401, "unauthorized", "API token is invalid.")
    }

    /// A server error, as Notion words those it has words for.
    pub(crate) fn server(status: u16) -> Self {
        match status {
            502 => Self::new(502, "bad_gateway", "Bad gateway."),
            503 => Self::new(503, "service_unavailable", "Notion is unavailable. Please try again later."),
            504 => Self::new(
                504,
                "gateway_timeout",
                "Notion timed out while attempting to complete this request.",
            ),
            529 => {
                let message = "Notion is overloaded. Please try again later.";
                let mut failure = Self::new(529, "service_overload", message);
                failure.retry_after = Some(30);
                failure
            }
            status => Self::new(status, "internal_server_error", "Unexpected error occurred."),
        }
    }

    /// 403: the integration lacks a capability.
    pub(crate) fn restricted(what: &str) -> Self {
        Self::new(
            403,
            "restricted_resource",
            format!(
                "Insufficient permissions for this endpoint: the integration lacks the capability to {what}."
            ),
        )
    }

    /// Editing what is in the trash.
    pub(crate) fn archived() -> Self {
        Self::validation("Can't edit block that is archived. You must unarchive the block before editing.")
    }

    /// More in `additional_data`.
    pub(crate) fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.additional.push((key, value.into()));
        self
    }

    /// The body.
    pub(crate) fn body(&self, request_id: &str) -> Value {
        let mut body = json!({
            "object": "error", "status": self.status, "code": self.code, "message": self.message, "request_id": request_id,
        });
        if !self.additional.is_empty() {
            let data: Map<String, Value> =
                self.additional.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
            body["additional_data"] = Value::Object(data);
        }
        body
    }
}

/// A value as an error message shows it: whole when it is short.
fn abridged(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 100 {
        return text;
    }
    let mut short: String = text.chars().take(100).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_take_the_forms_on_record() {
        let missing = Failure::expected("body.properties", "defined", None);
        assert_eq!(
            missing.message,
            "body failed validation: body.properties should be defined, instead was `undefined`."
        );
        let body = missing.body("r");
        assert_eq!(
            body,
            json!({"object": "error", "status": 400, "code": "validation_error", "message": missing.message, "request_id": "r"})
        );
        let id = Id(1);
        assert!(
            Failure::not_found("database", id)
                .message
                .starts_with(&format!("Could not find database with ID: {id}"))
        );
        assert_eq!(Failure::validation("x").with("k", "v").body("r")["additional_data"], json!({"k": "v"}));
    }
}
