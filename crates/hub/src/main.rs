//! `syncline`: the binary. Everything is in the library.

use std::process::ExitCode;

/// Webhook bodies come and go by the ten thousand a second.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    syncline_hub::cli::main()
}
