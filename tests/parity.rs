//! The same stories with LocalStack, or AWS itself when asked, in backend of the emulator.
//!
//! Without a Docker daemon the LocalStack stories are ignored, and say so; with `REQUIRE_DOCKER=1`
//! they fail. The AWS stories run with `TIDEGATE_AWS_TEST=1` and credentials in the environment.

use std::panic::{self, AssertUnwindSafe};
use std::sync::LazyLock;

use harness::backend::Backend;
use harness::{Harness, pipe_stories, stories};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use testcontainers::core::{IntoContainerPort as _, WaitFor};
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{ContainerAsync, GenericImage, ImageExt as _};
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// One container for all stories: their queues and buckets have names of their own.
static LOCALSTACK: OnceCell<(ContainerAsync<GenericImage>, String)> = OnceCell::const_new();

fn main() {
    let arguments = Arguments::from_args();
    let conclusion = libtest_mimic::run(&arguments, trials());
    if let Some((container, _)) = LOCALSTACK.get() {
        // Statics are not dropped, so the container would outlive the tests.
        RUNTIME.block_on(async { container.stop().await }).ok();
        std::process::Command::new("docker")
            .args(["rm", "--force", container.id()])
            .output()
            .ok();
    }
    conclusion.exit();
}

macro_rules! trials {
    ($($story:ident),* $(,)?) => {
        vec![$(
            story(concat!("localstack::", stringify!($story)), localstack, |harness| RUNTIME.block_on(stories::$story(harness))),
            story(concat!("aws::", stringify!($story)), aws, |harness| RUNTIME.block_on(stories::$story(harness))),
        )*]
    };
}

fn trials() -> Vec<Trial> {
    let mut trials = trials![
        ten_published_are_ten_stored,
        the_original_body_is_kept_under_its_id,
        odd_bodies_arrive_unchanged,
        an_outage_of_the_subscriber_loses_nothing,
    ];
    // What the pipe promises towards a bad target; LocalStack only, for the hours that it takes
    // cost money elsewhere.
    trials.push(pipe_story(
        "localstack::poison_dies_alone",
        pipe_stories::poison_dies_alone,
    ));
    trials.push(pipe_story(
        "localstack::slowness_makes_no_duplicates",
        pipe_stories::slowness_makes_no_duplicates,
    ));
    trials.push(pipe_story("localstack::an_outage_is_a_wait", |backend| {
        pipe_stories::an_outage_is_a_wait(backend, pipe_stories::Outage::ServerError)
    }));
    // Cutting the road to S3 needs a plain endpoint, which AWS has not.
    trials.push(story(
        "localstack::an_outage_of_s3_loses_nothing",
        localstack,
        |harness| {
            RUNTIME.block_on(stories::an_outage_of_s3_loses_nothing(harness));
        },
    ));
    trials
}

/// Where a story takes backend, or why it cannot.
type Environment = Result<Backend, Reason>;

enum Reason {
    Ignored(String),
    Failed(String),
}

fn story(
    name: &str,
    ground: fn() -> Environment,
    tell: impl FnOnce(Harness) + Send + 'static,
) -> Trial {
    Trial::ignorable_test(name, move || match ground() {
        Ok(backend) => {
            let is_aws = matches!(backend, Backend::Aws);
            let harness = RUNTIME.block_on(Harness::start(backend));
            let resources = is_aws.then(|| harness.resources());
            let told = panic::catch_unwind(AssertUnwindSafe(|| tell(harness)));
            // Also after a story that failed: what stays on AWS costs money.
            if let Some(resources) = resources {
                RUNTIME.block_on(resources.remove());
            }
            told.map_or_else(
                |reason| panic::resume_unwind(reason),
                |()| Ok(Completion::Completed),
            )
        }
        Err(Reason::Ignored(reason)) => Ok(Completion::ignored_with(reason)),
        Err(Reason::Failed(reason)) => Err(Failed::from(reason)),
    })
}

fn pipe_story<F: Future<Output = ()>>(
    name: &str,
    tell: impl FnOnce(Backend) -> F + Send + 'static,
) -> Trial {
    Trial::ignorable_test(name, move || match localstack() {
        Ok(backend) => {
            RUNTIME.block_on(tell(backend));
            Ok(Completion::Completed)
        }
        Err(Reason::Ignored(reason)) => Ok(Completion::ignored_with(reason)),
        Err(Reason::Failed(reason)) => Err(Failed::from(reason)),
    })
}

fn localstack() -> Environment {
    let started = RUNTIME.block_on(LOCALSTACK.get_or_try_init(start_localstack));
    started.map(|(_, url)| Backend::Endpoint(url.clone()))
}

async fn start_localstack() -> Result<(ContainerAsync<GenericImage>, String), Reason> {
    let required = std::env::var("REQUIRE_DOCKER").is_ok_and(|value| value == "1");
    if !docker_answers() {
        let reason =
            "no Docker daemon answers (set REQUIRE_DOCKER=1 to make this a failure)".to_owned();
        return Err(if required {
            Reason::Failed(reason)
        } else {
            Reason::Ignored(reason)
        });
    }
    let container = GenericImage::new("localstack/localstack", "4.14.0")
        .with_exposed_port(4566.tcp())
        .with_wait_for(WaitFor::message_on_stdout("Ready."))
        .with_env_var("SERVICES", "sqs,s3")
        .with_env_var("DISABLE_EVENTS", "1")
        .start()
        .await
        .map_err(|error| Reason::Failed(format!("LocalStack does not start: {error}")))?;
    let port = container
        .get_host_port_ipv4(4566)
        .await
        .map_err(|error| Reason::Failed(error.to_string()))?;
    Ok((container, format!("http://127.0.0.1:{port}")))
}

/// Asks the daemon by its own client: that finds it wherever the environment says it is.
fn docker_answers() -> bool {
    let asked = std::process::Command::new("docker")
        .args(["version", "--format", "{{.Server.Version}}"])
        .output();
    asked.is_ok_and(|output| output.status.success())
}

fn aws() -> Environment {
    if std::env::var("TIDEGATE_AWS_TEST").is_ok_and(|value| value == "1") {
        return Ok(Backend::Aws);
    }
    Err(Reason::Ignored(
        "needs AWS: set TIDEGATE_AWS_TEST=1 and credentials".to_owned(),
    ))
}
