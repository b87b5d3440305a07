//! A hub's room for telling, without the hub: a database, a clock, an engine, endpoints.

use super::receiver::Receiver;
use crate::support::wait::until;
use crate::support::{START, load};
use std::sync::Arc;
use std::time::Duration;
use syncline_core::notify::secret::{Scheme, VerifyingKey};
use syncline_core::secret::Secret;
use syncline_core::time::{Clock, ManualClock, Timestamp};
use syncline_hub::app::{self, App};
use syncline_hub::cx::Cx;
use syncline_hub::dice::Dice;
use syncline_hub::endpoints::{self as rows, Change, NewEndpoint, NewSecret};
use syncline_hub::notify::{self, Draft, PublishError, Receipt, engine};
use syncline_hub::roles::Roles;
use syncline_store::Scope;
use syncline_store::notify::attempts::{self, Attempt};
use syncline_store::notify::deliveries::{self, Delivery, State};
use syncline_store::notify::endpoints::{self, Endpoint};
use syncline_store::testing::{TestDb, Which};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What lets endpoints be on this machine.
const HERE: [(&str, &str); 3] =
    [("notify.allow", "127.0.0.0/8"), ("notify.plain_http", "true"), ("jobs.poll", "10ms")];

pub struct Scene {
    pub cx: Cx,
    pub clock: Arc<ManualClock>,
    pub soft: CancellationToken,
    pub hard: CancellationToken,
    engine: Option<JoinHandle<()>>,
    db: TestDb,
}

/// An endpoint that was made, with its first secret.
pub struct Made {
    pub id: String,
    pub key: VerifyingKey,
    pub secret: Secret,
}

impl Scene {
    pub async fn new(settings: &[(&str, &str)]) -> Self {
        let clock = Arc::new(ManualClock::at(START));
        Self::with(clock.clone(), clock, settings).await
    }

    /// With another clock than the one that stands still.
    pub async fn with(time: Arc<dyn Clock>, clock: Arc<ManualClock>, settings: &[(&str, &str)]) -> Self {
        let db = TestDb::of(Which::Sqlite, "").await.expect("SQLite is always there");
        let config = load(&db, &[&HERE[..], settings].concat());
        let app = App::build(config, time, Dice::seeded(7), Roles::ALL).unwrap();
        app::prepare(&app.cx, Roles::ALL).await.unwrap();
        let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
        let engine = tokio::spawn(engine::run(app.cx.clone(), soft.clone(), hard.clone()));
        Self { cx: app.cx.clone(), clock, soft, hard, engine: Some(engine), db }
    }

    pub async fn endpoint(&self, receiver: &Receiver) -> Made {
        self.endpoint_at(&receiver.url("/hook"), Change::default()).await
    }

    pub async fn endpoint_at(&self, url: &str, terms: Change) -> Made {
        self.endpoint_of(Some("acme"), url, terms).await
    }

    pub async fn endpoint_of(&self, org_id: Option<&str>, url: &str, terms: Change) -> Made {
        let new = NewEndpoint { org_id: org_id.map(str::to_owned), url: url.to_owned(), terms };
        let (endpoint, made) = rows::create(&self.cx, new, NewSecret::Generated(Scheme::Hmac)).await.unwrap();
        let key = VerifyingKey::parse(&made.secret).unwrap();
        Made { id: endpoint.id, key, secret: made.secret }
    }

    /// Publishes a message of acme's; answers its id.
    pub async fn publish(&self, kind: &str) -> String {
        self.try_publish(draft(kind)).await.unwrap().id
    }

    pub async fn try_publish(&self, draft: Draft) -> Result<Receipt, PublishError> {
        notify::publish(&self.cx, draft).await
    }

    pub async fn delivery(&self, message: &str, endpoint: &str) -> Delivery {
        deliveries::get(&self.cx.store, &Scope::All, message, endpoint).await.unwrap().expect("a delivery")
    }

    /// Waits until a delivery is so.
    pub async fn becomes(&self, message: &str, endpoint: &str, state: State) -> Delivery {
        until(&format!("{state:?}"), async || {
            Some(self.delivery(message, endpoint).await).filter(|it| it.state == state)
        })
        .await
    }

    /// Waits until a delivery was tried so often and waits for its next attempt, or for nothing.
    pub async fn tried(&self, message: &str, endpoint: &str, times: u32) -> Delivery {
        until(&format!("{times} attempts"), async || {
            Some(self.delivery(message, endpoint).await).filter(|it| it.tried >= times && !it.under_way)
        })
        .await
    }

    pub async fn attempts(&self, message: &str, endpoint: &str) -> Vec<Attempt> {
        attempts::list(&self.cx.store, &Scope::All, message, endpoint, 99).await.unwrap()
    }

    pub async fn row(&self, endpoint: &str) -> Endpoint {
        endpoints::get(&self.cx.store, &Scope::All, endpoint).await.unwrap().expect("an endpoint")
    }

    pub fn later(&self, span: Duration) {
        self.clock.advance(span);
        self.cx.wake.news.notify_one();
    }

    /// Moves the clock to this moment.
    pub fn at(&self, moment: Timestamp) {
        self.later(moment.since(self.clock.now()));
    }

    /// Another process on the same database.
    pub fn another(&self, name: &str) -> (Cx, JoinHandle<()>) {
        let cx = Cx {
            me: name.into(),
            notify: syncline_hub::notify::Notify::default(),
            wake: syncline_hub::wake::Wake::default(),
            ..self.cx.clone()
        };
        let engine = tokio::spawn(engine::run(cx.clone(), self.soft.clone(), self.hard.clone()));
        (cx, engine)
    }

    /// The file of its database.
    pub fn database(&self) -> &str {
        self.db.url.trim_start_matches("sqlite://")
    }

    /// The task that the engine is.
    pub fn engine_id(&self) -> tokio::task::Id {
        self.engine.as_ref().expect("it runs").id()
    }

    /// The engine is gone without a word, as after a power cut: what it had in hand it keeps.
    pub fn kill(&mut self) {
        self.engine.take().expect("it runs").abort();
        self.cx.notify = syncline_hub::notify::Notify::default();
    }

    /// Stops the engine as the first signal does.
    pub async fn stop(&mut self) {
        self.soft.cancel();
        let engine = self.engine.take().expect("it runs");
        tokio::time::timeout(Duration::from_secs(20), engine).await.expect("it ends").unwrap();
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.soft.cancel();
        self.hard.cancel();
    }
}

pub fn draft(kind: &str) -> Draft {
    Draft {
        org_id: "acme".to_owned(),
        kind: kind.to_owned(),
        order_key: None,
        payload: format!(r#"{{"type":"{kind}"}}"#),
        idempotency: None,
    }
}
