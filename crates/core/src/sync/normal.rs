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
    let is_ours = |number: &PhoneNumber| number.is_valid() && is_national(number, text);
    let Some(number) =
        number.filter(|number| is_possible(number) && (says_country(number) || is_ours(number)))
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
    let (from, to) =
        (text.find(|c: char| c == '+' || c.is_ascii_digit())?, text.rfind(|c: char| c.is_ascii_digit())?);
    let inner = text.get(from..=to).filter(|inner| is_plain(inner) && count <= MOST_DIGITS)?;
    let number = read(inner, region).filter(PhoneNumber::is_valid)?;
    extension(&number).is_none().then(|| known_as(&number))
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

/// Whether it has a length that numbers of its country have. A zero that no number there begins with was a slip, and would be
/// taken off one by one.
fn is_possible(number: &PhoneNumber) -> bool {
    matches!(number.is_possible_with_reason(), Ok(NumberLengthType::IsPossible))
        && (!number.get_national_significant_number().starts_with('0') || number.is_valid())
}

fn says_country(number: &PhoneNumber) -> bool {
    matches!(
        number.country_code_source(),
        CountryCodeSource::FromNumberWithPlusSign | CountryCodeSource::FromNumberWithIdd
    )
}

/// Whether this is how numbers are written in their country: with a zero before them, where they have one, or with its code. What
/// has neither is perhaps another country's.
fn is_national(number: &PhoneNumber, text: &str) -> bool {
    let typed = figures(text);
    let ways = [PhoneNumberFormat::National, PhoneNumberFormat::E164];
    ways.into_iter().any(|way| {
        let bare = PhoneNumber { extension: None, ..number.clone() };
        typed.starts_with(&figures(&bare.format_as(way)))
    })
}

