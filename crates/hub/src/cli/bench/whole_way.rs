//! whole way
use clap::Args;
use anyhow::Result;
use std::process::ExitCode;
/// x
#[derive(Debug, Args)]
pub struct WholeWay {}
impl WholeWay { pub(super) fn run(self) -> Result<ExitCode> { Ok(ExitCode::SUCCESS) } }
