//! OpenTelemetry traces, by configuration: OTLP over HTTP, with JSON bodies.

use super::SPANS;
use crate::config::Telemetry;
use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use std::pin::Pin;
use std::time::Duration;
use tokio::runtime::Handle;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// The exporter of this process.
#[derive(Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
}

/// Starts exporting, if an endpoint is configured. Call it inside the runtime.
///
/// # Errors
/// When the endpoint cannot be used.
pub fn start(settings: &Telemetry) -> Result<Option<Traces>> {
    let Some(endpoint) = &settings.otlp_endpoint else { return Ok(None) };
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(OnRuntime { client: crate::http::client::client()?, runtime: Handle::current() })
        .with_protocol(Protocol::HttpJson)
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .build()
        .context("telemetry.otlp_endpoint")?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.trace_sample))))
        .with_resource(Resource::builder().with_service_name("syncline").build())
        .build();
    Ok(Some(Traces { provider }))
}

/// How long the collector may take for one batch.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends from the runtime's own threads: the exporter calls from a thread of its own, where the client finds no runtime.
#[derive(Debug)]
struct OnRuntime {
    client: reqwest::Client,
    runtime: Handle,
}

impl HttpClient for OnRuntime {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        let client = self.client.clone();
        let sending = async move { tokio::time::timeout(PATIENCE, client.send_bytes(request)).await };
        let sending = self.runtime.spawn(sending);
        Box::pin(async move { sending.await?? })
    }
}

impl Traces {
    /// What turns spans of `tracing` into traces.
    #[must_use]
    pub fn layer(&self) -> Box<dyn Layer<Registry> + Send + Sync> {
        let tracer = self.provider.tracer("syncline");
        let ours = EnvFilter::new(format!("off,{SPANS}=info,syncline_hub=warn"));
        tracing_opentelemetry::layer().with_tracer(tracer).with_filter(ours).boxed()
    }

    /// Sends what is still waiting.
    pub fn finish(self) {
        if let Err(error) = self.provider.shutdown() {
            tracing::debug!(%error, "the last traces were not sent");
        }
    }
}
