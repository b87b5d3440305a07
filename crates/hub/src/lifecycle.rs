//! Stopping in two stages: the first signal drains, the second (or the end of the grace) stops.

use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The life of a process: its tasks and the two ways to end them.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
    failed: CancellationToken,
}

/// How a life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything was finished first.
    Drained,
    /// Something was cut off.
    Forced,
    /// A task that must not end ended by itself.
    Failed,
}

impl Lifecycle {
    /// Cancelled when no new work is to be taken up.
    #[must_use]
    pub fn soft(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Cancelled when work under way is to be dropped.
    #[must_use]
    pub fn hard(&self) -> CancellationToken {
        self.hard.clone()
    }

    /// Runs a task that the ending waits for. Should it panic or return before a stop was asked for, the whole process stops: half a hub
    /// is worse than one that its supervisor restarts.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let (soft, failed) = (self.soft.clone(), self.failed.clone());
        let inner = self.tasks.spawn(task);
        self.tasks.spawn(async move {
            let ended = inner.await;
            if !soft.is_cancelled() {
                tracing::error!(
                    task = name,
                    panicked = ended.is_err(),
                    "a task that must not end ended; stopping"
                );
                failed.cancel();
                soft.cancel();
            }
        });
    }

    /// Starts the ending, as the first signal does.
    pub fn stop(&self) {
        self.soft.cancel();
    }

    /// Waits for the first signal (or [`Lifecycle::stop`]), then for the tasks, at most `grace` or until a second signal.
    pub async fn wait(&self, grace: Duration) -> Ending {
        self.wait_for(Signals::install(), grace).await
    }

    /// The same with signals that were listened to before something was started: whoever sees it work may stop it at once.
    pub async fn wait_for(&self, mut signals: Signals, grace: Duration) -> Ending {
        tokio::select! {
            name = signals.next() => tracing::info!(signal = name, "stopping: finishing what is under way"),
            () = self.soft.cancelled() => {}
        }
        self.soft.cancel();
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => {
                return if self.failed.is_cancelled() { Ending::Failed } else { Ending::Drained };
            }
            name = signals.next() => tracing::warn!(signal = name, "stopping at once"),
            () = tokio::time::sleep(grace) => tracing::warn!(?grace, "still not finished; stopping at once"),
        }
        self.hard.cancel();
        // A last moment in which cut-off tasks give back their leases.
        let _ = tokio::time::timeout(Duration::from_secs(2), self.tasks.wait()).await;
        Ending::Forced
    }
}

/// SIGTERM and SIGINT.
pub struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Panics
    /// When the process may not listen to its own signals, which it always may.
    #[must_use]
    pub fn install() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self {
            terminate: signal(SignalKind::terminate()).expect("a process may listen to its own signals"),
            interrupt: signal(SignalKind::interrupt()).expect("a process may listen to its own signals"),
        }
    }

    /// The name of the next one.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
