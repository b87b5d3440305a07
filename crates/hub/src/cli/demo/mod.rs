//! `syncline demo`: the whole product on this machine, with no account anywhere. This process is the director: it plays the four providers,
//! their people and the application, and has the hub in a process of its own, so that pulling the plug is what it says.

mod breaking;
mod browser;
mod cast;
mod check;
mod config;
mod desk;
mod guide;
mod hub;
mod letters;
mod life;
mod mishaps;
mod people;
mod place;
mod receiver;
mod setup;
mod stage;
mod story;
mod world;

use self::config::{Facts, NOTION_APP};
use super::runtime;
use super::settings::Flags;
use crate::config::{Flag, Loaded};
use crate::dice::Dice;
use crate::lifecycle::Signals;
use anyhow::{Context as _, Result};
use clap::Args;
use desk::Desk;
use hub::Hub;
use place::{DIRECTORY, Place};
use receiver::Receiver;
use setup::WAREHOUSE;
use stage::{Parts, Stage};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use story::{Mark, Print, Story};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use world::World;

pub use place::config_file;

/// How long acme's data warehouse is out of order.
const OUT_OF_ORDER: Duration = Duration::from_secs(120);

const EXAMPLES: &str = "\
Examples:
  syncline demo                    look at it: one address, nothing to install, Ctrl-C ends it
  syncline demo --pace 5           five times as much going on
  syncline demo --check 2m         let it run with everything broken in turn, then prove that nothing was lost

Everything it keeps is in ./syncline-demo. It begins anew every time; at its end that is deleted, or kept with --keep.";

/// See the whole thing at work, with simulated providers.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Demo {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Keep what it wrote in ./syncline-demo when it ends
    #[arg(long)]
    keep: bool,
    /// What people, their doings and mishaps are made from: the same seed is the same story
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many times as much goes on [default: 1, and 4 with --check]
    #[arg(long, value_name = "TIMES", value_parser = pace)]
    pace: Option<f64>,
    /// Run for so long (30s, 10m, 1h) with everything broken in turn, then prove that nothing was lost
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    check: Option<Duration>,
    /// Print what --check found as JSON
    #[arg(long, requires = "check")]
    json: bool,
    /// It always begins anew
    #[arg(long, hide = true)]
    fresh: bool,
}

