//! `TargetParameters` and `EnrichmentParameters`: the template, and the parameters of the service.
//!
//! Parameters of another service than the ARN's are refused, as AWS refuses them.

use kit::document::{Fields, Node, OrCollect as _, Problem};

use super::declared::DeclaredResource;
use super::http_parameters::read_dynamic;
use crate::targets::DynamicValue;
use crate::transform::{TemplateError, Transform};

/// The members for targets (Pipes API model); the last five belong to services that are not
/// supported.
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

/// The parameters of a target or an enrichment, until those of its service are taken.
pub(super) struct ServiceParameters<'n> {
    pub(super) label: String,
    pub(super) input: Option<Transform>,
    given: Vec<(&'static str, &'n Node)>,
}

impl<'n> ServiceParameters<'n> {
    /// Reads `TargetParameters`.
    pub(super) fn of_target(
        pipe: &DeclaredResource<'_>,
        node: Option<&'n Node>,
        problems: &mut Vec<Problem>,
    ) -> ServiceParameters<'n> {
        ServiceParameters::read(
            format!("{}: TargetParameters", pipe.label),
            &OF_TARGETS,
            node,
            problems,
        )
    }

    /// Reads `EnrichmentParameters`.
    pub(super) fn of_enrichment(
        pipe: &DeclaredResource<'_>,
        node: Option<&'n Node>,
        problems: &mut Vec<Problem>,
    ) -> ServiceParameters<'n> {
        ServiceParameters::read(
            format!("{}: EnrichmentParameters", pipe.label),
            &OF_ENRICHMENTS,
            node,
            problems,
        )
    }

    fn read(
        label: String,
        known: &[&'static str],
        node: Option<&'n Node>,
        problems: &mut Vec<Problem>,
    ) -> ServiceParameters<'n> {
        let fields = node.and_then(|node| node.fields(&label).or_collect(problems));
        let Some(mut fields) = fields else {
            return ServiceParameters {
                label,
                input: None,
                given: Vec::new(),
            };
        };
        let input = fields
            .optional("InputTemplate")
            .map(|node| read_template(&label, node))
            .transpose();
        let input = input.or_collect(problems).flatten().flatten();
        let given = known
            .iter()
            .filter_map(|name| Some((*name, fields.optional(name)?)))
            .collect();
        problems.extend(fields.finish());
        ServiceParameters {
            label,
            input,
            given,
        }
    }

    /// Whether there are parameters of this service.
    pub(super) fn has(&self, name: &str) -> bool {
        self.given.iter().any(|(known, _)| *known == name)
    }

    /// Takes the parameters of one service, if there are any.
    pub(super) fn take(&mut self, name: &str) -> Option<&'n Node> {
        let index = self.given.iter().position(|(known, _)| *known == name)?;
        Some(self.given.remove(index).1)
    }

    /// Takes the parameters of one service as fields, with their label.
    pub(super) fn take_fields(
        &mut self,
        name: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<(String, Fields<'n>)> {
        let node = self.take(name)?;
        let label = format!("{}.{name}", self.label);
        let fields = node.fields(&label).or_collect(problems)?;
        Some((label, fields))
    }

    /// The template. Parameters that were not taken belong to another service, which is a problem.
    pub(super) fn finish(self, problems: &mut Vec<Problem>) -> Option<Transform> {
        let ServiceParameters {
            label,
            input,
            given,
        } = self;
        let foreign = |(name, node): (&str, &Node)| {
            node.problem(format!(
                "{label}: {name} are for another service than the ARN's"
            ))
            .tolerable()
        };
        problems.extend(given.into_iter().map(foreign));
        input
    }
}

/// Reads `InputTemplate`; an empty one counts as none.
fn read_template(label: &str, node: &Node) -> Result<Option<Transform>, Problem> {
    let text = node.text()?;
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |error: TemplateError| node.problem(format!("{label}: {error}"));
    Transform::parse(text).map(Some).map_err(wrong)
}

/// Reads an optional value that may be a path, of up to `longest` characters.
pub(super) fn dynamic(
    fields: &mut Fields<'_>,
    name: &str,
    longest: usize,
    problems: &mut Vec<Problem>,
) -> Option<DynamicValue> {
    read_dynamic(fields.optional(name)?, longest).or_collect(problems)
}
