//! Throttling (10to8 facts 2).

use super::{CUSTOMERS, Clinic, key};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn one_request_a_second_is_never_throttled() {
    let clinic = Clinic::start().await;
    for _ in 0..130 {
        clinic.get(CUSTOMERS).await.expect(200);
        clinic.sandbox.advance(Duration::from_secs(1)).await;
    }
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let clinic = Clinic::start().await;
    clinic.set(json!({"limits": {"requests": 2, "window_ms": 10_000}})).await;
    clinic.get(CUSTOMERS).await.expect(200);
    clinic.sandbox.advance(Duration::from_millis(3_500)).await;
    clinic.get(CUSTOMERS).await.expect(200);
    let refused = clinic.post(CUSTOMERS, &json!({"name": "Ada"})).await;
    assert_eq!(
        refused.expect(429),
        json!({"detail": "Request was throttled. Expected available in 7 seconds."})
    );
    assert_eq!(refused.header("retry-after"), "7");
    let other = Clinic { key: key(&clinic.sandbox, 1), ..clinic };
    other.get(CUSTOMERS).await.expect(200);
    let clinic = Clinic { key: key(&other.sandbox, 0), ..other };
    clinic.sandbox.advance(Duration::from_secs(7)).await;
    assert_eq!(clinic.get(CUSTOMERS).await.expect(200)["results"], json!([]));
}

#[tokio::test]
async fn where_the_wait_is_told_and_whether_there_is_a_limit_is_set() {
    let clinic = Clinic::start().await;
    clinic.set(json!({"limits": {"requests": 0, "wait_in_header": false}})).await;
    let refused = clinic.get(CUSTOMERS).await;
    assert_eq!(
        refused.expect(429),
        json!({"detail": "Request was throttled. Expected available in 60 seconds."})
    );
    assert_eq!(refused.header("retry-after"), "");
    clinic.set(json!({"limits": {"wait_in_header": true, "wait_in_body": false}})).await;
    let refused = clinic.get(CUSTOMERS).await;
    assert_eq!(refused.expect(429), json!({"detail": "Request was throttled."}));
    assert_eq!(refused.header("retry-after"), "60");
    clinic.set(json!({"limits": {"enabled": false}})).await;
    clinic.get(CUSTOMERS).await.expect(200);
}
