//! The HTTP server: one accept loop, a bound on connections and on those that ask nothing, a graceful end.

use super::busy::{Busy, Tracked};
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// What clients may take.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Connections at the same time.
    places: usize,
    /// How long a client may take to send a request's head, and a new connection to send its first.
    head: Duration,
    /// How long a connection without a request may go on once the process stops: a head that is half there may still come.
    last_call: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { places: places(), head: Duration::from_secs(30), last_call: Duration::from_secs(1) }
    }
}

/// Connections at the same time, where the operating system allows more files than that.
const MOST_CONNECTIONS: usize = 8_192;

/// Serves `app` on `listener` until `soft` asks to finish; requests under way are then finished, unless `hard` cuts them off.
pub async fn serve(listener: TcpListener, app: Router, soft: CancellationToken, hard: CancellationToken) {
    serve_within(Limits::default(), listener, app, soft, hard).await;
}

async fn serve_within(
    limits: Limits,
    listener: TcpListener,
    app: Router,
    soft: CancellationToken,
    hard: CancellationToken,
) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.head).pipeline_flush(true);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Some(Duration::from_secs(30)));
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits.places));
    loop {
        let (stream, place) = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = soft.cancelled() => break,
        };
        let busy = Busy::default();
        let service = Tracked::new(app.clone(), busy.clone());
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        let (soft, hard) = (soft.clone(), hard.clone());
        tokio::spawn(async move {
            tokio::select! {
                // A client that went away is no news.
                _ = connection => {}
                () = pointless(limits, &busy, &soft) => {}
                () = hard.cancelled() => {}
            }
            drop(place);
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = hard.cancelled() => {}
    }
}

/// The next connection, once there is a place for it; until then it waits with the operating system.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // Nobody closes the semaphore.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let _ = stream.set_nodelay(true);
                return (stream, place);
            }
            Err(error) => {
                // Out of descriptors, most likely: the connections being served will free some.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Ends when nothing can come of a connection: it asked nothing for long, or the process stops and it is not asking.
///
/// The server's own timeout begins with a request's first byte, and only once it is known which protocol the client speaks.
async fn pointless(limits: Limits, busy: &Busy, soft: &CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(limits.head) => {
            if !busy.ever_asked() {
                return;
            }
            soft.cancelled().await;
        }
        () = soft.cancelled() => {}
    }
    tokio::time::sleep(limits.last_call).await;
    // What is asked is answered; then the server closes the connection by itself.
    if busy.is_asking() {
        std::future::pending::<()>().await;
    }
}

/// How many connections are served at the same time: a quarter of the files that this process may open is left for everything else.
fn places() -> usize {
    let files = open_files().unwrap_or(MOST_CONNECTIONS);
    (files / 4 * 3).clamp(16, MOST_CONNECTIONS)
}

/// How many files this process may open, as Linux tells it; none elsewhere, or where there is no limit.
fn open_files() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use std::net::SocketAddr;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::Notify;
    use tokio::task::JoinHandle;

    /// A server in a hurry.
    struct Scene {
        address: SocketAddr,
        soft: CancellationToken,
        hard: CancellationToken,
        /// Lets `/slow` answer.
        answer: Arc<Notify>,
        /// Rings when `/slow` was asked.
        asked: Arc<Notify>,
        serving: JoinHandle<()>,
    }

    impl Scene {
        async fn with(places: usize) -> Self {
            let limits = Limits { places, head: SHORT, last_call: SHORT };
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let (answer, asked) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
            let bells = (answer.clone(), asked.clone());
            let slow = get(move || async move {
                bells.1.notify_one();
                bells.0.notified().await;
                "slow"
            });
            let app = Router::new().route("/quick", get(async || "quick")).route("/slow", slow);
            let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
            let serving = tokio::spawn(serve_within(limits, listener, app, soft.clone(), hard.clone()));
            Self { address, soft, hard, answer, asked, serving }
        }

        async fn say(&self, words: &str) -> TcpStream {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            stream.write_all(words.as_bytes()).await.unwrap();
            stream
        }
    }

    const SHORT: Duration = Duration::from_millis(60);

    /// What comes until the connection ends.
    async fn all_of(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn a_connection_that_asks_nothing_is_ended() {
        let scene = Scene::with(8).await;
        for words in ["", "PRI * HT", "GET /quick HT"] {
            let mut stream = scene.say(words).await;
            let said = all_of(&mut stream).await;
            assert!(!said.contains("200"), "{words:?} is no request: {said}");
        }
        assert!(!scene.hard.is_cancelled());
    }

    #[tokio::test]
    async fn half_a_head_does_not_hold_up_the_end() {
        let scene = Scene::with(8).await;
        let mut half = scene.say("GET /quick HT").await;
        let mut silent = scene.say("").await;
        scene.soft.cancel();
        scene.serving.await.unwrap();
        assert_eq!((all_of(&mut half).await, all_of(&mut silent).await), (String::new(), String::new()));
    }

    #[tokio::test]
    async fn what_is_asked_when_the_end_comes_is_answered() {
        let scene = Scene::with(8).await;
        let mut stream = scene.say("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n").await;
        scene.asked.notified().await;
        scene.soft.cancel();
        tokio::time::sleep(SHORT * 3).await;
        scene.answer.notify_one();
        let said = all_of(&mut stream).await;
        assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("slow"), "{said}");
        scene.serving.await.unwrap();
    }

    #[tokio::test]
    async fn who_finds_no_place_waits_for_one() {
        let scene = Scene::with(1).await;
        let first = scene.say("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n").await;
        scene.asked.notified().await;
        let ask = "GET /quick HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        let mut second = scene.say(ask).await;
        let mut some = [0; 1];
        let none = tokio::time::timeout(SHORT * 3, second.read(&mut some)).await;
        assert!(none.is_err(), "the only place is taken");
        drop(first);
        assert!(all_of(&mut second).await.ends_with("quick"));
    }
}
