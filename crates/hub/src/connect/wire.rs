//! Sending what the providers' functions build, for token endpoints and the question whose account it is.

use crate::call::budget::Whose;
use crate::cx::Cx;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use std::time::Duration;
use syncline_providers::connect::{CONNECTORS, Credential, Refused};
use syncline_providers::wire::{Call, Fault, Reply};

/// How long one call may take, from connecting to the last byte. Two of them fit into the lease of a renewal.
const PATIENCE: Duration = Duration::from_secs(20);
/// The largest answer that is read.
const LARGEST: usize = 1024 * 1024;

/// What a provider answered. Printing it shows the status alone: the rest may hold tokens.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Answer {
    /// As the providers' functions read it.
    #[must_use]
    pub fn reply(&self) -> Reply<'_> {
        Reply { status: self.status, headers: &self.headers, body: &self.body }
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({})", self.status)
    }
}

/// Sends a call.
///
/// # Errors
/// [`Fault::Transient`] when there was no whole answer.
pub async fn send(cx: &Cx, call: Call) -> Result<Answer, Fault> {
    tokio::time::timeout(PATIENCE, exchange(cx, call))
        .await
        .unwrap_or_else(|_| Err(transient(format!("no answer within {} s", PATIENCE.as_secs()))))
}

/// The question whose account it is counts against that account's limits, known only now.
pub fn charge(cx: &Cx, provider: &str, account: &str, org_id: &str, credential: Credential, question: &Call) {
    let Some((provider, _)) = CONNECTORS.iter().find(|(id, _)| *id == provider) else { return };
    let (account, org_id) = (account.to_owned(), org_id.to_owned());
    let whose = Whose { provider, account, credential, org_id, purpose: "connect" };
    cx.calls.budgets.charge(&whose, question);
}

/// The same for a token endpoint.
///
/// # Errors
/// [`Refused::Later`] when there was no whole answer.
pub async fn ask(cx: &Cx, call: Call) -> Result<Answer, Refused> {
    send(cx, call).await.map_err(|fault| Refused::Later { message: fault.to_string(), wait: None })
}

async fn exchange(cx: &Cx, call: Call) -> Result<Answer, Fault> {
    let request =
        cx.client.request(call.method.clone(), call.address()).headers(call.headers).body(call.body);
    let mut answer = request.send().await.map_err(broken)?;
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(transient(format!("an answer of more than {LARGEST} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    let headers = std::mem::take(answer.headers_mut());
    Ok(Answer { status: answer.status(), headers, body: body.freeze() })
}

/// How a connection broke, without the URL it was for: who reads this knows the provider, and the shorter it is the less it leaks.
#[expect(clippy::needless_pass_by_value, reason = "fits map_err")]
fn broken(error: reqwest::Error) -> Fault {
    transient(if error.is_timeout() {
        "the connection timed out".to_owned()
    } else if error.is_connect() {
        "it cannot be reached".to_owned()
    } else {
        "the connection broke off".to_owned()
    })
}

fn transient(message: String) -> Fault {
    Fault::Transient { message, wait: None }
}
