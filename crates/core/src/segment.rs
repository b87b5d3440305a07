//! Segments: the row format of the intake log, many deliveries in one blob.
//!
//! The log commits many webhooks at once, as one row, because a row costs far more than its bytes. Layout: the version
//! byte, then for every delivery `provider`, `app`, the time of receipt (8 bytes, big-endian milliseconds) and
//! `body`; provider, app and body are each preceded by their length in bytes, as an unsigned LEB128 number. There is
//! no count and no checksum: the database that holds the row answers for its bytes.

use crate::time::Timestamp;
use bytes::Bytes;
use std::sync::Arc;

/// The first byte of a segment; another layout gets another number.
const VERSION: u8 = 1;

/// The bytes a segment takes before its first delivery.
pub const HEADER_LEN: usize = 1;

/// One webhook in the log, as it was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedDelivery {
    /// The provider's id (`hubspot`). Shared, because a segment mostly repeats one.
    pub provider: Arc<str>,
    /// Our registration at the provider which the webhook came in under, by its name in the configuration.
    pub app: Arc<str>,
    /// When it arrived here.
    pub received_at: Timestamp,
    /// The body's bytes, exactly as they were signed; or what the provider's door made of them ([`crate::door::Door::Accept`]).
    pub body: Bytes,
}

impl LoggedDelivery {
    /// How many bytes this delivery adds to a segment.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        field_len(self.provider.len()) + field_len(self.app.len()) + 8 + field_len(self.body.len())
    }
}

/// How many bytes [`encode`] will yield.
pub fn encoded_len<'a>(deliveries: impl IntoIterator<Item = &'a LoggedDelivery>) -> usize {
    deliveries.into_iter().map(LoggedDelivery::encoded_len).sum::<usize>() + HEADER_LEN
}

/// Writes deliveries as one segment, in one allocation of exactly the right size.
pub fn encode<'a, I>(deliveries: I) -> Vec<u8>
where
    I: IntoIterator<Item = &'a LoggedDelivery>,
    I::IntoIter: Clone,
{
    let deliveries = deliveries.into_iter();
    let mut segment = Vec::with_capacity(encoded_len(deliveries.clone()));
    segment.push(VERSION);
    for delivery in deliveries {
        put_field(&mut segment, delivery.provider.as_bytes());
        put_field(&mut segment, delivery.app.as_bytes());
        segment.extend_from_slice(&delivery.received_at.as_millis().to_be_bytes());
        put_field(&mut segment, &delivery.body);
    }
    segment
}

/// Reads a segment. The bodies are slices of `segment`, which stays in memory as long as one of them does.
///
/// # Errors
/// A [`SegmentError`] for anything [`encode`] does not write; nothing is ever read twice or guessed.
pub fn decode(segment: &Bytes) -> Result<Vec<LoggedDelivery>, SegmentError> {
    let unpacked;
    let segment = match unpack(segment)? {
        Some(plain) => {
            unpacked = plain;
            &unpacked
        }
        None => segment,
    };
    let mut reader = Reader { segment, at: 0 };
    let version = reader.take(HEADER_LEN, "version")?[0];
    if version != VERSION {
        return Err(SegmentError::Version(version));
    }
    let mut deliveries: Vec<LoggedDelivery> = Vec::new();
    while reader.at < segment.len() {
        let last = deliveries.last();
        let delivery = LoggedDelivery {
            provider: reader.name(last.map(|d| &d.provider), "provider")?,
            app: reader.name(last.map(|d| &d.app), "app")?,
            received_at: reader.instant()?,
            body: segment.slice_ref(reader.field("body")?),
        };
        deliveries.push(delivery);
    }
    Ok(deliveries)
}

/// The first byte of a compressed segment. Behind it: the length of the plain one (4 bytes, little-endian), then
/// the plain one as an LZ4 block.
const PACKED: u8 = 2;

/// No LZ4 block is smaller than this fraction of what is in it: a bound on the memory that damaged bytes can ask for.
const MAX_RATIO: usize = 256;

/// A segment made smaller where that pays: webhooks repeat themselves, and the log's bytes are written twice and flushed.
#[must_use]
pub fn pack(segment: Vec<u8>) -> Vec<u8> {
    let mut packed = Vec::with_capacity(1 + lz4_flex::block::get_maximum_output_size(segment.len()) + 4);
    packed.push(PACKED);
    packed.extend_from_slice(&u32::try_from(segment.len()).unwrap_or(0).to_le_bytes());
    packed.resize(packed.capacity(), 0);
    match lz4_flex::block::compress_into(&segment, &mut packed[5..]) {
        Ok(size) if size + 5 < segment.len() && u32::try_from(segment.len()).is_ok() => {
            packed.truncate(size + 5);
            packed
        }
        _ => segment,
    }
}

