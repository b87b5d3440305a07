//! People: who they are, and who of them is in the cast twice.

use super::draw::{Draw, Purpose};
use super::names::{self, FullName};
use super::phones::{self, Line, Style};
use super::places::{self, COUNTRIES};
use super::{Cast, Person, companies, emails};

/// Of so many people in a row, one is an earlier one again.
const BLOCK: usize = 50;

/// For so many people there are telephone numbers that nobody is given.
const FICTION: usize = 2_000;

/// A person before it is written down.
#[derive(Debug, Clone)]
pub(super) struct Sketch {
    pub(super) name: FullName,
    pub(super) emails: Vec<String>,
    /// How many of the addresses, from the first on, are nobody else's.
    pub(super) own_emails: usize,
    pub(super) lines: Vec<(Line, Style)>,
    pub(super) company: Option<usize>,
    pub(super) job_title: &'static str,
    pub(super) city: &'static str,
    pub(super) country: &'static str,
}

const JOBS: &[&str] = &[
    "Accountant",
    "Architect",
    "Assistante de direction",
    "Bäcker",
    "CEO",
    "CFO",
    "Chief of Staff",
    "Consultant",
    "Customer Success Manager",
    "Data Analyst",
    "Dentist",
    "Designer",
    "Directora de Marketing",
    "Electrician",
    "Engineer",
    "Geschäftsführer",
    "Head of Sales",
    "HR Manager",
    "Kundenbetreuerin",
    "Lawyer",
    "Nurse",
    "Office Manager",
    "Owner",
    "Physiotherapist",
    "Procurement",
    "Product Manager",
    "Professor",
    "Project Manager",
    "QA Engineer",
    "Sales & Marketing",
    "Software Developer",
    "Student",
    "Teacher",
    "Technician",
    "Vice President, EMEA",
    "VP \"Growth\"",
    "エンジニア",
    "Директор",
    "销售经理",
    "Yönetici",
];

/// The earlier person who `number` is once more.
pub(super) fn original(seed: u64, number: usize) -> Option<usize> {
    let block = number / BLOCK;
    let mut draw = Draw::new(seed, Purpose::Duplicate, block);
    // The copies come last in their block, the originals before: nobody is a copy of a copy.
    let copy = BLOCK - 9 + draw.below(9);
    (number % BLOCK == copy).then(|| block * BLOCK + draw.below(BLOCK - 9))
}

/// Person `number`.
pub(super) fn sketch(cast: &Cast, number: usize) -> Sketch {
    match original(cast.seed, number) {
        Some(first) => again(cast, fresh(cast, first), number),
        None => fresh(cast, number),
    }
}

fn fresh(cast: &Cast, number: usize) -> Sketch {
    let mut draw = Draw::new(cast.seed, Purpose::Person, number);
    let draw = &mut draw;
    let employer = (cast.companies > 0 && draw.percent(70)).then(|| draw.below(cast.companies));
    // Most people live where they work.
    let country = match employer {
        Some(company) if draw.percent(75) => companies::country(cast.seed, company),
        _ => places::any(draw),
    };
    let place = &COUNTRIES[country];
    let name = names::full_name(draw, names::tongue(country));
    let (emails, own_emails) = addresses(draw, cast, &name, employer, number);
    let line = if number < FICTION { phones::line } else { phones::any_line };
    let lines = (0..how_many_phones(draw)).map(|_| (line(draw, place), phones::style(draw))).collect();
    let job_title = if draw.percent(72) { draw.pick(JOBS) } else { "" };
    let city = if draw.percent(80) { draw.pick(place.cities) } else { "" };
    let country = if draw.percent(88) { place.name } else { "" };
    Sketch { name, emails, own_emails, lines, company: employer, job_title, city, country }
}

fn how_many_phones(draw: &mut Draw) -> usize {
    match draw.below(100) {
        0..14 => 0,
        14..76 => 1,
        76..94 => 2,
        _ => 3,
    }
}

fn addresses(
    draw: &mut Draw,
    cast: &Cast,
    name: &FullName,
    employer: Option<usize>,
    number: usize,
) -> (Vec<String>, usize) {
    let nameless = name.first.written.is_empty() && name.last.written.is_empty();
    let own = match draw.below(100) {
        // Somebody without a name is known by an address at least.
        0..6 if !nameless => return (Vec::new(), 0),
        0..74 => 1,
        74..96 => 2,
        _ => 3,
    };
    let first_mailbox = draw.below(60);
    let work =
        employer.map(|company| companies::domain(cast.seed, company)).filter(|domain| !domain.is_empty());
    let mut addresses = Vec::with_capacity(own + 1);
    for next in 0..own {
        let domain = match &work {
            Some(domain) if next == 0 => domain,
            _ => emails::mailbox(first_mailbox, next),
        };
        let local = emails::local(draw, name, number);
        let is_wrong = next == 0 && draw.percent(4);
        addresses.push(if is_wrong {
            emails::wrong(draw, name, &local, domain)
        } else {
            format!("{local}@{domain}")
        });
    }
    if let Some(domain) = work
        && draw.percent(4)
    {
        addresses.push(format!("office@{domain}"));
    }
    (addresses, own)
}

/// The same person entered once more, by somebody who did not look first.
fn again(cast: &Cast, first: Sketch, number: usize) -> Sketch {
    let mut draw = Draw::new(cast.seed, Purpose::Person, number);
    let draw = &mut draw;
    let mut again = first;
    // Another address or none: the vendors that allow an address once only would not have let this one in.
    let nameless = again.name.first.written.is_empty() && again.name.last.written.is_empty();
    again.emails = if draw.percent(30) && !nameless {
        Vec::new()
    } else {
        let first_mailbox = draw.below(60);
        vec![format!("{}@{}", emails::local(draw, &again.name, number), emails::mailbox(first_mailbox, 0))]
    };
    again.own_emails = again.emails.len();
    for (_, style) in &mut again.lines {
        *style = phones::style(draw);
    }
    match draw.below(10) {
        0..3 => {
            again.name.first.written = names::plain(&again.name.first.written);
            again.name.last.written = names::plain(&again.name.last.written);
        }
        3..5 => again.name.last.written = again.name.last.written.to_uppercase(),
        5 => again.name.first.written = initial(&again.name.first.written),
        _ => {}
    }
    if draw.percent(50) {
        again.job_title = "";
        again.company = None;
    }
    again
}

fn initial(name: &str) -> String {
    name.chars().next().map_or_else(String::new, |first| format!("{first}."))
}

impl Sketch {
    /// Written down.
    pub(super) fn person(self) -> Person {
        Person {
            first_name: self.name.first.written,
            last_name: self.name.last.written,
            emails: self.emails,
            phones: self.lines.iter().map(|(line, style)| line.written(*style)).collect(),
            company: self.company,
            job_title: self.job_title.to_owned(),
            city: self.city.to_owned(),
            country: self.country.to_owned(),
        }
    }
}
