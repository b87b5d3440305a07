//! Merging: two records become a third with an id of its own, which both old ids mean from then on (HubSpot facts 3.6).

use super::super::associations;
use super::super::change::{Change, What};
use super::super::error::ApiError;
use super::super::state::Portal;
use super::super::types::TypeId;
use super::index::{email_key, emails};
use super::record::Record;
use super::refusals;
use super::settings::Settings;
use super::store::View;
use super::write::{By, change};

/// How many merges may lie behind one record.
const MOST: usize = 250;
/// Ids of all records that went into one, `;` between them.
const IDS: &str = "hs_merged_object_ids";
/// Of contacts: the same ids, each with its moment.
const VIDS: &str = "hs_calculated_merged_vids";

/// What a merged record carries besides its values.
#[derive(Debug, PartialEq, Eq)]
struct Trail {
    ids: String,
    vids: String,
    additional_emails: String,
}

/// Merges `other` into `primary`; returns the new id.
///
/// # Errors
/// When one is not there, both are the same, or it would be one merge too many.
pub(super) fn merge(
    portal: &mut Portal,
    object_type: TypeId,
    (primary, other): (u64, u64),
    by: &By,
    settings: &Settings,
) -> Result<(u64, Vec<Change>), ApiError> {
    if primary == other {
        return Err(ApiError::validation("A record cannot be merged with itself."));
    }
    let find = |id: u64| {
        let view = portal.objects.live(object_type, id);
        view.ok_or_else(|| refusals::not_found(&id.to_string(), settings))
    };
    let (first, second) = (find(primary)?, find(other)?);
    // Every merge adds two ids.
    let merges = |view: View<'_>| ids(view).split(';').filter(|id| !id.is_empty()).count() / 2;
    if merges(first) + merges(second) + 1 > MOST {
        return Err(refusals::too_many_merges());
    }
    let trail = trail(first, second, by.at);
    let records = portal.objects.of_mut(object_type);
    let write = records.note_write(by.at, &by.source);
    let (Some(kept), Some(gone)) = (records.remove(primary), records.remove(other)) else {
        return Err(ApiError::resource_not_found());
    };
    let (record, properties_moved) = Record::merged(&kept, &gone, by.at, write);
    let new = records.take_id();
    records.insert(new, record);
    records.set(new, IDS, &trail.ids, write);
    if object_type == TypeId::CONTACT {
        records.set(new, VIDS, &trail.vids, write);
        records.set(new, "hs_additional_emails", &trail.additional_emails, write);
    }
    records.note_merged(primary, new);
    records.note_merged(other, new);
    let merged = What::Merged { object_type, primary, merged: vec![other], new, properties_moved };
    let mut changes = vec![change(by, merged)];
    changes.extend(associations::merged(portal, object_type, primary, other, new, by));
    Ok((new, changes))
}

fn ids(view: View<'_>) -> String {
    view.named(IDS).unwrap_or_default().into_owned()
}

fn trail(primary: View<'_>, other: View<'_>, at: i64) -> Trail {
    let both = [primary, other];
    let texts = |name: &str| both.map(|view| view.named(name).unwrap_or_default().into_owned());
    let own = both.map(|view| view.id.to_string());
    let stamped = both.map(|view| format!("{}:{at}", view.id));
    let addresses = texts("email");
    let first = addresses.iter().find(|address| !address.is_empty()).cloned().unwrap_or_default();
    Trail {
        ids: joined(texts(IDS).iter().chain(&own)),
        vids: joined(texts(VIDS).iter().chain(&stamped)),
        additional_emails: additional(&first, texts("hs_additional_emails").iter().chain(&addresses)),
    }
}

fn joined<'a>(lists: impl Iterator<Item = &'a String>) -> String {
    lists.filter(|list| !list.is_empty()).map(String::as_str).collect::<Vec<_>>().join(";")
}

/// Every address of both but the one that is the primary one now.
fn additional<'a>(primary: &str, lists: impl Iterator<Item = &'a String>) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for email in lists.flat_map(|list| emails(list)) {
        let known = |kept: &&str| email_key(kept) == email_key(email);
        if email_key(primary) != email_key(email) && !kept.iter().any(known) {
            kept.push(email);
        }
    }
    kept.join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_stay_and_the_primary_is_not_said_twice() {
        let lists = ["b@example.com;A@example.com", "", "c@example.com", "B@example.com"].map(str::to_owned);
        assert_eq!(additional("a@example.com", lists.iter()), "b@example.com;c@example.com");
    }

    #[test]
    fn lists_are_joined_without_gaps() {
        let lists = ["1;2", "", "3"].map(str::to_owned);
        assert_eq!(joined(lists.iter()), "1;2;3");
    }
}
