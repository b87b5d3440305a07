//! The words with which HubSpot refuses what is asked of records (HubSpot facts 3.3 to 3.6).

use super::super::error::ApiError;
use super::super::types::TypeId;
use super::settings::{DuplicateContact, NotFound, Settings};
use crate::house::clock::iso;
use http::StatusCode;
use serde_json::{Value, json};

/// A refusal, and the record that is in the way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refused {
    /// As the caller is told.
    pub(crate) error: Box<ApiError>,
    /// Who has the address or the value already.
    pub(crate) existing: Option<u64>,
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self { error: Box::new(error), existing: None }
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        *refused.error
    }
}

/// No record has this id.
pub(super) fn not_found(id: &str, settings: &Settings) -> ApiError {
    let numeric = id.parse::<u64>().is_ok();
    let word = match settings.not_found {
        NotFound::Bare if numeric => return ApiError::resource_not_found(),
        NotFound::Bare | NotFound::ObjectId => "objectId",
        NotFound::Id => "id",
    };
    // Two blanks: that is how it is written.
    let message = format!("Object not found.  {word} are usually numeric.");
    ApiError::new(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", message).context(json!({ "id": [id] }))
}

/// No type goes by this name.
pub(crate) fn unknown_type(text: &str, settings: &Settings) -> ApiError {
    ApiError::bare(status(settings.unknown_type_status), format!("Unable to infer object type from: {text}"))
}

/// Some of a batch's ids are nobody's: one row for all of them.
pub(super) fn missing(label: &str, ids: &[String]) -> Value {
    json!({
        "status": "error", "category": "OBJECT_NOT_FOUND",
        "message": format!(
            "Could not get some {label} objects, they may be deleted or not exist. Check that ids are valid."
        ),
        "context": { "ids": ids },
    })
}

/// An address that another contact has.
pub(super) fn contact_exists(existing: u64, email: &str, now: i64, settings: &Settings) -> Refused {
    let error = match settings.duplicate_contact {
        DuplicateContact::ExistingId => {
            let message = format!("Contact already exists. Existing ID: {existing}");
            ApiError::new(StatusCode::CONFLICT, "CONFLICT", message)
        }
        DuplicateContact::Spring2024 => contact_exists_in_2024(existing, email, now),
    };
    Refused { error: Box::new(error), existing: Some(existing) }
}

fn contact_exists_in_2024(existing: u64, email: &str, now: i64) -> ApiError {
    let mut error = ApiError::new(StatusCode::CONFLICT, "OBJECT_ALREADY_EXISTS", "Contact already exists");
    error.errors = vec![json!({ "message": "Contact already exists", "in": "email" })];
    error.more.insert("error".to_owned(), json!("CONTACT_EXISTS"));
    let identity = json!({ "value": email, "type": "EMAIL", "timestamp": now, "isPrimary": true });
    let profile = json!({ "vid": existing, "isNew": false, "identity": [identity] });
    error.more.insert("identityProfile".to_owned(), profile);
    error
}

/// A batch that is refused as a whole does not tell which record is in the way (HubSpot facts 3.3).
pub(super) fn without_existing_id(mut error: ApiError) -> ApiError {
    if let Some((said, _)) = error.message.split_once(". Existing ID:") {
        error.message = said.to_owned();
    }
    error
}

/// A unique value that another record has.
pub(super) fn value_taken(name: &str, value: &str, existing: u64, settings: &Settings) -> Refused {
    let status = status(settings.unique_value_taken_status);
    let category = if status == StatusCode::CONFLICT { "CONFLICT" } else { "VALIDATION_ERROR" };
    let message = format!("Cannot set {name}={value}. {existing} already has that value.");
    let detail = json!({
        "message": message, "code": "CONFLICTING_UNIQUE_VALUE", "context": { "propertyName": [name] },
    });
    let mut error = ApiError::new(status, category, message);
    error.errors = vec![detail];
    Refused { error: Box::new(error), existing: Some(existing) }
}

/// An address on the block list.
pub(super) fn blocked(settings: &Settings) -> ApiError {
    let message = &settings.gdpr.blocked_message;
    let list = json!([{ "isValid": false, "message": message, "error": "BLOCKED_EMAIL", "name": "email" }]);
    let mut error = ApiError::new(
        status(settings.gdpr.blocked_status),
        "VALIDATION_ERROR",
        format!("Property values were not valid: {list}"),
    );
    error.errors = vec![
        json!({ "message": message, "code": "BLOCKED_EMAIL", "context": { "propertyName": ["email"] } }),
    ];
    error
}

/// Values a record cannot do without.
pub(super) fn required(label: &str, names: &[&str]) -> ApiError {
    let mut error =
        ApiError::validation(format!("Error creating {label}. Some required properties were not set."));
    error.errors = vec![json!({
        "message": format!("Required properties: {}", names.join(", ")),
        "code": "REQUIRED_PROPERTY", "context": { "properties": names },
    })];
    error
}

/// A value that is not valid, in the shape all of them have (HubSpot facts 3.5).
pub(super) fn invalid_value(name: &str, code: &str, message: &str) -> ApiError {
    let list = json!([{ "isValid": false, "message": message, "error": code, "name": name }]);
    let mut error = ApiError::validation(format!("Property values were not valid: {list}"));
    error.errors = vec![json!({ "message": message, "code": code, "context": { "propertyName": [name] } })];
    error
}

/// Whether one of the findings has this code.
pub(super) fn has_code(error: &ApiError, code: &str) -> bool {
    error.errors.iter().any(|error| error["code"] == code)
}

/// The same input twice.
pub(super) fn duplicate_ids(ids: &[String]) -> ApiError {
    let message = format!("Duplicate IDs found in batch input: [{}]. IDs must be unique", ids.join(", "));
    ApiError::validation(message).context(json!({ "ids": ids }))
}

/// A merge that would be one too many.
pub(super) fn too_many_merges() -> ApiError {
    ApiError::bare(StatusCode::URI_TOO_LONG, "Cannot have more than 250 identities on a profile")
}

/// A path that is too long.
pub(super) fn url_too_long() -> ApiError {
    ApiError::bare(StatusCode::URI_TOO_LONG, "The requested URL is too long.")
}

/// Records of which the archive cannot be listed.
pub(super) fn no_archive(object_type: TypeId) -> ApiError {
    let name = object_type.plural().unwrap_or("these objects");
    ApiError::validation(format!("Listing archived {name} is not supported."))
}

/// Too old to be restored.
pub(super) fn too_old_to_restore(archived_at: i64) -> ApiError {
    ApiError::validation(format!("Archived on {}: only the last 90 days can be restored.", iso(archived_at)))
}

/// A status from the settings.
pub(super) fn status(number: u16) -> StatusCode {
    StatusCode::from_u16(number).unwrap_or(StatusCode::BAD_REQUEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_nobody_has_is_refused_as_the_settings_say() {
        let with = |not_found| Settings { not_found, ..Settings::default() };
        assert_eq!(not_found("5", &with(NotFound::Bare)).message, "resource not found");
        let other = not_found("5", &with(NotFound::ObjectId));
        assert_eq!(other.message, "Object not found.  objectId are usually numeric.");
        assert_eq!(other.context, Some(json!({ "id": ["5"] })));
        assert_eq!(not_found("5", &with(NotFound::Id)).message, "Object not found.  id are usually numeric.");
    }

    #[test]
    fn what_is_no_number_is_told_so_in_any_case() {
        let error = not_found("x", &Settings::default());
        assert_eq!(error.message, "Object not found.  objectId are usually numeric.");
        assert_eq!((error.status.as_u16(), error.category), (404, Some("OBJECT_NOT_FOUND")));
    }

    #[test]
    fn a_whole_batch_is_not_told_who_is_in_the_way() {
        let refused = contact_exists(7, "a@example.com", 0, &Settings::default());
        assert_eq!(without_existing_id(*refused.error).message, "Contact already exists");
    }
}
