//! A queue, a pipe and a target that can be told what to do: the half of the chain that an outage
//! hits.

mod process;
mod queues;
mod template;

pub use process::Program;
pub use template::{LARGEST, Names};

use std::io::Write as _;
use std::time::Duration;

use aws_config::SdkConfig;
use kit::aws;
use kit::definition::{Declarations, DefinitionArgs};
use kit::send::AllowTargets;
use tempfile::NamedTempFile;
use uuid::Uuid;

use crate::Running;
use crate::place::Place;
use crate::target::Target;
use template::template;

/// Where the events of a pipeline go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// An API destination: the pipeline's target.
    Destination,
    /// An enrichment at `/ask` of the target, and then an API destination at `/in` of it.
    Enrichment,
    /// A Lambda function, in batches: the target is its service. Only for a process.
    Function {
        /// `BatchSize`.
        batch: u32,
    },
    /// A queue that takes messages of up to [`LARGEST`] bytes.
    Queue,
}

/// How queue and pipe are made.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Whether the queue keeps the order of its groups.
    pub fifo: bool,
    /// Seconds that a message is hidden after a receive.
    pub visibility: u32,
    /// `maxReceiveCount`.
    pub most_receives: u32,
    /// `InvocationRateLimitPerSecond`.
    pub rate: u32,
    /// How long the target may take.
    pub timeout: Duration,
    /// Where the events go.
    pub to: To,
}

impl Default for Shape {
    fn default() -> Shape {
        Shape {
            fifo: false,
            visibility: 2,
            most_receives: 5,
            rate: 1_000_000,
            timeout: pipe::config::INVOCATION_TIMEOUT,
            to: To::Destination,
        }
    }
}

/// What runs the pipe.
#[derive(Debug)]
enum Pipe {
    Stopped,
    Here(Running),
    Process(Program),
}

/// Queue, dead-letter queue, pipe and target.
#[derive(Debug)]
pub struct Pipeline {
    /// Where events go.
    pub target: Target,
    sqs: aws_sdk_sqs::Client,
    names: Names,
    shape: Shape,
    definition: Declarations,
    file: NamedTempFile,
    log: NamedTempFile,
    sdk: SdkConfig,
    place: Place,
    pipe: Pipe,
}

impl Pipeline {
    /// Makes queues at `place`, starts a target, and a pipe between them in this process.
    pub async fn start(place: Place, shape: Shape) -> Pipeline {
        let mut pipeline = Pipeline::without_pipe(place, shape).await;
        pipeline.start_pipe();
        pipeline
    }

    /// The same, without a pipe.
    pub async fn without_pipe(place: Place, shape: Shape) -> Pipeline {
        kit::program::install_tls();
        kit::telemetry::init_with("error");
        let sdk = place.config().await;
        let target = Target::start().await;
        let tail = Uuid::new_v4().simple().to_string()[..8].to_owned();
        let names = Names::new(&tail, shape.fifo);
        let mut file = tempfile::Builder::new()
            .suffix(".json")
            .tempfile()
            .expect("a file");
        let template = template(&names, target.at(), shape);
        file.write_all(template.to_string().as_bytes())
            .expect("the file can be written");
        let args = DefinitionArgs {
            files: vec![file.path().to_owned()],
            ..DefinitionArgs::default()
        };
        let definition = args
            .load(&aws::local_account(&sdk))
            .expect("the template loads");
        tidegate::provision::provision(&definition, &sdk)
            .await
            .expect("queues are made");
        let sqs = aws_sdk_sqs::Client::new(&sdk);
        Pipeline {
            target,
            sqs,
            names,
            shape,
            definition,
            file,
            log: process::log(),
            sdk,
            place,
            pipe: Pipe::Stopped,
        }
    }

    /// Starts the pipe in this process.
    pub fn start_pipe(&mut self) {
        let allowed = [self.target.at().to_string().parse().expect("an address")];
        let settings = pipe::Settings::new(
            &self.definition,
            AllowTargets::new(allowed),
            self.sdk.clone(),
            None,
        );
        let settings = pipe::Settings {
            invocation_timeout: self.shape.timeout,
            ..settings.expect("the pipe loads")
        };
        self.pipe = Pipe::Here(Running::start(|stop| pipe::run(settings, stop)));
    }

    /// Stops the pipe as SIGTERM would.
    pub async fn stop_pipe(&mut self) {
        let Pipe::Here(running) = std::mem::replace(&mut self.pipe, Pipe::Stopped) else {
            panic!("no pipe runs here")
        };
        running.stop().await;
    }

    /// Stops everything.
    pub async fn end(mut self) {
        match std::mem::replace(&mut self.pipe, Pipe::Stopped) {
            Pipe::Here(running) => running.stop().await,
            Pipe::Process(mut program) => {
                program.child.kill().expect("the process is ours");
                program.child.wait().expect("the process is ours");
            }
            Pipe::Stopped => {}
        }
        self.place.close().await;
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        if let Pipe::Process(program) = &mut self.pipe {
            program.child.kill().ok();
            program.child.wait().ok();
        }
    }
}
