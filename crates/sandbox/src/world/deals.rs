//! Deals.

use super::draw::{Draw, Purpose};
use super::{Cast, Deal, companies, people};

const WHATS: &[&str] = &[
    "Renewal",
    "New licences",
    "Pilot",
    "Extension",
    "Onboarding",
    "Support contract",
    "Training",
    "Migration",
    "Annual plan",
    "Upgrade",
    "Relocation",
    "Erweiterung",
    "Première commande",
    "契約更新",
    "Продовження",
];

/// How many of a hundred deals are in each stage.
const STAGES: [usize; 7] = [20, 17, 14, 11, 8, 18, 12];

/// Deal `number`.
pub(super) fn deal(cast: &Cast, number: usize) -> Deal {
    let mut draw = Draw::new(cast.seed, Purpose::Deal, number);
    let draw = &mut draw;
    let person = (cast.people > 0 && draw.percent(90)).then(|| draw.below(cast.people));
    let employer = person.and_then(|person| people::sketch(cast, person).company);
    let other = (cast.companies > 0 && draw.percent(60)).then(|| draw.below(cast.companies));
    let company = employer.or(other);
    let stage = stage(draw.below(100));
    Deal {
        name: name(draw, cast, company, person, number),
        amount_cents: draw.percent(85).then(|| amount(draw)),
        stage,
        closes_in_days: closes(draw, stage),
        person,
        company,
    }
}

fn name(
    draw: &mut Draw,
    cast: &Cast,
    company: Option<usize>,
    person: Option<usize>,
    number: usize,
) -> String {
    let what = draw.pick(WHATS);
    let whom = match (company, person) {
        (Some(company), _) => companies::company(cast.seed, company).name,
        (None, Some(person)) => {
            let name = people::sketch(cast, person).name;
            format!("{} {}", name.first.written, name.last.written).trim().to_owned()
        }
        (None, None) => String::new(),
    };
    if whom.is_empty() { format!("{what} #{number}") } else { format!("{whom} – {what}") }
}

fn stage(mut percent: usize) -> u8 {
    for (stage, share) in (0..).zip(STAGES) {
        if percent < share {
            return stage;
        }
        percent -= share;
    }
    0
}

/// From a hundred to a million, mostly in round figures.
fn amount(draw: &mut Draw) -> i64 {
    let units = 10_f64.powf(2.0 + 4.0 * draw.fraction() * draw.fraction().sqrt());
    #[expect(clippy::cast_possible_truncation, reason = "at most a million")]
    let units = units as i64;
    match draw.below(10) {
        0..5 if units > 1000 => units / 500 * 50_000,
        0..8 => units / 50 * 5_000,
        _ => units * 100 + i64::try_from(draw.below(100)).unwrap_or(0),
    }
}

/// What is closed was closed in the past; of what is open a little is late.
fn closes(draw: &mut Draw, stage: u8) -> i32 {
    let days = |draw: &mut Draw, bound| i32::try_from(draw.below(bound)).unwrap_or(0);
    if stage >= 5 {
        -days(draw, 500)
    } else if draw.percent(12) {
        -1 - days(draw, 30)
    } else {
        days(draw, 200)
    }
}
