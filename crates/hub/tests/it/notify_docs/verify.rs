use data_encoding::BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Whether a message is genuine; `now` is in seconds since 1970, `body` the raw body.
pub fn verify(secret: &str, id: &str, timestamp: &str, signatures: &str, body: &[u8], now: u64) -> bool {
    let Ok(sent) = timestamp.parse::<u64>() else { return false };
    if id.is_empty() || now.abs_diff(sent) > 300 {
        return false;
    }
    let Ok(key) = BASE64.decode(secret.trim_start_matches("whsec_").as_bytes()) else { return false };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return false };
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    signatures.split(' ').filter_map(|entry| entry.strip_prefix("v1,")).any(|signature| {
        BASE64.decode(signature.as_bytes()).is_ok_and(|claimed| mac.clone().verify_slice(&claimed).is_ok())
    })
}
