//! The page about errors: it has every code there is, and no other.

use super::pages::{Page, root};
use crate::support::child::files_below;
use std::collections::{BTreeMap, BTreeSet};

/// The sources of everything that answers over HTTP.
fn sources() -> Vec<(String, String)> {
    let rooms = ["crates/hub/src", "crates/core/src", "crates/providers/src"];
    let files = rooms.iter().flat_map(|room| files_below(&root().join(room)));
    let name = |path: &std::path::Path| path.strip_prefix(root()).unwrap().display().to_string();
    let source = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (name(&path), text.split("#[cfg(test)]").next().unwrap_or_default().to_owned())
    };
    let is_source = |path: &std::path::PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    files
        .filter(is_source)
        .map(source)
        .filter(|(name, _)| !name.contains("/cli/") && !name.contains("/tests"))
        .collect()
}

fn is_code(word: &str) -> bool {
    word.contains('_') && word.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

/// Literals that stand where codes stand: behind a status, or first in a call that has one already.
fn codes() -> BTreeMap<String, String> {
    let mut codes = BTreeMap::new();
    for (name, text) in sources() {
        let pieces: Vec<&str> = text.split('"').collect();
        for pair in pieces.windows(2) {
            let before = pair[0].trim_end();
            let behind_a_status = before.strip_suffix(',').is_some_and(|before| {
                let word =
                    before.rsplit(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | ':')).next();
                word.is_some_and(|word| word.starts_with("StatusCode::"))
            });
            let first =
                ["bad_request(", "unavailable(", "refusal("].iter().any(|call| before.ends_with(call));
            if (behind_a_status || first) && is_code(pair[1]) {
                codes.insert(pair[1].to_owned(), name.clone());
            }
        }
    }
    codes
}

#[test]
fn the_page_about_errors_has_every_code_and_no_other() {
    let page = Page::read("docs/errors.md");
    let listed: BTreeSet<String> =
        page.snippets().into_iter().map(|(_, snippet)| snippet).filter(|snippet| is_code(snippet)).collect();
    let codes = codes();
    assert!(codes.len() > 90, "only {} were found", codes.len());
    for (code, file) in &codes {
        assert!(listed.contains(code), "{code} ({file}) is not in docs/errors.md");
    }
    let all: String = sources().into_iter().map(|(_, text)| text).collect();
    for row in page.rows() {
        let codes = row.split('|').nth(2).unwrap_or_default().split('`').skip(1).step_by(2);
        for code in codes {
            assert!(all.contains(&format!("\"{code}\"")), "{code} is in docs/errors.md and nowhere else");
        }
    }
}
