//! Mishaps: what goes wrong at the providers by itself, and stops by itself.

use super::cast::pick;
use super::stage::Stage;
use super::story::Mark;
use anyhow::Result;
use rand::{Rng, RngExt as _};
use serde_json::{Value, json};
use std::time::Duration;

/// How far apart they are, on average, at the usual pace.
const APART: Duration = Duration::from_secs(25);

/// A mishap: the rule of the sandbox, how long it holds, and what it is in words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mishap {
    rule: Value,
    lasts: Duration,
    says: String,
}

/// HubSpot's own part of the address space, without its tokens: whose renewal is lost has to be connected anew.
const CRM: &str = "/crm/*";
const CUSTOMERS: &str = "/api/enterprise/*";

/// The next one.
pub(super) fn next(dice: &mut dyn Rng) -> Mishap {
    let both = [("hubspot", "HubSpot", CRM), ("tentoeight", "10to8", CUSTOMERS)];
    let all = [both[0], both[1], ("notion", "Notion", "/v1/*"), ("airtable", "Airtable", "/v0/*")];
    let (one, any) =
        (pick(&both, dice).copied().unwrap_or(both[0]), pick(&all, dice).copied().unwrap_or(all[0]));
    let seconds = dice.random_range(4..10);
    let requests = |(provider, _, path): (&str, &str, &str), share: f64, effect: Value| json!({ "provider": provider, "path": path, "chance": share, "effect": effect });
    let webhooks = |share: f64, effect: Value| json!({ "chance": share, "effect": effect });
    let (rule, says) = match dice.random_range(0..7) {
        0 => (
            requests(both[0], 0.5, json!({ "kind": "rate_limited", "retry_after": 1 })),
            format!("HubSpot says that it is too much, for {seconds} s"),
        ),
        1 => (
            requests(any, 0.4, json!({ "kind": "server_error", "status": 500 })),
            format!("{} answers with errors now and then, for {seconds} s", any.1),
        ),
        2 => (
            requests(one, 0.3, json!({ "kind": "lost_answer" })),
            format!("answers of {} are lost after the work was done, for {seconds} s", one.1),
        ),
        3 => (
            requests(any, 1.0, json!({ "kind": "latency", "ms": 1_200 })),
            format!("{} is slow, for {seconds} s", any.1),
        ),
        4 => (
            webhooks(0.6, json!({ "kind": "duplicate", "copies": 1 })),
            format!("webhooks come twice, for {seconds} s"),
        ),
        5 => (
            webhooks(0.5, json!({ "kind": "delay", "ms": 3_000 })),
            format!("webhooks come late and in any order, for {seconds} s"),
        ),
        _ => (
            json!({ "provider": "hubspot", "path": "*webhook-triggers*", "chance": 0.7, "effect": { "kind": "lost_answer" } }),
            format!("the workflow's trigger takes calls and loses its answers, for {seconds} s"),
        ),
    };
    Mishap { rule, lasts: Duration::from_secs(seconds), says }
}

/// Mishaps, until it is dropped.
///
/// # Errors
/// When the simulated providers are gone.
pub(super) async fn befall(stage: &Stage) -> Result<()> {
    loop {
        let (share, mishap) = stage.dice.with(|dice| (dice.random_range(0.5..1.5), next(dice)));
        tokio::time::sleep(APART.mul_f64(share / stage.pace)).await;
        stage.world.fault(mishap.rule, mishap.lasts).await?;
        stage.story.tell(Mark::Mishap, mishap.says);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Dice;
    use std::collections::BTreeMap;

    #[test]
    fn every_kind_comes_and_none_touches_a_token() {
        let dice = Dice::seeded(3);
        let mut kinds: BTreeMap<String, Mishap> = BTreeMap::new();
        for _ in 0..300 {
            let one = dice.with(|dice| next(dice));
            kinds.insert(one.rule["effect"]["kind"].to_string(), one.clone());
            let loses = ["\"lost_answer\"", "\"drop\"", "\"reorder\""];
            if loses.contains(&one.rule["effect"]["kind"].to_string().as_str()) {
                assert!(one.rule["path"].is_string(), "{one:?} could take a token with it");
            }
        }
        assert_eq!(kinds.len(), 6, "{kinds:#?}");
    }
}
