//! Dice that can be thrown again: every id, token and jitter comes from the seed and the purpose it serves.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest as _, Sha256};

/// A stream of random values. Nothing here is secret: the sandbox guards nothing.
#[derive(Debug, Clone)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream that `seed` and `purpose` name.
    pub(crate) fn new(seed: u64, purpose: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(seed.to_be_bytes());
        hash.update(purpose.as_bytes());
        Self(ChaCha8Rng::from_seed(hash.finalize().into()))
    }

    /// A number below `bound`, 0 when the bound is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.0.random_range(0..bound) }
    }

    /// A number between the two, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        if high <= low { low } else { self.0.random_range(low..=high) }
    }

    /// True with this probability (0 to 1).
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.0.random_bool(probability.clamp(0.0, 1.0))
    }

    /// One of them.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let index = usize::try_from(self.below(from.len() as u64)).ok()?;
        from.get(index)
    }

    /// In any order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            let other = usize::try_from(self.below(end as u64 + 1)).unwrap_or(0);
            items.swap(end, other);
        }
    }

    /// So many lower-case hexadecimal digits.
    pub(crate) fn hex(&mut self, digits: usize) -> String {
        let mut bytes = vec![0; digits.div_ceil(2)];
        self.0.fill_bytes(&mut bytes);
        let mut text = HEXLOWER.encode(&bytes);
        text.truncate(digits);
        text
    }

    /// So many letters and digits, both cases.
    pub(crate) fn alphanumeric(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        (0..length).map(|_| char::from(ALPHABET[usize::try_from(self.below(62)).unwrap_or(0)])).collect()
    }

    /// So many random bytes in base64url without padding.
    pub(crate) fn base64url(&mut self, bytes: usize) -> String {
        let mut raw = vec![0; bytes];
        self.0.fill_bytes(&mut raw);
        BASE64URL_NOPAD.encode(&raw)
    }

    /// A random (version 4) UUID.
    pub(crate) fn uuid(&mut self) -> String {
        let mut bytes = [0; 16];
        self.0.fill_bytes(&mut bytes);
        dashed(bytes, 4)
    }

    /// A version 7 UUID: milliseconds since 1970, then dice.
    pub(crate) fn uuid_v7(&mut self, now: i64) -> String {
        let mut bytes = [0; 16];
        self.0.fill_bytes(&mut bytes);
        bytes[..6].copy_from_slice(&now.to_be_bytes()[2..]);
        dashed(bytes, 7)
    }

    /// 32 random bits.
    pub(crate) fn u32(&mut self) -> u32 {
        self.0.next_u32()
    }
}

fn dashed(mut bytes: [u8; 16], version: u8) -> String {
    bytes[6] = (bytes[6] & 0x0f) | (version << 4);
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = HEXLOWER.encode(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_purpose_throw_the_same() {
        let throw = |seed, purpose| Dice::new(seed, purpose).hex(16);
        assert_eq!(throw(1, "tokens"), throw(1, "tokens"));
        assert_ne!(throw(1, "tokens"), throw(2, "tokens"));
        assert_ne!(throw(1, "tokens"), throw(1, "ids"));
    }

    #[test]
    fn uuids_carry_their_version() {
        let mut dice = Dice::new(1, "uuids");
        assert_eq!(dice.uuid().as_bytes()[14], b'4');
        let seven = dice.uuid_v7(0x01_9b_00_00_00_01);
        assert!(seven.starts_with("019b0000-0001-7"), "{seven}");
    }
}
