//! Verifying what was received: what the receiving side of Standard Webhooks does, for `syncline listen` and for our own tests.

use super::secret::VerifyingKey;
use super::sign::seconds;
use crate::time::Timestamp;
use std::time::Duration;

/// How far a message's timestamp may be from the receiver's clock, either way.
pub const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// How many signatures of one message are looked at: more are nobody's rotation.
const MOST_SIGNATURES: usize = 32;

/// What the three headers of a received message say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`.
    pub timestamp: &'a str,
    /// `webhook-signature`.
    pub signature: &'a str,
}

/// Why a message is not believed. For the receiver's log; the sender learns no more than 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The id is empty.
    #[error("the message has no webhook-id")]
    Id,
    /// The timestamp is not a number of seconds.
    #[error("webhook-timestamp is not a number of seconds since 1970")]
    Timestamp,
    /// Sent too long ago: perhaps recorded and sent again by somebody else.
    #[error("webhook-timestamp is too old: the message may be a replay, or this machine's clock is ahead")]
    TooOld,
    /// Sent in the future.
    #[error("webhook-timestamp is in the future: this machine's clock is behind, or the sender's ahead")]
    TooNew,
    /// No signature is right.
    #[error("no signature in webhook-signature was made with this secret over this id, timestamp and body")]
    Signature,
}

/// Whether a message is genuine: sent at most `tolerance` ago or ahead, and signed with one of the keys over exactly these bytes.
///
/// # Errors
/// [`Doubt`] when it is not.
pub fn verify(
    received: Received<'_>,
    body: &[u8],
    keys: &[VerifyingKey],
    tolerance: Duration,
    now: Timestamp,
) -> Result<(), Doubt> {
    if received.id.is_empty() {
        return Err(Doubt::Id);
    }
    let digits = received.timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let sent: i64 = received.timestamp.parse().ok().filter(|_| digits).ok_or(Doubt::Timestamp)?;
    let tolerance = i64::try_from(tolerance.as_secs()).unwrap_or(i64::MAX);
    if sent < seconds(now).saturating_sub(tolerance) {
        return Err(Doubt::TooOld);
    }
    if sent > seconds(now).saturating_add(tolerance) {
        return Err(Doubt::TooNew);
    }
    let parts: [&[u8]; 5] = [received.id.as_bytes(), b".", received.timestamp.as_bytes(), b".", body];
    let right = |signature: &str| keys.iter().any(|key| key.verifies(&parts, signature));
    let mut signatures = received.signature.split(' ').take(MOST_SIGNATURES);
    if signatures.any(right) { Ok(()) } else { Err(Doubt::Signature) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::secret::{Scheme, SigningKey, generate};
    use crate::notify::sign::{Lasting, Signed, sign};
    use crate::secret::Secret;
    use proptest::prelude::*;
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    fn secret(scheme: Scheme, seed: u64) -> Secret {
        generate(scheme, &mut StdRng::seed_from_u64(seed))
    }

    fn signing(secret: &Secret) -> Lasting<SigningKey> {
        Lasting::always(SigningKey::parse(secret).unwrap())
    }

    fn received(signed: &Signed) -> Received<'_> {
        Received { id: &signed.id, timestamp: &signed.timestamp, signature: &signed.signature }
    }

    const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    #[test]
    fn the_tolerance_holds_to_the_second_on_both_sides() {
        let secret = secret(Scheme::Hmac, 1);
        let key = [VerifyingKey::parse(&secret).unwrap()];
        let signed = sign("msg_1", b"{}", [&signing(&secret)], NOW).unwrap();
        let late = |seconds: i64| {
            let now = Timestamp::from_millis(NOW.as_millis() + seconds * 1_000);
            verify(received(&signed), b"{}", &key, TOLERANCE, now)
        };
        assert_eq!((late(300), late(301)), (Ok(()), Err(Doubt::TooOld)));
        assert_eq!((late(-300), late(-301)), (Ok(()), Err(Doubt::TooNew)));
    }

    #[test]
    fn everything_that_is_signed_counts() {
        for scheme in [Scheme::Hmac, Scheme::Ed25519] {
            let secret = secret(scheme, 1);
            let key = [VerifyingKey::parse(&secret).unwrap()];
            let signed = sign("msg_1", b"{}", [&signing(&secret)], NOW).unwrap();
            let check = |changed: Received<'_>, body: &[u8]| verify(changed, body, &key, TOLERANCE, NOW);
            let good = received(&signed);
            let later = (NOW.as_millis() / 1_000 + 1).to_string();
            let plus = format!("+{}", signed.timestamp);
            assert_eq!(check(good, b"{}"), Ok(()));
            assert_eq!(check(good, b"{ }"), Err(Doubt::Signature));
            assert_eq!(check(Received { id: "msg_2", ..good }, b"{}"), Err(Doubt::Signature));
            assert_eq!(check(Received { id: "", ..good }, b"{}"), Err(Doubt::Id));
            assert_eq!(check(Received { timestamp: &later, ..good }, b"{}"), Err(Doubt::Signature));
            for wrong in ["", "now", "-5", "1.5", plus.as_str(), "99999999999999999999"] {
                assert_eq!(
                    check(Received { timestamp: wrong, ..good }, b"{}"),
                    Err(Doubt::Timestamp),
                    "{wrong}"
                );
            }
            // The same bytes under the other scheme's name are no signature.
            let renamed = signed.signature.replacen("v1,", "v1a,", 1);
            let renamed =
                if renamed == signed.signature { renamed.replacen("v1a,", "v1,", 1) } else { renamed };
            for wrong in ["", "v1", "v1,", ",", "v2,x", renamed.as_str()] {
                assert_eq!(
                    check(Received { signature: wrong, ..good }, b"{}"),
                    Err(Doubt::Signature),
                    "{wrong}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn whoever_has_one_of_the_secrets_believes_and_nobody_else(
            body in prop::collection::vec(any::<u8>(), 0..200),
            seeds in prop::collection::btree_set(0u64..20, 1..4),
            pairs in prop::collection::vec(any::<bool>(), 4),
            outsider in 20u64..40,
        ) {
            let scheme = |at: usize| if pairs[at] { Scheme::Ed25519 } else { Scheme::Hmac };
            let secrets: Vec<Secret> = seeds.iter().enumerate().map(|(at, seed)| secret(scheme(at), *seed)).collect();
            let keys: Vec<Lasting<SigningKey>> = secrets.iter().map(signing).collect();
            let signed = sign("msg_x", &body, &keys, NOW).unwrap();
            for secret in &secrets {
                let key = [VerifyingKey::parse(secret).unwrap()];
                prop_assert_eq!(verify(received(&signed), &body, &key, TOLERANCE, NOW), Ok(()));
            }
            let other = [VerifyingKey::parse(&secret(scheme(3), outsider)).unwrap()];
            prop_assert_eq!(verify(received(&signed), &body, &other, TOLERANCE, NOW), Err(Doubt::Signature));
        }
    }
}
