//! The people, companies and deals the vendors' customers know: made up, plausible, and the same for the same seed.

mod companies;
mod deals;
mod draw;
mod elsewhere;
mod emails;
mod names;
mod people;
mod phones;
mod places;
#[cfg(test)]
mod tests;

/// So many of each, out of one seed. Each person, company and deal is a function of the seed and its number, so that a
/// million of them take no memory.
#[derive(Debug, Clone)]
pub(crate) struct Cast {
    /// What they are made from.
    pub(crate) seed: u64,
    /// How many people.
    pub(crate) people: usize,
    /// How many companies.
    pub(crate) companies: usize,
    /// How many deals.
    pub(crate) deals: usize,
}

/// One person, as complete and as clean as this person is anywhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Person {
    /// Given name; may be empty.
    pub(crate) first_name: String,
    /// Family name; may be empty.
    pub(crate) last_name: String,
    /// Primary first. May be empty, and the first may be no valid address.
    pub(crate) emails: Vec<String>,
    /// Primary first, in whatever form people write them.
    pub(crate) phones: Vec<String>,
    /// Number of the company this person works for.
    pub(crate) company: Option<usize>,
    /// What this person does; may be empty.
    pub(crate) job_title: String,
    /// Where; may be empty.
    pub(crate) city: String,
    /// The country's name; may be empty.
    pub(crate) country: String,
}

/// One company.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Company {
    /// Its name.
    pub(crate) name: String,
    /// `example.com`; may be empty.
    pub(crate) domain: String,
    /// Where; may be empty.
    pub(crate) city: String,
    /// The country's name; may be empty.
    pub(crate) country: String,
    /// In plain words; may be empty.
    pub(crate) industry: String,
    /// How many work there.
    pub(crate) employees: Option<u32>,
}

/// One deal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Deal {
    /// Its name.
    pub(crate) name: String,
    /// In cents; none while nobody knows.
    pub(crate) amount_cents: Option<i64>,
    /// How far it is, from 0 (just begun) to 6 (5: won, 6: lost).
    pub(crate) stage: u8,
    /// When it is to be closed: days after the day of seeding, negative for the past.
    pub(crate) closes_in_days: i32,
    /// Number of the person it is about.
    pub(crate) person: Option<usize>,
    /// Number of the company it is about.
    pub(crate) company: Option<usize>,
}

/// Whose customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    /// Knows everybody.
    Hubspot,
    /// Knows some.
    Notion,
    /// Knows some.
    Airtable,
    /// Knows most of the people.
    Tentoeight,
}

impl Cast {
    /// Person `number` (0 ≤ number < people) as the truth has it. One in fifty is an earlier person entered again, with
    /// another address or none.
    #[cfg(test)]
    pub(crate) fn person(&self, number: usize) -> Person {
        people::sketch(self, number).person()
    }

    /// Person `number` as `system` knows this person: the same, or written a little differently, or not at all. HubSpot
    /// knows everybody, and takes no address that is not valid.
    #[must_use]
    pub(crate) fn person_in(&self, system: System, number: usize) -> Option<Person> {
        elsewhere::person(self, system, number)
    }

    /// Company `number` (0 ≤ number < companies).
    #[must_use]
    pub(crate) fn company(&self, number: usize) -> Company {
        companies::company(self.seed, number)
    }

    /// Deal `number` (0 ≤ number < deals).
    #[must_use]
    pub(crate) fn deal(&self, number: usize) -> Deal {
        deals::deal(self, number)
    }
}
