//! Loading from HubSpot: limits, lanes, and which walk a lane takes (HubSpot facts 2 and 3).

use super::kind::{Kind, USUAL};
use super::walk::Along;
use super::{HubSpot, change, read};
use crate::connect::Credential;
use crate::load::{At, Change, Counts, Found, From, Lane, Limit, Load, Walk, Wish};
use crate::wire::{Call, Fault, Reply};
use serde_json::{Value, json};
use std::time::Duration;

const fn burst(calls: u32) -> Limit {
    let span = Duration::from_secs(10);
    Limit { name: "burst", counts: Counts::Calls, per_part: false, calls, span, penalty: span }
}

/// Facts 2: searches are exempt from the limit of ten seconds, and have this one.
const SEARCH: Limit = {
    let span = Duration::from_secs(1);
    Limit { name: "search", counts: Counts::Searches, per_part: false, calls: 5, span, penalty: span }
};

/// Facts 2: of an OAuth app every account has its own.
static OAUTH: [Limit; 2] = [burst(110), SEARCH];

/// Facts 2: of an account without a paid plan. Which plan an account has no call tells.
static KEY: [Limit; 2] = [burst(100), SEARCH];

/// The value of `archived` in a lane's detail: archived records are read in every run. The hub may write [`FULL`] there for
/// accounts whose webhooks tell of deletions.
const ALWAYS: &str = "always";

/// Archived records are read in full runs only.
const FULL: &str = "full";

/// HubSpot has no list of the archived ones.
const NEVER: &str = "never";

impl Load for HubSpot {
    fn limits(&self, credential: Credential) -> &'static [Limit] {
        match credential {
            Credential::OAuth => &OAUTH,
            Credential::Key => &KEY,
        }
    }

    fn lanes(&self, wish: &Wish) -> Vec<Lane> {
        let usual = USUAL.map(str::to_owned);
        let types = if wish.types.is_empty() { &usual[..] } else { &wish.types };
        let mut lanes: Vec<Lane> = Vec::new();
        for kind in types.iter().map(|name| Kind::of(name)) {
            if !lanes.iter().any(|lane| lane.object_type == kind.object_type) {
                lanes.push(lane(&kind));
            }
        }
        lanes
    }

    fn knows_changes(&self, _lane: &Lane) -> bool {
        true
    }

    /// Search shows a change "a few moments" late; 30 seconds were seen, and within the last while results are out of order
    /// (facts 3.4). Ten times that is read again every time. One production reader elsewhere distrusts a whole hour: what
    /// comes later than five minutes is brought by webhooks and by the next full run.
    fn overlap(&self) -> Duration {
        Duration::from_secs(5 * 60)
    }

    /// Archived records are in no search and in no order of time (facts 3.4), so a run for changes reads their whole list,
    /// which holds ninety days: unless the lane's detail has `"archived": "full"`. Besides that, webhooks tell of deletions
    /// at once, and what is erased for good stands in no list and is missing from the next full run.
    fn walk(
        &self,
        lane: &Lane,
        wish: &Wish,
        from: From,
        saved: Option<&Value>,
    ) -> Result<Box<dyn Walk>, Fault> {
        let kind = Kind::of(&lane.object_type);
        let archived_too = kind.lists_archived()
            && match lane.detail["archived"].as_str() {
                Some(NEVER) => false,
                Some(FULL) => from == From::Start,
                _ => true,
            };
        let properties = properties(&kind, wish);
        let walk = Along::new(kind, properties, from, archived_too);
        let walk = match saved {
            Some(saved) => walk.resume(saved)?,
            None => walk,
        };
        Ok(Box::new(walk))
    }

    fn read_batch(&self) -> usize {
        read::BATCH
    }

    fn read(&self, at: &At<'_>, wish: &Wish, object_type: &str, _collection: &str, ids: &[String]) -> Call {
        let kind = Kind::of(object_type);
        read::call(at, &kind, &properties(&kind, wish), ids, false)
    }

    fn read_back(
        &self,
        _at: &At<'_>,
        object_type: &str,
        _collection: &str,
        ids: &[String],
        reply: &Reply<'_>,
    ) -> Result<Vec<Found>, Fault> {
        read::found(&Kind::of(object_type), ids, reply)
    }

    fn is_known(&self, kind: &str, raw: &[u8], body: &str) -> bool {
        change::is_known(kind, raw, body)
    }

    fn tells_values(&self) -> bool {
        true
    }

    fn change(&self, kind: &str, object_type: &str, object_id: &str, raw: &[u8]) -> Vec<Change> {
        change::changes(kind, object_type, object_id, raw)
    }
}

fn lane(kind: &Kind) -> Lane {
    let archived = if kind.lists_archived() { ALWAYS } else { NEVER };
    Lane {
        key: kind.object_type.clone(),
        object_type: kind.object_type.clone(),
        collection: String::new(),
        title: kind.title(),
        complete: true,
        detail: json!({ "archived": archived }),
    }
}

/// The properties to read of this type.
fn properties(kind: &Kind, wish: &Wish) -> Vec<String> {
    kind.properties(wished(kind, wish))
}

/// The properties of which webhooks should tell: those that are read, and of a type the account made only those that were
/// wished for, since it may have no others.
pub fn told(kind: &Kind, wish: &Wish) -> Vec<String> {
    match wished(kind, wish) {
        None if kind.is_own() => Vec::new(),
        wished => kind.properties(wished),
    }
}

/// Those wished for, by any of the type's names.
fn wished<'a>(kind: &Kind, wish: &'a Wish) -> Option<&'a [String]> {
    wish.properties.iter().find(|(name, _)| Kind::of(name) == *kind).map(|(_, names)| names.as_slice())
}
