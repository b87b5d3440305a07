//! Messages: publishing them, making them of news, and which endpoints get them.

use crate::support::at;
use crate::support::jobs::in_tx;
use crate::support::notify::{
    acme, all_deliveries, claim, delivery, endpoint, keyed, make, message, numbers, ordered, publish, settle,
};
use std::collections::BTreeSet;
use syncline_store::notifications::{self, Notification};
use syncline_store::notify::deliveries::{Outcome, State};
use syncline_store::notify::messages::{self, Brief, Filter, Idempotency, Message, Publication, Published};
use syncline_store::notify::{Handover, endpoints};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store};
use tokio::task::JoinSet;

for_each_database!(
    a_message_goes_to_every_enabled_endpoint_that_wants_it,
    a_message_stands_and_falls_with_its_transaction,
    the_same_request_publishes_once_and_another_under_its_key_not_at_all,
    of_many_who_publish_under_one_key_at_once_one_does,
    keys_of_organizations_do_not_meet,
    what_cannot_be_a_key_is_none,
    news_become_messages_once,
    large_news_come_in_small_batches_and_in_their_order,
    of_two_who_dispatch_together_each_news_is_taken_by_one,
    what_is_handed_over_is_claimed_by_nobody_else_until_the_lease_ends,
    listed_latest_first_in_pages,
    organizations_do_not_see_each_others_messages,
);

async fn a_message_goes_to_every_enabled_endpoint_that_wants_it(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    make(&store, &endpoint("ep_2", "acme", &["record.*"])).await;
    make(&store, &endpoint("ep_3", "globex", &["*"])).await;
    make(&store, &endpoint("ep_4", "", &["*"])).await;
    make(&store, &endpoint("ep_5", "acme", &["*"])).await;
    in_tx(&store, async |tx| endpoints::disable(tx, &Scope::All, "ep_5", "x", at(1)).await).await;
    let theirs = Message { org_id: "globex".to_owned(), ..message(3, "sync.complete") };
    let new = [message(1, "sync.complete"), message(2, "record.created"), theirs];
    let publication = publish(&store, &new, at(9)).await;
    assert_eq!(publication.outcomes, [Published::New, Published::New, Published::New]);
    let expected = [("ep_1", 1), ("ep_2", 2), ("ep_3", 3), ("ep_4", 1), ("ep_4", 2), ("ep_4", 3)]
        .map(|(endpoint, number)| (endpoint.to_owned(), format!("msg_{number:05}"), State::Waiting));
    assert_eq!(all_deliveries(&store, &["ep_1", "ep_2", "ep_3", "ep_4", "ep_5"]).await, expected);
    let mut routed: Vec<(String, String)> =
        publication.routed.into_iter().map(|one| (one.endpoint_id, one.message_id)).collect();
    routed.sort();
    assert_eq!(routed, expected.map(|(endpoint, message, _)| (endpoint, message)));
    let first = delivery(&store, 1, "ep_1").await;
    assert_eq!((first.at, first.created_at, first.attempts, first.under_way), (at(9), at(1), 0, false));
}

async fn a_message_stands_and_falls_with_its_transaction(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    let key = Idempotency::new("k", b"{}");
    let mut tx = store.begin().await.unwrap();
    let new = [(message(1, "sync.complete"), key.clone())];
    messages::publish(&mut tx, &new, None, at(1)).await.unwrap();
    drop(tx);
    assert_eq!(messages::get(&store, &Scope::All, "msg_00001").await.unwrap(), None);
    assert_eq!(all_deliveries(&store, &["ep_1"]).await, []);
    let again = in_tx(&store, async |tx| messages::publish(tx, &new, None, at(1)).await).await;
    assert_eq!(again.outcomes, [Published::New], "nor was the key used");
}

