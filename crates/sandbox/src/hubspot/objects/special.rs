//! The endpoints of merging and erasing (HubSpot facts 3.1, 3.6).

use super::super::error::ApiError;
use super::super::types::TypeId;
use super::call::Call;
use super::show::{Look, Wanted};
use super::{body, gdpr, merge};
use crate::house::json::{answer, empty};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;

/// Types with a specification of their own; the generic one lacks both endpoints.
const OWN: [TypeId; 3] = [TypeId::CONTACT, TypeId::COMPANY, TypeId::DEAL];

fn has_endpoint(call: &Call) -> Result<(), ApiError> {
    let has = call.settings().merge_and_erase_all_types || OWN.contains(&call.object_type);
    if has { Ok(()) } else { Err(ApiError::resource_not_found()) }
}

/// `POST /{type}/merge`
pub(super) async fn merge(call: Call, bytes: Bytes) -> Result<Response, ApiError> {
    has_endpoint(&call)?;
    call.writes()?;
    let body = body::object(&bytes)?;
    let primary = body::required_text(&body, "primaryObjectId")?;
    let other = body::required_text(&body, "objectIdToMerge")?;
    let shown = call.change(|account, by, rules| {
        let id = |text: &str| text.parse::<u64>().map_err(|_| call.not_found(text));
        let both = (id(&primary)?, id(&other)?);
        let (new, changes) = merge::merge(account, call.object_type, both, by, rules.settings)?;
        let view = account.objects.live(call.object_type, new).ok_or_else(ApiError::resource_not_found)?;
        Ok((Look::new(account, call.object_type, &Wanted::default()).show(view), changes))
    })?;
    Ok(answer(StatusCode::OK, &shown))
}

/// `POST /{type}/gdpr-delete`
pub(super) async fn gdpr_delete(call: Call, bytes: Bytes) -> Result<Response, ApiError> {
    has_endpoint(&call)?;
    call.writes()?;
    let body = body::object(&bytes)?;
    let object_id = body::required_text(&body, "objectId")?;
    let id_property = body::text(&body, "idProperty")?;
    let erased = call.change(|account, by, rules| {
        let id = call.locate(account, &object_id, id_property.as_deref(), false)?;
        let there = |id: &u64| account.objects.of(call.object_type).is_some_and(|all| all.get(*id).is_some());
        match id.filter(there) {
            Some(id) => Ok((Some(id), gdpr::erase(account, call.object_type, id, by, rules.settings))),
            None if id_property.as_deref() == Some("email") => {
                gdpr::block(account, &object_id);
                Ok((None, Vec::new()))
            }
            None if call.settings().gdpr.unknown_id_is_refused => Err(call.not_found(&object_id)),
            None => Ok((None, Vec::new())),
        }
    })?;
    if let Some(id) = erased {
        gdpr::purge_later(&call.hubspot, call.caller.portal, call.object_type, id, call.settings());
    }
    Ok(empty(StatusCode::NO_CONTENT))
}
