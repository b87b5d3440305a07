//! The people, companies and deals an account knows from the start: imported some time ago, and told to nobody.

use super::super::Hubspot;
use super::super::associations;
use super::super::change::Source;
use super::super::properties;
use super::super::state::Portal;
use super::super::types::TypeId;
use super::write::By;
use crate::house::Dice;
use crate::house::clock::iso;
use crate::world::{Cast, Company, Deal, Person, System};
use serde_json::{Map, Value, json};

/// Milliseconds in a day.
const DAY: i64 = 86_400_000;
/// Over so many days, up to now, everything came.
const DAYS: i64 = 90;
/// The account's own type there are records of.
const MOCK_EXAMS: TypeId = TypeId { space: 2, number: 50_158_913 };
/// How many of them, where there is anybody at all.
const EXAMS: usize = 12;
/// Deal stages by how far a deal is.
const STAGES: [&str; 7] = [
    "appointmentscheduled",
    "qualifiedtobuy",
    "presentationscheduled",
    "decisionmakerboughtin",
    "contractsent",
    "closedwon",
    "closedlost",
];
/// How far contacts are; most of them not very.
const LIFECYCLE: [&str; 8] = [
    "lead",
    "lead",
    "lead",
    "subscriber",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
];

/// Adds the people, companies and deals of `cast` to the first account; says how many.
pub(crate) fn seed(hubspot: &Hubspot, cast: &Cast) -> Value {
    let mut state = hubspot.state.write();
    let Some(account) = state.portals.values_mut().next() else { return Value::Null };
    let user = account.users.first().map(|user| user.user_id);
    let mut dice = Dice::new(cast.seed, "hubspot.seed");
    let source =
        Source { kind: "IMPORT", id: (10_000_000 + dice.below(9_000_000)).to_string(), user, app: None };
    let mut import = Import { account, now: hubspot.house.now(), source, dice };
    let companies: Vec<u64> = (0..cast.companies)
        .map(|number| import.company(&cast.company(number), number, cast.companies))
        .collect();
    let contacts: Vec<Option<u64>> =
        (0..cast.people).map(|number| import.person(cast, number, &companies)).collect();
    let deals =
        (0..cast.deals).map(|number| import.deal(&cast.deal(number), number, cast, &companies, &contacts));
    let deals = deals.count();
    let exams = if cast.people == 0 { 0 } else { EXAMS };
    for number in 0..exams {
        import.exam(number);
    }
    json!({
        "contacts": contacts.iter().flatten().count(), "companies": companies.len(), "deals": deals,
        "mock_exams": exams,
    })
}

/// An import under way.
struct Import<'a> {
    account: &'a mut Portal,
    now: i64,
    source: Source,
    dice: Dice,
}

