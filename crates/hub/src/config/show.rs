//! What `config show` prints.

use std::fmt::Write;

use super::origin::Origin;

/// One setting as people may see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The whole key.
    pub key: String,
    /// Its value: a text, a number or a switch. Secrets are `***`, URLs have no password.
    pub value: serde_json::Value,
    /// Where the value came from.
    pub origin: Origin,
}

impl Setting {
    /// The value as a table shows it, on one line.
    #[must_use]
    pub fn text(&self) -> String {
        let text = self.value.as_str().map_or_else(|| self.value.to_string(), str::to_owned);
        text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
    }

    /// Whether it is something other than a default.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.origin != Origin::Default
    }
}

/// The settings as an aligned table of key, value and origin, each line ended.
#[must_use]
pub fn render<'a>(settings: impl IntoIterator<Item = &'a Setting>) -> String {
    let head = ("KEY".to_owned(), "VALUE".to_owned(), "ORIGIN".to_owned());
    let row = |setting: &Setting| (setting.key.clone(), setting.text(), setting.origin.to_string());
    let rows: Vec<_> = std::iter::once(head).chain(settings.into_iter().map(row)).collect();
    let widest =
        |cell: fn(&(String, String, String)) -> &str| rows.iter().map(|row| cell(row).chars().count()).max();
    let (keys, values) = (widest(|row| &row.0).unwrap_or(0), widest(|row| &row.1).unwrap_or(0));
    let mut table = String::new();
    for (key, value, origin) in &rows {
        // Writing to a String cannot fail.
        let _ = writeln!(table, "{key:keys$}  {value:values$}  {origin}");
    }
    table
}

/// The settings as a JSON array of objects with `key`, `value`, `origin`.
#[must_use]
pub fn to_json<'a>(settings: impl IntoIterator<Item = &'a Setting>) -> serde_json::Value {
    let object = |setting: &Setting| {
        let origin = setting.origin.to_string();
        serde_json::json!({ "key": setting.key, "value": setting.value, "origin": origin })
    };
    settings.into_iter().map(object).collect()
}