async fn publish_one(store: &Store, number: u32, key: &str, body: &str) -> Published {
    let new = [(message(number, "invoice.paid"), Idempotency::new(key, body.as_bytes()))];
    let Publication { mut outcomes, routed } =
        in_tx(store, async |tx| messages::publish(tx, &new, None, at(9)).await).await;
    let outcome = outcomes.remove(0);
    assert_eq!(routed.len(), usize::from(outcome == Published::New));
    outcome
}

async fn the_same_request_publishes_once_and_another_under_its_key_not_at_all(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    assert_eq!(publish_one(&store, 1, "k", "{}").await, Published::New);
    assert_eq!(publish_one(&store, 2, "k", "{}").await, Published::Before("msg_00001".to_owned()));
    assert_eq!(publish_one(&store, 3, "k", "{ }").await, Published::AnotherRequest);
    assert_eq!(publish_one(&store, 4, "K", "{ }").await, Published::New, "keys are compared byte by byte");
    assert_eq!(publish_one(&store, 5, "k ", "{ }").await, Published::New);
    // In one batch the first stays; without a key everything is new.
    let same = || Idempotency::new("batch", b"[]");
    let new = [
        (message(10, "invoice.paid"), same()),
        (message(11, "invoice.paid"), None),
        (message(12, "invoice.paid"), same()),
        (message(13, "invoice.paid"), Idempotency::new("batch", b"{}")),
        (message(14, "invoice.paid"), Idempotency::new("k", b"{}")),
    ];
    let outcomes = in_tx(&store, async |tx| messages::publish(tx, &new, None, at(9)).await).await.outcomes;
    let before = |number: u32| Published::Before(format!("msg_{number:05}"));
    assert_eq!(outcomes, [Published::New, Published::New, before(10), Published::AnotherRequest, before(1)]);
    let kept = messages::page(&store, &Scope::All, &Filter::default(), None, 99).await.unwrap();
    let kept: Vec<&str> = kept.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(kept, ["msg_00011", "msg_00010", "msg_00005", "msg_00004", "msg_00001"]);
    assert_eq!(all_deliveries(&store, &["ep_1"]).await.len(), 5);
}

async fn of_many_who_publish_under_one_key_at_once_one_does(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    let mut publishing = JoinSet::new();
    for number in 0..8 {
        let store = store.clone();
        publishing.spawn(async move { publish_one(&store, number, "k", "{}").await });
    }
    let outcomes = publishing.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Published::New).count(), 1);
    let kept = messages::page(&store, &Scope::All, &Filter::default(), None, 99).await.unwrap();
    assert_eq!(kept.len(), 1);
    let before = Published::Before(kept[0].id.clone());
    assert!(outcomes.iter().all(|outcome| *outcome == Published::New || *outcome == before), "{outcomes:?}");
    assert_eq!(all_deliveries(&store, &["ep_1"]).await.len(), 1);
}

async fn keys_of_organizations_do_not_meet(db: &TestDb) {
    let store = db.store().await;
    let theirs = Message { org_id: "globex".to_owned(), ..message(2, "invoice.paid") };
    let new =
        [(message(1, "invoice.paid"), Idempotency::new("k", b"1")), (theirs, Idempotency::new("k", b"2"))];
    let outcomes = in_tx(&store, async |tx| messages::publish(tx, &new, None, at(9)).await).await.outcomes;
    assert_eq!(outcomes, [Published::New, Published::New]);
}

async fn what_cannot_be_a_key_is_none(db: &TestDb) {
    let store = db.store().await;
    let longest = "ü".repeat(255);
    for wrong in ["", "a\0b", &format!("{longest}ü")] {
        assert_eq!(Idempotency::new(wrong, b"{}"), None, "{wrong:?}");
    }
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    assert_eq!(publish_one(&store, 1, &longest, "{}").await, Published::New);
    assert_eq!(publish_one(&store, 2, &longest, "{}").await, Published::Before("msg_00001".to_owned()));
}

fn news(number: u32, kind: &str, connection_id: Option<&str>) -> Notification {
    Notification {
        id: format!("ntf_{number:05}"),
        org_id: "acme".to_owned(),
        connection_id: connection_id.map(str::to_owned),
        kind: kind.to_owned(),
        payload: format!("{{\"n\":{number}}}"),
        created_at: at(i64::from(number)),
        dispatched_at: None,
    }
}

