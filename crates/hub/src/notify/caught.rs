//! Panics, which are defects of ours, as errors: whoever waits for a task of the room is answered in any case.

use futures_util::FutureExt as _;
use std::panic::AssertUnwindSafe;
use syncline_store::StoreError;

/// What `work` answers; none when it panicked. What it was doing is given up: nothing it had in hand is looked at again.
pub(crate) async fn caught<T>(work: impl Future<Output = T>) -> Option<T> {
    AssertUnwindSafe(work).catch_unwind().await.ok()
}

/// The same for what may fail anyway. It is refused, so nobody tries it at once again.
pub(crate) async fn failing<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let panicked =
        || Err(StoreError::Rejected("a defect of Syncline: the log says where it panicked".into()));
    caught(work).await.unwrap_or_else(panicked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer_like_any_other() {
        assert_eq!(caught(async { 7 }).await, Some(7));
        assert_eq!(caught(async { panic!("on purpose") }).await, None::<()>);
        let refused = failing(async { panic!("on purpose") }).await.map(|()| 7).unwrap_err();
        assert!(!refused.is_transient() && refused.to_string().contains("defect"), "{refused}");
        assert_eq!(failing(async { Ok(7) }).await.unwrap(), 7);
    }
}
