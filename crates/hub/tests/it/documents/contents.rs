//! What pages say is what there is: tables of the database, settings that can be loaded.

use super::pages::{Page, root};
use crate::support::child::files_below;
use std::collections::BTreeSet;
use std::path::Path;
use syncline_hub::config::{self, Sources};

#[test]
fn the_page_about_the_architecture_has_every_table_of_the_database() {
    let migrations = files_below(&root().join("crates/store/migrations"));
    let made: String = migrations
        .iter()
        .filter(|path| path.ends_with("up.sql"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let word = |text: &str| text.split_whitespace().next().unwrap_or_default().to_owned();
    let mut tables: BTreeSet<String> = made.split("CREATE TABLE ").skip(1).map(word).collect();
    let gone: Vec<String> = made.split("DROP TABLE ").skip(1).map(word).collect();
    tables.retain(|table| !gone.contains(table));
    // Made before the first migration.
    tables.insert("schema_migrations".to_owned());
    let cells = Page::read("ARCHITECTURE.md").first_cells("## Data");
    let listed: Vec<String> =
        cells.iter().flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect();
    assert!(tables.len() > 40, "{tables:?}");
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), tables);
    assert_eq!(listed.len(), tables.len(), "each once");
}

/// Files that the pages name, with what may be in them.
const SECRETS: &[(&str, &str)] = &[
    ("database-url", "postgres://user:password@host/name"),
    ("sealing-keys", "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8"),
    ("address-keys", "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8"),
    ("metrics-token", "a token"),
    ("hubspot", "a secret"),
    ("airtable", "a secret"),
    ("notion", "a secret"),
    ("hubspot.secret", "a secret"),
];

/// What is wrong with a configuration. Warnings are for whole ones, and these are pieces.
pub fn mistakes(text: &str, directory: &Path) -> Option<String> {
    let file = directory.join("syncline.toml");
    std::fs::write(&file, text).unwrap();
    config::load(&Sources { file: Some(file), ..Sources::default() }).err().map(|error| error.to_string())
}

#[test]
fn every_piece_of_configuration_in_the_pages_is_one_the_program_takes() {
    let directory = tempfile::tempdir().unwrap();
    for (name, secret) in SECRETS {
        std::fs::write(directory.path().join(name), secret).unwrap();
    }
    let here = format!("\"{}/", directory.path().display());
    let mut seen = 0;
    for page in Page::all() {
        for (line, block) in page.blocks("toml") {
            seen += 1;
            let text = block.replace("\"/run/secrets/", &here).replace("\"./", &here);
            assert_eq!(mistakes(&text, directory.path()), None, "{}:{line}", page.name);
        }
    }
    assert!(seen >= 9, "only {seen} were found");
}
