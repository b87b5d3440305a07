//! One behaviour suite, run on every database.
//!
//! A behaviour is one async function that is given a database of its own and says in its name what must hold. The tests
//! are named `noun::behaviour::database`. SQLite always runs; PostgreSQL and MySQL run where `SYNCLINE_TEST_POSTGRES_URL`
//! and `SYNCLINE_TEST_MYSQL_URL` name a server, and otherwise note themselves as skipped.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

/// Makes one test per behaviour and database: `behaviour::sqlite`, `behaviour::postgres` and `behaviour::mysql`.
macro_rules! for_each_database {
    ($($behaviour:ident),* $(,)?) => {
        $(on_databases!($behaviour: sqlite Sqlite, postgres Postgres, mysql MySql);)*
    };
}

/// The same on the databases named; the last word names how their database is made, if they are not given one with its schema.
macro_rules! on_databases {
    ($behaviour:ident: $($name:ident $which:ident),*) => { on_databases!($behaviour: $($name $which),*; run); };
    ($behaviour:ident: $($name:ident $which:ident),*; $run:ident) => {
        mod $behaviour {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let which = syncline_store::testing::Which::$which;
                    crate::support::$run(which, module_path!(), super::$behaviour).await;
                }
            )*
        }
    };
}

/// Makes one test per behaviour that only SQLite has: `behaviour::sqlite`.
macro_rules! for_sqlite {
    ($($behaviour:ident),* $(,)?) => { $(on_databases!($behaviour: sqlite Sqlite);)* };
}

mod accounts;
mod api_keys;
mod audit;
mod backup;
mod connections;
mod counter_changes;
mod counter_definitions;
mod counter_model;
mod counter_plans;
mod counter_pushes;
mod counter_runs;
mod counter_writers;
mod disk_full;
mod embedded_log;
mod event_contents;
mod event_filters;
mod event_search;
mod events;
mod group_commit;
mod hooks;
mod intake_log;
mod job_coalescing;
mod job_lists;
mod job_model;
mod jobs;
mod leases;
mod load_plans;
mod migrations;
mod notifications;
mod notify_again;
mod notify_deliveries;
mod notify_endpoints;
mod notify_messages;
mod notify_order;
mod notify_plans;
mod notify_search;
mod notify_statistics;
mod overview;
mod paging;
mod plans;
mod portal;
mod record_lists;
mod record_model;
mod record_orders;
mod record_writers;
mod records;
mod run_lanes;
mod runs;
mod stale;
mod support;
mod sync_conflicts;
mod sync_history;
mod sync_keys;
mod sync_links;
mod sync_marks;
mod sync_query_plans;
mod sync_runs;
mod sync_writers;
mod syncs;
mod transactions;
