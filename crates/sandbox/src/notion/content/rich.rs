//! Rich text (Notion facts 7): most of it is plain, and is kept plain.

use crate::notion::check::{Fields, short_list, short_text};
use crate::notion::error::Failure;
use serde_json::{Value, json};
use std::borrow::Cow;

/// The colours of annotations; each but the first also as a `_background`.
const COLORS: [&str; 10] =
    ["default", "gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red"];
/// The kinds of mentions (Notion facts 7).
const MENTIONS: [&str; 8] =
    ["user", "date", "page", "database", "link_preview", "link_mention", "template_mention", "custom_emoji"];

/// A piece of rich text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rich {
    /// One text without annotations or link.
    Plain(Box<str>),
    /// Items as they are answered.
    Items(Box<[Value]>),
}

impl Rich {
    /// Nothing.
    pub(crate) fn empty() -> Self {
        Self::Plain("".into())
    }

    /// Plain text.
    pub(crate) fn new(text: &str) -> Self {
        Self::Plain(text.into())
    }

    /// Without its looks.
    pub(crate) fn plain(&self) -> Cow<'_, str> {
        match self {
            Self::Plain(text) => Cow::Borrowed(text),
            Self::Items(items) => {
                items.iter().map(|item| item["plain_text"].as_str().unwrap_or_default()).collect()
            }
        }
    }

    /// Whether there is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Plain(text) => text.is_empty(),
            Self::Items(items) => items.is_empty(),
        }
    }

    /// Its items, as they are answered.
    pub(crate) fn items(&self) -> Vec<Value> {
        match self {
            Self::Plain(text) if text.is_empty() => Vec::new(),
            Self::Plain(text) => vec![text_item(text, &Value::Null, &plain_annotations())],
            Self::Items(items) => items.to_vec(),
        }
    }

    /// As it is answered.
    pub(crate) fn render(&self) -> Value {
        Value::Array(self.items())
    }

    /// Reads what a client wrote.
    ///
    /// # Errors
    /// What is wrong, with its path.
    pub(crate) fn parse(value: &Value, path: &str) -> Result<Self, Failure> {
        let written = short_list(value, path, 100)?;
        let mut items = Vec::with_capacity(written.len());
        for (index, item) in written.iter().enumerate() {
            items.push(parse_item(item, &format!("{path}[{index}]"))?);
        }
        Ok(match items.as_slice() {
            [] => Self::empty(),
            [item] if is_plain(item) => Self::new(item["plain_text"].as_str().unwrap_or_default()),
            _ => Self::Items(items.into()),
        })
    }
}

fn is_plain(item: &Value) -> bool {
    item["type"] == "text"
        && item["text"]["link"].is_null()
        && item["annotations"] == plain_annotations()
        && item["plain_text"] != ""
}

fn plain_annotations() -> Value {
    json!({"bold": false, "italic": false, "strikethrough": false, "underline": false, "code": false, "color": "default"})
}

fn text_item(content: &str, link: &Value, annotations: &Value) -> Value {
    json!({
        "type": "text", "text": {"content": content, "link": link}, "annotations": annotations,
        "plain_text": content, "href": link["url"],
    })
}

fn parse_item(item: &Value, path: &str) -> Result<Value, Failure> {
    let fields = Fields::of(item, path)?;
    let annotations = parse_annotations(fields.get("annotations"), &fields.at("annotations"))?;
    let kind = match fields.text("type")? {
        Some(kind) => kind,
        None => ["text", "mention", "equation"]
            .into_iter()
            .find(|kind| fields.get(kind).is_some())
            .unwrap_or("text"),
    };
    match kind {
        "text" => parse_text(fields, &annotations),
        "mention" => parse_mention(fields, &annotations),
        "equation" => parse_equation(fields, &annotations),
        _ => Err(Failure::expected(
            &fields.at("type"),
            "`\"text\"`, `\"mention\"` or `\"equation\"`",
            fields.get("type"),
        )),
    }
}

fn parse_text(fields: Fields<'_>, annotations: &Value) -> Result<Value, Failure> {
    let path = fields.at("text");
    let Some(text) = fields.get("text") else { return Err(Failure::expected(&path, "defined", None)) };
    let text = Fields::of(text, &path)?;
    let Some(content) = text.get("content") else {
        return Err(Failure::expected(&text.at("content"), "defined", None));
    };
    let content = short_text(content, &text.at("content"), 2000)?;
    let link = match text.get("link") {
        None | Some(Value::Null) => Value::Null,
        Some(link) => {
            let path = text.at("link");
            let link = Fields::of(link, &path)?;
            let Some(url) = link.get("url") else {
                return Err(Failure::expected(&link.at("url"), "defined", None));
            };
            json!({ "url": short_text(url, &link.at("url"), 2000)? })
        }
    };
    Ok(text_item(content, &link, annotations))
}

