//! A topic of its own in the Kafka that all tests share, and how to look into it.

use super::wait::until;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;
use syncline_core::segment;
use syncline_store::testing::service;

const ASK: Duration = Duration::from_secs(10);

/// A topic (made by the hub) and a group.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Where the brokers are; the hub may be told another way to them.
    pub brokers: String,
    /// Its name.
    pub name: String,
    /// The group of the hub's readers.
    pub group: String,
}

impl Topic {
    /// A new name, or `None` and a line in the list of what could not run.
    pub fn new(test: &str) -> Option<Self> {
        let brokers = service("SYNCLINE_TEST_KAFKA_BROKERS", test)?;
        let name = format!("t{:016x}", RandomState::new().hash_one(test));
        Some(Self { brokers, group: format!("{name}-readers"), name })
    }

    /// The settings that make a hub use it.
    pub fn settings(&self) -> Vec<(&str, &str)> {
        vec![
            ("intake.log", "kafka"),
            ("intake.kafka.brokers", &self.brokers),
            ("intake.kafka.topic", &self.name),
            ("intake.kafka.group", &self.group),
            ("intake.kafka.partitions", "4"),
        ]
    }

    /// How far every partition was read, by what the group committed, and where it ends.
    pub async fn progress(&self) -> BTreeMap<i32, (i64, i64)> {
        let topic = self.clone();
        tokio::task::spawn_blocking(move || topic.ask_progress()).await.expect("asking does not panic")
    }

    fn ask_progress(&self) -> BTreeMap<i32, (i64, i64)> {
        let consumer = self.consumer();
        let metadata = consumer.fetch_metadata(Some(&self.name), ASK).expect("the broker answers");
        let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions()).map(|it| it.id());
        let mut list = TopicPartitionList::new();
        partitions.for_each(|partition| _ = list.add_partition(&self.name, partition));
        let committed = consumer.committed_offsets(list, ASK).expect("the broker answers");
        let elements = committed.elements();
        let progress = elements.iter().map(|element| {
            let (_, end) =
                consumer.fetch_watermarks(&self.name, element.partition(), ASK).expect("the broker answers");
            let Offset::Offset(done) = element.offset() else { return (element.partition(), (0, end)) };
            (element.partition(), (done, end))
        });
        progress.collect()
    }

    /// Waits until the group has committed everything there is.
    pub async fn is_read(&self) {
        until("a topic read to its end", async || {
            let progress = self.progress().await;
            (!progress.is_empty() && progress.values().all(|(done, end)| done == end)).then_some(())
        })
        .await;
    }

    /// The bodies of all deliveries in it, by partition, in order.
    pub async fn bodies(&self) -> BTreeMap<i32, Vec<serde_json::Value>> {
        let topic = self.clone();
        tokio::task::spawn_blocking(move || topic.read_bodies()).await.expect("reading does not panic")
    }

    fn read_bodies(&self) -> BTreeMap<i32, Vec<serde_json::Value>> {
        let ends = self.ask_progress();
        let consumer = self.consumer();
        let mut list = TopicPartitionList::new();
        for partition in ends.keys() {
            list.add_partition_offset(&self.name, *partition, Offset::Beginning).expect("named once");
        }
        consumer.assign(&list).expect("partitions that exist");
        let mut missing: i64 = ends.values().map(|(_, end)| end).sum();
        let mut bodies: BTreeMap<i32, Vec<serde_json::Value>> = BTreeMap::new();
        while missing > 0 {
            let message = consumer.poll(ASK).expect("a message in time").expect("a message");
            missing -= 1;
            let row = bytes::Bytes::copy_from_slice(message.payload().expect("a payload"));
            for delivery in segment::decode(&row).expect("a segment") {
                let body = serde_json::from_slice(&delivery.body).expect("JSON");
                bodies.entry(message.partition()).or_default().push(body);
            }
        }
        bodies
    }

    fn consumer(&self) -> BaseConsumer {
        ClientConfig::new()
            .set("bootstrap.servers", &self.brokers)
            .set("group.id", &self.group)
            .set("enable.auto.commit", "false")
            .create()
            .expect("a consumer")
    }
}
