//! Erasing for good, and the block list (HubSpot facts 3.6).

use super::super::Hubspot;
use super::super::associations;
use super::super::change::{Change, What};
use super::super::state::Portal;
use super::super::types::TypeId;
use super::index::email_key;
use super::settings::Settings;
use super::write::{By, change};

/// Erases a record, archived or not. Where erasing takes its time, the record waits for it in the archive.
pub(super) fn erase(
    portal: &mut Portal,
    object_type: TypeId,
    id: u64,
    by: &By,
    settings: &Settings,
) -> Vec<Change> {
    let was_live = portal.objects.live(object_type, id).is_some();
    let records = portal.objects.of_mut(object_type);
    if records.get(id).is_none() {
        return Vec::new();
    }
    if settings.gdpr.purge_after_ms > 0 {
        records.set_archived(id, Some(by.at));
    } else {
        records.remove(id);
    }
    let mut changes = Vec::new();
    // Only contacts have an event of their own for it (HubSpot facts 6.2).
    if object_type == TypeId::CONTACT {
        changes.push(change(by, What::PrivacyDeleted { object_type, id }));
    }
    if was_live {
        changes.push(change(by, What::Deleted { object_type, id }));
    }
    changes.extend(associations::gone(portal, (object_type, id), by));
    changes
}

/// An address that nobody has can never be used from now on.
pub(super) fn block(portal: &mut Portal, email: &str) {
    portal.objects.of_mut(TypeId::CONTACT).blocked.insert(email_key(email));
}

/// Takes an erased record out of the archive when its time is over.
pub(super) fn purge_later(hubspot: &Hubspot, portal: u64, object_type: TypeId, id: u64, settings: &Settings) {
    let Some(me) = hubspot.me().filter(|_| settings.gdpr.purge_after_ms > 0) else { return };
    let due = hubspot.house.now() + settings.gdpr.purge_after_ms;
    hubspot.house.schedule.at(due, async move {
        // An account that is gone by then has nothing to purge.
        let _ = me.write(portal, |account| {
            let records = account.objects.of_mut(object_type);
            if records.get(id).is_some_and(|view| view.record.archived_at.is_some()) {
                records.remove(id);
            }
            Ok(((), Vec::new()))
        });
    });
}
