//! Accounts: whose events are whose, before and after an account changes hands.

use crate::support::{arrival, as_far_as_it_gets, at, timeline};
use syncline_store::accounts::{self, Account, Claim};
use syncline_store::events::{self, Arrival};
use syncline_store::testing::TestDb;
use syncline_store::{Store, Tx};
use tokio::task::JoinSet;

for_each_database!(
    events_belong_to_the_owner_of_their_account,
    stored_events_are_adopted_in_batches,
    an_adoption_begins_again_when_the_account_changes_hands,
    events_being_stored_while_an_account_is_assigned_are_adopted,
    no_event_keeps_an_old_owner_whoever_stores_meanwhile,
    many_accounts_in_one_batch,
    a_claim_takes_an_account_from_nobody,
    an_account_is_let_go_by_its_owner_only_and_not_if_it_was_given_before,
);

async fn events_belong_to_the_owner_of_their_account(db: &TestDb) {
    let store = db.store().await;
    let mut tx = store.begin().await.unwrap();
    assign(&mut tx, "1", "acme").await;
    events::store(&mut tx, vec![of("1", 1), of("2", 2)]).await.unwrap();
    assign(&mut tx, "2", "globex").await;
    assign(&mut tx, "1", "initech").await;
    events::store(&mut tx, vec![of("1", 3), of("2", 4)]).await.unwrap();
    let mut notion = of("1", 5);
    notion.provider = "notion".to_owned();
    events::store(&mut tx, vec![notion]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(owners(&store).await, ["acme", "-", "initech", "globex", "-"]);
    let of = |account: &str, org_id: &str| Account {
        provider: "hubspot".to_owned(),
        account: account.to_owned(),
        org_id: org_id.to_owned(),
        created_at: at(0),
    };
    assert_eq!(accounts::list(&store).await.unwrap(), [of("1", "initech"), of("2", "globex")]);
}

async fn a_claim_takes_an_account_from_nobody(db: &TestDb) {
    let store = db.store().await;
    let mut tx = store.begin().await.unwrap();
    for (provider, account, org_id, expected) in [
        ("hubspot", "1", "acme", Claim::Given),
        ("hubspot", "1", "acme", Claim::Own),
        ("hubspot", "1", "globex", Claim::OfAnother),
        ("hubspot", "2", "globex", Claim::Given),
        ("notion", "1", "globex", Claim::Given),
    ] {
        let claimed = accounts::claim(&mut tx, provider, account, org_id, at(0)).await.unwrap();
        assert_eq!(claimed, expected, "{provider} {account} {org_id}");
    }
    tx.commit().await.unwrap();
    let owners: Vec<_> = accounts::list(&store).await.unwrap().into_iter().map(|one| one.org_id).collect();
    assert_eq!(owners, ["acme", "globex", "globex"]);
}

async fn an_account_is_let_go_by_its_owner_only_and_not_if_it_was_given_before(db: &TestDb) {
    let store = db.store().await;
    let mut tx = store.begin().await.unwrap();
    accounts::claim(&mut tx, "hubspot", "1", "acme", at(10)).await.unwrap();
    for (account, org_id, since, gone) in [
        ("1", "globex", 0, false),
        ("1", "acme", 11, false),
        ("2", "acme", 0, false),
        ("1", "acme", 10, true),
    ] {
        let released = accounts::release(&mut tx, "hubspot", account, org_id, at(since)).await.unwrap();
        assert_eq!(released, gone, "{account} {org_id} {since}");
    }
    tx.commit().await.unwrap();
    assert_eq!(accounts::list(&store).await.unwrap(), []);
}

async fn stored_events_are_adopted_in_batches(db: &TestDb) {
    let store = db.store().await;
    let mut tx = store.begin().await.unwrap();
    let mut arrivals: Vec<Arrival> = (0..7).map(|second| of("1", second)).collect();
    let mut notion = of("1", 7);
    notion.provider = "notion".to_owned();
    arrivals.extend([notion, of("2", 8)]);
    events::store(&mut tx, arrivals).await.unwrap();
    assign(&mut tx, "1", "acme").await;
    tx.commit().await.unwrap();
    assert_eq!(owners(&store).await, ["-"; 9], "only whoever adopts them changes them");
    assert_eq!(adopt(&store, "1", 3).await, 3);
    assert_eq!(owners(&store).await[..4], ["acme", "acme", "acme", "-"]);
    // What comes in meanwhile is right from the start, wherever in time it belongs.
    let mut tx = store.begin().await.unwrap();
    events::store(&mut tx, vec![of("1", -1), of("1", 9)]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!([adopt(&store, "1", 3).await, adopt(&store, "1", 3).await], [3, 2]);
    let all = ["acme"; 8].into_iter().chain(["-", "-", "acme"]).collect::<Vec<_>>();
    assert_eq!(owners(&store).await, all);
    assert_eq!(adopt(&store, "1", 3).await, 0);
    assert_eq!(adopt(&store, "2", 3).await, 0, "nobody owns it");
    assert_eq!(owners(&store).await, all);
}

async fn an_adoption_begins_again_when_the_account_changes_hands(db: &TestDb) {
    let store = db.store().await;
    let mut tx = store.begin().await.unwrap();
    events::store(&mut tx, (0..6).map(|second| of("1", second)).collect()).await.unwrap();
    assign(&mut tx, "1", "acme").await;
    tx.commit().await.unwrap();
    assert_eq!(adopt(&store, "1", 4).await, 4);
    let mut tx = store.begin().await.unwrap();
    assign(&mut tx, "1", "globex").await;
    tx.commit().await.unwrap();
    assert_eq!([adopt(&store, "1", 4).await, adopt(&store, "1", 4).await], [4, 2]);
    assert_eq!(owners(&store).await, ["globex"; 6]);
}

/// They were given their owner before it changed, and nobody can see them yet: an adoption that did not wait for them would miss
/// them.
async fn events_being_stored_while_an_account_is_assigned_are_adopted(db: &TestDb) {
    let store = db.store().await;
    let mut storing = store.begin().await.unwrap();
    events::store(&mut storing, vec![of("1", 1), of("1", 2)]).await.unwrap();
    let adopting = tokio::spawn({
        let store = store.clone();
        async move {
            let mut tx = store.begin().await.unwrap();
            assign(&mut tx, "1", "acme").await;
            tx.commit().await.unwrap();
            adopt(&store, "1", 10).await
        }
    });
    as_far_as_it_gets(&store).await;
    storing.commit().await.unwrap();
    assert_eq!(adopting.await.unwrap(), 2);
    assert_eq!(owners(&store).await, ["acme", "acme"]);
}

/// Writers store events while the account changes hands again and again; when all is quiet and adopted, every event
/// belongs to the last owner.
async fn no_event_keeps_an_old_owner_whoever_stores_meanwhile(db: &TestDb) {
    let store = db.store().await;
    let mut tasks = JoinSet::new();
    for writer in 0..4 {
        let store = store.clone();
        tasks.spawn(async move {
            for second in 0..15 {
                let mut tx = store.begin().await.unwrap();
                events::store(&mut tx, vec![of("1", second * 4 + writer)]).await.unwrap();
                tx.commit().await.unwrap();
            }
        });
    }
    for number in 0..10 {
        let mut tx = store.begin().await.unwrap();
        assign(&mut tx, "1", &format!("owner {number}")).await;
        tx.commit().await.unwrap();
        adopt(&store, "1", 5).await;
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    while adopt(&store, "1", 7).await == 7 {}
    assert_eq!(owners(&store).await, ["owner 9"; 60]);
}

/// More than one list of placeholders holds, in lengths of every kind.
async fn many_accounts_in_one_batch(db: &TestDb) {
    let store = db.store().await;
    let mut tx = store.begin().await.unwrap();
    for number in (0..1_100).step_by(100) {
        assign(&mut tx, &number.to_string(), "acme").await;
    }
    events::store(&mut tx, (0..1_100).map(|n| of(&n.to_string(), n)).collect()).await.unwrap();
    events::store(&mut tx, (0..3).map(|n| of("100", 2_000 + n)).collect()).await.unwrap();
    tx.commit().await.unwrap();
    let acme = owners(&store).await.iter().filter(|owner| *owner == "acme").count();
    assert_eq!(acme, 11 + 3);
}

fn of(account: &str, second: i64) -> Arrival {
    let mut it = arrival(second, account);
    it.event.account = account.to_owned();
    it
}

async fn assign(tx: &mut Tx, account: &str, org_id: &str) {
    accounts::assign(tx, "hubspot", account, org_id, at(0)).await.unwrap();
}

async fn adopt(store: &Store, account: &str, limit: u32) -> u64 {
    let mut tx = store.begin().await.unwrap();
    let seen = accounts::adopt_events(&mut tx, "hubspot", account, limit).await.unwrap();
    tx.commit().await.unwrap();
    seen
}

/// Of the whole timeline, oldest first; `-` for nobody.
async fn owners(store: &Store) -> Vec<String> {
    timeline(store).await.into_iter().map(|event| event.org_id.unwrap_or_else(|| "-".to_owned())).collect()
}
