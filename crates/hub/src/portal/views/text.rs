//! Text on its way into a page: made visible, shortened, counted, put into addresses.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` with every control character replaced by its picture (NUL becomes `␀`, a line break `␊`), and every
/// character that reorders the text around it by U+FFFD. What results fits on one line, cannot break a table, and is
/// safe to send as one line of an event stream.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().any(|c| pictured(c) != c) {
        return Cow::Owned(text.chars().map(pictured).collect());
    }
    Cow::Borrowed(text)
}

/// [`visible`], at most `max` characters of it, with an ellipsis where something is missing.
#[must_use]
pub fn preview(text: &str, max: usize) -> Cow<'_, str> {
    let shown = text.char_indices().nth(max).map_or(text, |(end, _)| &text[..end]);
    if shown.len() == text.len() {
        return visible(text);
    }
    Cow::Owned(format!("{}…", visible(shown)))
}

/// [`preview`] of an id. Of an address the last two parts are kept, where the ids of one provider differ, and not what they all share.
#[must_use]
pub fn id(id: &str, max: usize) -> Cow<'_, str> {
    let path = id.strip_prefix("https://").or_else(|| id.strip_prefix("http://"));
    let Some((_, path)) = path.and_then(|rest| rest.split_once('/')) else { return preview(id, max) };
    let mut parts = path.trim_end_matches('/').rmatch_indices('/');
    let path = &path[parts.nth(1).map_or(0, |(slash, _)| slash + 1)..];
    let Some(length) = path.chars().count().checked_sub(max.saturating_sub(1)) else {
        return Cow::Owned(format!("…/{}", visible(path)));
    };
    let start = path.char_indices().nth(length).map_or(path.len(), |(at, _)| at);
    Cow::Owned(format!("…{}", visible(&path[start..])))
}

/// How many bytes `text` takes as HTML.
#[must_use]
pub fn escaped(text: &str) -> usize {
    text.chars().map(as_html).sum()
}

/// The longest beginning of `text` that takes at most `max` bytes as HTML.
#[must_use]
pub fn within(text: &str, max: usize) -> &str {
    let mut left = max;
    let cut = text.char_indices().find(|(_, c)| {
        let fits = as_html(*c) <= left;
        left = left.saturating_sub(as_html(*c));
        !fits
    });
    cut.map_or(text, |(end, _)| &text[..end])
}

fn as_html(c: char) -> usize {
    if matches!(c, '<' | '>' | '&' | '"' | '\'') { 5 } else { c.len_utf8() }
}

fn pictured(c: char) -> char {
    match c {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(c),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' => '\u{fffd}',
        _ if reorders(c) => '\u{fffd}',
        _ => c,
    }
}

/// Whether `c` changes the direction of the text after it and shows nothing itself.
#[must_use]
pub fn reorders(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `number` with its thousands apart: `1,284,392`.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 step`, `3 steps`, `1,200 steps`: the number with the words for one or for many.
#[must_use]
pub fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

/// A span of milliseconds as people say it: `12 ms`, `3.4 s`, `5 min`, `2 h`, `3 d`.
#[must_use]
pub fn span(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        60_000..3_600_000 => format!("{} min", millis / 60_000),
        3_600_000..172_800_000 => format!("{} h", millis / 3_600_000),
        _ => format!("{} d", millis / 86_400_000),
    }
}

/// `pairs` as the query of an address, without the question mark. Pairs without a value are left out.
#[must_use]
pub fn query(pairs: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        percent_encode(value, &mut out);
    }
    out
}

/// `text` as one segment of a path.
#[must_use]
pub fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    percent_encode(text, &mut out);
    out
}

fn percent_encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => write!(out, "%{byte:02X}").expect("a String takes every write"),
        }
    }
}

/// `words` with a capital at their beginning.
#[must_use]
pub fn capital(words: &str) -> String {
    let mut letters = words.trim().chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `words` as a sentence of at most `max` characters.
#[must_use]
pub fn sentence(words: &str, max: usize) -> String {
    let shown = preview(&capital(words), max).into_owned();
    if shown.is_empty() || shown.ends_with(['.', '!', '?', '…']) { shown } else { format!("{shown}.") }
}

/// Whether `url` is an address that a browser may be sent to: of the web, not a script.
#[must_use]
pub fn is_of_the_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// The time of day in `iso`, to the millisecond (`09:30:00.000`); all of it when it is no RFC 3339 time.
#[must_use]
pub fn clock(iso: &str) -> &str {
    if day(iso).len() == iso.len() { iso } else { iso.get(11..23).unwrap_or(iso) }
}

/// The date in `iso` (`2026-01-31`); all of it when it is no RFC 3339 time.
#[must_use]
pub fn day(iso: &str) -> &str {
    if iso.as_bytes().get(10) == Some(&b'T') { iso.get(..10).unwrap_or(iso) } else { iso }
}

/// The date and the time of day in `iso` to the second (`2026-01-31 09:30:00`).
#[must_use]
pub fn date_and_time(iso: &str) -> String {
    match (day(iso), iso.get(11..19)) {
        (date, Some(time)) if date.len() == 10 => format!("{date} {time}"),
        _ => iso.to_owned(),
    }
}
