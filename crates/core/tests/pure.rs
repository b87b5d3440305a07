//! The crate stays pure: whatever it depends on is named here, and nothing here opens a socket or a file.

/// What this crate may depend on. Before adding a name, look at what it depends on in turn.
const ALLOWED: &[&str] = &[
    "bytes",
    "chacha20poly1305",
    "data-encoding",
    "email_address",
    "hmac",
    "http",
    "jiff",
    "lz4_flex",
    "rand",
    // Ed25519 alone: its source of chance is never asked, dice are parameters.
    "ring",
    "rlibphonenumber",
    "serde",
    "serde_json",
    "sha2",
    "strsim",
    "subtle",
    "thiserror",
    "url",
];

/// The names in every table of dependencies, those for some targets and for build scripts included; only what tests
/// use does not count.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut counts = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            let table = header.trim_end_matches(']');
            let (parent, name) = table.rsplit_once('.').unwrap_or(("", table));
            counts = name.ends_with("dependencies") && name != "dev-dependencies";
            if parent.ends_with("dependencies") && !parent.ends_with("dev-dependencies") {
                names.push(name.to_owned());
            }
        } else if counts && !line.is_empty() && !line.starts_with('#') {
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            names.push(name.trim_matches('"').to_owned());
        }
    }
    names
}

#[test]
fn nothing_that_talks_or_waits_is_a_dependency() {
    let names = dependencies(include_str!("../Cargo.toml"));
    assert!(!names.is_empty(), "the manifest was not understood");
    for name in names {
        assert!(ALLOWED.contains(&name.as_str()), "`{name}` does not belong in a pure crate");
    }
}

#[test]
fn every_way_to_write_a_dependency_is_found() {
    let manifest = "[dependencies]\na.workspace = true\n# b\nc = \"1\"\n[dev-dependencies]\nd = \"1\"\n[dependencies.e]\n\
        version = \"1\"\n[target.'cfg(unix)'.dependencies]\n\"f\" = {}\n[build-dependencies]\ng=\"1\"\n[lints]\nworkspace = true";
    assert_eq!(dependencies(manifest), ["a", "c", "e", "f", "g"]);
}
