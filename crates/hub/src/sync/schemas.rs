//! What fields the two sides have: asked when an agreement is checked, and again at the beginning of every run.

use super::Halt;
use super::engine::{End, Engine};
use crate::connect::{Line, Patience};
use crate::cx::Cx;
use syncline_core::sync::{Schema, Side};
use syncline_store::syncs;

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

/// Asks anew what fields both sides have, at the beginning of a run.
///
/// # Errors
/// [`Halt`].
pub async fn refresh(engine: &mut Engine) -> Result<(), Halt> {
    let mut sync = engine.sync.clone();
    for side in Side::BOTH {
        sync.schemas[side] = read(&engine.cx, &engine.ends[side]).await?;
    }
    if sync.schemas == engine.sync.schemas {
        return Ok(());
    }
    let mut tx = engine.cx.store.begin().await?;
    if syncs::update(&mut tx, &sync).await? {
        sync.version += 1;
    }
    tx.commit().await?;
    engine.sync = sync;
    Ok(())
}
