//! Proof Key for Code Exchange: accepted, and then checked (HubSpot facts 1.6; RFC 7636).

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};

/// What an authorize URL bound its code to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// The verifier itself.
    Plain(String),
    /// The verifier's SHA-256 in base64url.
    S256(String),
}

impl Challenge {
    /// Reads `code_challenge` and `code_challenge_method`.
    ///
    /// # Errors
    /// When the method is not one of the two, or there is a method without a challenge: the reason.
    pub(crate) fn read(challenge: Option<&str>, method: Option<&str>) -> Result<Option<Self>, &'static str> {
        match (challenge, method) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err("code_challenge_method needs a code_challenge"),
            (Some(challenge), None | Some("plain")) => Ok(Some(Self::Plain(challenge.to_owned()))),
            (Some(challenge), Some("S256")) => Ok(Some(Self::S256(challenge.to_owned()))),
            (Some(_), Some(_)) => Err("code_challenge_method is S256 or plain"),
        }
    }

    /// Whether `verifier` is what the challenge was made from.
    pub(crate) fn is_met_by(&self, verifier: Option<&str>) -> bool {
        let Some(verifier) = verifier else { return false };
        match self {
            Self::Plain(challenge) => challenge == verifier,
            Self::S256(challenge) => *challenge == BASE64URL_NOPAD.encode(&Sha256::digest(verifier)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_verifier_of_the_standard_meets_its_challenge() {
        let challenge = Challenge::read(Some(CHALLENGE), Some("S256")).expect("S256").expect("a challenge");
        assert!(challenge.is_met_by(Some(VERIFIER)));
        assert!(!challenge.is_met_by(Some(CHALLENGE)) && !challenge.is_met_by(None));
    }

    #[test]
    fn without_a_method_the_challenge_is_the_verifier() {
        let challenge = Challenge::read(Some("abc"), None).expect("plain").expect("a challenge");
        assert!(challenge.is_met_by(Some("abc")) && !challenge.is_met_by(Some("abd")));
    }

    #[test]
    fn other_methods_are_refused() {
        assert!(Challenge::read(Some("abc"), Some("S512")).is_err());
        assert!(Challenge::read(None, Some("S256")).is_err());
        assert_eq!(Challenge::read(None, None), Ok(None));
    }
}
