//! The primitives under every provider's signature scheme: hashing in parts, and comparing in constant time.
//!
//! The text to sign is never put together in memory: a webhook's method, URL, body and timestamp go into the hash one
//! after the other, which on the intake's hot path saves a copy of every body. Which parts, in which order and under
//! which header is each provider's business (its `signature.rs`).

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What SHA-256 and HMAC-SHA256 yield.
pub type Digest32 = [u8; 32];

/// SHA-256 over the parts, one after the other with nothing between them: the caller sees to it that two different
/// lists of parts cannot read the same.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> Digest32 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// HMAC-SHA256 under `key` over the parts, one after the other with nothing between them.
#[must_use]
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Digest32 {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Whether `written` is `digest` in hexadecimal digits of either case. The digests are compared in constant time;
/// anything that is not 64 such digits is simply not equal.
#[must_use]
pub fn hex_matches(digest: &Digest32, written: &[u8]) -> bool {
    let mut claimed = [0; 32];
    written.len() == 64
        && HEXLOWER_PERMISSIVE.decode_mut(written, &mut claimed).is_ok()
        && digest.ct_eq(&claimed).into()
}

/// Whether `written` is `digest` in padded standard base 64. The digests are compared in constant time; anything that
/// is not the one correct spelling of 32 bytes is simply not equal.
#[must_use]
pub fn base64_matches(digest: &Digest32, written: &[u8]) -> bool {
    // 44 characters decode to 33 bytes, the last of which the padding takes away.
    let mut claimed = [0; 33];
    written.len() == 44
        && BASE64.decode_mut(written, &mut claimed).is_ok_and(|length| length == 32)
        && digest.ct_eq(&claimed[..32]).into()
}

/// A digest as [`hex_matches`] reads it: 64 hexadecimal digits in lower case.
#[must_use]
pub fn to_hex(digest: &Digest32) -> String {
    HEXLOWER_PERMISSIVE.encode(digest)
}

/// A digest as [`base64_matches`] reads it: padded standard base 64, 44 characters.
#[must_use]
pub fn to_base64(digest: &Digest32) -> String {
    BASE64.encode(digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_vectors_hold() {
        // FIPS 180-2, "abc"; RFC 4231, test case 2.
        let abc = sha256(&[b"a", b"", b"bc"]);
        assert!(hex_matches(&abc, b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        let jefe = hmac_sha256(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert!(hex_matches(&jefe, b"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    }

    proptest! {
        #[test]
        fn parts_hash_like_the_whole(text in prop::collection::vec(any::<u8>(), 0..300), cut in any::<prop::sample::Index>()) {
            let (left, right) = text.split_at(cut.index(text.len() + 1));
            prop_assert_eq!(sha256(&[left, right]), sha256(&[&text]));
            prop_assert_eq!(hmac_sha256(right, &[left, right]), hmac_sha256(right, &[&text]));
        }

        #[test]
        fn only_the_right_spelling_matches(digest: Digest32, bit in 0usize..256, noise in prop::collection::vec(any::<u8>(), 0..70)) {
            let mut other = digest;
            other[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(hex_matches(&digest, to_hex(&digest).as_bytes()));
            prop_assert!(hex_matches(&digest, to_hex(&digest).to_uppercase().as_bytes()));
            prop_assert!(!hex_matches(&digest, to_hex(&other).as_bytes()));
            let base64 = to_base64(&digest);
            prop_assert!(base64_matches(&digest, base64.as_bytes()));
            prop_assert!(!base64_matches(&digest, to_base64(&other).as_bytes()));
            prop_assert!(!base64_matches(&digest, base64.trim_end_matches('=').as_bytes()));
            prop_assert!(!base64_matches(&digest, base64.replace('=', "A").as_bytes()), "33 bytes");
            prop_assert!(!hex_matches(&digest, &noise) && !base64_matches(&digest, &noise));
        }
    }
}
