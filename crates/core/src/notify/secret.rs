//! What an endpoint's messages are signed with, as the Standard Webhooks specification writes it.
//!
//! `whsec_` and the base 64 of 24 to 64 bytes is a shared secret for HMAC-SHA256. `whsk_` and the base 64 of 64 bytes (an
//! Ed25519 seed and its public key) signs; its `whpk_` (the public key's 32 bytes) only verifies, so that a receiver has
//! nothing to lose. A `whsk_` with the 32 bytes of the seed alone is read too.

use crate::secret::Secret;
use crate::signature::{Digest32, hmac_sha256};
use data_encoding::BASE64;
use rand::{Rng, RngExt as _};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use std::fmt;

/// How long a shared secret is, in bytes.
pub const SHARED_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The two schemes of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// `v1`: HMAC-SHA256 with a shared secret.
    Hmac,
    /// `v1a`: Ed25519 with a key pair.
    Ed25519,
}

/// Why a text is no key. Says nothing of what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It begins with none of the three prefixes.
    #[error("a signing secret begins with `whsec_` (shared) or `whsk_` (Ed25519), a public key with `whpk_`")]
    Prefix,
    /// What follows the prefix is not padded standard base 64.
    #[error("what follows the prefix of a signing secret is base 64 with padding")]
    Encoding,
    /// A shared secret is too short or too long.
    #[error("a shared signing secret has 24 to 64 bytes")]
    Length,
    /// Not an Ed25519 key, or a seed with a public key that is not its own.
    #[error("an Ed25519 signing secret is the seed and its public key, 64 bytes; a public key has 32")]
    Pair,
    /// A public key where a secret is needed.
    #[error("this is a public key, which verifies and cannot sign: use the `whsk_` it belongs to")]
    CannotSign,
}

/// A key that signs, read once and used for many messages. `Debug` shows nothing of it.
pub struct SigningKey(Inner);

enum Inner {
    Shared(Vec<u8>),
    Pair(Box<Ed25519KeyPair>),
}

impl SigningKey {
    /// Reads a `whsec_` or `whsk_`.
    ///
    /// # Errors
    /// [`KeyError`] when it is neither.
    pub fn parse(secret: &Secret) -> Result<Self, KeyError> {
        match Written::read(secret.expose())? {
            Written::Shared(bytes) => Ok(Self(Inner::Shared(bytes))),
            Written::Private(bytes) => pair(&bytes).map(|pair| Self(Inner::Pair(Box::new(pair)))),
            Written::Public(_) => Err(KeyError::CannotSign),
        }
    }

    /// Which scheme it signs by.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        match &self.0 {
            Inner::Shared(_) => Scheme::Hmac,
            Inner::Pair(_) => Scheme::Ed25519,
        }
    }

    /// What a receiver verifies with when it is not to share the secret: the `whpk_` of a key pair; none for a shared secret.
    #[must_use]
    pub fn public(&self) -> Option<String> {
        match &self.0 {
            Inner::Shared(_) => None,
            Inner::Pair(pair) => Some(format!("whpk_{}", BASE64.encode(pair.public_key().as_ref()))),
        }
    }

    /// The signature over the parts put together, as it stands in the header: `v1,…` or `v1a,…`.
    #[must_use]
    pub fn sign(&self, parts: &[&[u8]]) -> String {
        match &self.0 {
            Inner::Shared(key) => format!("v1,{}", BASE64.encode(&hmac_sha256(key, parts))),
            Inner::Pair(pair) => format!("v1a,{}", BASE64.encode(pair.sign(&parts.concat()).as_ref())),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({:?}, …)", self.scheme())
    }
}

/// A key that verifies.
pub struct VerifyingKey(Verifier);

enum Verifier {
    Shared(Vec<u8>),
    Public(Vec<u8>),
}

impl VerifyingKey {
    /// Reads a `whsec_` or `whpk_`; from a `whsk_` its public key is taken.
    ///
    /// # Errors
    /// [`KeyError`] when it is none of them.
    pub fn parse(key: &Secret) -> Result<Self, KeyError> {
        match Written::read(key.expose())? {
            Written::Shared(bytes) => Ok(Self(Verifier::Shared(bytes))),
            Written::Public(bytes) => Ok(Self(Verifier::Public(bytes))),
            Written::Private(bytes) => {
                pair(&bytes).map(|pair| Self(Verifier::Public(pair.public_key().as_ref().to_vec())))
            }
        }
    }

