//! How this program was called, for advice that can be pasted.

/// The words before a command: `syncline`, or what `cargo run` wants.
#[must_use]
pub fn program() -> String {
    let path = std::env::args().next().unwrap_or_else(|| "syncline".to_owned());
    // `cargo run` puts the target directory in front.
    if path.contains("target/release/") {
        "cargo run --release --".to_owned()
    } else if path.contains("target/debug/") {
        "cargo run --".to_owned()
    } else {
        path
    }
}
