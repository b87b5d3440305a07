//! `syncline records`: the mirror in the terminal, and out of it as files.

use super::remote::{Remote, Target, segment};
use super::settings::Flags;
use super::{out, runtime};
use anyhow::{Context as _, Result};
use clap::{Args, Subcommand, ValueEnum};
use comfy_table::{ContentArrangement, Table, presets};
use futures_util::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Method;
use serde_json::Value;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Read records, or take them out as a file.
#[derive(Debug, Subcommand)]
pub enum Records {
    /// List records by connection, type and id
    List(List),
    /// Show one record, its content and its latest events included
    Show(Show),
    /// Write all records as JSON Lines or CSV
    Export(Export),
}

/// Which records.
#[derive(Clone, Debug, Default, Args)]
struct Filter {
    /// Only this organization's
    #[arg(long, value_name = "ORG")]
    org_id: Option<String>,
    /// Only this connection's
    #[arg(long, value_name = "ID")]
    connection_id: Option<String>,
    /// Only of this type, e.g. contacts
    #[arg(long, value_name = "TYPE")]
    object_type: Option<String>,
    /// Only in this collection (a table, a data source)
    #[arg(long)]
    collection: Option<String>,
    /// Only with this somewhere in their name
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only archived ones (true), or only others (false)
    #[arg(long, value_name = "BOOL")]
    archived: Option<bool>,
    /// Only those that are gone at the provider (true), or only others (false)
    #[arg(long, value_name = "BOOL")]
    gone: Option<bool>,
}

