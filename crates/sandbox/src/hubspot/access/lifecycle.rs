//! Apps come to accounts and leave them: the journal's `APP_LIFECYCLE_EVENT` (HubSpot facts 1.7), and no webhook.

use super::Access;
use crate::hubspot::{Hubspot, journal};

/// More than this nobody asks for.
const KEPT: usize = 10_000;

/// An app came to an account, or left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lifecycle {
    /// Simulated milliseconds since 1970.
    pub(crate) at: i64,
    /// The app.
    pub(crate) app: u64,
    /// The account.
    pub(crate) portal: u64,
    /// It came; otherwise it left.
    pub(crate) installed: bool,
}

impl Access {
    /// Everything of this kind so far, oldest first.
    pub(crate) fn lifecycle(&self) -> Vec<Lifecycle> {
        self.lifecycle.lock().clone()
    }
}

/// Notes what happened. The one place that knows: whoever else is to be told is told here.
pub(super) fn tell(hubspot: &Hubspot, event: Lifecycle) {
    let tell = if event.installed { journal::app_installed } else { journal::app_uninstalled };
    tell(hubspot, event.app, event.portal);
    let mut known = hubspot.access.lifecycle.lock();
    if known.len() == KEPT {
        known.remove(0);
    }
    known.push(event);
}

/// Takes an app out of an account; false when it was not there.
pub(crate) fn uninstall(hubspot: &Hubspot, app: u64, portal: u64) -> bool {
    let settings = hubspot.settings.get();
    let gone = hubspot.access.grants.write().uninstall(app, portal, &settings.oauth);
    if gone {
        tell(hubspot, Lifecycle { at: hubspot.house.now(), app, portal, installed: false });
    }
    gone
}
