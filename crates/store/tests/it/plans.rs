//! Every question people ask often is answered through an index and in its order: no table is read from end to end, and
//! nothing is sorted.
//!
//! The statements are the ones the store really runs: they are heard from its trace events, and SQLite is asked how it
//! would go about them.

use crate::support::raw::Raw;
use crate::support::{arrival, at, job, store_events};
use std::sync::{Arc, Mutex};
use syncline_core::event::EventId;
use syncline_store::events::{self, Filter, Order};
use syncline_store::jobs::{self, NewJob, State};
use syncline_store::testing::{TestDb, Which};
use syncline_store::{Result, Scope, Store, Tx, accounts, api_keys, intake_log, portal};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

#[tokio::test]
async fn dump() {
    let db = TestDb::of(Which::Sqlite, "plans").await.unwrap();
    let store = db.store().await;
    store_events(&store, vec![arrival(1, "a")]).await;
    let mut raw = Raw::to(&db).await;
    let word = || Some("x".to_owned());
    let org = Scope::Organization("acme".to_owned());
    let f = Filter::default();
    let filters = [
        ("none", f.clone()),
        ("org", Filter { org_id: word(), ..f.clone() }),
        ("account", Filter { account: word(), ..f.clone() }),
        ("provider", Filter { provider: word(), ..f.clone() }),
        ("provider account", Filter { provider: word(), account: word(), ..f.clone() }),
        ("object", Filter { object_id: word(), ..f.clone() }),
        ("type", Filter { object_type: word(), ..f.clone() }),
        ("type object", Filter { object_type: word(), object_id: word(), ..f.clone() }),
        ("kind", Filter { kind: word(), ..f.clone() }),
        ("kind object", Filter { kind: word(), object_id: word(), ..f.clone() }),
        ("kind account", Filter { kind: word(), account: word(), ..f.clone() }),
        ("property", Filter { property: word(), ..f.clone() }),
        ("from", Filter { from: Some(at(1)), ..f.clone() }),
        ("from to kind", Filter { from: Some(at(1)), to: Some(at(1)), kind: word(), ..f.clone() }),
    ];
    for (name, filter) in filters {
        for scope in [&Scope::All, &org] {
            for after in [None, Some(EventId::MIN)] {
                let heard = heard(async {
                    drop(events::page(&store, scope, &filter, Order::NewestFirst, after, 5).await)
                })
                .await;
                for sql in heard {
                    eprintln!(
                        "page {name} {scope:?} {} => {:?}",
                        after.is_some(),
                        plan(&mut raw, &sql).await
                    );
                }
            }
            let heard = heard(async { drop(events::since(&store, scope, &filter, 3, 5).await) }).await;
            for sql in heard {
                eprintln!("since {name} {scope:?} => {:?}", plan(&mut raw, &sql).await);
            }
        }
    }
}

async fn plan(raw: &mut Raw, sql: &str) -> Vec<String> {
    let Raw::Sqlite(db) = raw else { unreachable!("plans are SQLite's") };
    let mut explain = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let lines = explain.raw_query().mapped(|row| row.get::<_, String>(3)).collect::<rusqlite::Result<_>>();
    lines.unwrap()
}

/// The statements that run while `work` does.
async fn heard(work: impl Future<Output = ()>) -> Vec<String> {
    let statements = Arc::new(Mutex::new(Vec::new()));
    // For this thread only, which is the only one: the runtime is the test's own.
    let guard = tracing::subscriber::set_default(Listener(Arc::clone(&statements)));
    work.await;
    drop(guard);
    std::mem::take(&mut *statements.lock().unwrap())
}

struct Listener(Arc<Mutex<Vec<String>>>);

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "syncline_store::sql"
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Statement(&self.0));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Statement<'a>(&'a Mutex<Vec<String>>);

impl Visit for Statement<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "sql" {
            self.0.lock().unwrap().push(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
