//! What a person does with records in HubSpot's own pages.

use super::super::Hubspot;
use super::super::associations;
use super::super::change::{Change, Source, What};
use super::super::error::ApiError;
use super::super::state::Portal;
use super::super::types::TypeId;
use super::write::{self, By, Rules};
use super::{auto, gdpr, merge};
use crate::house::EditError;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// An edit, as the control interface takes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    /// The account; the first one unless it is said.
    portal_id: Option<u64>,
    action: Action,
    /// The type's name or id.
    #[serde(default = "contacts")]
    object: String,
    id: Option<Value>,
    #[serde(default)]
    properties: Map<String, Value>,
    /// Of a merge: what is merged into `id`. Of an association: the other end.
    other_id: Option<Value>,
    /// Of an association: the other end's type.
    other_object: Option<String>,
    /// Who does it; the account's first user unless it is said.
    user: Option<u64>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Create,
    Update,
    Archive,
    Restore,
    Merge,
    GdprDelete,
    Associate,
}

fn contacts() -> String {
    "contacts".to_owned()
}

/// A user's edit of a record.
///
/// # Errors
/// When the account or the record is unknown, or HubSpot would refuse the values.
pub(crate) fn edit(hubspot: &Hubspot, edit: &Value) -> Result<Value, EditError> {
    let edit = Edit::deserialize(edit).map_err(|error| EditError::Invalid(error.to_string()))?;
    let first = hubspot.state.read().portals.keys().next().copied().unwrap_or_default();
    let portal = edit.portal_id.unwrap_or(first);
    let settings = hubspot.settings.get().objects.clone();
    let (mut contacts, mut erased) = (Vec::new(), None);
    let done = hubspot.write(portal, |account| {
        let by = By { at: hubspot.house.now(), source: person(account, edit.user)? };
        let object_type = type_of(account, &edit.object)?;
        let rules = Rules { settings: &settings, admin: false };
        let (id, mut changes) = act(account, object_type, &edit, &by, rules)?;
        if !settings.deal_merge_by_person_is_told {
            changes.retain(|change| !is_merge_of_deals(change));
        }
        contacts = auto::addressed(&settings, &changes);
        erased = matches!(edit.action, Action::GdprDelete).then_some((object_type, id));
        Ok((json!({ "id": id.to_string(), "object": object_type.to_string(), "portal_id": portal }), changes))
    });
    let done = done.map_err(refused)?;
    auto::later(hubspot, portal, contacts, &settings);
    if let Some((object_type, id)) = erased {
        gdpr::purge_later(hubspot, portal, object_type, id, &settings);
    }
    Ok(done)
}

/// In 2022, no event was seen for it (HubSpot facts 6.4).
fn is_merge_of_deals(change: &Change) -> bool {
    matches!(change.what, What::Merged { object_type: TypeId::DEAL, .. })
}

fn refused(error: ApiError) -> EditError {
    let words = error.message;
    if error.status == StatusCode::NOT_FOUND { EditError::NotFound(words) } else { EditError::Invalid(words) }
}

fn person(account: &Portal, user: Option<u64>) -> Result<Source, ApiError> {
    let known = account.users.iter().find(|known| user.is_none_or(|user| user == known.user_id));
    let unknown = || ApiError::bare(StatusCode::NOT_FOUND, "the account has no such user");
    known.map(|known| Source::person(known.user_id)).ok_or_else(unknown)
}

fn type_of(account: &Portal, name: &str) -> Result<TypeId, ApiError> {
    let unknown = || ApiError::bare(StatusCode::NOT_FOUND, format!("there is no object type {name}"));
    account.object_type(name).ok_or_else(unknown)
}

fn act(
    account: &mut Portal,
    object_type: TypeId,
    edit: &Edit,
    by: &By,
    rules: Rules<'_>,
) -> Result<(u64, Vec<Change>), ApiError> {
    let id = || number(edit.id.as_ref(), "id");
    let other = || number(edit.other_id.as_ref(), "other_id");
    match edit.action {
        Action::Create => Ok(write::create_by(account, object_type, (&edit.properties, &[]), by, rules)?),
        Action::Update => Ok(write::update_by(account, object_type, id()?, &edit.properties, by, rules)?),
        Action::Archive => {
            let id = id()?;
            account.objects.live(object_type, id).ok_or_else(|| no_record(id))?;
            Ok((id, write::archive(account, object_type, id, by)))
        }
        Action::Restore => {
            let id = id()?;
            Ok((id, write::restore(account, object_type, id, by, rules.settings)?))
        }
        Action::Merge => merge::merge(account, object_type, (id()?, other()?), by, rules.settings),
        Action::GdprDelete => {
            let id = id()?;
            account.objects.of(object_type).and_then(|all| all.get(id)).ok_or_else(|| no_record(id))?;
            Ok((id, gdpr::erase(account, object_type, id, by, rules.settings)))
        }
        Action::Associate => {
            let (id, other) = (id()?, other()?);
            let to = type_of(account, edit.other_object.as_deref().unwrap_or("companies"))?;
            account.objects.live(object_type, id).ok_or_else(|| no_record(id))?;
            account.objects.live(to, other).ok_or_else(|| no_record(other))?;
            Ok((id, associations::link(account, (object_type, id), (to, other), &[], by)?))
        }
    }
}

fn no_record(id: u64) -> ApiError {
    ApiError::bare(StatusCode::NOT_FOUND, format!("there is no record {id}"))
}

fn number(value: Option<&Value>, name: &str) -> Result<u64, ApiError> {
    let number = match value {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| ApiError::validation(format!("{name} must be a record's id")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_merges_of_deals_may_go_untold() {
        let by = Source::person(42);
        let change = |what| Change { at: 0, source: by.clone(), what };
        let merged = |object_type| {
            change(What::Merged { object_type, primary: 1, merged: vec![2], new: 3, properties_moved: 0 })
        };
        assert!(is_merge_of_deals(&merged(TypeId::DEAL)));
        assert!(!is_merge_of_deals(&merged(TypeId::CONTACT)));
        assert!(!is_merge_of_deals(&change(What::Deleted { object_type: TypeId::DEAL, id: 1 })));
    }
}
