//! The metrics of API Gateway, under its own names: `docs/aws/api-gateway.md#metrics`.
//!
//! The labels are those of the definition, so there are no more series than it has methods; what
//! goes beyond a limit is counted without resource and method.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use kit::lock::RwLock;
use metrics::{Counter, Gauge, Histogram, Unit};

/// The most methods that are counted each for itself.
const MOST: usize = 2_000;

/// The dimensions of a metric. What a request did not reach is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Dimensions<'a> {
    /// `ApiName`
    pub api: &'a str,
    /// `Stage`
    pub stage: &'a str,
    /// `Resource`
    pub resource: &'a str,
    /// `Method`
    pub method: &'a str,
}

/// What the cache did for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum CacheUse {
    /// It was not asked.
    #[default]
    None,
    /// It had the response.
    Hit,
    /// It had no response.
    Miss,
}

/// One request, as it is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    /// The status of the answer.
    pub status: u16,
    /// From the request's head to the answer.
    pub latency: Duration,
    /// How long the backend took, where one was called.
    pub integration_latency: Option<Duration>,
    /// What the cache did.
    pub cache: CacheUse,
}

/// The metrics of all requests, and of each method. Each is looked up in the registry once: that
/// costs more than counting.
pub(crate) struct Meters {
    under_way: Gauge,
    latency: Histogram,
    /// By status, less 100.
    requests: [OnceLock<Counter>; 900],
    hasher: RandomState,
    by_dimensions: RwLock<HashMap<u64, Arc<Series>>>,
}

struct Series {
    count: Counter,
    client_errors: Counter,
    server_errors: Counter,
    latency: Histogram,
    integration_latency: Histogram,
    hits: Counter,
    misses: Counter,
}

impl Meters {
    /// Describes the metrics under AWS's names.
    pub(crate) fn new() -> Meters {
        for (name, called) in [
            ("gateway_api_count_total", "Count"),
            ("gateway_api_4xx_error_total", "4XXError"),
            ("gateway_api_5xx_error_total", "5XXError"),
            ("gateway_api_cache_hit_count_total", "CacheHitCount"),
            ("gateway_api_cache_miss_count_total", "CacheMissCount"),
        ] {
            metrics::describe_counter!(name, called);
        }
        for (name, called) in [
            ("gateway_api_latency_seconds", "Latency"),
            (
                "gateway_api_integration_latency_seconds",
                "IntegrationLatency",
            ),
        ] {
            metrics::describe_histogram!(name, Unit::Seconds, called);
        }
        Meters {
            under_way: metrics::gauge!("gateway_requests_under_way"),
            latency: metrics::histogram!("gateway_latency_seconds"),
            requests: [const { OnceLock::new() }; 900],
            hasher: RandomState::new(),
            by_dimensions: RwLock::default(),
        }
    }

    /// Counts a request as under way until the value is dropped.
    pub(crate) fn begin(&self) -> UnderWay<'_> {
        self.under_way.increment(1);
        UnderWay(&self.under_way)
    }

    /// Counts an answer, also where no API is for it.
    pub(crate) fn answered(&self, status: u16, latency: Duration) {
        let kept = self.requests.get(usize::from(status.saturating_sub(100)));
        if let Some(counter) = kept {
            counter.get_or_init(|| requests(status)).increment(1);
        }
        self.latency.record(latency);
    }

    /// Counts a request.
    pub(crate) fn count(&self, dimensions: Dimensions<'_>, counted: Counted) {
        let series = self.series(dimensions);
        series.count.increment(1);
        match counted.status {
            400..=499 => series.client_errors.increment(1),
            500..=599 => series.server_errors.increment(1),
            _ => {}
        }
        series.latency.record(counted.latency);
        if let Some(latency) = counted.integration_latency {
            series.integration_latency.record(latency);
        }
        match counted.cache {
            CacheUse::None => {}
            CacheUse::Hit => series.hits.increment(1),
            CacheUse::Miss => series.misses.increment(1),
        }
    }

    fn series(&self, dimensions: Dimensions<'_>) -> Arc<Series> {
        let key = self.hasher.hash_one(dimensions);
        let known = self.by_dimensions.read();
        if let Some(series) = known.get(&key) {
            return series.clone();
        }
        let is_full = known.len() >= MOST && !dimensions.resource.is_empty();
        drop(known);
        if is_full {
            return self.series(Dimensions {
                resource: "",
                method: "",
                ..dimensions
            });
        }
        let series = Arc::new(Series::of(dimensions));
        let mut known = self.by_dimensions.write();
        known.entry(key).or_insert(series).clone()
    }
}

impl Series {
    /// Counters start at zero, so that the first error is a change.
    fn of(dimensions: Dimensions<'_>) -> Series {
        let labels = [
            ("api", dimensions.api.to_owned()),
            ("stage", dimensions.stage.to_owned()),
            ("resource", dimensions.resource.to_owned()),
            ("method", dimensions.method.to_owned()),
        ];
        let counter = |name: &'static str| {
            let counter = metrics::counter!(name, &labels);
            counter.increment(0);
            counter
        };
        Series {
            count: counter("gateway_api_count_total"),
            client_errors: counter("gateway_api_4xx_error_total"),
            server_errors: counter("gateway_api_5xx_error_total"),
            latency: metrics::histogram!("gateway_api_latency_seconds", &labels),
            integration_latency: metrics::histogram!(
                "gateway_api_integration_latency_seconds",
                &labels
            ),
            hits: counter("gateway_api_cache_hit_count_total"),
            misses: counter("gateway_api_cache_miss_count_total"),
        }
    }
}

/// The requests that were answered with this status.
pub(crate) fn requests(status: u16) -> Counter {
    metrics::counter!("gateway_requests_total", "status" => status.to_string())
}

impl std::fmt::Debug for Meters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meters").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Series {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Series").finish_non_exhaustive()
    }
}

/// A request that is under way, in the gauge `gateway_requests_under_way`.
pub(crate) struct UnderWay<'m>(&'m Gauge);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_under_the_names_of_aws_and_within_bounds() {
        kit::registry::install();
        let meters = Meters::new();
        let counted = |status, cache| Counted {
            status,
            latency: Duration::from_millis(2),
            integration_latency: (cache == CacheUse::Miss).then_some(Duration::from_millis(1)),
            cache,
        };
        let dimensions = Dimensions {
            api: "meters",
            stage: "prod",
            resource: "/a",
            method: "GET",
        };
        meters.count(dimensions, counted(200, CacheUse::Miss));
        meters.count(dimensions, counted(404, CacheUse::Hit));
        meters.count(dimensions, counted(500, CacheUse::None));
        let shown = kit::registry::render("gateway");
        let labels = r#"{api="meters",stage="prod",resource="/a",method="GET"}"#;
        for (name, value) in [
            ("count_total", 3),
            ("4xx_error_total", 1),
            ("5xx_error_total", 1),
            ("cache_hit_count_total", 1),
            ("cache_miss_count_total", 1),
            ("latency_seconds_count", 3),
            ("integration_latency_seconds_count", 1),
        ] {
            let line = format!("gateway_api_{name}{labels} {value}\n");
            assert!(shown.contains(&line), "{line}{shown}");
        }
        assert!(shown.contains("# HELP gateway_api_4xx_error_total 4XXError"));
        for number in 0..MOST + 50 {
            let resource = format!("/{number}");
            let dimensions = Dimensions {
                resource: &resource,
                ..dimensions
            };
            meters.count(dimensions, counted(200, CacheUse::None));
        }
        assert!(meters.by_dimensions.read().len() <= MOST + 1);
    }
}
