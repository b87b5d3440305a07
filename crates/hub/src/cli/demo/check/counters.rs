//! Every counter is right: the property at HubSpot is the sum of the changes that were answered for.

use super::records::at_hubspot;
use super::report::Finding;
use crate::cli::demo::people::EXAMS;
use crate::cli::demo::stage::Stage;
use anyhow::Result;

/// Compares the properties with what was counted.
///
/// # Errors
/// When HubSpot does not answer.
pub(super) async fn prove(stage: &Stage) -> Result<Finding> {
    let exams = at_hubspot(stage, EXAMS, "total_bookings").await?;
    let counted = stage.ledger().counted.clone();
    let shown = |key: &String| {
        let property = &exams.get(key)?["properties"]["total_bookings"];
        property.as_str()?.parse::<i64>().ok()
    };
    let wrong = counted.iter().filter(|(key, sum)| shown(key) != Some(**sum));
    let wrong =
        wrong.map(|(key, sum)| format!("{key}: {sum} were counted, and HubSpot shows {:?}", shown(key)));
    let figures = format!("{} bookings of {} exams", counted.values().sum::<i64>(), counted.len());
    Ok(Finding::new("counters are right at HubSpot", figures, wrong.collect()))
}