async fn tell(store: &Store, all: &[Notification]) {
    in_tx(store, async |tx| {
        for one in all {
            notifications::queue(tx, one).await?;
        }
        Ok(())
    })
    .await;
}

async fn news_become_messages_once(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    assert_eq!(messages::pending(&store).await.unwrap(), None);
    tell(&store, &[news(2, "sync.complete", Some("con_1")), news(1, "record.created", None)]).await;
    tell(&store, &[news(3, "connection.created", None)]).await;
    assert_eq!(messages::pending(&store).await.unwrap(), Some(at(1)));
    let dispatch = async |limit: u32| {
        in_tx(&store, async |tx| messages::dispatch(tx, (limit, 9_999), None, at(9)).await).await
    };
    let first = dispatch(2).await;
    let expected = [
        message(1, "record.created"),
        Message { order_key: Some("con_1".to_owned()), ..message(2, "sync.complete") },
    ];
    assert_eq!(first.messages, expected);
    assert_eq!(first.routed.len(), 1, "a record's is opt-in");
    assert_eq!(dispatch(2).await.messages, [message(3, "connection.created")]);
    assert_eq!(dispatch(2).await.messages, []);
    assert_eq!(messages::pending(&store).await.unwrap(), None);
    // Kept though nobody wanted it: somebody may later.
    assert_eq!(messages::get(&store, &acme(), "msg_00001").await.unwrap().as_ref(), Some(&expected[0]));
    let told = notifications::list(&store, &Scope::All, None, None, 9).await.unwrap();
    assert!(told.iter().all(|it| it.dispatched_at == Some(at(9))), "{told:?}");
    assert_eq!(numbers(&claim(&store, "ep_1", "a", at(9), 9).await), [2, 3]);
}

async fn large_news_come_in_small_batches_and_in_their_order(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    let large = |number: u32, length: usize| Notification {
        payload: format!("\"{}\"", "é".repeat(length / 2 - 1)),
        ..news(number, "sync.complete", None)
    };
    tell(&store, &[large(1, 90), large(2, 600), large(3, 300), large(4, 90), large(5, 90), large(6, 10)])
        .await;
    let mut batches = Vec::new();
    loop {
        let batch = in_tx(&store, async |tx| messages::dispatch(tx, (3, 400), None, at(9)).await).await;
        batches.push(batch.messages.iter().map(|it| it.created_at).collect::<Vec<_>>());
        if !batch.more {
            break;
        }
    }
    // The second is larger than a batch may be; the bytes of its text count, not its letters.
    assert_eq!(batches, [vec![at(1)], vec![at(2)], vec![at(3), at(4)], vec![at(5), at(6)]]);
    assert_eq!(numbers(&claim(&store, "ep_1", "a", at(9), 9).await), [1, 2, 3, 4, 5, 6]);
}

async fn of_two_who_dispatch_together_each_news_is_taken_by_one(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    let all: Vec<Notification> = (0..200).map(|number| news(number, "sync.complete", None)).collect();
    tell(&store, &all).await;
    let mut dispatching = JoinSet::new();
    for _ in 0..4 {
        let store = store.clone();
        dispatching.spawn(async move {
            let mut taken = Vec::new();
            loop {
                let some =
                    in_tx(&store, async |tx| messages::dispatch(tx, (7, 9_999), None, at(9)).await).await;
                if some.messages.is_empty() {
                    return taken;
                }
                taken.extend(some.messages.into_iter().map(|it| it.id));
            }
        });
    }
    let mut taken: Vec<String> = dispatching.join_all().await.into_iter().flatten().collect();
    taken.sort();
    assert_eq!(taken, (0..200).map(|number| format!("msg_{number:05}")).collect::<Vec<_>>());
    assert_eq!(all_deliveries(&store, &["ep_1"]).await.len(), 200);
}

