//! Whose token it is at Airtable (Airtable facts 1 and 2).

use super::{Airtable, errors};
use crate::connect::{Account, Connect, OAuth, account, unusable};
use crate::wire::{Call, Fault, Hosts, Reply};
use http::StatusCode;
use syncline_core::secret::Secret;

impl Connect for Airtable {
    fn oauth(&self) -> Option<&'static dyn OAuth> {
        Some(&Airtable)
    }

    /// Airtable facts 1: `pat`, 14 characters, a dot, 64 more. The lengths are not insisted on; the dot is, since the part
    /// before it is what Airtable shows as the token's id ever after.
    fn look_at_key(&self, key: &Secret) -> Option<&'static str> {
        let rest = key.expose().strip_prefix("pat");
        match (unusable(key), rest.map(|rest| rest.split_once('.'))) {
            (Some(wrong), _) => Some(wrong),
            (None, None) => Some("a personal access token begins with `pat`"),
            (None, Some(Some((id, secret)))) if !id.is_empty() && !secret.is_empty() => None,
            (None, Some(_)) => Some("this is only the token's id; the token goes on after a dot"),
        }
    }

    fn identify(&self, hosts: &Hosts, token: &Secret) -> Call {
        Call::get(format!("{}/v0/meta/whoami", hosts.api)).authorized("Bearer", token)
    }

    /// A token belongs to a person, and sees the bases that the person let it see. The address is told to who has the scope
    /// `user.email:read`.
    fn account(&self, reply: &Reply<'_>, token: &Secret) -> Result<Account, Fault> {
        if reply.status != StatusCode::OK {
            return Err(errors::fault(reply).without(token));
        }
        let user = reply.json().ok_or(Fault::Unreadable("not JSON"))?;
        account(&user["id"], user["email"].as_str()).ok_or(Fault::Unreadable("no id in it"))
    }
}
