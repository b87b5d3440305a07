//! Addresses that are not called: when the request is made, whatever a name said before.

use super::receiver::{FINE, Receiver};
use super::scene::Scene;
use crate::support::wait::{PATIENCE, until};
use http::HeaderMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use syncline_core::notify::address::Network;
use syncline_core::notify::answer::Answer;
use syncline_core::notify::secret::Scheme;
use syncline_core::notify::target::Policy;
use syncline_core::time::SystemClock;
use syncline_hub::cx::Cx;
use syncline_hub::endpoints::{self, Change, NewEndpoint, NewSecret, Refused};
use syncline_hub::notify::Notify;
use syncline_hub::notify::exchange::{Courier, Exchange};
use syncline_hub::notify::guard::{Bounded, Found, Names, SystemNames};
use syncline_store::Scope;
use syncline_store::notify::deliveries::State;
use syncline_store::notify::endpoints::Endpoint;
use url::Url;

/// Names that lead where the test says, another place each time.
#[derive(Clone, Default)]
struct Moving(Arc<Mutex<Vec<Vec<IpAddr>>>>);

impl Moving {
    fn to(answers: &[&[&str]]) -> Self {
        let parsed = |all: &&[&str]| all.iter().map(|text| text.parse().unwrap()).collect();
        Self(Arc::new(Mutex::new(answers.iter().map(parsed).collect())))
    }
}

impl Names for Moving {
    fn look_up(&self, _host: &str) -> Found {
        let mut answers = self.0.lock().unwrap();
        let found = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        Box::pin(async move { Ok(found) })
    }
}

fn courier(names: Moving, allowed: &[&str]) -> Courier {
    let networks: Vec<Network> = allowed.iter().map(|text| text.parse().unwrap()).collect();
    let policy = Policy { plain_http: true, networks };
    Courier::new(Arc::new(names), policy, Duration::from_secs(2), 1_024, Arc::new(SystemClock)).unwrap()
}

async fn send(courier: &Courier, url: &str) -> Exchange {
    courier.send(&Url::parse(url).unwrap(), HeaderMap::new(), "{}".into()).await
}

#[tokio::test]
async fn a_name_that_moves_inside_after_it_was_looked_at_finds_nothing() {
    let receiver = Receiver::always(FINE).await;
    let url = format!("http://hooks.example.com:{}/", receiver.address.port());
    // 127.0.0.2 stands for the public address that the name had when it was saved; 127.0.0.1 for what is inside.
    let names = Moving::to(&[&["127.0.0.1"]]);
    let exchange = send(&courier(names, &["127.0.0.2"]), &url).await;
    assert_eq!(exchange.answer, Answer::Failed);
    let error = exchange.error.unwrap();
    assert!(error.contains("loopback") && !error.contains("127.0.0.1"), "{error}");
    assert_eq!(receiver.count(), 0);
}

#[tokio::test]
async fn each_connection_is_looked_at_anew() {
    let receiver =
        Receiver::start(|_, _| super::receiver::Reply::Status(200, "Connection: close\r\n", "")).await;
    let url = format!("http://hooks.example.com:{}/", receiver.address.port());
    let names = Moving::to(&[&["127.0.0.1"], &["169.254.169.254"], &["127.0.0.1"], &["::ffff:127.0.0.1"]]);
    let courier = courier(names, &["127.0.0.0/8"]);
    let fine = |exchange: &Exchange| matches!(exchange.answer, Answer::Status { status: 200, .. });
    assert!(fine(&send(&courier, &url).await));
    // Whether the connection may be used again is up to the receiver: it says no, so the name is looked up.
    let refused = crate::support::wait::until("the name is looked up", async || {
        Some(send(&courier, &url).await).filter(|exchange| !fine(exchange))
    })
    .await;
    assert!(refused.error.unwrap().contains("metadata"));
    assert!(fine(&send(&courier, &url).await));
    let refused = send(&courier, &url).await;
    assert!(refused.error.unwrap().contains("translator"));
}

#[tokio::test]
async fn of_several_addresses_only_those_that_may_be_are_called() {
    let receiver = Receiver::always(FINE).await;
    let url = format!("http://hooks.example.com:{}/", receiver.address.port());
    let names = Moving::to(&[&["10.0.0.1", "64:ff9b::7f00:1", "127.0.0.1", "fd00::1"]]);
    let exchange = send(&courier(names, &["127.0.0.0/8"]), &url).await;
    assert!(matches!(exchange.answer, Answer::Status { status: 204, .. }), "{exchange:?}");
    let names = Moving::to(&[&[]]);
    let exchange = send(&courier(names, &["127.0.0.0/8"]), &url).await;
    assert_eq!(exchange.error.as_deref(), Some("the host has no address"));
}

