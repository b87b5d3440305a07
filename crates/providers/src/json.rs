//! JSON arrays taken apart and put together again without touching their elements.

use bytes::{BufMut, Bytes, BytesMut};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use syncline_core::signature::sha256;

/// The elements of the array that `body` is, each exactly as written; `None` when it is not a JSON array.
pub fn elements(body: &[u8]) -> Option<Vec<&str>> {
    let elements: Vec<&RawValue> = serde_json::from_str(std::str::from_utf8(body).ok()?).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

/// Divides the array that `body` is into one array per partition, in order of partition; within one the elements keep
/// their order. A body that is not an array stays whole.
pub fn split(body: &Bytes, partition_of: impl Fn(&str) -> u32) -> Vec<(u32, Bytes)> {
    let Some(elements) = elements(body) else {
        return vec![(partition_of(&String::from_utf8_lossy(body)), body.clone())];
    };
    let mut parts: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    for element in elements {
        parts.entry(partition_of(element)).or_default().push(element);
    }
    if parts.len() == 1 {
        return parts.into_keys().map(|partition| (partition, body.clone())).collect();
    }
    parts.into_iter().map(|(partition, elements)| (partition, array(&elements))).collect()
}

/// A number below `partitions` for what is known by `account` and `id`: the same in every version and on every
/// machine, because a change would move objects between partitions and so upset their order.
pub fn partition(account: &[u8], id: &[u8], partitions: u32) -> u32 {
    let [a, b, c, d, e, f, g, h, ..] = sha256(&[&(account.len() as u64).to_be_bytes(), account, id]);
    let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]) % u64::from(partitions.max(1));
    u32::try_from(number).expect("a remainder of a u32 is a u32")
}

/// The array of these elements.
fn array(elements: &[&str]) -> Bytes {
    let size = elements.iter().map(|element| element.len() + 1).sum::<usize>() + 1;
    let mut array = BytesMut::with_capacity(size);
    array.put_u8(b'[');
    for (place, element) in elements.iter().enumerate() {
        if place > 0 {
            array.put_u8(b',');
        }
        array.put_slice(element.as_bytes());
    }
    array.put_u8(b']');
    array.freeze()
}
