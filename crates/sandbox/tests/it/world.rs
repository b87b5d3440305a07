//! The people, companies and deals of the seed.

use crate::support::TestSandbox;
use serde_json::json;

#[tokio::test]
async fn every_vendor_is_seeded_and_tells_what_it_took() {
    let sandbox = TestSandbox::start().await;
    let counts =
        sandbox.post("/_sandbox/seed", &json!({"people": 20, "companies": 5, "deals": 5})).await.expect(200);
    for vendor in ["hubspot", "notion", "airtable", "tentoeight"] {
        assert!(counts.get(vendor).is_some(), "{vendor}: {counts}");
    }
    assert!(
        counts["tentoeight"]["customers"].as_u64().is_some_and(|count| (10..=22).contains(&count)),
        "{counts}"
    );
}

#[tokio::test]
async fn too_many_people_at_once_are_refused() {
    let sandbox = TestSandbox::start().await;
    sandbox.post("/_sandbox/seed", &json!({"people": 5_000_001})).await.expect(422);
    sandbox.post("/_sandbox/seed", &json!({"peeple": 5})).await.expect(422);
}
