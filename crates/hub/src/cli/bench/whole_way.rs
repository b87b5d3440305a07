//! whole way
use anyhow::Result;
use clap::Args;
use std::process::ExitCode;
/// x
#[derive(Debug, Args)]
pub struct WholeWay {}
impl WholeWay {
    pub(super) fn run(self) -> Result<ExitCode> {
        Ok(ExitCode::SUCCESS)
    }
}
