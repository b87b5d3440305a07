//! Sealing secrets for storage: XChaCha20-Poly1305 under a key with an id, bound to the place where the seal is kept.
//!
//! A sealed value says which key opens it, so that keys can be changed while the hub serves: new seals use the first key
//! of the ring, old ones stay readable as long as theirs is in it, and [`KeyRing::is_current`] tells which ones are to
//! be sealed anew. A seal is only good in its place: copied to another row it does not open.

use crate::secret::Secret;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use rand::{Rng, RngExt as _};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// The layout of a seal: this byte, the key's id, the nonce, the sealed text.
const FORMAT: u8 = 1;
const KEY_ID: usize = 8;
const NONCE: usize = 24;
const HEAD: usize = 1 + KEY_ID + NONCE;

/// Which key a seal was made with: the beginning of the key's SHA-256. Not a secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; KEY_ID]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// Why a key cannot be used, or a seal cannot be opened. Says nothing of what was sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// A key is not 32 bytes in unpadded base64url.
    #[error("a sealing key is 32 bytes in base64url, 43 characters; `syncline keys new` makes one")]
    NotAKey,
    /// There is no key at all.
    #[error("there is no sealing key")]
    NoKey,
    /// The bytes are no seal, or of a format this version does not know.
    #[error("not a sealed value of a known format")]
    NotASeal,
    /// The key that sealed it is not in the ring.
    #[error(
        "sealed with key {0}, which is not configured; add it to the keys until `syncline keys rotate` has run"
    )]
    UnknownKey(KeyId),
    /// Changed since it was sealed, or moved here from another place.
    #[error("a sealed value was changed, or belongs to another place")]
    Broken,
}

/// The keys, the one that seals first.
#[derive(Clone)]
pub struct KeyRing(Vec<(KeyId, XChaCha20Poly1305)>);

impl KeyRing {
    /// Reads keys as [`new_key`] writes them. The first one seals; the others only open.
    ///
    /// # Errors
    /// [`SealError::NotAKey`], or [`SealError::NoKey`] when there is none.
    pub fn new(keys: &[Secret]) -> Result<Self, SealError> {
        let mut ring: Vec<(KeyId, XChaCha20Poly1305)> = Vec::new();
        for key in keys {
            let bytes =
                BASE64URL_NOPAD.decode(key.expose().trim().as_bytes()).map_err(|_| SealError::NotAKey)?;
            let cipher = XChaCha20Poly1305::new_from_slice(&bytes).map_err(|_| SealError::NotAKey)?;
            let id = key_id(&bytes);
            if !ring.iter().any(|(known, _)| *known == id) {
                ring.push((id, cipher));
            }
        }
        if ring.is_empty() { Err(SealError::NoKey) } else { Ok(Self(ring)) }
    }

    /// Reads the keys of a setting or a file, as [`split`] tells them apart.
    ///
    /// # Errors
    /// As [`KeyRing::new`].
    pub fn read(keys: &Secret) -> Result<Self, SealError> {
        Self::new(&split(keys.expose()))
    }

    /// The id of the key that seals.
    #[must_use]
    pub fn current(&self) -> KeyId {
        self.0[0].0
    }

    /// The ids of all keys, the one that seals first.
    #[must_use]
    pub fn ids(&self) -> Vec<KeyId> {
        self.0.iter().map(|(id, _)| *id).collect()
    }

    /// Seals `plain` for `place`, a name that no other stored value has (`connections/con_…/credentials`).
    pub fn seal(&self, plain: &Secret, place: &str, rng: &mut dyn Rng) -> Vec<u8> {
        let (id, cipher) = &self.0[0];
        let nonce: [u8; NONCE] = rng.random();
        let mut sealed = Vec::with_capacity(HEAD + plain.expose().len() + 16);
        sealed.push(FORMAT);
        sealed.extend_from_slice(&id.0);
        let aad = [&sealed[..], place.as_bytes()].concat();
        sealed.extend_from_slice(&nonce);
        let payload = Payload { msg: plain.expose().as_bytes(), aad: &aad };
        let text = cipher.encrypt(&XNonce::from(nonce), payload).expect("a secret is shorter than 256 GiB");
        sealed.extend_from_slice(&text);
        sealed
    }