async fn what_is_handed_over_is_claimed_by_nobody_else_until_the_lease_ends(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    make(&store, &endpoint("ep_2", "acme", &[])).await;
    make(&store, &ordered("ep_3", "acme")).await;
    let handover = Handover {
        owner: "me".to_owned(),
        until: at(60),
        endpoints: BTreeSet::from(["ep_1", "ep_3"].map(str::to_owned)),
    };
    let new = [(keyed(1, "k"), None), (keyed(2, "k"), None)];
    let publication =
        in_tx(&store, async |tx| messages::publish(tx, &new, Some(&handover), at(10)).await).await;
    let leased: Vec<&str> =
        publication.routed.iter().filter(|it| it.leased).map(|it| it.endpoint_id.as_str()).collect();
    assert_eq!(leased, ["ep_1", "ep_1"], "a lane without room and one in strict order are not handed over");
    assert_eq!(numbers(&claim(&store, "ep_1", "other", at(59), 9).await), Vec::<u32>::new());
    assert_eq!(numbers(&claim(&store, "ep_2", "other", at(59), 9).await), [1, 2]);
    assert_eq!(numbers(&claim(&store, "ep_3", "other", at(59), 9).await), [1]);
    assert!(delivery(&store, 1, "ep_1").await.under_way);
    let mine = crate::support::notify::claim(&store, "ep_1", "me", at(60), 1).await;
    assert_eq!(numbers(&mine), [1], "after its lease anybody may");
    assert_eq!(settle(&store, &mine, "me", Outcome::Delivered, at(61)).await, 1);
}

async fn listed_latest_first_in_pages(db: &TestDb) {
    let store = db.store().await;
    let same_moment = |number: u32| Message { created_at: at(5), ..message(number, "sync.complete") };
    let new = [same_moment(1), same_moment(2), message(9, "sync.paused"), message(3, "sync.paused")];
    publish(&store, &new, at(20)).await;
    for scope in [Scope::All, acme()] {
        let (mut ids, mut before) = (Vec::new(), None);
        loop {
            let page = messages::page(&store, &scope, &Filter::default(), before.as_ref(), 2).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some((last.created_at, last.id.clone()));
            ids.extend(page.into_iter().map(|it| it.id));
        }
        assert_eq!(ids, ["msg_00009", "msg_00002", "msg_00001", "msg_00003"]);
    }
    let some = Filter {
        kind: Some("sync.paused".to_owned()),
        from: Some(at(3)),
        to: Some(at(9)),
        ..Filter::default()
    };
    let page = messages::page(&store, &acme(), &some, None, 9).await.unwrap();
    assert_eq!(page, [Brief::from(message(3, "sync.paused"))]);
}

async fn organizations_do_not_see_each_others_messages(db: &TestDb) {
    let store = db.store().await;
    let theirs = Message { org_id: "globex".to_owned(), ..message(1, "sync.complete") };
    publish(&store, &[theirs.clone(), message(2, "sync.complete")], at(9)).await;
    assert_eq!(messages::get(&store, &acme(), "msg_00001").await.unwrap(), None);
    assert_eq!(messages::get(&store, &Scope::All, "msg_00001").await.unwrap(), Some(theirs));
    let page = messages::page(&store, &acme(), &Filter::default(), None, 9).await.unwrap();
    let mine = message(2, "sync.complete");
    assert_eq!(page, [Brief::from(mine.clone())]);
    let foreign = Filter { org_id: Some("globex".to_owned()), ..Filter::default() };
    assert_eq!(messages::page(&store, &acme(), &foreign, None, 9).await.unwrap(), []);
    let ids = ["msg_00001", "msg_00002"];
    assert_eq!(messages::of(&store, &acme(), &ids).await.unwrap(), [mine]);
    let kinds = messages::kinds(&store, &["msg_00002", "msg_00009"]).await.unwrap();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), [("msg_00002".to_owned(), "sync.complete".to_owned())]);
}
