//! Contents: whatever a provider sends is kept whole, however long or odd.

use crate::support::{arrival, at, page_of, store_events, timeline};
use syncline_core::event::column_text;
use syncline_store::events::{self, Filter};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, accounts};

for_each_database!(
    whatever_bytes_came_come_back,
    the_longest_names_fit_and_are_found,
    more_than_a_packet_at_once,
);

async fn whatever_bytes_came_come_back(db: &TestDb) {
    let store = db.store().await;
    let mut every_byte = arrival(1, "bytes");
    every_byte.event.raw = (0..=255).collect::<Vec<u8>>().into();
    let mut large = arrival(2, "large");
    large.event.raw = (0..5_000_000_u32).map(|n| (n % 251) as u8).collect::<Vec<u8>>().into();
    let mut empty = arrival(3, "empty");
    empty.event.raw = bytes::Bytes::new();
    empty.event.property = None;
    let mut unicode = arrival(4, "unicode");
    unicode.event.object_id = "日本語 🦀 e\u{301} \u{fffd} \u{10ffff} ' \" \\ % _ \r\n\t\u{1}".to_owned();
    unicode.event.property = Some(column_text("a\0b"));
    unicode.event.raw = "{\"🦀\":\"\\u0000\"}".as_bytes().to_vec().into();
    let arrivals = vec![every_byte, large, empty, unicode];
    store_events(&store, arrivals.clone()).await;
    for (stored, arrival) in timeline(&store).await.into_iter().zip(arrivals) {
        let event = arrival.event;
        assert!(stored.raw == event.raw, "{}: {} bytes", event.id, stored.raw.len());
        assert_eq!(stored.object_id, event.object_id);
        assert_eq!(stored.property, event.property);
    }
}

/// 255 characters of four bytes in every column: what the widest index must hold.
async fn the_longest_names_fit_and_are_found(db: &TestDb) {
    let store = db.store().await;
    let long = |last: &str| column_text(&format!("{}{last}", "🦀".repeat(254)));
    let [name, other] = ["a", "b"].map(long);
    let mut tx = store.begin().await.unwrap();
    accounts::assign(&mut tx, &name, &name, &name, at(0)).await.unwrap();
    let wide = |second, name: &String| {
        let mut it = arrival(second, name);
        it.provider.clone_from(name);
        it.app.clone_from(name);
        let event = &mut it.event;
        for column in [&mut event.account, &mut event.object_type, &mut event.object_id, &mut event.kind] {
            column.clone_from(name);
        }
        event.property = Some(name.clone());
        it
    };
    events::store(&mut tx, vec![wide(1, &name), wide(2, &other)]).await.unwrap();
    tx.commit().await.unwrap();
    let filter = Filter {
        provider: Some(name.clone()),
        account: Some(name.clone()),
        object_type: Some(name.clone()),
        object_id: Some(name.clone()),
        kind: Some(name.clone()),
        property: Some(name.clone()),
        ..Filter::default()
    };
    let found = page_of(&store, &Scope::Organization(name.clone()), &filter).await;
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].app, found[0].org_id.as_ref()), (&name, Some(&name)));
    assert_eq!(timeline(&store).await.len(), 2);
}

/// A server takes no statement larger than a packet, which may be as small as a few megabytes.
async fn more_than_a_packet_at_once(db: &TestDb) {
    let store = db.store().await;
    let large = |second| {
        let mut it = arrival(second, "large");
        it.event.raw = vec![b'x'; 9_000_000].into();
        it
    };
    assert_eq!(store_events(&store, (0..8).map(large).collect()).await, 8);
    assert_eq!(store_events(&store, (0..3_000).map(|n| arrival(n, "small")).collect()).await, 3_000);
    let first = events::get(&store, &Scope::All, large(0).event.id).await.unwrap().unwrap();
    assert_eq!(first.raw.len(), 9_000_000);
}
