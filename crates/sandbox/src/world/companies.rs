//! Companies.

use super::Company;
use super::draw::{Draw, Purpose};
use super::names;
use super::places::{self, COUNTRIES};

/// Industries, and what companies in them call themselves.
const INDUSTRIES: &[(&str, &[&str])] = &[
    ("Software", &["Software", "Systems", "Labs", "Cloud"]),
    ("Healthcare", &["Health", "Clinic", "Medical", "Care"]),
    ("Construction", &["Bau", "Construction", "Builders", "Bygg"]),
    ("Logistics", &["Logistics", "Freight", "Logistik"]),
    ("Retail", &["Market", "Store", "Trading", "& Daughters"]),
    ("Manufacturing", &["Works", "Industries", "Technik"]),
    ("Financial Services", &["Capital", "Finance", "& Partners"]),
    ("Education", &["Academy", "School", "Learning"]),
    ("Hospitality", &["Hotels", "Kitchen", "Café"]),
    ("Agriculture", &["Farms", "Agro", "Orchards"]),
    ("Energy", &["Energy", "Solar", "Énergie"]),
    ("Legal Services", &["Law", "Avocats", "Notaries"]),
    ("Media", &["Media", "Studio", "Verlag"]),
    ("Real Estate", &["Homes", "Estates", "Immobilien"]),
    ("Non-profit", &["Foundation", "Trust", "Stiftung"]),
    ("Telecommunications", &["Telecom", "Networks"]),
    ("Automotive", &["Motors", "Garage", "Mobility"]),
    ("Food & Beverages", &["Foods", "Brewery", "Bakery"]),
];

const STARTS: &[&str] = &[
    "Alba", "Arbor", "Bright", "Cobalt", "Delta", "Ember", "Fjord", "Granite", "Harbor", "Iris", "Juniper",
    "Kestrel", "Luma", "Meridian", "Nord", "Oak", "Pioneer", "Quartz", "River", "Sol", "Terra", "Umbra",
    "Vela", "Winter", "Zephyr",
];
const ENDS: &[&str] =
    &["", "", "field", "gate", "line", "mark", "path", "point", "stone", "well", "wind", "works"];
const TOPS: [&str; 8] =
    ["example", "example", "example", "example", "example", "test", "example.com", "example.org"];

/// What comes first in every company's stream, so that others can ask for it alone.
struct Beginning {
    draw: Draw,
    country: usize,
    domain: String,
    name: String,
    industry: usize,
}

fn begin(seed: u64, number: usize) -> Beginning {
    let mut draw = Draw::new(seed, Purpose::Company, number);
    let country = places::any(&mut draw);
    let industry = draw.below(INDUSTRIES.len());
    let trade = draw.pick(INDUSTRIES[industry].1);
    let family = draw.pick(&names::tongue(country).families);
    // Some are called after their founders, in the founders' script.
    let (core, latin) = if draw.percent(35) && !family.written.is_empty() {
        (family.written.clone(), family.latin.clone())
    } else {
        let core = format!("{}{}", draw.pick(STARTS), draw.pick(ENDS));
        (core.clone(), core)
    };
    let name = draw.pick(COUNTRIES[country].forms).replace("{}", &format!("{core} {trade}"));
    let domain = if draw.percent(5) {
        String::new()
    } else {
        format!("{}{number}.{}", slug(&format!("{latin} {trade}")), draw.pick(&TOPS))
    };
    Beginning { draw, country, domain, name, industry }
}

/// What of a name goes into a domain.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for letter in names::plain(text).to_lowercase().chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if letter == ' ' && !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug
}

/// Number of the country company `number` is in.
pub(super) fn country(seed: u64, number: usize) -> usize {
    places::any(&mut Draw::new(seed, Purpose::Company, number))
}

/// The domain of company `number`, empty when it has none.
pub(super) fn domain(seed: u64, number: usize) -> String {
    begin(seed, number).domain
}

/// Company `number`.
pub(super) fn company(seed: u64, number: usize) -> Company {
    let Beginning { mut draw, country, domain, name, industry } = begin(seed, number);
    let place = &COUNTRIES[country];
    let cities = place.cities;
    Company {
        name,
        domain,
        city: if draw.percent(85) { (*draw.pick(cities)).to_owned() } else { String::new() },
        country: if draw.percent(92) { place.name.to_owned() } else { String::new() },
        industry: if draw.percent(88) { INDUSTRIES[industry].0.to_owned() } else { String::new() },
        employees: draw.percent(90).then(|| size(draw.fraction())),
    }
}

/// Half of the companies have fewer than ten people, a few have tens of thousands.
fn size(fraction: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to 100,000")]
    let size = 10_f64.powf(5.0 * fraction.powf(2.3)) as u32;
    size.max(1)
}