    /// Opens what [`Self::seal`] sealed for the same `place`.
    ///
    /// # Errors
    /// [`SealError`]: not a seal, an unknown key, or changed or moved bytes.
    pub fn open(&self, sealed: &[u8], place: &str) -> Result<Secret, SealError> {
        let id = made_with(sealed)?;
        let (_, cipher) = self.0.iter().find(|(known, _)| *known == id).ok_or(SealError::UnknownKey(id))?;
        let aad = [&sealed[..=KEY_ID], place.as_bytes()].concat();
        let nonce: [u8; NONCE] = sealed[1 + KEY_ID..HEAD].try_into().map_err(|_| SealError::NotASeal)?;
        let payload = Payload { msg: &sealed[HEAD..], aad: &aad };
        let plain = cipher.decrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::Broken)?;
        String::from_utf8(plain).map(Secret::new).map_err(|_| SealError::Broken)
    }

    /// Whether it was sealed with the key that seals today.
    #[must_use]
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        made_with(sealed).is_ok_and(|id| id == self.current())
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(id, _)| id)).finish()
    }
}

/// Keys with commas or line breaks between them: a setting may be read from a file too.
#[must_use]
pub fn split(text: &str) -> Vec<Secret> {
    text.split([',', '\n']).map(str::trim).filter(|key| !key.is_empty()).map(Secret::new).collect()
}

/// A new key, for [`KeyRing::new`].
pub fn new_key(rng: &mut dyn Rng) -> Secret {
    let bytes: [u8; 32] = rng.random();
    Secret::new(BASE64URL_NOPAD.encode(&bytes))
}

/// The key a seal names.
///
/// # Errors
/// [`SealError::NotASeal`].
pub fn made_with(sealed: &[u8]) -> Result<KeyId, SealError> {
    match sealed {
        [FORMAT, rest @ ..] if sealed.len() >= HEAD => {
            rest[..KEY_ID].try_into().map(KeyId).map_err(|_| SealError::NotASeal)
        }
        _ => Err(SealError::NotASeal),
    }
}

fn key_id(key: &[u8]) -> KeyId {
    let digest = Sha256::digest(key);
    let mut id = [0; KEY_ID];
    id.copy_from_slice(&digest[..KEY_ID]);
    KeyId(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    const PLACE: &str = "connections/con_1/credentials";

    fn keys(count: u64) -> Vec<Secret> {
        (0..count).map(|seed| new_key(&mut StdRng::seed_from_u64(seed))).collect()
    }

    fn ring(keys: &[Secret]) -> KeyRing {
        KeyRing::new(keys).expect("good keys")
    }

    #[test]
    fn a_seal_opens_in_its_place_and_nowhere_else() {
        let (ring, secret) = (ring(&keys(1)), Secret::new("refresh-token"));
        let sealed = ring.seal(&secret, PLACE, &mut StdRng::seed_from_u64(9));
        assert_eq!(ring.open(&sealed, PLACE), Ok(secret));
        assert_eq!(ring.open(&sealed, "connections/con_2/credentials"), Err(SealError::Broken));
        assert!(!sealed.windows(7).any(|window| window == b"refresh"), "the secret shows");
    }

    #[test]
    fn a_new_first_key_seals_and_the_old_one_still_opens_until_it_is_gone() {
        let keys = keys(2);
        let (old, both) = (ring(&keys[..1]), ring(&[keys[1].clone(), keys[0].clone()]));
        let sealed = old.seal(&Secret::new("x"), PLACE, &mut StdRng::seed_from_u64(9));
        assert_eq!(both.open(&sealed, PLACE), Ok(Secret::new("x")));
        assert!(!both.is_current(&sealed));
        let anew = both.seal(&Secret::new("x"), PLACE, &mut StdRng::seed_from_u64(10));
        assert!(both.is_current(&anew));
        let only_new = ring(&keys[1..]);
        assert_eq!(only_new.open(&sealed, PLACE), Err(SealError::UnknownKey(old.current())));
    }

    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        for bad in ["", "short", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "ö"] {
            let refused = KeyRing::new(&[Secret::new(bad)]).expect_err("not a key");
            assert_eq!(refused, SealError::NotAKey, "{bad}");
            assert!(bad.is_empty() || !refused.to_string().contains(bad));
        }
        assert_eq!(KeyRing::new(&[]).expect_err("no key"), SealError::NoKey);
        let ring = ring(&keys(1));
        assert_eq!(format!("{ring:?}"), format!("[KeyId({})]", ring.current()));
    }

    proptest! {
        #[test]
        fn any_changed_byte_is_noticed(secret in ".{0,80}", at in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let ring = ring(&keys(1));
            let mut sealed = ring.seal(&Secret::new(secret), PLACE, &mut StdRng::seed_from_u64(9));
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert!(ring.open(&sealed, PLACE).is_err());
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(ring(&keys(1)).open(&bytes, PLACE).is_err());
        }
    }
}
