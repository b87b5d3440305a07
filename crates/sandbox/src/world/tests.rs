//! What holds for the whole cast.

use super::people::original;
use super::{Cast, Person, System, emails};
use proptest::prelude::{any, proptest};
use std::collections::HashSet;

fn cast(seed: u64, people: usize) -> Cast {
    Cast { seed, people, companies: people / 5 + 1, deals: people / 3 }
}

/// How many of a thousand.
fn share<T>(of: &[T], which: impl Fn(&T) -> bool) -> usize {
    of.iter().filter(|one| which(one)).count() * 1000 / of.len()
}

fn everybody(cast: &Cast) -> Vec<Person> {
    (0..cast.people).map(|number| cast.person(number)).collect()
}

proptest! {
    #[test]
    fn everybody_is_the_same_for_the_same_seed_and_nothing_panics(seed in any::<u64>(), number in 0usize..5_000_000) {
        let (cast, twin) = (cast(seed, 5_000_000), cast(seed, 5_000_000));
        assert_eq!(cast.person(number), twin.person(number));
        assert_eq!(cast.company(number), twin.company(number));
        assert_eq!(cast.deal(number), twin.deal(number));
        for system in [System::Hubspot, System::Notion, System::Airtable, System::Tentoeight] {
            assert_eq!(cast.person_in(system, number), twin.person_in(system, number));
        }
        let nobody = Cast { seed, people: 0, companies: 0, deals: 1 };
        assert_eq!((nobody.deal(0).person, nobody.deal(0).company), (None, None));
        assert_eq!(nobody.person(number).company, None);
    }
}

#[test]
fn another_seed_makes_other_people() {
    let (one, other) = (everybody(&cast(1, 100)), everybody(&cast(2, 100)));
    assert!(one.iter().zip(&other).filter(|(one, other)| one.emails == other.emails).count() < 20);
}

#[test]
fn nobody_has_the_first_address_of_another() {
    let cast = cast(7, 30_000);
    let mut seen = HashSet::new();
    for system in [System::Hubspot, System::Tentoeight] {
        seen.clear();
        for number in 0..cast.people {
            let Some(person) = cast.person_in(system, number) else { continue };
            if let Some(primary) = person.emails.first() {
                assert!(seen.insert(primary.trim().to_lowercase()), "{number}: {primary}");
            }
        }
    }
}

#[test]
fn addresses_are_below_reserved_names_only() {
    let reserved = |domain: &str| {
        let tops = [".example", ".test", ".example.com", ".example.org", ".example.net"];
        tops.iter().any(|top| domain.ends_with(top))
    };
    let cast = cast(3, 20_000);
    for number in 0..cast.people {
        for address in cast.person(number).emails {
            let text = address.trim().replace(',', ".");
            let domain = text.rsplit('@').next().expect("a last part");
            assert!(domain.is_empty() || reserved(domain), "{address}");
        }
    }
    for number in 0..cast.companies {
        let domain = cast.company(number).domain;
        assert!(domain.is_empty() || reserved(&domain), "{domain}");
        assert!(domain.is_empty() || emails::is_valid(&format!("a@{domain}")), "{domain}");
    }
}

#[test]
fn all_scripts_are_met_among_a_thousand_people() {
    let scripts: [(&str, std::ops::RangeInclusive<char>); 12] = [
        ("Latin with marks", 'À'..='ÿ'),
        ("the dotless i", 'ı'..='ı'),
        ("Vietnamese", 'ạ'..='ỹ'),
        ("Greek", 'Α'..='ώ'),
        ("Cyrillic", 'А'..='я'),
        ("Hebrew", 'א'..='ת'),
        ("Arabic", 'ء'..='ي'),
        ("Devanagari", 'अ'..='ह'),
        ("Thai", 'ก'..='ฮ'),
        ("Han", '\u{4e00}'..='\u{9fff}'),
        ("Kana", 'ぁ'..='ヺ'),
        ("Hangul", '가'..='힣'),
    ];
    for seed in 0..5 {
        let people = everybody(&cast(seed, 1000));
        let names: Vec<String> =
            people.iter().map(|person| format!("{} {}", person.first_name, person.last_name)).collect();
        for (script, letters) in &scripts {
            assert!(
                names.iter().any(|name| name.chars().any(|c| letters.contains(&c))),
                "{script}, seed {seed}"
            );
        }
        for mark in ['\'', '-'] {
            assert!(names.iter().any(|name| name.contains(mark)), "{mark}, seed {seed}");
        }
        assert!(names.iter().any(|name| name.chars().count() > 60), "a very long one, seed {seed}");
        assert!(people.iter().any(|person| person.last_name.is_empty()), "one word, seed {seed}");
    }
}

