//! JSON for people: laid out and coloured token by token, with every number and every escape exactly as it came.

use super::text;
use std::fmt::Write as _;

/// The most bytes of a document that are shown; a page stays below 100 KB with them.
pub const MAX_SHOWN: usize = 40_000;
/// Deeper than this, nothing is indented further.
const MAX_INDENT: usize = 32;

/// `raw` as HTML: escaped, indented by two spaces, with a `span` around every key (`j-k`), string (`j-s`), number
/// (`j-n`) and word (`j-w`). Only the blanks between tokens change. What is no JSON comes out as it is, escaped.
/// At most `max` bytes of `raw` are used, so its end may be missing.
#[must_use]
pub fn highlight(raw: &str, max: usize) -> String {
    let shown = &raw[..raw.floor_char_boundary(max.min(raw.len()))];
    let mut out = Writer { html: String::with_capacity(shown.len() * 2), depth: 0 };
    let tokens = tokens(shown);
    if !begins_a_document(&tokens) {
        escape(shown, &mut out.html);
        return out.html;
    }
    for (place, token) in tokens.iter().enumerate() {
        out.token(token, &tokens[place + 1..]);
    }
    out.html
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
}

impl Writer {
    fn token(&mut self, token: &Token<'_>, after: &[Token<'_>]) {
        let next = after.first().map(|token| token.kind);
        match token.kind {
            Kind::Open => {
                self.html.push_str(token.text);
                self.depth += 1;
                if next != Some(Kind::Close) {
                    self.line();
                }
            }
            Kind::Close => {
                self.html.push_str(token.text);
            }
            Kind::Comma => {
                self.html.push(',');
                self.line();
            }
            Kind::Colon => self.html.push_str(": "),
            Kind::String if next == Some(Kind::Colon) => self.coloured("j-k", token.text),
            Kind::String => self.coloured("j-s", token.text),
            Kind::Number => self.coloured("j-n", token.text),
            Kind::Word => self.coloured("j-w", token.text),
            Kind::Stray => escape(token.text, &mut self.html),
        }
        if next == Some(Kind::Close) {
            self.depth = self.depth.saturating_sub(1);
            if token.kind != Kind::Open {
                self.line();
            }
        }
    }

    fn line(&mut self) {
        self.html.push('\n');
        for _ in 0..self.depth.min(MAX_INDENT) {
            self.html.push_str("  ");
        }
    }

    fn coloured(&mut self, class: &str, text: &str) {
        write!(self.html, "<span class=\"{class}\">").expect("a String takes every write");
        escape(text, &mut self.html);
        self.html.push_str("</span>");
    }
}

/// Escapes for HTML. A character that would reorder or hide what follows is wrapped, so that the style sheet can show
/// its number while a copy of the text still contains it; what HTML cannot carry becomes its picture.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            _ if text::reorders(c) || matches!(c, '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                write!(out, "<span class=\"j-u\" data-u=\"{:04X}\">{c}</span>", u32::from(c))
                    .expect("a String takes every write");
            }
            _ if c.is_control() => out.push_str(&text::visible(c.encode_utf8(&mut [0; 4]))),
            _ => out.push(c),
        }
    }
}
