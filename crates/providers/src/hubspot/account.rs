//! Whose token or key it is at HubSpot (HubSpot facts 1.8 and 8.3).

use super::{HubSpot, VERSION, errors};
use crate::connect::{Account, Connect, OAuth, account, unusable};
use crate::wire::{Call, Fault, Hosts, Reply, words};
use http::StatusCode;
use serde_json::Value;
use syncline_core::secret::Secret;

impl Connect for HubSpot {
    fn oauth(&self) -> Option<&'static dyn OAuth> {
        Some(&HubSpot)
    }

    /// HubSpot facts 6.1: one target for all accounts of an app.
    fn is_exclusive(&self) -> bool {
        true
    }

    /// HubSpot facts 1.8: `pat-{region}-…`, or a service key, of which no looks are known. So only what is begun like the
    /// first is held to it.
    fn look_at_key(&self, key: &Secret) -> Option<&'static str> {
        let cut_short =
            |rest: &str| rest.split_once('-').is_none_or(|(hub, id)| hub.is_empty() || id.is_empty());
        match key.expose().strip_prefix("pat-") {
            Some(rest) if cut_short(rest) => {
                Some("a private app's token goes on after `pat-`: copy all of it")
            }
            _ => unusable(key),
        }
    }

    fn identify(&self, hosts: &Hosts, token: &Secret) -> Call {
        Call::get(format!("{}/account-info/{VERSION}/details", hosts.api)).authorized("Bearer", token)
    }

    fn account(&self, reply: &Reply<'_>, token: &Secret) -> Result<Account, Fault> {
        if reply.status != StatusCode::OK {
            return Err(errors::fault(reply).without(token));
        }
        let details = reply.json().ok_or(Fault::Unreadable("not JSON"))?;
        let known = account(&details["portalId"], None).ok_or(Fault::Unreadable("no portalId in it"))?;
        Ok(Account { name: name(&known.id, &details), ..known })
    }
}

/// HubSpot tells no name of an account here, so people see what they see in their browser's address line: the portal's
/// number and where its pages are, and whether it is there for tests.
fn name(portal: &str, details: &Value) -> String {
    let kind = details["accountType"].as_str().filter(|kind| *kind != "STANDARD");
    let kind = kind.map(|kind| kind.to_lowercase().replace('_', " "));
    let more: Vec<&str> = details["uiDomain"].as_str().into_iter().chain(kind.as_deref()).collect();
    if more.is_empty() { portal.to_owned() } else { words(&format!("{portal} ({})", more.join(", "))) }
}
