//! What machines ask of a process.

use super::Room;
use crate::openapi::operation::{Access, Operation, get};
use crate::openapi::schema::{Schema, count, flag, list, number, object, refer, text, time, whole, words};
use serde_json::json;

pub fn room() -> Room {
    Room {
        tag: "Operations",
        says: "Whether a process is alive and ready, how the hub is doing, and this document.",
        operations: operations(),
        schemas: vec![("Readiness", readiness()), ("Status", status())],
    }
}

fn operations() -> Vec<Operation> {
    let document = object("An OpenAPI document.").like(json!({ "openapi": "3.1.1" }));
    vec![
        get("/healthz", "getHealth", "Whether the process runs")
            .for_(Access::Open)
            .says("Says nothing about what it depends on: restarting does not mend those.")
            .answers_in(200, "It does.", vec![("text/plain", text("").like("ok\n"))]),
        get("/readyz", "getReadiness", "Whether the process can do its work")
            .for_(Access::Open)
            .answers(200, "It can.", refer("Readiness"))
            .answers(503, "It cannot, and which part is missing.", refer("Readiness")),
        get("/metrics", "getMetrics", "Metrics, as Prometheus reads them")
            .for_(Access::Metrics)
            .answers_in(200, "The metrics.", vec![("text/plain", text(""))])
            .refuses(&["not_found"]),
        get("/v1/status", "getStatus", "The figures an operator asks for first")
            .for_(Access::Operator)
            .answers(200, "The figures.", refer("Status")),
        get("/v1/openapi.json", "getDocument", "This document")
            .for_(Access::Open)
            .answers(200, "The document.", document)
            .refuses(&["starting", "too_slow"]),
    ]
}

fn readiness() -> Schema {
    let word = || words(&["ok", "unavailable"], "");
    let checks = object("By part.").with("database", word()).with("log", word()).maybe("kafka", word());
    object("Whether a process is ready.")
        .with("ready", flag("Whether it is.").like(true))
        .with("checks", checks)
}

fn status() -> Schema {
    let log = object("The intake log.")
        .with("waiting_deliveries", whole("Deliveries that are not events yet.").like(0))
        .with("oldest_waiting_seconds", number("How long the oldest of them has waited."));
    let events = object("Events.")
        .with("stored", whole("How many are stored.").like(12_345))
        .with("last_seq", whole("The place of the last one.").like(12_345))
        .with("stored_last_minute", whole("How many were stored in the last minute.").like(120));
    let jobs = object("Jobs of one kind, in one state.")
        .with("kind", text("What they do.").like("load.run"))
        .with("state", words(&super::jobs::STATES, "Their state."))
        .with("jobs", count("How many.").like(1))
        .with("oldest_run_at", time("The earliest time one of them was or is due."));
    object("How the hub is doing.")
        .with("now", time("The hub's clock."))
        .with("version", text("The program's version.").like("0.1.0"))
        .with("database", text("Which database.").like("sqlite"))
        .with("log", log)
        .with("events", events)
        .with("jobs", list(jobs, ""))
}
