//! A formula's words.

/// A word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Text(String),
    /// `{Name}`
    Field(String),
    /// A bare name: a function, or a field of one word.
    Name(String),
    Operator(&'static str),
    Open,
    Close,
    Comma,
}

const OPERATORS: [&str; 11] = ["!=", "<=", ">=", "=", "<", ">", "&", "+", "-", "*", "/"];

/// Cuts a formula into words.
///
/// # Errors
/// Where it cannot be cut: the reason.
pub(super) fn tokens(formula: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = formula.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            '{' => field(rest)?,
            '"' | '\'' => text(rest, first)?,
            '0'..='9' | '.' => number(rest)?,
            first if first.is_alphabetic() || first == '_' => name(rest),
            _ => operator(rest)?,
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

fn field(rest: &str) -> Result<(Token, usize), String> {
    let mut name = String::new();
    let mut escaped = false;
    for (at, char) in rest.char_indices().skip(1) {
        match char {
            '}' if !escaped => return Ok((Token::Field(name), at + 1)),
            '\\' if !escaped => escaped = true,
            char => {
                escaped = false;
                name.push(char);
            }
        }
    }
    Err("a { is not closed".to_owned())
}

fn text(rest: &str, quote: char) -> Result<(Token, usize), String> {
    let mut text = String::new();
    let mut escaped = false;
    for (at, char) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
            text.push(match char {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                char => char,
            });
        } else if char == quote {
            return Ok((Token::Text(text), at + 1));
        } else if char == '\\' {
            escaped = true;
        } else {
            text.push(char);
        }
    }
    Err("a quotation is not closed".to_owned())
}

fn number(rest: &str) -> Result<(Token, usize), String> {
    let length = rest.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(rest.len());
    let digits = &rest[..length];
    let number = digits.parse().map_err(|_| format!("{digits} is no number"))?;
    Ok((Token::Number(number), length))
}

fn name(rest: &str) -> (Token, usize) {
    let length = rest.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(rest.len());
    (Token::Name(rest[..length].to_owned()), length)
}

fn operator(rest: &str) -> Result<(Token, usize), String> {
    let found = OPERATORS.into_iter().find(|operator| rest.starts_with(operator));
    found
        .map(|operator| (Token::Operator(operator), operator.len()))
        .ok_or_else(|| format!("{} means nothing here", rest.chars().next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_cut_into_words() {
        let words = tokens(r#"IF({First name} != 'it\'s', 1.5, "ä")"#).expect("words");
        let expected = [
            Token::Name("IF".to_owned()),
            Token::Open,
            Token::Field("First name".to_owned()),
            Token::Operator("!="),
            Token::Text("it's".to_owned()),
            Token::Comma,
            Token::Number(1.5),
            Token::Comma,
            Token::Text("ä".to_owned()),
            Token::Close,
        ];
        assert_eq!(words, expected);
        for wrong in ["{Name", "'x", "1.2.3", "#", "a ! b"] {
            assert!(tokens(wrong).is_err(), "{wrong}");
        }
    }
}
