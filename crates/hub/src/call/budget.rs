//! Budgets: a provider's limits, shared by everybody who calls for the same account. Places go round among those who wait (an
//! organization and what it calls for), so that a long load holds up neither another tenant nor a webhook's hydration.

mod aside;

pub use aside::Aside;

use super::shared::Shared;
use crate::telemetry::{Stopwatch, metrics};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use syncline_core::budget::{Admission, Rate, Window};
use syncline_core::secret::Secret;
use syncline_providers::connect::Credential;
use syncline_providers::load::{self, Counts, Limit};
use syncline_providers::wire::{Call, Cost};
use tokio::sync::oneshot;

/// Who calls, and whose limits it counts against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    /// At which provider.
    pub provider: &'static str,
    /// Which account there.
    pub account: String,
    /// How the connection proves itself: the limits may differ.
    pub credential: Credential,
    /// For which organization.
    pub org_id: String,
    /// What for (`load`, `hydrate`): each has its turn.
    pub purpose: &'static str,
}

/// All budgets of a process.
#[derive(Debug)]
pub struct Budgets {
    factors: BTreeMap<&'static str, f64>,
    gates: Mutex<BTreeMap<(&'static str, String), Arc<Gate>>>,
    watch: Stopwatch,
    tickets: AtomicU64,
    shared: Option<Arc<Shared>>,
}

/// One account's windows and who waits for them.
#[derive(Debug)]
struct Gate {
    watch: Stopwatch,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    windows: BTreeMap<Key, Window>,
    /// In the order of their turns.
    queues: VecDeque<Queue>,
}

/// A limit's name, and the part of the account it is for.
pub(super) type Key = (&'static str, String);

#[derive(Debug)]
struct Queue {
    who: (String, &'static str),
    waiting: VecDeque<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    ticket: u64,
    keys: Vec<Key>,
    grant: oneshot::Sender<Local>,
}

/// A place in every window that counts a call. Given back a span after the answer; dropping it counts as the answer.
#[derive(Debug)]
pub struct Permit {
    local: Option<Local>,
    shared: Option<Places>,
}

/// Places among the processes: the windows by their names there.
type Places = (Arc<Shared>, Vec<(String, Rate)>);

#[derive(Debug)]
struct Local {
    gate: Arc<Gate>,
    ticket: u64,
    keys: Vec<Key>,
}

/// A window as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct BudgetView {
    /// At which provider.
    pub provider: &'static str,
    /// Which account there.
    pub account: String,
    /// The limit.
    pub limit: &'static str,
    /// The part of the account; empty for the whole.
    pub part: String,
    /// Places taken now.
    pub used: usize,
    /// Places there are.
    pub calls: usize,
    /// In how many milliseconds.
    pub span_ms: u64,
    /// Calls waiting for a place.
    pub waiting: usize,
    /// For how many milliseconds the provider wants to hear nothing; 0 when it does not mind.
    pub closed_ms: u64,
}

impl Budgets {
    /// Without any use so far; shared with other processes where there is a Redis. `factors` say how much of each provider's limits is
    /// used.
    ///
    /// # Errors
    /// When the URL cannot be one of Redis.
    pub fn new(factors: BTreeMap<&'static str, f64>, redis: Option<&Secret>) -> anyhow::Result<Self> {
        let shared = redis.map(Shared::new).transpose()?.map(Arc::new);
        Ok(Self {
            factors,
            gates: Mutex::default(),
            watch: Stopwatch::start(),
            tickets: AtomicU64::new(1),
            shared,
        })
    }

    /// Waits for a place in every window that counts the call.
    pub async fn permit(&self, whose: &Whose, call: &Call) -> Permit {
        let limits = self.counted_by(whose, call);
        if limits.is_empty() {
            return Permit { local: None, shared: None };
        }
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        let gate = self.gate(whose);
        let local = gate.admit(whose, &limits, ticket).await;
        let shared = match &self.shared {
            None => None,
            Some(shared) => {
                let keys: Vec<_> = limits.iter().map(|limit| (name(whose, &limit.key), limit.rate)).collect();
                shared.take(&keys, ticket).await.then(|| (Arc::clone(shared), keys))
            }
        };
        Permit { local: Some(local), shared }
    }

    /// A call was made before anybody knew whose account it counts against (the question whose it is): it takes its place all the same,
    /// or the account's first window would hold one too many.
    pub fn charge(&self, whose: &Whose, call: &Call) {
        let limits = self.counted_by(whose, call);
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        self.gate(whose).charge(&limits, ticket);
        if let (Some(shared), false) = (&self.shared, limits.is_empty()) {
            let keys = limits.iter().map(|limit| (name(whose, &limit.key), limit.rate)).collect();
            Arc::clone(shared).charge(keys, ticket);
        }
    }

    /// The provider said it was too much: nothing goes out for `wait`, or for the limit's own penalty.
    pub fn refused(&self, whose: &Whose, call: &Call, wait: Option<Duration>) -> Duration {
        let limits = self.counted_by(whose, call);
        let longest = limits.iter().map(|limit| limit.penalty).max().unwrap_or(Duration::from_secs(1));
        let wait = wait.unwrap_or(longest);
        metrics::rate_limited(whose.provider);
        self.gate(whose).close(&limits, wait);
        if let Some(shared) = &self.shared {
            shared.close(limits.iter().map(|limit| name(whose, &limit.key)).collect(), wait);
        }
        wait
    }

    /// Every window that is in use.
    #[must_use]
    pub fn view(&self) -> Vec<BudgetView> {
        let gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        gates.iter().flat_map(|((provider, account), gate)| gate.view(provider, account)).collect()
    }

    /// The limits of an account that is proved in this way, those in use and those that rest. Limits of its parts are known only while
    /// they are in use.
    #[must_use]
    pub fn of_account(&self, provider: &str, account: &str, credential: Credential) -> Vec<BudgetView> {
        let mut known = self.view();
        known.retain(|view| view.provider == provider && view.account == account);
        let (Some(loader), factor) = (load::load(provider), self.factor(provider)) else { return known };
        let limits = loader.limits(credential).iter().filter(|limit| factor > 0.0 && !limit.per_part);
        let resting = limits.filter(|limit| !known.iter().any(|view| view.limit == limit.name));
        let resting: Vec<BudgetView> =
            resting.map(|limit| at_rest(provider, account, limit, factor)).collect();
        known.extend(resting);
        known
    }

    fn factor(&self, provider: &str) -> f64 {
        self.factors.get(provider).copied().unwrap_or(1.0)
    }

    fn counted_by(&self, whose: &Whose, call: &Call) -> Vec<Counted> {
        counted_by(whose, call, self.factor(whose.provider))
    }

    fn gate(&self, whose: &Whose) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (whose.provider, whose.account.clone());
        Arc::clone(
            gates.entry(key).or_insert_with(|| Arc::new(Gate { watch: self.watch, state: Mutex::default() })),
        )
    }
}

/// A limit that nobody uses just now.
fn at_rest(provider: &str, account: &str, limit: &Limit, factor: f64) -> BudgetView {
    let rate = rate(limit, factor);
    BudgetView {
        provider: load::LOADERS.iter().find(|(id, _)| *id == provider).map_or("", |(id, _)| id),
        account: account.to_owned(),
        limit: limit.name,
        part: String::new(),
        used: 0,
        calls: rate.calls,
        span_ms: millis(rate.span),
        waiting: 0,
        closed_ms: 0,
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// How much of a limit is used. At least one call, however small the share: none at all would be waiting for ever.
fn rate(limit: &Limit, factor: f64) -> Rate {
    Rate { calls: ((f64::from(limit.calls) * factor) as usize).max(1), span: limit.span }
}

/// The windows that count this call, and how long each is left alone after a refusal that says no time itself.
fn counted_by(whose: &Whose, call: &Call, factor: f64) -> Vec<Counted> {
    if factor <= 0.0 {
        return Vec::new();
    }
    let limits = load::load(whose.provider).map_or(&[][..], |loader| loader.limits(whose.credential));
    let counts = |limit: &Limit| match (call.cost, limit.counts) {
        (Cost::Free, _) => false,
        (Cost::Call, Counts::Calls | Counts::Both) | (Cost::Search, Counts::Searches | Counts::Both) => {
            !limit.per_part || call.part.is_some()
        }
        (Cost::Call, Counts::Searches) | (Cost::Search, Counts::Calls) => false,
    };
    let part = |limit: &Limit| match &call.part {
        Some(part) if limit.per_part => part.clone(),
        _ => String::new(),
    };
    let counted = |limit: &Limit| Counted {
        key: (limit.name, part(limit)),
        rate: rate(limit, factor),
        penalty: limit.penalty,
    };
    limits.iter().filter(|limit| counts(limit)).map(counted).collect()
}

/// A window that counts a call.
#[derive(Clone, Debug)]
struct Counted {
    key: Key,
    rate: Rate,
    penalty: Duration,
}

/// A window's name among processes.
fn name(whose: &Whose, (limit, part): &Key) -> String {
    format!("syncline:budget:{}:{}:{limit}:{part}", whose.provider, whose.account)
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn admit(self: &Arc<Self>, whose: &Whose, limits: &[Counted], ticket: u64) -> Local {
        let (grant, mut granted) = oneshot::channel();
        let keys: Vec<Key> = limits.iter().map(|limit| limit.key.clone()).collect();
        {
            let mut state = self.state();
            for limit in limits {
                state.windows.entry(limit.key.clone()).or_insert_with(|| Window::new(limit.rate));
            }
            state.wait((whose.org_id.clone(), whose.purpose), Waiter { ticket, keys, grant });
        }
        loop {
            // Whoever waits also opens the gate for those before it: there is no task that could be missing.
            let look_again = self.pump();
            let pause = look_again.unwrap_or(Duration::from_secs(1));
            tokio::select! {
                biased;
                local = &mut granted => {
                    // A waiter is only taken out to be granted, or because it left.
                    return local.unwrap_or_else(|_| Local { gate: Arc::clone(self), ticket, keys: Vec::new() });
                }
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Lets in whoever can go; answers after how long to look again.
    fn pump(self: &Arc<Self>) -> Option<Duration> {
        let now = self.watch.elapsed();
        let mut unclaimed = Vec::new();
        let next = {
            let mut state = self.state();
            while let Some(waiter) = state.next(now) {
                for key in &waiter.keys {
                    if let Some(window) = state.windows.get_mut(key) {
                        window.take(waiter.ticket);
                    }
                }
                let local = Local { gate: Arc::clone(self), ticket: waiter.ticket, keys: waiter.keys };
                // Who went away meanwhile gives the place back, after the lock is.
                unclaimed.extend(waiter.grant.send(local).err());
            }
            state.earliest(now)
        };
        drop(unclaimed);
        next.map(|at| at.saturating_sub(now).max(Duration::from_millis(1)))
    }

    fn answered(self: &Arc<Self>, ticket: u64, keys: &[Key]) {
        let now = self.watch.elapsed();
        let mut state = self.state();
        for key in keys {
            if let Some(window) = state.windows.get_mut(key) {
                window.answered(ticket, now);
            }
        }
    }

    fn charge(&self, limits: &[Counted], ticket: u64) {
        let now = self.watch.elapsed();
        let mut state = self.state();
        for limit in limits {
            let window = state.windows.entry(limit.key.clone()).or_insert_with(|| Window::new(limit.rate));
            window.take(ticket);
            window.answered(ticket, now);
        }
    }

    fn close(&self, limits: &[Counted], wait: Duration) {
        let until = self.watch.elapsed() + wait;
        let mut state = self.state();
        for limit in limits {
            state.windows.entry(limit.key.clone()).or_insert_with(|| Window::new(limit.rate)).close(until);
        }
    }

    fn view(&self, provider: &'static str, account: &str) -> Vec<BudgetView> {
        let now = self.watch.elapsed();
        let state = self.state();
        let waiting = |key: &Key| {
            state.queues.iter().flat_map(|queue| &queue.waiting).filter(|w| w.keys.contains(key)).count()
        };
        let view = |(key, window): (&Key, &Window)| BudgetView {
            provider,
            account: account.to_owned(),
            limit: key.0,
            part: key.1.clone(),
            used: window.used(now),
            calls: window.rate().calls,
            span_ms: millis(window.rate().span),
            waiting: waiting(key),
            closed_ms: window.closed_until(now).map_or(0, |until| millis(until - now)),
        };
        state.windows.iter().map(view).collect()
    }
}

impl State {
    fn wait(&mut self, who: (String, &'static str), waiter: Waiter) {
        match self.queues.iter_mut().find(|queue| queue.who == who) {
            Some(queue) => queue.waiting.push_back(waiter),
            None => self.queues.push_back(Queue { who, waiting: VecDeque::from([waiter]) }),
        }
    }

    /// Takes out the next who can go: the first waiter of the first queue whose windows all have room. Its queue goes to the end.
    fn next(&mut self, now: Duration) -> Option<Waiter> {
        for queue in &mut self.queues {
            queue.waiting.retain(|waiter| !waiter.grant.is_closed());
        }
        self.queues.retain(|queue| !queue.waiting.is_empty());
        for at in 0..self.queues.len() {
            let Some(first) = self.queues[at].waiting.front() else { continue };
            let windows = &mut self.windows;
            let free = first
                .keys
                .iter()
                .all(|key| windows.get_mut(key).is_none_or(|window| window.admission(now) == Admission::Now));
            if free {
                let mut queue = self.queues.remove(at)?;
                let waiter = queue.waiting.pop_front();
                if !queue.waiting.is_empty() {
                    self.queues.push_back(queue);
                }
                return waiter;
            }
        }
        None
    }

    /// When somebody who waits can go, as far as is known.
    fn earliest(&mut self, now: Duration) -> Option<Duration> {
        let mut earliest: Option<Duration> = None;
        for queue in &self.queues {
            let Some(first) = queue.waiting.front() else { continue };
            let mut at = now;
            for key in &first.keys {
                match self.windows.get_mut(key).map(|window| window.admission(now)) {
                    Some(Admission::At(free)) => at = at.max(free),
                    Some(Admission::WhenAnswered) => at = at.max(now + Duration::from_millis(20)),
                    Some(Admission::Now) | None => {}
                }
            }
            earliest = Some(earliest.map_or(at, |known| known.min(at)));
        }
        earliest
    }
}

impl Permit {
    /// The answer came.
    pub fn answered(self) {
        drop(self);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let (Some((shared, keys)), Some(local)) = (self.shared.take(), &self.local) {
            shared.answered(keys, local.ticket);
        }
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.gate.answered(self.ticket, &self.keys);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = ("burst", String::new());
    const SPAN: Duration = Duration::from_secs(10);

    fn state(calls: usize) -> State {
        let mut state = State::default();
        state.windows.insert(KEY, Window::new(Rate { calls, span: SPAN }));
        state
    }

    fn queue(
        state: &mut State,
        org: &str,
        purpose: &'static str,
        tickets: std::ops::Range<u64>,
    ) -> Vec<oneshot::Receiver<Local>> {
        tickets
            .map(|ticket| {
                let (grant, granted) = oneshot::channel();
                state.wait((org.to_owned(), purpose), Waiter { ticket, keys: vec![KEY], grant });
                granted
            })
            .collect()
    }

    /// Lets in whoever can go at `now`; answers their tickets.
    fn let_in(state: &mut State, now: Duration) -> Vec<u64> {
        let mut tickets = Vec::new();
        while let Some(waiter) = state.next(now) {
            state.windows.get_mut(&KEY).unwrap().take(waiter.ticket);
            tickets.push(waiter.ticket);
        }
        tickets
    }

    #[test]
    fn places_go_round_among_organizations_and_purposes() {
        let mut state = state(6);
        let _loads = queue(&mut state, "acme", "load", 0..10);
        let _hydration = queue(&mut state, "acme", "hydrate", 10..12);
        let _other = queue(&mut state, "globex", "load", 20..22);
        assert_eq!(let_in(&mut state, Duration::ZERO), [0, 10, 20, 1, 11, 21]);
    }

    #[test]
    fn who_went_away_takes_no_place() {
        let mut state = state(1);
        drop(queue(&mut state, "acme", "load", 0..3));
        let _waiting = queue(&mut state, "acme", "load", 3..4);
        assert_eq!(let_in(&mut state, Duration::ZERO), [3]);
    }

    #[test]
    fn who_cannot_go_is_told_when_to_look_again() {
        let mut state = state(1);
        let _waiting = queue(&mut state, "acme", "load", 0..2);
        assert_eq!(let_in(&mut state, Duration::ZERO), [0]);
        state.windows.get_mut(&KEY).unwrap().answered(0, Duration::from_secs(1));
        assert_eq!(state.earliest(Duration::from_secs(1)), Some(Duration::from_secs(11)));
        state.windows.get_mut(&KEY).unwrap().close(Duration::from_secs(30));
        assert_eq!(let_in(&mut state, Duration::from_secs(29)), Vec::<u64>::new());
        assert_eq!(let_in(&mut state, Duration::from_secs(30)), [1]);
    }

    #[test]
    fn a_closed_part_holds_up_nobody_who_needs_another() {
        let mut state = state(1);
        let other: Key = ("base", "appB".to_owned());
        state.windows.insert(other.clone(), Window::new(Rate { calls: 1, span: SPAN }));
        state.windows.get_mut(&KEY).unwrap().close(Duration::from_secs(30));
        let _blocked = queue(&mut state, "acme", "load", 0..1);
        let (grant, _granted) = oneshot::channel();
        state.wait(("globex".to_owned(), "load"), Waiter { ticket: 1, keys: vec![other], grant });
        assert_eq!(state.next(Duration::ZERO).unwrap().ticket, 1);
    }
}
