//! `TargetParameters` and `EnrichmentParameters`: the template, and what each service is told beside the event.
//!
//! Parameters of another service than the ARN's are refused, as AWS refuses them.

use kit::document::{Fields, Node, Problem};

use super::{Declared, destinations};
use crate::target::Dynamic;
use crate::transform::{TemplateError, Transform};

/// The members for targets (Pipes API model); the last five belong to services that are not supported.
const OF_TARGETS: [&str; 12] = [
    "HttpParameters",
    "SqsQueueParameters",
    "LambdaFunctionParameters",
    "StepFunctionStateMachineParameters",
    "KinesisStreamParameters",
    "EventBridgeEventBusParameters",
    "CloudWatchLogsParameters",
    "EcsTaskParameters",
    "BatchJobParameters",
    "RedshiftDataParameters",
    "SageMakerPipelineParameters",
    "TimestreamParameters",
];

/// The members for enrichments.
const OF_ENRICHMENTS: [&str; 1] = ["HttpParameters"];

/// Parameters as they stand.
pub(super) struct Parameters<'n> {
    pub label: String,
    pub input: Option<Transform>,
    given: Vec<(&'static str, &'n Node)>,
}

impl<'n> Parameters<'n> {
    /// Reads `TargetParameters`.
    pub fn of_target(
        pipe: &Declared<'_>,
        node: Option<&'n Node>,
        problems: &mut Vec<Problem>,
    ) -> Result<Parameters<'n>, Problem> {
        Parameters::read(format!("{}: TargetParameters", pipe.label), &OF_TARGETS, node, problems)
    }

    /// Reads `EnrichmentParameters`.
    pub fn of_enrichment(
        pipe: &Declared<'_>,
        node: Option<&'n Node>,
        problems: &mut Vec<Problem>,
    ) -> Result<Parameters<'n>, Problem> {
        Parameters::read(format!("{}: EnrichmentParameters", pipe.label), &OF_ENRICHMENTS, node, problems)
    }

    fn read(
        label: String,
        known: &[&'static str],
        node: Option<&'n Node>,
        problems: &mut Vec<Problem>,
    ) -> Result<Parameters<'n>, Problem> {
        let Some(node) = node else { return Ok(Parameters { label, input: None, given: Vec::new() }) };
        let mut fields = node.fields(&label)?;
        let input = match fields.optional("InputTemplate") {
            Some(node) if !node.text()?.is_empty() => {
                let wrong = |error: TemplateError| node.problem(format!("{label}: {error}"));
                Some(Transform::parse(node.text()?).map_err(wrong)?)
            }
            _ => None,
        };
        let given = known.iter().filter_map(|name| Some((*name, fields.optional(name)?))).collect();
        problems.extend(fields.finish());
        Ok(Parameters { label, input, given })
    }

    /// Takes the parameters of one service, if there are any.
    pub fn take(&mut self, name: &str) -> Option<&'n Node> {
        let index = self.given.iter().position(|(known, _)| *known == name)?;
        Some(self.given.remove(index).1)
    }

    /// Takes the parameters of one service as fields, with their label.
    pub fn take_fields(&mut self, name: &str) -> Result<Option<(String, Fields<'n>)>, Problem> {
        let Some(node) = self.take(name) else { return Ok(None) };
        let label = format!("{}.{name}", self.label);
        let fields = node.fields(&label)?;
        Ok(Some((label, fields)))
    }

    /// The template, when all parameters that are meant for the target were taken.
    pub fn finish(self, problems: &mut Vec<Problem>) -> Option<Transform> {
        let Parameters { label, input, given } = self;
        let foreign =
            |(name, node): (&str, &Node)| node.problem(format!("{label}: {name} are of another service than the ARN"));
        problems.extend(given.into_iter().map(foreign));
        input
    }
}

/// A value that may be a path, of up to `longest` characters.
pub(super) fn dynamic(fields: &mut Fields<'_>, name: &str, longest: usize) -> Result<Option<Dynamic>, Problem> {
    fields.optional(name).map(|node| destinations::read_dynamic(node, longest)).transpose()
}