fn pace(text: &str) -> Result<f64, String> {
    let pace: f64 = text.parse().map_err(|_| "it is a number".to_owned())?;
    (0.1..=20.0).contains(&pace).then_some(pace).ok_or_else(|| "it is a number from 0.1 to 20".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    let known = Duration::from_secs(20)..=Duration::from_secs(86_400);
    let span = crate::config::Span::parse(text).map(crate::config::Span::get);
    span.filter(|span| known.contains(span))
        .ok_or_else(|| "it is a span from 20s to 24h, such as 2m".to_owned())
}

/// Where the demo is reached.
#[derive(Clone, Debug)]
struct Address {
    listen: SocketAddr,
    public_url: String,
}

impl Demo {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let place = Place::take()?;
        let keep = self.keep;
        // What the settings say about the address is read as any command reads it, with the demo's own file.
        place.configure("")?;
        let ended = runtime()?.block_on(async {
            let mut signals = Signals::install();
            let mut lines = letters::lines();
            let ended = self.direct(&place, settings, &mut signals, &mut lines).await;
            let keep = keep
                || (self.check.is_none() && letters::ask_to_keep(DIRECTORY, &mut lines, &mut signals).await);
            (ended, keep)
        });
        let (ended, keep) = ended;
        // Whoever wants to know why it failed finds the log.
        let failed = !matches!(ended, Ok(ExitCode::SUCCESS));
        place.leave(keep || failed)?;
        ended
    }

    /// Puts everything together, and lets it run until a signal, or until the proof is done.
    async fn direct(
        &self,
        place: &Place,
        settings: &Flags,
        signals: &mut Signals,
        lines: &mut tokio::sync::mpsc::Receiver<String>,
    ) -> Result<ExitCode> {
        let stop = CancellationToken::new();
        let _stops = stop.clone().drop_guard();
        let desk = Desk::default();
        let address = self.address(settings)?;
        let stage = Arc::new(self.stage(place, settings, &address, &desk, &stop).await?);
        desk.opens(&stage);
        let ended = tokio::select! {
            ended = self.play(&stage, &desk, lines, &address) => ended,
            died = stage.hub.watch() => died.map(|()| ExitCode::FAILURE),
            _ = signals.next() => Ok(ExitCode::SUCCESS),
        };
        tokio::select! {
            () = stage.hub.stop() => {}
            _ = signals.next() => {}
        }
        ended
    }

    /// Where it listens: what the flag says, else the variables and settings, else the usual place.
    fn address(&self, settings: &Flags) -> Result<Address> {
        let flag = self.listen.map(|address| Flag::new("--listen", "server.listen", address.to_string()));
        let own = Flags { config: Some(config_file()), set: settings.set.clone() };
        let Loaded { config, .. } = own.load(flag.into_iter().collect())?;
        let mut listen = config.server.listen;
        let probe = std::net::TcpListener::bind(listen).with_context(|| {
            format!("cannot listen on {listen}; another process may have it (--listen 127.0.0.1:0 takes any free port)")
        })?;
        listen.set_port(probe.local_addr()?.port());
        let public_url = super::remote::local_address(&listen);
        Ok(Address { listen, public_url })
    }

    /// The simulated providers, the receiver, the desk, and the hub as it starts.
    async fn stage(
        &self,
        place: &Place,
        settings: &Flags,
        address: &Address,
        desk: &Desk,
        stop: &CancellationToken,
    ) -> Result<Stage> {
        let story = Story::begin(if self.json { Print::Note } else { Print::Out });
        let world = World::start(self.seed).await?;
        story.tell(
            Mark::Setup,
            format!("HubSpot, Notion, Airtable and 10to8 are simulated at {}/_sandbox/", world.url()),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let director = format!("http://{}", listener.local_addr()?);
        desk.serve(listener, stop.clone());
        let token = Dice::of_the_system().token();
        let hook = format!("{}/webhooks/notion/{NOTION_APP}", address.public_url);
        let notion_secret = world.subscribe_at_notion(&hook).await?;
        place.configure(&config::text(&Facts {
            listen: address.listen,
            public_url: &address.public_url,
            sandbox: world.url(),
            credentials: &world.credentials(),
            notion_secret: &notion_secret,
            director: &director,
            token: &token,
        }))?;
        let flags = settings.set.iter().flat_map(|set| ["--set".to_owned(), set.clone()]).collect();
        let hub = Hub::start(place, &address.public_url, std::path::Path::new(DIRECTORY), flags)?;
        let receiver = Receiver::start(stop.clone()).await?;
        let pace = self.pace.unwrap_or(if self.check.is_some() { 4.0 } else { 1.0 });
        Stage::new(Parts { story, world, hub, receiver, dice: Dice::seeded(self.seed), pace, token })
    }

    /// Sets everything up and lets it live; with `--check`, to the proof.
    async fn play(
        &self,
        stage: &Arc<Stage>,
        desk: &Desk,
        lines: &mut tokio::sync::mpsc::Receiver<String>,
        address: &Address,
    ) -> Result<ExitCode> {
        stage.has_hub(stage.hub.ready().await?);
        stage.story.tell(
            Mark::Setup,
            format!("the hub runs at {} and keeps everything in ./{DIRECTORY}", address.public_url),
        );
        setup::set_up(stage).await?;
        if let Some(duration) = self.check {
            return check::run(stage, desk, duration, self.json).await;
        }
        let link = format!("{}/portal/demo/enter?token={}", address.public_url, stage.token);
        stage.story.say(&welcome(stage, &link));
        let mended = async {
            tokio::time::sleep(OUT_OF_ORDER).await;
            stage.receiver.shut(WAREHOUSE, false);
            stage.story.tell(
                Mark::Healed,
                "acme's data warehouse is in order again; what waited for it is delivered",
            );
            std::future::pending::<()>().await;
        };
        let never = CancellationToken::new();
        tokio::select! {
            ended = people::live(stage, &never) => ended?,
            ended = people::decide(stage) => ended?,
            ended = mishaps::befall(stage) => ended?,
            ended = people::sum_up(stage) => ended?,
            () = letters::obey(stage, desk, lines, &link) => {}
            () = mended => {}
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What a newcomer is told when everything is there.
fn welcome(stage: &Stage, link: &str) -> String {
    let program = crate::program::program();
    format!(
        "\nEverything is there after {}. Open this; it signs you in:\n\n  {link}\n\n\
         From another terminal, in this directory:\n\n  \
         {program} events tail              # events as they are stored\n  \
         {program} webhook send --count 500 # HubSpot says a lot\n  \
         {program} conflicts list           # what a person has to decide\n\n{}\n",
        story::moment(stage.story.elapsed()),
        letters::help(),
    )
}
