//! tmp
use crate::support::*;
use syncline_store::testing::TestDb;
for_each_database!(lat);
async fn lat(db: &TestDb) {
    let store = db.store().await;
    let t = std::time::Instant::now();
    for _ in 0..100 {
        store.ping(std::time::Duration::from_secs(5)).await.unwrap();
    }
    eprintln!("{:?} ping {:?}", store.dialect(), t.elapsed() / 100);
    let t = std::time::Instant::now();
    for _ in 0..100 {
        timeline(&store).await;
    }
    eprintln!("{:?} empty timeline {:?}", store.dialect(), t.elapsed() / 100);
    let t = std::time::Instant::now();
    for i in 0..100 {
        enqueue(&store, &job(&i.to_string()), at(0)).await;
    }
    eprintln!("{:?} enqueue {:?}", store.dialect(), t.elapsed() / 100);
    let t = std::time::Instant::now();
    for i in 0..100 {
        store_events(&store, vec![arrival(i, "k")]).await;
    }
    eprintln!("{:?} store {:?}", store.dialect(), t.elapsed() / 100);
    let t = std::time::Instant::now();
    for i in 0..20 {
        store_events(&store, (0..15).map(|j| arrival(i * 100 + j, "k2")).collect()).await;
    }
    eprintln!("{:?} store15 {:?}", store.dialect(), t.elapsed() / 20);
    let t = std::time::Instant::now();
    for _ in 0..20 {
        timeline(&store).await;
    }
    eprintln!("{:?} timeline {:?}", store.dialect(), t.elapsed() / 20);
}
