//! HubSpot's error bodies (HubSpot facts 3.5): every part optional, `status` always `error`.

use crate::house::json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

/// A refusal as HubSpot words it. The correlation id is added on the way out, by [`super::access::correlate`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ApiError {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// For people.
    pub(crate) message: String,
    /// `VALIDATION_ERROR`, …; some bodies have none.
    pub(crate) category: Option<&'static str>,
    /// Name → list of texts.
    pub(crate) context: Option<Value>,
    /// The details, one by one.
    pub(crate) errors: Vec<Value>,
    /// Further keys of the body; in a box, as errors are returned by value all over.
    pub(crate) more: Box<Map<String, Value>>,
}

impl ApiError {
    /// A refusal with a category.
    pub(crate) fn new(status: StatusCode, category: &'static str, message: impl Into<String>) -> Self {
        Self { category: Some(category), ..Self::bare(status, message) }
    }

    /// A refusal without a category.
    pub(crate) fn bare(status: StatusCode, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, message, category: None, context: None, errors: Vec::new(), more: Box::default() }
    }

    /// 400 `VALIDATION_ERROR`.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
    }

    /// The bare 404 body.
    pub(crate) fn resource_not_found() -> Self {
        Self::bare(StatusCode::NOT_FOUND, "resource not found")
    }

    /// With a sub-category: `Properties.PROPERTY_WITH_NAME_EXISTS`, …
    #[must_use]
    pub(crate) fn sub(mut self, sub_category: &'static str) -> Self {
        self.more.insert("subCategory".to_owned(), json!(sub_category));
        self
    }

    /// With a context.
    #[must_use]
    pub(crate) fn context(mut self, context: Value) -> Self {
        self.context = Some(context);
        self
    }

    /// The body without its correlation id: also a row of a 207's `errors`.
    pub(crate) fn body(&self) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("status".to_owned(), json!("error"));
        body.insert("message".to_owned(), json!(self.message));
        if !self.errors.is_empty() {
            body.insert("errors".to_owned(), json!(self.errors));
        }
        if let Some(category) = self.category {
            body.insert("category".to_owned(), json!(category));
        }
        if let Some(context) = &self.context {
            body.insert("context".to_owned(), context.clone());
        }
        body.extend(Map::clone(&self.more));
        body
    }
}

/// Marks an answer whose body still lacks its correlation id.
#[derive(Debug, Clone)]
pub(crate) struct NeedsCorrelationId(pub(crate) Map<String, Value>);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = self.body();
        let mut response = json::answer(self.status, &body);
        response.extensions_mut().insert(NeedsCorrelationId(body));
        response
    }
}

/// Writes the correlation id into the header and, of an error, into the body.
pub(crate) fn correlate(response: Response, id: &str) -> Response {
    let (mut parts, mut body) = response.into_parts();
    if let Some(NeedsCorrelationId(mut fields)) = parts.extensions.remove::<NeedsCorrelationId>() {
        fields.insert("correlationId".to_owned(), json!(id));
        let text = serde_json::to_vec(&fields).unwrap_or_default();
        parts.headers.remove(http::header::CONTENT_LENGTH);
        body = axum::body::Body::from(text);
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        parts.headers.insert("x-hubspot-correlation-id", value);
    }
    Response::from_parts(parts, body)
}

/// Paths HubSpot does not have.
pub(crate) async fn unknown_path() -> ApiError {
    ApiError::resource_not_found()
}

/// Methods a path does not have.
pub(crate) async fn unknown_method() -> ApiError {
    ApiError::bare(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
}
