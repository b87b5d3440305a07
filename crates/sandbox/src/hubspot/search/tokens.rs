//! Words in texts: what `CONTAINS_TOKEN` and `query` look at (HubSpot facts 3.4).
use std::borrow::Cow;

/// What to find in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    words: Vec<Word>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    /// Exactly this run of letters and digits.
    Token(String),
    /// Something that begins with this.
    Beginning(String),
    /// With `*` for anything, against a run of letters and digits or all between two blanks.
    Wild(String),
}

impl Pattern {
    /// A value of `CONTAINS_TOKEN`: every word of it must be there.
    pub(crate) fn of_value(text: &str) -> Self {
        let text = text.to_lowercase();
        let mut words = Vec::new();
        for word in text.split_whitespace() {
            if word.contains('*') {
                words.push(Word::Wild(word.to_owned()));
            } else {
                words.extend(runs(word).map(|run| Word::Token(run.to_owned())));
            }
        }
        Self { words }
    }

    /// A `query`: every word of it, or what begins with it.
    pub(crate) fn of_query(text: &str, beginnings: bool) -> Self {
        let text = text.to_lowercase();
        let word = |run: &str| {
            if beginnings { Word::Beginning(run.to_owned()) } else { Word::Token(run.to_owned()) }
        };
        Self { words: runs(&text).map(word).collect() }
    }

    /// Whether every word is in one of these texts. A pattern without words finds nothing.
    pub(crate) fn is_in<'a>(&self, texts: impl Iterator<Item = Cow<'a, str>>) -> bool {
        let texts: Vec<Cow<'a, str>> = texts.map(lower).collect();
        !self.words.is_empty() && self.words.iter().all(|word| texts.iter().any(|text| word.is_in(text)))
    }
}

impl Word {
    fn is_in(&self, text: &str) -> bool {
        match self {
            Self::Token(token) => runs(text).any(|run| run == token),
            Self::Beginning(start) => runs(text).any(|run| run.starts_with(start.as_str())),
            Self::Wild(pattern) => text
                .split_whitespace()
                .chain(runs(text))
                .any(|part| is_like(part.as_bytes(), pattern.as_bytes())),
        }
    }
}

/// In lower case; most addresses and numbers are already.
fn lower(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        text
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

/// Letters and digits in a row.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty())
}

/// Whether `text` is like `pattern`, in which `*` stands for anything. Linear: one star to go back to is enough.
fn is_like(text: &[u8], pattern: &[u8]) -> bool {
    let (mut at, mut next, mut star) = (0, 0, None);
    while at < text.len() {
        if pattern.get(next) == Some(&b'*') {
            star = Some((next, at));
            next += 1;
        } else if pattern.get(next) == text.get(at) {
            (at, next) = (at + 1, next + 1);
        } else if let Some((place, tried)) = star {
            star = Some((place, tried + 1));
            (at, next) = (tried + 1, place + 1);
        } else {
            return false;
        }
    }
    pattern[next..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(text: &str, value: &str) -> bool {
        Pattern::of_value(value).is_in(std::iter::once(Cow::Borrowed(text)))
    }

    #[test]
    fn tokens_are_whole_words_in_any_case() {
        assert!(contains("Ada Lovelace", "lovelace") && contains("Ada Lovelace", "ADA"));
        assert!(contains("ada@example.com", "example") && contains("ada@example.com", "ada@example.com"));
        assert!(!contains("Ada Lovelace", "love") && !contains("Ada Lovelace", "Ada Byron"));
        assert!(!contains("Ada", "") && !contains("Ada", "@"));
    }

    #[test]
    fn a_star_stands_for_anything() {
        assert!(contains("Ada Lovelace", "love*") && contains("Ada Lovelace", "*lace"));
        assert!(contains("ada@example.com", "*@example.com") && contains("ada@example.com", "*ampl*"));
        assert!(contains("12015551234", "*5551234*") && contains("Ada", "*"));
        assert!(!contains("Ada Lovelace", "*bert") && !contains("ada@example.org", "*@example.com"));
        assert!(contains("aaab", "a*ab") && !contains("aaac", "a*ab"));
    }

    #[test]
    fn a_query_finds_what_begins_with_its_words_anywhere_in_the_record() {
        let texts = || ["Ada", "Lovelace", "ada@example.com"].map(Cow::Borrowed).into_iter();
        assert!(Pattern::of_query("ada love", true).is_in(texts()));
        assert!(!Pattern::of_query("ada love", false).is_in(texts()));
        assert!(Pattern::of_query("ADA example", false).is_in(texts()));
        assert!(!Pattern::of_query("ada byron", true).is_in(texts()));
    }
}
