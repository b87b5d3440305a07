//! A provider's limit as a sliding window, counted so that it cannot be overdrawn: a call takes its place when it is sent and
//! gives it back a whole span after its answer came. The provider counted it somewhere in between, so however long the
//! wire takes, it never sees more than the limit in any span of its own clock.

use std::collections::BTreeMap;
use std::time::Duration;

/// So many calls in every span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub calls: usize,
    /// The span.
    pub span: Duration,
}

/// One limit and who holds its places. Instants are durations since any fixed moment, which is the caller's to choose.
#[derive(Clone, Debug)]
pub struct Window {
    rate: Rate,
    /// By ticket: when the place is free again; none while the answer is awaited.
    places: BTreeMap<u64, Option<Duration>>,
    closed_until: Duration,
}

/// Whether a call may go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Now.
    Now,
    /// Not before this instant.
    At(Duration),
    /// When an answer comes: every place is taken by a call under way.
    WhenAnswered,
}

impl Window {
    /// An empty window.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self { rate, places: BTreeMap::new(), closed_until: Duration::ZERO }
    }

    /// Whether a call may go out at `now`.
    pub fn admission(&mut self, now: Duration) -> Admission {
        if now < self.closed_until {
            return Admission::At(self.closed_until);
        }
        self.places.retain(|_, free_at| free_at.is_none_or(|at| at > now));
        if self.places.len() < self.rate.calls {
            return Admission::Now;
        }
        match self.places.values().flatten().min() {
            Some(at) => Admission::At(*at),
            None => Admission::WhenAnswered,
        }
    }

    /// The call with this ticket goes out.
    pub fn take(&mut self, ticket: u64) {
        self.places.insert(ticket, None);
    }

    /// Its answer came, or it is known never to come.
    pub fn answered(&mut self, ticket: u64, now: Duration) {
        if let Some(place) = self.places.get_mut(&ticket) {
            *place = Some(now + self.rate.span);
        }
    }

    /// Nothing was sent with this ticket.
    pub fn give_back(&mut self, ticket: u64) {
        self.places.remove(&ticket);
    }

    /// Nothing goes out before `until`: the provider asked for it.
    pub fn close(&mut self, until: Duration) {
        self.closed_until = self.closed_until.max(until);
    }

    /// Places taken at `now`, those of calls under way included.
    #[must_use]
    pub fn used(&self, now: Duration) -> usize {
        self.places.values().filter(|free_at| free_at.is_none_or(|at| at > now)).count()
    }

    /// The rate.
    #[must_use]
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// Until when the provider wants to hear nothing; none when it does not mind.
    #[must_use]
    pub fn closed_until(&self, now: Duration) -> Option<Duration> {
        (self.closed_until > now).then_some(self.closed_until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATE: Rate = Rate { calls: 3, span: Duration::from_millis(100) };

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_place_is_free_a_span_after_the_answer_and_not_before() {
        let mut window = Window::new(RATE);
        for ticket in 0..3 {
            assert_eq!(window.admission(ms(0)), Admission::Now);
            window.take(ticket);
        }
        assert_eq!(window.admission(ms(500)), Admission::WhenAnswered);
        window.answered(0, ms(500));
        assert_eq!(window.admission(ms(599)), Admission::At(ms(600)));
        assert_eq!(window.admission(ms(600)), Admission::Now);
    }

    #[test]
    fn a_closed_window_admits_nobody_until_its_time_and_a_shorter_order_does_not_open_it() {
        let mut window = Window::new(RATE);
        window.close(ms(900));
        window.close(ms(50));
        assert_eq!(window.admission(ms(899)), Admission::At(ms(900)));
        assert_eq!(window.admission(ms(900)), Admission::Now);
    }

    proptest! {
        /// The provider counts a call at any moment between sending and answer.
        #[test]
        fn the_provider_never_counts_too_many(
            calls in prop::collection::vec((0..40_u64, 0..60_u64, 0..=100_u64), 1..60)
        ) {
            let mut window = Window::new(RATE);
            let mut counted: Vec<Duration> = Vec::new();
            let mut under_way: Vec<(Duration, u64)> = Vec::new();
            let mut now = Duration::ZERO;
            for (ticket, (pause, latency, share)) in (0..).zip(calls) {
                now += ms(pause);
                loop {
                    under_way.retain(|(at, ticket)| {
                        if *at <= now {
                            window.answered(*ticket, *at);
                        }
                        *at > now
                    });
                    match window.admission(now) {
                        Admission::Now => break,
                        Admission::At(at) => now = at.min(under_way.iter().map(|call| call.0).min().unwrap_or(at)),
                        Admission::WhenAnswered => now = under_way.iter().map(|call| call.0).min().expect("one is under way"),
                    }
                }
                window.take(ticket);
                counted.push(now + ms(latency) * u32::try_from(share).expect("small") / 100);
                under_way.push((now + ms(latency), ticket));
            }
            counted.sort_unstable();
            for (at, first) in counted.iter().enumerate() {
                let within = counted[at..].iter().take_while(|one| **one < *first + RATE.span).count();
                prop_assert!(within <= RATE.calls, "{within} within a span");
            }
        }
    }
}
