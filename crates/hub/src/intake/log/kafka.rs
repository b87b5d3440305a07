//! The log in Kafka: a topic partitioned by account and object, every append acknowledged by all in-sync replicas.

use super::AppendError;
use crate::config;
use crate::telemetry::metrics;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use rdkafka::util::Timeout;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use syncline_core::segment::{self, LoggedDelivery};

/// How long a question to the brokers may take.
const ASK: Timeout = Timeout::After(Duration::from_secs(5));

/// Settings every client of ours shares.
fn client(settings: &config::Kafka) -> ClientConfig {
    let mut client = ClientConfig::new();
    client
        .set("bootstrap.servers", settings.brokers.to_string())
        .set("client.id", "syncline")
        .set("reconnect.backoff.ms", "100")
        .set("reconnect.backoff.max.ms", "2000");
    client
}

/// Makes the topic if it is not there.
///
/// # Errors
/// What the brokers say, or that there are none.
pub async fn ensure_topic(settings: &config::Kafka) -> Result<(), KafkaError> {
    let admin: AdminClient<DefaultClientContext> = client(settings).create()?;
    let topic =
        NewTopic::new(&settings.topic, settings.partitions, TopicReplication::Fixed(settings.replication));
    let options = AdminOptions::new().operation_timeout(Some(ASK)).request_timeout(Some(ASK));
    for outcome in admin.create_topics([&topic], &options).await? {
        match outcome {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, code)) => return Err(KafkaError::AdminOp(code)),
        }
    }
    Ok(())
}

/// The writing end.
pub struct Producer {
    producer: FutureProducer,
    topic: String,
    /// How many partitions the topic has; 0 until a broker said so.
    partitions: AtomicU32,
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producer").field("topic", &self.topic).finish_non_exhaustive()
    }
}

impl Producer {
    /// A producer; connects by itself when there is something to send.
    ///
    /// # Errors
    /// When the settings make no sense to the client library.
    pub fn new(settings: &config::Kafka, queue: usize, patience: Duration) -> Result<Self, KafkaError> {
        let producer = client(settings)
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("linger.ms", "1")
            .set("message.max.bytes", "33554432")
            .set("queue.buffering.max.messages", queue.saturating_mul(16).clamp(1_000, 1_000_000).to_string())
            // After this the client gives up, so that what was answered 503 is not sent minutes later.
            .set("message.timeout.ms", patience.as_millis().saturating_mul(2).max(1_000).to_string())
            .create()?;
        Ok(Self { producer, topic: settings.topic.clone(), partitions: AtomicU32::new(0) })
    }

    /// Returns when every part of the delivery is acknowledged by all in-sync replicas.
    pub(super) async fn append(
        &self,
        delivery: &LoggedDelivery,
        patience: Duration,
    ) -> Result<(), AppendError> {
        match tokio::time::timeout(patience, self.send(delivery)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                metrics::log_failed();
                tracing::error!(%error, "Kafka does not take the delivery; it is answered 503");
                Err(match error.rdkafka_error_code() {
                    Some(RDKafkaErrorCode::QueueFull) => AppendError::Full,
                    Some(RDKafkaErrorCode::MessageTimedOut) => AppendError::Slow,
                    _ => AppendError::Refused,
                })
            }
            Err(_) => Err(AppendError::Slow),
        }
    }

    async fn send(&self, delivery: &LoggedDelivery) -> Result<(), KafkaError> {
        let partitions = self.partition_count().await?;
        let Some(provider) = syncline_providers::by_id(&delivery.provider) else { return Ok(()) };
        let mut acknowledgements = Vec::new();
        for (partition, body) in provider.split(&delivery.body, partitions) {
            let part = segment::encode([&LoggedDelivery { body, ..delivery.clone() }]);
            let record = FutureRecord::<(), [u8]>::to(&self.topic)
                .partition(i32::try_from(partition).unwrap_or(0))
                .payload(part.as_slice());
            acknowledgements.push(self.producer.send_result(record).map_err(|(error, _)| error)?);
        }
        for acknowledgement in acknowledgements {
            match acknowledgement.await {
                Ok(Ok(_)) => {}
                Ok(Err((error, _))) => return Err(error),
                Err(_) => return Err(KafkaError::Canceled),
            }
        }
        Ok(())
    }

    /// How many partitions there are, asked once: the same object then always goes the same way.
    async fn partition_count(&self) -> Result<u32, KafkaError> {
        let known = self.partitions.load(Ordering::Relaxed);
        if known > 0 {
            return Ok(known);
        }
        let (producer, topic) = (self.producer.clone(), self.topic.clone());
        let ask =
            move || producer.client().fetch_metadata(Some(&topic), ASK).map(|it| partitions_of(&it, &topic));
        let found = tokio::task::spawn_blocking(ask).await.map_err(|_| KafkaError::Canceled)??;
        if found == 0 {
            return Err(KafkaError::MessageProduction(RDKafkaErrorCode::UnknownTopicOrPartition));
        }
        self.partitions.store(found, Ordering::Relaxed);
        Ok(found)
    }
}

fn partitions_of(metadata: &rdkafka::metadata::Metadata, topic: &str) -> u32 {
    let found = metadata.topics().iter().find(|it| it.name() == topic);
    found.map_or(0, |it| u32::try_from(it.partitions().len()).unwrap_or(0))
}

/// A consumer in the readers' group: partitions are shared out among the processes, and offsets are committed by hand, after the
/// database has the events.
///
/// # Errors
/// When the settings make no sense to the client library.
pub fn consumer(settings: &config::Kafka) -> Result<StreamConsumer, KafkaError> {
    let consumer: StreamConsumer = client(settings)
        .set("group.id", &settings.group)
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .set("session.timeout.ms", "10000")
        .set("max.poll.interval.ms", "300000")
        .set("fetch.wait.max.ms", "50")
        .set("fetch.message.max.bytes", "8388608")
        .set("queued.max.messages.kbytes", "32768")
        .create()?;
    consumer.subscribe(&[&settings.topic])?;
    Ok(consumer)
}

/// Asks for a sign of life.
///
/// # Errors
/// When no broker answers.
pub async fn ping(settings: &config::Kafka) -> Result<u32, KafkaError> {
    let settings = settings.clone();
    let ask = move || {
        let producer: FutureProducer = client(&settings).create()?;
        let metadata = producer.client().fetch_metadata(Some(&settings.topic), ASK)?;
        Ok(partitions_of(&metadata, &settings.topic))
    };
    tokio::task::spawn_blocking(ask).await.map_err(|_| KafkaError::Canceled)?
}
