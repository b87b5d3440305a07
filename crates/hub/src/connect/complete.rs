//! The end of an authorization: a browser comes back with a `state` and, if a person consented, a code.

use super::after;
use super::apps::{self, Registration};
use super::begin::place;
use super::credentials::Purse;
use super::keep::{self, ConnectError, Kept, New};
use super::wire;
use crate::audit::By;
use crate::cx::Cx;
use crate::telemetry::metrics;
use data_encoding::HEXLOWER;
use syncline_core::oauth::{fingerprint, is_token};
use syncline_core::secret::Secret;
use syncline_providers::connect::{Account, Credential, OAuth, Refused, Tokens};
use syncline_providers::wire::{Fault, words};
use syncline_store::connections::authorizations::{self, Authorization, Taken};
use syncline_store::connections::{self, Connection, Method};
use syncline_store::{Scope, StoreError};

/// What a browser came back with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Return<'a> {
    /// Whose address it came back to; none: one for all providers.
    pub provider: Option<&'a str>,
    /// The `state`.
    pub state: &'a str,
    /// The code.
    pub code: Option<&'a Secret>,
    /// The error instead of it.
    pub error: Option<&'a str>,
    /// What the provider says about the error.
    pub error_description: Option<&'a str>,
    /// The token of the browser's cookie.
    pub browser: Option<&'a Secret>,
}

/// What became of it, and whom to tell.
#[derive(Debug)]
pub struct Outcome {
    /// What became of it.
    pub completed: Completed,
    /// At which provider; none when nobody knows the `state`, or the browser is the wrong one.
    pub provider: Option<String>,
    /// The page that waits for the result; none as for the provider, or when there is none.
    pub origin: Option<String>,
}

/// What became of an authorization. Nothing was stored unless it says so.
#[derive(Debug)]
pub enum Completed {
    /// The account is connected.
    Connected(Connection),
    /// The person, or the provider for them, said no.
    Denied {
        /// What the provider says about it; may be empty.
        message: String,
    },
    /// It took longer than `connect.state_ttl`: begin again.
    Expired,
    /// Nobody knows this `state`: it is invented, mistyped, another provider's, or more than a day old.
    Unknown,
    /// It came back before; with the connection, if one came of it.
    Replayed(Option<Box<Connection>>),
    /// Another browser began this authorization, or this one keeps no cookies. It can still be completed by the right one.
    WrongBrowser,
    /// Our registration at the provider is wrong: only the operator can mend it.
    AppRefused {
        /// What the provider, or our configuration, says.
        message: String,
    },
    /// The provider refuses what its own page gave: the code was used, or is too old. Connect again.
    CodeRefused {
        /// What the provider says.
        message: String,
    },
    /// The provider did not answer, or not sensibly. Nothing is wrong with the account: connect again later.
    ProviderDown {
        /// What it said, or how the connection broke.
        message: String,
    },
    /// Another organization has connected this account, and its webhooks can belong to one only.
    AccountOfAnother {
        /// The account.
        account: Account,
    },
    /// Ours: the database, the sealing keys. The log says more.
    Failed(ConnectError),
}

impl Completed {
    /// Its stable name, in metrics and for programs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Connected(_) => "connected",
            Self::Denied { .. } => "denied",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
            Self::Replayed(_) => "replayed",
            Self::WrongBrowser => "wrong_browser",
            Self::AppRefused { .. } => "app_refused",
            Self::CodeRefused { .. } => "code_refused",
            Self::ProviderDown { .. } => "provider_down",
            Self::AccountOfAnother { .. } => "account_of_another",
            Self::Failed(_) => "failed",
        }
    }
}

impl From<StoreError> for Completed {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Refused> for Completed {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Grant(message) => Self::CodeRefused { message },
            Refused::App(message) => Self::AppRefused { message },
            Refused::JustRefreshed => {
                Self::CodeRefused { message: "the code was used a moment ago".to_owned() }
            }
            Refused::Later { message, .. } => Self::ProviderDown { message },
            Refused::Unreadable(what) => Self::ProviderDown { message: format!("its answer is {what}") },
        }
    }
}

