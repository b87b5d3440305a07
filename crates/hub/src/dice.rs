//! Chance, as something one is handed: ids, tokens, jitter.

use rand::rngs::StdRng;
use rand::{Rng, RngExt as _, SeedableRng};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use syncline_core::time::Timestamp;

/// A source of randomness shared by the rooms: seeded by the operating system, or by a test.
pub struct Dice(Mutex<StdRng>);

impl Dice {
    /// Seeded by the operating system; good enough for secrets.
    #[must_use]
    pub fn of_the_system() -> Self {
        Self(Mutex::new(rand::make_rng()))
    }

    /// The same throws for the same seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }

    /// Lends the generator to a decision that takes it as a parameter.
    pub fn with<T>(&self, decide: impl FnOnce(&mut dyn Rng) -> T) -> T {
        decide(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A new id, `prefix_` and 26 characters that sort by time of making.
    #[must_use]
    pub fn id(&self, prefix: &str, now: Timestamp) -> String {
        let chance: u128 = self.with(|rng| rng.random());
        let millis = u128::from(now.as_millis().clamp(0, Timestamp::MAX_MILLIS).unsigned_abs());
        let bits = (millis << 80 | chance >> 48).to_be_bytes();
        format!("{prefix}_{}", data_encoding::BASE32HEX_NOPAD.encode(&bits))
    }

    /// 32 random bytes as URL-safe text: a secret nobody guesses.
    #[must_use]
    pub fn token(&self) -> String {
        let bytes: [u8; 32] = self.with(|rng| rng.random());
        data_encoding::BASE64URL_NOPAD.encode(&bytes)
    }
}

impl fmt::Debug for Dice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dice")
    }
}