/// The plain segment in a packed one; `None` when it is plain already.
fn unpack(segment: &Bytes) -> Result<Option<Bytes>, SegmentError> {
    if segment.first() != Some(&PACKED) {
        return Ok(None);
    }
    let damaged = SegmentError::Damaged { offset: 1, field: "packed" };
    let Some((length, block)) = segment[1..].split_first_chunk::<4>() else { return Err(damaged) };
    let length = u32::from_le_bytes(*length) as usize;
    if length > block.len().saturating_mul(MAX_RATIO) {
        return Err(damaged);
    }
    let plain = lz4_flex::block::decompress(block, length).map_err(|_| damaged.clone())?;
    // Exactly once: a packed segment in a packed segment is nothing we write.
    if plain.len() != length || plain.first() == Some(&PACKED) {
        return Err(damaged);
    }
    Ok(Some(plain.into()))
}

/// Why bytes are not a segment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// Written by another version of Syncline.
    #[error("segment has format {0}, this version reads format {VERSION}")]
    Version(u8),
    /// The bytes end too early, or a length is not one.
    #[error("segment is damaged at byte {offset}: {field} is cut short or has an impossible length")]
    Damaged {
        /// Where the bytes that could not be read begin.
        offset: usize,
        /// Which field that is.
        field: &'static str,
    },
    /// A name is not text.
    #[error("segment is damaged at byte {offset}: {field} is not UTF-8")]
    NotText {
        /// Where the text begins.
        offset: usize,
        /// Which field that is.
        field: &'static str,
    },
}

