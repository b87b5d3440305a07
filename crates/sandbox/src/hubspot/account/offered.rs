//! A record can be in the pipelines and stages there are: the options of its properties follow them.

use crate::hubspot::properties::Choice;
use crate::hubspot::state::Portal;
use crate::hubspot::types::TypeId;

/// The properties that say in which pipeline and stage a record is.
pub(super) fn properties(object_type: TypeId) -> (&'static str, &'static str) {
    if object_type == TypeId::DEAL { ("pipeline", "dealstage") } else { ("hs_pipeline", "hs_pipeline_stage") }
}

/// Offers what there is now.
pub(super) fn refresh(portal: &mut Portal, object_type: TypeId) {
    let (mut pipelines, mut stages) = (Vec::new(), Vec::new());
    for pipeline in portal.pipelines.of(object_type) {
        pipelines.push(choice(&pipeline.id, &pipeline.label, pipelines.len()));
        for stage in pipeline.in_order() {
            stages.push(choice(&stage.id, &stage.label, stages.len()));
        }
    }
    let (pipeline, stage) = properties(object_type);
    let table = portal.properties.of_mut(object_type);
    for (name, options) in [(pipeline, pipelines), (stage, stages)] {
        if let Some(definition) = table.live.get_mut(name) {
            definition.options = options;
        }
    }
}

fn choice(id: &str, label: &str, place: usize) -> Choice {
    Choice {
        label: label.to_owned(),
        value: id.to_owned(),
        description: String::new(),
        display_order: i64::try_from(place).unwrap_or(i64::MAX),
        hidden: false,
    }
}
