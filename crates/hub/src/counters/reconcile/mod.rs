//! Comparing the truth, the counter and the property.

use crate::cx::Cx;
use crate::jobs::{Failure, Hold};
use syncline_store::jobs::{Job, Outcome};
use tokio_util::sync::CancellationToken;

pub(crate) async fn run(
    _cx: &Cx,
    _job: &Job,
    _hold: &Hold,
    _id: &str,
    _stop: &CancellationToken,
) -> Result<Outcome, Failure> {
    Ok(Outcome::Done)
}
