//! `syncline openapi`: what the API is, for programs and for people.

use super::out;
use crate::openapi;
use clap::Args;
use std::process::ExitCode;

/// Print the description of the API.
#[derive(Debug, Args)]
pub struct Openapi {
    /// The page for people (docs/api.md), in Markdown
    #[arg(long)]
    reference: bool,
}

impl Openapi {
    pub(super) fn run(&self) -> ExitCode {
        let document = openapi::document();
        if self.reference {
            out::line(openapi::reference(document).trim_end());
        } else {
            out::json(&format!("{document:#}"));
        }
        ExitCode::SUCCESS
    }
}
