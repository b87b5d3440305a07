//! Reading the log: deliveries in, events stored, the log moved on, in one transaction.

use super::log::embedded::ReadPosition;
use super::stored::{Sorted, Tally, store, store_one_by_one, take_apart};
use crate::cx::Cx;
use crate::telemetry::{SPANS, Stopwatch, metrics};
use bytes::Bytes;
use rdkafka::consumer::{CommitMode, Consumer as _, StreamConsumer};
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;
use syncline_core::schedule::RetryPolicy;
use syncline_core::segment::{self, LoggedDelivery};
use syncline_store::embedded_log::{self, LogReader};
use syncline_store::{StoreError, Tx, intake_log, leases};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

/// How often to look without being woken: another process may have written.
const POLL: Duration = Duration::from_millis(500);
/// How long a reader owns the log without renewing, where jobs are not leased for less.
const LEASE: Duration = Duration::from_secs(10);
/// About how many bytes an event takes in the log, compressed; turns a batch of events into a bound on what is read.
const EVENT_BYTES: usize = 80;

/// Errors of Kafka's that are passed over without a pause.
const MAX_ERRORS: u32 = 100;

/// After the database failed: soon, then every few seconds, for ever.
const AGAIN: RetryPolicy = RetryPolicy {
    base: Duration::from_millis(200),
    factor: 2,
    cap: Duration::from_secs(5),
    max_attempts: u32::MAX,
};

/// Where deliveries are read from.
pub enum Source {
    /// The file beside SQLite.
    Embedded(LogReader, ReadPosition),
    /// The table in PostgreSQL or MySQL.
    Database,
    /// A share of the topic's partitions.
    Kafka(Box<StreamConsumer>),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// How far the log is done when a batch is stored.
#[derive(Clone)]
enum Receipt {
    Position(i64),
    Rows(Vec<i64>),
    Offsets(BTreeMap<i32, i64>),
}

struct Batch {
    deliveries: Vec<LoggedDelivery>,
    /// The same, taken apart; gone once it was tried to be stored.
    sorted: Option<Sorted>,
    receipt: Receipt,
}

impl Batch {
    fn take_apart(&mut self) -> Sorted {
        self.sorted.take().unwrap_or_else(|| take_apart(&self.deliveries))
    }
}

impl Source {
    fn name(&self) -> &'static str {
        match self {
            Self::Embedded(..) => "embedded",
            Self::Database => "database",
            Self::Kafka(_) => "kafka",
        }
    }

    /// What comes behind `receipt`, while what came before is still being stored. The table cannot be read so: rows that
    /// committed late may have smaller numbers.
    async fn ahead(&self, cx: &Cx, receipt: &Receipt) -> Result<Option<Batch>, StoreError> {
        match receipt {
            Receipt::Position(position) => self.next(cx, Some(*position)).await,
            Receipt::Offsets(_) => self.next(cx, None).await,
            Receipt::Rows(_) => Ok(None),
        }
    }

    /// Looks for something to do, behind `position` where the log has positions; `None` when there was nothing.
    async fn next(&self, cx: &Cx, position: Option<i64>) -> Result<Option<Batch>, StoreError> {
        let bytes = cx.config.intake.batch * EVENT_BYTES;
        match self {
            Self::Embedded(reader, read) => {
                let from = position.unwrap_or_else(|| read.load(Ordering::Acquire));
                let rows = reader.after(from, 256, bytes).await?;
                let receipt = Receipt::Position(rows.last().map_or(from, |row| row.seq));
                Ok(batch(rows.into_iter().map(|row| row.body), receipt))
            }
            Self::Database => {
                let rows = intake_log::oldest(&cx.store, 256, bytes).await?;
                let receipt = Receipt::Rows(rows.iter().map(|row| row.seq).collect());
                Ok(batch(rows.into_iter().map(|row| row.body), receipt))
            }
            Self::Kafka(consumer) => Ok(poll_kafka(consumer, bytes).await),
        }
    }

