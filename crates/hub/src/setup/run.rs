//! One set-up, from its first look to its report.

use super::handshake;
use super::report::{Report, Step};
use super::want::Task;
use crate::audit::{self, Action, To};
use crate::connect::{Line, Patience, Trouble};
use crate::cx::Cx;
use crate::jobs::{Payload, enqueue};
use crate::keys::KeysError;
use std::time::Duration;
use syncline_core::time::Timestamp;
use syncline_providers::load::At;
use syncline_providers::setup::{self, Planned, Preparation, Setup, Step as Next, Taken};
use syncline_providers::wire::{Again, Call, Fault};
use syncline_store::connections::{Connection, Status};
use syncline_store::{StoreError, hooks, leases};

/// How long a set-up is alone without saying that it goes on: longer than any call and the waiting before it.
const ALONE: Duration = Duration::from_secs(300);

/// How often it begins anew because nobody knows what became of a change.
const MOST_ANEW: u32 = 3;

/// How to set up.
#[derive(Clone, Copy, Debug, Default)]
pub struct How {
    /// Only say what would change.
    pub dry_run: bool,
    /// Whether an operator asks: what tenants share is theirs to change.
    pub by_operator: bool,
    /// Whether to go on where that changes what others have set up.
    pub take_over: bool,
}

/// Why nothing, or not all, was set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Somebody else is at it.
    #[error("this is being set up by somebody else at the moment")]
    Busy,
    /// A person has to connect again.
    #[error("the connection needs to be authorized again: {0}")]
    NeedsReauthorization(String),
    /// The connection is over.
    #[error("the connection was ended")]
    Disconnected,
    /// Not now.
    #[error("not now: {0}")]
    Later(String),
    /// The sealing keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Trouble> for SetupError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Paused(reason) => Self::NeedsReauthorization(reason),
            Trouble::Ended => Self::Disconnected,
            Trouble::Later { message, .. } => Self::Later(message),
            Trouble::Keys(error) => Self::Keys(error),
            Trouble::Refused(fault) => Self::Later(fault.to_string()),
            Trouble::Store(error) => Self::Store(error),
        }
    }
}

/// Sets a connection's account up, or says what that would change. What cannot be done does not stop the rest.
///
/// # Errors
/// [`SetupError`] when it did not come to its end. What was done until then is done, and the next set-up finds it.
pub async fn prepare(cx: &Cx, connection: &Connection, how: How) -> Result<Report, SetupError> {
    match connection.status {
        Status::Active => {}
        Status::Disconnected => return Err(SetupError::Disconnected),
        Status::NeedsReauthorization => {
            return Err(SetupError::NeedsReauthorization(connection.reason.clone().unwrap_or_default()));
        }
    }
    let mut report = Report {
        connection_id: connection.id.clone(),
        provider: connection.provider.clone(),
        dry_run: how.dry_run,
        steps: Vec::new(),
        verification: None,
    };
    let Some(setup) = setup::setup(&connection.provider) else { return Ok(report) };
    let task = Task::of(cx, connection, setup, how).await?;
    if how.by_operator && connection.provider == "notion" && task.want.kept.is_empty() {
        report.verification = handshake::arrived(cx, &task.owner).await?;
    }
    let lease = format!("setup/{}", task.owner);
    let me = cx.dice.id("set", cx.now());
    if !how.dry_run && !leases::hold(&cx.store, &lease, &me, cx.now(), ALONE).await? {
        return Err(SetupError::Busy);
    }
    report.steps.extend(task.notes.iter().cloned().map(Step::note));
    let line = Line::new(cx, &connection.id, "setup");
    let mut walk =
        Way { cx, connection, setup, how, task, line, steps: report.steps, anew: 0, lease: (&lease, &me) };
    let walked = walk.along().await;
    report.steps = walk.steps;
    if !how.dry_run {
        leases::give_back(&cx.store, &lease, &me).await?;
        if cx.by.is_somebody() {
            let to = To { org_id: &connection.org_id, id: &connection.id };
            let count = report.steps.len();
            let steps = if count == 1 { "step" } else { "steps" };
            let what = format!("{}, {count} {steps}", connection.provider);
            audit::note_after(cx, Action::ConnectionSetUp, to, what).await;
        }
        cx.wake.jobs.notify_one();
    }
    walked.map(|()| report)
}

/// The way through one set-up.
struct Way<'a> {
    cx: &'a Cx,
    connection: &'a Connection,
    setup: &'static dyn Setup,
    how: How,
    task: Task,
    line: Line<'a>,
    steps: Vec<Step>,
    /// How often it began anew.
    anew: u32,
    lease: (&'a str, &'a str),
}

/// What comes next.
enum Doing {
    /// Nothing.
    Done,
    /// Nothing to send: it was only to be said.
    Said,
    /// This call, and what it changes.
    Call(Box<Call>, Option<Planned>),
}

/// How to go on after a fault.
enum On {
    /// The same again.
    Again,
    /// From the first look on.
    Anew,
    /// With the rest.
    Rest(String),
    /// Not at all.
    Stop(String),
}