/// Completes an authorization. Only the browser that began it can use it up. Goes on by itself when the caller goes away: a code is
/// good once.
pub async fn complete(cx: &Cx, back: Return<'_>) -> Outcome {
    let outcome = match find(cx, &back).await {
        Err(completed) => Outcome { completed, provider: None, origin: None },
        Ok((found, connection_id)) => {
            let (provider, origin) = (Some(found.provider.clone()), found.origin.clone());
            let of = found.clone();
            let completed = take(cx, found, connection_id, &back).await.unwrap_or_else(|ended| ended);
            if let Err(error) = tell_unless_connected(cx, &of, &completed).await {
                tracing::warn!(%error, "nobody is told of an authorization that came to nothing");
            }
            Outcome { completed, provider, origin }
        }
    };
    report(&outcome);
    outcome
}

/// What came to nothing is news for the application too. What nobody began here, or another browser brought, is no news of anybody's.
async fn tell_unless_connected(cx: &Cx, of: &Authorization, completed: &Completed) -> Result<(), StoreError> {
    if matches!(completed, Completed::Connected(_) | Completed::Unknown | Completed::Failed(_)) {
        return Ok(());
    }
    let mut tx = cx.store.begin().await?;
    after::tell_refused(cx, &mut tx, of, completed.name()).await?;
    tx.commit().await?;
    cx.wake.news();
    Ok(())
}

/// The authorization that this browser began. Does not use it up: whoever learnt a `state` would otherwise end it for the one who began.
async fn find(cx: &Cx, back: &Return<'_>) -> Result<(Authorization, Option<String>), Completed> {
    let print = HEXLOWER.encode(&fingerprint(back.state));
    let (found, connection_id) = authorizations::find(&cx.store, &print).await?.ok_or(Completed::Unknown)?;
    if !is_browser(&found, back.browser) {
        return Err(Completed::WrongBrowser);
    }
    if back.provider.is_some_and(|provider| provider != found.provider) {
        return Err(Completed::Unknown);
    }
    Ok((found, connection_id))
}

