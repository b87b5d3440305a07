//! How long a large account takes to seed, and how much memory it takes:
//! `cargo run --release -p syncline-sandbox --example million -- 1000000`.

use std::process::ExitCode;
use syncline_sandbox::{Options, Population, Sandbox};

#[tokio::main]
#[expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a tool for people, which measures real time"
)]
async fn main() -> ExitCode {
    let Ok(people) = std::env::args().nth(1).map_or(Ok(1_000_000), |people| people.parse()) else {
        println!("how many people?");
        return ExitCode::FAILURE;
    };
    let population = Population { people, companies: people / 20, deals: people / 10 };
    let began = std::time::Instant::now();
    let sandbox = Sandbox::start(Options { population, ..Options::for_tests() }).await;
    let seconds = began.elapsed().as_secs_f32();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("memory unknown");
    println!("{people} people in {seconds:.1} s, {resident}, {}", sandbox.is_ok());
    ExitCode::SUCCESS
}
