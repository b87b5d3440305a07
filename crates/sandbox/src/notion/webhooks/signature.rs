//! Notion's signature: HMAC-SHA256 of the raw body under the verification token (Notion facts 8).

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The header.
pub(crate) const HEADER: &str = "x-notion-signature";

/// `sha256=<lowercase hex>`
pub(crate) fn sign(token: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(token.as_bytes()) else { return String::new() };
    mac.update(body);
    format!("sha256={}", HEXLOWER.encode(&mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_on_record() {
        assert_eq!(
            sign("secret_example", br#"{"verification_token":"secret_example"}"#),
            "sha256=c03804531a21a478ae9d36f0197e76c7bd817d9d7fe14e6dfe3f0673bb9e84f4"
        );
    }
}
