//! Whose key it is at 10to8 (10to8 facts 1 and 3).

use super::{TenToEight, errors};
use crate::connect::{Account, Connect, OAuth, unusable};
use crate::wire::{Call, Fault, Hosts, Reply};
use http::StatusCode;
use serde_json::Value;
use syncline_core::secret::Secret;
use syncline_core::signature::{sha256, to_hex};

impl Connect for TenToEight {
    /// There are only keys (10to8 facts 1).
    fn oauth(&self) -> Option<&'static dyn OAuth> {
        None
    }

    /// Nothing is known of how keys look.
    fn look_at_key(&self, key: &Secret) -> Option<&'static str> {
        unusable(key)
    }

    /// No call is known that tells who one is, so the test of a key is the first customer (10to8 facts 3). The scheme is
    /// `token`, in lower case.
    fn identify(&self, hosts: &Hosts, token: &Secret) -> Call {
        let url = format!("{}/api/enterprise/v2/customer/?include_deleted=False&limit=1", hosts.api);
        Call::get(url).authorized("token", token)
    }

    /// A key belongs to one organisation, but nothing on the wire names that. So the account is known by its key, of
    /// which a few digits of the hash are no secret. The price: with another key the same organisation is another account.
    fn account(&self, reply: &Reply<'_>, token: &Secret) -> Result<Account, Fault> {
        if reply.status != StatusCode::OK {
            return Err(errors::fault(reply).without(token));
        }
        let page = reply.json().ok_or(Fault::Unreadable("not JSON"))?;
        match &page["results"] {
            Value::Array(_) | Value::Null if page.is_object() && page.get("results").is_some() => {}
            _ => return Err(Fault::Unreadable("no results in it")),
        }
        let hash = to_hex(&sha256(&[token.expose().as_bytes()]));
        let id = format!("key-{}", &hash[..12]);
        Ok(Account { name: id.clone(), id })
    }
}
