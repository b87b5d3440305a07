//! Draws out of a hat that needs no memory: a stream of numbers for one seed, purpose and number.

/// What a stream is for: streams for different purposes have nothing to do with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Person = 1,
    Company,
    Deal,
    Duplicate,
    Notion,
    Airtable,
    Tentoeight,
}

/// SplitMix64. The house's dice hash and encrypt, which a million people cannot wait for.
#[derive(Debug, Clone)]
pub(super) struct Draw(u64);

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

impl Draw {
    /// The stream of `seed`, `purpose` and `number`.
    pub(super) fn new(seed: u64, purpose: Purpose, number: usize) -> Self {
        let start = mix(seed.wrapping_add(GAMMA)) ^ (purpose as u64).wrapping_mul(GAMMA);
        Self(mix(start) ^ mix((number as u64).wrapping_add(GAMMA)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mix(self.0)
    }

    /// A number below `bound`, 0 when the bound is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let scaled = u128::from(self.next()) * (bound as u128);
        usize::try_from(scaled >> 64).unwrap_or(0)
    }

    /// True in so many of a hundred cases.
    pub(super) fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    /// One of them; there is at least one.
    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// From 0 to almost 1.
    pub(super) fn fraction(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap_or(0)) / 4_294_967_296.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_seed_purpose_and_number() {
        let first = |seed, purpose, number| Draw::new(seed, purpose, number).next();
        assert_eq!(first(1, Purpose::Person, 2), first(1, Purpose::Person, 2));
        assert_ne!(first(1, Purpose::Person, 2), first(2, Purpose::Person, 2));
        assert_ne!(first(1, Purpose::Person, 2), first(1, Purpose::Deal, 2));
        assert_ne!(first(1, Purpose::Person, 2), first(1, Purpose::Person, 3));
    }

    #[test]
    fn draws_stay_below_their_bound_and_reach_everything() {
        let mut draw = Draw::new(1, Purpose::Deal, 0);
        let mut seen = [false; 7];
        for _ in 0..200 {
            seen[draw.below(7)] = true;
            assert!((0.0..1.0).contains(&draw.fraction()));
        }
        assert_eq!(seen, [true; 7]);
        assert_eq!(draw.below(0), 0);
    }
}