    /// What the log needs in the transaction that stores the batch.
    async fn move_on(&self, tx: &mut Tx, receipt: &Receipt) -> Result<(), StoreError> {
        match receipt {
            Receipt::Position(position) => intake_log::advance(tx, embedded_log::NAME, *position).await,
            Receipt::Rows(rows) => intake_log::remove(tx, rows).await,
            Receipt::Offsets(_) => Ok(()),
        }
    }

    /// What the log needs after that transaction is committed.
    fn moved_on(&self, receipt: &Receipt, topic: &str) {
        match (self, receipt) {
            (Self::Embedded(_, read), Receipt::Position(position)) => {
                read.store(*position, Ordering::Release)
            }
            (Self::Kafka(consumer), Receipt::Offsets(offsets)) => commit_offsets(consumer, topic, offsets),
            _ => {}
        }
    }

    /// Waits until there may be more.
    async fn wait(&self, cx: &Cx) {
        if !matches!(self, Self::Kafka(_)) {
            let _ = tokio::time::timeout(POLL, cx.wake.log.notified()).await;
        }
    }
}

fn batch(rows: impl Iterator<Item = Bytes>, receipt: Receipt) -> Option<Batch> {
    let mut deliveries = Vec::new();
    let mut any = false;
    for row in rows {
        any = true;
        deliveries.extend(decode(&row));
    }
    any.then(|| Batch { sorted: Some(take_apart(&deliveries)), deliveries, receipt })
}

/// A row nobody can decode becomes one delivery of a provider nobody knows, and is parked as such.
fn decode(row: &Bytes) -> Vec<LoggedDelivery> {
    segment::decode(row).unwrap_or_else(|error| {
        tracing::error!(%error, "a row of the intake log cannot be decoded; it is parked");
        let body = data_encoding::BASE64.encode(row).into();
        vec![LoggedDelivery {
            provider: "undecodable".into(),
            app: "".into(),
            received_at: Default::default(),
            body,
        }]
    })
}

/// Waits a moment for a first message, then takes what is already here.
async fn poll_kafka(consumer: &StreamConsumer, max_bytes: usize) -> Option<Batch> {
    let mut offsets = BTreeMap::new();
    let (mut rows, mut size) = (Vec::new(), 0);
    let mut patience = POLL;
    let mut errors = 0;
    while size < max_bytes {
        let message = match tokio::time::timeout(patience, consumer.recv()).await {
            Ok(Ok(message)) => message,
            Ok(Err(error)) => {
                // While brokers are away, every attempt to connect leaves one in the queue. With a pause after each they would be
                // read long after the brokers are back, and messages only behind them.
                errors += 1;
                if errors == 1 {
                    tracing::warn!(%error, "Kafka: cannot read; trying again");
                }
                if errors < MAX_ERRORS {
                    continue;
                }
                tokio::time::sleep(POLL).await;
                break;
            }
            Err(_) => break,
        };
        patience = Duration::from_millis(2);
        let body = Bytes::copy_from_slice(message.payload().unwrap_or_default());
        size += body.len();
        offsets.insert(message.partition(), message.offset() + 1);
        rows.push(body);
    }
    batch(rows.into_iter(), Receipt::Offsets(offsets))
}

fn commit_offsets(consumer: &StreamConsumer, topic: &str, offsets: &BTreeMap<i32, i64>) {
    let mut list = TopicPartitionList::new();
    for (partition, offset) in offsets {
        // Refused only for a list that names a partition twice.
        let _ = list.add_partition_offset(topic, *partition, Offset::Offset(*offset));
    }
    if let Err(error) = consumer.commit(&list, CommitMode::Async) {
        tracing::warn!(%error, "Kafka: offsets not committed; these deliveries will be read once more");
    }
}

