//! A hundred values written in one call, and what became of each.

use crate::connect::{Line, Patience, Trouble};
use crate::counters::ask::{Stopped, place};
use crate::hold::Hold;
use futures_util::future::BoxFuture;
use syncline_core::counters::definition::Definition;
use syncline_core::counters::push::Answer;
use syncline_providers::hubspot::counters::{self as hubspot, Written};
use syncline_providers::wire::Fault;

/// Writes values; an answer for each, in their order, and what stopped it, if something did. A batch that is refused because of some is
/// halved until those are found.
pub(super) fn send<'a>(
    line: &'a Line<'_>,
    hold: &'a Hold,
    definition: &'a Definition,
    values: &'a [(&'a str, i64)],
) -> BoxFuture<'a, (Vec<Answer>, Option<Stopped>)> {
    Box::pin(async move {
        match once(line, hold, definition, values).await {
            Ok(answers) => (answers, None),
            Err(Halt::Refused(words)) if values.len() == 1 => (vec![Answer::Refused(words)], None),
            Err(Halt::Refused(_)) => {
                let (left, right) = values.split_at(values.len() / 2);
                let (mut answers, stopped) = send(line, hold, definition, left).await;
                if stopped.is_some() {
                    answers.extend(vec![Answer::NotTaken(None); right.len()]);
                    return (answers, stopped);
                }
                let (more, stopped) = send(line, hold, definition, right).await;
                answers.extend(more);
                (answers, stopped)
            }
            Err(Halt::Lost) => (vec![Answer::Lost; values.len()], None),
            Err(Halt::Stopped(stopped)) => (vec![Answer::NotTaken(None); values.len()], Some(stopped)),
        }
    })
}

enum Halt {
    /// For what it says; nothing was written.
    Refused(String),
    /// Nobody knows.
    Lost,
    /// Nothing was written.
    Stopped(Stopped),
}

impl From<Trouble> for Halt {
    fn from(trouble: Trouble) -> Self {
        Self::Stopped(Stopped::Trouble(trouble))
    }
}

async fn once(
    line: &Line<'_>,
    hold: &Hold,
    definition: &Definition,
    values: &[(&str, i64)],
) -> Result<Vec<Answer>, Halt> {
    let place = place(definition);
    let mut patience = Patience::default();
    loop {
        let ready = line.ready().await?;
        let call = hubspot::write(&ready.at(), place, values);
        let answer = ready.send_while(hold, &call).await.ok_or(Halt::Stopped(Stopped::Lost))?;
        let fault = match answer {
            // What broke off after it was sent may have been done.
            Err(Fault::MaybeCommitted(_)) => return Err(Halt::Lost),
            Err(fault) => fault,
            Ok(answer) => match hubspot::written(place, values, &answer.reply()) {
                Ok(outcomes) => return Ok(outcomes.into_iter().map(answer_of).collect()),
                Err(Fault::Rejected(words)) => return Err(Halt::Refused(words)),
                // So may what failed on the other side.
                Err(Fault::Transient { .. } | Fault::MaybeCommitted(_) | Fault::Unreadable(_)) => {
                    return Err(Halt::Lost);
                }
                Err(fault) => fault,
            },
        };
        line.recover(&ready, &call, fault.without(&ready.access.token), &mut patience).await?;
    }
}

fn answer_of(became: Written) -> Answer {
    match became {
        Written::Done => Answer::Written,
        Written::NoRecord => Answer::NoRecord,
        Written::Refused(words) => Answer::Refused(words),
        Written::Unknown => Answer::Lost,
    }
}
