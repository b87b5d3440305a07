//! OpenTelemetry traces, by configuration.
