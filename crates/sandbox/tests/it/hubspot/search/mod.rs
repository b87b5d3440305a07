//! Search.

mod filters;
mod freshness;
mod results;

use super::properties::Account;
use crate::support::Answer;
use serde_json::{Value, json};
use std::time::Duration;

const CONTACTS: &str = "/crm/v3/objects/contacts/search";

/// Time enough for the index.
const LAG: Duration = Duration::from_secs(3);

impl Account {
    async fn search(&self, body: Value) -> Answer {
        self.post(CONTACTS, body).await
    }

    /// First names of the contacts a filter lets pass, in order of creation.
    async fn passing(&self, filter: impl Into<Value>) -> Vec<String> {
        let found = self.search(json!({"filters": [filter.into()], "limit": 200})).await.expect(200);
        first_names(&found)
    }

    /// Ada, Bob and Cyd, each a second younger than the one before, and indexed.
    async fn with_three() -> (Self, [String; 3]) {
        let account = Self::start().await;
        let mut ids = Vec::new();
        for (first, last, email, role, status, next) in [
            ("Ada", "Lovelace", "ada@example.com", "CHAMPION;OTHER", "NEW", "2026-03-01"),
            ("Bob", "Byron-Lace", "bob@example.org", "BLOCKER", "OPEN", "2026-03-02"),
            ("Cyd", "", "cyd@example.com", "", "", ""),
        ] {
            let properties = json!({"firstname": first, "lastname": last, "email": email, "hs_buying_role": role,
                "hs_lead_status": status, "hs_next_step_date": next});
            ids.push(account.record("contacts", properties).await);
            account.sandbox.advance(Duration::from_secs(1)).await;
        }
        account.sandbox.advance(LAG).await;
        (account, ids.try_into().expect("three"))
    }
}

fn first_names(found: &Value) -> Vec<String> {
    let results = found["results"].as_array().expect("results");
    results.iter().map(|one| one["properties"]["firstname"].as_str().unwrap_or_default().to_owned()).collect()
}

fn filter(property: &str, operator: &str, value: impl Into<Value>) -> Value {
    json!({"propertyName": property, "operator": operator, "value": value.into()})
}

fn listed(property: &str, operator: &str, values: Value) -> Value {
    json!({"propertyName": property, "operator": operator, "values": values})
}
