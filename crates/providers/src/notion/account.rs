//! Whose token it is at Notion (Notion facts 2).

use super::{Notion, errors, versioned};
use crate::connect::{Account, Connect, OAuth, account, unusable};
use crate::wire::{Call, Fault, Hosts, Reply};
use http::StatusCode;
use syncline_core::secret::Secret;

impl Connect for Notion {
    fn oauth(&self) -> Option<&'static dyn OAuth> {
        Some(&Notion)
    }

    /// Notion facts 2: `ntn_…`, `secret_…` before; but its tokens are to be taken as they come, so anything may be one.
    fn look_at_key(&self, key: &Secret) -> Option<&'static str> {
        unusable(key)
    }

    fn identify(&self, hosts: &Hosts, token: &Secret) -> Call {
        versioned(Call::get(format!("{}/v1/users/me", hosts.api)).authorized("Bearer", token))
    }

    /// The workspace of the bot that a token belongs to; webhooks name the same id.
    fn account(&self, reply: &Reply<'_>, token: &Secret) -> Result<Account, Fault> {
        if reply.status != StatusCode::OK {
            return Err(errors::fault(reply).without(token));
        }
        let user = reply.json().ok_or(Fault::Unreadable("not JSON"))?;
        let bot = &user["bot"];
        account(&bot["workspace_id"], bot["workspace_name"].as_str())
            .ok_or(Fault::Unreadable("no bot with a workspace_id in it"))
    }
}
