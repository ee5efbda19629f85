//! The definitions that a program was given: which files, read with which parameters, and what kind each one is.
//!
//! The kind of a file is found by its content. What a resource means is left to the program that runs it.

use std::path::{Path, PathBuf};

use crate::cloudformation::{Account, Overrides, Stack};
use crate::document::{Node, Problem};

/// The repository's own `template.yaml`, used when no file is named.
const BUILT_IN: &str = include_str!("../../template.yaml");

/// Files larger than this are refused; an import into API Gateway is 6 MB at most.
const LARGEST: u64 = 6 * 1024 * 1024;

/// The definition settings, the same for every program that takes them.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Definition")]
pub struct DefinitionArgs {
    /// A definition: CloudFormation template, OpenAPI document, or the JSON of `aws pipes describe-pipe`,
    /// `aws events describe-api-destination`, `aws events describe-connection`. Repeatable; commas in the
    /// environment. Without one, the built-in template.yaml
    #[arg(long = "definition", value_name = "FILE", env = "DEFINITION", value_delimiter = ',')]
    pub files: Vec<PathBuf>,
    /// Values for template parameters, Key=Value … [env: PARAMETER_OVERRIDES, separated by spaces]
    #[arg(long, value_name = "KEY=VALUE", num_args = 1..)]
    pub parameter_overrides: Vec<String>,
    /// Go on where a definition asks for something that is not supported, with a warning each time
    #[arg(long, env = "LENIENT", value_parser = crate::cli::boolean)]
    pub lenient: bool,
    /// Values for parameters that nobody overrode; for a caller that knows better than the template's defaults.
    #[arg(skip)]
    pub defaults: Overrides,
}

/// Why definitions could not be loaded. Prints one line for each cause.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file cannot be read.
    #[error("{}: {cause}", file.display())]
    Unreadable {
        /// The file as it was named.
        file: PathBuf,
        /// What the system said; not a source, for the text above has it already.
        cause: std::io::Error,
    },
    /// A file is not what it should be.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// All that is wrong or not supported; `--lenient` passes over the latter.
    #[error("{}", lines(.0))]
    Problems(Vec<Problem>),
    /// A `--parameter-overrides` value is not `Key=Value`.
    #[error("--parameter-overrides: {0:?} is not Key=Value")]
    Override(String),
    /// A `--parameter-overrides` key that no template knows; CloudFormation refuses those too.
    #[error("--parameter-overrides: no template has a parameter {0}")]
    NoSuchParameter(String),
}

/// Definition files that were read, and not yet understood.
#[derive(Debug, Clone)]
pub struct Sources {
    roots: Vec<Node>,
    overrides: Overrides,
    lenient: bool,
}

impl Sources {
    /// Finds out what the files declare in `account`. Problems wait for [`Definition::judge`], so that they are told
    /// together with those of whoever reads on.
    ///
    /// # Errors
    /// A file is none of the kinds that are known, or cannot be read at all.
    pub fn load(&self, account: &Account) -> Result<Definition, LoadError> {
        let mut definition =
            Definition { account: Some(account.clone()), lenient: self.lenient, ..Definition::default() };
        let mut problems = Vec::new();
        for root in &self.roots {
            definition.add(root, &self.overrides, account, &mut problems)?;
        }
        definition.problems = definition.untold(problems);
        Ok(definition)
    }
}

/// Everything the files declare, as it stands in them.
#[derive(Debug, Clone, Default)]
pub struct Definition {
    /// CloudFormation templates, resolved.
    pub stacks: Vec<Stack>,
    /// OpenAPI and Swagger documents that are files of their own.
    pub apis: Vec<Node>,
    /// What `aws pipes describe-pipe` printed.
    pub pipes: Vec<Node>,
    /// What `aws events describe-api-destination` printed.
    pub api_destinations: Vec<Node>,
    /// What `aws events describe-connection` printed.
    pub connections: Vec<Node>,
    /// Where the definitions live.
    pub account: Option<Account>,
    lenient: bool,
    /// What is not passed over, until somebody judges.
    problems: Vec<Problem>,
}

