//! A queue, a pipe and a scripted target: the half of the chain that an outage affects.

mod process;
mod program;
mod queues;
mod shape;
mod template;

pub use program::Program;
pub use shape::{Rule, Shape, To};
pub use template::{LARGEST, Names};

use std::io::Write as _;

use aws_config::SdkConfig;
use kit::aws;
use kit::definition::{Declarations, DefinitionArgs};
use kit::send::AllowTargets;
use tempfile::NamedTempFile;
use uuid::Uuid;

use crate::backend::Backend;
use crate::running::Running;
use crate::target::Target;
use program::Pipe;
use template::template;

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
    backend: Backend,
    pipe: Pipe,
}

impl Pipeline {
    /// Makes queues at `backend`, starts a target, and a pipe between them in this process.
    pub async fn start(backend: Backend, shape: Shape) -> Pipeline {
        let mut pipeline = Pipeline::without_pipe(backend, shape).await;
        pipeline.start_pipe();
        pipeline
    }

    /// The same, without a pipe.
    pub async fn without_pipe(backend: Backend, shape: Shape) -> Pipeline {
        kit::program::install_tls();
        kit::telemetry::init_with("error");
        let sdk = backend.config().await;
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
            log: program::log(),
            sdk,
            backend,
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
        self.backend.close().await;
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
