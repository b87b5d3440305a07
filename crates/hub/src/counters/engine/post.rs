//! One call of a trigger. Its address is a secret: it stands in no log, no error and no metric.

use crate::call::budget::{Aside, Whose};
use crate::counters::ask::PURPOSE;
use crate::counters::keep::allowed;
use crate::cx::Cx;
use crate::telemetry::{Stopwatch, metrics};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use std::time::Duration;
use syncline_core::budget::Rate;
use syncline_core::counters::push::Answer;
use syncline_core::counters::trigger;
use syncline_core::notify::answer::retry_after;
use syncline_core::secret::Secret;
use syncline_providers::connect::Credential;
use syncline_store::counters::definitions::Stored;

/// What came of a call.
#[derive(Clone, Debug)]
pub(in crate::counters) struct Posted {
    /// What it says.
    pub answer: Answer,
    /// The status; none: no answer came.
    pub status: Option<u16>,
    /// How long it took.
    pub latency: Duration,
}

/// The span that an account's calls are counted in, as those of HubSpot's API are.
const SPAN: Duration = Duration::from_secs(10);

/// The most of an answer that is read: it says `{"id": …}`.
const READ: usize = 16 * 1024;

/// Whose budget the calls of a definition's trigger come from, and what it is.
pub(in crate::counters) fn budget(cx: &Cx, of: &Stored, url: &Secret) -> (Whose, Aside) {
    let parsed = trigger::parse(url.expose(), &allowed(cx));
    let whose = Whose {
        provider: "hubspot",
        // As it was looked at when the definition was made, unless another configuration allows other hosts by now.
        account: parsed.map_or_else(|_| of.definition.connection_id.clone(), |trigger| trigger.portal_id),
        credential: Credential::Key,
        org_id: of.org_id.clone(),
        purpose: PURPOSE,
    };
    let rate = Rate { calls: cx.config.counters.account_calls, span: SPAN };
    (whose, Aside { name: "triggers", rate })
}

/// Calls a trigger once.
pub(in crate::counters) async fn post(cx: &Cx, url: &Secret, payload: &serde_json::Value) -> Posted {
    let watch = Stopwatch::start();
    let exchange = exchange(cx, url, payload);
    let ended = tokio::time::timeout(cx.config.counters.timeout.get(), exchange).await;
    let (answer, status) = match ended {
        Ok(Ok((status, wait))) => (Answer::of_trigger(status, wait), Some(status)),
        Ok(Err(Broken::Before)) => (Answer::NotTaken(None), None),
        Ok(Err(Broken::Later)) | Err(_) => (Answer::Lost, None),
    };
    let latency = watch.elapsed();
    metrics::counter_call("trigger", outcome(&answer), latency);
    Posted { answer, status, latency }
}

/// A few words for metrics.
pub(super) fn outcome(answer: &Answer) -> &'static str {
    match answer {
        Answer::Accepted | Answer::Written => "accepted",
        Answer::NotTaken(_) => "not_taken",
        Answer::Lost => "lost",
        Answer::Refused(_) | Answer::NoRecord => "refused",
        Answer::Unusable(_) => "unusable",
    }
}

enum Broken {
    /// Nothing was sent.
    Before,
    /// Something was.
    Later,
}

async fn exchange(
    cx: &Cx,
    url: &Secret,
    payload: &serde_json::Value,
) -> Result<(u16, Option<syncline_core::time::Timestamp>), Broken> {
    let url = reqwest::Url::parse(url.expose()).map_err(|_| Broken::Before)?;
    let request = cx.client.post(url).header(CONTENT_TYPE, "application/json").body(payload.to_string());
    let mut response =
        request.send().await.map_err(|error| match error.is_connect() || error.is_builder() {
            true => Broken::Before,
            false => Broken::Later,
        })?;
    let status = response.status().as_u16();
    let asked = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let wait = asked.and_then(|text| retry_after(text, cx.now()));
    let mut read = 0;
    // To its end, so that the connection can be used again. The status has said everything.
    while let Ok(Some(chunk)) = response.chunk().await {
        read += chunk.len();
        if read > READ {
            break;
        }
    }
    Ok((status, wait))
}