impl DefinitionArgs {
    /// Reads all files for `account`.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load(&self, account: &Account) -> Result<Definition, LoadError> {
        self.read()?.load(account)
    }

    /// Reads all files, for whatever account: finding that out may take a while.
    ///
    /// # Errors
    /// A file cannot be read, or an override is for no parameter of any.
    pub fn read(&self) -> Result<Sources, LoadError> {
        let (given, roots) = (self.given()?, self.roots()?);
        if let Some(unknown) = given.keys().find(|name| !roots.iter().any(|root| declares(root, name))) {
            return Err(LoadError::NoSuchParameter(unknown.clone()));
        }
        let overrides = self.defaults.clone().into_iter().chain(given).collect();
        Ok(Sources { roots, overrides, lenient: self.lenient })
    }

    fn roots(&self) -> Result<Vec<Node>, LoadError> {
        if self.files.is_empty() {
            return Ok(vec![Node::parse("template.yaml (built in)", BUILT_IN)?]);
        }
        let root = |file: &PathBuf| Ok(Node::parse(&file.display().to_string(), &read(file)?)?);
        self.files.iter().map(root).collect()
    }

    /// What the operator wants parameters to be.
    fn given(&self) -> Result<Overrides, LoadError> {
        let environment = std::env::var("PARAMETER_OVERRIDES").unwrap_or_default();
        let given: Vec<&str> = match self.parameter_overrides.as_slice() {
            [] => environment.split_whitespace().collect(),
            flags => flags.iter().map(String::as_str).collect(),
        };
        let pair = |text: &str| match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
            // Only the part that cannot hold a secret is shown.
            _ => Err(LoadError::Override(text.split('=').next().unwrap_or_default().to_owned())),
        };
        given.into_iter().map(pair).collect()
    }
}

fn declares(root: &Node, parameter: &str) -> bool {
    root.get("Parameters").is_some_and(|parameters| parameters.get(parameter).is_some())
}

impl Definition {
    fn add(
        &mut self,
        root: &Node,
        overrides: &Overrides,
        account: &Account,
        problems: &mut Vec<Problem>,
    ) -> Result<(), LoadError> {
        let has = |key: &str| root.get(key).is_some();
        if Stack::is_template(root) {
            self.stacks.push(Stack::load(root, overrides, account, problems)?);
        } else if has("openapi") || has("swagger") {
            self.apis.push(root.clone());
        } else if has("ApiDestinationArn") {
            self.api_destinations.push(root.clone());
        } else if has("ConnectionArn") && has("AuthorizationType") {
            self.connections.push(root.clone());
        } else if has("Source") && has("Target") {
            self.pipes.push(root.clone());
        } else {
            let kinds = "a CloudFormation template, an OpenAPI document, or the output of describe-pipe, \
                         describe-api-destination or describe-connection";
            return Err(root.problem(format!("this is none of {kinds}")).into());
        }
        Ok(())
    }

    /// Turns the problems that a reader collected into an error, together with those of the files themselves. What it could
    /// pass over becomes a warning when `--lenient` was given. Every reader of a definition ends with this.
    ///
    /// # Errors
    /// There are problems that are not passed over.
    pub fn judge(&self, problems: Vec<Problem>) -> Result<(), LoadError> {
        let told: Vec<Problem> = self.problems.iter().cloned().chain(self.untold(problems)).collect();
        if told.is_empty() { Ok(()) } else { Err(LoadError::Problems(told)) }
    }

    /// The problems that are not passed over; warns of the others.
    fn untold(&self, problems: Vec<Problem>) -> Vec<Problem> {
        let (passed, kept): (Vec<_>, Vec<_>) =
            problems.into_iter().partition(|problem| self.lenient && !problem.is_fatal());
        for problem in passed {
            tracing::warn!("{problem}");
        }
        kept
    }
}

