//! The composition root: configuration in, a running hub out. The only place that knows all rooms.

use crate::api::local_key;
use crate::api::{self, Api};
use crate::call::Calls;
use crate::config::{Config, DatabaseUrl, IntakeLog as LogKind};
use crate::counters::{self, Counters};
use crate::cx::By;
use crate::cx::Cx;
use crate::dice::Dice;
use crate::gauges::{self, Health, LogGauge};
use crate::handlers;
use crate::http::{client, server};
use crate::intake::log::{IntakeLog, database, embedded, kafka};
use crate::intake::reader::{self, Source};
use crate::intake::routes::{self, Intake, Proofs};
use crate::jobs::{self, Payload, worker};
use crate::keys::{Addresses, Keys};
use crate::lifecycle::Lifecycle;
use crate::notify::{Notify, engine};
use crate::popup;
use crate::portal;
use crate::roles::Roles;
use crate::sealing;
use crate::telemetry::metrics;
use crate::wake::{self, Wake};
use anyhow::{Context as _, Result};
use axum::Router;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;
use syncline_core::time::Clock;
use syncline_store::embedded_log::{self, LogReader};
use syncline_store::{Options, Store, intake_log};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A hub that has been put together and not yet started.
#[derive(Debug)]
pub struct App {
    /// The context of all rooms.
    pub cx: Cx,
    roles: Roles,
    log: LogParts,
    health: Health,
    lifecycle: Lifecycle,
}

/// The log's ends, before they are handed out.
#[derive(Debug)]
struct LogParts {
    gauge: LogGauge,
    path: Option<PathBuf>,
    read: Arc<AtomicI64>,
}

impl App {
    /// Puts a hub together.
    ///
    /// # Errors
    /// When the configuration cannot work: an unusable database URL, a data directory that cannot be made.
    pub fn build(config: Config, clock: Arc<dyn Clock>, dice: Dice, roles: Roles) -> Result<Self> {
        let store = Store::open(&options(&config)).context("database.url")?;
        let owns_files = own_files(&store, roles)?;
        let me = format!("{}-{}", std::process::id(), dice.id("p", clock.now()));
        let keys = Keys::load(&config, &dice).context("sealing.keys")?;
        let addresses = Addresses::load(&config, &dice);
        let client = client::client().context("TLS")?;
        let cx = Cx {
            store,
            clock,
            dice: Arc::new(dice),
            keys,
            addresses,
            calls: Arc::new(Calls::new(&config, client.clone())?),
            client,
            config: Arc::new(config),
            notify: Notify::default(),
            counters: Counters::default(),
            wake: Wake::default(),
            ready: CancellationToken::new(),
            log_failed_at: Arc::default(),
            owns_files,
            me: me.into(),
            by: By::hub(),
        };
        let log = LogParts::of(&cx);
        Ok(Self { cx, roles, log, health: Health::default(), lifecycle: Lifecycle::default() })
    }

    /// What ends this hub from inside the process.
    #[must_use]
    pub fn lifecycle(&self) -> Lifecycle {
        self.lifecycle.clone()
    }

    /// Starts everything on `listener` and returns; the tasks belong to the lifecycle. The server answers at once: what needs
    /// the database says 503 until the schema is in place.
    ///
    /// # Errors
    /// When the log cannot be opened or the schema can never be right.
    pub async fn start(&self, listener: TcpListener) -> Result<()> {
        let cx = &self.cx;
        let life = &self.lifecycle;
        let embedded = cx.store.sqlite_file().is_some();
        if embedded {
            // A file is there or it is not; waiting for it would help nobody.
            prepare(cx, self.roles).await?;
        }
        let recorder = metrics::install();
        let api = Api {
            cx: cx.clone(),
            health: self.health.clone(),
            log: self.log.gauge.clone(),
            recorder: recorder.clone(),
            roles: self.roles,
            stop: life.soft(),
        };
        let router = self.router(&api).await?;
        life.spawn("http", server::serve(listener, router, life.soft(), life.hard()));
        life.spawn(
            "wake",
            wake::run(cx.wake.clone(), cx.config.redis.url.clone(), cx.me.clone(), life.soft()),
        );
        // Only who reads the log opens it: a member of the consumer group that never reads keeps others from its share.
        let source = self.roles.worker.then(|| self.log.source(cx)).transpose()?;
        let app = BackgroundParts { log: source };
        let (cx, health, gauge, life, roles) =
            (cx.clone(), self.health.clone(), self.log.gauge.clone(), life.clone(), self.roles);
        self.lifecycle.spawn("background", async move {
            if !embedded && !prepare_for_ever(&cx, roles, &life.soft()).await {
                return;
            }
            let measuring = gauges::run(cx.clone(), gauge, health, recorder, life.soft());
            tokio::join!(measuring, app.run(&cx, &life));
        });
        Ok(())
    }

