//! Sending what was planned: in batches as large as the provider takes, several at a time, and apart where a batch is refused as a
//! whole because of some of its records.

use super::Halt;
use super::engine::{End, Engine};
use super::mirroring::{self, Written};
use crate::connect::{Line, Patience, Trouble};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt as _};
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_core::record::Record;
use syncline_core::sync::{Action, Fields, Outcome, Refusal, Side, Value};
use syncline_providers::load::At;
use syncline_providers::wire::{Again, Call, Fault};
use syncline_providers::write::Sent;

/// An action, with the number of the pair it belongs to.
pub type Numbered = (usize, Action);

/// What became of them, and what stopped the rest, if something did.
#[derive(Default)]
pub struct Sendings {
    pub outcomes: Vec<(usize, Outcome)>,
    pub calls: u64,
    pub halt: Option<Halt>,
}

/// What came of one batch.
#[derive(Default)]
struct Answered {
    /// Of its first records; of the rest nothing was done.
    outcomes: Vec<Outcome>,
    made: Vec<Record>,
    calls: u64,
    /// What stopped the rest.
    halt: Option<Halt>,
}

impl Answered {
    fn of(outcomes: Vec<Outcome>) -> Self {
        Self { outcomes, calls: 1, ..Self::default() }
    }
}

/// What goes in one call.
#[derive(Clone, Debug)]
enum Batch {
    Create(Vec<Fields>),
    Update(Vec<(String, Fields)>),
    Delete(Vec<(String, bool)>),
}

impl Batch {
    fn sent(&self) -> Sent<'_> {
        match self {
            Self::Create(records) => Sent::Create(records),
            Self::Update(records) => Sent::Update(records),
            Self::Delete(records) => Sent::Delete(records),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Create(records) => records.len(),
            Self::Update(records) => records.len(),
            Self::Delete(records) => records.len(),
        }
    }

    /// Its two halves.
    fn halves(&self) -> [Self; 2] {
        fn split<T: Clone>(of: &[T]) -> [Vec<T>; 2] {
            let (first, second) = of.split_at(of.len() / 2);
            [first.to_vec(), second.to_vec()]
        }
        match self {
            Self::Create(records) => split(records).map(Self::Create),
            Self::Update(records) => split(records).map(Self::Update),
            Self::Delete(records) => split(records).map(Self::Delete),
        }
    }
}

/// Sends actions to one side. What was carried out, or may have been, is told, whatever stopped the rest.
pub async fn send(engine: &Engine, side: Side, purpose: &'static str, actions: Vec<Numbered>) -> Sendings {
    let by_number: BTreeMap<usize, Action> = actions.iter().cloned().collect();
    let batches = batches(&engine.ends[side], actions);
    let by_number = &by_number;
    let together = !engine.is_written_singly(side);
    let sent_at = engine.cx.now();
    let at_once = engine.cx.config.sync.calls;
    let sending: Vec<BoxFuture<'_, (Vec<usize>, Answered)>> = batches
        .into_iter()
        .map(|(numbers, batch)| -> BoxFuture<'_, (Vec<usize>, Answered)> {
            Box::pin(async move {
                let of = (&numbers[..], batch);
                let answered = batch_of(engine, (side, purpose), of, by_number, together).await;
                (numbers, answered)
            })
        })
        .collect();
    let mut sent = stream::iter(sending).buffer_unordered(at_once);
    let mut all = Sendings::default();
    // While this stream is not asked for more, what is under way in it stands still: nothing is waited for here.
    let mut written = Written::default();
    while let Some((numbers, answered)) = sent.next().await {
        all.calls += answered.calls;
        all.halt = all.halt.or(answered.halt);
        written.made.extend(answered.made);
        for (number, outcome) in numbers.into_iter().zip(answered.outcomes) {
            if let Some(action) = by_number.get(&number).filter(|_| !together) {
                written.note(action, &outcome);
            }
            all.outcomes.push((number, outcome));
        }
    }
    let kept = mirroring::keep(engine, side, sent_at, written).await;
    all.halt = all.halt.or(kept.err());
    all
}

