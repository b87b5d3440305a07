//! What every OAuth flow needs, whichever the provider: a proof key (RFC 7636) and a `state` nobody can guess.

use crate::secret::Secret;
use crate::signature::sha256;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use rand::{Rng, RngExt as _};
use subtle::ConstantTimeEq as _;

/// A PKCE verifier: kept on the server until the code is exchanged. 43 characters of the alphabet that all providers take.
pub fn new_verifier(rng: &mut dyn Rng) -> Secret {
    random_text(rng)
}

/// The S256 challenge of a verifier (RFC 7636, 4.2): what the browser carries.
#[must_use]
pub fn challenge(verifier: &Secret) -> String {
    BASE64URL_NOPAD.encode(&sha256(&[verifier.expose().as_bytes()]))
}

/// A `state` for one authorization: 32 random bytes in 43 characters of `A-Z a-z 0-9 - _`, which fits every provider's rule
/// (Airtable facts 2: 16 to 1024 characters of `A-Za-z0-9._-`).
pub fn new_state(rng: &mut dyn Rng) -> Secret {
    random_text(rng)
}

/// What of a `state` (or of a browser session's token) is stored: whoever reads the table cannot complete a flow.
#[must_use]
pub fn fingerprint(token: &str) -> [u8; 32] {
    sha256(&[token.as_bytes()])
}

/// Whether `presented` is the token that was fingerprinted, in constant time.
#[must_use]
pub fn is_token(fingerprint: &[u8; 32], presented: &str) -> bool {
    sha256(&[presented.as_bytes()]).ct_eq(fingerprint).into()
}

/// What `Authorization: Basic` carries (RFC 7617): id and secret with a colon between them, in padded standard base 64.
#[must_use]
pub fn basic(id: &str, secret: &Secret) -> Secret {
    Secret::new(BASE64.encode(format!("{id}:{}", secret.expose()).as_bytes()))
}

fn random_text(rng: &mut dyn Rng) -> Secret {
    let bytes: [u8; 32] = rng.random();
    Secret::new(BASE64URL_NOPAD.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    #[test]
    fn the_challenge_is_the_one_of_the_rfc() {
        // RFC 7636, appendix B.
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn basic_credentials_are_those_of_the_rfc() {
        // RFC 7617, section 2.
        let basic = basic("Aladdin", &Secret::new("open sesame"));
        assert_eq!(basic.expose(), "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }

    #[test]
    fn tokens_fit_every_providers_alphabet_and_length() {
        let mut rng = StdRng::seed_from_u64(1);
        for token in [new_verifier(&mut rng), new_state(&mut rng)] {
            let text = token.expose();
            assert_eq!(text.len(), 43);
            assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{text}");
        }
        assert_ne!(new_state(&mut rng), new_state(&mut rng));
    }

    #[test]
    fn a_token_is_known_by_its_fingerprint_alone() {
        let kept = fingerprint("right");
        assert!(is_token(&kept, "right"));
        assert!(!is_token(&kept, "wrong") && !is_token(&kept, ""));
    }
}
