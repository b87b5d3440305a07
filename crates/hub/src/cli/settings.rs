//! The flags that every command shares: which configuration.

use super::{demo, out};
use crate::config::{self, Flag, Loaded, Sources};
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;

/// Which configuration a command works with.
#[derive(Clone, Debug, Default, Args)]
pub struct Flags {
    /// Configuration file [default: ./syncline.toml if it exists]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Settings")]
    pub config: Option<PathBuf>,
    /// Override a setting (repeatable), e.g. --set database.url=sqlite
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", help_heading = "Settings")]
    pub set: Vec<String>,
}

impl Flags {
    /// Reads the configuration with these flags, and `more` on top of them.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn load(&self, more: Vec<Flag>) -> Result<Loaded> {
        let flags = self.set.iter().map(|text| Flag::set(text));
        let mut flags = flags.collect::<Result<Vec<_>, _>>().map_err(anyhow::Error::msg)?;
        flags.extend(more);
        Ok(config::load(&Sources {
            file: self.config.clone(),
            env: config::environment(),
            flags,
            ..Sources::default()
        })?)
    }

    /// The same for commands that talk to a hub: where nothing is configured and a demo was started in this directory, they mean
    /// the demo.
    ///
    /// # Errors
    /// As [`Flags::load`].
    pub fn load_for_client(&self) -> Result<Loaded> {
        let loaded = self.load(Vec::new())?;
        let chosen = loaded.file.is_some() || !self.set.is_empty() || loaded.config.data_dir.exists();
        let demo = demo::config_file();
        if chosen || !demo.is_file() {
            return Ok(loaded);
        }
        out::note(format!("(using the demo's settings, {})", demo.display()));
        Self { config: Some(demo), set: Vec::new() }.load(Vec::new())
    }
}
