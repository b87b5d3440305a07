//! A hub for one test: everything real but the clock and the dice.

pub mod browser;
pub mod child;
pub mod chromium;
pub mod described;
pub mod joined;
pub mod load;
pub mod process;
pub mod proxy;
pub mod rig;
pub mod rows;
pub mod scene;
pub mod sse;
pub mod told;
pub mod topic;
pub mod wait;

use bytes::Bytes;
use described::Exchange;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use syncline_core::signature::hmac_sha256;
use syncline_core::time::{Clock, ManualClock, Timestamp};
use syncline_hub::api::access::create_key;
use syncline_hub::app::App;
use syncline_hub::config::{self, Flag, Sources};
use syncline_hub::cx::Cx;
use syncline_hub::dice::Dice;
use syncline_hub::lifecycle::{Ending, Lifecycle};
use syncline_hub::roles::Roles;
use syncline_store::testing::{TestDb, Which};
use tokio::net::TcpListener;

/// Held by whoever uses the Redis server: one test restarts it.
pub static REDIS: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The URL providers believe to call.
pub const PUBLIC_URL: &str = "https://hub.example.com";
/// As a setting's value: the URL at which the hub really listens.
pub const HERE: &str = "(where it listens)";
/// The secret of the app `main`.
pub const SECRET: &str = "test-secret-0123456789abcdef";
/// When every test begins.
pub const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// A running hub, in this process.
pub struct TestHub {
    /// Its rooms' context: the store, the wake-ups.
    pub cx: Cx,
    /// Its time.
    pub clock: Arc<ManualClock>,
    /// Where it listens.
    pub address: SocketAddr,
    /// A key for all organizations.
    pub key: String,
    /// Its database, for as long as the hub lives.
    _db: TestDb,
    life: Lifecycle,
    client: reqwest::Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// Sends a request and reads the answer, which has to be as the document of the API says.
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let (client, request) = request.build_split();
        let request = request.expect("a request");
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let sent = request.body().and_then(reqwest::Body::as_bytes).map(<[u8]>::to_vec);
        let answer = Self::read(client.execute(request).await.expect("the hub answers")).await;
        described::check(&Exchange {
            method: &method,
            path: &path,
            sent: sent.as_deref(),
            status: answer.status,
            kind: answer.header("content-type"),
            body: &answer.body,
        });
        answer
    }

    /// Reads an answer to its end.
    pub async fn read(answer: reqwest::Response) -> Self {
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Self { status, headers, body: answer.bytes().await.expect("a whole body") }
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {:?} ({})", self.body, self.status))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).expect("text")
    }

    /// A header's text, empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// The problem's stable code.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl TestHub {
    /// A hub on this database, or `None` when the database cannot be had.
    pub async fn on(which: Which, test: &str, settings: &[(&str, &str)]) -> Option<Self> {
        let db = TestDb::of(which, test).await?;
        Some(Self::with(db, settings).await)
    }

    /// A hub on SQLite.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        Self::on(Which::Sqlite, "", settings).await.expect("SQLite is always there")
    }

    /// A hub on a given database.
    pub async fn with(db: TestDb, settings: &[(&str, &str)]) -> Self {
        let clock = Arc::new(ManualClock::at(START));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let here = format!("http://{address}");
        let settings: Vec<(&str, &str)> = settings
            .iter()
            .map(|(key, value)| (*key, if *value == HERE { here.as_str() } else { *value }))
            .collect();
        let loaded = load(&db, &settings);
        let app = App::build(loaded, clock.clone(), Dice::seeded(7), Roles::ALL).expect("a hub can be built");
        app.start(listener).await.expect("the hub starts");
        let cx = app.cx.clone();
        tokio::time::timeout(Duration::from_secs(60), cx.ready.cancelled())
            .await
            .expect("the database comes");
        let (_, key) = create_key(&cx, "test", None).await.expect("a key");
        let client = syncline_hub::http::client::client().expect("a client");
        Self { cx, clock, address, key, _db: db, life: app.lifecycle(), client }
    }

    /// A URL of this hub.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Any request, without a key.
    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, self.url(path)).timeout(Duration::from_secs(30))
    }

    /// `GET` with the key for everything.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(reqwest::Method::GET, path).bearer_auth(&self.key)).await
    }

    /// Sends a request and reads the answer.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        Answer::of(request).await
    }

    /// A delivery for the app `main`, signed (v3) at the hub's present time.
    pub fn delivery(&self, body: &str) -> reqwest::RequestBuilder {
        let (timestamp, signature) = sign(SECRET, "/webhooks/hubspot/main", body, self.clock.now());
        self.request(reqwest::Method::POST, "/webhooks/hubspot/main")
            .header("content-type", "application/json")
            .header("x-hubspot-signature-v3", signature)
            .header("x-hubspot-request-timestamp", timestamp)
            .body(body.to_owned())
    }

    /// Delivers, expects an acknowledgement, and waits until everything acknowledged is stored.
    pub async fn deliver(&self, body: &str) {
        let answer = self.send(self.delivery(body)).await;
        assert!((200..300).contains(&answer.status), "{answer:?}");
        self.settled().await;
    }

    /// Waits until nothing waits in the log.
    pub async fn settled(&self) {
        let mut stored = self.cx.wake.events.subscribe();
        let wait = async {
            while self.get("/v1/status").await.json()["log"]["waiting_deliveries"] != 0 {
                let _ = tokio::time::timeout(Duration::from_millis(200), stored.changed()).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), wait).await.expect("the log is read");
    }

    /// Stops it as the first signal does, and waits for the end.
    pub async fn stop(&self) -> Ending {
        self.life.stop();
        self.life.wait(Duration::from_secs(20)).await
    }
}

impl Drop for TestHub {
    fn drop(&mut self) {
        self.life.stop();
    }
}

/// HubSpot's v3 headers: timestamp and signature.
pub fn sign(secret: &str, path: &str, body: &str, now: Timestamp) -> (String, String) {
    let timestamp = now.as_millis().to_string();
    let url = format!("{PUBLIC_URL}{path}");
    let parts = [b"POST", url.as_bytes(), body.as_bytes(), timestamp.as_bytes()];
    let signature = data_encoding::BASE64.encode(&hmac_sha256(secret.as_bytes(), &parts));
    (timestamp, signature)
}

/// The configuration of a test's hub: the app `main`, and whatever the test sets.
pub fn load(db: &TestDb, settings: &[(&str, &str)]) -> config::Config {
    let directory = db.directory().display().to_string();
    let base = [
        ("data_dir", directory.as_str()),
        ("database.url", db.url.as_str()),
        ("server.public_url", PUBLIC_URL),
        ("apps.main.provider", "hubspot"),
        ("apps.main.client_secret", SECRET),
    ];
    let flags = base.iter().chain(settings).map(|(key, value)| Flag::new("test", *key, *value)).collect();
    let sources = Sources { flags, here: db.directory().to_owned(), ..Sources::default() };
    config::load(&sources).expect("the test's settings").config
}

/// A property change of one contact.
pub fn change(event_id: u32, occurred_at: Timestamp, object_id: u32, property: &str, value: &str) -> Value {
    serde_json::json!({
        "eventId": event_id, "subscriptionId": 7, "portalId": 62515, "appId": 54321,
        "occurredAt": occurred_at.as_millis(), "subscriptionType": "contact.propertyChange", "attemptNumber": 0,
        "objectId": object_id, "propertyName": property, "propertyValue": value, "changeSource": "CRM_UI"
    })
}
