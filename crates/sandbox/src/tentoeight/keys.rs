//! API keys in the `Authorization` header (10to8 facts 1).

use super::settings::Authorization;
use http::{HeaderMap, header};

/// The key a request was sent with.
///
/// # Errors
/// How the refusal is worded.
pub(super) fn presented<'a>(
    headers: &'a HeaderMap,
    settings: &Authorization,
) -> Result<&'a str, &'static str> {
    const NONE: &str = "Authentication credentials were not provided.";
    let value = headers.get(header::AUTHORIZATION).ok_or(NONE)?;
    let text = value
        .to_str()
        .map_err(|_| "Invalid token header. Token string should not contain invalid characters.")?;
    let mut words = text.split_whitespace();
    let scheme = words.next().unwrap_or_default();
    let is_ours = if settings.any_case { scheme.eq_ignore_ascii_case("token") } else { scheme == "token" };
    if !is_ours {
        return Err(NONE);
    }
    let key = words.next().ok_or("Invalid token header. No credentials provided.")?;
    match words.next() {
        Some(_) => Err("Invalid token header. Token string should not contain spaces."),
        None => Ok(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_token_in_any_case_and_the_key_one_word() {
        let read = |value: &str, any_case| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().expect("a header"))]);
            presented(&headers, &Authorization { any_case }).map(str::to_owned)
        };
        assert_eq!(read("token abc", false).as_deref(), Ok("abc"));
        assert_eq!(read("TOKEN  abc", true).as_deref(), Ok("abc"));
        for (value, any_case) in [("Token abc", false), ("Bearer abc", true), ("", true)] {
            assert_eq!(
                read(value, any_case),
                Err("Authentication credentials were not provided."),
                "{value}"
            );
        }
        assert_eq!(read("token", true), Err("Invalid token header. No credentials provided."));
        assert_eq!(
            read("token a b", true),
            Err("Invalid token header. Token string should not contain spaces.")
        );
        let nothing = HeaderMap::new();
        assert_eq!(
            presented(&nothing, &Authorization::default()),
            Err("Authentication credentials were not provided.")
        );
    }
}
