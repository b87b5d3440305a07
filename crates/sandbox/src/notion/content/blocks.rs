//! Blocks as clients write them: the common types, nested two levels below those that are added (Notion facts 5 and 10).

use super::rich::Rich;
use crate::notion::check::{Fields, short_list, short_text};
use crate::notion::error::Failure;
use serde_json::{Value, json};

/// How many blocks a request may carry, nested ones included.
const MOST: usize = 1000;

/// Types that are rich text, and perhaps more.
const TEXTS: [&str; 11] = [
    "paragraph",
    "heading_1",
    "heading_2",
    "heading_3",
    "bulleted_list_item",
    "numbered_list_item",
    "to_do",
    "toggle",
    "quote",
    "callout",
    "code",
];
/// Types that are an address.
const ADDRESSES: [&str; 2] = ["bookmark", "embed"];
/// Types that are a file somewhere.
const FILES: [&str; 5] = ["image", "video", "file", "pdf", "audio"];

/// A block to be added.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NewBlock {
    pub(crate) kind: &'static str,
    pub(crate) content: Value,
    pub(crate) children: Vec<NewBlock>,
}

/// Reads a list of blocks.
///
/// # Errors
/// What is wrong, with its path.
pub(crate) fn parse(value: &Value, path: &str) -> Result<Vec<NewBlock>, Failure> {
    let mut count = 0;
    let blocks = level(value, path, 2, &mut count)?;
    if count > MOST {
        return Err(Failure::validation(format!(
            "body failed validation: {path} should hold ≤ `{MOST}` blocks in all, instead held `{count}`."
        )));
    }
    Ok(blocks)
}

fn level(value: &Value, path: &str, deeper: u8, count: &mut usize) -> Result<Vec<NewBlock>, Failure> {
    let items = short_list(value, path, 100)?;
    *count += items.len();
    let one = |(index, item): (usize, &Value)| block(item, &format!("{path}[{index}]"), deeper, count);
    items.iter().enumerate().map(one).collect()
}

fn block(item: &Value, path: &str, deeper: u8, count: &mut usize) -> Result<NewBlock, Failure> {
    let fields = Fields::of(item, path)?;
    let kind = kind_of(fields, item, path)?;
    let inner_path = fields.at(kind);
    let Some(inner) = fields.get(kind) else { return Err(Failure::expected(&inner_path, "defined", None)) };
    let mut content = content(kind, Fields::of(inner, &inner_path)?)?;
    // Children are taken inside the type's object and beside it.
    let nested = inner.get("children").map(|children| (children, format!("{inner_path}.children")));
    let nested = nested.or_else(|| fields.get("children").map(|children| (children, fields.at("children"))));
    let children = match nested {
        None => Vec::new(),
        Some((children, path)) if deeper == 0 => return Err(Failure::unexpected(&path, children)),
        Some((children, path)) => level(children, &path, deeper - 1, count)?,
    };
    if TEXTS.contains(&kind) && kind != "code" && content["color"].is_null() {
        content["color"] = "default".into();
    }
    Ok(NewBlock { kind, content, children })
}

fn kinds() -> impl Iterator<Item = &'static str> {
    TEXTS.into_iter().chain(ADDRESSES).chain(FILES).chain(["divider", "equation"])
}

fn kind_of(fields: Fields<'_>, item: &Value, path: &str) -> Result<&'static str, Failure> {
    let found = match fields.text("type")? {
        Some(named) => kinds().find(|kind| *kind == named),
        None => kinds().find(|kind| fields.get(kind).is_some()),
    };
    found.ok_or_else(|| Failure::expected(path, "a block of a known type", Some(item)))
}

/// What is under the key of the type, as it is answered.
fn content(kind: &str, inner: Fields<'_>) -> Result<Value, Failure> {
    if TEXTS.contains(&kind) {
        return text_content(kind, inner);
    }
    if kind == "divider" {
        return Ok(json!({}));
    }
    if kind == "equation" {
        let Some(expression) = inner.get("expression") else {
            return Err(Failure::expected(&inner.at("expression"), "defined", None));
        };
        return Ok(json!({ "expression": short_text(expression, &inner.at("expression"), 1000)? }));
    }
    let caption = match inner.get("caption") {
        Some(caption) => Rich::parse(caption, &inner.at("caption"))?.render(),
        None => json!([]),
    };
    if ADDRESSES.contains(&kind) {
        return Ok(json!({ "url": address(inner)?, "caption": caption }));
    }
    let path = inner.at("external");
    let Some(external) = inner.get("external") else { return Err(Failure::expected(&path, "defined", None)) };
    let url = address(Fields::of(external, &path)?)?;
    Ok(json!({ "type": "external", "external": { "url": url }, "caption": caption }))
}

fn address<'a>(fields: Fields<'a>) -> Result<&'a str, Failure> {
    let Some(url) = fields.get("url") else {
        return Err(Failure::expected(&fields.at("url"), "defined", None));
    };
    short_text(url, &fields.at("url"), 2000)
}

