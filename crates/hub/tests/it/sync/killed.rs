//! A sync whose process is killed again and again, during its first run and while people change things on both sides, goes on where
//! it was: everybody ends with one counterpart, and nobody with two.

use super::acts::text;
use crate::support::process::{Process, Program};
use crate::support::wait::until;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_sandbox::{ConsentMode, Options, Population, Sandbox};
use syncline_store::testing::{TestDb, Which};

const DEATHS: usize = 4;
/// People whom only HubSpot knows, only 10to8, and both.
const ALONE: usize = 60;
const BOTH: usize = 30;

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_is_killed_goes_on_on_sqlite() {
    killed_again_and_again(Which::Sqlite, "sync killed on SQLite", 31).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_is_killed_goes_on_on_postgres() {
    killed_again_and_again(Which::Postgres, "sync killed on PostgreSQL", 32).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_is_killed_goes_on_on_mariadb() {
    killed_again_and_again(Which::MySql, "sync killed on MariaDB", 33).await;
}

/// The providers, and the API of a hub that may be dead.
struct World {
    sandbox: Sandbox,
    client: reqwest::Client,
    base: String,
    key: String,
}

impl World {
    async fn send(&self, request: reqwest::RequestBuilder) -> Option<Value> {
        let answer = request.send().await.ok()?;
        answer.status().is_success().then_some(())?;
        answer.json().await.ok()
    }

    async fn get(&self, path: &str) -> Option<Value> {
        self.send(self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.key)).await
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let request = self.client.post(format!("{}{path}", self.base)).bearer_auth(&self.key).json(&body);
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Something at the sandbox's own interface.
    async fn control(&self, path: &str, body: Value) -> Value {
        let request = self.client.post(format!("{}/_sandbox/{path}", self.sandbox.url())).json(&body);
        self.send(request).await.unwrap_or_else(|| panic!("{path}: {body}"))
    }

    async fn contacts(&self) -> BTreeMap<String, Value> {
        let credentials = self.sandbox.credentials();
        let token = credentials["hubspot"]["accounts"][0]["private_app_token"].as_str().unwrap().to_owned();
        let names = "firstname,lastname,email,phone,tte_customer_uri";
        let mut all = BTreeMap::new();
        let mut after = String::new();
        loop {
            let path = format!("hubspot/crm/v3/objects/contacts?limit=100&properties={names}{after}");
            let request = self.client.get(format!("{}/{path}", self.sandbox.url())).bearer_auth(&token);
            let page = self.send(request).await.unwrap();
            for row in page["results"].as_array().unwrap() {
                all.insert(row["id"].as_str().unwrap().to_owned(), row["properties"].clone());
            }
            match page["paging"]["next"]["after"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return all,
            }
        }
    }

    async fn customers(&self) -> BTreeMap<String, Value> {
        let credentials = self.sandbox.credentials();
        let token = credentials["tentoeight"]["organizations"][0]["api_key"].as_str().unwrap().to_owned();
        let path = "tentoeight/api/enterprise/v2/customer/?limit=100&include_deleted=False";
        let mut next = Some(format!("{}/{path}", self.sandbox.url()));
        let mut all = BTreeMap::new();
        while let Some(url) = next {
            let request = self.client.get(url).header("authorization", format!("token {token}"));
            let page = self.send(request).await.unwrap();
            for row in page["results"].as_array().unwrap() {
                all.insert(row["resource_uri"].as_str().unwrap().to_owned(), row.clone());
            }
            next = page["next"].as_str().map(str::to_owned);
        }
        all
    }

    /// Whether everybody has one counterpart that shows the same.
    async fn agrees(&self) -> bool {
        self.strays().await.is_empty()
    }

    /// Who has none.
    async fn strays(&self) -> Vec<(Value, Option<Value>)> {
        let (contacts, mut customers) = (self.contacts().await, self.customers().await);
        let mut strays = Vec::new();
        for (id, contact) in &contacts {
            let customer = customers.remove(text(contact, "tte_customer_uri"));
            let names = [text(contact, "firstname"), text(contact, "lastname")];
            let name = names.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ");
            let is_same = |customer: &Value| {
                customer["custom_fields"]["External ID"] == **id
                    && customer["name"] == name
                    && customer["numbers"][0].as_str().unwrap_or_default() == text(contact, "phone")
            };
            if !customer.as_ref().is_some_and(is_same) {
                strays.push((json!([id, contact]), customer));
            }
        }
        strays.extend(customers.into_values().map(|customer| (Value::Null, Some(customer))));
        strays
    }

    /// Waits for longer than a condition may take, because some things wait for the providers' indexes.
    async fn until(&self, what: &str, mut look: impl AsyncFnMut(&Self) -> bool) {
        let looking = async {
            while !look(self).await {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(240), looking).await.is_err() {
            panic!("never happened: {what}: {:#?}", self.strays().await);
        }
    }
}

/// People, as both sides know them before anything is synced.
async fn populate(world: &World) {
    for number in 0..ALONE + BOTH {
        let email = format!("a{number}@example.org");
        let properties = json!({ "firstname": format!("A{number}"), "email": email });
        world.control("hubspot/edit", json!({ "action": "create", "properties": properties })).await;
    }
    for number in ALONE..ALONE + BOTH + ALONE {
        let email = format!("a{number}@example.org");
        let customer = json!({ "action": "create", "name": format!("A{number}"), "emails": [email] });
        world.control("tentoeight/edit", customer).await;
    }
}

/// The app is installed in the account, so that its webhooks come.
async fn install(world: &World) {
    let app = world.sandbox.credentials()["hubspot"]["app"].clone();
    let value = |name: &str| app[name].as_str().unwrap_or_default().to_owned();
    let redirect = app["redirect_uris"][0].as_str().unwrap_or("http://127.0.0.1:1/back").to_owned();
    let url = format!("{}/hubspot/oauth/authorize", world.sandbox.url());
    let scopes: Vec<&str> =
        app["required_scopes"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let scope = scopes.join(" ");
    let query = [("client_id", value("client_id")), ("redirect_uri", redirect.clone()), ("scope", scope)];
    let page = world.client.get(reqwest::Url::parse_with_params(&url, &query).unwrap()).send().await.unwrap();
    let Some(back) = page.headers().get("location").cloned() else {
        panic!("{}", page.text().await.unwrap())
    };
    let back = reqwest::Url::parse(back.to_str().unwrap()).unwrap();
    let code = back.query_pairs().find(|(name, _)| name == "code").expect("consent").1.into_owned();
    let form = [
        ("grant_type", "authorization_code".to_owned()),
        ("client_id", value("client_id")),
        ("client_secret", value("client_secret")),
        ("redirect_uri", redirect),
        ("code", code),
    ];
    let body: String =
        reqwest::Url::parse_with_params("http://x/", &form).unwrap().query().unwrap_or_default().to_owned();
    let request = world.client.post(format!("{}/hubspot/oauth/v1/token", world.sandbox.url()));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
    assert!(world.send(request).await.is_some(), "a token");
}

async fn start(sandbox: &Sandbox, db: &TestDb) -> (Program, Process) {
    let app = &sandbox.credentials()["hubspot"]["app"];
    let value = |name: &str| match &app[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let (hubspot, tentoeight) =
        (format!("{}/hubspot", sandbox.url()), format!("{}/tentoeight", sandbox.url()));
    let (id, secret) = (value("client_id"), value("client_secret"));
    let (app_id, key) = (value("app_id"), value("developer_api_key"));
    let settings = [
        ("database.url", db.url.as_str()),
        ("providers.hubspot.api_url", &hubspot),
        ("providers.hubspot.web_url", &hubspot),
        ("providers.tentoeight.api_url", &tentoeight),
        ("providers.tentoeight.web_url", &tentoeight),
        ("apps.hubspot.provider", "hubspot"),
        ("apps.hubspot.client_id", &id),
        ("apps.hubspot.client_secret", &secret),
        ("apps.hubspot.app_id", &app_id),
        ("apps.hubspot.developer_api_key", &key),
        ("apps.tentoeight.provider", "tentoeight"),
        ("load.on_connect", "false"),
        ("load.every", "never"),
        ("sync.deletion_delay", "0s"),
        ("sync.creation_delay", "0s"),
        ("providers.timeout", "5s"),
        ("providers.tentoeight.budget", "0"),
        ("jobs.lease", "1s"),
        ("jobs.poll", "20ms"),
    ];
    let program = Program::new(db.directory(), "hub", &[], &settings).reachable();
    let process = program.start_ready().await;
    (program, process)
}

async fn killed_again_and_again(which: Which, test: &str, seed: u64) {
    let Some(db) = TestDb::of(which, test).await else { return };
    let off = json!({ "limits": { "enabled": false } });
    let options = Options {
        listen: ([127, 0, 0, 1], 0).into(),
        population: Population { people: 0, companies: 0, deals: 0 },
        settings: vec![json!({ "hubspot": off, "tentoeight": off })],
        consent: ConsentMode::Approve,
        ..Options::default()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let (program, mut process) = start(&sandbox, &db).await;
    let client = syncline_hub::http::client::client().unwrap();
    let world =
        World { sandbox, client, base: format!("http://{}", program.address), key: program.local_key() };
    populate(&world).await;
    install(&world).await;
    let slow = json!({"path": "*customer*", "effect": {"kind": "latency", "ms": 40}});
    world.control("faults", slow).await;
    let sync = begin(&world).await;
    let mut rng = StdRng::seed_from_u64(seed);
    let mut before = 2 * BOTH + 2 * ALONE;
    for death in 0..DEATHS {
        // Somewhere in the middle of creating.
        before += rng.random_range(8..24);
        until("more records are there", async || {
            let there = world.contacts().await.len() + world.customers().await.len();
            (there >= before).then_some(())
        })
        .await;
        if death == 1 {
            process.terminate();
            assert!(process.ended().await.success(), "it ends well when it is asked to");
        } else {
            process.kill().await;
        }
        process = program.start_ready().await;
    }
    world
        .until("the first run ends", async |world| {
            let runs = world.get(&format!("/v1/syncs/{sync}/runs")).await.unwrap_or_default();
            runs["data"][0]["state"] == "succeeded"
        })
        .await;
    world.until("everybody has a counterpart", async |world| world.agrees().await).await;
    let people = 2 * ALONE + BOTH;
    assert_eq!((world.contacts().await.len(), world.customers().await.len()), (people, people));
    let made = live(&world, &sync, &program, process, &mut rng).await;
    assert_eq!((world.contacts().await.len(), world.customers().await.len()), (people + made, people + made));
}

/// Connects both, sets them up and makes the sync, which runs at once.
async fn begin(world: &World) -> String {
    let credentials = world.sandbox.credentials();
    let mut ids = Vec::new();
    for (provider, key) in [
        ("hubspot", &credentials["hubspot"]["accounts"][0]["private_app_token"]),
        ("tentoeight", &credentials["tentoeight"]["organizations"][0]["api_key"]),
    ] {
        let body = json!({"provider": provider, "org_id": "acme", "key": key});
        let id = world.post("/v1/connections", body).await["id"].as_str().unwrap().to_owned();
        let report = world.post(&format!("/v1/connections/{id}/setup"), json!({})).await;
        for step in report["steps"].as_array().unwrap() {
            assert_ne!(step["state"], "failed", "{report}");
        }
        ids.push(id);
    }
    let sync = world.post("/v1/syncs", json!({"left": ids[0], "right": ids[1], "run": true})).await;
    sync["id"].as_str().unwrap().to_owned()
}

/// People change things while it dies; answers how many were new.
async fn live(world: &World, sync: &str, program: &Program, mut process: Process, rng: &mut StdRng) -> usize {
    let (mut last, mut made) = (0, 0);
    for _ in 0..DEATHS {
        let (contacts, customers) = (world.contacts().await, world.customers().await);
        for _ in 0..6 {
            last += 1;
            let contact = contacts.keys().nth(rng.random_range(0..contacts.len())).unwrap();
            let customer = customers.keys().nth(rng.random_range(0..customers.len())).unwrap();
            let phone = format!("+44123456{last:04}");
            let edit = match rng.random_range(0..4) {
                0 => ("hubspot", json!({"action": "update", "id": contact, "properties": {"phone": phone}})),
                1 => {
                    ("tentoeight", json!({"action": "update", "resource_uri": customer, "numbers": [phone]}))
                }
                2 => {
                    made += 1;
                    ("hubspot", json!({"action": "create", "properties": {"firstname": format!("N{last}")}}))
                }
                _ => {
                    made += 1;
                    ("tentoeight", json!({"action": "create", "name": format!("N{last}")}))
                }
            };
            world.control(&format!("{}/edit", edit.0), edit.1).await;
            tokio::time::sleep(Duration::from_millis(rng.random_range(0..200))).await;
        }
        process.kill().await;
        process = program.start_ready().await;
    }
    // What was told while nobody listened comes again much later, or is found by a run.
    world.post(&format!("/v1/syncs/{sync}/runs"), json!({})).await;
    world.until("both sides agree", async |world| world.agrees().await).await;
    process.kill().await;
    made
}
