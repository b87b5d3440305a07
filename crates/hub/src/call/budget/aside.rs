//! Calls past a provider's API, which share an account's patience all the same: triggers of workflows. Nobody waits in line for these: who
//! finds no place now leaves what it wanted to send where it was, and comes back.

use super::{Budgets, Counted, Gate, Local, Permit, Whose, name};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use syncline_core::budget::{Admission, Rate, Window};

/// A limit that is in no provider's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aside {
    /// For people, metrics and rows.
    pub name: &'static str,
    /// How many; no calls at all means no limit.
    pub rate: Rate,
}

/// How soon to look again while every place is taken by a call under way.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

impl Budgets {
    /// How many such calls may go out now as far as this process knows.
    ///
    /// # Errors
    /// How long none may.
    pub fn room(&self, whose: &Whose, limit: Aside) -> Result<usize, Duration> {
        self.aside(whose, limit).map_or(Ok(usize::MAX), |counted| self.gate(whose).room(&counted))
    }

    /// A place for such a call, if there is one now, among all processes that share a Redis.
    ///
    /// # Errors
    /// How long to wait before asking again.
    pub async fn try_permit(&self, whose: &Whose, limit: Aside) -> Result<Permit, Duration> {
        let Some(counted) = self.aside(whose, limit) else {
            return Ok(Permit { local: None, shared: None });
        };
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        let local = self.gate(whose).try_take(&counted, ticket)?;
        let Some(shared) = &self.shared else { return Ok(Permit { local: Some(local), shared: None }) };
        let keys = vec![(name(whose, &counted.key), counted.rate)];
        match shared.try_take(&keys, ticket).await {
            Some(Duration::ZERO) => {
                Ok(Permit { local: Some(local), shared: Some((Arc::clone(shared), keys)) })
            }
            Some(wait) => {
                local.give_back();
                Err(wait)
            }
            None => Ok(Permit { local: Some(local), shared: None }),
        }
    }

    /// The window that counts it; none: nothing does.
    fn aside(&self, whose: &Whose, limit: Aside) -> Option<Counted> {
        let factor = self.factors.get(whose.provider).copied().unwrap_or(1.0);
        if factor <= 0.0 || limit.rate.calls == 0 {
            return None;
        }
        let calls = ((limit.rate.calls as f64 * factor) as usize).max(1);
        let rate = Rate { calls, span: limit.rate.span };
        Some(Counted { key: (limit.name, String::new()), rate, penalty: Duration::ZERO })
    }
}

impl Gate {
    fn room(&self, counted: &Counted) -> Result<usize, Duration> {
        let now = self.watch.elapsed();
        let mut state = self.state();
        let window = state.windows.entry(counted.key.clone()).or_insert_with(|| Window::new(counted.rate));
        match window.admission(now) {
            Admission::Now => Ok(window.rate().calls.saturating_sub(window.used(now)).max(1)),
            Admission::At(at) => Err(at.saturating_sub(now).max(Duration::from_millis(1))),
            Admission::WhenAnswered => Err(LOOK_AGAIN),
        }
    }

    fn try_take(self: &Arc<Self>, counted: &Counted, ticket: u64) -> Result<Local, Duration> {
        self.room(counted)?;
        let mut state = self.state();
        if let Some(window) = state.windows.get_mut(&counted.key) {
            window.take(ticket);
        }
        Ok(Local { gate: Arc::clone(self), ticket, keys: vec![counted.key.clone()] })
    }
}

impl Local {
    /// Nothing was sent: the place is free at once.
    fn give_back(mut self) {
        let keys = std::mem::take(&mut self.keys);
        let mut state = self.gate.state();
        for key in &keys {
            if let Some(window) = state.windows.get_mut(key) {
                window.give_back(self.ticket);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use syncline_providers::connect::Credential;

    fn whose(account: &str) -> Whose {
        let (provider, org_id) = ("hubspot", "acme".to_owned());
        Whose {
            provider,
            account: account.to_owned(),
            credential: Credential::Key,
            org_id,
            purpose: "counters",
        }
    }

    fn limit(calls: usize) -> Aside {
        Aside { name: "triggers", rate: Rate { calls, span: Duration::from_secs(3_600) } }
    }

    fn budgets(factor: f64) -> Budgets {
        Budgets::new(BTreeMap::from([("hubspot", factor)]), None).unwrap()
    }

    #[tokio::test]
    async fn an_accounts_definitions_share_its_places_and_other_accounts_have_their_own() {
        let budgets = budgets(0.5);
        let (mine, theirs) = (whose("1"), whose("2"));
        assert_eq!(budgets.room(&mine, limit(4)), Ok(2));
        let first = budgets.try_permit(&mine, limit(4)).await.unwrap();
        let second = budgets.try_permit(&mine, limit(4)).await.unwrap();
        assert_eq!(budgets.try_permit(&mine, limit(4)).await.err(), Some(LOOK_AGAIN));
        first.answered();
        second.answered();
        let wait = budgets.room(&mine, limit(4)).unwrap_err();
        assert!(wait > Duration::from_secs(3_590), "{wait:?}");
        assert_eq!(budgets.room(&theirs, limit(4)), Ok(2));
    }

    #[tokio::test]
    async fn what_was_not_sent_leaves_its_place_as_it_was() {
        let budgets = budgets(1.0);
        let counted = budgets.aside(&whose("1"), limit(1)).unwrap();
        budgets.gate(&whose("1")).try_take(&counted, 7).unwrap().give_back();
        assert_eq!(budgets.room(&whose("1"), limit(1)), Ok(1));
    }

    #[tokio::test]
    async fn without_a_limit_or_a_budget_there_is_always_room() {
        for (factor, calls) in [(0.0, 4), (1.0, 0)] {
            let budgets = budgets(factor);
            assert_eq!(budgets.room(&whose("1"), limit(calls)), Ok(usize::MAX));
            for _ in 0..9 {
                std::mem::forget(budgets.try_permit(&whose("1"), limit(calls)).await.unwrap());
            }
        }
    }
}
