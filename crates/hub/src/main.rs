//! `syncline`: the binary. Everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    syncline_hub::cli::main()
}
