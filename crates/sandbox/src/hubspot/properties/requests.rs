//! Reading requests: paths with or without a date version, queries, JSON bodies, and who may do what to which type
//! (HubSpot facts 3, 10, 1.5). Search and associations read theirs here too.

use crate::hubspot::Hubspot;
use crate::hubspot::access::Caller;
use crate::hubspot::error::ApiError;
use crate::hubspot::state::Portal;
use crate::hubspot::types::TypeId;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::routing::MethodRouter;
use axum::{Router, extract::rejection::RawPathParamsRejection};
use http::StatusCode;
use http::request::Parts;
use serde_json::{Map, Value};
use std::sync::Arc;

/// What a request's path and query name.
#[derive(Debug, Clone, Default)]
pub(crate) struct At {
    path: Vec<(String, String)>,
    query: Vec<(String, String)>,
}

impl At {
    /// A part of the path; empty when the route has none of this name.
    pub(crate) fn part(&self, name: &str) -> &str {
        self.path.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The version's date; none on v3 and v4.
    pub(crate) fn date(&self) -> Option<&str> {
        Some(self.part("date")).filter(|date| !date.is_empty())
    }

    /// The last of a query parameter.
    pub(crate) fn asked(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A query parameter that may come several times, with commas or without.
    pub(crate) fn listed(&self, name: &str) -> Vec<&str> {
        let all = self.query.iter().filter(|(known, _)| known == name);
        all.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|value| !value.is_empty()).collect()
    }

    /// A query parameter that is true or false, in any case.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.asked(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

impl FromRequestParts<Arc<Hubspot>> for At {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, hubspot: &Arc<Hubspot>) -> Result<Self, ApiError> {
        let params: Result<RawPathParams, RawPathParamsRejection> =
            RawPathParams::from_request_parts(parts, hubspot).await;
        let params = params.map_err(|_| ApiError::resource_not_found())?;
        let path: Vec<_> = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let at = Self { path, query: query.into_owned().collect() };
        let settings = hubspot.settings.get();
        match at.date() {
            Some(date) if !settings.objects.versions.iter().any(|known| known == date) => {
                Err(ApiError::resource_not_found())
            }
            _ => Ok(at),
        }
    }
}

/// Serves the same below two paths: the numbered version's and the dated one's.
pub(crate) fn both(
    router: Router<Arc<Hubspot>>,
    [numbered, dated]: [&str; 2],
    tail: &str,
    methods: &MethodRouter<Arc<Hubspot>>,
) -> Router<Arc<Hubspot>> {
    router
        .route(&format!("{numbered}{tail}"), methods.clone())
        .route(&format!("{dated}{tail}"), methods.clone())
}

/// A JSON object as the body.
///
/// # Errors
/// 400 when it is none.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line().max(1), error.column().max(1));
        ApiError::validation(format!(
            "Invalid input JSON on line {line}, column {column}: {}",
            reason(body, &error)
        ))
    })
}

fn reason(body: &[u8], error: &serde_json::Error) -> String {
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Array(_)) => {
            wrong_type("java.util.LinkedHashMap", "Array value (token `JsonToken.START_ARRAY`)")
        }
        Ok(_) => wrong_type("java.util.LinkedHashMap", "a scalar value"),
        Err(_) if body.is_empty() => "No content to map due to end-of-input".to_owned(),
        Err(_) => format!("Unexpected input ({error})"),
    }
}

/// HubSpot's words for JSON of a wrong type.
pub(crate) fn wrong_type(wanted: &str, from: &str) -> String {
    format!("Cannot deserialize value of type `{wanted}` from {from}")
}

/// 400 for JSON of a wrong type.
pub(crate) fn mistyped(wanted: &str, value: &Value) -> ApiError {
    let from = match value {
        Value::Null => "null value".to_owned(),
        Value::Bool(_) => "Boolean value".to_owned(),
        Value::Number(number) => format!("Number value ({number})"),
        Value::String(text) => format!("String \"{text}\": not a valid value"),
        Value::Array(_) => "Array value (token `JsonToken.START_ARRAY`)".to_owned(),
        Value::Object(_) => "Object value (token `JsonToken.START_OBJECT`)".to_owned(),
    };
    ApiError::validation(format!("Invalid input JSON on line 1, column 1: {}", wrong_type(wanted, &from)))
}

