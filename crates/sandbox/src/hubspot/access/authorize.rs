//! `GET /oauth/authorize`, and the form of its page (HubSpot facts 1.1, 1.6). What is wrong with the app, its redirect URI or
//! its scopes is told to the person in the browser; only what is wrong with the rest is sent to the app.

use super::clients::Fields;
use super::consent;
use super::grants::{Code, Grant};
use super::pkce::Challenge;
use super::redirects::{is_loopback, registrable, with_query};
use super::scopes::{Asked, Mismatch, split};
use super::settings::OauthSettings;
use crate::house::consent::Consent;
use crate::house::json;
use crate::hubspot::Hubspot;
use crate::hubspot::state::{App, Portal};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use std::sync::Arc;

/// Which authorize URL was opened.
#[derive(Debug, Clone, Copy, Default)]
struct Address<'a> {
    /// The account in its path.
    portal: Option<&'a str>,
    /// Whether it is the one of apps that authenticate for MCP: these must use S256.
    is_mcp: bool,
}

/// What an app asks for, found good.
struct Request {
    app: App,
    redirect_uri: String,
    state: Option<String>,
    asked: Asked,
    challenge: Option<Challenge>,
    /// The account the URL pins.
    portal: Option<u64>,
}

/// Why an app may not ask.
enum Complaint {
    /// For the person.
    Page { status: StatusCode, title: &'static str, text: String, details: Vec<String> },
    /// For the app.
    Back { error: &'static str, description: &'static str, to: String, state: Option<String> },
}

/// `GET /oauth/authorize`
pub(super) async fn show(State(hubspot): State<Arc<Hubspot>>, uri: Uri) -> Response {
    answer(&hubspot, Address::default(), &uri, None)
}

/// `GET /oauth/{portalId}/authorize`
pub(super) async fn show_in(
    State(hubspot): State<Arc<Hubspot>>,
    portal: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Response {
    let portal = portal.map(|Path(portal)| portal).unwrap_or_default();
    answer(&hubspot, Address { portal: Some(&portal), is_mcp: false }, &uri, None)
}

/// `GET /oauth/authorize/user`
pub(super) async fn show_user(State(hubspot): State<Arc<Hubspot>>, uri: Uri) -> Response {
    answer(&hubspot, Address { portal: None, is_mcp: true }, &uri, None)
}

/// The page's form, sent to the address of the page.
pub(super) async fn decide(
    State(hubspot): State<Arc<Hubspot>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(&hubspot, Address::default(), &uri, Some(&Fields::of_body(&headers, &body)))
}

/// The form of `/oauth/{portalId}/authorize`.
pub(super) async fn decide_in(
    State(hubspot): State<Arc<Hubspot>>,
    portal: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let portal = portal.map(|Path(portal)| portal).unwrap_or_default();
    let address = Address { portal: Some(&portal), is_mcp: false };
    answer(&hubspot, address, &uri, Some(&Fields::of_body(&headers, &body)))
}

/// The form of `/oauth/authorize/user`.
pub(super) async fn decide_user(
    State(hubspot): State<Arc<Hubspot>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let address = Address { portal: None, is_mcp: true };
    answer(&hubspot, address, &uri, Some(&Fields::of_body(&headers, &body)))
}

fn answer(hubspot: &Hubspot, address: Address<'_>, uri: &Uri, form: Option<&Fields>) -> Response {
    let settings = hubspot.settings.get();
    let outcome = read(hubspot, &settings.oauth, address, &Fields::of_query(uri)).and_then(|request| {
        let decision = match form {
            Some(form) => form.get("decision"),
            None => match *hubspot.house.consent.get() {
                Consent::Page => return Ok(page(hubspot, &request)),
                Consent::Approve => Some("connect"),
                Consent::Deny => Some("cancel"),
            },
        };
        match decision {
            Some("connect") => connect(hubspot, &settings.oauth, &request, form),
            Some("cancel") => Err(request.back("access_denied", "The user denied access to the app")),
            _ => Err(told("Something is missing", "The form says neither Connect nor Cancel.", Vec::new())),
        }
    });
    outcome.unwrap_or_else(Complaint::answer)
}

fn page(hubspot: &Hubspot, request: &Request) -> Response {
    let state = hubspot.state.read();
    let portals = state.portals.values().filter(|portal| request.portal.is_none_or(|id| id == portal.id));
    consent::ask(&request.app, &request.redirect_uri, &request.asked, portals)
}

/// Checks everything the URL says.
fn read(
    hubspot: &Hubspot,
    settings: &OauthSettings,
    address: Address<'_>,
    query: &Fields,
) -> Result<Request, Complaint> {
    let app = app(hubspot, query)?;
    let redirect_uri = redirect_uri(&app, settings, query)?;
    let portal = match address.portal {
        Some(text) => Some(portal(hubspot, text)?),
        None => None,
    };
    let list = |name| split(query.get(name).unwrap_or_default());
    let mut request = Request {
        app,
        redirect_uri,
        state: query.get("state").map(str::to_owned),
        asked: Asked { scope: list("scope"), optional: list("optional_scope") },
        challenge: None,
        portal,
    };
    request.asked.check(&request.app, settings).map_err(mismatch)?;
    let challenge = Challenge::read(query.get("code_challenge"), query.get("code_challenge_method"));
    request.challenge = challenge.map_err(|reason| request.back("invalid_request", reason))?;
    match &request.challenge {
        None if settings.require_pkce || address.is_mcp => {
            Err(request.back("invalid_request", "code_challenge is required"))
        }
        Some(Challenge::Plain(_)) if address.is_mcp => {
            Err(request.back("invalid_request", "code_challenge_method must be S256"))
        }
        _ => Ok(request),
    }
}

fn app(hubspot: &Hubspot, query: &Fields) -> Result<App, Complaint> {
    let id = query.get("client_id").unwrap_or_default();
    let state = hubspot.state.read();
    state.apps.iter().find(|app| app.client_id == id).cloned().ok_or_else(|| {
        let text = "The client_id in this address is missing, or no app has it.";
        told("HubSpot does not know this app", text, Vec::new())
    })
}

fn redirect_uri(app: &App, settings: &OauthSettings, query: &Fields) -> Result<String, Complaint> {
    let title = "The redirect URL does not match";
    let Some(uri) = query.get("redirect_uri") else {
        return Err(told(title, "The redirect_uri in this address is missing.", Vec::new()));
    };
    if settings.any_loopback_redirect && is_loopback(uri) {
        return Ok(uri.to_owned());
    }
    registrable(uri).map_err(|reason| told(title, &reason, Vec::new()))?;
    if app.redirect_uris.iter().chain(&settings.redirect_uris).any(|registered| registered == uri) {
        return Ok(uri.to_owned());
    }
    let text = "The redirect_uri in this address is none of the app's registered redirect URLs.";
    Err(told(title, text, vec![uri.to_owned()]))
}

fn portal(hubspot: &Hubspot, text: &str) -> Result<u64, Complaint> {
    let known = text.parse().ok().filter(|id| hubspot.state.read().portals.contains_key(id));
    known.ok_or_else(|| Complaint::Page {
        status: StatusCode::NOT_FOUND,
        title: "There is no such account",
        text: "The account in this address does not exist.".to_owned(),
        details: vec![text.to_owned()],
    })
}

/// Grants what is asked for, and sends the code.
fn connect(
    hubspot: &Hubspot,
    settings: &OauthSettings,
    request: &Request,
    form: Option<&Fields>,
) -> Result<Response, Complaint> {
    let (portal, hublet, user) = installer(hubspot, request, form.map(|form| form.get("installer")))?;
    let lacking = settings.account_lacks_scopes.get(&portal.to_string());
    let scopes = request.asked.granted(lacking.map_or(&[], Vec::as_slice)).map_err(mismatch)?;
    let grant = Grant { app: request.app.app_id, portal, hublet, user, scopes: scopes.into() };
    let now = hubspot.house.now();
    let code = Code {
        grant: Arc::new(grant),
        redirect_uri: request.redirect_uri.clone(),
        challenge: request.challenge.clone(),
        expires_at: now + i64::from(settings.code_seconds) * 1000,
    };
    let code = hubspot.access.grants.write().hand_out(code, now);
    Ok(redirect(&request.redirect_uri, &[("code", &code)], request.state.as_deref()))
}

/// Who connects the app: whom the form names, or the account's first super admin when there is no form.
fn installer(
    hubspot: &Hubspot,
    request: &Request,
    named: Option<Option<&str>>,
) -> Result<(u64, &'static str, u64), Complaint> {
    let state = hubspot.state.read();
    let (portal, user_id) = match named {
        Some(named) => named
            .and_then(|named| named.split_once(':'))
            .and_then(|(portal, user)| Some((portal.parse().ok()?, user.parse().ok()?)))
            .ok_or_else(|| {
                told("Something is missing", "The form names nobody who connects the app.", Vec::new())
            })?,
        None => {
            let portal = request.portal.or_else(|| state.portals.keys().next().copied()).unwrap_or_default();
            (portal, first_admin(state.portals.get(&portal)))
        }
    };
    let place =
        state.portals.get(&portal).filter(|place| request.portal.is_none_or(|pinned| pinned == place.id));
    let person = place.and_then(|place| {
        let user = place.users.iter().find(|user| user.user_id == user_id && !user.archived)?;
        Some((place, user))
    });
    let Some((place, person)) = person else {
        return Err(told("There is no such user", "Nobody of that account has this number.", Vec::new()));
    };
    if !person.super_admin {
        return Err(Complaint::Page {
            status: StatusCode::FORBIDDEN,
            title: "You may not connect apps",
            text: "Only super admins may connect apps to this account. Ask one of them.".to_owned(),
            details: Vec::new(),
        });
    }
    Ok((place.id, place.hublet, person.user_id))
}

fn first_admin(portal: Option<&Portal>) -> u64 {
    portal
        .and_then(|portal| portal.users.iter().find(|user| user.super_admin && !user.archived))
        .map(|user| user.user_id)
        .unwrap_or_default()
}

impl Request {
    fn back(&self, error: &'static str, description: &'static str) -> Complaint {
        Complaint::Back { error, description, to: self.redirect_uri.clone(), state: self.state.clone() }
    }
}

impl Complaint {
    fn answer(self) -> Response {
        match self {
            Self::Page { status, title, text, details } => consent::refuse(status, title, &text, &details),
            Self::Back { error, description, to, state } => {
                let parameters = [("error", error), ("error_description", description)];
                redirect(&to, &parameters, state.as_deref())
            }
        }
    }
}

fn told(title: &'static str, text: &str, details: Vec<String>) -> Complaint {
    Complaint::Page { status: StatusCode::BAD_REQUEST, title, text: text.to_owned(), details }
}

fn mismatch(mismatch: Mismatch) -> Complaint {
    let title = "The scopes do not match";
    match mismatch {
        Mismatch::Unknown(scopes) => told(
            title,
            "The scopes in this address and those in the app's settings are not the same. These are not in the \
             settings, or not in this place:",
            scopes,
        ),
        Mismatch::Missing(scopes) => {
            told(title, "The app requires these scopes, and this address lacks them:", scopes)
        }
        Mismatch::NotInAccount(scopes) => {
            told(title, "The app requires these scopes, and this account cannot grant them:", scopes)
        }
    }
}

fn redirect(to: &str, parameters: &[(&str, &str)], state: Option<&str>) -> Response {
    let state = state.map(|state| ("state", state));
    let parameters: Vec<(&str, &str)> = parameters.iter().copied().chain(state).collect();
    let mut response = json::empty(StatusCode::FOUND);
    // A URL in its normal form is plain ASCII.
    if let Ok(location) = HeaderValue::try_from(with_query(to, &parameters)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
