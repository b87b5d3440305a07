//! Reading server-sent events as a browser does.

use super::described::{self, Exchange};
use super::wait::PATIENCE;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use http::Method;

/// One message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    pub event: String,
    pub id: Option<i64>,
    pub data: String,
}

impl Message {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

/// An open stream.
pub struct SseStream {
    chunks: BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    buffer: Vec<u8>,
}

impl SseStream {
    /// Opens it. Once this returns, the place it begins at is fixed.
    pub async fn open(request: reqwest::RequestBuilder) -> Self {
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{answer:?}");
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        described::check(&Exchange {
            method: &Method::GET,
            path: answer.url().path(),
            sent: None,
            status: 200,
            kind: "text/event-stream",
            body: b"",
        });
        Self { chunks: answer.bytes_stream().boxed(), buffer: Vec::new() }
    }

    /// The next message that is not a comment; `None` at the stream's end.
    pub async fn next(&mut self) -> Option<Message> {
        tokio::time::timeout(PATIENCE, self.read()).await.expect("a message in time")
    }

    /// The next message of this kind.
    pub async fn next_of(&mut self, event: &str) -> Message {
        loop {
            let message = self.next().await.expect("the stream goes on");
            if message.event == event {
                return message;
            }
        }
    }

    async fn read(&mut self) -> Option<Message> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|at| at == b"\n\n") {
                let text: Vec<u8> = self.buffer.drain(..end + 2).collect();
                let message = parse(std::str::from_utf8(&text).expect("text"));
                if message != Message::default() {
                    return Some(message);
                }
                continue;
            }
            self.buffer.extend_from_slice(&self.chunks.next().await?.expect("a whole chunk"));
        }
    }
}

/// Only the fields we send; anything else on a line of its own is a broken message.
fn parse(text: &str) -> Message {
    let mut message = Message::default();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with(':')) {
        let (field, value) = line.split_once(':').unwrap_or_else(|| panic!("no field in {line:?}"));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut message.event),
            "id" => message.id = Some(value.parse().expect("a number")),
            "data" => {
                assert!(message.data.is_empty(), "data broken over lines: {text:?}");
                value.clone_into(&mut message.data);
            }
            _ => panic!("unknown field in {line:?}"),
        }
    }
    message
}
