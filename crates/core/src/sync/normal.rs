//! Normal forms of e-mail addresses and phone numbers: what counts as the same, what is written to the other side, and by what
//! people are known. A normal form is never shown to anybody; what is written is.

use email_address::{EmailAddress, Options};
use rlibphonenumber::{
    CountryCodeSource, NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, Region,
};

/// The fewest digits by which somebody may be known: shorter ones are extensions, emergency calls, slips.
const FEWEST_DIGITS: usize = 6;

/// The most digits that one phone number has (E.164).
const MOST_DIGITS: usize = 15;

/// Whether HubSpot would take this for an e-mail address, as far as that is known: addresses of RFC 5322 with a domain of at least two
/// labels, the last of which is none of digits, without quotes, comments and IP addresses (HubSpot facts 3.5: `INVALID_EMAIL`,
/// whose exact rules are nowhere told). What this lets in although HubSpot does not, HubSpot's own answer finds.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let options = Options { minimum_sub_domains: 2, allow_domain_literal: false, allow_display_text: false };
    if text.contains(['"', '(', '<']) || EmailAddress::parse_with_options(text, options).is_err() {
        return false;
    }
    let last = text.rsplit(['@', '.']).next().unwrap_or_default();
    last.chars().count() >= 2 && !last.chars().all(|c| c.is_ascii_digit())
}

/// An e-mail address in normal form: without blanks around it, in lower case, whether or not it is valid.
#[must_use]
pub fn email(text: &str) -> String {
    text.trim().to_lowercase()
}

/// As it is written to the other side: in lower case when it is one, else as it was typed, so that whoever reads of it finds it.
#[must_use]
pub fn written_email(text: &str) -> String {
    let text = text.trim();
    if is_email(text) { text.to_lowercase() } else { text.to_owned() }
}

/// By what somebody with this address is known: none unless it is one, since many people have `n/a`.
#[must_use]
pub fn email_key(text: &str) -> Option<String> {
    let text = text.trim();
    is_email(text).then(|| text.to_lowercase())
}

/// Whether there is such a country, by its two letters in capitals.
#[must_use]
pub fn is_region(region: &str) -> bool {
    self::region(region).is_some()
}

/// A phone number in normal form: E.164, with `;ext=` and the extension if it has one. What cannot be read as a number of a
/// possible length is its digits with the plus that it has; what is more than a number, as it is.
#[must_use]
pub fn phone(text: &str, region: &str) -> String {
    let text = text.trim();
    if !is_plain(text) {
        return text.to_owned();
    }
    match read(text, region) {
        Some(number) if is_possible(&number) => known_as(&number),
        _ => digits(text),
    }
}

/// As it is written to the other side: E.164 where the number says its country or is one of the region, else as it is.
#[must_use]
pub fn written_phone(text: &str, region: &str) -> String {
    let text = text.trim();
    let number = is_plain(text).then(|| read(text, region)).flatten();
    let Some(number) =
        number.filter(|number| is_possible(number) && (says_country(number) || number.is_valid()))
    else {
        return text.to_owned();
    };
    let written = number.format_as(PhoneNumberFormat::E164);
    match extension(&number) {
        Some(extension) => format!("{written} ext. {extension}"),
        None => written.into_owned(),
    }
}

/// By what somebody with this number is known: none when it is too short to be anybody's, or more than one number.
#[must_use]
pub fn phone_key(text: &str, region: &str) -> Option<String> {
    let text = text.trim();
    let count = text.chars().filter(char::is_ascii_digit).count();
    if count < FEWEST_DIGITS {
        return None;
    }
    if is_plain(text) {
        return Some(phone(text, region));
    }
    // A number with a remark is that number; anything else with letters is nobody's.
    let number = read(text, region).filter(PhoneNumber::is_valid)?;
    (count <= MOST_DIGITS && extension(&number).is_none()).then(|| known_as(&number))
}

fn region(name: &str) -> Option<Region> {
    let capitals = name.len() == 2 && name.bytes().all(|b| b.is_ascii_uppercase());
    let region = capitals.then(|| Region::from_code(name).ok()).flatten()?;
    PHONE_NUMBER_UTIL.get_country_code_for_region(region).map(|_| region)
}

fn read(text: &str, region: &str) -> Option<PhoneNumber> {
    let region = self::region(region);
    PHONE_NUMBER_UTIL.parse_and_keep_raw_input(text, region).ok()
}

fn is_possible(number: &PhoneNumber) -> bool {
    matches!(number.is_possible_with_reason(), Ok(NumberLengthType::IsPossible))
}

fn says_country(number: &PhoneNumber) -> bool {
    matches!(
        number.country_code_source(),
        CountryCodeSource::FromNumberWithPlusSign | CountryCodeSource::FromNumberWithIdd
    )
}

fn extension(number: &PhoneNumber) -> Option<&str> {
    number.extension.as_deref().filter(|extension| !extension.is_empty())
}

fn known_as(number: &PhoneNumber) -> String {
    let known = number.format_as(PhoneNumberFormat::E164);
    match extension(number) {
        Some(extension) => format!("{known};ext={extension}"),
        None => known.into_owned(),
    }
}

/// Digits, and the plus before them.
fn digits(text: &str) -> String {
    let plus = if text.starts_with('+') { "+" } else { "" };
    let digits: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    // Nothing but signs is still something that was typed.
    if digits.is_empty() { text.to_owned() } else { format!("{plus}{digits}") }
}

/// Whether there is nothing but a number, and perhaps its extension: then no remark gets lost when it is written anew.
fn is_plain(text: &str) -> bool {
    let is_sign = |c: char| {
        c.is_ascii_digit()
            || c.is_whitespace()
            || "()-./".contains(c)
            || ('\u{2010}'..='\u{2015}').contains(&c)
    };
    let body = text.strip_prefix('+').unwrap_or(text);
    let end = body.find(|c: char| c.is_alphabetic() || c == '#').unwrap_or(body.len());
    let (number, rest) = body.split_at(end);
    number.chars().all(is_sign) && (rest.is_empty() || is_extension(rest))
}

fn is_extension(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let marks = ["extension", "ext", "x", "#"];
    marks.iter().find_map(|mark| text.strip_prefix(mark)).is_some_and(|rest| {
        let number = rest.trim_start_matches(['.', ':', ' ']);
        (1..=7).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
    })
}
