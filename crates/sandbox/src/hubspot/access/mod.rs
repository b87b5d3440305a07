//! Who calls: apps, installs, codes, tokens, scopes, limits (HubSpot facts 1 and 2). What was granted is kept in [`grants`],
//! what was called is counted in [`limits`]; [`enter`] asks both.

mod authorize;
mod clients;
mod consent;
mod control;
mod edits;
mod enter;
mod grants;
mod introspection;
mod lifecycle;
mod limits;
mod oauth_error;
mod pkce;
mod private_apps;
mod redirects;
mod refuse;
mod scopes;
mod settings;
mod throttle;
mod token;
mod token_info;

pub(crate) use control::{control, credentials};
pub(crate) use edits::edit;
pub(crate) use enter::{correlate, enter, no_credentials};
pub(crate) use lifecycle::{Lifecycle, uninstall};
pub(crate) use limits::day;
pub(crate) use refuse::refuse;
pub(crate) use settings::{LimitSettings, OauthSettings};

use super::Hubspot;
use super::error::ApiError;
use crate::house::{Dice, House};
use axum::Router;
use axum::extract::FromRequestParts;
use axum::routing::{get, post};
use http::request::Parts;
use parking_lot::{Mutex, RwLock};
use std::sync::Arc;

/// Installs, codes, tokens, counts. Of its locks none is held while another one, or the state's, is taken.
#[derive(Debug)]
pub(crate) struct Access {
    grants: RwLock<grants::Grants>,
    limits: Mutex<limits::Limits>,
    correlation: Mutex<Dice>,
    lifecycle: Mutex<Vec<Lifecycle>>,
}

impl Access {
    /// With nothing installed.
    pub(crate) fn new(house: &House) -> Self {
        Self {
            grants: RwLock::new(grants::Grants::new(house.dice("hubspot.access"))),
            limits: Mutex::default(),
            correlation: Mutex::new(house.dice("hubspot.correlation")),
            lifecycle: Mutex::default(),
        }
    }

    /// With nothing installed again.
    pub(crate) fn reset(&self, house: &House) {
        let fresh = Self::new(house);
        *self.grants.write() = fresh.grants.into_inner();
        *self.limits.lock() = fresh.limits.into_inner();
        *self.correlation.lock() = fresh.correlation.into_inner();
        self.lifecycle.lock().clear();
    }

    /// What an account granted an app; none where the app is not installed.
    pub(crate) fn scopes_granted(&self, app: u64, portal: u64) -> Option<Arc<[String]>> {
        self.grants.read().installed(app, portal).map(|install| Arc::clone(&install.scopes))
    }

    /// How many calls an account's private apps made today.
    pub(crate) fn calls_today(&self, portal: u64, time_zone: &str, now: i64) -> u64 {
        self.limits.lock().today(portal, time_zone, now)
    }
}

/// Who calls an account's API.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The account.
    pub(crate) portal: u64,
    /// The app, a private one included.
    pub(crate) app: u64,
    /// Who installed it.
    pub(crate) user: Option<u64>,
    /// What was granted.
    pub(crate) scopes: Arc<[String]>,
    /// Whether this is a private app's or a service key's token: it may do what its account may.
    pub(crate) is_static: bool,
    /// How a missing scope is told.
    missing_scopes_shape: settings::MissingScopesShape,
}

impl Caller {
    /// Lets the caller go on when it was granted one of `scopes`.
    ///
    /// # Errors
    /// 403 `MISSING_SCOPES` naming them.
    pub(crate) fn needs_one_of(&self, scopes: &[&str]) -> Result<(), ApiError> {
        if self.is_static || scopes.iter().any(|scope| self.scopes.iter().any(|granted| granted == scope)) {
            return Ok(());
        }
        Err(enter::missing_scopes(scopes, self.missing_scopes_shape))
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        // Put there by `enter`, which every route of an account passes.
        parts.extensions.get::<Self>().cloned().ok_or_else(ApiError::resource_not_found)
    }
}

/// What a bearer token stands for, where no account's API is called: an app's own token, or an install's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bearer {
    /// The app.
    pub(crate) app: u64,
    /// The account; none for an app's own token (`client_credentials`).
    pub(crate) portal: Option<u64>,
    /// What was granted.
    pub(crate) scopes: Arc<[String]>,
}

/// What an OAuth access token stands for; none when HubSpot does not know it.
///
/// # Errors
/// 401 when its time is over.
pub(crate) fn bearer_of(hubspot: &Hubspot, token: &str) -> Result<Option<Bearer>, ApiError> {
    let now = hubspot.house.now();
    let grants = hubspot.access.grants.read();
    let Some(known) = grants.access(token) else { return Ok(None) };
    if now >= known.expires_at {
        return Err(enter::expired(known.expires_at, now));
    }
    let scopes = match &known.whose {
        grants::Whose::Granted(grant) => Arc::clone(&grant.scopes),
        grants::Whose::App { scopes, .. } => Arc::clone(scopes),
    };
    Ok(Some(Bearer { app: known.whose.app(), portal: known.whose.portal(), scopes }))
}

/// The versions of the OAuth API after v1 (HubSpot facts 1.2, 10).
const OAUTH_VERSIONS: [&str; 5] = ["v3", "2026-03", "2026-09", "2026-09-beta", "2027-03-beta"];

/// The OAuth endpoints and the consent page; they need no token.
pub(crate) fn router() -> Router<Arc<Hubspot>> {
    let mut router = Router::new()
        .route("/oauth/authorize", get(authorize::show).post(authorize::decide))
        .route("/oauth/authorize/user", get(authorize::show_user).post(authorize::decide_user))
        .route("/oauth/{portal}/authorize", get(authorize::show_in).post(authorize::decide_in))
        .route("/oauth/v1/token", post(token::v1))
        .route("/oauth/v1/access-tokens/{token}", get(token_info::access_token))
        .route(
            "/oauth/v1/refresh-tokens/{token}",
            get(token_info::refresh_token).delete(token_info::delete_refresh_token),
        )
        .route("/oauth/v2/private-apps/get/access-token-info", post(private_apps::token_info));
    for version in OAUTH_VERSIONS {
        router = router
            .route(&format!("/oauth/{version}/token"), post(token::later))
            .route(&format!("/oauth/{version}/token/introspect"), post(introspection::introspect))
            .route(&format!("/oauth/{version}/token/revoke"), post(introspection::revoke));
    }
    router
}
