//! Which integration calls the token endpoint. One with a secret must send the header, one without must not.

use super::Refused;
use crate::airtable::accounts::Integration;
use crate::airtable::settings::Words;
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD};
use subtle::ConstantTimeEq as _;

/// Client id and secret of a `Basic` header. The documents call the encoding base64url, the first-party example uses
/// standard base64: both are read.
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let encoded = encoded.trim().as_bytes();
    let bytes = [BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD]
        .iter()
        .find_map(|encoding| encoding.decode(encoded).ok())?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// The number of the integration that calls.
///
/// # Errors
/// What the endpoint answers.
pub(super) fn identify(
    integrations: &[Integration],
    authorization: Option<&str>,
    body_id: Option<&str>,
    forbidden_header: &Words,
) -> Result<usize, Refused> {
    let find = |id: &str| integrations.iter().position(|integration| integration.client_id == id);
    let Some(header) = authorization else {
        let id = body_id.ok_or_else(|| Refused::invalid_client("Client authentication is missing"))?;
        let number = find(id).ok_or_else(|| Refused::invalid_client("There is no such client"))?;
        if integrations[number].secret.is_some() {
            return Err(Refused::invalid_client("This client must send the Authorization header"));
        }
        return Ok(number);
    };
    let (id, secret) =
        basic(header).ok_or_else(|| Refused::invalid_client("The Authorization header is malformed"))?;
    let number = find(&id).ok_or_else(|| Refused::invalid_client("There is no such client"))?;
    let Some(known) = &integrations[number].secret else {
        return Err(Refused::worded(
            forbidden_header,
            "A client without a secret must not send the Authorization header",
        ));
    };
    if !bool::from(known.as_bytes().ct_eq(secret.as_bytes())) {
        return Err(Refused::invalid_client("The client secret is wrong"));
    }
    if body_id.is_some_and(|other| other != id) {
        return Err(Refused::invalid_request(
            "client_id and the Authorization header name different clients",
        ));
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::airtable::settings::Errors;

    fn call(header: Option<&str>, id: Option<&str>) -> Result<usize, String> {
        let integration = |id: &str, secret: Option<&str>| Integration {
            name: id.to_owned(),
            client_id: id.to_owned(),
            secret: secret.map(str::to_owned),
        };
        let integrations = [integration("conf", Some("s>?cret")), integration("public", None)];
        identify(&integrations, header, id, &Errors::default().forbidden_header)
            .map_err(|refused| refused.error)
    }

    #[test]
    fn a_secret_is_sent_in_the_header_and_no_secret_in_no_header() {
        let standard = format!("Basic {}", BASE64.encode(b"conf:s>?cret"));
        let url = format!("basic {}", BASE64URL_NOPAD.encode(b"conf:s>?cret"));
        assert_eq!(call(Some(&standard), None), Ok(0));
        assert_eq!(call(Some(&url), Some("conf")), Ok(0));
        assert_eq!(call(None, Some("public")), Ok(1));
        for (header, id, error) in [
            (Some(standard.as_str()), Some("public"), "invalid_request"),
            (None, Some("conf"), "invalid_client"),
            (None, None, "invalid_client"),
            (None, Some("nobody"), "invalid_client"),
            (Some("Basic !"), None, "invalid_client"),
            (Some("Bearer x"), Some("public"), "invalid_client"),
            (Some("Basic Y29uZjp3cm9uZw=="), None, "invalid_client"),
            (Some("Basic cHVibGljOg=="), Some("public"), "invalid_client"),
        ] {
            assert_eq!(call(header, id), Err(error.to_owned()), "{header:?} {id:?}");
        }
    }
}
