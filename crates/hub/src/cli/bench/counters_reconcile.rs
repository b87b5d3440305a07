//! What a comparison costs: so many keys, drift in each of the three places where it can be, and the calls to HubSpot that find and repair it.

use super::counters_scene::{BATCH, EXAMS, Scene};
use crate::cli::out;
use crate::cli::remote::segment;
use crate::telemetry::Stopwatch;
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// Of so many keys, three drift, each in another place.
const EVERY: usize = 100;
/// What every counter is before something drifts.
const COUNT: u64 = 3;
/// Changes, or associations, in one call.
const MANY: usize = 1_000;
/// How long everything may take.
const PATIENCE: Duration = Duration::from_secs(900);

/// A comparison under way.
pub(super) struct Comparison {
    scene: Scene,
    ids: Vec<String>,
}

/// Where a key drifts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    Property,
    Counter,
    Truth,
}

/// Where the key with this number drifts, if it does.
fn place(number: usize) -> Option<Place> {
    match number % EVERY {
        0 => Some(Place::Property),
        33 => Some(Place::Counter),
        66 => Some(Place::Truth),
        _ => None,
    }
}

impl Comparison {
    pub(super) async fn run(dir: &Path, database: &str, keys: u64) -> Result<ExitCode> {
        let said = json!({
            "target": { "kind": "property" }, "payload": null,
            "truth": { "source": "associations", "to_object_type": "contacts" },
        });
        let scene = Scene::start(dir, database, None, said).await?;
        let ids = scene.exams(keys).await?;
        let all = Self { scene, ids };
        all.agree().await?;
        let planted = all.drift().await?;
        let before = all.scene.hub.calls("hubspot").await?;
        let watch = Stopwatch::start();
        let run = all.scene.compare(PATIENCE).await?;
        let compared = watch.elapsed();
        all.scene.until_idle(PATIENCE).await?;
        let calls = all.scene.hub.calls("hubspot").await? - before;
        all.tell(planted, &run, calls, compared, watch.elapsed()).await
    }

    /// Truth, counter and property are the same for every key.
    async fn agree(&self) -> Result<()> {
        let contacts = self.contacts().await?;
        let booked = self.ids.iter().flat_map(|id| contacts[..3].iter().map(move |contact| (id, contact)));
        self.associate(booked.collect()).await?;
        self.set(self.ids.iter().collect(), COUNT).await?;
        self.scene.until_idle(PATIENCE).await
    }

    /// Four people who book.
    async fn contacts(&self) -> Result<Vec<String>> {
        let contact = |number: u64| json!({ "properties": { "email": format!("b{number}@example.org") } });
        let body = json!({ "inputs": (0..=COUNT).map(contact).collect::<Vec<_>>() });
        let made = self.scene.hubspot("/crm/v3/objects/contacts/batch/create", body).await?;
        let made = made["results"].as_array().context("contacts")?;
        Ok(made.iter().filter_map(|one| one["id"].as_str()).map(str::to_owned).collect())
    }

    async fn associate(&self, booked: Vec<(&String, &String)>) -> Result<()> {
        let path = format!("/crm/v4/associations/{EXAMS}/contacts/batch/associate/default");
        for piece in booked.chunks(MANY) {
            let input = |(exam, contact): &(&String, &String)| json!({ "from": { "id": exam }, "to": { "id": contact } });
            self.scene
                .hubspot(&path, json!({ "inputs": piece.iter().map(input).collect::<Vec<_>>() }))
                .await?;
        }
        Ok(())
    }

    async fn set(&self, ids: Vec<&String>, count: u64) -> Result<()> {
        let path = format!("/v1/counters/{}/changes", segment(&self.scene.counter));
        for piece in ids.chunks(MANY) {
            let change = |id: &&String| json!({ "key": id, "op": "set", "n": count });
            let changes: Vec<Value> = piece.iter().map(change).collect();
            self.scene.hub.post(&path, json!({ "changes": changes })).await?;
        }
        Ok(())
    }

    /// One key of a hundred in each place; how many in all.
    async fn drift(&self) -> Result<usize> {
        self.set(self.at(Place::Counter), COUNT + 4).await?;
        self.scene.until_idle(PATIENCE).await?;
        for piece in self.at(Place::Property).chunks(BATCH) {
            let input = |id: &&String| json!({ "id": id, "properties": { "total_bookings": "9" } });
            let body = json!({ "inputs": piece.iter().map(input).collect::<Vec<_>>() });
            self.scene.hubspot(&format!("/crm/v3/objects/{EXAMS}/batch/update"), body).await?;
        }
        let late = self.contacts_found().await?;
        self.associate(self.at(Place::Truth).into_iter().map(|id| (id, &late)).collect()).await?;
        Ok((0..self.ids.len()).filter(|number| place(*number).is_some()).count())
    }

    /// The person who booked nothing yet.
    async fn contacts_found(&self) -> Result<String> {
        let by = json!([{ "filters": [{ "propertyName": "email", "operator": "EQ", "value": format!("b{COUNT}@example.org") }] }]);
        let found =
            self.scene.hubspot("/crm/v3/objects/contacts/search", json!({ "filterGroups": by })).await?;
        Ok(found["results"][0]["id"].as_str().context("the fourth contact")?.to_owned())
    }

    fn at(&self, wanted: Place) -> Vec<&String> {
        let numbered = self.ids.iter().enumerate();
        numbered.filter(|(number, _)| place(*number) == Some(wanted)).map(|(_, id)| id).collect()
    }

    async fn tell(
        &self,
        planted: usize,
        run: &Value,
        calls: u64,
        compared: Duration,
        whole: Duration,
    ) -> Result<ExitCode> {
        let shown = self.scene.properties(&self.ids).await?;
        let right = self.right(&shown);
        let keys = self.ids.len();
        // Properties a hundred at a time, counts a thousand at a time, what drifted written a hundred at a time.
        let minimum = keys.div_ceil(BATCH) + keys.div_ceil(MANY) + planted.div_ceil(BATCH);
        out::line(format!(
            "{keys} keys compared in {:.1} s, repaired after {:.1} s: {planted} drifted, {} found; properties that show the truth: {right}",
            compared.as_secs_f64(),
            whole.as_secs_f64(),
            run["counts"]["drifted"],
        ));
        out::line(format!(
            "  calls to HubSpot: {calls}; reading every number once and writing what drifted takes {minimum}: {:.2} times that; a PATCH for each key: {keys}",
            calls as f64 / minimum.max(1) as f64,
        ));
        let found = run["counts"]["drifted"].as_u64() == Some(planted as u64);
        Ok(if found && right == keys { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn right(&self, shown: &BTreeMap<String, u64>) -> usize {
        let expected = |number| if place(number) == Some(Place::Truth) { COUNT + 1 } else { COUNT };
        let numbered = self.ids.iter().enumerate();
        numbered.filter(|(number, id)| shown.get(*id) == Some(&expected(*number))).count()
    }
}
