//! Door: the state of keys, quotas and throttles, and the gate through which every request goes.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use arc_swap::ArcSwap;
use kit::document::Node;
use kit::time::Timestamp;
use time::{Date, OffsetDateTime};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::api_keys;
use super::bucket::Bucket;
use super::file::{self, UsageRecord};
use super::plans::Plans;
use super::quota::Counters;
use super::settings::UsageArgs;
use crate::api::{ApiKeySource, Apis, KeyDigest, MethodSetting, Throttle, Usage};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;

/// How often quota counters are written.
const PAUSE: Duration = Duration::from_secs(1);

/// The gate of one gateway. Its state outlives a reload.
#[derive(Debug)]
pub(crate) struct UsageGate {
    plans: ArcSwap<Plans>,
    /// The throttle of all requests together.
    account: Option<Bucket>,
    /// Buckets of keys and methods, by name.
    buckets: Mutex<HashMap<String, Arc<Bucket>>>,
    counters: Mutex<Counters>,
    is_dirty: AtomicBool,
    generated: Mutex<BTreeMap<String, String>>,
    api_keys: Option<PathBuf>,
    file: Option<PathBuf>,
    begun: Instant,
}

/// The time of one request, as the cores want it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Since any fixed moment.
    pub elapsed: Duration,
    /// In UTC.
    pub today: Date,
}

impl UsageGate {
    /// A gate for these APIs.
    ///
    /// # Errors
    /// A file of the settings cannot be read or written; the text names the setting.
    pub(crate) fn open(args: &UsageArgs, apis: &Apis) -> anyhow::Result<UsageGate> {
        let kept = match &args.usage_file {
            Some(path) => file::read(path).with_context(|| unusable(path, "cannot be read"))?,
            None => UsageRecord::default(),
        };
        let gate = UsageGate {
            plans: ArcSwap::default(),
            account: args.account_throttle.0.map(Bucket::new),
            buckets: Mutex::default(),
            counters: Mutex::new(kept.counters),
            is_dirty: AtomicBool::new(false),
            generated: Mutex::new(kept.keys),
            api_keys: args.api_keys.clone(),
            file: args.usage_file.clone(),
            begun: Instant::now(),
        };
        gate.serve(apis)?;
        Ok(gate)
    }

    /// Checks the files of the settings, and changes none.
    ///
    /// # Errors
    /// One of them cannot be read, or could not be written.
    pub(crate) fn check(args: &UsageArgs) -> anyhow::Result<()> {
        if let Some(path) = &args.api_keys {
            read_keys(path)?;
        }
        if let Some(path) = &args.usage_file {
            file::read(path).with_context(|| unusable(path, "cannot be read"))?;
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            anyhow::ensure!(
                folder.is_none_or(Path::is_dir),
                unusable(path, "cannot be written: its folder does not exist")
            );
        }
        Ok(())
    }

    /// Lets in by the keys and plans of `apis` and of `--api-keys` from the next request on.
    ///
    /// # Errors
    /// A file of the settings cannot be read or written; then everything stays as it was.
    pub(crate) fn serve(&self, apis: &Apis) -> anyhow::Result<()> {
        let mut usage = apis.usage.clone();
        if let Some(path) = &self.api_keys {
            let own = read_keys(path)?;
            usage.keys.extend(own.keys);
            usage.plans.extend(own.plans);
        }
        self.generate(&mut usage)?;
        let plans = Plans::new(usage);
        report(&plans, apis, self.file.is_some());
        self.plans.store(Arc::new(plans));
        Ok(())
    }