#[tokio::test]
async fn whoever_asks_for_a_name_hears_the_same_answer() {
    let names = SystemNames::default();
    let all = futures_util::future::join_all((0..50).map(|_| names.look_up("localhost"))).await;
    for found in all {
        let found = found.unwrap();
        assert!(!found.is_empty() && found.iter().all(IpAddr::is_loopback), "{found:?}");
    }
    assert!(names.look_up("no such name").await.is_err());
}

/// Names under `silent` say nothing; the others are here. Counts who is being asked for.
#[derive(Clone, Default)]
struct Half(Arc<Mutex<(usize, usize)>>);

impl Names for Half {
    fn look_up(&self, host: &str) -> Found {
        let (all, silent) = (Arc::clone(&self.0), host.ends_with(".silent"));
        Box::pin(async move {
            {
                let mut counts = all.lock().unwrap();
                counts.0 += 1;
                counts.1 = counts.1.max(counts.0);
            }
            if silent {
                std::future::pending::<()>().await;
            }
            all.lock().unwrap().0 -= 1;
            Ok(vec![IpAddr::from([127, 0, 0, 1])])
        })
    }
}

#[tokio::test]
async fn names_whose_servers_say_nothing_leave_room_for_those_that_are_known() {
    let half = Half::default();
    let names = Bounded::over(half.clone());
    names.look_up("known.example").await.unwrap();
    // Whoever asked has long lost patience; the resolver goes on.
    for number in 0..1_000 {
        drop(names.look_up(&format!("{number}.silent")));
    }
    until("they are asked for", async || (half.0.lock().unwrap().0 >= 48).then_some(())).await;
    for _ in 0..100 {
        let found = tokio::time::timeout(PATIENCE, names.look_up("known.example")).await;
        assert!(found.expect("it is not behind them").is_ok());
    }
    let (now, most) = *half.0.lock().unwrap();
    assert_eq!((now, most), (48, 49), "so many at a time, of a thousand names");
}

#[tokio::test]
async fn hosts_that_are_addresses_are_looked_at_too() {
    let receiver = Receiver::always(FINE).await;
    let port = receiver.address.port();
    let courier = courier(Moving::to(&[&["127.0.0.1"]]), &[]);
    for host in
        ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1", "0.0.0.0", "2130706433"]
    {
        let exchange = send(&courier, &format!("http://{host}:{port}/")).await;
        assert_eq!(exchange.answer, Answer::Failed, "{host}");
        assert!(exchange.error.unwrap().contains("is not called"), "{host}");
        assert_eq!(exchange.latency.as_secs(), 0, "{host}");
    }
    assert_eq!(receiver.count(), 0);
}

/// A hub's context in which names lead where the test says.
fn leading(scene: &Scene, names: impl Names + 'static) -> Cx {
    Cx { notify: Notify::with_names(Arc::new(names)), ..scene.cx.clone() }
}