/// Reads until `soft` is cancelled. What was read and not stored by then stays in the log.
pub async fn run(cx: Cx, source: Source, soft: CancellationToken) {
    let mut failures = 0;
    while !soft.is_cancelled() {
        let step = tokio::select! {
            step = step(&cx, &source, &soft) => step,
            () = soft.cancelled() => break,
        };
        match step {
            Ok(()) => failures = 0,
            Err(error) => {
                failures += 1;
                tracing::warn!(%error, failures, "events are not being stored; they wait in the log");
                back_off(&cx, failures, &soft).await;
            }
        }
    }
    if matches!(source, Source::Database) {
        let _ = leases::give_back(&cx.store, "intake-reader", &cx.me).await;
    }
}

async fn back_off(cx: &Cx, failures: u32, soft: &CancellationToken) {
    let now = cx.now();
    let at = cx.dice.with(|rng| AGAIN.next_attempt(failures, now, rng)).unwrap_or(now);
    tokio::select! {
        () = tokio::time::sleep(at.since(now)) => {}
        () = soft.cancelled() => {}
    }
}

/// As long as this process holds the log: reads and stores, batch after batch, for the span of half a lease.
async fn step(cx: &Cx, source: &Source, soft: &CancellationToken) -> Result<(), StoreError> {
    // Kafka shares out partitions, and SQLite's files belong to one process.
    let shared = matches!(source, Source::Database);
    let lease = LEASE.min(cx.config.jobs.lease.get());
    if shared && !leases::hold(&cx.store, "intake-reader", &cx.me, cx.now(), lease).await? {
        tokio::time::sleep(POLL).await;
        return Ok(());
    }
    let held = Stopwatch::start();
    let mut ahead: Option<Batch> = None;
    while held.elapsed() < lease / 2 && !soft.is_cancelled() {
        let batch = match ahead.take() {
            Some(batch) => Some(batch),
            None => source.next(cx, None).await?,
        };
        let Some(mut batch) = batch else {
            source.wait(cx).await;
            continue;
        };
        // While the database stores this one, the next one is read and taken apart.
        let receipt = batch.receipt.clone();
        let (stored, next) = tokio::join!(process(cx, source, &mut batch), source.ahead(cx, &receipt));
        stored?;
        ahead = next?;
    }
    if let Some(mut batch) = ahead {
        // Kafka would not hand it out again to this process.
        process(cx, source, &mut batch).await?;
    }
    Ok(())
}

/// Stores one batch, however often the database has to be asked; the log moves on only with it.
async fn process(cx: &Cx, source: &Source, batch: &mut Batch) -> Result<(), StoreError> {
    let mut failures = 0;
    loop {
        let watch = Stopwatch::start();
        let deliveries = batch.deliveries.len();
        let span = tracing::info_span!(target: SPANS, "store events", log = source.name(), deliveries);
        match store_batch(cx, source, batch).instrument(span).await {
            Ok(tally) => {
                source.moved_on(&batch.receipt, &cx.config.intake.kafka.topic);
                metrics::stored(tally.new, tally.duplicates, tally.parked, watch.elapsed());
                cx.wake.events_stored();
                return Ok(());
            }
            // Kafka would not hand these out again to this process; the others read them again by themselves.
            Err(error) if matches!(source, Source::Kafka(_)) => {
                failures += 1;
                tracing::warn!(%error, failures, "events are not being stored; they wait in Kafka");
                back_off(cx, failures, &CancellationToken::new()).await;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn store_batch(cx: &Cx, source: &Source, batch: &mut Batch) -> Result<Tally, StoreError> {
    let sorted = batch.take_apart();
    match store(cx, sorted, async |tx| source.move_on(tx, &batch.receipt).await).await {
        Err(StoreError::Rejected(why)) => {
            tracing::warn!(%why, "the database refused a batch of events; storing them one by one");
            let sorted = take_apart(&batch.deliveries);
            store_one_by_one(cx, sorted, async |tx| source.move_on(tx, &batch.receipt).await).await
        }
        other => other,
    }
}