impl Import<'_> {
    /// The moment record `number` of `all` came: evenly over the days before now, so that ids and moments agree.
    fn moment(&self, number: usize, all: usize) -> i64 {
        let part = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let span = DAYS * DAY;
        // In two steps: a large number of records times a long span is too large a number.
        let step = span / part(all).max(1);
        self.now - span + step * part(number)
    }

    fn insert(&mut self, object_type: TypeId, at: i64, values: &[(&str, &str)]) -> u64 {
        let records = self.account.objects.of_mut(object_type);
        let write = records.note_write(at, &self.source);
        records.insert_new(at, write, values)
    }

    /// The values as HubSpot keeps them, without those it would refuse.
    fn accepted(&self, object_type: TypeId, values: Vec<(&str, String)>) -> Vec<(String, String)> {
        let given = values.into_iter().filter(|(_, value)| !value.is_empty());
        given.filter_map(|(name, value)| self.checked(object_type, name, &value)).collect()
    }

    fn checked(&self, object_type: TypeId, name: &str, value: &str) -> Option<(String, String)> {
        let one = Map::from_iter([(name.to_owned(), json!(value))]);
        properties::check(self.account, object_type, &one, self.now).ok()?.pop()
    }

    fn insert_accepted(&mut self, object_type: TypeId, at: i64, values: Vec<(&str, String)>) -> u64 {
        let accepted = self.accepted(object_type, values);
        let borrowed: Vec<(&str, &str)> = accepted.iter().map(|(name, value)| (&**name, &**value)).collect();
        self.insert(object_type, at, &borrowed)
    }

    fn link(&mut self, at: i64, from: (TypeId, u64), to: (TypeId, u64)) {
        let by = By { at, source: self.source.clone() };
        // Both ends were just made; and an import tells nobody.
        let _ = associations::link(self.account, from, to, &[], &by);
    }

    fn company(&mut self, company: &Company, number: usize, all: usize) -> u64 {
        let values = vec![
            ("name", company.name.clone()),
            ("domain", company.domain.clone()),
            ("city", company.city.clone()),
            ("country", company.country.clone()),
            ("industry", code(&company.industry)),
            ("numberofemployees", company.employees.map(|count| count.to_string()).unwrap_or_default()),
        ];
        self.insert_accepted(TypeId::COMPANY, self.moment(number, all), values)
    }

    /// A contact; none when somebody is there already with that address.
    fn person(&mut self, cast: &Cast, number: usize, companies: &[u64]) -> Option<u64> {
        let person = cast.person_in(System::Hubspot, number)?;
        let emails = self.emails(&person)?;
        let company = person.company.filter(|company| *company < companies.len());
        let employer = company.map(|company| cast.company(company).name).unwrap_or_default();
        let stage = LIFECYCLE[usize::try_from(self.dice.below(LIFECYCLE.len() as u64)).unwrap_or(0)];
        let at = self.moment(number, cast.people);
        let (first, further) = emails
            .split_first()
            .map_or(("", String::new()), |(first, further)| (first.as_str(), further.join(";")));
        let phone = |place: usize| person.phones.get(place).map_or("", String::as_str);
        let values = [
            ("firstname", &*person.first_name),
            ("lastname", &person.last_name),
            ("email", first),
            ("hs_additional_emails", &further),
            ("phone", phone(0)),
            ("mobilephone", phone(1)),
            ("jobtitle", &person.job_title),
            ("company", &employer),
            ("city", &person.city),
            ("country", &person.country),
            ("lifecyclestage", stage),
        ];
        let id = self.insert(TypeId::CONTACT, at, &values);
        if let Some(company) = company {
            self.link(at, (TypeId::CONTACT, id), (TypeId::COMPANY, companies[company]));
        }
        Some(id)
    }

    /// The addresses HubSpot accepts; none when the primary one is taken, for an import updates whom it finds.
    fn emails(&self, person: &Person) -> Option<Vec<String>> {
        let contacts = self.account.objects.of(TypeId::CONTACT);
        let is_free = |email: &str| contacts.is_none_or(|contacts| contacts.owner("email", email).is_none());
        let mut kept = Vec::new();
        for (place, email) in person.emails.iter().enumerate() {
            let Some((_, email)) = self.checked(TypeId::CONTACT, "email", email) else { continue };
            match (place, is_free(&email)) {
                (_, true) => kept.push(email),
                (0, false) => return None,
                _ => {}
            }
        }
        Some(kept)
    }

    fn deal(
        &mut self,
        deal: &Deal,
        number: usize,
        cast: &Cast,
        companies: &[u64],
        contacts: &[Option<u64>],
    ) -> u64 {
        let closes = self.now + i64::from(deal.closes_in_days) * DAY;
        let amount = |cents: i64| format!("{}.{:02}", cents / 100, cents.abs() % 100);
        let stage = STAGES[usize::from(deal.stage).min(STAGES.len() - 1)];
        let values = vec![
            ("dealname", deal.name.clone()),
            ("pipeline", "default".to_owned()),
            ("dealstage", stage.to_owned()),
            ("amount", deal.amount_cents.map(amount).unwrap_or_default()),
            ("closedate", iso(closes - closes.rem_euclid(DAY))),
        ];
        let at = self.moment(number, cast.deals);
        let id = self.insert_accepted(TypeId::DEAL, at, values);
        if let Some(contact) = deal.person.and_then(|person| contacts.get(person).copied().flatten()) {
            self.link(at, (TypeId::DEAL, id), (TypeId::CONTACT, contact));
        }
        if let Some(company) = deal.company.and_then(|company| companies.get(company)) {
            self.link(at, (TypeId::DEAL, id), (TypeId::COMPANY, *company));
        }
        id
    }

    fn exam(&mut self, number: usize) {
        let bookings = self.dice.below(16);
        let values =
            vec![("name", format!("Mock exam {}", number + 1)), ("total_bookings", bookings.to_string())];
        let at = self.moment(number, EXAMS);
        let id = self.insert_accepted(MOCK_EXAMS, at, values);
        // The exam's own number is the record's id, as the applications that count bookings have it.
        if let Some((name, value)) = self.checked(MOCK_EXAMS, "mock_exam_id", &id.to_string()) {
            let records = self.account.objects.of_mut(MOCK_EXAMS);
            let write = records.note_write(at, &self.source);
            records.set(id, &name, &value, write);
        }
    }
}

/// `Computer software` as HubSpot's options write it.
fn code(words: &str) -> String {
    words
        .chars()
        .map(|letter| if letter.is_alphanumeric() { letter.to_ascii_uppercase() } else { '_' })
        .collect()
}
