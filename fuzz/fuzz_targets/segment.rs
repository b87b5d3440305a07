//! The intake log's rows.
//!
//! Invariants: arbitrary bytes never panic; a plain segment that can be read is written back as exactly the same bytes,
//! whose number was known before, and its bodies are slices of it and not copies; whatever can be read can be packed
//! and reads the same.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use syncline_core::segment::{decode, encode, encoded_len, pack};

fuzz_target!(|input: &[u8]| {
    let segment = Bytes::copy_from_slice(input);
    let Ok(deliveries) = decode(&segment) else { return };
    assert_eq!(decode(&pack(encode(&deliveries)).into()), Ok(deliveries.clone()));
    if segment.first() == Some(&2) {
        return; // Packed: there is more than one way to compress the same bytes.
    }
    assert_eq!(encoded_len(&deliveries), segment.len());
    assert_eq!(encode(&deliveries), segment);
    let memory = segment.as_ptr_range();
    assert!(deliveries.iter().all(|d| d.body.is_empty() || memory.contains(&d.body.as_ptr())));
});