/// A batch, and what it came to in the mirror before webhooks tell of it, which do not wait for the other batches. Single records are
/// kept together, later.
async fn batch_of(
    engine: &Engine,
    (side, purpose): (Side, &'static str),
    (numbers, batch): (&[usize], Batch),
    by_number: &BTreeMap<usize, Action>,
    together: bool,
) -> Answered {
    let sent_at = engine.cx.now();
    let mut answered = whole(engine, side, purpose, batch).await;
    if together {
        let mut written = Written::default();
        written.made = std::mem::take(&mut answered.made);
        for (number, outcome) in numbers.iter().zip(&answered.outcomes) {
            if let Some(action) = by_number.get(number) {
                written.note(action, outcome);
            }
        }
        let kept = mirroring::keep(engine, side, sent_at, written).await;
        answered.halt = answered.halt.or(kept.err());
    }
    answered
}

/// As large as the provider takes them.
fn batches(end: &End, actions: Vec<Numbered>) -> Vec<(Vec<usize>, Batch)> {
    let most = end.writer.batches(&end.object);
    let (mut creates, mut updates) = (Vec::new(), Vec::new());
    let mut deletes: [Vec<(usize, (String, bool))>; 2] = [Vec::new(), Vec::new()];
    for (number, action) in actions {
        match action {
            Action::Create(write) => creates.push((number, write.fields)),
            Action::Update { id, write } => updates.push((number, (id, write.fields))),
            Action::Delete { id, force } => deletes[usize::from(force)].push((number, (id, force))),
        }
    }
    let mut batches = Vec::new();
    cut(&mut batches, &creates, most.create, Batch::Create);
    cut(&mut batches, &updates, most.update, Batch::Update);
    for deletes in &deletes {
        cut(&mut batches, deletes, most.delete, Batch::Delete);
    }
    batches
}

fn cut<T: Clone>(
    into: &mut Vec<(Vec<usize>, Batch)>,
    actions: &[(usize, T)],
    most: usize,
    batch: fn(Vec<T>) -> Batch,
) {
    for piece in actions.chunks(most.max(1)) {
        let (numbers, records) = piece.iter().cloned().unzip();
        into.push((numbers, batch(records)));
    }
}

/// One batch, and where it is refused as a whole its halves, down to the records that are meant.
fn whole<'a>(engine: &'a Engine, side: Side, purpose: &'static str, batch: Batch) -> BoxFuture<'a, Answered> {
    Box::pin(async move {
        match once(engine, side, purpose, &batch).await {
            Ok((outcomes, made)) => Answered { made, ..Answered::of(outcomes) },
            Err(Halt::Refused(Fault::MaybeCommitted(_))) => Answered::of(vec![Outcome::Unknown; batch.len()]),
            Err(Halt::Refused(Fault::Rejected(_))) if batch.len() > 1 => {
                let mut all = Answered::of(Vec::with_capacity(batch.len()));
                for half in batch.halves() {
                    let half = whole(engine, side, purpose, half).await;
                    all.calls += half.calls;
                    all.outcomes.extend(half.outcomes);
                    all.made.extend(half.made);
                    if half.halt.is_some() {
                        return Answered { halt: half.halt, ..all };
                    }
                }
                all
            }
            Err(Halt::Refused(Fault::Rejected(reason))) => Answered::of(vec![refused(reason)]),
            Err(Halt::Refused(Fault::Gone)) if batch.len() == 1 => Answered::of(vec![Outcome::Gone]),
            Err(halt) => Answered { halt: Some(halt), ..Answered::of(Vec::new()) },
        }
    })
}

fn refused(reason: String) -> Outcome {
    Outcome::Refused(vec![Refusal { field: "*".to_owned(), value: Value::Empty, reason }])
}

async fn once(
    engine: &Engine,
    side: Side,
    purpose: &'static str,
    batch: &Batch,
) -> Result<(Vec<Outcome>, Vec<Record>), Halt> {
    let (end, schema) = (&engine.ends[side], engine.schema(side));
    let line = Line::new(&engine.cx, &end.connection.id, purpose);
    let mut patience = Patience::default();
    loop {
        let ready = line.ready().await?;
        let at = ready.at();
        let call = end.writer.send(&at, &end.object, schema, &batch.sent());
        let Some(answer) = ready.send_while(&engine.hold, &call).await else { return Err(Halt::Stopped) };
        let fault = match answer {
            Ok(answer) => {
                let at = At { now: engine.answered(), ..at };
                let reply = answer.reply();
                match end.writer.answer(&at, &end.object, schema, &batch.sent(), &reply) {
                    Ok(outcomes) if outcomes.len() == batch.len() => {
                        let creates = matches!(batch, Batch::Create(_));
                        let made = creates.then(|| end.writer.made(&end.object, &reply));
                        return Ok((outcomes, made.unwrap_or_default()));
                    }
                    Ok(_) => Fault::Unreadable("it does not say what became of each record"),
                    Err(fault) => fault,
                }
                .or_maybe_done(&call)
            }
            Err(fault) => fault,
        };
        line.recover(&ready, &call, fault, &mut patience).await?;
    }
}

/// What an answer that is no success leaves open.
trait OrMaybeDone {
    /// A server that failed, or whose answer cannot be understood, may have done what it was asked for. Where doing it twice would be
    /// twice, that is not a failure for now.
    fn or_maybe_done(self, call: &Call) -> Self;
}

impl OrMaybeDone for Fault {
    fn or_maybe_done(self, call: &Call) -> Self {
        match self {
            Self::Transient { message, .. } if call.again == Again::LookFirst => {
                Self::MaybeCommitted(message)
            }
            Self::Unreadable(message) if call.again == Again::LookFirst => {
                Self::MaybeCommitted(message.to_owned())
            }
            other => other,
        }
    }
}

/// Looks for records of a side that hold one of these values; none where the provider can only be walked through.
///
/// # Errors
/// [`Halt`].
pub async fn find(
    engine: &Engine,
    side: Side,
    purpose: &'static str,
    field: &str,
    values: &[String],
) -> Result<Option<Vec<(String, String)>>, Halt> {
    let (end, schema) = (&engine.ends[side], engine.schema(side));
    let line = Line::new(&engine.cx, &end.connection.id, purpose);
    let mut patience = Patience::default();
    loop {
        let ready = line.ready().await?;
        let at = ready.at();
        let Some(call) = end.writer.find(&at, &end.object, schema, field, values) else { return Ok(None) };
        let fault = match ready.send(&call).await {
            Ok(answer) => match end.writer.found(&at, &end.object, schema, field, values, &answer.reply()) {
                Ok(found) => return Ok(Some(found)),
                Err(fault) => fault,
            },
            Err(fault) => fault,
        };
        line.recover(&ready, &call, fault, &mut patience).await?;
    }
}

/// How long what cannot be done now waits, where nobody says.
pub const COME_BACK: Duration = Duration::from_secs(30);

/// Whether this only means: later.
pub fn later(halt: &Halt) -> Option<Duration> {
    match halt {
        Halt::Trouble(trouble @ (Trouble::Later { .. } | Trouble::Keys(_))) => {
            Some(trouble.wait().unwrap_or(COME_BACK))
        }
        _ => None,
    }
}
