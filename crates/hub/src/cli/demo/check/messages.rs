//! No notification is lost: what was queued for an endpoint arrived there at least once, under a good signature.

use super::report::Finding;
use crate::cli::demo::stage::Stage;
use crate::cli::remote::segment;
use anyhow::Result;
use serde_json::Value;
use std::collections::BTreeSet;

/// Compares what the hub says it delivered with what arrived.
///
/// # Errors
/// When the hub does not answer.
pub(super) async fn prove(stage: &Stage) -> Result<Finding> {
    let (mut wrong, mut arrived, mut again) = (Vec::new(), 0, 0);
    let mut queued: BTreeSet<String> = BTreeSet::new();
    for (door, endpoint) in &stage.ids()?.endpoints {
        let taken = stage.receiver.taken(door);
        if taken.forged > 0 {
            wrong.push(format!("{door}: the signatures of {} requests were wrong", taken.forged));
        }
        arrived += taken.messages.len();
        again += taken.messages.values().map(|times| times - 1).sum::<u64>();
        for delivery in stage.all(&format!("/v1/endpoints/{}/deliveries", segment(endpoint))).await? {
            let id = delivery["message_id"].as_str().unwrap_or_default().to_owned();
            if !taken.messages.contains_key(&id) {
                wrong.push(format!("{door}: {id} is {} and never arrived", delivery["state"]));
            } else if delivery["state"] != "delivered" {
                wrong.push(format!("{door}: {id} arrived, and is {}", delivery["state"]));
            }
            queued.insert(id);
        }
    }
    let published = stage.ledger().published.clone();
    let forgotten = published.iter().filter(|id| !queued.contains(*id));
    wrong.extend(forgotten.map(|id| format!("{id} was published and answered for, and queued for nobody")));
    wrong.extend(unqueued(stage, &queued).await?);
    let refused: u64 = stage.ids()?.endpoints.keys().map(|door| stage.receiver.taken(door).refused).sum();
    let figures = format!("{arrived} arrived, {again} of them again; {refused} found the door shut first");
    Ok(Finding::new("no notification was lost", figures, wrong))
}

/// Messages that the application of their organization gets all of, and that were queued for nobody. Those that somebody has to ask for by
/// name are none.
async fn unqueued(stage: &Stage, queued: &BTreeSet<String>) -> Result<Vec<String>> {
    let kinds = stage.get("/v1/event-types").await?;
    let is_opt_in = |name: &Value| {
        kinds["data"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|kind| kind["name"] == *name && kind["opt_in"] == true)
    };
    let mut lost = Vec::new();
    for org_id in ["acme", "globex"] {
        for message in stage.all(&format!("/v1/messages?org_id={org_id}")).await? {
            let id = message["id"].as_str().unwrap_or_default();
            if !queued.contains(id) && !is_opt_in(&message["type"]) {
                lost.push(format!("{id} ({}) was queued for nobody", message["type"]));
            }
        }
    }
    Ok(lost)
}
