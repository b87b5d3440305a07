//! What fields the two sides have: asked when an agreement is checked, and again at the beginning of every run.

use super::Halt;
use super::engine::End;
use crate::call::{Line, Patience};
use crate::cx::Cx;
use syncline_core::sync::Schema;

/// Asks the provider what fields there are.
///
/// # Errors
/// [`Halt`]; [`Halt::Refused`] with [`syncline_providers::wire::Fault::Gone`] when there is no such object there.
pub async fn read(cx: &Cx, end: &End) -> Result<Schema, Halt> {
    let line = Line::new(cx, &end.connection.id, "schema");
    let mut patience = Patience::default();
    loop {
        let ready = line.ready().await?;
        let at = ready.at();
        let Some(call) = end.writer.schema(&at, &end.object) else {
            return end.writer.schema_back(&at, &end.object, None).map_err(Halt::Refused);
        };
        let fault = match ready.send(&call).await {
            Ok(answer) => match end.writer.schema_back(&at, &end.object, Some(&answer.reply())) {
                Ok(schema) => return Ok(schema),
                Err(fault) => fault,
            },
            Err(fault) => fault,
        };
        line.recover(&ready, &call, fault, &mut patience).await?;
    }
}