fn text_content(kind: &str, inner: Fields<'_>) -> Result<Value, Failure> {
    let Some(text) = inner.get("rich_text") else {
        return Err(Failure::expected(&inner.at("rich_text"), "defined", None));
    };
    let mut content = json!({ "rich_text": Rich::parse(text, &inner.at("rich_text"))?.render() });
    match kind {
        "to_do" => content["checked"] = inner.flag("checked")?.unwrap_or(false).into(),
        "code" => {
            content["language"] = inner.text("language")?.unwrap_or("plain text").into();
            content["caption"] = json!([]);
            return Ok(content);
        }
        "heading_1" | "heading_2" | "heading_3" => {
            content["is_toggleable"] = inner.flag("is_toggleable")?.unwrap_or(false).into();
        }
        "callout" => content["icon"] = inner.get("icon").cloned().unwrap_or(Value::Null),
        _ => {}
    }
    if let Some(color) = inner.text("color")? {
        content["color"] = color.into();
    }
    Ok(content)
}

/// A block's new content: what is written over what was there.
///
/// # Errors
/// What is wrong, with its path.
pub(crate) fn update(kind: &str, old: &Value, value: &Value, path: &str) -> Result<Value, Failure> {
    let inner = Fields::of(value, path)?;
    let Some(kind) = kinds().find(|known| *known == kind) else {
        return Err(Failure::validation(format!("Blocks of type {kind} cannot be updated.")));
    };
    let mut merged = old.clone();
    if let Value::Object(merged) = &mut merged {
        for (key, value) in inner.map.iter().filter(|(key, _)| *key != "children") {
            merged.insert(key.clone(), value.clone());
        }
    }
    let mut content = content(kind, Fields::of(&merged, path)?)?;
    if TEXTS.contains(&kind) && kind != "code" && content["color"].is_null() {
        content["color"] = "default".into();
    }
    Ok(content)
}

/// Paragraphs, headings and list items out of Markdown, line by line.
pub(crate) fn of_markdown(markdown: &str) -> Vec<NewBlock> {
    const MARKS: [(&str, &str); 5] = [
        ("### ", "heading_3"),
        ("## ", "heading_2"),
        ("# ", "heading_1"),
        ("- ", "bulleted_list_item"),
        ("> ", "quote"),
    ];
    let lines = markdown.lines().filter(|line| !line.trim().is_empty());
    let block = |line: &str| {
        let marked = MARKS.iter().find_map(|(mark, kind)| line.strip_prefix(mark).map(|text| (*kind, text)));
        let (kind, text) = marked.unwrap_or(("paragraph", line));
        let content = json!({ "rich_text": Rich::new(text).render(), "color": "default" });
        NewBlock { kind, content, children: Vec::new() }
    };
    lines.map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraph(children: &[Value]) -> Value {
        let mut block =
            json!({"type": "paragraph", "paragraph": {"rich_text": [{"text": {"content": "x"}}]}});
        if !children.is_empty() {
            block["paragraph"]["children"] = children.into();
        }
        block
    }

    #[test]
    fn children_nest_two_levels_and_no_deeper() {
        let two = paragraph(&[paragraph(&[paragraph(&[])])]);
        let blocks = parse(&json!([two]), "body.children").expect("two levels");
        assert_eq!(blocks[0].children[0].children.len(), 1);
        let three = json!([paragraph(&[two])]);
        assert!(parse(&three, "body.children").expect_err("three levels").message.contains("not present"));
    }

    #[test]
    fn lists_are_bounded_one_by_one_and_in_all() {
        let leaf = || json!({"divider": {}});
        let hundred = Value::Array(vec![leaf(); 100]);
        assert_eq!(parse(&hundred, "body.children").expect("fits").len(), 100);
        assert!(parse(&Value::Array(vec![leaf(); 101]), "body.children").is_err());
        let parent = json!({"toggle": {"rich_text": [], "children": hundred}});
        let many = Value::Array(vec![parent; 10]);
        assert!(parse(&many, "body.children").expect_err("1010 blocks").message.contains("1010"));
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for wrong in [
            json!([5]),
            json!([{}]),
            json!([{"type": "sonnet", "sonnet": {}}]),
            json!([{"paragraph": {}}]),
            json!([{"bookmark": {}}]),
            json!([{"type": "divider"}]),
            json!([{"equation": {"expression": "x".repeat(1001)}}]),
        ] {
            assert!(parse(&wrong, "body.children").is_err(), "{wrong}");
        }
    }
}
