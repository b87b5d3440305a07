//! The proof: so many keys, many changes by several clients at once, faults at the trigger, lost answers, a hub that is killed. In the end
//! every property has to show what was accepted, and no value may have come after a later one.

use super::counters_scene::Scene;
use crate::cli::out;
use crate::cli::remote::segment;
use crate::telemetry::Stopwatch;
use anyhow::{Context as _, Result, bail, ensure};
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::RwLock;
use tokio::task::JoinSet;

/// Clients at once.
const CLIENTS: u64 = 16;
/// How long everything may take to be shown after the last change.
const PATIENCE: Duration = Duration::from_secs(1_800);
/// How long a client waits for an answer before it asks again.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// Faults at the trigger, each with this chance: refused for now, a server's error, cut before, cut after it was taken.
const CHANCE: f64 = 0.01;

/// How much.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    pub(super) keys: u64,
    pub(super) changes: u64,
    pub(super) kills: u64,
    /// The command that restarts Redis in the middle; it forgets everything.
    pub(super) restart: Option<String>,
}

/// The proof under way.
pub(super) struct Proof {
    scene: Scene,
    scale: Scale,
    ids: Arc<Vec<String>>,
    truth: Truth,
}

/// Where clients send to; another place after the hub was killed.
#[derive(Clone)]
struct Door {
    base: String,
    key: String,
}

impl Proof {
    pub(super) async fn run(
        dir: &std::path::Path,
        database: &str,
        store: Option<&str>,
        scale: Scale,
    ) -> Result<ExitCode> {
        ensure!(scale.keys > 0 && scale.changes > 0, "there is nothing to change");
        let truth = Truth::start().await?;
        let said = scale.restart.as_ref().map_or_else(|| json!({}), |_| json!({ "truth": truth.source() }));
        let scene = Scene::start(dir, database, store, said).await?;
        let ids = Arc::new(scene.exams(scale.keys).await?);
        prepare(&scene, &scale).await?;
        let mut proof = Self { scene, scale, ids, truth };
        let watch = Stopwatch::start();
        let accepted = proof.change().await?;
        let counted = watch.elapsed();
        proof.scene.sandbox.delete("/_sandbox/faults").await?;
        if proof.scale.restart.is_some() {
            proof.repair(&accepted).await?;
        }
        proof.until_shown(&accepted).await?;
        proof.tell(&accepted, counted, watch.elapsed()).await
    }

    /// What Redis forgot is found by a comparison with what the clients know, and counted again from it.
    async fn repair(&self, accepted: &BTreeMap<String, u64>) -> Result<()> {
        self.truth.set(accepted.clone());
        let (watch, mut drifted) = (Stopwatch::start(), 0);
        // Until one finds nothing and nothing on its way: what Redis holds now is seen by and by.
        loop {
            self.scene.until_idle(PATIENCE).await?;
            let counts = &self.scene.compare(PATIENCE).await?["counts"];
            let count = |name: &str| counts[name].as_u64().unwrap_or_default();
            drifted += count("drifted");
            if count("alike") == self.scale.keys {
                break;
            }
            ensure!(watch.elapsed() < PATIENCE, "the numbers still differ: {counts}");
        }
        out::line(format!(
            "Redis was restarted in the middle and forgot everything: {drifted} counters drifted from what was accepted, right again {:.0} s after the last change",
            watch.elapsed().as_secs_f64(),
        ));
        Ok(())
    }

