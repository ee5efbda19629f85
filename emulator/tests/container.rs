//! Is the emulator's image one that a setup made for LocalStack starts with nothing but its name
//! changed?
//!
//! The module that tests in Rust use for LocalStack starts it here, and the steps that the module
//! for Java takes are taken by hand: a script that is copied in, and another entrypoint that waits
//! for it. The image is the Dockerfile's last stage around the binary of this build. Without a
//! Docker daemon the tests are ignored and say so; with `REQUIRE_DOCKER=1` they fail.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use testcontainers_modules::localstack::LocalStack;
use testcontainers_modules::testcontainers::ImageExt as _;
use testcontainers_modules::testcontainers::runners::AsyncRunner as _;
use tokio::runtime::Runtime;

const IMAGE: &str = "tidegate-emulator-test";
const TAG: &str = "latest";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static BUILT: LazyLock<Result<(), String>> = LazyLock::new(build);

fn main() {
    let trials = vec![
        trial("the_localstack_module_of_testcontainers_starts_it", || {
            RUNTIME.block_on(by_the_module())
        }),
        trial(
            "the_script_of_the_java_module_starts_it",
            by_the_java_script,
        ),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn trial(name: &str, test: fn() -> Result<(), Failed>) -> Trial {
    Trial::ignorable_test(name, move || {
        if !docker(&["version", "--format", "{{.Server.Version}}"])
            .is_ok_and(|output| output.status.success())
        {
            let reason = "no Docker daemon answers (set REQUIRE_DOCKER=1 to make this a failure)";
            return match std::env::var("REQUIRE_DOCKER").as_deref() {
                Ok("1") => Err(reason.into()),
                _ => Ok(Completion::ignored_with(reason)),
            };
        }
        BUILT.as_ref()?;
        test().map(|()| Completion::Completed)
    })
}

async fn by_the_module() -> Result<(), Failed> {
    let container = LocalStack::default()
        .with_name(IMAGE)
        .with_tag(TAG)
        .start()
        .await?;
    let port = container.get_host_port_ipv4(4566).await?;
    round_trip(&format!("http://127.0.0.1:{port}")).await
}

/// What `LocalStackContainer.java` does, in its versions 1 and 2.
fn by_the_java_script() -> Result<(), Failed> {
    let wait =
        "while [ ! -f /testcontainers_start.sh ]; do sleep 0.1; done; /testcontainers_start.sh";
    let run = [
        "run",
        "--detach",
        "--publish",
        "127.0.0.1::4566",
        "--env",
        "SERVICES=sqs,s3",
        "--entrypoint",
        "sh",
    ];
    let image = format!("{IMAGE}:{TAG}");
    let id = stdout(&docker(&[&run[..], &[&image, "-c", wait]].concat())?)?;
    let container = Container(id);
    let folder = tempfile::tempdir()?;
    let script = folder.path().join("testcontainers_start.sh");
    std::fs::write(
        &script,
        "#!/bin/bash\nexport LAMBDA_DOCKER_FLAGS=\"-l x=y\"\n/usr/local/bin/docker-entrypoint.sh\n",
    )?;
    make_executable(&script)?;
    stdout(&docker(&[
        "cp",
        &script.to_string_lossy(),
        &format!("{}:/testcontainers_start.sh", container.0),
    ])?)?;
    let deadline = Instant::now() + Duration::from_secs(30);
    while !stdout(&docker(&["logs", &container.0])?)?
        .lines()
        .any(|line| line == "Ready.")
    {
        if Instant::now() > deadline {
            return Err("no `Ready.` in its log".into());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let published = stdout(&docker(&["port", &container.0, "4566"])?)?;
    RUNTIME.block_on(round_trip(&format!("http://{published}")))
}

/// A message and an object, there and back.
async fn round_trip(url: &str) -> Result<(), Failed> {
    let config = kit::aws::local(url).await;
    let sqs = aws_sdk_sqs::Client::new(&config);
    let queue = sqs
        .create_queue()
        .queue_name("q")
        .send()
        .await?
        .queue_url
        .unwrap();
    sqs.send_message()
        .queue_url(&queue)
        .message_body("hello")
        .send()
        .await?;
    let received = sqs
        .receive_message()
        .queue_url(&queue)
        .wait_time_seconds(5)
        .send()
        .await?;
    assert_eq!(received.messages()[0].body(), Some("hello"));
    // Test suites empty their queues between tests, as often as they like.
    sqs.purge_queue().queue_url(&queue).send().await?;
    sqs.purge_queue().queue_url(&queue).send().await?;

    let s3 = aws_sdk_s3::config::Builder::from(&config)
        .force_path_style(true)
        .build();
    let s3 = aws_sdk_s3::Client::from_conf(s3);
    s3.create_bucket().bucket("box").send().await?;
    s3.put_object()
        .bucket("box")
        .key("k")
        .body(b"hello".to_vec().into())
        .send()
        .await?;
    let body = s3
        .get_object()
        .bucket("box")
        .key("k")
        .send()
        .await?
        .body
        .collect()
        .await?;
    assert_eq!(body.into_bytes(), "hello");
    Ok(())
}

/// The image: what the Dockerfile says of it, and the binary of this build instead of a release
/// build.
fn build() -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let dockerfile =
        std::fs::read_to_string(root.join("Dockerfile")).map_err(|error| error.to_string())?;
    let copies = [
        (env!("CARGO_BIN_EXE_emulator").into(), "emulator"),
        (
            root.join("emulator/docker-entrypoint.sh"),
            "docker-entrypoint.sh",
        ),
    ];
    for (from, to) in copies {
        std::fs::copy(&from, folder.path().join(to))
            .map_err(|error| format!("{}: {error}", from.display()))?;
    }
    std::fs::create_dir(folder.path().join("data")).map_err(|error| error.to_string())?;
    std::fs::write(
        folder.path().join("Dockerfile"),
        around_the_binary(&dockerfile),
    )
    .map_err(|error| error.to_string())?;
    let built = docker(&[
        "build",
        "--quiet",
        "--tag",
        &format!("{IMAGE}:{TAG}"),
        &folder.path().to_string_lossy(),
    ]);
    stdout(&built.map_err(|error| error.to_string())?).map(drop)
}

/// The stages `base` and `emulator` with their copies from the folder instead of from the build.
fn around_the_binary(dockerfile: &str) -> String {
    let stage = |name: &str| {
        let start = dockerfile
            .find(&format!("AS {name}\n"))
            .unwrap_or_else(|| panic!("the stage {name}"));
        dockerfile[start..]
            .split("\nFROM ")
            .next()
            .unwrap()
            .split_once('\n')
            .unwrap()
            .1
            .to_owned()
    };
    // The certificate authorities of the toolchain's image, which the emulator does not need.
    let certificates = |line: &&str| !line.contains("ca-certificates");
    let lines = stage("base")
        + &stage("emulator")
            .replace("--from=build-emulator /out/", "")
            .replace("--from=toolchain ", "");
    let lines: Vec<&str> = lines.lines().filter(certificates).collect();
    let (user, rest): (Vec<&str>, Vec<&str>) = lines
        .into_iter()
        .partition(|line| line.starts_with("USER "));
    format!(
        "FROM debian:bookworm-slim\n{}\n{}\n",
        rest.join("\n"),
        user.join("\n")
    )
    .replace(
        "COPY emulator/docker-entrypoint.sh",
        "COPY docker-entrypoint.sh",
    )
}

struct Container(String);

impl Drop for Container {
    fn drop(&mut self) {
        docker(&["rm", "--force", "--volumes", &self.0]).ok();
    }
}

fn docker(arguments: &[&str]) -> std::io::Result<Output> {
    Command::new("docker").args(arguments).output()
}

fn stdout(output: &Output) -> Result<String, String> {
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn make_executable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
}
