//! A connection's line to its provider: the token that is good now, the budgets, and what to do when a call fails.

use super::access::{self, Access, Denied};
use crate::call::Answer;
use crate::call::budget::Whose;
use crate::cx::Cx;
use crate::hold::Hold;
use crate::keys::KeysError;
use crate::telemetry::metrics;
use rand::RngExt as _;
use std::time::Duration;
use syncline_providers::connect::Credential;
use syncline_providers::load::At;
use syncline_providers::wire::{Call, Fault, Hosts};
use syncline_store::StoreError;
use syncline_store::connections::Method;

/// How often a call that failed for the moment is repeated before whoever wants it is told to come back later.
const TRIES: u32 = 6;
/// How often a limit may be met in a row. In steady state it is not met once.
const REFUSALS: u32 = 10;
/// The longest wait that is waited here; longer ones are for whoever wants the call.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// The wait after a first failure; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(400);

/// Why a connection's work cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// A person has to connect again; then it goes on.
    #[error("the connection needs to be authorized again: {0}")]
    Paused(String),
    /// The connection is over.
    #[error("the connection was disconnected")]
    Ended,
    /// Not now.
    #[error("{message}")]
    Later {
        /// Why, for people.
        message: String,
        /// How long it is known to last.
        wait: Option<Duration>,
    },
    /// Ours: the sealing keys. Waiting helps once somebody has mended them.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Not at all: waiting would not help.
    #[error(transparent)]
    Refused(Fault),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Trouble {
    /// How long it is known to last.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Later { wait, .. } => *wait,
            _ => None,
        }
    }
}

/// How much was already tried.
#[derive(Clone, Copy, Debug, Default)]
pub struct Patience {
    tries: u32,
    refusals: u32,
    renewed: bool,
}

/// One connection's line.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    cx: &'a Cx,
    connection_id: String,
    purpose: &'static str,
}

/// What one call needs.
#[derive(Debug)]
pub struct Ready<'a> {
    cx: &'a Cx,
    /// The connection and its token.
    pub access: Access,
    whose: Whose,
    hosts: &'a Hosts,
}

impl<'a> Line<'a> {
    /// To the provider of this connection. `purpose` has its own turn among those who call for the account.
    #[must_use]
    pub fn new(cx: &'a Cx, connection_id: &str, purpose: &'static str) -> Self {
        Self { cx, connection_id: connection_id.to_owned(), purpose }
    }

    /// The token that is good now, renewed first if it is about to end.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn ready(&self) -> Result<Ready<'a>, Trouble> {
        let access = access::access(self.cx, &self.connection_id).await.map_err(Trouble::from)?;
        let connection = &access.connection;
        let provider = syncline_providers::connect::CONNECTORS
            .iter()
            .find(|(id, _)| *id == connection.provider)
            .map(|(id, _)| *id)
            .ok_or_else(|| Trouble::Refused(Fault::Unreadable("no such provider in this version")))?;
        let credential = match connection.method {
            Method::Oauth => Credential::OAuth,
            Method::Key => Credential::Key,
        };
        let whose = Whose {
            provider,
            account: connection.account.clone(),
            credential,
            org_id: connection.org_id.clone(),
            purpose: self.purpose,
        };
        Ok(Ready { cx: self.cx, access, whose, hosts: self.cx.calls.hosts(provider) })
    }

    /// What to do about a fault: waits, renews the token, or says why the work cannot go on. After `Ok` the call may be made again,
    /// from [`Line::ready`] on.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn recover(
        &self,
        ready: &Ready<'_>,
        call: &Call,
        fault: Fault,
        patience: &mut Patience,
    ) -> Result<(), Trouble> {
        match fault {
            Fault::Unauthorized if !patience.renewed => {
                patience.renewed = true;
                access::refused(self.cx, &ready.access).await.map(|_| ()).map_err(Trouble::from)
            }
            Fault::Unauthorized => Err(Trouble::Later {
                message: "the provider does not accept the token it gave a moment ago".to_owned(),
                wait: None,
            }),
            Fault::RateLimited { limit, wait, passes } => {
                let wait = self.cx.calls.budgets.refused(&ready.whose, call, wait);
                patience.refusals += 1;
                if !passes || wait > LONGEST_WAIT || patience.refusals > REFUSALS {
                    return Err(Trouble::Later { message: format!("{limit} was reached"), wait: Some(wait) });
                }
                Ok(())
            }
            Fault::Transient { message, wait } => self.pause(patience, message, wait).await,
            // Reading twice is reading once: whoever calls for something else looks first.
            Fault::MaybeCommitted(message) => Err(Trouble::Refused(Fault::MaybeCommitted(message))),
            other => Err(Trouble::Refused(other)),
        }
    }

    async fn pause(
        &self,
        patience: &mut Patience,
        message: String,
        wait: Option<Duration>,
    ) -> Result<(), Trouble> {
        patience.tries += 1;
        let doubled = FIRST_WAIT * 2_u32.pow(patience.tries.min(10) - 1);
        let jittered = doubled.mul_f64(self.cx.dice.with(|rng| rng.random_range(0.5..1.0)));
        let wait = wait.map_or(jittered, |wait| wait + jittered / 4);
        if patience.tries >= TRIES || wait > LONGEST_WAIT {
            return Err(Trouble::Later { message, wait: Some(wait) });
        }
        metrics::call_repeated();
        tokio::time::sleep(wait).await;
        Ok(())
    }
}

impl Ready<'_> {
    /// What the providers' rooms need to know for a call.
    #[must_use]
    pub fn at(&self) -> At<'_> {
        At { hosts: self.hosts, token: &self.access.token, now: self.cx.now() }
    }

    /// Sends a call under the budgets, once.
    ///
    /// # Errors
    /// As [`crate::call::Calls::send`].
    pub async fn send(&self, call: &Call) -> Result<Answer, Fault> {
        self.cx.calls.send(&self.whose, call).await
    }

    /// The same, unless the job that wants it was lost meanwhile: then there is no answer, and nothing was sent.
    ///
    /// # Errors
    /// As [`crate::call::Calls::send`].
    pub async fn send_while(&self, hold: &Hold, call: &Call) -> Option<Result<Answer, Fault>> {
        self.cx.calls.send_while(hold, &self.whose, call).await
    }
}

impl From<Denied> for Trouble {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NeedsReauthorization(reason) => Self::Paused(reason),
            Denied::NoSuchConnection | Denied::Disconnected => Self::Ended,
            Denied::Later { message, wait } => Self::Later { message, wait: Some(wait) },
            Denied::App(message) => Self::Later {
                message: format!("the provider does not accept our app; check its secret: {message}"),
                wait: None,
            },
            Denied::Keys(error) => Self::Keys(error),
            Denied::Store(error) => Self::Store(error),
        }
    }
}