#[test]
fn fields_are_empty_doubled_and_wrong_in_sensible_shares() {
    let cast = cast(11, 20_000);
    let people = everybody(&cast);
    let between = |low, share, high| assert!((low..=high).contains(&share), "{low} <= {share} <= {high}");
    between(40, share(&people, |person| person.emails.is_empty()), 90);
    between(200, share(&people, |person| person.emails.len() > 1), 320);
    between(
        20,
        share(&people, |person| person.emails.first().is_some_and(|email| !emails::is_valid(email))),
        50,
    );
    between(100, share(&people, |person| person.phones.is_empty()), 180);
    between(180, share(&people, |person| person.phones.len() > 1), 300);
    between(200, share(&people, |person| person.job_title.is_empty()), 350);
    between(60, share(&people, |person| person.country.is_empty()), 160);
    between(500, share(&people, |person| person.company.is_some()), 800);
    let numbers: Vec<usize> = (0..cast.people).collect();
    between(15, share(&numbers, |number| original(cast.seed, *number).is_some()), 25);
    for person in &people {
        let known =
            !person.first_name.is_empty() || !person.last_name.is_empty() || !person.emails.is_empty();
        assert!(known, "{person:?}");
    }
}

#[test]
fn hubspot_knows_everybody_and_others_their_share() {
    let cast = cast(5, 10_000);
    let numbers: Vec<usize> = (0..cast.people).collect();
    let known = |system| share(&numbers, |number| cast.person_in(system, *number).is_some());
    assert_eq!(known(System::Hubspot), 1000);
    assert!((820..=880).contains(&known(System::Tentoeight)));
    assert!((570..=630).contains(&known(System::Airtable)));
    assert!((420..=480).contains(&known(System::Notion)));
    let differs = share(&numbers, |number| {
        cast.person_in(System::Tentoeight, *number).is_some_and(|person| person != cast.person(*number))
    });
    assert!((150..=450).contains(&differs), "{differs}");
    for number in numbers {
        let person = cast.person_in(System::Hubspot, number).expect("everybody");
        assert!(person.emails.iter().all(|email| emails::is_valid(email)), "{person:?}");
    }
}

#[test]
fn few_of_many_people_share_a_telephone() {
    let cast = cast(21, 50_000);
    let digits = |written: &String| written.chars().filter(char::is_ascii_digit).collect::<String>();
    let mut seen = HashSet::new();
    let (mut lines, mut shared) = (0, 0);
    for person in everybody(&cast).iter().skip(2_000) {
        for line in &person.phones {
            lines += 1;
            shared += usize::from(!seen.insert(digits(line)));
        }
    }
    // One in fifty is somebody entered again.
    assert!(lines > 40_000 && shared * 100 < lines * 5, "{shared} of {lines}");
}

#[test]
fn whoever_is_in_the_cast_twice_has_another_address_the_second_time() {
    let cast = cast(9, 5_000);
    let mut twice = 0;
    for number in 0..cast.people {
        let Some(first) = original(cast.seed, number) else { continue };
        assert!(first < number && original(cast.seed, first).is_none());
        let (copy, original) = (cast.person(number), cast.person(first));
        assert!(copy.emails.iter().all(|email| !original.emails.contains(email)));
        assert_eq!((copy.phones.len(), copy.city), (original.phones.len(), original.city));
        twice += 1;
    }
    assert_eq!(twice, 100);
}

#[test]
fn companies_and_deals_are_plausible() {
    let cast = cast(4, 10_000);
    let companies: Vec<_> = (0..cast.companies).map(|number| cast.company(number)).collect();
    let domains: HashSet<_> =
        companies.iter().map(|company| &company.domain).filter(|domain| !domain.is_empty()).collect();
    assert_eq!(domains.len(), companies.iter().filter(|company| !company.domain.is_empty()).count());
    assert!(companies.iter().all(|company| !company.name.is_empty()));
    let small = share(&companies, |company| company.employees.is_some_and(|employees| employees < 10));
    let large = share(&companies, |company| company.employees.is_some_and(|employees| employees > 1000));
    assert!((300..=600).contains(&small) && (30..=250).contains(&large), "{small} {large}");
    for number in 0..cast.deals {
        let deal = cast.deal(number);
        assert!(!deal.name.is_empty() && deal.stage <= 6, "{deal:?}");
        assert!(deal.stage < 5 || deal.closes_in_days <= 0, "{deal:?}");
        assert!(deal.amount_cents.is_none_or(|cents| (10_000..=100_000_000).contains(&cents)), "{deal:?}");
        assert!(deal.person.is_none_or(|person| person < cast.people));
        assert!(deal.company.is_none_or(|company| company < cast.companies));
    }
}