/// A place in a segment.
struct Reader<'a> {
    segment: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// The next `length` bytes.
    fn take(&mut self, length: usize, field: &'static str) -> Result<&'a [u8], SegmentError> {
        let damaged = SegmentError::Damaged { offset: self.at, field };
        let end = self.at.checked_add(length).ok_or_else(|| damaged.clone())?;
        let bytes = self.segment.get(self.at..end).ok_or(damaged)?;
        self.at = end;
        Ok(bytes)
    }

    /// A length and that many bytes.
    fn field(&mut self, field: &'static str) -> Result<&'a [u8], SegmentError> {
        let damaged = SegmentError::Damaged { offset: self.at, field };
        let (length, used) = read_varint(&self.segment[self.at..]).ok_or_else(|| damaged.clone())?;
        self.at += used;
        self.take(usize::try_from(length).map_err(|_| damaged)?, field)
    }

    /// A short text; the previous delivery's, when it is the same.
    fn name(&mut self, previous: Option<&Arc<str>>, field: &'static str) -> Result<Arc<str>, SegmentError> {
        let bytes = self.field(field)?;
        if let Some(previous) = previous.filter(|p| p.as_bytes() == bytes) {
            return Ok(Arc::clone(previous));
        }
        let offset = self.at - bytes.len();
        std::str::from_utf8(bytes).map(Arc::from).map_err(|_| SegmentError::NotText { offset, field })
    }

    /// Eight bytes of milliseconds.
    fn instant(&mut self) -> Result<Timestamp, SegmentError> {
        let mut millis = [0; 8];
        millis.copy_from_slice(self.take(8, "received_at")?);
        Ok(Timestamp::from_millis(i64::from_be_bytes(millis)))
    }
}

/// The size of a field of `length` bytes with its length before it.
fn field_len(length: usize) -> usize {
    let bits = (usize::BITS - length.leading_zeros()).max(1) as usize;
    bits.div_ceil(7) + length
}

/// Appends a length and the bytes.
fn put_field(segment: &mut Vec<u8>, bytes: &[u8]) {
    let mut rest = bytes.len();
    while rest >= 0x80 {
        segment.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    segment.push(rest as u8);
    segment.extend_from_slice(bytes);
}

/// An unsigned LEB128 number and how many bytes it took; `None` when it is cut short, too large or longer than it
/// needs to be.
fn read_varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (place, byte) in bytes.iter().enumerate().take(10) {
        let digits = u64::from(byte & 0x7f);
        if place == 9 && digits > 1 {
            return None;
        }
        value |= digits << (place * 7);
        if byte & 0x80 == 0 {
            let overlong = digits == 0 && place > 0;
            return (!overlong).then_some((value, place + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn delivery() -> impl Strategy<Value = LoggedDelivery> {
        let body = prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            (prop::sample::select(vec![0usize, 127, 128, 16_383, 16_384, 20_000]))
                .prop_map(|n| vec![b'x'; n]),
        ];
        ("[a-z0-9]{0,9}", ".{0,9}", any::<i64>(), body).prop_map(|(provider, app, millis, body)| {
            LoggedDelivery {
                provider: provider.into(),
                app: app.into(),
                received_at: Timestamp::from_millis(millis),
                body: body.into(),
            }
        })
    }

    #[test]
    fn what_repeats_itself_is_packed_small_and_what_does_not_is_left_alone() {
        let same = LoggedDelivery {
            provider: "p".into(),
            app: "a".into(),
            received_at: Timestamp::default(),
            body: "x".repeat(10_000).into(),
        };
        let plain = encode([&same]);
        assert!(pack(plain.clone()).len() < plain.len() / 10);
        let short = encode([&LoggedDelivery { body: "ab".into(), ..same }]);
        assert_eq!(pack(short.clone()), short);
    }

    #[test]
    fn a_packed_segment_that_lies_about_its_size_is_refused() {
        for damaged in [vec![PACKED], vec![PACKED, 0, 0, 0, 0], vec![PACKED, 255, 255, 255, 255, 1, 2, 3]] {
            assert!(decode(&damaged.into()).is_err());
        }
    }

    proptest! {
        #[test]
        fn packed_segments_read_back_as_they_were(deliveries in prop::collection::vec(delivery(), 0..8)) {
            let packed = pack(encode(&deliveries));
            prop_assert_eq!(decode(&packed.into()), Ok(deliveries));
        }

        #[test]
        fn segments_read_back_and_their_size_is_known(deliveries in prop::collection::vec(delivery(), 0..12)) {
            let segment = encode(&deliveries);
            prop_assert_eq!(segment.len(), encoded_len(&deliveries));
            prop_assert_eq!(segment.capacity(), segment.len(), "one allocation of the right size");
            let segment = Bytes::from(segment);
            let read = decode(&segment).unwrap();
            prop_assert_eq!(&read, &deliveries);
            let memory = segment.as_ptr_range();
            prop_assert!(read.iter().all(|d| d.body.is_empty() || memory.contains(&d.body.as_ptr())), "copied");
        }

        #[test]
        fn whatever_reads_is_what_would_be_written(bytes in prop::collection::vec(any::<u8>(), 0..120), real: bool) {
            let mut bytes = bytes;
            if real && !bytes.is_empty() {
                bytes[0] = VERSION;
            }
            let bytes = Bytes::from(bytes);
            if let Ok(deliveries) = decode(&bytes) {
                let plain = unpack(&bytes).unwrap().unwrap_or(bytes);
                prop_assert_eq!(encode(&deliveries), plain);
            }
        }

        #[test]
        fn a_segment_cut_short_holds_fewer_and_a_changed_one_does_no_harm(
            deliveries in prop::collection::vec(delivery(), 1..4),
            cut in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(), byte: u8,
        ) {
            let mut segment = encode(&deliveries);
            let whole = Bytes::from(segment.clone());
            if let Ok(read) = decode(&whole.slice(..cut.index(whole.len()))) {
                prop_assert!(read.len() < deliveries.len() && deliveries.starts_with(&read));
            }
            let place = place.index(segment.len());
            segment[place] = byte;
            let _ = decode(&segment.into());
        }
    }

    #[test]
    fn errors_say_where() {
        assert_eq!(decode(&Bytes::new()).unwrap_err(), SegmentError::Damaged { offset: 0, field: "version" });
        assert_eq!(decode(&Bytes::from_static(b"\x07")).unwrap_err(), SegmentError::Version(7));
        let cases: [(&'static [u8], SegmentError); 6] = [
            (b"\x01\x05hub", SegmentError::Damaged { offset: 2, field: "provider" }),
            (b"\x01\x80\x00", SegmentError::Damaged { offset: 1, field: "provider" }),
            (b"\x01\x02\xff\xff", SegmentError::NotText { offset: 2, field: "provider" }),
            (b"\x01\x01h\x01a1234567", SegmentError::Damaged { offset: 5, field: "received_at" }),
            (
                b"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                SegmentError::Damaged { offset: 11, field: "provider" },
            ),
            (
                b"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
                SegmentError::Damaged { offset: 1, field: "provider" },
            ),
        ];
        for (bytes, error) in cases {
            assert_eq!(decode(&Bytes::from_static(bytes)).unwrap_err(), error);
        }
        let damaged = decode(&Bytes::from_static(b"\x01\x05hub")).unwrap_err();
        assert_eq!(
            damaged.to_string(),
            "segment is damaged at byte 2: provider is cut short or has an impossible length"
        );
    }
}
