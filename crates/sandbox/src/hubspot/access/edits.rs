//! Edits that are about installs and tokens: what an account's admin does with a mouse, and what time or HubSpot does to a
//! grant. `{"action": "uninstall", "portal_id": 62515}` and the like.

use super::grants::Whose;
use super::lifecycle;
use crate::house::EditError;
use crate::house::clock::iso;
use crate::hubspot::Hubspot;
use serde::Deserialize;
use serde_json::{Value, json};

/// One of them.
#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
enum Edit {
    /// An admin takes an app out of an account; without an app, every one.
    Uninstall { portal_id: u64, app_id: Option<u64> },
    /// The time of these access tokens is over.
    ExpireTokens { portal_id: Option<u64>, app_id: Option<u64> },
    /// These tokens, of both kinds, are withdrawn; the app stays installed.
    RevokeTokens { portal_id: Option<u64>, app_id: Option<u64> },
    /// The account moves to another data centre, which takes so many seconds: its API answers 477 meanwhile.
    MoveDataCenter { portal_id: u64, seconds: Option<u64>, hublet: Option<String> },
    /// The account's private app gets another token; the former one is refused.
    RotatePrivateAppToken { portal_id: u64 },
    /// A user may install apps, or may not any more.
    SetSuperAdmin { portal_id: u64, user_id: u64, super_admin: bool },
    /// A user leaves the account, and is an archived owner from then on.
    DeactivateUser { portal_id: u64, user_id: u64 },
}

const ACTIONS: [&str; 7] = [
    "uninstall",
    "expire_tokens",
    "revoke_tokens",
    "move_data_center",
    "rotate_private_app_token",
    "set_super_admin",
    "deactivate_user",
];

/// Where accounts can live (HubSpot facts 8.3).
const HUBLETS: [&str; 5] = ["na1", "na2", "na3", "eu1", "ap1"];

/// The longest a move takes, in seconds (HubSpot facts 9).
const LONGEST_MOVE: u64 = 86_400;

/// Does what `edit` says; none when it is not about installs and tokens.
pub(crate) fn edit(hubspot: &Hubspot, edit: &Value) -> Option<Result<Value, EditError>> {
    let action = edit.get("action")?.as_str()?;
    if !ACTIONS.contains(&action) {
        return None;
    }
    Some(match Edit::deserialize(edit) {
        Ok(edit) => act(hubspot, &edit),
        Err(error) => Err(EditError::Invalid(error.to_string())),
    })
}

fn act(hubspot: &Hubspot, edit: &Edit) -> Result<Value, EditError> {
    let now = hubspot.house.now();
    match *edit {
        Edit::Uninstall { portal_id, app_id } => uninstall(hubspot, portal_id, app_id),
        Edit::ExpireTokens { portal_id, app_id } => {
            let expired = hubspot.access.grants.write().expire(meant(portal_id, app_id), now);
            Ok(json!({ "expired": expired }))
        }
        Edit::RevokeTokens { portal_id, app_id } => {
            let revoked = hubspot.access.grants.write().revoke(meant(portal_id, app_id));
            Ok(json!({ "revoked": revoked }))
        }
        Edit::MoveDataCenter { portal_id, seconds, ref hublet } => {
            move_data_center(hubspot, portal_id, seconds.unwrap_or(3600), hublet.as_deref())
        }
        Edit::RotatePrivateAppToken { portal_id } => rotate(hubspot, portal_id),
        Edit::SetSuperAdmin { portal_id, user_id, super_admin } => {
            user(hubspot, portal_id, user_id, |user| user.super_admin = super_admin)
        }
        Edit::DeactivateUser { portal_id, user_id } => {
            user(hubspot, portal_id, user_id, |user| user.archived = true)
        }
    }
}

/// Whether a token is of this account and this app, where they are named.
fn meant(portal: Option<u64>, app: Option<u64>) -> impl Fn(&Whose) -> bool {
    move |whose| {
        portal.is_none_or(|portal| whose.portal() == Some(portal)) && app.is_none_or(|app| whose.app() == app)
    }
}

fn known(hubspot: &Hubspot, portal: u64) -> Result<(), EditError> {
    if hubspot.state.read().portals.contains_key(&portal) { Ok(()) } else { Err(no_account(portal)) }
}

fn no_account(portal: u64) -> EditError {
    EditError::NotFound(format!("HubSpot has no account {portal}"))
}

fn uninstall(hubspot: &Hubspot, portal: u64, app: Option<u64>) -> Result<Value, EditError> {
    known(hubspot, portal)?;
    let apps: Vec<u64> = {
        let grants = hubspot.access.grants.read();
        let here = grants
            .installs()
            .filter(|(known, place, _)| *place == portal && app.is_none_or(|app| app == *known));
        here.map(|(app, ..)| app).collect()
    };
    if apps.is_empty() {
        return Err(EditError::NotFound(format!("there is no such app in account {portal}")));
    }
    for app in &apps {
        lifecycle::uninstall(hubspot, *app, portal);
    }
    Ok(json!({ "uninstalled": apps }))
}

fn move_data_center(
    hubspot: &Hubspot,
    portal: u64,
    seconds: u64,
    hublet: Option<&str>,
) -> Result<Value, EditError> {
    if seconds > LONGEST_MOVE {
        return Err(EditError::Invalid(format!("a move takes at most {LONGEST_MOVE} seconds")));
    }
    let known = |name: &str| {
        let known = HUBLETS.iter().find(|known| **known == name);
        known.ok_or_else(|| EditError::Invalid(format!("hublets are {}", HUBLETS.join(", "))))
    };
    let hublet = hublet.map(known).transpose()?;
    let until = hubspot.house.now() + i64::try_from(seconds * 1000).unwrap_or_default();
    {
        let mut state = hubspot.state.write();
        let account = state.portals.get_mut(&portal).ok_or_else(|| no_account(portal))?;
        account.hublet = hublet.copied().unwrap_or(account.hublet);
    }
    hubspot.access.grants.write().move_until(portal, until);
    Ok(json!({ "moving_until": iso(until) }))
}

fn rotate(hubspot: &Hubspot, portal: u64) -> Result<Value, EditError> {
    known(hubspot, portal)?;
    let uuid = hubspot.access.grants.write().dice().uuid();
    let mut state = hubspot.state.write();
    let account = state.portals.get_mut(&portal).ok_or_else(|| no_account(portal))?;
    account.private_app_token = format!("pat-{}-{uuid}", account.hublet);
    Ok(json!({ "private_app_token": account.private_app_token }))
}

fn user(
    hubspot: &Hubspot,
    portal: u64,
    id: u64,
    change: impl FnOnce(&mut crate::hubspot::state::User),
) -> Result<Value, EditError> {
    let mut state = hubspot.state.write();
    let account = state.portals.get_mut(&portal).ok_or_else(|| no_account(portal))?;
    let user = account
        .users
        .iter_mut()
        .find(|user| user.user_id == id)
        .ok_or_else(|| EditError::NotFound(format!("account {portal} has no user {id}")))?;
    change(user);
    Ok(json!({ "user_id": user.user_id, "super_admin": user.super_admin, "archived": user.archived }))
}
