//! JSON for people: laid out and coloured token by token, with every number and every escape exactly as it came.

use super::text;
use std::fmt::Write as _;

/// The most HTML that is made of a document, in bytes: a page stays below 100 KB with it.
pub const MAX_HTML: usize = 60_000;
/// Deeper than this, nothing is indented further.
const MAX_INDENT: usize = 32;

/// A document as HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Highlighted {
    /// Escaped HTML, to stand inside `<pre>`.
    pub html: String,
    /// Whether all of the document is in it.
    pub complete: bool,
}

/// `raw` as HTML: escaped, indented by two spaces, with a `span` around every key (`j-k`), string (`j-s`), number
/// (`j-n`) and word (`j-w`). Only the blanks between tokens change. What is no JSON comes out as it is, escaped.
/// Not much more than `max` bytes come out.
#[must_use]
pub fn highlight(raw: &str, max: usize) -> Highlighted {
    let shown = &raw[..raw.floor_char_boundary(max)];
    let mut out = Writer { html: String::with_capacity(shown.len() * 2), depth: 0, max };
    let tokens = tokens(shown);
    let complete = if begins_a_document(&tokens) {
        tokens.iter().enumerate().all(|(place, token)| out.token(token, &tokens[place + 1..]))
    } else {
        out.escape(shown)
    };
    Highlighted { html: out.html, complete: complete && shown.len() == raw.len() }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Open,
    Close,
    Comma,
    Colon,
    String,
    Number,
    Word,
    /// Anything that has no business in JSON.
    Stray,
}

#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
}

/// Cuts `raw` into tokens. Total: every byte that is not a blank between tokens belongs to exactly one token.
fn tokens(raw: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = raw.trim_start_matches(is_blank);
    while let Some(first) = rest.chars().next() {
        let (kind, length) = match first {
            '{' | '[' => (Kind::Open, 1),
            '}' | ']' => (Kind::Close, 1),
            ',' => (Kind::Comma, 1),
            ':' => (Kind::Colon, 1),
            '"' => (Kind::String, string_length(rest)),
            '-' | '0'..='9' => (Kind::Number, run_length(rest)),
            _ => (Kind::Word, run_length(rest)),
        };
        let (text, after) = rest.split_at(length);
        let stray = match kind {
            Kind::Number => text.contains(|c| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')),
            Kind::Word => !["true", "false", "null"].iter().any(|word| word.starts_with(text)),
            _ => false,
        };
        tokens.push(Token { kind: if stray { Kind::Stray } else { kind }, text });
        rest = after.trim_start_matches(is_blank);
    }
    tokens
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// The length of the string that `text` begins with, quotes included; all of it when no quote closes it.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (place, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return place + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of the number or word that `text` begins with.
fn run_length(text: &str) -> usize {
    let ends = |c: char| is_blank(c) || matches!(c, '{' | '}' | '[' | ']' | ',' | ':' | '"');
    text.find(ends).unwrap_or(text.len())
}

/// Whether `tokens` are JSON, or the beginning of some.
fn begins_a_document(tokens: &[Token<'_>]) -> bool {
    /// What may come next.
    #[derive(Clone, Copy, PartialEq)]
    enum Next {
        Value,
        ValueOrClose,
        Key,
        KeyOrClose,
        Colon,
        CommaOrClose,
    }
    let mut inside = Vec::new();
    let mut next = Next::Value;
    for token in tokens {
        let value = matches!(next, Next::Value | Next::ValueOrClose);
        next = match token.kind {
            Kind::Open if value && token.text == "{" => {
                inside.push("}");
                Next::KeyOrClose
            }
            Kind::Open if value => {
                inside.push("]");
                Next::ValueOrClose
            }
            Kind::Close if matches!(next, Next::ValueOrClose | Next::KeyOrClose | Next::CommaOrClose) => {
                if inside.pop() != Some(token.text) {
                    return false;
                }
                Next::CommaOrClose
            }
            Kind::String if matches!(next, Next::Key | Next::KeyOrClose) => Next::Colon,
            Kind::Colon if next == Next::Colon => Next::Value,
            Kind::Comma if next == Next::CommaOrClose => match inside.last() {
                Some(&"}") => Next::Key,
                Some(_) => Next::Value,
                None => return false,
            },
            Kind::String | Kind::Number | Kind::Word if value => Next::CommaOrClose,
            _ => return false,
        };
    }
    !tokens.is_empty()
}

struct Writer {
    html: String,
    depth: usize,
    max: usize,
}

impl Writer {
    /// Writes one token; `false` when there was no room for all of it.
    fn token(&mut self, token: &Token<'_>, after: &[Token<'_>]) -> bool {
        let next = after.first().map(|token| token.kind);
        let whole = match token.kind {
            Kind::Open => {
                self.html.push_str(token.text);
                self.depth += 1;
                if next != Some(Kind::Close) {
                    self.line();
                }
                true
            }
            Kind::Close => {
                self.html.push_str(token.text);
                true
            }
            Kind::Comma => {
                self.html.push(',');
                self.line();
                true
            }
            Kind::Colon => {
                self.html.push_str(": ");
                true
            }
            Kind::String if next == Some(Kind::Colon) => self.coloured("j-k", token.text),
            Kind::String => self.coloured("j-s", token.text),
            Kind::Number => self.coloured("j-n", token.text),
            Kind::Word => self.coloured("j-w", token.text),
            Kind::Stray => self.escape(token.text),
        };
        if next == Some(Kind::Close) {
            self.depth = self.depth.saturating_sub(1);
            if token.kind != Kind::Open {
                self.line();
            }
        }
        whole && self.html.len() < self.max
    }

    fn line(&mut self) {
        self.html.push('\n');
        for _ in 0..self.depth.min(MAX_INDENT) {
            self.html.push_str("  ");
        }
    }

    fn coloured(&mut self, class: &str, text: &str) -> bool {
        write!(self.html, "<span class=\"{class}\">").expect("a String takes every write");
        let whole = self.escape(text);
        self.html.push_str("</span>");
        whole
    }

    /// Escapes for HTML, between tags. A character that would reorder or hide what follows is wrapped, so that the
    /// style sheet can show its number while a copy of the text still contains it; what HTML cannot carry becomes
    /// its picture.
    fn escape(&mut self, text: &str) -> bool {
        for c in text.chars() {
            match c {
                _ if self.html.len() >= self.max => return false,
                '<' => self.html.push_str("&lt;"),
                '>' => self.html.push_str("&gt;"),
                '&' => self.html.push_str("&amp;"),
                '\n' | '\t' => self.html.push(c),
                _ if text::reorders(c) || matches!(c, '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                    let number = u32::from(c);
                    write!(self.html, "<span class=\"j-u\" data-u=\"{number:04X}\">{c}</span>")
                        .expect("a String takes every write");
                }
                _ if c.is_control() => self.html.push_str(&text::visible(c.encode_utf8(&mut [0; 4]))),
                _ => self.html.push(c),
            }
        }
        true
    }
}
