//! What a server tells of its keys, where it tells.

use super::Halt;
use super::redis;
use crate::counters::change::ChangeError;
use crate::cx::Cx;
use ::redis::aio::PubSub;
use futures_util::StreamExt as _;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use syncline_core::counters::definition::Keep;
use syncline_core::counters::redis_key::RedisKey;
use syncline_store::counters::definitions::Stored;

/// Keys read together at most.
const MOST: usize = 500;

/// A subscription, or none where nothing is told.
pub(super) struct Events {
    server: String,
    prefix: String,
    templates: Vec<(String, RedisKey)>,
    subscription: Option<PubSub>,
}

impl Events {
    /// Listens to what happens to the keys of these definitions, where the server tells that.
    ///
    /// # Errors
    /// [`Halt::Redis`] when it cannot be reached.
    pub async fn open(cx: &Cx, server: &str, followed: &BTreeMap<String, Stored>) -> Result<Self, Halt> {
        let client = redis::client(&cx.config.counters, server)?;
        let database = client.get_connection_info().redis_settings().db();
        let prefix = format!("__keyspace@{database}__:");
        let templates: Vec<(String, RedisKey)> = { followed.iter() }
            .filter_map(|(id, of)| match &of.definition.store {
                Keep::Redis { key, .. } => Some((id.clone(), key.clone())),
                Keep::Database => None,
            })
            .collect();
        let trouble = |error: ::redis::RedisError| Halt::Redis(redis::trouble(server, &error));
        let subscription = if templates.is_empty() || !tells(cx, server).await? {
            None
        } else {
            let mut subscription = client.get_async_pubsub().await.map_err(trouble)?;
            for (_, template) in &templates {
                let pattern = format!("{prefix}{}", template.pattern());
                subscription.psubscribe(pattern).await.map_err(trouble)?;
            }
            Some(subscription)
        };
        Ok(Self { server: server.to_owned(), prefix, templates, subscription })
    }

    /// Whether the server tells.
    pub fn is_on(&self) -> bool {
        self.subscription.is_some()
    }

    /// The next key that something happened to; none when the connection broke. Where nothing is told it never comes.
    pub async fn next(&mut self) -> Option<String> {
        let Some(subscription) = &mut self.subscription else { return std::future::pending().await };
        let message = subscription.on_message().next().await?;
        Some(message.get_channel_name().strip_prefix(&self.prefix).unwrap_or_default().to_owned())
    }

    /// The connection broke.
    pub fn gone(&self) -> Halt {
        let why = "the connection broke".to_owned();
        Halt::Redis(ChangeError::Redis { server: self.server.clone(), why })
    }

    /// What happened with it and within `span` after it: the counters' keys, by definition.
    pub async fn gather(&mut self, first: String, span: Duration) -> BTreeMap<String, BTreeSet<String>> {
        let mut names = BTreeSet::from([first]);
        let gathering = async {
            while names.len() < MOST {
                let Some(next) = self.next().await else { return };
                names.insert(next);
            }
        };
        // Over when the span is.
        let _ = tokio::time::timeout(span, gathering).await;
        let mut by_definition: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for name in names {
            for (id, template) in &self.templates {
                if let Some(key) = template.key_of(&name) {
                    by_definition.entry(id.clone()).or_default().insert(key.to_owned());
                }
            }
        }
        by_definition
    }
}

/// Whether a server tells of strings that change, keys that are deleted, and keys that expire. One that does not let us ask does not.
async fn tells(cx: &Cx, server: &str) -> Result<bool, Halt> {
    let mut connection = cx.counters.servers.get(&cx.config.counters, server)?;
    let asked: ::redis::RedisResult<Vec<String>> =
        ::redis::cmd("CONFIG").arg("GET").arg("notify-keyspace-events").query_async(&mut connection).await;
    let flags = match asked {
        Ok(said) => said.into_iter().nth(1).unwrap_or_default(),
        Err(error) if error.is_io_error() => return Err(Halt::Redis(redis::trouble(server, &error))),
        Err(_) => String::new(),
    };
    let has = |flag: char| flags.contains(flag);
    Ok(has('K') && (has('A') || (has('$') && has('g') && has('x'))))
}
