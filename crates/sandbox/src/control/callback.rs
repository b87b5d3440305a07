//! Where a browser may be sent back to when no hub is there yet: shows the code and how to exchange it. So a newcomer can
//! walk through a vendor's consent page with nothing but the sandbox.

use super::credentials;
use super::problem::Problem;
use crate::sandbox::Rooms;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use data_encoding::BASE64URL_NOPAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Not a secret: it proves nothing but that the vendor compares what it was told.
const VERIFIER: &str = "sandbox-walk-through-0123456789-abcdefghijklmnopqrstuvwxyz";

/// An authorize URL that comes back here; none for vendors without OAuth.
pub(super) fn try_link(rooms: &Rooms, provider: &str) -> Option<String> {
    let credentials = credentials(rooms);
    let vendor = &credentials[provider];
    let (base, client) = (vendor["base_url"].as_str()?, vendor["app"]["client_id"].as_str()?);
    let redirect = encode(&redirect_uri(rooms));
    let state = format!("{provider}-walk-through-0001");
    match provider {
        "hubspot" => {
            let optional =
                encode("crm.objects.contacts.read crm.objects.contacts.write crm.objects.companies.read");
            Some(format!(
                "{base}/oauth/authorize?client_id={client}&redirect_uri={redirect}&scope=oauth\
                 &optional_scope={optional}&state={state}"
            ))
        }
        "notion" => Some(format!(
            "{base}/v1/oauth/authorize?client_id={client}&response_type=code&owner=user&redirect_uri={redirect}&state={state}"
        )),
        "airtable" => {
            let scope = encode("data.records:read data.records:write schema.bases:read");
            let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(VERIFIER.as_bytes()));
            Some(format!(
                "{base}/oauth2/v1/authorize?client_id={client}&redirect_uri={redirect}&response_type=code&scope={scope}\
                 &state={state}&code_challenge={challenge}&code_challenge_method=S256"
            ))
        }
        _ => None,
    }
}

fn redirect_uri(rooms: &Rooms) -> String {
    format!("{}/_sandbox/callback", rooms.house.url())
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[derive(Template)]
#[template(path = "page/callback.html")]
struct Face {
    given: Vec<(String, String)>,
    refused: bool,
    exchange: Option<String>,
}

/// `GET /_sandbox/callback`
pub(super) async fn show(
    State(rooms): State<Arc<Rooms>>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Html<String>, Problem> {
    let provider = query.get("state").and_then(|state| state.split('-').next()).unwrap_or_default();
    let exchange = query.get("code").and_then(|code| exchange(&rooms, provider, code));
    let face = Face {
        refused: query.contains_key("error"),
        exchange,
        given: query.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
    };
    face.render().map(Html).map_err(|error| Problem::invalid(error.to_string()))
}

/// The command that exchanges the code.
fn exchange(rooms: &Rooms, provider: &str, code: &str) -> Option<String> {
    let credentials = credentials(rooms);
    let vendor = &credentials[provider];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let (base, client) = (text(&vendor["base_url"])?, text(&vendor["app"]["client_id"])?);
    let secret = text(&vendor["app"]["client_secret"])?;
    let redirect = redirect_uri(rooms);
    // The code came from outside; what is shown here is copied into a shell.
    let code: String = code.chars().filter(|c| c.is_ascii_alphanumeric() || "-._~".contains(*c)).collect();
    Some(match provider {
        "hubspot" => format!(
            "curl {base}/oauth/2026-03/token \\\n  -d grant_type=authorization_code \\\n  -d client_id={client} \\\n  \
             -d client_secret={secret} \\\n  -d redirect_uri={redirect} \\\n  -d code={code}"
        ),
        "notion" => format!(
            "curl {base}/v1/oauth/token -u {client}:{secret} \\\n  -H 'Content-Type: application/json' \\\n  \
             -d '{{\"grant_type\":\"authorization_code\",\"code\":\"{code}\",\"redirect_uri\":\"{redirect}\"}}'"
        ),
        "airtable" => format!(
            "curl {base}/oauth2/v1/token -u {client}:{secret} \\\n  -d grant_type=authorization_code \\\n  \
             -d redirect_uri={redirect} \\\n  -d code_verifier={VERIFIER} \\\n  -d code={code}"
        ),
        _ => return None,
    })
}
