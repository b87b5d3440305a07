//! A record's values in one piece of memory: name, write, length and text of one after the other. A dozen values take one
//! allocation of some two hundred bytes, and finding one is a walk over memory that lies together.

/// A property's name, as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NameId(pub(super) u16);

/// One value as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held<'a> {
    /// Whose value.
    pub(super) name: NameId,
    /// The number of the write it came with.
    pub(super) write: u32,
    /// Empty when it was cleared.
    pub(super) value: &'a str,
}

/// Values one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Values<'a> {
    type Item = Held<'a>;

    fn next(&mut self) -> Option<Held<'a>> {
        let (name, rest) = number(self.0)?;
        let (write, rest) = number(rest)?;
        let (length, rest) = number(rest)?;
        let (text, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(Held {
            name: NameId(u16::try_from(name).ok()?),
            write,
            // Only whole texts are ever written here.
            value: std::str::from_utf8(text).unwrap_or_default(),
        })
    }
}

/// Appends a value.
pub(super) fn push(bytes: &mut Vec<u8>, held: Held<'_>) {
    push_number(bytes, u32::from(held.name.0));
    push_number(bytes, held.write);
    push_number(bytes, u32::try_from(held.value.len()).unwrap_or(u32::MAX));
    bytes.extend_from_slice(held.value.as_bytes());
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn push_number(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push((number & 0x7f) as u8);
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut number = 0;
    for (at, byte) in bytes.iter().enumerate().take(5) {
        number |= u32::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((number, &bytes[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_in_the_same_order() {
        let long = "é".repeat(40_000);
        let values = [(3, 0, "a"), (300, 70_000, ""), (u16::MAX, u32::MAX, long.as_str()), (0, 127, "日本")];
        let held = values.map(|(name, write, value)| Held { name: NameId(name), write, value });
        let mut bytes = Vec::new();
        for value in held {
            push(&mut bytes, value);
        }
        assert_eq!(Values(&bytes).collect::<Vec<_>>(), held);
    }

    #[test]
    fn a_short_value_costs_its_text_and_a_few_bytes() {
        let mut bytes = Vec::new();
        push(&mut bytes, Held { name: NameId(5), write: 90_000, value: "London" });
        assert_eq!(bytes.len(), 5 + "London".len());
    }
}