    async fn router(&self, api: &Api) -> Result<Router> {
        let mut router = api::machine_router(api.clone());
        if self.roles.intake {
            let log = self.log.intake_log(&self.cx).await?;
            let proofs = Proofs {
                sealing: Some((self.cx.keys.clone(), Arc::clone(&self.cx.dice))),
                addresses: self.cx.addresses.clone(),
            };
            let intake = Intake::new(&self.cx.config, self.cx.clock.clone(), proofs, log);
            router = router.merge(routes::router(Arc::new(intake)));
        }
        if self.roles.api {
            router = router.merge(api::router(api.clone())).merge(api::integrations::router(api.clone()));
            router = router.merge(popup::router(api.clone())).merge(portal::asset_router());
            if self.cx.config.portal.enabled {
                router = router.merge(portal::router(api.clone()));
            }
        }
        Ok(router.fallback(api::not_found))
    }
}

/// Takes SQLite's files for this process: two that write them would each believe to be the only one.
fn own_files(store: &Store, roles: Roles) -> Result<Option<Arc<File>>> {
    let Some(database) = store.sqlite_file() else { return Ok(None) };
    anyhow::ensure!(
        roles == Roles::ALL,
        "--role needs PostgreSQL or MySQL (database.url): SQLite belongs to one process, which does everything"
    );
    let path = database.with_extension("lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Arc::new(file))),
        Err(std::fs::TryLockError::WouldBlock) => {
            anyhow::bail!("another Syncline is running on {}", database.display())
        }
        Err(std::fs::TryLockError::Error(error)) => {
            Err(error).context(format!("cannot lock {}", path.display()))
        }
    }
}

/// The store's options from the settings.
#[must_use]
pub fn options(config: &Config) -> Options {
    let url = match &config.database.url {
        DatabaseUrl::Sqlite(None) => "sqlite".to_owned(),
        DatabaseUrl::Sqlite(Some(path)) => format!("sqlite://{}", path.display()),
        DatabaseUrl::Postgres(url) | DatabaseUrl::Mysql(url) => url.expose().to_owned(),
    };
    Options {
        url,
        data_dir: config.data_dir.clone(),
        max_connections: config.database.max_connections,
        acquire_timeout: config.database.acquire_timeout.get(),
    }
}

impl LogParts {
    fn of(cx: &Cx) -> Self {
        let read = Arc::new(AtomicI64::new(0));
        let path = cx.store.sqlite_file().map(|file| file.with_file_name("intake.db"));
        let gauge = match (&path, cx.config.intake.log) {
            (_, LogKind::Kafka) => LogGauge::Elsewhere,
            (Some(path), LogKind::Database) => LogGauge::Embedded(LogReader::of(path), Arc::clone(&read)),
            (None, LogKind::Database) => LogGauge::Database,
        };
        Self { gauge, path, read }
    }

