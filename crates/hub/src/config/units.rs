//! Durations, sizes and ages, as people write them.

use std::fmt;
use std::time::Duration;

use syncline_core::time::Timestamp;

/// A duration in whole milliseconds, written as a whole number and a unit: `500ms`, `3s`, `5m`, `12h`, `30d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(Duration);

/// Largest first, so that printing picks the largest that fits without a remainder.
const SPAN_UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

impl Span {
    /// A span of so many milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// As the standard library's type.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }

    /// Reads `3s` and the like; nothing when it is not a span.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        number_and_unit(text, &SPAN_UNITS).map(Self::from_millis)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        if millis == 0 { f.write_str("0s") } else { in_largest_unit(f, millis, &SPAN_UNITS) }
    }
}

/// A number of bytes, written as a whole number and a unit: `512KiB`, `8MiB`, `1GiB`, `1000B`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u64);

const SIZE_UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1000),
    ("B", 1),
];

impl Size {
    /// A size of so many bytes.
    #[must_use]
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// In bytes. A size beyond this machine's addresses is as good as the largest address.
    #[must_use]
    pub fn bytes(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    /// Reads `8MiB` and the like; nothing when it is not a size.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        number_and_unit(text, &SIZE_UNITS).map(Self)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { f.write_str("0B") } else { in_largest_unit(f, self.0, &SIZE_UNITS) }
    }
}

/// How long something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keep {
    /// So long, counted from when it happened.
    For(Span),
    /// Never deleted.
    Forever,
}

impl Keep {
    /// Reads `forever` or a span; nothing when it is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "forever" { Some(Self::Forever) } else { Span::parse(text).map(Self::For) }
    }

    /// How long things are kept; nothing when it is for ever.
    #[must_use]
    pub fn age(self) -> Option<Duration> {
        match self {
            Self::Forever => None,
            Self::For(span) => Some(span.get()),
        }
    }

    /// The moment before which things are old enough to go; nothing when none ever is.
    #[must_use]
    pub fn cutoff(self, now: Timestamp) -> Option<Timestamp> {
        self.age().map(|age| now.minus(age))
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forever => f.write_str("forever"),
            Self::For(span) => span.fmt(f),
        }
    }
}

/// How often something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// Once in such a span.
    Span(Span),
    /// Not by itself.
    Never,
}

impl Every {
    /// Reads `never` or a span; nothing when it is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "never" { Some(Self::Never) } else { Span::parse(text).map(Self::Span) }
    }

    /// The span; nothing for never.
    #[must_use]
    pub fn span(self) -> Option<std::time::Duration> {
        match self {
            Self::Span(span) => Some(span.get()),
            Self::Never => None,
        }
    }

    /// Whether it is no more often than once in `least`.
    pub(super) fn is_at_least(self, least: Option<Span>) -> bool {
        match self {
            Self::Span(span) => Some(span) >= least,
            Self::Never => true,
        }
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("never"),
            Self::Span(span) => span.fmt(f),
        }
    }
}

/// `12kB` as 12 × 1000. No fractions, no sign, no second unit: one way to write each thing.
fn number_and_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let factor = units.iter().find(|(name, _)| *name == unit.trim_start_matches(' '))?.1;
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

fn in_largest_unit(f: &mut fmt::Formatter<'_>, amount: u64, units: &[(&str, u64)]) -> fmt::Result {
    let fits = units.iter().find(|(_, factor)| amount.is_multiple_of(*factor));
    fits.map_or(Ok(()), |(unit, factor)| write!(f, "{}{unit}", amount / factor))
}

/// Reads a type from its text, with a message that does not repeat the text.
macro_rules! deserialize_from_text {
    ($type:ty, $parse:expr, $what:literal) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
                let text = String::deserialize(source)?;
                $parse(&text).ok_or_else(|| serde::de::Error::custom(concat!("expected ", $what)))
            }
        }
    };
}
pub(super) use deserialize_from_text;

deserialize_from_text!(Span, Span::parse, "a duration such as 3s");
deserialize_from_text!(Size, Size::parse, "a size such as 8MiB");
deserialize_from_text!(Every, Every::parse, "`never` or a duration such as 15m");
deserialize_from_text!(Keep, Keep::parse, "`forever` or a duration such as 365d");
