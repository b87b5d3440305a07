//! The intake log's rows.
//!
//! Invariants: arbitrary bytes never panic; whatever can be read is written back as exactly the same bytes, whose
//! number was known before; a body is a slice of the segment and not a copy.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use syncline_core::segment::{decode, encode, encoded_len};

fuzz_target!(|input: &[u8]| {
    let segment = Bytes::copy_from_slice(input);
    let Ok(deliveries) = decode(&segment) else { return };
    assert_eq!(encoded_len(&deliveries), segment.len());
    assert_eq!(encode(&deliveries), segment);
    let memory = segment.as_ptr_range();
    assert!(deliveries.iter().all(|d| d.body.is_empty() || memory.contains(&d.body.as_ptr())));
});
