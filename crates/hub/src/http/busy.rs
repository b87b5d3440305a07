//! Whether a connection is being asked something: from a request's head until the last byte of its answer.

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use http::{Request, Response};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

/// What one connection is being asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Busy(Arc<Requests>);

#[derive(Debug, Default)]
struct Requests {
    ever: AtomicBool,
    now: AtomicUsize,
}

impl Busy {
    /// Whether there ever was a request.
    pub fn ever_asked(&self) -> bool {
        self.0.ever.load(Ordering::Acquire)
    }

    /// Whether one is under way.
    pub fn is_asking(&self) -> bool {
        self.0.now.load(Ordering::Acquire) > 0
    }

    fn begin(&self) -> Asking {
        self.0.ever.store(true, Ordering::Release);
        self.0.now.fetch_add(1, Ordering::AcqRel);
        Asking(Arc::clone(&self.0))
    }
}

/// A request under way, until it is dropped.
#[derive(Debug)]
struct Asking(Arc<Requests>);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The application, with a note of what it is being asked.
#[derive(Debug)]
pub(super) struct Tracked {
    app: TowerToHyperService<Router>,
    busy: Busy,
}

impl Tracked {
    /// For one connection.
    pub fn new(app: Router, busy: Busy) -> Self {
        Self { app: TowerToHyperService::new(app), busy }
    }
}

impl Service<Request<Incoming>> for Tracked {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let asking = self.busy.begin();
        let answer = self.app.call(request);
        Box::pin(async move { Ok(answer.await?.map(|body| Answer { body, _asking: asking })) })
    }
}

/// An answer's body, which ends the request when it was sent or given up.
#[derive(Debug)]
pub(super) struct Answer {
    body: Body,
    _asking: Asking,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
