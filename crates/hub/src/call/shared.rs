//! Budgets shared among processes through Redis: the same sliding windows, in sorted sets, by Redis' clock. Without an
//! answer of Redis everybody keeps to the process's own windows, which is what one process alone does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use syncline_core::budget::Rate;
use syncline_core::secret::Secret;
use tokio::sync::OnceCell;

/// How long a place is held for a call whose answer never comes, because its process died: the longest a call may take.
const UNDER_WAY: Duration = Duration::from_secs(60);
/// How long Redis may take before it counts as away.
const PATIENCE: Duration = Duration::from_millis(500);
/// The longest pause before looking again: another process may have got its answer.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// `KEYS`: the windows, then as many keys that say until when one is closed. `ARGV`: ticket, milliseconds to hold, then places and
/// span of each. Answers 0 when a place was taken in every window, else in how many milliseconds to look again.
const TAKE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local windows = #KEYS / 2
local wait = 0
for i = 1, windows do
  local closed = tonumber(redis.call('GET', KEYS[windows + i]) or '0')
  if closed > now then wait = math.max(wait, closed - now) end
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
  if redis.call('ZCARD', KEYS[i]) >= tonumber(ARGV[1 + 2 * i]) then
    local first = redis.call('ZRANGE', KEYS[i], 0, 0, 'WITHSCORES')
    wait = math.max(wait, math.max(1, tonumber(first[2]) - now))
  end
end
if wait > 0 then return wait end
for i = 1, windows do
  local held = tonumber(ARGV[2]) + tonumber(ARGV[2 + 2 * i])
  redis.call('ZADD', KEYS[i], now + held, ARGV[1])
  redis.call('PEXPIRE', KEYS[i], held + 1000)
end
return 0";

/// `KEYS`: the windows. `ARGV`: ticket, then the span of each: the places are free a span from now.
const ANSWERED: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 1, #KEYS do redis.call('ZADD', KEYS[i], 'XX', now + tonumber(ARGV[1 + i]), ARGV[1]) end
return 0";

/// As [`ANSWERED`], for a call that took no place before.
const CHARGE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 1, #KEYS do
  redis.call('ZADD', KEYS[i], now + tonumber(ARGV[1 + i]), ARGV[1])
  redis.call('PEXPIRE', KEYS[i], tonumber(ARGV[1 + i]) + 1000)
end
return 0";

/// `KEYS`: what says until when a window is closed. `ARGV`: milliseconds.
const CLOSE: &str = r"
local time = redis.call('TIME')
local until_ms = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])
for i = 1, #KEYS do
  if tonumber(redis.call('GET', KEYS[i]) or '0') < until_ms then
    redis.call('SET', KEYS[i], string.format('%d', until_ms), 'PX', ARGV[1])
  end
end
return 0";

/// The windows in Redis.
pub struct Shared {
    client: redis::Client,
    connection: OnceCell<redis::aio::ConnectionManager>,
    /// Tells this process' tickets from those of others.
    me: String,
    away: AtomicBool,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

impl Shared {
    /// Not connected yet.
    ///
    /// # Errors
    /// When the URL cannot be one of Redis.
    pub fn new(url: &Secret) -> anyhow::Result<Self> {
        let client =
            redis::Client::open(url.expose()).map_err(|_| anyhow::anyhow!("redis.url cannot be used"))?;
        // Two machines may have the same process id. The standard library's hasher brings chance of its own.
        let chance = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), std::process::id());
        let me = format!("{}-{chance:x}", std::process::id());
        Ok(Self { client, connection: OnceCell::new(), me, away: AtomicBool::new(false) })
    }

    /// Waits for a place in every window; false when Redis does not answer: then there are no shared ones.
    pub async fn take(&self, keys: &[(String, Rate)], ticket: u64) -> bool {
        loop {
            match self.try_take(keys, ticket).await {
                Some(Duration::ZERO) => return true,
                Some(wait) => tokio::time::sleep(wait.min(LOOK_AGAIN)).await,
                None => return false,
            }
        }
    }

    /// Takes a place in every window if all have one: zero. Else in how long to look again; none when Redis does not answer.
    pub async fn try_take(&self, keys: &[(String, Rate)], ticket: u64) -> Option<Duration> {
        let script = redis::Script::new(TAKE);
        let mut call = script.prepare_invoke();
        for (key, _) in keys {
            call.key(key);
        }
        for (key, _) in keys {
            call.key(format!("{key}:closed"));
        }
        call.arg(self.ticket(ticket)).arg(millis(UNDER_WAY));
        for (_, rate) in keys {
            call.arg(rate.calls).arg(millis(rate.span));
        }
        self.ask(&call).await.map(Duration::from_millis)
    }

    /// The answer to the call with this ticket came.
    pub fn answered(self: std::sync::Arc<Self>, keys: Vec<(String, Rate)>, ticket: u64) {
        self.tell(ANSWERED, keys, ticket);
    }

    /// A call that took no place before was made.
    pub fn charge(self: std::sync::Arc<Self>, keys: Vec<(String, Rate)>, ticket: u64) {
        self.tell(CHARGE, keys, ticket);
    }

    fn tell(self: std::sync::Arc<Self>, script: &'static str, keys: Vec<(String, Rate)>, ticket: u64) {
        tokio::spawn(async move {
            let script = redis::Script::new(script);
            let mut call = script.prepare_invoke();
            for (key, _) in &keys {
                call.key(key);
            }
            call.arg(self.ticket(ticket));
            for (_, rate) in &keys {
                call.arg(millis(rate.span));
            }
            self.ask(&call).await;
        });
    }

    /// Nothing goes out by these windows for a while, from any process.
    pub fn close(self: &std::sync::Arc<Self>, keys: Vec<String>, wait: Duration) {
        let shared = std::sync::Arc::clone(self);
        tokio::spawn(async move {
            let script = redis::Script::new(CLOSE);
            let mut call = script.prepare_invoke();
            for key in &keys {
                call.key(format!("{key}:closed"));
            }
            call.arg(millis(wait).max(1));
            shared.ask(&call).await;
        });
    }

    fn ticket(&self, ticket: u64) -> String {
        format!("{}-{ticket}", self.me)
    }

    async fn ask(&self, call: &redis::ScriptInvocation<'_>) -> Option<u64> {
        let asked = tokio::time::timeout(PATIENCE, async {
            let connection = self.connection.get_or_try_init(|| self.client.get_connection_manager()).await?;
            call.invoke_async::<u64>(&mut connection.clone()).await
        })
        .await;
        match asked {
            Ok(Ok(answer)) => {
                if self.away.swap(false, Ordering::Relaxed) {
                    tracing::info!("Redis is back; budgets are shared again");
                }
                Some(answer)
            }
            Ok(Err(_)) | Err(_) => {
                if !self.away.swap(true, Ordering::Relaxed) {
                    tracing::warn!("Redis is away; every process keeps to budgets of its own");
                }
                None
            }
        }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