impl Way<'_> {
    async fn along(&mut self) -> Result<(), SetupError> {
        let mut plan = self.setup.begin(&self.task.want);
        let mut patience = Patience::default();
        loop {
            let ready = self.line.ready().await?;
            let at = ready.at();
            let (call, what) = match self.look(plan.as_mut(), &at).await? {
                Doing::Done => return Ok(()),
                Doing::Said => continue,
                Doing::Call(call, what) => (*call, what),
            };
            let taken = match ready.send(&call).await {
                Ok(answer) => plan.take(&at, &answer.reply()),
                Err(fault) => Err(fault),
            };
            let fault = match taken {
                Ok(taken) => {
                    self.keep(&taken).await?;
                    self.steps.extend(what.map(Step::done));
                    patience = Patience::default();
                    continue;
                }
                Err(fault) => fault,
            };
            let unknown = what.is_some() && leaves_open(&call, &fault);
            match self.after(self.recover(&ready, &call, fault, unknown, &mut patience).await, unknown)? {
                On::Again => {}
                On::Anew => {
                    self.task.refresh(self.cx).await?;
                    plan = self.setup.begin(&self.task.want);
                }
                On::Rest(reason) => {
                    self.fail(plan.as_mut(), what, reason);
                    patience = Patience::default();
                }
                On::Stop(reason) => {
                    self.steps.push(Step::failed(what, reason));
                    return Ok(());
                }
            }
        }
    }

    /// What comes next, after what was only to be said.
    async fn look(&mut self, plan: &mut dyn Preparation, at: &At<'_>) -> Result<Doing, SetupError> {
        Ok(match plan.next(at) {
            Next::Done => Doing::Done,
            Next::Note(planned) => {
                self.steps.push(Step::note(planned));
                plan.skip();
                Doing::Said
            }
            Next::Change { what, .. } if self.how.dry_run => {
                self.steps.push(Step::planned(what));
                plan.skip();
                Doing::Said
            }
            Next::Look(call) => Doing::Call(Box::new(call), None),
            Next::Change { call, what } => {
                self.still_alone().await?;
                Doing::Call(Box::new(call), Some(what))
            }
        })
    }

    async fn recover(
        &self,
        ready: &crate::connect::line::Ready<'_>,
        call: &Call,
        fault: Fault,
        unknown: bool,
        patience: &mut Patience,
    ) -> Result<(), Trouble> {
        // What may have been done is looked at, after the same wait as what was not.
        let fault = match fault {
            Fault::MaybeCommitted(message) if unknown => Fault::Transient { message, wait: None },
            other => other,
        };
        self.line.recover(ready, call, fault, patience).await
    }

    fn after(&mut self, recovered: Result<(), Trouble>, unknown: bool) -> Result<On, SetupError> {
        match recovered {
            Ok(()) if unknown => {
                self.anew += 1;
                let say = "the provider does not say what became of it; set up again";
                Ok(if self.anew > MOST_ANEW { On::Stop(say.to_owned()) } else { On::Anew })
            }
            Ok(()) => Ok(On::Again),
            Err(Trouble::Refused(fault)) => Ok(On::Rest(fault.to_string())),
            Err(Trouble::Later { message, .. }) => Ok(On::Stop(message)),
            Err(other) => Err(other.into()),
        }
    }

    fn fail(&mut self, plan: &mut dyn Preparation, what: Option<Planned>, reason: String) {
        self.steps.push(Step::failed(what, reason));
        plan.give_up();
    }

    /// The lease goes on; whoever lost it stops before it changes something.
    async fn still_alone(&self) -> Result<(), SetupError> {
        let (lease, me) = self.lease;
        let held = leases::hold(&self.cx.store, lease, me, self.cx.now(), ALONE).await?;
        if held { Ok(()) } else { Err(SetupError::Busy) }
    }

    /// Remembers what an answer brought, together with the job that renews it.
    async fn keep(&self, taken: &Taken) -> Result<(), SetupError> {
        if self.how.dry_run || (taken.kept.is_empty() && taken.gone.is_empty()) {
            return Ok(());
        }
        let rows = taken.kept.iter().map(|kept| self.task.row(self.cx, kept));
        let rows = rows.collect::<Result<Vec<_>, KeysError>>()?;
        let mut tx = self.cx.store.begin().await?;
        for remote_id in &taken.gone {
            self.task.forget(&mut tx, remote_id).await?;
        }
        for row in &rows {
            hooks::keep(&mut tx, row).await?;
        }
        let ends = rows.iter().filter_map(|row| row.expires_at).min();
        if let Some(at) = ends.and_then(|ends| renewal(self.setup, ends)) {
            let Connection { id, org_id, .. } = self.connection;
            let renew = Payload::RenewHooks { connection_id: id.clone(), org_id: org_id.clone() };
            enqueue(self.cx, &mut tx, &renew, at).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// When what ends then is to be renewed; none where nothing is.
pub(super) fn renewal(setup: &dyn Setup, ends: Timestamp) -> Option<Timestamp> {
    let before = i64::try_from(setup.renew_before()?.as_millis()).unwrap_or(i64::MAX);
    Some(Timestamp::from_millis(ends.as_millis().saturating_sub(before)))
}

/// Whether nobody knows if the change was made: no answer, or one of a server that failed on the way.
fn leaves_open(call: &Call, fault: &Fault) -> bool {
    match fault {
        Fault::MaybeCommitted(_) => true,
        Fault::Transient { .. } => call.again == Again::LookFirst,
        _ => false,
    }
}
