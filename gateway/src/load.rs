//! Every REST API of a definition: those of CloudFormation templates, and OpenAPI files beside
//! them.

mod endpoints;
pub mod forms;
pub mod notices;

use std::collections::BTreeSet;

use kit::definition::{Declarations, LoadError};
use kit::document::{OrCollect as _, Problem};

use crate::api::{Api, Apis};
use crate::cloudformation::read_stack;
use crate::load::forms::warn_of_chosen_actions;
use crate::openapi::{Document, import, only_stage};
use crate::outbound::Outbound;

impl Apis {
    /// Reads every REST API of a definition. `default_stage` is `--stage`.
    ///
    /// # Errors
    /// All that is wrong in a definition, or not supported (unless it was loaded leniently).
    pub fn load(
        definition: &Declarations,
        default_stage: Option<String>,
    ) -> Result<Apis, LoadError> {
        let mut problems = Vec::new();
        let apis = Apis::read(definition, default_stage, &mut problems);
        definition.check(problems)?;
        Ok(apis)
    }

    /// Reads every REST API, for a program that reads more than APIs from a definition: what is
    /// wrong is added to `problems`.
    pub fn read(
        definition: &Declarations,
        default_stage: Option<String>,
        problems: &mut Vec<Problem>,
    ) -> Apis {
        let mut apis = Apis {
            default_stage,
            ..Apis::default()
        };
        let account = definition.account.as_ref();
        for stack in &definition.stacks {
            read_stack(stack, account, &mut apis, problems);
        }
        for (number, root) in definition.apis.iter().enumerate() {
            let document = import(root, account, problems).or_collect(problems);
            apis.apis
                .extend(document.map(|document| of_file(number, document)));
        }
        apis
    }
}

/// The API of an OpenAPI file; its only stage is the one that the file names.
fn of_file(number: usize, document: Document) -> Api {
    let stages = vec![only_stage(&document)];
    let Document {
        title,
        api_id,
        resources,
        endpoint,
        endpoint_type,
        encoding,
        is_closed,
        policy,
        gateway_responses,
        api_key_source,
        ..
    } = document;
    Api {
        id: api_id.unwrap_or_else(|| format!("api{number}")),
        name: title,
        stages,
        endpoint,
        endpoint_type,
        resources,
        encoding,
        is_closed,
        policy,
        gateway_responses,
        api_key_source,
        ..Api::default()
    }
}

/// The REST APIs of a definition, with `stage` as `--stage`, whose integrations reach no more than
/// `outbound`.
///
/// # Errors
/// An API cannot be read, the definition declares none, or no API has that stage.
pub fn load_apis(
    definition: &Declarations,
    stage: Option<String>,
    outbound: &Outbound,
) -> anyhow::Result<Apis> {
    let mut problems = Vec::new();
    let apis = Apis::read(definition, stage, &mut problems);
    apis.check_endpoints(outbound, &mut problems);
    definition.check(problems)?;
    warn_of_chosen_actions(&apis);
    anyhow::ensure!(
        !apis.apis.is_empty(),
        "the definition declares no REST API or HTTP API: expected AWS::ApiGateway::RestApi, \
         AWS::ApiGatewayV2::Api or one of SAM's in a template, or an OpenAPI document (set another \
         one with --definition or DEFINITION); found {}",
        definition.contents()
    );
    check_stage(&apis)?;
    Ok(apis)
}

/// Checks that `--stage` names a stage of one of the APIs.
///
/// # Errors
/// No API has that stage.
pub fn check_stage(apis: &Apis) -> anyhow::Result<()> {
    if let Some(stage) = &apis.default_stage {
        let is_known = apis.apis.iter().any(|api| api.stage(stage).is_some());
        anyhow::ensure!(
            is_known,
            "--stage or GATEWAY_STAGE: no API has a stage {stage}: expected {}",
            stage_names(apis)
        );
    }
    Ok(())
}

/// Every stage once: `dev, prod`.
fn stage_names(apis: &Apis) -> String {
    let stages = apis.apis.iter().flat_map(|api| &api.stages);
    let names: BTreeSet<&str> = stages.map(|stage| stage.name.as_str()).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}