    /// All changes, while the hub is killed so often; answers how many of each key were accepted.
    async fn change(&mut self) -> Result<BTreeMap<String, u64>> {
        let door = Arc::new(RwLock::new(self.door()));
        let next = Arc::new(AtomicU64::new(0));
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let client = Client {
                door: Arc::clone(&door),
                next: Arc::clone(&next),
                ids: Arc::clone(&self.ids),
                changes: self.scale.changes,
                path: format!("/v1/counters/{}/values", segment(&self.scene.counter)),
                http: crate::http::client::client()?,
            };
            clients.spawn(client.run());
        }
        let mut accepted = BTreeMap::new();
        for (at, mishap) in self.mishaps() {
            while next.load(Ordering::Relaxed) < at {
                // One that was refused ends everything; none ends well before the last change.
                if let Some(ended) = clients.try_join_next() {
                    add(&mut accepted, ended??);
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            match mishap {
                Mishap::Kill => self.scene.kill().await?,
                Mishap::Restart(command) => restart(&command).await?,
            }
            *door.write().await = self.door();
        }
        while let Some(one) = clients.join_next().await {
            add(&mut accepted, one??);
        }
        Ok(accepted)
    }

    /// What happens after how many changes, in this order.
    fn mishaps(&self) -> Vec<(u64, Mishap)> {
        let Scale { changes, kills, restart, .. } = &self.scale;
        let killed = (1..=*kills).map(|kill| (changes * kill / (kills + 1), Mishap::Kill));
        let restarted = restart.clone().map(|command| (changes / 2, Mishap::Restart(command)));
        let mut all: Vec<(u64, Mishap)> = killed.chain(restarted).collect();
        all.sort_by_key(|(at, _)| *at);
        all
    }

    fn door(&self) -> Door {
        let (base, key) = self.scene.hub.door();
        Door { base, key }
    }

    /// Until nothing is to be sent or looked at any more, and every counter was seen to be shown: what was counted in Redis is noticed a little
    /// later.
    async fn until_shown(&self, accepted: &BTreeMap<String, u64>) -> Result<()> {
        let watch = Stopwatch::start();
        loop {
            if self.scene.is_idle().await? && self.all_are_shown(accepted).await? {
                return Ok(());
            }
            if watch.elapsed() > PATIENCE {
                bail!("not everything is shown after {} s", PATIENCE.as_secs());
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    async fn all_are_shown(&self, accepted: &BTreeMap<String, u64>) -> Result<bool> {
        let path = format!("/v1/counters/{}/read", segment(&self.scene.counter));
        let keys: Vec<&String> = accepted.keys().collect();
        for keys in keys.chunks(1_000) {
            let found = self.scene.hub.post(&path, json!({ "keys": keys })).await?;
            let found = found["data"].as_array().context("the counters")?;
            let right = |one: &Value| {
                let key = one["key"].as_str().unwrap_or_default();
                one["shown"] == true && one["property"]["value"].as_u64() == accepted.get(key).copied()
            };
            if !found.iter().all(right) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn tell(
        &self,
        accepted: &BTreeMap<String, u64>,
        counted: Duration,
        shown: Duration,
    ) -> Result<ExitCode> {
        let changes: u64 = accepted.values().sum();
        let properties = self.scene.properties(&self.ids).await?;
        let right = self.ids.iter().filter(|id| {
            let expected = accepted.get(*id).copied().unwrap_or(0);
            properties.get(*id).copied().unwrap_or(0) == expected
        });
        let right = right.count();
        let sent = self.sent().await?;
        let requests = self.scene.hub.calls("hubspot").await?;
        let keys = accepted.len();
        out::line(format!(
            "{changes} changes of {keys} keys by {CLIENTS} clients, accepted in {:.1} s ({:.0}/s); shown {:.1} s after the last",
            counted.as_secs_f64(),
            changes as f64 / counted.as_secs_f64(),
            (shown - counted).as_secs_f64(),
        ));
        out::line(format!(
            "  the hub was killed {} times; {:.0} of 100 calls of the trigger went wrong",
            self.scale.kills,
            400.0 * CHANCE
        ));
        out::line(format!(
            "  calls that the trigger took: {}, {:.2} for each key, {:.1} changes in each; other calls to HubSpot since the last start: {}",
            sent.calls,
            sent.calls as f64 / keys.max(1) as f64,
            changes as f64 / sent.calls.max(1) as f64,
            requests,
        ));
        if self.scale.restart.is_some() {
            out::line(format!(
                "  keys that were counted and pushed anew before the comparison: {}",
                sent.anew
            ));
        }
        out::line(format!("  an older value after a newer one: {}", sent.inverted));
        out::line(format!("  properties that show what was accepted: {right} of {}", self.ids.len()));
        let good = right == self.ids.len() && sent.inverted == 0 && changes == self.scale.changes;
        Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// What the workflow was sent, and what became of it: in the order in which values took effect, which is not that of the calls.
    async fn sent(&self) -> Result<Sent> {
        let workflows = self.scene.sandbox.get("/_sandbox/hubspot/workflows", "").await?;
        let history = workflows["workflows"][0]["history"].as_array().context("the workflow's history")?;
        let mut sent = Sent { calls: history.len(), ..Sent::default() };
        for held in self.scene.histories(&self.ids).await?.into_values() {
            // Only counted up: a smaller number is an older one. A Redis that forgot begins anew, once.
            let older = held.windows(2).filter(|pair| pair[1] < pair[0]).count();
            let anew = usize::from(self.scale.restart.is_some() && older > 0);
            sent.anew += anew;
            sent.inverted += older - anew;
        }
        Ok(sent)
    }
}

/// Adds what a client did.
fn add(accepted: &mut BTreeMap<String, u64>, more: BTreeMap<String, u64>) {
    for (key, count) in more {
        *accepted.entry(key).or_insert(0) += count;
    }
}

/// What the workflow was sent.
#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    calls: usize,
    inverted: usize,
    /// Keys that began anew after Redis forgot them.
    anew: usize,
}

/// What happens while clients count.
enum Mishap {
    /// The hub is killed.
    Kill,
    /// Redis is restarted with this command, and forgets everything.
    Restart(String),
}

async fn restart(command: &str) -> Result<()> {
    let mut shell = tokio::process::Command::new("sh");
    let status = shell.arg("-c").arg(command).stdout(std::process::Stdio::null()).status().await?;
    ensure!(status.success(), "`{command}` failed: {status}");
    Ok(())
}

/// What the application knows: how many changes of each key were accepted, asked over HTTP.
struct Truth {
    address: SocketAddr,
    known: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl Truth {
    async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let known = Arc::new(Mutex::new(BTreeMap::new()));
        let asked = Arc::clone(&known);
        let answer = async move |Path(key): Path<String>| {
            let count: Option<u64> = asked.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
            axum::Json(json!({ "count": count }))
        };
        let router = Router::new().route("/exams/{key}", get(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, known })
    }

    fn source(&self) -> Value {
        let url = format!("http://{}/exams/{{{{key}}}}", self.address);
        json!({ "source": "http", "url": url, "pointer": "/count" })
    }

    fn set(&self, known: BTreeMap<String, u64>) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }
}

/// A workflow whose runs overtake each other and which remembers everything, and a trigger that goes wrong now and then.
async fn prepare(scene: &Scene, scale: &Scale) -> Result<()> {
    let flow = json!({ "delay_ms": 200, "delay_up_to_ms": 2_000, "history": scale.changes * 2 });
    let settings = json!({ "hubspot": { "workflows": flow } });
    scene.sandbox.patch("/_sandbox/settings", settings).await?;
    for effect in [
        json!({ "kind": "rate_limited", "retry_after": 1 }),
        json!({ "kind": "server_error", "status": 503 }),
        json!({ "kind": "cut" }),
        json!({ "kind": "lost_answer" }),
    ] {
        let rule = json!({ "provider": "hubspot", "path": "*webhook-triggers*", "chance": CHANCE, "effect": effect });
        scene.sandbox.post("/_sandbox/faults", rule).await?;
    }
    Ok(())
}

/// A client that takes the next change when the one before was answered.
struct Client {
    door: Arc<RwLock<Door>>,
    next: Arc<AtomicU64>,
    ids: Arc<Vec<String>>,
    changes: u64,
    path: String,
    http: reqwest::Client,
}

impl Client {
    async fn run(self) -> Result<BTreeMap<String, u64>> {
        let mut accepted = BTreeMap::new();
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.changes {
                return Ok(accepted);
            }
            // A step without a divisor in common with a round number of keys: all of them, again and again.
            let at = number.wrapping_mul(1_000_003) % self.ids.len() as u64;
            let key = &self.ids[usize::try_from(at)?];
            self.increment(key, number).await?;
            *accepted.entry(key.clone()).or_insert(0) += 1;
        }
    }

    /// Asks until it is answered: the idempotency key makes that one change.
    async fn increment(&self, key: &str, number: u64) -> Result<()> {
        let watch = Stopwatch::start();
        loop {
            let Door { base, key: secret } = self.door.read().await.clone();
            let request = self.http.post(format!("{base}{}/{key}/increment", self.path)).bearer_auth(secret);
            let request = request.header("Idempotency-Key", format!("bench-{number}")).timeout(ANSWER_WITHIN);
            match request.send().await {
                Ok(answer) if answer.status().is_success() => return Ok(()),
                Ok(answer) if answer.status().is_client_error() => bail!("refused: {}", answer.text().await?),
                _ if watch.elapsed() > PATIENCE => {
                    bail!("a change was not answered for {} s", PATIENCE.as_secs())
                }
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }
}
