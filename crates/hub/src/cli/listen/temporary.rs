//! An endpoint in the hub for as long as somebody listens.

use crate::cli::out;
use crate::cli::remote::{Remote, segment};
use anyhow::{Context as _, Result};
use reqwest::Method;
use serde_json::json;
use syncline_core::secret::Secret;

/// The endpoint.
pub(super) struct Temporary {
    hub: Remote,
    id: String,
}

impl Temporary {
    /// Makes it; answers its secret, too.
    pub(super) async fn make(
        hub: Remote,
        url: &str,
        org_id: Option<&str>,
        events: &[String],
    ) -> Result<(Self, Secret)> {
        let body = json!({
            "url": url, "org_id": org_id, "event_types": events,
            "description": "syncline listen, until it ends",
        });
        let made = hub.json(hub.request(Method::POST, "/v1/endpoints").json(&body)).await?;
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        let (id, secret) = text(&made["id"])
            .zip(text(&made["signing"]["secret"]))
            .context("the hub's answer has no id or no secret")?;
        out::note(format!("Made {}, until this ends.", out::plain(&id)));
        Ok((Self { hub, id }, Secret::new(secret)))
    }

    /// Deletes it.
    pub(super) async fn delete(self) -> Result<()> {
        let path = format!("/v1/endpoints/{}", segment(&self.id));
        let gone = self.hub.json(self.hub.request(Method::DELETE, &path)).await;
        gone.map(|_| ()).with_context(|| {
            format!("{} is still there; to delete it: syncline endpoints delete {0}", self.id)
        })
    }
}
