//! `X-Airtable-Content-MAC`: HMAC-SHA256 over the raw body, keyed with the decoded secret.

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The header's name.
pub(super) const HEADER: &str = "x-airtable-content-mac";

/// The header's value.
pub(super) fn mac(secret_base64: &str, body: &[u8]) -> String {
    let key = BASE64.decode(secret_base64.as_bytes()).unwrap_or_default();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of any length");
    mac.update(body);
    format!("hmac-sha256={}", HEXLOWER.encode(&mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::mac;

    #[test]
    fn the_mac_is_the_one_pyairtable_checks() {
        let body = r#"{"base":{"id":"app00000000000000"},"webhook":{"id":"ach00000000000000"},"timestamp":"2022-02-01T21:25:05.663Z"}"#;
        assert_eq!(
            mac("c3VwZXIgZHVwZXIgc2VjcmV0", body.as_bytes()),
            "hmac-sha256=26a5f8b7a527568ceada248cf2b0c2d7bc6c6e099016532131dc17421d5637fa"
        );
    }
}
