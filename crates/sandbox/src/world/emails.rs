//! E-mail addresses: below names that are reserved (RFC 2606), one person's never another's, and some of them wrong.

use super::draw::Draw;
use super::names::FullName;

/// Where people have private mailboxes.
const MAILBOXES: [&str; 6] = [
    "mail.example",
    "post.example",
    "inbox.example.com",
    "home.example.org",
    "freemail.example.net",
    "letters.test",
];

/// The mailbox provider so many after the `first` one.
pub(super) fn mailbox(first: usize, next: usize) -> &'static str {
    MAILBOXES[(first + next) % MAILBOXES.len()]
}

/// What is before the `@`. It ends in the person's number, with no digit before it, so that no two people share it.
pub(super) fn local(draw: &mut Draw, name: &FullName, number: usize) -> String {
    let first = letters(&name.first.latin);
    let last = letters(&name.last.latin);
    let initial = &first[..first.len().min(1)];
    let words = match (first.is_empty(), last.is_empty()) {
        (true, true) => "contact".to_owned(),
        (false, true) => first,
        (true, false) => last,
        (false, false) => match draw.below(6) {
            0 => format!("{initial}.{last}"),
            1 => format!("{initial}{last}"),
            2 => format!("{last}_{first}"),
            3 => first,
            _ => format!("{first}.{last}"),
        },
    };
    format!("{words}{number}")
}

/// What of a name goes into an address: 20 letters, and no apostrophe, space or hyphen.
fn letters(latin: &str) -> String {
    latin.chars().filter(char::is_ascii_alphabetic).take(20).collect()
}

/// An address that no strict reader takes. It still holds the local part, so that it is nobody else's.
pub(super) fn wrong(draw: &mut Draw, name: &FullName, local: &str, domain: &str) -> String {
    match draw.below(8) {
        0 => format!("{local}.{domain}"),
        1 => format!("{local}@@{domain}"),
        2 => format!("{local}@{domain} "),
        3 => format!("{local}@{}", domain.replace('.', ",")),
        4 => format!("{local}@"),
        5 => format!("{local} @{domain}"),
        6 => format!("{local}..x@{domain}"),
        _ if name.first.written.is_ascii() => format!("\u{201c}{local}\u{201d}@{domain}"),
        _ => format!("{}.{local}@{domain}", name.first.written.replace(' ', "")),
    }
}

/// What every reader of addresses takes: ASCII, one `@`, something before it, and a domain with a dot after it.
pub(super) fn is_valid(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+'".contains(c);
    let dots = |text: &str| !text.starts_with('.') && !text.ends_with('.') && !text.contains("..");
    !local.is_empty()
        && domain.contains('.')
        && dots(local)
        && dots(domain)
        && local.chars().all(plain)
        && domain.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::draw::Purpose;

    #[test]
    fn valid_addresses_are_told_from_wrong_ones() {
        for valid in ["a@b.example", "o'brien.5@mail.example", "a+b@x.example.com"] {
            assert!(is_valid(valid), "{valid}");
        }
        for wrong in [
            "",
            "a",
            "@b.example",
            "a@",
            "a@b",
            "a@@b.example",
            "a@b.example ",
            "a..b@c.example",
            "ü@b.example",
            "a@b,example",
        ] {
            assert!(!is_valid(wrong), "{wrong}");
        }
    }

    #[test]
    fn every_wrong_address_is_wrong() {
        let mut draw = Draw::new(1, Purpose::Person, 1);
        for _ in 0..200 {
            let address = wrong(&mut draw, &FullName::default(), "ada5", "mail.example");
            assert!(!is_valid(&address) && address.contains("ada5"), "{address}");
        }
    }
}
