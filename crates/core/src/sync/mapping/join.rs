//! Several fields as one text, and back.

use super::super::value::Value;

/// The one text: lists with commas.
pub(super) fn whole(value: &Value) -> String {
    value.texts().join(", ")
}

/// The parts with the separator between them, without the empty ones.
pub(super) fn joined(separator: &str, parts: &[Value]) -> Value {
    let parts: Vec<String> =
        parts.iter().map(|part| whole(part).trim().to_owned()).filter(|part| !part.is_empty()).collect();
    Value::text(parts.join(separator))
}

/// A text or a part with one separator between what is in it, and no blanks around that.
pub(super) fn normal(separator: &str, value: &Value) -> Value {
    let text = whole(value);
    let text = text.trim();
    if separator.is_empty() {
        return Value::text(text);
    }
    let words: Vec<&str> = text.split(separator).map(str::trim).filter(|word| !word.is_empty()).collect();
    Value::text(words.join(separator))
}

/// So many parts that show this text: those that are `present` if they do.
pub(super) fn put(separator: &str, text: &str, parts: usize, present: Option<&[Value]>) -> Vec<Value> {
    let split = split(separator, text, parts, present);
    match present {
        Some(present)
            if present.len() == parts && joined(separator, present) == joined(separator, &split) =>
        {
            present.to_vec()
        }
        _ => split,
    }
}

/// So many parts: the last one is all that is left. Parts that are `present`, from the first on, stay whole where the text
/// begins with them.
pub(super) fn split(separator: &str, text: &str, parts: usize, present: Option<&[Value]>) -> Vec<Value> {
    let mut rest = without_separators(text, separator);
    let mut split = Vec::with_capacity(parts);
    let mut kept = present.unwrap_or_default().iter();
    while split.len() + 1 < parts {
        let known = kept.next().and_then(|part| behind(rest, whole(part).trim(), separator));
        if known.is_none() {
            kept = [].iter();
        }
        let (part, left) = known.or_else(|| rest.split_once(separator)).unwrap_or((rest, ""));
        split.push(Value::text(part.trim()));
        rest = without_separators(left, separator);
    }
    if parts > 0 {
        split.push(Value::text(rest));
    }
    split
}

/// `text` as this part and what comes behind it, if it begins with it.
fn behind<'a>(text: &'a str, part: &str, separator: &str) -> Option<(&'a str, &'a str)> {
    let rest = text.strip_prefix(part).filter(|_| !part.is_empty())?;
    let rest = if rest.is_empty() { rest } else { rest.strip_prefix(separator)? };
    Some((&text[..part.len()], rest))
}

/// Without blanks around it and separators before it: an empty part is no part.
fn without_separators<'a>(text: &'a str, separator: &str) -> &'a str {
    let mut text = text.trim();
    while let Some(rest) = text.strip_prefix(separator).filter(|_| !separator.is_empty()) {
        text = rest.trim();
    }
    text
}
