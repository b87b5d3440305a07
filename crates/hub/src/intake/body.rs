//! Bodies of deliveries: each of a bounded size, read in a bounded time, and all large ones together in a bounded space, so that nobody
//! fills the memory by sending much and finishing nothing.

use crate::http::Problem;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bodies up to this many bytes need no room: providers' are smaller, but for the largest batches.
const SMALL: usize = 64 << 10;
/// How many bodies of the largest size there is room for.
const LARGE_ONES: usize = 8;
/// How long a client may go on sending what is thrown away.
const DRAIN_PATIENCE: Duration = Duration::from_secs(1);

/// Reads bodies.
#[derive(Debug)]
pub struct Bodies {
    limit: usize,
    patience: Duration,
    /// In bytes.
    room: Arc<Semaphore>,
}

/// The room that a large body takes until it is dropped.
#[derive(Debug, Default)]
pub struct Room(Option<OwnedSemaphorePermit>);

impl Bodies {
    /// Of at most `limit` bytes each, which may take `patience` to arrive.
    #[must_use]
    pub fn new(limit: usize, patience: Duration) -> Self {
        let room = limit.saturating_mul(LARGE_ONES).clamp(SMALL, Semaphore::MAX_PERMITS);
        Self { limit, patience, room: Arc::new(Semaphore::new(room)) }
    }

    /// Reads a body of at most `most` bytes, or the limit if that is less. The room is to be kept as long as the body.
    ///
    /// # Errors
    /// 413 when there is more, 408 when it takes too long, 400 when the connection breaks off, 503 when there is no room.
    pub async fn read(
        &self,
        head: &HeaderMap,
        mut body: Body,
        most: usize,
    ) -> Result<(Bytes, Room), Problem> {
        let most = most.min(self.limit);
        let told = head.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if told.is_some_and(|length: usize| length > most) {
            self.throw_away(body).await;
            return Err(too_large(most));
        }
        let ended = match tokio::time::timeout(self.patience, self.collect(&mut body, most)).await {
            Ok(ended) => ended,
            Err(_) => Err(Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                "body_too_slow",
                "The body took too long to arrive.",
            )),
        };
        if ended.as_ref().is_err_and(|problem| problem.status != StatusCode::REQUEST_TIMEOUT) {
            self.throw_away(body).await;
        }
        ended
    }

    async fn collect(&self, body: &mut Body, most: usize) -> Result<(Bytes, Room), Problem> {
        let (mut all, mut room) = (BytesMut::new(), Room::default());
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                return Err(Problem::bad_request("body_incomplete", "The body broke off before its end."));
            };
            let Ok(data) = frame.into_data() else { continue };
            if all.len() + data.len() > most {
                return Err(too_large(most));
            }
            if all.len() + data.len() > SMALL {
                self.make_room(&mut room, data.len())?;
            }
            all.extend_from_slice(&data);
        }
        Ok((all.freeze(), room))
    }

    fn make_room(&self, room: &mut Room, bytes: usize) -> Result<(), Problem> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let Ok(more) = Arc::clone(&self.room).try_acquire_many_owned(bytes) else {
            let detail = "Too many large deliveries are being received.";
            return Err(Problem::unavailable("bodies_full", detail, 5));
        };
        match &mut room.0 {
            Some(room) => room.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }

    /// Throws away what is left of a body, for a moment: a connection that is closed while its client still writes is reset, and takes the
    /// answer with it.
    pub async fn throw_away(&self, mut body: Body) {
        let mut left = self.limit;
        let draining = async {
            while let Some(Ok(frame)) = body.frame().await {
                let length = frame.data_ref().map_or(0, Bytes::len);
                match left.checked_sub(length) {
                    Some(still) => left = still,
                    None => return,
                }
            }
        };
        let _ = tokio::time::timeout(DRAIN_PATIENCE, draining).await;
    }
}

/// The code of what has more bytes than are taken.
pub(super) const TOO_LARGE: &str = "body_too_large";

fn too_large(most: usize) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE, format!("The body is over {most} bytes."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{StreamExt as _, stream};
    use std::convert::Infallible;

    /// A body of this size, in pieces of 16 KiB, that ends or never does.
    fn body(bytes: usize, ends: bool) -> Body {
        let pieces = stream::iter(std::iter::repeat_n(16 << 10, bytes >> 14))
            .map(|size: usize| Ok::<_, Infallible>(Bytes::from(vec![0; size])));
        if ends { Body::from_stream(pieces) } else { Body::from_stream(pieces.chain(stream::pending())) }
    }

    async fn read(bodies: &Bodies, body: Body) -> Result<(usize, Room), &'static str> {
        let read = bodies.read(&HeaderMap::new(), body, usize::MAX).await;
        read.map(|(bytes, room)| (bytes.len(), room)).map_err(|problem| problem.code)
    }

    #[tokio::test]
    async fn large_bodies_share_a_room_and_give_it_back() {
        let bodies = Bodies::new(1 << 20, Duration::from_secs(30));
        let mut kept = Vec::new();
        loop {
            match read(&bodies, body(1 << 20, true)).await {
                Ok((length, room)) => {
                    assert_eq!(length, 1 << 20);
                    kept.push(room);
                }
                Err(code) => {
                    assert_eq!(code, "bodies_full");
                    break;
                }
            }
        }
        assert_eq!(kept.len(), LARGE_ONES, "the first 64 KiB of each need no room: less than one more");
        assert!(read(&bodies, body(SMALL, true)).await.is_ok(), "small ones always come in");
        kept.pop();
        assert!(read(&bodies, body(1 << 20, true)).await.is_ok());
    }

    #[tokio::test]
    async fn a_body_that_never_ends_gives_its_room_back_too() {
        let bodies = Bodies::new(1 << 20, Duration::from_millis(50));
        assert_eq!(read(&bodies, body(1 << 19, false)).await.err(), Some("body_too_slow"));
        assert_eq!(bodies.room.available_permits(), LARGE_ONES << 20);
    }

    #[tokio::test]
    async fn what_is_told_to_be_too_large_is_not_read() {
        let bodies = Bodies::new(1 << 20, Duration::from_secs(30));
        let head = HeaderMap::from_iter([(header::CONTENT_LENGTH, "1048577".parse().unwrap())]);
        let told = bodies.read(&head, body(0, true), usize::MAX).await;
        assert_eq!(told.err().map(|problem| problem.code), Some("body_too_large"));
        let more = bodies.read(&HeaderMap::new(), body(1 << 20, true), 1 << 16).await;
        assert_eq!(more.err().map(|problem| problem.code), Some("body_too_large"), "less is taken of some");
    }
}
