//! `syncline keys`: the keys that seal credentials.

use super::manage::{ask, list};
use super::out;
use super::remote::Target;
use super::settings::Flags;
use crate::dice::Dice;
use anyhow::Result;
use clap::Subcommand;
use reqwest::Method;
use std::process::ExitCode;
use syncline_core::seal::new_key;

/// Look at the keys that seal credentials, and change them while the hub serves.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// List the keys by their ids, and how many connections, and secrets of endpoints, each seals
    List {
        #[command(flatten)]
        target: Target,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Seal with a new key from now on, and everything else anew in the background
    Rotate {
        #[command(flatten)]
        target: Target,
    },
    /// Take out the keys that nothing is sealed with any more
    Prune {
        #[command(flatten)]
        target: Target,
    },
    /// Print a new key, for the setting sealing.keys; changes nothing
    New,
}

impl Keys {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        match self {
            Self::List { target, json } => {
                let columns = ["id", "current", "available", "connections", "endpoints"];
                ask(settings, &target, Method::GET, "/v1/keys", None, |keys| list(&keys, &columns, json))
            }
            Self::Rotate { target } => {
                ask(settings, &target, Method::POST, "/v1/keys/rotate", None, |answer| {
                    out::line(format!("{} seals now", answer["id"].as_str().unwrap_or("")));
                    out::note(
                        "The rest is sealed anew in the background; `syncline keys list` shows how far it is. \
                         Back up the keys; ten minutes from now `syncline keys prune` takes out old ones.",
                    );
                })
            }
            Self::Prune { target } => {
                ask(settings, &target, Method::POST, "/v1/keys/prune", None, |answer| {
                    out::line(format!("{} taken out", answer["pruned"]));
                    if let Some(at) = answer["again_at"].as_str() {
                        out::note(format!(
                            "The keys changed a moment ago, and what was sealed just before may not be stored yet. \
                             From {at} on, run this again."
                        ));
                    }
                })
            }
            Self::New => {
                out::line(Dice::of_the_system().with(|rng| new_key(rng)).expose());
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}
