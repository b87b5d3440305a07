//! Customers out of the cast: messy as people type them, and a few with bookings or deleted long ago.

use super::model::{Customer, Standing};
use crate::house::Dice;
use crate::world::{Cast, Person, System};

const DAY_MS: i64 = 86_400_000;

/// Everybody 10to8 knows, for the first organization, and every tenth of them for the second too. Nobody is notified:
/// they have been there all along.
pub(super) fn customers(cast: &Cast, now: i64) -> [Vec<Customer>; 2] {
    let mut dice = Dice::new(cast.seed, "tentoeight bookings");
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for number in 0..cast.people {
        let Some(person) = cast.person_in(System::Tentoeight, number) else { continue };
        let mut customer = customer(&person);
        fate(&mut customer, &mut dice, now);
        if number % 10 == 3 {
            second.push(customer.clone());
        }
        first.push(customer);
    }
    [first, second]
}

fn customer(person: &Person) -> Customer {
    let words = [person.first_name.as_str(), person.last_name.as_str()];
    let name = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let texts = |all: &[String]| all.iter().map(|text| text.as_str().into()).collect();
    Customer {
        name: name.into(),
        emails: texts(&person.emails),
        numbers: texts(&person.phones),
        ..Customer::default()
    }
}

/// Of a hundred, two were deleted, eight have a booking ahead, fifteen had one.
fn fate(customer: &mut Customer, dice: &mut Dice, now: i64) {
    match dice.below(100) {
        0..2 => customer.standing = Standing::Deleted,
        2..10 => customer.bookings.push(now + dice.between(1, 60) * DAY_MS),
        10..25 => customer.bookings.push(now - dice.between(1, 300) * DAY_MS),
        _ => {}
    }
}
