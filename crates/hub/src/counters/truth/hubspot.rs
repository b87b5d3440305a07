//! HubSpot as the source: how many records one is associated with, how many a search finds.

use super::{Asker, missing};
use crate::counters::ask::{Stopped, ask};
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::counters::reconcile::Known;
use syncline_core::counters::truth::filters_of;
use syncline_providers::hubspot::counters::{
    ASSOCIATIONS, Associated, Shown, associated, associations as asked, search, total,
};
use syncline_providers::load::At;

/// Pages of one record's associations, at most: a million.
const MOST_PAGES: u32 = 2_000;

/// Counts associations, a thousand records at a time and page after page where they have many.
pub(super) async fn associations(
    asker: &Asker<'_>,
    (to, of): (&str, Option<u32>),
    shown: &[Option<Shown>],
    calls: &mut u64,
) -> Result<Vec<Known>, Stopped> {
    let types = (asker.definition.object_type.as_str(), to);
    let ids: BTreeSet<&str> = shown.iter().flatten().map(|shown| shown.id.as_str()).collect();
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    let mut open: Vec<(String, Option<String>)> = ids.into_iter().map(|id| (id.to_owned(), None)).collect();
    for _ in 0..MOST_PAGES {
        let mut next = Vec::new();
        for piece in open.chunks(ASSOCIATIONS) {
            let inputs: Vec<(&str, Option<&str>)> =
                piece.iter().map(|(id, after)| (id.as_str(), after.as_deref())).collect();
            let build = |at: &At<'_>| asked(at, types, &inputs);
            let (found, _) =
                ask(asker.line, asker.hold, calls, build, |reply| associated(&inputs, of, reply)).await?;
            for ((id, _), found) in piece.iter().zip(found) {
                let Some(Associated { count, after }) = found else {
                    counts.remove(id);
                    continue;
                };
                *counts.entry(id.clone()).or_default() += count;
                next.extend(after.map(|after| (id.clone(), Some(after))));
            }
        }
        open = next;
        if open.is_empty() {
            break;
        }
    }
    // What was not read to its end is not known.
    for (id, _) in open {
        counts.remove(&id);
    }
    let one = |shown: &Option<Shown>| match shown {
        None => missing("HubSpot has no such record, so it is associated with nothing that could be counted"),
        Some(shown) => match counts.get(&shown.id) {
            Some(count) => Known::Is(*count),
            None => missing("HubSpot did not say what the record is associated with"),
        },
    };
    Ok(shown.iter().map(one).collect())
}

/// Counts what searches find, one for each counter: that is what HubSpot's search can do.
pub(super) async fn searches(
    asker: &Asker<'_>,
    (object_type, filter_groups): (&str, &serde_json::Value),
    keys: &[&str],
    calls: &mut u64,
) -> Result<Vec<Known>, Stopped> {
    let mut all = Vec::with_capacity(keys.len());
    for key in keys {
        let filters = filters_of(filter_groups, key);
        let build = |at: &At<'_>| search(at, object_type, &filters);
        let (found, _) = ask(asker.line, asker.hold, calls, build, total).await?;
        all.push(Known::Is(found));
    }
    Ok(all)
}
