//! The rooms of the API, one for each tag: its operations, and the schemas they speak of.

mod access;
mod agreements;
mod audit;
mod conflicts;
mod connections;
mod counter_runs;
mod counters;
mod definitions;
mod deliveries;
mod endpoints;
mod events;
mod forms;
mod jobs;
mod links;
mod loads;
mod machine;
mod messages;
mod records;
mod sync_runs;
mod syncs;
mod webhooks;

use super::operation::Operation;
use super::schema::Schema;

/// What belongs to one tag.
#[derive(Debug)]
pub struct Room {
    /// The tag.
    pub tag: &'static str,
    /// What it is about.
    pub says: &'static str,
    /// What can be asked.
    pub operations: Vec<Operation>,
    /// Schemas, by name.
    pub schemas: Vec<(&'static str, Schema)>,
}

/// All rooms, in the order in which people read of them.
pub fn all() -> Vec<Room> {
    vec![
        connections::room(),
        loads::room(),
        records::room(),
        events::room(),
        syncs::room(),
        sync_runs::room(),
        links::room(),
        conflicts::room(),
        definitions::room(),
        counters::room(),
        counter_runs::room(),
        endpoints::room(),
        messages::room(),
        deliveries::room(),
        jobs::room(),
        access::room(),
        audit::room(),
        webhooks::room(),
        forms::room(),
        machine::room(),
    ]
}

/// What a parameter in a path is, by the word before it.
pub fn in_path(before: &str, name: &str) -> String {
    let what = match (before, name) {
        ("counters", _) => "The definition's id, or, with a key of one organization, its name.",
        ("values", _) => "The counter's key: a record's id, or what its unique property holds.",
        ("webhooks" | "integrations" | "accounts", _) => {
            "The provider: `hubspot`, `notion`, `airtable` or `tentoeight`."
        }
        ("{provider}", "account") => "The account's id at the provider.",
        ("{provider}", _) => "The app's name in the configuration.",
        ("records", _) => "The id of the connection.",
        ("{connection}", _) => "The record's type, in the provider's word.",
        ("{type}", _) => "The record's id at the provider.",
        ("event-types", _) => "The type's name.",
        ("deliveries", _) => "The endpoint's id.",
        _ => return format!("The id of {}.", one_of(before)),
    };
    what.to_owned()
}

fn one_of(many: &str) -> &'static str {
    match many {
        "events" => "the event",
        "jobs" => "the job",
        "connections" => "the connection",
        "runs" => "the load",
        "api-keys" => "the API key",
        "syncs" => "the sync",
        "sync-runs" => "the run",
        "links" => "the link",
        "conflicts" => "the conflict",
        "counter-runs" => "the comparison",
        "endpoints" => "the endpoint",
        "messages" => "the message",
        _ => "what is meant",
    }
}
