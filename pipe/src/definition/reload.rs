//! Door: reads the definition again on SIGHUP, and when one of its files has changed.
//!
//! A definition that cannot be read changes nothing: the pipes go on as they are, and the log has
//! the reason.

use kit::cloudformation::Account;
use kit::definition::DefinitionArgs;
use kit::send::AllowTargets;
use kit::watch::Watch;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_util::sync::CancellationToken;

use super::load::PipeDefinitions;
use super::rules_run::RulesRun;

/// Where a definition comes from.
#[derive(Debug, Clone)]
pub struct Reload {
    args: DefinitionArgs,
    account: Account,
    allowed: AllowTargets,
    rules: RulesRun,
}

impl Reload {
    /// A definition that `args` name, for `account`; calls may go to the `allowed` targets.
    pub fn new(
        args: DefinitionArgs,
        account: Account,
        allowed: AllowTargets,
        rules: RulesRun,
    ) -> Reload {
        Reload {
            args,
            account,
            allowed,
            rules,
        }
    }

    /// Reads the definition.
    ///
    /// # Errors
    /// It cannot be read, or none of its pipes can run; one line with the reason.
    pub fn load(&self) -> anyhow::Result<PipeDefinitions> {
        let given = self.args.load(&self.account)?;
        let definition = PipeDefinitions::load_allowed(&given, &self.allowed)?;
        let definition = definition.with_rules_if(self.rules);
        definition.ensure_pipes()?;
        given.report_not_run();
        Ok(definition)
    }

    /// Every further definition, until `stop`. The files as they are now are taken to be read
    /// already.
    ///
    /// # Errors
    /// The signal handler cannot be installed.
    pub fn watch(self, stop: CancellationToken) -> std::io::Result<Receiver<PipeDefinitions>> {
        let files = Watch::new(self.args.watched())?;
        Ok(self.read_when_changed(files, stop))
    }

    fn read_when_changed(
        self,
        mut files: Watch,
        stop: CancellationToken,
    ) -> Receiver<PipeDefinitions> {
        let (sender, definitions) = channel(1);
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.read_repeatedly(&mut files, sender) => {}
            }
        });
        definitions
    }

    async fn read_repeatedly(self, files: &mut Watch, sender: Sender<PipeDefinitions>) {
        loop {
            files.changed().await;
            if let Some(definition) = self.load_or_warn().await
                && sender.send(definition).await.is_err()
            {
                return;
            }
        }
    }

    async fn load_or_warn(&self) -> Option<PipeDefinitions> {
        let reload = self.clone();
        match tokio::task::spawn_blocking(move || reload.load()).await {
            Ok(Ok(definition)) => Some(definition),
            Ok(Err(error)) => {
                tracing::warn!(
                    "the definition was not reloaded, and the pipes go on as they are: {error}"
                );
                None
            }
            Err(error) => {
                tracing::error!("reading the definition panicked, which is a bug: {error}");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn template(path: &str) -> String {
        format!(
            "Resources:
  Pipe: {{Type: AWS::Pipes::Pipe, Properties: {{Name: p, RoleArn: r, Source: 'arn:aws:sqs:e:1:q', Target: !GetAtt D.Arn}}}}
  D:
    Type: AWS::Events::ApiDestination
    Properties: {{ConnectionArn: !GetAtt C.Arn, InvocationEndpoint: 'http://x.example/{path}', HttpMethod: POST}}
  C:
    Type: AWS::Events::Connection
    Properties:
      AuthorizationType: API_KEY
      AuthParameters: {{ApiKeyAuthParameters: {{ApiKeyName: k, ApiKeyValue: v}}}}
"
        )
    }

    #[tokio::test]
    async fn a_changed_file_is_read_and_a_broken_one_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.yaml");
        std::fs::write(&file, template("one")).unwrap();
        let args = DefinitionArgs {
            files: vec![file.clone()],
            ..DefinitionArgs::default()
        };
        let account = Account {
            region: "e".into(),
            account_id: "1".into(),
            stack_name: "t".into(),
        };
        let reload = Reload::new(args, account, AllowTargets::default(), RulesRun::Here);
        assert_eq!(reload.load().unwrap().pipes.len(), 1);

        let stop = CancellationToken::new();
        let often = Watch::new(vec![file.clone()])
            .unwrap()
            .every(Duration::from_millis(5));
        let mut definitions = reload.read_when_changed(often, stop.clone());
        for text in [
            template("broken").replace("POST", "SHOUT"),
            "Resources: {}".to_owned(),
            template("two"),
        ] {
            std::fs::write(&file, text).unwrap();
            // Time to be seen; should one be missed, the test is only less strict.
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        let definition = definitions.recv().await.unwrap();
        let destination = &definition.pipes[0]
            .target
            .http_target()
            .unwrap()
            .destination;
        assert!(
            format!("{:?}", destination.endpoint).contains("/two"),
            "{:?}",
            destination.endpoint
        );
        stop.cancel();
        assert!(definitions.recv().await.is_none());
    }
}
