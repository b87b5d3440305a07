//! Associations.

mod batches;
mod singly;

use super::properties::Account;
use serde_json::{Value, json};

/// A contact, two companies and a deal.
async fn cast() -> (Account, [String; 4]) {
    let account = Account::start().await;
    let contact = account.record("contacts", json!({"firstname": "Ada"})).await;
    let one = account.record("companies", json!({"name": "One"})).await;
    let two = account.record("companies", json!({"name": "Two"})).await;
    let deal = json!({"dealname": "Big", "pipeline": "default", "dealstage": "closedwon"});
    let deal = account.record("deals", deal).await;
    (account, [contact, one, two, deal])
}

fn number(id: &str) -> u64 {
    id.parse().expect("a number")
}

fn own(type_id: u64) -> Value {
    json!({"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id})
}

impl Account {
    /// Ids and type ids of what a record is associated with.
    async fn partners(&self, from: &str, id: &str, to: &str) -> Vec<(u64, Vec<u64>)> {
        let list = self.get(&format!("/crm/v4/objects/{from}/{id}/associations/{to}")).await.expect(200);
        let results = list["results"].as_array().expect("results");
        let kinds = |row: &Value| -> Vec<u64> {
            let kinds = row["associationTypes"].as_array().expect("kinds");
            kinds.iter().map(|kind| kind["typeId"].as_u64().expect("a number")).collect()
        };
        results.iter().map(|row| (row["toObjectId"].as_u64().expect("a number"), kinds(row))).collect()
    }
}
