//! How the token calls refuse: two shapes are on record (Notion facts 2).

use crate::notion::settings::ErrorShape;
use serde_json::{Value, json};

/// Why a token call is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refused {
    /// 400.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, code, message: message.into() }
    }

    /// 401.
    pub(crate) fn client() -> Self {
        let message = "Client authentication failed due to missing or invalid client credentials.".to_owned();
        Self { status: 401, code: "invalid_client", message }
    }

    /// The body.
    pub(crate) fn body(&self, shape: ErrorShape, request_id: &str) -> Value {
        match shape {
            ErrorShape::Notion => json!({
                "object": "error", "status": self.status, "code": self.code, "message": self.message,
                "request_id": request_id,
            }),
            ErrorShape::Oauth => {
                json!({ "error": self.code, "error_description": self.message, "request_id": request_id })
            }
        }
    }
}
