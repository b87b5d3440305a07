//! The flags that every command shares: which configuration.

use crate::config::{self, Flag, Loaded, Sources};
use clap::Args;
use std::path::PathBuf;

/// Which configuration a command works with.
#[derive(Clone, Debug, Default, Args)]
pub struct Flags {
    /// Configuration file [default: ./syncline.toml if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Override a setting (repeatable), e.g. --set database.url=sqlite
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

impl Flags {
    /// Reads the configuration with these flags, and `more` on top of them.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn load(&self, more: Vec<Flag>) -> anyhow::Result<Loaded> {
        let mut flags = self.set.iter().map(|text| Flag::set(text)).collect::<Result<Vec<_>, _>>().map_err(anyhow::Error::msg)?;
        flags.extend(more);
        Ok(config::load(&Sources {
            file: self.config.clone(),
            env: config::environment(),
            flags,
            ..Sources::default()
        })?)
    }
}
