//! `syncline demo`: a hub with an app to send webhooks to, nothing to configure, everything in one directory that can be deleted.

use super::settings::Flags;
use super::{runtime, serve};
use crate::app::Roles;
use crate::config::Flag;
use crate::dice::Dice;
use crate::program::program;
use anyhow::{Context as _, Result};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Where the demo keeps everything.
const DIRECTORY: &str = "syncline-demo";

/// Try Syncline: a hub with everything in ./syncline-demo, and an app to send webhooks to.
#[derive(Debug, Args)]
pub struct Demo {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Begin again: delete what earlier demos left in ./syncline-demo
    #[arg(long)]
    fresh: bool,
}

/// The demo's configuration file.
#[must_use]
pub fn config_file() -> PathBuf {
    Path::new(DIRECTORY).join("syncline.toml")
}

impl Demo {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let directory = Path::new(DIRECTORY);
        if self.fresh && config_file().is_file() {
            forbid_while_running(directory)?;
            std::fs::remove_dir_all(directory).with_context(|| format!("cannot delete {DIRECTORY}"))?;
        }
        if !config_file().is_file() {
            write_config(directory)?;
        }
        let settings = Flags { config: Some(config_file()), set: settings.set.clone() };
        let listen = self.listen.as_ref().map(|address| {
            [
                Flag::new("--listen", "server.listen", address),
                Flag::new("--listen", "server.public_url", format!("http://{address}")),
            ]
        });
        let loaded = settings.load(listen.into_iter().flatten().collect())?;
        if let Some(address) = &self.listen {
            remember(address)?;
        }
        runtime()?.block_on(serve::serve(loaded, Roles::ALL, Some(welcome())))
    }
}

/// Notes the address in the demo's configuration: the commands that talk to the demo read it there.
fn remember(address: &str) -> Result<()> {
    let path = config_file();
    let mut config: toml_edit::DocumentMut = std::fs::read_to_string(&path)?.parse()?;
    let server = config.entry("server").or_insert(toml_edit::table());
    server["listen"] = toml_edit::value(address);
    server["public_url"] = toml_edit::value(format!("http://{address}"));
    std::fs::write(&path, config.to_string()).with_context(|| format!("cannot write {}", path.display()))
}

/// A demo that runs would lose its files under its feet.
fn forbid_while_running(directory: &Path) -> Result<()> {
    let lock = directory.join("syncline.lock");
    let running = std::fs::File::open(lock).is_ok_and(|file| file.try_lock().is_err());
    anyhow::ensure!(!running, "a demo is running in ./{DIRECTORY}; stop it first");
    Ok(())
}

fn welcome() -> String {
    let program = program();
    format!(
        "  This is a demo: everything it keeps is in ./{DIRECTORY}. In another terminal:\n\n    \
         {program} webhook send             # HubSpot says something\n    \
         {program} webhook send --count 500 # HubSpot says a lot\n    \
         {program} events tail              # watch it arrive\n\n  Ctrl-C ends it."
    )
}

/// A configuration with one HubSpot app whose secret nobody else knows.
fn write_config(directory: &Path) -> Result<()> {
    std::fs::create_dir_all(directory).with_context(|| format!("cannot make {DIRECTORY}"))?;
    let secret = Dice::of_the_system().token();
    let text = format!(
        "# Written by `syncline demo`. Delete the directory to begin again.\n\
         data_dir = \"{DIRECTORY}\"\n\n\
         # An app as HubSpot would know it: its webhooks come to /webhooks/hubspot/demo, signed with this secret.\n\
         [apps.demo]\nprovider = \"hubspot\"\nclient_secret = \"{secret}\"\n"
    );
    Ok(crate::config::write_new(&config_file(), &text, false)?)
}
