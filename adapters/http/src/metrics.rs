//! Counters in a registry of our own, in the Prometheus text format: nothing global, nothing of the host's.

use std::{sync::Arc, time::Duration};

use http::{Method, StatusCode};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    route: &'static str,
    method: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// What the console counts. Labels are routes, methods, statuses and our own words; never input.
pub(crate) struct Metrics {
    registry: Arc<Registry>,
    answers: Family<Answer, Counter>,
    seconds: Histogram,
    verifications: Family<Outcome, Counter>,
    tries: Family<Outcome, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        let (answers, verifications, tries) = (Family::default(), Family::default(), Family::default());
        let buckets = [
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
        ];
        let seconds = Histogram::new(buckets);
        let mut registry = Registry::with_prefix("aforo");
        registry.register(
            "http_responses",
            "Answers by route, method and status",
            answers.clone(),
        );
        registry.register(
            "http_request_seconds",
            "Time to the head of an answer",
            seconds.clone(),
        );
        registry.register(
            "key_verifications",
            "Key verifications by outcome",
            Family::clone(&verifications),
        );
        registry.register(
            "playground_calls",
            "Playground calls by outcome",
            Family::clone(&tries),
        );
        Self {
            registry: Arc::new(registry),
            answers,
            seconds,
            verifications,
            tries,
        }
    }
}

impl Metrics {
    pub(crate) fn answered(&self, route: &'static str, method: &Method, status: StatusCode) {
        let label = Answer {
            route,
            method: method.to_string(),
            status: status.as_u16(),
        };
        self.answers.get_or_create(&label).inc();
    }
    pub(crate) fn took(&self, time: Duration) {
        self.seconds.observe(time.as_secs_f64());
    }
    pub(crate) fn verified(&self, outcome: &'static str) {
        self.verifications.get_or_create(&Outcome { outcome }).inc();
    }
    pub(crate) fn tried(&self, outcome: &'static str) {
        self.tries.get_or_create(&Outcome { outcome }).inc();
    }
    /// The Prometheus text format.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        let _ = encode(&mut out, &self.registry); // writing to a String cannot fail
        out
    }
}
