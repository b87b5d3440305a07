//! PKCE with S256, and the alphabet it shares with `state`.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};

/// Whether `text` has a length within `lengths` and consists of `A-Za-z0-9._-`.
fn fits(text: &str, lengths: std::ops::RangeInclusive<usize>) -> bool {
    lengths.contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// 16 to 1024 characters of the alphabet.
pub(super) fn is_state(text: &str) -> bool {
    fits(text, 16..=1024)
}

/// 43 to 128 characters of the alphabet.
pub(super) fn is_verifier(text: &str) -> bool {
    fits(text, 43..=128)
}

/// The base64url of 32 bytes, without padding.
pub(super) fn is_challenge(text: &str) -> bool {
    BASE64URL_NOPAD.decode(text.as_bytes()).is_ok_and(|bytes| bytes.len() == 32)
}

/// The challenge of a verifier.
pub(super) fn challenge(verifier: &str) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(verifier))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_the_one_of_rfc_7636() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(is_verifier(verifier) && is_challenge(&challenge(verifier)));
    }

    #[test]
    fn lengths_and_alphabet_are_held() {
        assert!(is_state(&"a".repeat(16)) && is_state(&"a".repeat(1024)));
        assert!(!is_state(&"a".repeat(15)) && !is_state(&"a".repeat(1025)));
        assert!(!is_state("padding-is-outside=="));
        assert!(!is_verifier(&"a".repeat(42)) && !is_verifier(&"a".repeat(129)));
        assert!(!is_challenge("short") && !is_challenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM="));
    }
}
