//! Logs: readable in a terminal, one JSON object a line elsewhere. Always on standard error.

use crate::config::{Log, LogFormat};
use std::io::IsTerminal as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// Libraries that say at `info` what only their developers want to know.
const QUIET: &str = "sqlx=warn,hyper=warn,rdkafka=warn,reqwest=warn,h2=warn,opentelemetry=warn,\
                     syncline_trace=off";

/// Installs the subscriber for this process; a second call changes nothing. `SYNCLINE_LOG` takes a filter in `tracing`'s notation and wins over
/// `log.level`.
pub fn install(settings: &Log, traces: Option<Box<dyn Layer<Registry> + Send + Sync>>) {
    let wanted = std::env::var("SYNCLINE_LOG").ok().filter(|text| !text.is_empty());
    let filter = wanted.unwrap_or_else(|| format!("{},{QUIET}", settings.level.as_str()));
    let read = EnvFilter::try_new(&filter);
    let misread = read.as_ref().err().map(ToString::to_string);
    let filter = read.unwrap_or_else(|_| EnvFilter::new(format!("{},{QUIET}", settings.level.as_str())));
    let as_text = match settings.format {
        LogFormat::Auto => std::io::stderr().is_terminal(),
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let out = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let out: Box<dyn Layer<_> + Send + Sync> = if as_text {
        out.with_target(false)
            .with_ansi(std::io::stderr().is_terminal())
            .compact()
            .with_filter(filter)
            .boxed()
    } else {
        out.json().flatten_event(true).with_current_span(false).with_filter(filter).boxed()
    };
    let _ = Registry::default().with(traces).with(out).try_init();
    if let Some(error) = misread {
        tracing::warn!(
            error,
            "SYNCLINE_LOG is no filter, so log.level counts; it is read as in `info,syncline_hub=debug`"
        );
    }
}