async fn save(cx: &Cx, url: &str) -> Result<Endpoint, Refused> {
    let new = NewEndpoint { org_id: None, url: url.to_owned(), terms: Change::default() };
    Ok(endpoints::create(cx, new, NewSecret::Generated(Scheme::Hmac)).await?.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_whose_name_leads_inside_is_refused_when_it_is_saved() {
    let scene = Scene::new(&[]).await;
    let url = "https://hooks.example.com/";
    for (found, why) in [
        (&["10.0.0.1"][..], "private network"),
        (&["169.254.169.254", "fd00::1"], "private network"),
        (&["::ffff:127.0.0.1"], "translator"),
    ] {
        let refused = save(&leading(&scene, Moving::to(&[found])), url).await.unwrap_err();
        assert!(matches!(refused, Refused::Url(_)), "{refused:?}");
        let said = refused.to_string();
        assert!(said.contains(why) && !said.contains(found[0]), "{said}");
    }
    // What would be called when it is sent to is taken, and so is what nobody knows yet.
    for found in [&["127.0.0.1"][..], &["93.184.216.34"], &["10.0.0.1", "93.184.216.34"], &[]] {
        save(&leading(&scene, Moving::to(&[found])), url).await.unwrap();
    }
    // A change is looked at as well, and only one of the URL.
    let moved = leading(&scene, Moving::to(&[&["93.184.216.34"], &["10.0.0.1"]]));
    let made = save(&moved, url).await.unwrap();
    let change = |url: Option<&str>| Change {
        url: url.map(str::to_owned),
        description: Some("moved".to_owned()),
        ..Change::default()
    };
    let refused = endpoints::update(&moved, &Scope::All, &made.id, change(Some(url))).await.unwrap_err();
    assert!(matches!(refused, Refused::Url(_)), "{refused:?}");
    endpoints::update(&moved, &Scope::All, &made.id, change(None)).await.unwrap();
}

/// Names of servers that say nothing.
struct Silent;

impl Names for Silent {
    fn look_up(&self, _host: &str) -> Found {
        Box::pin(std::future::pending())
    }
}

/// Names that there are not.
struct Unknown;

impl Names for Unknown {
    fn look_up(&self, _host: &str) -> Found {
        Box::pin(async { Err(std::io::Error::other("no such name")) })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_cannot_be_resolved_now_is_taken_and_nobody_waits_for_it_long() {
    let scene = Scene::new(&[]).await;
    save(&leading(&scene, Unknown), "https://hooks.example.com/").await.unwrap();
    let silent = leading(&scene, Silent);
    let saved = save(&silent, "https://hooks.example.com/");
    tokio::time::timeout(Duration::from_secs(20), saved).await.expect("it gives up").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_allowed_when_it_was_saved_and_is_not_any_more_is_not_called() {
    let scene = Scene::new(&[]).await;
    let receiver = Receiver::always(FINE).await;
    let made = scene.endpoint(&receiver).await;
    // As an operator does who narrows notify.allow: the row stays.
    let url = receiver.url("/hook").replace("127.0.0.1", "10.0.0.1");
    let mut tx = scene.cx.store.begin().await.unwrap();
    let mut row = scene.row(&made.id).await;
    row.url = url;
    assert!(syncline_store::notify::endpoints::update(&mut tx, &row).await.unwrap());
    tx.commit().await.unwrap();
    syncline_hub::notify::changed(&scene.cx);
    crate::support::wait::until("an attempt is refused", async || {
        let id = scene.publish("invoice.paid").await;
        let delivery = scene.tried(&id, &made.id, 1).await;
        let error = scene.attempts(&id, &made.id).await[0].error.clone();
        (delivery.state == State::Waiting && error?.contains("private network")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_the_operator_no_longer_allows_is_not_called_though_it_was_saved() {
    let receiver = Receiver::always(FINE).await;
    let networks: Vec<Network> = vec!["127.0.0.0/8".parse().unwrap()];
    let courier = |plain_http: bool| {
        let (policy, names) =
            (Policy { plain_http, networks: networks.clone() }, Moving::to(&[&["127.0.0.1"]]));
        let timeout = Duration::from_secs(2);
        Courier::new(Arc::new(names), policy, timeout, 1_024, Arc::new(SystemClock)).unwrap()
    };
    let here = receiver.url("/");
    let named = format!("http://hooks.example.com:{}/", receiver.address.port());
    for url in [&here, &named] {
        assert!(matches!(send(&courier(true), url).await.answer, Answer::Status { status: 204, .. }));
        let refused = send(&courier(false), url).await;
        assert_eq!(refused.answer, Answer::Failed);
        assert!(refused.error.unwrap().contains("notify.plain_http"));
    }
    // Ports of other protocols, and what no endpoint ever may have, whoever wrote it into the row.
    for (url, why) in [
        ("http://127.0.0.1:6379/", "port 6379"),
        ("http://hooks.example.com:22/", "port 22"),
        ("http://ada:hunter2@hooks.example.com:8080/", "user or password"),
    ] {
        let refused = send(&courier(true), url).await;
        let error = refused.error.unwrap();
        assert!(refused.answer == Answer::Failed && error.contains(why), "{url}: {error}");
        assert!(!error.contains("hunter2"));
    }
    let local = Courier::new(
        Arc::new(Moving::to(&[&["127.0.0.1"]])),
        Policy { plain_http: true, networks: Vec::new() },
        Duration::from_secs(2),
        1_024,
        Arc::new(SystemClock),
    );
    let refused = send(&local.unwrap(), "http://localhost:8080/").await;
    assert!(refused.error.unwrap().contains("local name"));
    assert_eq!(receiver.count(), 2, "what was allowed");
}