    /// Gives a value to every key that has none, the same one at every start.
    fn generate(&self, usage: &mut Usage) -> anyhow::Result<()> {
        let mut generated = lock(&self.generated);
        let mut is_new = false;
        let without = usage.keys.iter_mut().filter(|key| key.value.is_none());
        let mut names = Vec::new();
        for key in without {
            let value = generated.entry(key.id.clone()).or_insert_with(|| {
                is_new = true;
                format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
            });
            key.value = Some(KeyDigest::of(value));
            names.push(key.name.clone());
        }
        let kept = UsageRecord {
            keys: generated.clone(),
            counters: lock(&self.counters).clone(),
        };
        drop(generated);
        if names.is_empty() {
            return Ok(());
        }
        let private =
            std::env::temp_dir().join(format!("gateway-{}-keys.json", std::process::id()));
        let path = self.file.as_deref().unwrap_or(&private);
        if is_new {
            file::write(path, &kept).with_context(|| unusable(path, "cannot be written"))?;
        }
        tracing::info!(
            "generated API keys are in {}, under apiKeys: {}{}",
            path.display(),
            names.join(", "),
            if self.file.is_some() {
                ""
            } else {
                "; set --usage-file to keep them across restarts"
            }
        );
        Ok(())
    }

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
        let (path, verb) = (&route.resource.path, &exchange.request.method);
        let limit =
            |value: fn(&MethodSetting) -> Option<f64>| route.stage.methods.get(path, verb, value);
        let rate = limit(|setting| setting.throttling_rate);
        let burst = limit(|setting| setting.throttling_burst.map(|burst| burst as f64));
        let name = || format!("method {} {} {verb} {path}", route.api.id, route.stage.name);
        if let Some(throttle) = of_settings(rate, burst)
            && !self.take(name, throttle, now)
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
        let (path, verb) = (&route.resource.path, exchange.request.method.as_str());
        let mut methods = own.methods.iter();
        let method = methods.find(|method| method.path == *path && method.verb == verb);
        let (plan_id, key_id) = (&plan.id, &key.id);
        if let Some(method) = method {
            let name = || format!("plan {plan_id} {key_id} {} {stage} {verb} {path}", api.id);
            if !self.take(name, method.throttle, now) {
                return Err(Fault::Throttled);
            }
        }
        let name = || format!("plan {plan_id} {key_id}");
        if plan
            .throttle
            .is_some_and(|throttle| !self.take(name, throttle, now))
        {
            return Err(Fault::Throttled);
        }
        let Some(quota) = plan.quota else {
            return Ok(());
        };
        self.is_dirty.store(true, Ordering::Relaxed);
        match lock(&self.counters).take(plan_id, key_id, quota, now.today) {
            true => Ok(()),
            false => Err(Fault::QuotaExceeded),
        }
    }

    /// Takes a token of the bucket of this name. A bucket whose limits have changed begins anew.
    fn take(&self, name: impl Fn() -> String, throttle: Throttle, now: Moment) -> bool {
        let bucket = {
            let mut buckets = lock(&self.buckets);
            let bucket = buckets
                .entry(name())
                .or_insert_with(|| Arc::new(Bucket::new(throttle)));
            if !bucket.has(throttle) {
                *bucket = Arc::new(Bucket::new(throttle));
            }
            bucket.clone()
        };
        bucket.take(now.elapsed)
    }

    /// Writes the file every second in which a quota was used, and once more at the end.
    pub(crate) async fn keep(self: Arc<Self>, stop: CancellationToken) {
        let Some(path) = self.file.clone() else {
            return;
        };
        let mut is_failing = false;
        loop {
            let is_over = tokio::time::timeout(PAUSE, stop.cancelled()).await.is_ok();
            let gate = self.clone();
            let path = path.clone();
            let saved = tokio::task::spawn_blocking(move || gate.save(&path)).await;
            match saved {
                Ok(Ok(())) => is_failing = false,
                Ok(Err(error)) if !is_failing => {
                    is_failing = true;
                    tracing::error!("quota counters are not kept: {error:#}");
                }
                Ok(Err(_)) | Err(_) => {}
            }
            if is_over {
                return;
            }
        }
    }

    /// Writes the file if a counter has changed since the last time.
    pub(crate) fn save(&self, path: &Path) -> anyhow::Result<()> {
        if !self.is_dirty.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        let kept = UsageRecord {
            keys: lock(&self.generated).clone(),
            counters: lock(&self.counters).clone(),
        };
        let written = file::write(path, &kept).with_context(|| unusable(path, "cannot be written"));
        if written.is_err() {
            self.is_dirty.store(true, Ordering::Relaxed);
        }
        written
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

fn read_keys(path: &Path) -> anyhow::Result<Usage> {
    let setting = || format!("--api-keys or GATEWAY_API_KEYS: {}", path.display());
    let text = std::fs::read_to_string(path).with_context(setting)?;
    let root = Node::parse(&path.display().to_string(), &text).map_err(anyhow::Error::msg);
    let mut problems = Vec::new();
    let usage = api_keys::read(&root.with_context(setting)?, &mut problems);
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    anyhow::ensure!(
        texts.is_empty(),
        "--api-keys or GATEWAY_API_KEYS: {}",
        texts.join("\n")
    );
    Ok(usage)
}

/// Says what a definition asks for that the settings leave open.
fn report(plans: &Plans, apis: &Apis, is_kept: bool) {
    let methods = apis.apis.iter().flat_map(|api| &api.resources);
    let mut methods = methods.flat_map(|resource| &resource.methods);
    if !plans.have_keys() && methods.any(|(_, method)| method.needs_api_key) {
        tracing::warn!(
            "methods require an API key and there is none, so that every request to them is \
             answered with 403: set --api-keys or GATEWAY_API_KEYS"
        );
    }
    if plans.have_quotas() && !is_kept {
        tracing::warn!(
            "quotas are counted in memory and begin anew at every start: set --usage-file or \
             GATEWAY_USAGE_FILE to keep them"
        );
    }
}

fn unusable(path: &Path, how: &str) -> String {
    format!(
        "--usage-file or GATEWAY_USAGE_FILE: {} {how}",
        path.display()
    )
}

fn today() -> Date {
    let seconds = i64::try_from(Timestamp::wall().as_secs()).unwrap_or(i64::MAX);
    let now = OffsetDateTime::from_unix_timestamp(seconds);
    now.map_or(Date::MIN, OffsetDateTime::date)
}

/// Nothing under these locks can leave a state half changed.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
