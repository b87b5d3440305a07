//! The jobs of a hub without the hub: a database, a clock, and workers when the test wants some.

use super::wait::until;
use super::{START, change, load};
use std::sync::Arc;
use std::time::Duration;
use syncline_core::segment::LoggedDelivery;
use syncline_core::time::{Clock as _, ManualClock};
use syncline_hub::app::{self, App};
use syncline_hub::config::Config;
use syncline_hub::cx::Cx;
use syncline_hub::dice::Dice;
use syncline_hub::handlers;
use syncline_hub::intake::stored;
use syncline_hub::jobs::{self as work, Payload, worker};
use syncline_hub::roles::Roles;
use syncline_store::events::{self, Filter, Order};
use syncline_store::jobs::{self, Job, NewJob, Outcome, State};
use syncline_store::testing::{TestDb, Which};
use syncline_store::{Scope, accounts};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const HOUR: Duration = Duration::from_secs(3_600);

/// A database with the schema and a clock; nobody works yet.
pub struct Rig {
    pub cx: Cx,
    pub clock: Arc<ManualClock>,
    db: TestDb,
}

/// A worker of its own.
pub struct Worker {
    pub soft: CancellationToken,
    pub hard: CancellationToken,
    task: JoinHandle<()>,
}

impl Worker {
    pub async fn ended(self) {
        tokio::time::timeout(Duration::from_secs(30), self.task).await.expect("it ends").expect("no panic");
    }
}

impl Rig {
    pub async fn new(settings: &[(&str, &str)]) -> Self {
        Self::on(TestDb::of(Which::Sqlite, "").await.expect("SQLite is always there"), settings).await
    }

    pub async fn on(db: TestDb, settings: &[(&str, &str)]) -> Self {
        let clock = Arc::new(ManualClock::at(START));
        let settings = [&[("jobs.poll", "10ms")], settings].concat();
        let app = App::build(load(&db, &settings), clock.clone(), Dice::seeded(7), Roles::ALL).unwrap();
        app::prepare(&app.cx, Roles::ALL).await.unwrap();
        let rig = Self { cx: app.cx.clone(), clock, db };
        // The housekeeping every hub begins with is not what these tests are about.
        let [retention] = rig.claim("a first worker", 9).await.try_into().expect("one job");
        rig.settle("a first worker", &retention, Outcome::Continue(START.plus(1_000 * HOUR))).await;
        rig
    }

    /// The same hub as another process.
    pub fn process(&self, name: &str) -> Cx {
        Cx { me: name.into(), ..self.cx.clone() }
    }

    /// The configuration with other settings.
    pub fn config(&self, settings: &[(&str, &str)]) -> Config {
        load(&self.db, &[&[("jobs.poll", "10ms")], settings].concat())
    }

    pub async fn claim(&self, process: &str, free: usize) -> Vec<Job> {
        worker::claim(&self.process(process), free, &mut None).await.unwrap()
    }

    pub async fn settle(&self, process: &str, job: &Job, outcome: Outcome) -> bool {
        let mut tx = self.cx.store.begin().await.unwrap();
        let held = jobs::settle(&mut tx, &job.id, process, &outcome, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        held
    }

    pub async fn enqueue(&self, id: &str, org_id: &str, kind: &str) {
        let job = NewJob {
            id: id.to_owned(),
            kind: kind.to_owned(),
            org_id: org_id.to_owned(),
            coalesce_key: None,
            payload: "{}".to_owned(),
            run_at: self.clock.now(),
        };
        let mut tx = self.cx.store.begin().await.unwrap();
        jobs::enqueue(&mut tx, &job, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// An event of account 62515, and the job that gives it to `org_a`.
    pub async fn an_event_to_adopt(&self) -> Job {
        let delivery = LoggedDelivery {
            provider: "hubspot".into(),
            app: "main".into(),
            received_at: START,
            body: serde_json::json!([change(1, START, 1, "firstname", "Zoë")]).to_string().into(),
        };
        stored::store(&self.cx, stored::take_apart(&[delivery]), async |_| Ok(())).await.unwrap();
        let mut tx = self.cx.store.begin().await.unwrap();
        accounts::assign(&mut tx, "hubspot", "62515", "org_a", START).await.unwrap();
        let adopt = Payload::AdoptEvents {
            provider: "hubspot".into(),
            account: "62515".into(),
            org_id: "org_a".into(),
        };
        work::enqueue(&self.cx, &mut tx, &adopt, START).await.unwrap();
        tx.commit().await.unwrap();
        let waiting = self.list(State::Waiting).await;
        waiting.into_iter().find(|job| job.kind == "events.adopt").expect("the job")
    }

    pub async fn is_adopted(&self) -> bool {
        let all = Filter::default();
        let found = events::page(&self.cx.store, &Scope::All, &all, Order::OldestFirst, None, 9).await;
        found.unwrap()[0].org_id.as_deref() == Some("org_a")
    }

    pub async fn list(&self, state: State) -> Vec<Job> {
        jobs::list(&self.cx.store, &Scope::All, state, &jobs::Filter::default(), None, 100).await.unwrap()
    }

    pub async fn job(&self, id: &str) -> Option<Job> {
        jobs::get(&self.cx.store, &Scope::All, id).await.unwrap()
    }

    pub async fn job_in(&self, id: &str, state: State, attempts: u32) -> Job {
        until("the job gets there", async || {
            self.job(id).await.filter(|job| (job.state, job.attempts) == (state, attempts))
        })
        .await
    }

    pub fn work(&self, cx: Cx) -> Worker {
        self.work_with(cx, handlers::run)
    }

    /// A worker that does its jobs this way.
    pub fn work_with(&self, cx: Cx, handler: worker::Handler) -> Worker {
        let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
        let task = tokio::spawn(worker::work(cx, handler, soft.clone(), hard.clone()));
        Worker { soft, hard, task }
    }

    /// Makes handing an event over take the database about this many million steps: longer than the tests' patience, shorter than
    /// anybody's else.
    pub fn slow_down(&self, millions: u32) {
        self.sql(&format!(
            "CREATE VIEW slow AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c \
             WHERE x < {millions}000000) SELECT max(x) AS x FROM c;
             CREATE TRIGGER slow_adoption BEFORE UPDATE OF org_id ON events BEGIN SELECT x FROM slow; END;"
        ));
    }

    pub fn sql(&self, statements: &str) {
        let path = self.cx.store.sqlite_file().expect("a file");
        assert!(path.starts_with(self.db.directory()));
        let db = rusqlite::Connection::open(path).unwrap();
        db.busy_timeout(Duration::from_secs(20)).unwrap();
        db.execute_batch(statements).unwrap();
    }
}
