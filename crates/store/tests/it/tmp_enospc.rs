use crate::support::*;
use syncline_store::events;
use syncline_store::embedded_log::{LogReader, LogWriter};
#[tokio::test]
async fn enospc() {
    let Ok(_) = std::env::var("ENOSPC") else { return };
    let db = syncline_store::testing::TestDb::of(syncline_store::testing::Which::Sqlite, "x").await.unwrap();
    let ballast = db.directory().join("ballast");
    std::fs::write(&ballast, vec![1; 1_000_000]).unwrap();
    let store = db.store().await;
    let mut n = 0;
    let err = loop {
        let mut tx = store.begin().await.unwrap();
        let mut a = arrival(n, &n.to_string());
        a.event.raw = vec![1; 30_000].into();
        let r = async { events::store(&mut tx, vec![a]).await?; tx.commit().await }.await;
        match r { Ok(()) => n += 1, Err(e) => break e }
    };
    eprintln!("{n} {err} {}", err.is_transient());
    for _ in 0..3 {
        let mut tx = store.begin().await.unwrap();
        let mut a = arrival(n, &n.to_string());
        a.event.raw = vec![1; 30_000].into();
        let r = async { events::store(&mut tx, vec![a]).await?; tx.commit().await }.await;
        eprintln!("{r:?}");
    }
    assert_eq!(timeline(&store).await.len() as i64, n);
    let log = db.directory().join("log");
    eprintln!("log on full disk: {:?}", LogWriter::open(&log, 0).err());
    std::fs::remove_file(&ballast).unwrap();
    assert_eq!(store_events(&store, vec![arrival(n, "more")]).await, 1);
    let w = LogWriter::open(&log, 0).unwrap();
    let mut m = 0;
    let e = loop { match w.append(1, &[1; 20_000], at(0)) { Ok(s) => m = s, Err(e) => break e } };
    eprintln!("log {m} {e} {}", e.is_transient());
    assert_eq!(LogReader::of(&log).after(0, 1000, usize::MAX).await.unwrap().len() as i64, m);
    // big transaction in one statement batch: cache spill
    drop(store);
    let store = db.open();
    assert_eq!(timeline(&store).await.len() as i64, n + 1);
}
#[tokio::test]
async fn spill() {
    let Ok(_) = std::env::var("ENOSPC") else { return };
    let db = syncline_store::testing::TestDb::of(syncline_store::testing::Which::Sqlite, "x").await.unwrap();
    let store = db.store().await;
    let mut a = store.begin().await.unwrap();
    events::store(&mut a, vec![arrival(1, "a")]).await.unwrap();
    let s2 = store.clone();
    let big = tokio::spawn(async move {
        let mut tx = s2.begin().await.unwrap();
        let mut r = Ok(0);
        for i in 0..12 {
            let mut e = arrival(i, "big"); e.event.raw = vec![1; 9_000_000].into();
            r = events::store(&mut tx, vec![e]).await;
            if r.is_err() { eprintln!("at {i} {r:?}"); break; }
        }
        (r.is_err(), tx.commit().await)
    });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    eprintln!("a commit: {:?}", a.commit().await);
    eprintln!("{:?}", big.await.unwrap());
    eprintln!("{:?} {}", timeline(&store).await.len(), store_events(&store, vec![arrival(5, "z")]).await);
}
