//! A receiver of webhooks: answers as it is told, and remembers what came.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Uri};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// What came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) uri: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Received {
    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// A header's text, empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

#[derive(Default)]
struct Inbox {
    received: Vec<Received>,
    /// The statuses of the next answers; 200 when there are none.
    answers: VecDeque<u16>,
}

/// Listens on a port of its own until it is dropped.
pub(crate) struct Receiver {
    address: std::net::SocketAddr,
    inbox: Arc<Mutex<Inbox>>,
    server: tokio::task::JoinHandle<()>,
}

impl Receiver {
    /// Starts one that answers 200.
    pub(crate) async fn start() -> Self {
        let inbox = Arc::new(Mutex::new(Inbox::default()));
        let app = Router::new().fallback(receive).with_state(Arc::clone(&inbox));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        Self { address, inbox, server }
    }

    /// Where to send webhooks.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The statuses of the next answers, in this order; then 200 again.
    pub(crate) fn answer_with(&self, statuses: impl IntoIterator<Item = u16>) {
        self.inbox.lock().expect("not poisoned").answers.extend(statuses);
    }

    /// What came so far; forgets it.
    pub(crate) fn take(&self) -> Vec<Received> {
        std::mem::take(&mut self.inbox.lock().expect("not poisoned").received)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn receive(
    State(inbox): State<Arc<Mutex<Inbox>>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut inbox = inbox.lock().expect("not poisoned");
    inbox.received.push(Received { uri: uri.to_string(), headers, body });
    let status = inbox.answers.pop_front().unwrap_or(200);
    Response::builder().status(status).body(Body::empty()).expect("a status")
}
