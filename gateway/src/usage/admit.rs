//! Decides about one request: its API key, its usage plan, and the throttles that it meets.

use std::sync::atomic::Ordering;
use std::time::Duration;

use kit::time::Timestamp;
use time::{Date, OffsetDateTime};

use super::gate::UsageGate;
use crate::api::{ApiKeySource, MethodSetting, MethodThrottle, Throttle};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;

/// The time of one request, as the cores want it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Since any fixed moment.
    pub elapsed: Duration,
    /// In UTC.
    pub today: Date,
}

impl UsageGate {
    /// Lets a request in, or not: API key, usage plan, then the throttles of its method and of all
    /// requests together.
    ///
    /// # Errors
    /// The fault to answer with.
    pub(crate) fn admit(&self, exchange: &mut Exchange<'_>) -> Result<(), Fault> {
        let now = Moment {
            elapsed: self.begun.elapsed(),
            today: today(),
        };
        self.admit_at(exchange, now)
    }

    pub(super) fn admit_at(&self, exchange: &mut Exchange<'_>, now: Moment) -> Result<(), Fault> {
        if exchange.route.method.needs_api_key {
            self.admit_key(exchange, now)?;
        }
        let route = exchange.route;
        let method = route.asked(&exchange.request.method);
        let (path, verb) = (method.path, method.verb);
        let limit =
            |value: fn(&MethodSetting) -> Option<f64>| route.stage.methods.get(method, value);
        let rate = limit(|setting| setting.throttling_rate);
        let burst = limit(|setting| setting.throttling_burst.map(|burst| burst as f64));
        let name = || format!("method {} {} {verb} {path}", route.api.id, route.stage.name);
        if let Some(throttle) = of_settings(rate, burst)
            && !self.buckets.take(name, throttle, now.elapsed)
        {
            return Err(Fault::Throttled);
        }
        let account = self.account.as_ref();
        match account.is_none_or(|bucket| bucket.take(now.elapsed)) {
            true => Ok(()),
            false => Err(Fault::Throttled),
        }
    }

    /// The key of a request, its plan's throttles, then its quota.
    fn admit_key(&self, exchange: &mut Exchange<'_>, now: Moment) -> Result<(), Fault> {
        let route = exchange.route;
        let value = match route.api.api_key_source {
            ApiKeySource::Header => exchange.request.header("x-api-key").map(ToOwned::to_owned),
            ApiKeySource::Authorizer => exchange.usage_key.clone(),
        };
        let value = value.ok_or(Fault::InvalidApiKey)?;
        let plans = self.plans.load();
        let key = plans.key(&value).ok_or(Fault::InvalidApiKey)?;
        let (api, stage) = (route.api, &route.stage.name);
        let found = plans.plan(key, &api.id, &api.name, stage);
        let (plan, own) = found.ok_or(Fault::InvalidApiKey)?;
        let context = exchange.context_mut();
        context.insert_into("identity", "apiKey", value.into());
        context.insert_into("identity", "apiKeyId", key.id.clone().into());
        let asked = route.asked(&exchange.request.method);
        let (path, verb) = (asked.path, asked.verb.as_str());
        let names = |method: &&MethodThrottle| {
            let is_any = asked.is_any && method.verb == "ANY";
            method.path == *path && (method.verb == verb || is_any)
        };
        let method = own.methods.iter().find(names);
        let (plan_id, key_id) = (&plan.id, &key.id);
        if let Some(method) = method {
            let name = || format!("plan {plan_id} {key_id} {} {stage} {verb} {path}", api.id);
            if !self.buckets.take(name, method.throttle, now.elapsed) {
                return Err(Fault::Throttled);
            }
        }
        let name = || format!("plan {plan_id} {key_id}");
        if plan
            .throttle
            .is_some_and(|throttle| !self.buckets.take(name, throttle, now.elapsed))
        {
            return Err(Fault::Throttled);
        }
        let Some(quota) = plan.quota else {
            return Ok(());
        };
        self.is_dirty.store(true, Ordering::Relaxed);
        match self.counters.lock().take(plan_id, key_id, quota, now.today) {
            true => Ok(()),
            false => Err(Fault::QuotaExceeded),
        }
    }
}

/// The throttle that a stage's settings make of rate and burst; a negative number is no limit.
fn of_settings(rate: Option<f64>, burst: Option<f64>) -> Option<Throttle> {
    let (rate, burst) = match (rate, burst) {
        (None, None) => return None,
        (rate, burst) => (
            rate.unwrap_or(Throttle::ACCOUNT.rate),
            burst.unwrap_or(f64::from(Throttle::ACCOUNT.burst)),
        ),
    };
    (rate >= 0.0 && burst >= 0.0).then_some(Throttle {
        rate,
        burst: burst as u32,
    })
}

fn today() -> Date {
    let seconds = i64::try_from(Timestamp::wall().as_secs()).unwrap_or(i64::MAX);
    let now = OffsetDateTime::from_unix_timestamp(seconds);
    now.map_or(Date::MIN, OffsetDateTime::date)
}