    async fn intake_log(&self, cx: &Cx) -> Result<IntakeLog> {
        let settings = &cx.config.intake;
        let patience = settings.commit_timeout.get();
        Ok(match &self.gauge {
            LogGauge::Elsewhere => {
                let producer = kafka::Producer::new(&settings.kafka, settings.queue, patience)?;
                make_topic(cx);
                IntakeLog::kafka(producer, patience)
            }
            LogGauge::Database => IntakeLog::grouped(database::start(cx.clone(), settings.queue), patience),
            LogGauge::Embedded(..) => {
                let position = intake_log::position(&cx.store, embedded_log::NAME).await?;
                self.read.store(position, std::sync::atomic::Ordering::Release);
                let path = self.path.as_deref().context("the intake log's file")?;
                let clock = Arc::clone(&cx.clock);
                let read = Arc::clone(&self.read);
                let failed_at = Arc::clone(&cx.log_failed_at);
                let append = embedded::start(path, read, settings.queue, clock, cx.wake.clone(), failed_at)
                    .with_context(|| format!("the intake log {}", path.display()))?;
                IntakeLog::grouped(append, patience)
            }
        })
    }

    fn source(&self, cx: &Cx) -> Result<Source> {
        Ok(match &self.gauge {
            LogGauge::Elsewhere => Source::Kafka(Box::new(kafka::consumer(&cx.config.intake.kafka)?)),
            LogGauge::Database => Source::Database,
            LogGauge::Embedded(reader, read) => Source::Embedded(reader.clone(), Arc::clone(read)),
        })
    }
}

/// Makes the topic in the background, however long the brokers take to come.
fn make_topic(cx: &Cx) {
    let settings = cx.config.intake.kafka.clone();
    tokio::spawn(async move {
        while let Err(error) = kafka::ensure_topic(&settings).await {
            tracing::warn!(%error, topic = settings.topic, "Kafka: the topic is not there yet; trying again");
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    });
}

/// What runs behind the server.
struct BackgroundParts {
    /// The log's reading end, where this process works.
    log: Option<Source>,
}

impl BackgroundParts {
    async fn run(self, cx: &Cx, life: &Lifecycle) {
        if let Some(log) = self.log {
            // Each on the heap: together they would be more than a thread's stack wants to move.
            let reading = Box::pin(reader::run(cx.clone(), log, life.soft()));
            let working = Box::pin(worker::work(cx.clone(), handlers::run, life.soft(), life.hard()));
            let telling = Box::pin(engine::run(cx.clone(), life.soft(), life.hard()));
            let counting = Box::pin(counters::engine::run(cx.clone(), life.soft(), life.hard()));
            tokio::join!(reading, working, telling, counting);
        } else {
            life.soft().cancelled().await;
        }
    }
}

/// Builds the schema, and what a first start needs: the first jobs and, where the API is served, the local key.
///
/// # Errors
/// [`syncline_store::StoreError`] as the database says.
pub async fn prepare(cx: &Cx, roles: Roles) -> Result<()> {
    cx.store.migrate().await?;
    let mut tx = cx.store.begin().await?;
    jobs::enqueue(cx, &mut tx, &Payload::Retention, cx.now()).await?;
    counters::work::begin(cx, &mut tx).await?;
    tx.commit().await?;
    if roles.api {
        // Elsewhere nobody would ask with it: each new container would leave another key for everything behind.
        local_key::ensure(cx).await?;
    }
    sealing::warn_of_lost_keys(cx).await?;
    cx.ready.cancel();
    Ok(())
}

/// Prepares as soon as the server is there; false when the process stops first. A schema that can never be right stops the process.
async fn prepare_for_ever(cx: &Cx, roles: Roles, soft: &CancellationToken) -> bool {
    // Until somebody measures: a process that never reached its database has an alert as well.
    metrics::database_up(false);
    loop {
        let Err(error) = prepare(cx, roles).await else { return true };
        let transient =
            error.downcast_ref::<syncline_store::StoreError>().is_some_and(|error| error.is_transient());
        if !transient {
            tracing::error!(error = format!("{error:#}"), "the database cannot be used");
            return false;
        }
        tracing::warn!(error = format!("{error:#}"), "waiting for the database");
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            () = soft.cancelled() => return false,
        }
    }
}