fn figures(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_that_hubspot_would_refuse_are_known_before_they_are_sent() {
        for good in [
            "ada@example.com",
            "a.b+c@sub.example.co.uk",
            "o'neil@example.org",
            "jörg@müller.de",
            "a@xn--mller-kva.de",
            "ADA@EXAMPLE.COM",
        ] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "ada",
            "a@x",
            "@example.com",
            "ada@",
            "ada@@example.com",
            "ada@example",
            "ada@example.c",
            "ada@example..com",
            ".ada@example.com",
            "a..b@example.com",
            "ada@-example.com",
            "ada lovelace@example.com",
            "ada@exam ple.com",
            "ada@example.com, b@example.com",
            "ada@example.com;b@example.com",
            "ada@example.123",
            "mailto:ada@example.com",
            "Ada <ada@example.com>",
            "<ada@example.com>",
            "\"ada\"@example.com",
            "ada@[127.0.0.1]",
            "ada(work)@example.com",
            "ada@example.com.",
            "ada@example.com\n",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn an_address_is_written_in_lower_case_and_what_is_none_as_it_was_typed() {
        assert_eq!(written_email(" Ada@Example.COM "), "ada@example.com");
        assert_eq!(written_email("Ada at Example"), "Ada at Example");
        assert_eq!(email("Ada at Example"), "ada at example");
    }

    #[test]
    fn nobody_is_known_by_an_address_that_is_none() {
        assert_eq!(email_key(" Ada@Example.com"), Some("ada@example.com".to_owned()));
        for nobody in ["", "n/a", "none", "unknown@", "a@x"] {
            assert_eq!(email_key(nobody), None, "{nobody}");
        }
    }

    #[test]
    fn one_number_is_one_however_it_is_written() {
        for written in [
            "+44 20 7946 0123",
            "+442079460123",
            "0044 20 7946 0123",
            "+44 (0)20 7946 0123",
            "020 7946 0123",
            "(020) 7946-0123",
            "020-7946-0123",
            " 020.7946.0123 ",
        ] {
            assert_eq!(phone(written, "GB"), "+442079460123", "{written}");
            assert_eq!(phone_key(written, "GB").as_deref(), Some("+442079460123"), "{written}");
        }
        assert_eq!(phone("+1 (617) 555-0123", "GB"), "+16175550123");
        assert_eq!(phone("(617) 555-0123", "US"), "+16175550123");
        // The zero belongs to Italian numbers.
        assert_eq!(phone("+39 06 1234 5678", "GB"), "+390612345678");
    }

    #[test]
    fn what_cannot_be_read_is_its_digits_and_what_is_more_than_a_number_stays() {
        assert_eq!(phone("12-34", "GB"), "1234");
        assert_eq!(phone("+12", "GB"), "+12");
        assert_eq!(phone("-", "GB"), "-");
        assert_eq!(phone("020 7946 0123 (work)", "GB"), "020 7946 0123 (work)");
        assert_ne!(phone("020 7946 0123 (work)", "GB"), phone("020 7946 0123 (home)", "GB"));
        assert_eq!(phone("ask her", "GB"), "ask her");
    }

    #[test]
    fn an_extension_is_part_of_a_number() {
        assert_eq!(phone("020 7946 0123 ext. 12", "GB"), "+442079460123;ext=12");
        assert_eq!(phone("020 7946 0123 x12", "GB"), phone("+442079460123 ext 12", "GB"));
        assert_ne!(phone("020 7946 0123 x12", "GB"), phone("020 7946 0123", "GB"));
        assert_eq!(written_phone("020 7946 0123 x12", "GB"), "+442079460123 ext. 12");
        assert_ne!(phone_key("020 7946 0123 x12", "GB"), phone_key("020 7946 0123 x13", "GB"));
    }

    #[test]
    fn a_number_is_written_anew_only_where_its_country_is_known() {
        assert_eq!(written_phone("+44 (0)20 7183 8750", "GB"), "+442071838750");
        assert_eq!(written_phone("020 7183 8750", "GB"), "+442071838750");
        assert_eq!(written_phone("0049 30 901820", "GB"), "+4930901820");
        // Ten digits that are no British number: perhaps American.
        assert_eq!(written_phone("(555) 010-0100", "GB"), "(555) 010-0100");
        assert_eq!(written_phone("call 020 7183 8750", "GB"), "call 020 7183 8750");
        assert_eq!(written_phone("999", "GB"), "999");
    }

    #[test]
    fn nobody_is_known_by_a_number_that_is_too_short_or_several() {
        for nobody in
            ["", "-", "999", "12345", "ext. 12", "ask her", "07700 900123;07700 900124", "flat 123456"]
        {
            assert_eq!(phone_key(nobody, "GB"), None, "{nobody}");
        }
        assert_eq!(phone_key("123456", "GB").as_deref(), Some("123456"));
        assert_eq!(phone_key("020 7183 8750 (work)", "GB").as_deref(), Some("+442071838750"));
    }

    #[test]
    fn countries_are_two_capitals_that_have_numbers() {
        for (region, is) in
            [("GB", true), ("US", true), ("gb", false), ("XX", false), ("", false), ("GBR", false)]
        {
            assert_eq!(is_region(region), is, "{region}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_the_same_as_what_was_typed(text in phones()) {
            let written = written_phone(&text, "GB");
            prop_assert_eq!(phone(&written, "GB"), phone(&text, "GB"));
            prop_assert_eq!(written_phone(&written, "GB"), written.clone());
            prop_assert_eq!(phone_key(&written, "GB"), phone_key(&text, "GB"));
        }

        #[test]
        fn normal_forms_are_their_own(text in phones(), other in ".{0,20}") {
            for text in [text, other] {
                let email = email(&text);
                prop_assert_eq!(super::email(&email), email.clone());
                let written = written_email(&text);
                prop_assert_eq!(super::email(&written), email);
                prop_assert_eq!(written_email(&written), written.clone());
            }
        }
    }

    fn phones() -> impl Strategy<Value = String> {
        prop_oneof![
            "(\\+|00|0)[0-9]{2,14}",
            "\\+?[0-9() .-]{0,20}( ?(x|ext\\.?|#) ?[0-9]{1,8})?",
            "(\\+44 ?\\(?0?\\)?|0)(20 7|77)[0-9]{2} ?[0-9]{5}( x[0-9]{1,3})?",
            ".{0,20}",
        ]
    }
}
