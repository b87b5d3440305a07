//! Signing a message: the three headers of the Standard Webhooks specification.

use super::secret::SigningKey;
use crate::time::Timestamp;

/// The header with the message's id, the same at every attempt: what a receiver tells duplicates by.
pub const ID: &str = "webhook-id";
/// The header with the moment of the attempt, in seconds since 1970.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// The header with one signature for every key, separated by spaces.
pub const SIGNATURE: &str = "webhook-signature";

/// Something that an endpoint's owner may have changed and that is good until then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lasting<T> {
    /// The thing.
    pub what: T,
    /// The first moment it is not good at any more; none: always good.
    pub not_after: Option<Timestamp>,
}

impl<T> Lasting<T> {
    /// Good for ever.
    pub fn always(what: T) -> Self {
        Self { what, not_after: None }
    }

    /// Whether it is good at `now`.
    #[must_use]
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.not_after.is_none_or(|end| now < end)
    }
}

/// What the headers say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// For [`ID`].
    pub id: String,
    /// For [`TIMESTAMP`].
    pub timestamp: String,
    /// For [`SIGNATURE`].
    pub signature: String,
}

/// Signs a body that is sent at `now` with every key that is good then, in the order of the keys: while secrets rotate, whoever has
/// the old one and whoever has the new one find a signature of theirs. None when no key is good.
#[must_use]
pub fn sign<'a>(
    id: &str,
    body: &[u8],
    keys: impl IntoIterator<Item = &'a Lasting<SigningKey>>,
    now: Timestamp,
) -> Option<Signed> {
    let timestamp = seconds(now).to_string();
    let parts: [&[u8]; 5] = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
    let mut signature = String::new();
    for key in keys.into_iter().filter(|key| key.is_good(now)) {
        if !signature.is_empty() {
            signature.push(' ');
        }
        signature.push_str(&key.what.sign(&parts));
    }
    if signature.is_empty() { None } else { Some(Signed { id: id.to_owned(), timestamp, signature }) }
}

/// Whole seconds since 1970.
pub(super) fn seconds(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    const ID_SIGNED: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = b"{\"test\": 2432232314}";

    fn key(text: &str, not_after: Option<i64>) -> Lasting<SigningKey> {
        let what = SigningKey::parse(&Secret::new(text)).unwrap();
        Lasting { what, not_after: not_after.map(|at| Timestamp::from_millis(at * 1_000)) }
    }

    /// The vectors of the specification's and of Svix's own tests.
    #[test]
    fn published_vectors_hold() {
        let shared = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", None);
        let pair = key(
            "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==",
            None,
        );
        // What is less than a second goes.
        let signed =
            sign(ID_SIGNED, BODY, [&shared, &pair], Timestamp::from_millis(1_614_265_330_999)).unwrap();
        assert_eq!(signed.id, ID_SIGNED);
        assert_eq!(signed.timestamp, "1614265330");
        assert_eq!(
            signed.signature,
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= \
             v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
        );
    }

    #[test]
    fn an_old_secret_signs_beside_the_new_one_until_its_end() {
        let old = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Some(100));
        let new = key("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", None);
        let count = |now: i64| {
            let signed = sign("msg_1", b"{}", [&new, &old], Timestamp::from_millis(now)).unwrap();
            signed.signature.split(' ').count()
        };
        assert_eq!((count(99_999), count(100_000)), (2, 1));
        assert_eq!(sign("msg_1", b"{}", [&old], Timestamp::from_millis(100_000)), None);
        assert_eq!(sign("msg_1", b"{}", [], Timestamp::from_millis(0)), None);
    }
}
