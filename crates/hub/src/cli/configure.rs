//! `syncline init` and `syncline config show`.

use super::out;
use super::settings::Flags;
use crate::config::{self, Starter};
use anyhow::Result;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Write a commented configuration file to begin with.
#[derive(Debug, Args)]
pub struct Init {
    /// Where
    #[arg(default_value = "syncline.toml")]
    path: PathBuf,
    /// Overwrite what is there
    #[arg(long)]
    force: bool,
}

/// Look at the configuration.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Show every setting, its value and where it comes from; secrets stay hidden
    Show {
        /// Only what differs from the defaults
        #[arg(long)]
        changed: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the manual: every setting with its default and what it means
    Defaults,
}

impl Init {
    pub(super) fn run(&self) -> Result<ExitCode> {
        config::write_new(&self.path, &config::starter(&Starter::default()), self.force)?;
        out::line(format!("wrote {}; `syncline doctor` says what is still missing", self.path.display()));
        Ok(ExitCode::SUCCESS)
    }
}

impl Config {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        match self {
            Self::Defaults => out::line(config::DEFAULTS),
            Self::Show { changed, json } => {
                let loaded = settings.load_for_client()?;
                let shown = loaded.settings.iter().filter(|setting| !changed || setting.is_changed());
                if json {
                    out::line(serde_json::to_string_pretty(&config::to_json(shown))?);
                } else {
                    out::line(config::render(shown).trim_end());
                }
                loaded.warnings.iter().for_each(|warning| out::note(format!("warning: {warning}")));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