    /// Whether `signature`, one entry of the header, was made with this key over the parts put together. Takes the same time however
    /// much of it is right.
    #[must_use]
    pub fn verifies(&self, parts: &[&[u8]], signature: &str) -> bool {
        match (&self.0, signature.split_once(',')) {
            (Verifier::Shared(key), Some(("v1", written))) => {
                let digest: Digest32 = hmac_sha256(key, parts);
                crate::signature::base64_matches(&digest, written.as_bytes())
            }
            (Verifier::Public(key), Some(("v1a", written))) => {
                BASE64.decode(written.as_bytes()).is_ok_and(|claimed| {
                    UnparsedPublicKey::new(&ED25519, key).verify(&parts.concat(), &claimed).is_ok()
                })
            }
            _ => false,
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifyingKey(…)")
    }
}

/// A new secret of this scheme, as it is shown to its owner once.
#[must_use]
pub fn generate(scheme: Scheme, rng: &mut dyn Rng) -> Secret {
    let chance: [u8; 32] = rng.random();
    match scheme {
        Scheme::Hmac => Secret::new(format!("whsec_{}", BASE64.encode(&chance))),
        Scheme::Ed25519 => {
            let pair = Ed25519KeyPair::from_seed_unchecked(&chance).expect("every 32 bytes are a seed");
            let bytes = [&chance[..], pair.public_key().as_ref()].concat();
            Secret::new(format!("whsk_{}", BASE64.encode(&bytes)))
        }
    }
}

/// A key's bytes, by what its prefix says they are.
enum Written {
    Shared(Vec<u8>),
    Private(Vec<u8>),
    Public(Vec<u8>),
}

impl Written {
    fn read(text: &str) -> Result<Self, KeyError> {
        let decode = |text: &str| BASE64.decode(text.as_bytes()).map_err(|_| KeyError::Encoding);
        if let Some(rest) = text.strip_prefix("whsec_") {
            let bytes = decode(rest)?;
            return if SHARED_BYTES.contains(&bytes.len()) {
                Ok(Self::Shared(bytes))
            } else {
                Err(KeyError::Length)
            };
        }
        if let Some(rest) = text.strip_prefix("whsk_") {
            return decode(rest).map(Self::Private);
        }
        let bytes = decode(text.strip_prefix("whpk_").ok_or(KeyError::Prefix)?)?;
        if bytes.len() == 32 { Ok(Self::Public(bytes)) } else { Err(KeyError::Pair) }
    }
}

fn pair(bytes: &[u8]) -> Result<Ed25519KeyPair, KeyError> {
    match bytes.len() {
        32 => Ed25519KeyPair::from_seed_unchecked(bytes),
        64 => Ed25519KeyPair::from_seed_and_public_key(&bytes[..32], &bytes[32..]),
        _ => return Err(KeyError::Pair),
    }
    .map_err(|_| KeyError::Pair)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    #[test]
    fn what_is_generated_signs_and_is_verified() {
        for scheme in [Scheme::Hmac, Scheme::Ed25519] {
            let secret = generate(scheme, &mut StdRng::seed_from_u64(1));
            let key = SigningKey::parse(&secret).unwrap();
            assert_eq!(key.scheme(), scheme);
            let signature = key.sign(&[b"a", b"bc"]);
            assert!(VerifyingKey::parse(&secret).unwrap().verifies(&[b"abc"], &signature));
            assert!(!VerifyingKey::parse(&secret).unwrap().verifies(&[b"abd"], &signature));
            let other = generate(scheme, &mut StdRng::seed_from_u64(2));
            assert!(!VerifyingKey::parse(&other).unwrap().verifies(&[b"abc"], &signature));
        }
    }

    #[test]
    fn a_public_key_verifies_and_does_not_sign() {
        let key = SigningKey::parse(&generate(Scheme::Ed25519, &mut StdRng::seed_from_u64(3))).unwrap();
        let public = Secret::new(key.public().unwrap());
        assert!(VerifyingKey::parse(&public).unwrap().verifies(&[b"x"], &key.sign(&[b"x"])));
        assert_eq!(SigningKey::parse(&public).unwrap_err(), KeyError::CannotSign);
    }

    /// The pair of the reference implementation's own tests.
    #[test]
    fn the_reference_pair_is_read_with_and_without_its_public_half() {
        let whole =
            "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
        let seed = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc=";
        for text in [whole, seed] {
            let key = SigningKey::parse(&Secret::new(text)).unwrap();
            assert_eq!(key.public().unwrap(), "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_with_the_reason() {
        let shared = |bytes: usize| format!("whsec_{}", BASE64.encode(&vec![7; bytes]));
        let refusals = [
            ("w".to_owned(), KeyError::Prefix),
            ("hwsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".to_owned(), KeyError::Prefix),
            ("whsec_%".to_owned(), KeyError::Encoding),
            ("whsec_C2FVsBQIhrscChlQIMV-b5sSYspob7oD".to_owned(), KeyError::Encoding),
            (shared(23), KeyError::Length),
            (shared(65), KeyError::Length),
            ("whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(), KeyError::Pair),
            ("whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(), KeyError::Pair),
            // The public half of another seed.
            (
                "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlaaaaaaaaaaAJ6p9lMicMFs6Kvg=="
                    .to_owned(),
                KeyError::Pair,
            ),
        ];
        for (text, why) in refusals {
            assert_eq!(SigningKey::parse(&Secret::new(&text)).unwrap_err(), why, "{text}");
            assert_eq!(VerifyingKey::parse(&Secret::new(&text)).unwrap_err(), why, "{text}");
        }
        for bytes in [24, 32, 64] {
            assert!(SigningKey::parse(&Secret::new(shared(bytes))).is_ok());
        }
    }

    #[test]
    fn nothing_of_a_key_is_printed() {
        let secret = generate(Scheme::Hmac, &mut StdRng::seed_from_u64(4));
        let printed = format!("{:?} {:?}", SigningKey::parse(&secret), VerifyingKey::parse(&secret));
        assert_eq!(printed, "Ok(SigningKey(Hmac, …)) Ok(VerifyingKey(…))");
    }
}
