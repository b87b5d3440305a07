//! The model: what jobs are, in a few lines over a list.

use crate::support::at;
use syncline_core::time::Timestamp;
use syncline_store::jobs::{Job, NewJob, Outcome, State};

/// How long a lease lasts, in seconds.
pub const LEASE: i64 = 30;
const DIED: &str = "the worker died while it ran";

/// A job, and what nobody is shown of it.
#[derive(Clone, Debug)]
pub struct Known {
    pub job: Job,
    pub again_at: Option<Timestamp>,
    pub lease: Option<(String, Timestamp)>,
}

#[derive(Default)]
pub struct Model {
    pub seconds: i64,
    pub made: usize,
    pub jobs: Vec<Known>,
}

impl Model {
    pub fn now(&self) -> Timestamp {
        at(self.seconds)
    }

    pub fn later(&self, seconds: i64) -> Timestamp {
        at(self.seconds + seconds)
    }

    pub fn id_of(&self, job: usize) -> String {
        let ids: Vec<_> = self.jobs.iter().map(|it| &it.job.id).collect();
        ids.get(job % ids.len().max(1)).map_or_else(|| "none".to_owned(), |id| (*id).clone())
    }

    pub fn new_job(&mut self, org: usize, key: Option<usize>, run_at: Timestamp) -> NewJob {
        self.made += 1;
        NewJob {
            id: format!("{:03}", self.made),
            kind: "test".to_owned(),
            org_id: org_name(org),
            coalesce_key: key.map(|key| format!("key {key}")),
            payload: self.made.to_string(),
            run_at,
        }
    }

    pub fn add(&mut self, new: &NewJob, state: State, last_error: Option<&str>) {
        let job = Job {
            id: new.id.clone(),
            kind: new.kind.clone(),
            org_id: new.org_id.clone(),
            coalesce_key: new.coalesce_key.clone(),
            payload: new.payload.clone(),
            state,
            run_at: new.run_at,
            attempts: 0,
            last_error: last_error.map(str::to_owned),
            created_at: self.now(),
            updated_at: self.now(),
        };
        self.jobs.push(Known { job, again_at: None, lease: None });
    }

    pub fn enqueue(&mut self, new: &NewJob) {
        let now = self.now();
        let same = self
            .jobs
            .iter_mut()
            .find(|it| new.coalesce_key.is_some() && it.job.coalesce_key == new.coalesce_key);
        let Some(it) = same else { return self.add(new, State::Waiting, None) };
        it.job.payload.clone_from(&new.payload);
        it.job.updated_at = now;
        it.ask(new.run_at);
    }

    pub fn claim(&mut self, org: &str, worker: &str, limit: u32) -> Vec<Job> {
        let now = self.now();
        let until = self.later(LEASE);
        let mut due: Vec<_> =
            self.jobs.iter_mut().filter(|it| it.is_due(now) && it.job.org_id == org).collect();
        due.sort_by_key(|it| (it.job.run_at, it.job.id.clone()));
        due.into_iter()
            .take(limit as usize)
            .map(|it| {
                it.job.state = State::Running;
                it.job.attempts += 1;
                it.job.updated_at = now;
                it.lease = Some((worker.to_owned(), until));
                it.job.clone()
            })
            .collect()
    }

    pub fn settle(&mut self, id: &str, worker: &str, outcome: &Outcome) -> bool {
        let now = self.now();
        let holds =
            |it: &Known| it.job.id == id && it.lease.as_ref().is_some_and(|(owner, _)| owner == worker);
        let Some(place) = self.jobs.iter().position(holds) else { return false };
        let it = &mut self.jobs[place];
        let again_at = it.again_at.take();
        it.lease = None;
        it.job.updated_at = now;
        it.job.state = State::Waiting;
        match outcome {
            Outcome::Done => {
                // As if it were queued anew.
                let Some(again_at) = again_at else {
                    self.jobs.remove(place);
                    return true;
                };
                (it.job.run_at, it.job.attempts, it.job.last_error) = (again_at, 0, None);
            }
            Outcome::Continue(then) => (it.job.run_at, it.job.attempts, it.job.last_error) = (*then, 0, None),
            Outcome::Retry(then, why) => (it.job.run_at, it.job.last_error) = (*then, Some(why.clone())),
            Outcome::Park(why) => {
                (it.job.state, it.job.run_at, it.job.last_error) = (State::Parked, now, Some(why.clone()));
            }
            Outcome::Release => (it.job.run_at, it.job.attempts) = (now, it.job.attempts - 1),
        }
        if let Some(again_at) = again_at {
            it.ask(again_at);
        }
        true
    }

    pub fn reclaim(&mut self) -> u64 {
        let now = self.now();
        let mut reclaimed = 0;
        for it in &mut self.jobs {
            if it.lease.as_ref().is_some_and(|(_, until)| *until <= now) {
                it.lease = None;
                (it.job.state, it.job.run_at, it.job.updated_at) = (State::Waiting, now, now);
                it.job.last_error = Some(DIED.to_owned());
                if let Some(again_at) = it.again_at.take() {
                    it.ask(again_at);
                }
                reclaimed += 1;
            }
        }
        reclaimed
    }

    pub fn retry(&mut self, admits: impl Fn(&Job) -> bool) -> u64 {
        let now = self.now();
        let parked = self.jobs.iter_mut().filter(|it| it.job.state == State::Parked && admits(&it.job));
        parked
            .map(|it| {
                (it.job.state, it.job.run_at, it.job.attempts, it.job.updated_at) =
                    (State::Waiting, now, 0, now);
            })
            .count() as u64
    }
}

impl Known {
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.job.state == State::Waiting && self.job.run_at <= now
    }

    /// What asking once more does, to whatever state it is in.
    pub fn ask(&mut self, run_at: Timestamp) {
        match self.job.state {
            State::Waiting => self.job.run_at = self.job.run_at.min(run_at),
            State::Running => self.again_at = Some(self.again_at.map_or(run_at, |at| at.min(run_at))),
            State::Parked => {
                (self.job.state, self.job.run_at, self.job.attempts) = (State::Waiting, run_at, 0)
            }
        }
    }
}

/// The organizations there are.
pub fn org_name(org: usize) -> String {
    ["", "acme"][org].to_owned()
}
