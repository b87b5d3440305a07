//! Names by tongue, and how they become plain Latin.

use super::draw::Draw;
use super::places::COUNTRIES;
use std::sync::LazyLock;

/// A name, and how its bearer writes it in an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Name {
    pub(super) written: String,
    pub(super) latin: String,
}

/// The names of one tongue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tongue {
    pub(super) key: &'static str,
    pub(super) women: Vec<Name>,
    pub(super) men: Vec<Name>,
    pub(super) families: Vec<Name>,
    /// Empty where women bear the same family names.
    pub(super) wives: Vec<Name>,
    /// Whether it is written in Latin letters.
    pub(super) is_latin: bool,
}

/// First and last name of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct FullName {
    pub(super) first: Name,
    pub(super) last: Name,
}

static BY_COUNTRY: LazyLock<Vec<Tongue>> = LazyLock::new(|| {
    let tongues = read(include_str!("names.txt"));
    let of = |key: &str| tongues.iter().find(|tongue| tongue.key == key).cloned().unwrap_or_default();
    COUNTRIES.iter().map(|country| of(country.tongue)).collect()
});

/// The names usual in country `index`.
pub(super) fn tongue(index: usize) -> &'static Tongue {
    &BY_COUNTRY[index]
}

fn read(text: &'static str) -> Vec<Tongue> {
    let mut tongues: Vec<Tongue> = Vec::new();
    for line in text.lines() {
        if let Some(key) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            tongues.push(Tongue { key, ..Tongue::default() });
        } else if let (Some(tongue), Some((kind, names))) = (tongues.last_mut(), line.split_once(": ")) {
            let names: Vec<Name> = names.split_whitespace().map(name).collect();
            match kind {
                "women" => {
                    tongue.is_latin = names.iter().all(|name| plain(&name.written).is_ascii());
                    tongue.women = names;
                }
                "men" => tongue.men = names,
                "families" => tongue.families = names,
                "wives" => tongue.wives = names,
                _ => {}
            }
        }
    }
    tongues
}

fn name(word: &str) -> Name {
    let (written, latin) = word.split_once('=').unwrap_or((word, ""));
    let written = written.replace('_', " ").trim().to_owned();
    let latin = if latin.is_empty() { plain(&written) } else { latin.to_owned() };
    Name { written, latin: latin.to_lowercase() }
}

/// Latin letters with marks, by the plain letters people type instead.
const MARKED: &[(&str, &str)] = &[
    ("a", "àáâãäåāăąảạấầẩẫậắằẳẵặ"),
    ("ae", "æ"),
    ("c", "çćčċ"),
    ("d", "ďđð"),
    ("e", "èéêëēęěẻẽẹếềểễệ"),
    ("g", "ğģ"),
    ("i", "ìíîïīıỉĩị"),
    ("l", "ľł"),
    ("n", "ñńňņ"),
    ("o", "òóôõöøőōỏọốồổỗộơớờởỡợ"),
    ("oe", "œ"),
    ("r", "ŕř"),
    ("s", "śšşș"),
    ("ss", "ß"),
    ("t", "ťţț"),
    ("th", "þ"),
    ("u", "ùúûüūůűųủũụưứừửữự"),
    ("y", "ýÿỷỹỵỳ"),
    ("z", "źžż"),
];

/// `text` without the marks on its Latin letters.
pub(super) fn plain(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        // The Turkish capital with a dot becomes two characters in lower case.
        let small = if letter == 'İ' { 'i' } else { letter.to_lowercase().next().unwrap_or(letter) };
        match MARKED.iter().find(|(_, marked)| marked.contains(small)) {
            _ if letter.is_ascii() => plain.push(letter),
            Some((base, _)) if small == letter => plain.push_str(base),
            Some((base, _)) => plain.extend(base.chars().flat_map(char::to_uppercase)),
            None if letter == 'İ' => plain.push('I'),
            None => plain.push(letter),
        }
    }
    plain
}

/// Somebody's name in this tongue: mostly simple, sometimes double, very long, a single word, or missing.
pub(super) fn full_name(draw: &mut Draw, tongue: &Tongue) -> FullName {
    let is_woman = draw.percent(50);
    let given = if is_woman { &tongue.women } else { &tongue.men };
    let family = if is_woman && !tongue.wives.is_empty() { &tongue.wives } else { &tongue.families };
    let mut full = FullName { first: draw.pick(given).clone(), last: draw.pick(family).clone() };
    match draw.below(1000) {
        0..10 => {
            for _ in 0..4 {
                append(&mut full.first, " ", draw.pick(given));
                append(&mut full.last, " ", draw.pick(family));
            }
        }
        10..25 => full.last = Name::default(),
        25..30 => full.first = Name::default(),
        30..33 => full = FullName::default(),
        33..63 if tongue.is_latin => append(&mut full.last, "-", draw.pick(family)),
        63..83 if tongue.is_latin => append(&mut full.first, "-", draw.pick(given)),
        // Some write themselves in Latin letters although their tongue does not.
        0..200 if !tongue.is_latin => {
            full.first.written = capitalized(&full.first.latin);
            full.last.written = capitalized(&full.last.latin);
        }
        _ => {}
    }
    full
}

fn append(name: &mut Name, between: &str, more: &Name) {
    if name.written.is_empty() || more.written.is_empty() {
        return;
    }
    name.written.push_str(between);
    name.written.push_str(&more.written);
    name.latin.push_str(between);
    name.latin.push_str(&more.latin);
}

/// With a capital first letter.
pub(super) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_fall_off_and_other_scripts_stay() {
        for (marked, bare) in [
            ("Işıl Çalışkan", "Isil Caliskan"),
            ("İpek", "Ipek"),
            ("Nguyễn Thị Hương", "Nguyen Thi Huong"),
            ("Đặng", "Dang"),
            ("Łukasz Żółkiewski", "Lukasz Zolkiewski"),
            ("Weiß", "Weiss"),
            ("Ægir", "AEgir"),
            ("O'Brien", "O'Brien"),
            ("Шевченко", "Шевченко"),
        ] {
            assert_eq!(plain(marked), bare);
        }
    }

    #[test]
    fn every_country_has_names_and_every_name_a_plain_form() {
        for (index, country) in COUNTRIES.iter().enumerate() {
            let tongue = tongue(index);
            assert_eq!(tongue.key, country.tongue, "{}", country.name);
            assert!(tongue.wives.is_empty() || tongue.wives.len() == tongue.families.len(), "{}", tongue.key);
            let (women, men, families) = (&tongue.women, &tongue.men, &tongue.families);
            assert!(women.len() >= 5 && men.len() >= 5 && families.len() >= 4, "{}", tongue.key);
            for name in women.iter().chain(men).chain(families).chain(&tongue.wives) {
                assert!(name.latin.is_ascii(), "{}: {name:?}", tongue.key);
                assert!(!name.latin.contains(|c: char| c.is_ascii_digit()), "{}: {name:?}", tongue.key);
            }
        }
    }
}