fn is_browser(found: &Authorization, token: Option<&Secret>) -> bool {
    let kept = HEXLOWER.decode(found.browser.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    matches!((kept, token), (Some(kept), Some(token)) if is_token(&kept, token.expose()))
}

/// Uses it up, and goes on with what came back.
async fn take(
    cx: &Cx,
    found: Authorization,
    connection_id: Option<String>,
    back: &Return<'_>,
) -> Result<Completed, Completed> {
    let taken = match authorizations::take(&cx.store, &found.state, cx.now()).await? {
        Taken::Taken(taken) => taken,
        Taken::Unknown => return Ok(Completed::Unknown),
        Taken::Expired(_) => return Ok(Completed::Expired),
        Taken::Used(_) => return Ok(replayed(cx, connection_id).await?),
    };
    let Some(code) = back.code.filter(|code| back.error.is_none() && !code.is_empty()) else {
        return Ok(instead_of_a_code(back));
    };
    let by = By::on_page(&taken.user_id, taken.origin.as_deref());
    let (work, code) = (cx.on_word_of(&by), code.clone());
    let task = tokio::spawn(async move { finish(&work, &taken, &code).await.unwrap_or_else(|ended| ended) });
    task.await.map_err(|_| Completed::ProviderDown { message: "the exchange was cut short".to_owned() })
}

async fn replayed(cx: &Cx, connection_id: Option<String>) -> Result<Completed, StoreError> {
    let connection = match connection_id {
        Some(id) => connections::get(&cx.store, &Scope::All, &id).await?,
        None => None,
    };
    Ok(Completed::Replayed(connection.map(Box::new)))
}

/// What an error on the way back means (RFC 6749, 4.1.2.1). Its words are the browser's, so they are taken as words only.
fn instead_of_a_code(back: &Return<'_>) -> Completed {
    let said = words(back.error_description.unwrap_or_default());
    let named = |code: &str| match said.as_str() {
        "" => words(code),
        said => format!("{}: {said}", words(code)),
    };
    match back.error {
        Some("access_denied") => Completed::Denied { message: said },
        Some(code @ ("server_error" | "temporarily_unavailable")) => {
            Completed::ProviderDown { message: named(code) }
        }
        Some(code) => Completed::AppRefused { message: named(code) },
        None => Completed::ProviderDown { message: "it sent the browser back without a code".to_owned() },
    }
}

/// Exchanges the code, asks whose account it is, and stores the connection.
async fn finish(cx: &Cx, taken: &Authorization, code: &Secret) -> Result<Completed, Completed> {
    let ours = |error: apps::AppError| Completed::AppRefused { message: error.to_string() };
    let oauth = apps::oauth(&taken.provider).map_err(ours)?;
    let registration = apps::registration(&cx.config, &taken.provider, Some(&taken.app)).map_err(ours)?;
    let verifier = cx
        .keys
        .open(&taken.verifier, &place(&taken.state))
        .map_err(|error| Completed::Failed(error.into()))?;
    let tokens = exchange(cx, oauth, &registration, taken, code, &verifier).await?;
    let account = whose(cx, taken, &registration, &tokens).await?;
    let new = New {
        org_id: taken.org_id.clone(),
        user_id: taken.user_id.clone(),
        provider: taken.provider.clone(),
        app: taken.app.clone(),
        account: account.clone(),
        method: Method::Oauth,
        purse: Purse::of(&tokens, None),
        expires_at: tokens.expires_at,
        scopes: tokens.scopes,
        state: Some(taken.state.clone()),
    };
    match keep::keep(cx, &new).await {
        Ok(Kept::Connected(connection)) => Ok(Completed::Connected(*connection)),
        Ok(Kept::OfAnother) => Ok(Completed::AccountOfAnother { account }),
        Err(error) => Err(Completed::Failed(error)),
    }
}

/// With the present client secret, and during rotation with the one before it if that one is refused.
async fn exchange(
    cx: &Cx,
    oauth: &dyn OAuth,
    registration: &Registration,
    taken: &Authorization,
    code: &Secret,
    verifier: &Secret,
) -> Result<Tokens, Refused> {
    let mut refused = Refused::Unreadable("missing");
    for secret in &registration.secrets {
        let call = oauth.exchange(&registration.with(secret), code, verifier, &taken.redirect_uri);
        let answer = wire::ask(cx, call).await?;
        match oauth.tokens(&answer.reply(), cx.now()) {
            Ok(tokens) => return Ok(tokens),
            // What the first secret is told stands: the second one is only a try.
            Err(Refused::App(message)) if !matches!(refused, Refused::App(_)) => {
                refused = Refused::App(message)
            }
            Err(Refused::App(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Err(refused)
}

/// The account, with the name people know it by. Where the token's answer says whose it is, a missing name stops nothing.
async fn whose(
    cx: &Cx,
    taken: &Authorization,
    registration: &Registration,
    tokens: &Tokens,
) -> Result<Account, Completed> {
    let connector = apps::connector(&taken.provider)
        .map_err(|error| Completed::AppRefused { message: error.to_string() })?;
    if let Some(known) = tokens.account.as_ref().filter(|known| known.name != known.id) {
        return Ok(known.clone());
    }
    let ask = async || {
        let question = connector.identify(&registration.hosts, &tokens.access);
        let answer = wire::send(cx, question.clone()).await?;
        let account = connector.account(&answer.reply(), &tokens.access)?;
        wire::charge(cx, &taken.provider, &account.id, &taken.org_id, Credential::OAuth, &question);
        Ok(account)
    };
    let mut asked = ask().await;
    if let Err(Fault::Transient { .. }) = asked {
        asked = ask().await;
    }
    match (asked, &tokens.account) {
        // Whose tokens they are says the token endpoint, if it does.
        (Ok(asked), Some(known)) if asked.id != known.id => Ok(known.clone()),
        (Ok(asked), _) => Ok(asked),
        (Err(_), Some(known)) => Ok(known.clone()),
        (Err(fault), None) => Err(Completed::ProviderDown { message: fault.to_string() }),
    }
}

fn report(outcome: &Outcome) {
    let (name, provider) = (outcome.completed.name(), outcome.provider.as_deref().unwrap_or("unknown"));
    metrics::connect_return(provider, name);
    match &outcome.completed {
        Completed::Connected(connection) => {
            tracing::info!(provider, connection = connection.id, org_id = connection.org_id, "connected");
        }
        Completed::AppRefused { message } => {
            tracing::error!(
                provider,
                message,
                "the provider refuses our app: check [apps] and its registration"
            );
        }
        Completed::Failed(error) => tracing::error!(provider, %error, "an account could not be connected"),
        Completed::Denied { message }
        | Completed::CodeRefused { message }
        | Completed::ProviderDown { message } => {
            tracing::warn!(provider, outcome = name, message, "an account was not connected");
        }
        _ => tracing::warn!(provider, outcome = name, "an account was not connected"),
    }
}
