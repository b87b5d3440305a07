//! The configuration file: which one, and every setting in it with its line.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys;
use super::kinds::Given;
use super::layer::Layer;
use super::origin::Origin;
use super::problem::Problem;

/// The most a configuration file may hold; more is some other file.
const LARGEST_FILE: u64 = 1024 * 1024;

/// The file that is read when none is named.
pub(super) const USUAL_NAME: &str = "syncline.toml";

/// The file to read: the one named by flag, else by variable, else the usual one in `here` if it exists.
pub(super) fn choose(flag: Option<&Path>, env: &[(String, String)], here: &Path) -> Option<PathBuf> {
    let by_variable = || env.iter().find(|(name, path)| name == "SYNCLINE_CONFIG" && !path.is_empty());
    let usual = || Some(here.join(USUAL_NAME)).filter(|path| path.exists());
    flag.map(Path::to_owned).or_else(|| by_variable().map(|(_, path)| PathBuf::from(path))).or_else(usual)
}

/// The file's text.
pub(super) fn read(path: &Path) -> Result<String, String> {
    let cannot = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("there is no configuration file {}; `syncline init` writes one", path.display())
        }
        _ => format!("cannot read the configuration file {}: {error}", path.display()),
    };
    let mut bytes = Vec::new();
    File::open(path).map_err(cannot)?.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(format!("the configuration file {} is larger than 1 MiB", path.display()));
    }
    String::from_utf8(bytes)
        .map_err(|_| format!("the configuration file {} is not UTF-8 text", path.display()))
}

/// Every setting in `text`, with lines in `path`, or with the origin `Default` when there is no path.
pub(super) fn layer(text: &str, path: Option<&Path>) -> Layer {
    let (table, errors) = DeTable::parse_recoverable(text);
    let source = Source { text, path };
    let mut layer = Layer { is_torn: !errors.is_empty(), ..Layer::default() };
    let mut broken = BTreeSet::new();
    for error in errors {
        let span = error.span().unwrap_or_default();
        let (line, _) = source.line_and_column(span.start);
        // The first error of a line says it all.
        if broken.insert(line) {
            let origin = source.origin(&span);
            let text = format!("not TOML {}: {}", origin.phrase(), in_words(&error));
            layer.problems.push(Problem::general(origin, text));
        }
        broken.extend(source.lines_of_broken_section(line));
    }
    Walk { source, broken, layer: &mut layer }.table("", table.get_ref());
    layer
}

/// Only the error's message, since its `Display` quotes the line; and that in words for people who write no parsers.
fn in_words(error: &toml::de::Error) -> String {
    let says = error.message().trim_end().replace(", expected nothing", "; is it a text without quotes?");
    says.replace(", expected literal string", "")
}

/// The text, and what its places are called.
struct Source<'a> {
    text: &'a str,
    path: Option<&'a Path>,
}

impl Source<'_> {
    fn origin(&self, span: &Range<usize>) -> Origin {
        let (line, column) = self.line_and_column(span.start);
        self.path.map_or(Origin::Default, |path| Origin::File { path: path.to_owned(), line, column })
    }

    fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// The lines below a section's head, if `line` is one. While it cannot be read, they seem to be elsewhere.
    fn lines_of_broken_section(&self, line: usize) -> Range<usize> {
        let is_head = |text: &&str| text.trim_start().starts_with('[');
        let mut rest = self.text.lines().skip(line - 1);
        match rest.next().filter(is_head) {
            Some(_) => line + 1..line + 1 + rest.take_while(|text| !is_head(text)).count(),
            None => 0..0,
        }
    }
}

/// Goes through a document and hands every value to the layer.
struct Walk<'a, 'l> {
    source: Source<'a>,
    /// Lines that are not TOML: what was recovered from them is not worth a second complaint.
    broken: BTreeSet<usize>,
    layer: &'l mut Layer,
}

impl Walk<'_, '_> {
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = bare(key.get_ref());
            let named = self.source.origin(&key.span());
            let is_app = prefix == "apps" && matches!(value.get_ref(), DeValue::Table(_));
            if is_app && !self.layer.mention_app(&name, &named) {
                continue;
            }
            let path = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
            match value.get_ref() {
                DeValue::Table(table) if keys::is_section(&path) => self.table(&path, table),
                _ if self.is_broken(&key.span(), &value.span()) => {}
                _ => self.value(&path, named, value),
            }
        }
    }

    fn value(&mut self, path: &str, named: Origin, value: &Spanned<DeValue<'_>>) {
        let given = value.get_ref();
        if keys::is_section(path) {
            let says =
                format!("is {}, but it is a section: write [{path}] and its keys below", kind_of(given));
            self.layer.problems.push(Problem::about(path, named, says));
            return;
        }
        let at = self.source.origin(&value.span());
        if !self.layer.offer(path, &named, &at, |_| as_given(given)) {
            self.layer.problems.push(Problem::unknown(path, named, &keys::hint(path)));
        }
    }

    fn is_broken(&self, key: &Range<usize>, value: &Range<usize>) -> bool {
        let line = |offset| self.source.line_and_column(offset).0;
        self.broken.range(line(key.start)..=line(value.end.max(key.end))).next().is_some()
    }
}

/// A key as it is written in a path: quotes stay where they are needed, so that `"server.listen"` is not
/// `server.listen`.
fn bare(key: &str) -> String {
    let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if plain { key.to_owned() } else { format!("\"{}\"", key.escape_debug()) }
}

fn as_given(value: &DeValue<'_>) -> Given {
    match value {
        DeValue::String(text) => Given::Text(text.to_string()),
        DeValue::Boolean(on) => Given::Switch(*on),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Given::Whole(number),
            Err(_) => Given::Other("a number too large for anything".to_owned()),
        },
        DeValue::Float(number) => number
            .as_str()
            .parse()
            .map_or_else(|_| Given::Other("a strange number".to_owned()), Given::Fraction),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
            Given::Other(kind_of(value).to_owned())
        }
    }
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
