//! `syncline man`: the help texts as manual pages, for packages.

use super::{Cli, out};
use anyhow::{Context as _, Result};
use clap::{Args, CommandFactory as _};
use std::path::PathBuf;
use std::process::ExitCode;

/// Write manual pages, one for each command.
#[derive(Debug, Args)]
pub struct Man {
    /// The directory to write them to; made if it is not there
    directory: PathBuf,
}

impl Man {
    pub(super) fn run(&self) -> Result<ExitCode> {
        let to = self.directory.display();
        std::fs::create_dir_all(&self.directory).with_context(|| format!("cannot make {to}"))?;
        clap_mangen::generate_to(Cli::command(), &self.directory)
            .with_context(|| format!("cannot write to {to}"))?;
        out::line(format!("wrote manual pages to {to}; man -l {to}/syncline.1 shows the first"));
        Ok(ExitCode::SUCCESS)
    }
}
