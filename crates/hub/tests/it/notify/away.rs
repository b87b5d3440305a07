//! The database goes away while messages are published: every call is answered, nothing is lost, and who asks again under the same key
//! has published once.

use super::outside::{Client, Publishers, compare};
use super::receiver::{FINE, Receiver};
use crate::outage::{ACQUIRE, proxied};
use crate::support::TestHub;
use crate::support::proxy::Way;
use crate::support::wait::until;
use serde_json::json;
use std::time::Duration;
use syncline_store::testing::Which;

#[tokio::test(flavor = "multi_thread")]
async fn postgres_refuses_connections_while_messages_are_published() {
    away_while_published(Which::Postgres, Way::Closed, "publishing without PostgreSQL").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_refuses_connections_while_messages_are_published() {
    away_while_published(Which::MySql, Way::Closed, "publishing without MariaDB").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_says_nothing_while_messages_are_published() {
    away_while_published(Which::Postgres, Way::Silent, "publishing into silence of PostgreSQL").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_says_nothing_while_messages_are_published() {
    away_while_published(Which::MySql, Way::Silent, "publishing into silence of MariaDB").await;
}

async fn away_while_published(which: Which, way: Way, test: &str) {
    let Some((db, proxy)) = proxied(which, test).await else { return };
    let settings = [ACQUIRE, ("notify.allow", "127.0.0.0/8"), ("notify.plain_http", "true")];
    let hub = TestHub::with(db, &settings).await;
    let receiver = Receiver::always(FINE).await;
    let client = Client::new(hub.address, hub.key.clone());
    let mut endpoints = Vec::new();
    for (path, ordered) in [("/free", false), ("/line", true)] {
        endpoints.push(client.endpoint(&receiver.url(path), json!({"ordered": ordered})).await);
    }
    let publishers = Publishers::start(hub.address, &hub.key, 6);
    for _ in 0..2 {
        publishers.more(60).await;
        // In the middle of transactions: some were committed and nobody was told.
        proxy.set(way);
        publishers.refused(12).await;
        proxy.set(Way::Open);
    }
    publishers.more(60).await;
    let promises = publishers.finish().await;
    assert_eq!((promises.hung, promises.broken), (0, 0), "every call was answered");
    let honest = promises.refused.keys().all(|status| *status == 503);
    assert!(honest && !promises.refused.is_empty(), "{:?}", promises.refused);
    for endpoint in &endpoints {
        until("nothing waits any more", async || {
            // What was committed and answered to nobody is leased to nobody who knows: it is due when that ends.
            hub.clock.advance(Duration::from_secs(1));
            client.deliveries(endpoint, "waiting").await.filter(Vec::is_empty)
        })
        .await;
        assert_eq!(client.deliveries(endpoint, "failed").await, Some(vec![]));
    }
    for path in ["/free", "/line"] {
        compare(&promises, &receiver.got(), path);
    }
}
