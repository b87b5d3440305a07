//! The same people as other systems know them: some not at all, some written a little differently.

use super::draw::{Draw, Purpose};
use super::people::{self, Sketch};
use super::{Cast, Person, System, emails, names, phones};

/// How many of a hundred people a system knows.
fn share(system: System) -> usize {
    match system {
        System::Hubspot => 100,
        System::Notion => 45,
        System::Airtable => 60,
        System::Tentoeight => 85,
    }
}

/// Person `number` as `system` has it.
pub(super) fn person(cast: &Cast, system: System, number: usize) -> Option<Person> {
    let purpose = match system {
        System::Hubspot => return Some(strict(people::sketch(cast, number).person())),
        System::Notion => Purpose::Notion,
        System::Airtable => Purpose::Airtable,
        System::Tentoeight => Purpose::Tentoeight,
    };
    let mut draw = Draw::new(cast.seed, purpose, number);
    if !draw.percent(share(system)) {
        return None;
    }
    let mut sketch = people::sketch(cast, number);
    if draw.percent(55) {
        return Some(sketch.person());
    }
    deviate(&mut draw, &mut sketch);
    let mut person = sketch.person();
    scrawl(&mut draw, &mut person);
    Some(person)
}

/// HubSpot keeps addresses in lower case, without spaces around them, and takes no wrong ones.
fn strict(mut person: Person) -> Person {
    for address in &mut person.emails {
        *address = address.trim().to_lowercase();
    }
    person.emails.retain(|address| emails::is_valid(address));
    person
}

/// Other phones, other order, fields that nobody filled in.
fn deviate(draw: &mut Draw, sketch: &mut Sketch) {
    if draw.percent(50) {
        for (_, style) in &mut sketch.lines {
            *style = phones::style(draw);
        }
    }
    if sketch.own_emails > 1 && draw.percent(35) {
        sketch.emails.swap(0, 1);
    }
    match draw.below(10) {
        0 => sketch.lines.truncate(0),
        1 => sketch.lines.truncate(1),
        // Not the last thing that tells who this is.
        2 if !sketch.lines.is_empty() => sketch.emails.clear(),
        3 => sketch.emails.truncate(1),
        4 => sketch.city = "",
        5 => (sketch.job_title, sketch.company) = ("", None),
        _ => {}
    }
}

/// Other letters.
fn scrawl(draw: &mut Draw, person: &mut Person) {
    match draw.below(10) {
        0..2 => {
            person.first_name = names::plain(&person.first_name);
            person.last_name = names::plain(&person.last_name);
        }
        2 => person.last_name = mistyped(draw, &person.last_name),
        3 => person.last_name = person.last_name.to_uppercase(),
        4 if !person.first_name.is_empty() => person.first_name.push(' '),
        _ => {}
    }
    if draw.percent(35)
        && let Some(primary) = person.emails.first_mut()
    {
        *primary = if draw.percent(50) { primary.to_uppercase() } else { names::capitalized(primary) };
    }
}

/// One letter, but neither the first nor the last, is missing.
fn mistyped(draw: &mut Draw, name: &str) -> String {
    let letters = name.chars().count();
    if letters < 4 {
        return name.to_owned();
    }
    let missing = 1 + draw.below(letters - 2);
    name.chars().enumerate().filter(|(at, _)| *at != missing).map(|(_, letter)| letter).collect()
}
