//! Door: the state of keys, quotas and throttles, and the files that it comes from and is kept in.
//! `admit` asks it about each request.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use arc_swap::ArcSwap;
use kit::document::Node;
use kit::lock::Mutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::api_keys;
use super::bucket::{Bucket, Buckets};
use super::file::{self, UsageRecord};
use super::plans::Plans;
use super::quota::Counters;
use super::settings::UsageArgs;
use crate::api::{Apis, KeyDigest, Usage};

/// How often quota counters are written.
const PAUSE: Duration = Duration::from_secs(1);

/// The gate of one gateway. Its state outlives a reload.
#[derive(Debug)]
pub(crate) struct UsageGate {
    pub(super) plans: ArcSwap<Plans>,
    /// The throttle of all requests together.
    pub(super) account: Option<Bucket>,
    /// Those of keys and methods.
    pub(super) buckets: Buckets,
    pub(super) counters: Mutex<Counters>,
    /// Whether a counter has changed since they were written.
    pub(super) is_dirty: AtomicBool,
    generated: Mutex<BTreeMap<String, String>>,
    api_keys: Option<PathBuf>,
    file: Option<PathBuf>,
    pub(super) begun: Instant,
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
            buckets: Buckets::default(),
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
        let mut generated = self.generated.lock();
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
            counters: self.counters.lock().clone(),
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
            keys: self.generated.lock().clone(),
            counters: self.counters.lock().clone(),
        };
        let written = file::write(path, &kept).with_context(|| unusable(path, "cannot be written"));
        if written.is_err() {
            self.is_dirty.store(true, Ordering::Relaxed);
        }
        written
    }
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
