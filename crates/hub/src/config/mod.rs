//! Configuration: the embedded defaults, then a file, then the environment, then flags, each above the one before.
//!
//! `syncline.default.toml` is the manual and holds every default; [`Config`] is what the hub reads; [`load`] gets
//! from one to the other and either answers with all settings and their origins or with everything that is wrong.
//! It is our own code because neither figment nor config-rs reports file, line and nearest valid key together.
//!
//! **To add a setting**: a key with its comment in the defaults file, a row in `keys::KEYS`, a field in `model`.
//! The tests compare the three. **Invariant:** no message and no table holds a secret.

mod check;
mod counters;
mod demo;
mod file;
mod keys;
mod kinds;
mod layer;
mod lists;
mod load;
mod model;
mod notify;
mod origin;
mod overrides;
mod problem;
mod show;
mod starter;
mod units;
mod urls;

pub use counters::Counters;
pub use demo::Demo;
pub use keys::DEFAULTS;
pub use load::{Loaded, Sources, load};
pub use model::{
    App, Config, Connect, Database, Intake, IntakeLog, Jobs, Kafka, Load, Log, LogFormat, LogLevel, Objects,
    Place, Portal, Provider, Providers, Redis, Retention, Sealing, Server, Setup, Syncs, Telemetry,
};
pub use notify::Notify;
pub use origin::Origin;
pub use overrides::{Flag, environment, variable_of};
pub use problem::{ConfigErrors, Problem};
pub use show::{Setting, render, to_json};
pub use starter::{Starter, StarterApp, WriteError, starter, write_new};
pub use units::{Every, Keep, Size, Span};
pub use urls::{BaseUrl, Brokers, DatabaseUrl, Origins, without_password};