/// 400 for required fields that are not there.
pub(crate) fn not_set(names: &[&str]) -> ApiError {
    ApiError::validation(format!(
        "Invalid input JSON on line 1, column 1: Some required fields were not set: [{}]",
        names.join(", ")
    ))
}

/// The `inputs` of a batch, each an object.
///
/// # Errors
/// 400 when they are not a list of objects, or more than `most`.
pub(crate) fn inputs(body: &Map<String, Value>, most: usize) -> Result<Vec<&Map<String, Value>>, ApiError> {
    let list = match body.get("inputs") {
        None | Some(Value::Null) => return Err(not_set(&["inputs"])),
        Some(Value::Array(list)) => list,
        Some(other) => return Err(mistyped("java.util.ArrayList", other)),
    };
    if list.len() > most {
        return Err(ApiError::validation(format!("The maximum number of inputs per batch is {most}")));
    }
    list.iter().map(|input| input.as_object().ok_or_else(|| mistyped("BatchInput", input))).collect()
}

/// The type a path means.
///
/// # Errors
/// What HubSpot says of a type it does not know; the status is a setting of records.
pub(crate) fn object_type(hubspot: &Hubspot, portal: &Portal, text: &str) -> Result<TypeId, ApiError> {
    portal.object_type(text).ok_or_else(|| {
        let status = hubspot.settings.get().objects.unknown_type_status;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        ApiError::bare(status, format!("Unable to infer object type from: {text}"))
    })
}

/// Lets the caller go on when it may `verb` (`read`, `write`) records of the type.
///
/// # Errors
/// 403 `MISSING_SCOPES`.
pub(crate) fn needs_objects(caller: &Caller, object_type: TypeId, verb: &str) -> Result<(), ApiError> {
    needs(caller, &object_scopes(object_type, verb))
}

/// Lets the caller go on when it may `verb` definitions of the type.
///
/// # Errors
/// 403 `MISSING_SCOPES`.
pub(crate) fn needs_schemas(
    caller: &Caller,
    object_type: TypeId,
    verb: &str,
    objects_too: bool,
) -> Result<(), ApiError> {
    let mut scopes = vec![format!("crm.schemas.{}.{verb}", family(object_type))];
    if objects_too || object_type == TypeId::TICKET {
        scopes.extend(object_scopes(object_type, verb));
    }
    needs(caller, &scopes)
}

fn needs(caller: &Caller, scopes: &[String]) -> Result<(), ApiError> {
    caller.needs_one_of(&scopes.iter().map(String::as_str).collect::<Vec<_>>())
}

fn object_scopes(object_type: TypeId, verb: &str) -> Vec<String> {
    let scope = format!("crm.objects.{}.{verb}", family(object_type));
    if object_type == TypeId::TICKET { vec!["tickets".to_owned(), scope] } else { vec![scope] }
}

/// What scopes call a type. Engagements go with contacts.
fn family(object_type: TypeId) -> &'static str {
    match object_type.plural() {
        None => "custom",
        Some("tasks" | "notes" | "meetings" | "calls" | "emails") => "contacts",
        Some(plural) => plural,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_must_be_an_object() {
        assert!(object(b"{}").is_ok());
        for (body, said) in [
            ("", "No content to map due to end-of-input"),
            ("[]", "Cannot deserialize value of type"),
            ("{\"a\":", "line 1, column 5"),
        ] {
            let refused = object(body.as_bytes()).expect_err("no object");
            assert!(refused.message.contains(said), "{}", refused.message);
            assert_eq!(refused.status.as_u16(), 400);
        }
    }

    #[test]
    fn scopes_are_named_after_the_type() {
        assert_eq!(object_scopes(TypeId::CONTACT, "read"), ["crm.objects.contacts.read"]);
        assert_eq!(object_scopes(TypeId::TICKET, "read"), ["tickets", "crm.objects.tickets.read"]);
        assert_eq!(family(TypeId { space: 2, number: 7 }), "custom");
        assert_eq!(TypeId::named("note").map(family), Some("contacts"));
    }
}