fn parse_mention(fields: Fields<'_>, annotations: &Value) -> Result<Value, Failure> {
    let path = fields.at("mention");
    let Some(mention) = fields.get("mention") else { return Err(Failure::expected(&path, "defined", None)) };
    let inner = Fields::of(mention, &path)?;
    let Some(kind) = MENTIONS.into_iter().find(|kind| inner.get(kind).is_some()) else {
        return Err(Failure::expected(&path, "a known mention", Some(mention)));
    };
    let plain = match kind {
        "date" => mention["date"]["start"].as_str().unwrap_or_default().to_owned(),
        "user" => "@Anonymous".to_owned(),
        "page" | "database" => "Untitled".to_owned(),
        _ => String::new(),
    };
    Ok(json!({
        "type": "mention", "mention": {"type": kind, kind: mention[kind]}, "annotations": annotations,
        "plain_text": plain, "href": null,
    }))
}

fn parse_equation(fields: Fields<'_>, annotations: &Value) -> Result<Value, Failure> {
    let path = fields.at("equation");
    let Some(equation) = fields.get("equation") else {
        return Err(Failure::expected(&path, "defined", None));
    };
    let equation = Fields::of(equation, &path)?;
    let Some(expression) = equation.get("expression") else {
        return Err(Failure::expected(&equation.at("expression"), "defined", None));
    };
    let expression = short_text(expression, &equation.at("expression"), 1000)?;
    Ok(json!({
        "type": "equation", "equation": {"expression": expression}, "annotations": annotations,
        "plain_text": expression, "href": null,
    }))
}

fn parse_annotations(value: Option<&Value>, path: &str) -> Result<Value, Failure> {
    let mut annotations = plain_annotations();
    let Some(value) = value else { return Ok(annotations) };
    let fields = Fields::of(value, path)?;
    for key in ["bold", "italic", "strikethrough", "underline", "code"] {
        if let Some(flag) = fields.flag(key)? {
            annotations[key] = Value::Bool(flag);
        }
    }
    if let Some(color) = fields.text("color")? {
        let base = color.strip_suffix("_background").unwrap_or(color);
        if !COLORS.contains(&base) || color == "default_background" {
            return Err(Failure::expected(&fields.at("color"), "a known color", fields.get("color")));
        }
        annotations["color"] = color.into();
    }
    Ok(annotations)
}

/// Whether this is a colour of options and annotations.
pub(crate) fn is_color(color: &str) -> bool {
    COLORS.contains(&color)
}

/// The colours, to pick one from.
pub(crate) fn colors() -> &'static [&'static str] {
    &COLORS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_kept_plain_and_answered_whole() {
        let rich = Rich::parse(&json!([{"text": {"content": "Ada"}}]), "body.x").expect("rich text");
        assert_eq!(rich, Rich::new("Ada"));
        assert_eq!(
            rich.render(),
            json!([{
                "type": "text", "text": {"content": "Ada", "link": null},
                "annotations": {"bold": false, "italic": false, "strikethrough": false, "underline": false, "code": false, "color": "default"},
                "plain_text": "Ada", "href": null,
            }])
        );
        assert_eq!(Rich::empty().render(), json!([]));
    }

    #[test]
    fn links_mentions_and_equations_survive() {
        let written = json!([
            {"text": {"content": "site", "link": {"url": "https://a.example"}}, "annotations": {"bold": true, "color": "red_background"}},
            {"type": "equation", "equation": {"expression": "e=mc^2"}},
            {"mention": {"date": {"start": "2026-01-01"}}},
        ]);
        let rich = Rich::parse(&written, "body.x").expect("rich text");
        assert_eq!(rich.plain(), "sitee=mc^22026-01-01");
        assert_eq!(rich.render()[0]["href"], "https://a.example");
        assert_eq!(rich.render()[0]["annotations"]["bold"], true);
        assert_eq!(Rich::parse(&rich.render(), "body.x").expect("what was answered can be written"), rich);
    }

    #[test]
    fn what_is_too_long_or_wrong_is_refused() {
        let fails = |value: Value| Rich::parse(&value, "body.x").expect_err("wrong").message;
        assert!(fails(json!("x")).contains("body.x should be an array"));
        assert!(fails(json!([{}])).contains("body.x[0].text should be defined"));
        assert!(
            fails(json!([{"text": {"content": "x".repeat(2001)}}])).contains("≤ `2000`, instead was `2001`")
        );
        assert!(fails(json!([{"equation": {"expression": "x".repeat(1001)}}])).contains("≤ `1000`"));
        assert!(
            fails(json!([{"text": {"content": "x", "link": {"url": "x".repeat(2001)}}}]))
                .contains("link.url")
        );
        assert!(fails(Value::Array(vec![json!({"text": {"content": "x"}}); 101])).contains("≤ `100`"));
        assert!(
            fails(json!([{"text": {"content": "x"}, "annotations": {"color": "mauve"}}])).contains("color")
        );
        assert!(fails(json!([{"type": "song"}])).contains("body.x[0].type"));
    }
}