fn read(file: &Path) -> Result<String, LoadError> {
    let unreadable = |cause| LoadError::Unreadable { file: file.to_owned(), cause };
    let length = std::fs::metadata(file).map_err(unreadable)?.len();
    if length > LARGEST {
        return Err(unreadable(std::io::Error::other(format!("{length} bytes; definitions have {LARGEST} at most"))));
    }
    std::fs::read_to_string(file).map_err(unreadable)
}

fn lines(problems: &[Problem]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for problem in problems.iter().map(ToString::to_string) {
        // Several resources may refer to the same thing that is not there.
        if !lines.contains(&problem) {
            lines.push(problem);
        }
    }
    if problems.iter().any(|problem| !problem.is_fatal()) {
        lines.push("(--lenient goes on without what is not supported)".to_owned());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account { region: "eu-west-1".into(), account_id: "000000000000".into(), stack_name: "tidegate".into() }
    }

    fn load(text: &str, lenient: bool) -> Result<Definition, LoadError> {
        let (mut definition, mut problems) = (Definition { lenient, ..Definition::default() }, Vec::new());
        definition.add(&Node::parse("f", text)?, &Overrides::new(), &account(), &mut problems)?;
        definition.judge(problems)?;
        Ok(definition)
    }

    #[test]
    fn the_built_in_definition_loads() {
        let definition = DefinitionArgs::default().load(&account()).unwrap();
        assert!(definition.stacks[0].of_kind("AWS::ApiGateway::RestApi").next().is_some());
    }

    #[test]
    fn the_kind_is_found_by_content() {
        assert_eq!(load("openapi: 3.0.1", false).unwrap().apis.len(), 1);
        assert_eq!(load(r#"{"Name":"p","Source":"s","Target":"t"}"#, false).unwrap().pipes.len(), 1);
        assert_eq!(load(r#"{"ApiDestinationArn":"a","ConnectionArn":"c"}"#, false).unwrap().api_destinations.len(), 1);
        assert_eq!(load(r#"{"ConnectionArn":"c","AuthorizationType":"BASIC"}"#, false).unwrap().connections.len(), 1);
        assert!(load("hello: world", false).unwrap_err().to_string().starts_with("f:1:1: this is none of"));
    }

    #[test]
    fn unsupported_is_loud_unless_lenient_and_wrong_is_loud_always() {
        let unsupported = "Resources:\n  A: {Type: AWS::SQS::Queue, Properties: {QueueName: !ImportValue a}}\n  \
                           B: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAZs b}}\n  C: {Type: AWS::SQS::Queue}\n";
        let message = load(unsupported, false).unwrap_err().to_string();
        let expected = [
            "f:2:54: Fn::ImportValue is not supported",
            "f:3:54: Fn::GetAZs is not supported",
            "(--lenient goes on without what is not supported)",
        ];
        assert_eq!(message, expected.join("\n"));
        let resources = &load(unsupported, true).unwrap().stacks[0].resources;
        assert_eq!(resources.iter().map(|resource| resource.logical_id.as_str()).collect::<Vec<_>>(), ["C"]);

        let wrong = format!("{unsupported}  D: {{Type: AWS::SQS::Queue, Properties: {{QueueName: !Ref Nope}}}}\n");
        let message = load(&wrong, true).unwrap_err().to_string();
        assert_eq!(message, "f:5:54: Ref Nope: there is no such parameter or resource");
        assert_eq!(load(&wrong, false).unwrap_err().to_string().lines().count(), 4, "all of them, and the hint");
    }

    #[test]
    fn an_override_that_no_template_knows_is_refused() {
        let given = |pair: &str| DefinitionArgs { parameter_overrides: vec![pair.to_owned()], ..Default::default() };
        assert!(given("SubEndpoint=http://x").load(&account()).is_ok());
        let message = given("SubEndpont=http://x").load(&account()).unwrap_err().to_string();
        assert_eq!(message, "--parameter-overrides: no template has a parameter SubEndpont");
    }
}