impl Filter {
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let word = |flag: Option<bool>| flag.map(|yes| yes.to_string());
        let all = [
            ("org_id", self.org_id.clone()),
            ("connection_id", self.connection_id.clone()),
            ("object_type", self.object_type.clone()),
            ("collection", self.collection.clone()),
            ("search", self.search.clone()),
            ("archived", word(self.archived)),
            ("gone", word(self.gone)),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// List records by connection, type and id
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    filter: Filter,
    /// How many
    #[arg(long, short = 'n', default_value_t = 20)]
    limit: usize,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

/// Show one record
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    target: Target,
    /// The connection's id
    connection: String,
    /// The record's type, e.g. contacts
    object_type: String,
    /// The record's id
    id: String,
    /// How many of its latest events to show, 0 to 100
    #[arg(long, default_value_t = 10)]
    events: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One record a line, exactly as the API has it
    Jsonl,
    /// For spreadsheets; a cell that would run as a formula gets an apostrophe in front
    Csv,
}

/// Write all records as JSON Lines or CSV
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    filter: Filter,
    /// In which form
    #[arg(long, value_enum, default_value = "jsonl")]
    format: Format,
    /// For CSV: these properties as columns, instead of one column with the whole content
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Vec<String>,
    /// Into this file instead of to standard output
    #[arg(long, short = 'o', value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Records {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        runtime()?.block_on(async {
            match self {
                Self::List(list) => list.run(settings).await,
                Self::Show(show) => show.run(settings).await,
                Self::Export(export) => export.run(settings).await,
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    async fn run(self, settings: &Flags) -> Result<()> {
        let hub = self.target.find(settings)?;
        let records = self.fetch(&hub).await?;
        if self.json {
            records.iter().for_each(|record| out::json(&record.to_string()));
        } else if records.is_empty() {
            out::note("No records fit.");
        } else {
            out::line(table(&records));
        }
        Ok(())
    }

    async fn fetch(&self, hub: &Remote) -> Result<Vec<Value>> {
        let mut records = Vec::new();
        let mut cursor: Option<String> = None;
        while records.len() < self.limit {
            let mut page = self.filter.pairs();
            page.push(("limit", (self.limit - records.len()).min(500).to_string()));
            page.extend(cursor.take().map(|cursor| ("cursor", cursor)));
            let mut answer = hub.json(hub.request(Method::GET, "/v1/records").query(&page)).await?;
            if let Some(data) = answer["data"].as_array_mut() {
                records.append(data);
            }
            match answer["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
        Ok(records)
    }
}

/// Records as a table that fits the terminal.
fn table(records: &[Value]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["NAME", "TYPE", "ID", "STATE", "MODIFIED", "ORGANIZATION", "CONNECTION"]);
    for record in records {
        let text = |name: &str| out::plain(record[name].as_str().unwrap_or("-"));
        let state = match (record["gone_at"].is_string(), record["archived"] == true) {
            (true, _) if record["merged_into"].is_string() => "merged",
            (true, _) => "gone",
            (false, true) => "archived",
            (false, false) => "there",
        };
        table.add_row([
            text("name"),
            text("type"),
            text("id"),
            state.to_owned(),
            text("last_modified_time"),
            text("org_id"),
            text("connection_id"),
        ]);
    }
    table
}

impl Show {
    async fn run(self, settings: &Flags) -> Result<()> {
        let hub = self.target.find(settings)?;
        let [connection, object_type, id] =
            [&self.connection, &self.object_type, &self.id].map(|part| segment(part));
        let path = format!("/v1/records/{connection}/{object_type}/{id}");
        let request = hub.request(Method::GET, &path).query(&[("events", self.events)]);
        out::json(&serde_json::to_string_pretty(&hub.json(request).await?)?);
        Ok(())
    }
}

impl Export {
    async fn run(self, settings: &Flags) -> Result<()> {
        let hub = self.target.find(settings)?;
        let mut pairs = self.filter.pairs();
        pairs.push(("format", if self.format == Format::Csv { "csv" } else { "jsonl" }.to_owned()));
        if !self.columns.is_empty() {
            pairs.push(("columns", self.columns.join(",")));
        }
        let answer = hub.send(hub.request(Method::GET, "/v1/records/export").query(&pairs)).await?;
        let Some(path) = &self.output else {
            let copied =
                copy(answer, &mut std::io::stdout().lock(), &mut Lines::new(self.format), |_, _| ()).await;
            // A reader that went away (`| head`) has what it wanted.
            let went_away = |error: &anyhow::Error| {
                error
                    .downcast_ref::<std::io::Error>()
                    .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
            };
            return copied.or_else(|error| if went_away(&error) { Ok(()) } else { Err(error) });
        };
        let records = into_file(answer, path, self.format).await?;
        out::note(format!("{records} records in {}", path.display()));
        Ok(())
    }
}

/// Writes beside the file and puts it in place at the end: whoever finds it finds all of it. What is no plain file, such as a pipe, is
/// written into: nothing may take its place.
async fn into_file(answer: reqwest::Response, path: &Path, format: Format) -> Result<u64> {
    let in_place = path.metadata().is_ok_and(|meta| !meta.is_file());
    let mut partial = path.as_os_str().to_owned();
    if !in_place {
        partial.push(".part");
    }
    let partial = PathBuf::from(partial);
    let cannot = || format!("cannot write {}", partial.display());
    let mut file = std::fs::File::create(&partial).with_context(cannot)?;
    let mut lines = Lines::new(format);
    let bar = progress();
    let copied = copy(answer, &mut file, &mut lines, |records, bytes| {
        bar.set_position(bytes);
        bar.set_message(records.to_string());
    });
    let copied = copied.await;
    bar.finish_and_clear();
    if in_place {
        return copied.map(|()| lines.records());
    }
    if let Err(error) = copied.and_then(|()| file.sync_all().with_context(cannot)) {
        let _ = std::fs::remove_file(&partial);
        return Err(error);
    }
    std::fs::rename(&partial, path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(lines.records())
}

/// Copies an answer as it comes, and says how far it is.
async fn copy(
    answer: reqwest::Response,
    to: &mut impl Write,
    lines: &mut Lines,
    report: impl Fn(u64, u64),
) -> Result<()> {
    let (mut stream, mut bytes) = (answer.bytes_stream(), 0);
    while let Some(chunk) = stream.next().await {
        let broke = || format!("the export broke off after {} records; nothing was kept", lines.records());
        let chunk = chunk.map_err(reqwest::Error::without_url).with_context(broke)?;
        lines.count(&chunk);
        bytes += chunk.len() as u64;
        to.write_all(&chunk)?;
        report(lines.records(), bytes);
    }
    Ok(to.flush()?)
}

/// Counts the records that go by.
#[derive(Debug)]
struct Lines {
    ends: u64,
    is_csv: bool,
    in_quotes: bool,
}

impl Lines {
    fn new(format: Format) -> Self {
        Self { ends: 0, is_csv: format == Format::Csv, in_quotes: false }
    }

    /// A line of CSV may hold line breaks between quotes, one of JSON Lines never does.
    fn count(&mut self, chunk: &[u8]) {
        for byte in chunk {
            match byte {
                b'"' if self.is_csv => self.in_quotes = !self.in_quotes,
                b'\n' if !self.in_quotes => self.ends += 1,
                _ => {}
            }
        }
    }

    /// Without the header of CSV.
    fn records(&self) -> u64 {
        self.ends.saturating_sub(u64::from(self.is_csv))
    }
}

/// On standard error, and only where somebody looks.
fn progress() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg} records, {bytes}, {bytes_per_sec}, {elapsed}");
    let bar =
        ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_counted_however_the_bytes_are_cut() {
        let csv = b"id,name\r\n1,\"two\r\nlines \"\"and\"\" quotes\"\r\n2,plain\r\n";
        let jsonl = b"{\"name\":\"a \\\" b\"}\n{}\n";
        for size in 1..9 {
            for (format, text) in [(Format::Csv, csv.as_slice()), (Format::Jsonl, jsonl.as_slice())] {
                let mut lines = Lines::new(format);
                text.chunks(size).for_each(|chunk| lines.count(chunk));
                assert_eq!(lines.records(), 2, "{format:?} in pieces of {size}");
            }
        }
        assert_eq!(Lines::new(Format::Csv).records(), 0);
    }
}
