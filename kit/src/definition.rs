//! The definitions that a program was given: which files, read with which parameters, and what kind
//! each one is.
//!
//! The kind of a file is found by its content. What a resource means is left to the program that
//! runs it.

mod error;
mod not_run;

pub use error::LoadError;

use std::path::{Path, PathBuf};

use crate::cloudformation::{Account, Overrides, Stack};
use crate::document::{Node, OrCollect as _, Problem};
use crate::suggest::nearest;

/// The repository's own `template.yaml`, used when no file is named.
const BUILT_IN: &str = include_str!("../../template.yaml");

/// Files larger than this are refused; an import into API Gateway is 6 MB at most.
const LARGEST: u64 = 6 * 1024 * 1024;

/// The definition settings, the same for every program that takes them.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Definition")]
pub struct DefinitionArgs {
    /// A definition: CloudFormation template, OpenAPI document, or the JSON of
    /// `aws pipes describe-pipe`, `aws events describe-api-destination`,
    /// `aws events describe-connection`. Repeatable; commas in the environment. Without one, the
    /// built-in template.yaml
    #[arg(
        long = "definition",
        value_name = "FILE",
        env = "DEFINITION",
        value_delimiter = ','
    )]
    pub files: Vec<PathBuf>,
    /// Values for template parameters, Key=Value … [env: PARAMETER_OVERRIDES, separated by spaces]
    #[arg(long, value_name = "KEY=VALUE", num_args = 1..)]
    pub parameter_overrides: Vec<String>,
    /// Go on where a definition asks for something that is not supported, with a warning each time
    #[arg(long, env = "LENIENT", value_parser = crate::cli::boolean)]
    pub lenient: bool,
    /// Values for parameters that nobody overrode; for a caller that knows better than the
    /// template's defaults.
    #[arg(skip)]
    pub defaults: Overrides,
}

/// Definition files that were read, and not yet understood.
#[derive(Debug, Clone)]
pub struct Sources {
    roots: Vec<Node>,
    overrides: Overrides,
    lenient: bool,
}

impl Sources {
    /// Finds out what the files declare in `account`. Problems wait for [`Declarations::judge`], so
    /// that they are told together with those of whoever reads on.
    pub fn load(&self, account: &Account) -> Declarations {
        let files = self
            .roots
            .iter()
            .map(|root| root.place.file.to_string())
            .collect();
        let mut definition = Declarations {
            account: Some(account.clone()),
            lenient: self.lenient,
            files,
            ..Declarations::default()
        };
        let mut problems = Vec::new();
        for root in &self.roots {
            definition
                .add(root, &self.overrides, account, &mut problems)
                .or_collect(&mut problems);
        }
        definition.problems = definition.not_passed_over(problems);
        definition
    }
}

/// Everything the files declare, as it stands in them.
#[derive(Debug, Clone, Default)]
pub struct Declarations {
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
    /// In the order in which they were named.
    files: Vec<String>,
    /// What is not passed over, until somebody judges.
    problems: Vec<Problem>,
}

impl DefinitionArgs {
    /// Reads all files for `account`.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load(&self, account: &Account) -> Result<Declarations, LoadError> {
        Ok(self.read()?.load(account))
    }

    /// Reads all files, for whatever account: finding that out may take a while.
    ///
    /// # Errors
    /// Files cannot be read, or overrides are for no parameter of any.
    pub fn read(&self) -> Result<Sources, LoadError> {
        let mut errors = Vec::new();
        let given = self.given(&mut errors);
        let roots = self.roots(&mut errors);
        if errors.is_empty() {
            errors.extend(given.keys().filter_map(|name| unknown(name, &roots)));
        }
        LoadError::all(errors)?;
        let overrides = self.defaults.clone().into_iter().chain(given).collect();
        Ok(Sources {
            roots,
            overrides,
            lenient: self.lenient,
        })
    }

    /// Whether no file is named, so that the repository's own template is what runs.
    pub fn is_built_in(&self) -> bool {
        self.files.is_empty()
    }

    fn roots(&self, errors: &mut Vec<LoadError>) -> Vec<Node> {
        let parsed: Vec<Result<Node, LoadError>> = match self.files.as_slice() {
            [] => vec![Node::parse("template.yaml (built in)", BUILT_IN).map_err(LoadError::from)],
            files => files
                .iter()
                .map(|file| Ok(Node::parse(&file.display().to_string(), &read(file)?)?))
                .collect(),
        };
        parsed
            .into_iter()
            .filter_map(|root| root.map_err(|error| errors.push(error)).ok())
            .collect()
    }

    /// What the operator wants parameters to be.
    fn given(&self, errors: &mut Vec<LoadError>) -> Overrides {
        let environment = std::env::var("PARAMETER_OVERRIDES").unwrap_or_default();
        let given: Vec<&str> = match self.parameter_overrides.as_slice() {
            [] => environment.split_whitespace().collect(),
            flags => flags.iter().map(String::as_str).collect(),
        };
        let mut overrides = Overrides::new();
        for text in given {
            match text.split_once('=') {
                Some((key, value)) if !key.is_empty() => {
                    _ = overrides.insert(key.to_owned(), value.to_owned());
                }
                // Only the part that cannot hold a secret is shown.
                _ => errors.push(LoadError::Override(
                    text.split('=').next().unwrap_or_default().to_owned(),
                )),
            }
        }
        overrides
    }
}

/// An override that no template has a parameter for.
fn unknown(name: &str, roots: &[Node]) -> Option<LoadError> {
    if roots.iter().any(|root| declares(root, name)) {
        return None;
    }
    let entries = roots
        .iter()
        .filter_map(|root| root.get("Parameters")?.entries().ok())
        .flatten();
    let meant = nearest(name, entries.map(|entry| entry.key.as_str())).map(ToOwned::to_owned);
    Some(LoadError::NoSuchParameter {
        name: name.to_owned(),
        meant,
    })
}

fn declares(root: &Node, parameter: &str) -> bool {
    root.get("Parameters")
        .is_some_and(|parameters| parameters.get(parameter).is_some())
}

impl Declarations {
    fn add(
        &mut self,
        root: &Node,
        overrides: &Overrides,
        account: &Account,
        problems: &mut Vec<Problem>,
    ) -> Result<(), Problem> {
        let has = |key: &str| root.get(key).is_some();
        if Stack::is_template(root) {
            let mut stack = Stack::load(root, overrides, account, problems)?;
            if self.lenient {
                stack.drop_broken();
            }
            self.stacks.push(stack);
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
            return Err(root.problem(format!("this is none of {kinds}")));
        }
        Ok(())
    }

    /// Turns the problems that readers collected into an error, together with those of the files
    /// themselves, in the order of files and lines. What could be passed over becomes a warning
    /// when `--lenient` was given. Every reader of a definition ends with this; a program that
    /// reads it in several ways collects all of their problems first.
    ///
    /// # Errors
    /// There are problems that are not passed over.
    pub fn check(&self, problems: Vec<Problem>) -> Result<(), LoadError> {
        let mut told: Vec<Problem> = self
            .problems
            .iter()
            .cloned()
            .chain(self.not_passed_over(problems))
            .collect();
        let file = |problem: &Problem| {
            self.files
                .iter()
                .position(|file| **file == *problem.place.file)
        };
        told.sort_by_key(|problem| {
            let at = file(problem).unwrap_or(usize::MAX);
            (
                at,
                problem.place.file.clone(),
                problem.place.line,
                problem.place.column,
            )
        });
        if told.is_empty() {
            Ok(())
        } else {
            Err(LoadError::Problems(told))
        }
    }

    /// The problems that are not passed over; warns of the others.
    fn not_passed_over(&self, problems: Vec<Problem>) -> Vec<Problem> {
        let (passed, kept): (Vec<_>, Vec<_>) = problems
            .into_iter()
            .partition(|problem| self.lenient && problem.is_tolerable());
        for problem in passed {
            tracing::warn!("{problem}");
        }
        kept
    }
}

fn read(file: &Path) -> Result<String, LoadError> {
    let unreadable = |cause: std::io::Error| LoadError::Unreadable {
        file: file.to_owned(),
        setting: crate::cli::written("--definition", "DEFINITION"),
        cause: cause.to_string(),
    };
    let length = std::fs::metadata(file).map_err(unreadable)?.len();
    if length > LARGEST {
        return Err(unreadable(std::io::Error::other(format!(
            "{length} bytes; definitions have {LARGEST} at most"
        ))));
    }
    std::fs::read_to_string(file).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account {
            region: "eu-west-1".into(),
            account_id: "000000000000".into(),
            stack_name: "tidegate".into(),
        }
    }

    fn load(text: &str, lenient: bool) -> Result<Declarations, LoadError> {
        let roots = vec![Node::parse("f", text)?];
        let definition = Sources {
            roots,
            overrides: Overrides::new(),
            lenient,
        }
        .load(&account());
        definition.check(Vec::new())?;
        Ok(definition)
    }

    #[test]
    fn the_built_in_definition_loads() {
        let definition = DefinitionArgs::default().load(&account()).unwrap();
        assert!(
            definition.stacks[0]
                .of_kind("AWS::ApiGateway::RestApi")
                .next()
                .is_some()
        );
    }

    #[test]
    fn the_kind_is_found_by_content() {
        assert_eq!(load("openapi: 3.0.1", false).unwrap().apis.len(), 1);
        assert_eq!(
            load(r#"{"Name":"p","Source":"s","Target":"t"}"#, false)
                .unwrap()
                .pipes
                .len(),
            1
        );
        assert_eq!(
            load(r#"{"ApiDestinationArn":"a","ConnectionArn":"c"}"#, false)
                .unwrap()
                .api_destinations
                .len(),
            1
        );
        assert_eq!(
            load(
                r#"{"ConnectionArn":"c","AuthorizationType":"BASIC"}"#,
                false
            )
            .unwrap()
            .connections
            .len(),
            1
        );
        assert!(
            load("hello: world", false)
                .unwrap_err()
                .to_string()
                .starts_with("f:1:1: this is none of")
        );
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
        assert_eq!(
            resources
                .iter()
                .map(|resource| resource.logical_id.as_str())
                .collect::<Vec<_>>(),
            ["C"]
        );

        let wrong = format!(
            "{unsupported}  D: {{Type: AWS::SQS::Queue, Properties: {{QueueName: !Ref Nope}}}}\n"
        );
        let message = load(&wrong, true).unwrap_err().to_string();
        assert_eq!(
            message,
            "f:5:54: Ref Nope: there is no such parameter or resource"
        );
        assert_eq!(
            load(&wrong, false).unwrap_err().to_string().lines().count(),
            4,
            "all of them, and the hint"
        );
    }

    #[test]
    fn an_override_that_no_template_knows_is_refused() {
        let given = |pair: &str| DefinitionArgs {
            parameter_overrides: vec![pair.to_owned()],
            ..Default::default()
        };
        assert!(given("SubEndpoint=http://x").load(&account()).is_ok());
        let message = given("SubEndpont=http://x")
            .load(&account())
            .unwrap_err()
            .to_string();
        assert_eq!(
            message,
            "--parameter-overrides or PARAMETER_OVERRIDES: no template has a parameter SubEndpont; did you mean SubEndpoint?"
        );
    }

    /// Two files, their own problems and those of readers: all in the order of files and lines.
    #[test]
    fn problems_are_told_in_the_order_of_files_and_lines() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let queue = "Resources:\n  Q: {Type: AWS::SQS::Queues}\n  P: {Type: AWS::SQS::Queue, Properties: {A: !Ref N, B: !Sub '${C.Arn}${D}'}}\n";
        let files = vec![
            file("z.yaml", queue),
            file("a.json", "{}"),
            folder.path().join("b.yaml"),
        ];
        let both = files[..2].to_vec();
        let unreadable = DefinitionArgs {
            files,
            parameter_overrides: vec!["=x".into()],
            ..DefinitionArgs::default()
        };
        assert_eq!(
            unreadable
                .load(&account())
                .unwrap_err()
                .to_string()
                .lines()
                .count(),
            2
        );

        let definition = DefinitionArgs {
            files: both,
            ..DefinitionArgs::default()
        }
        .load(&account())
        .unwrap();
        let late = Node::parse(
            &folder.path().join("z.yaml").display().to_string(),
            "[\n1,\n2, 3]",
        )
        .unwrap();
        let told = definition
            .check(vec![late.list().unwrap()[1].problem("by a reader")])
            .unwrap_err()
            .to_string();
        let told = told.replace(&format!("{}/", folder.path().display()), "");
        let expected = [
            "z.yaml:2:13: Q: AWS::SQS::Queues is not a resource type; did you mean AWS::SQS::Queue?",
            "z.yaml:3:1: by a reader",
            "z.yaml:3:46: Ref N: there is no such parameter or resource",
            "z.yaml:3:57: GetAtt C: there is no such parameter or resource",
            "z.yaml:3:57: Ref D: there is no such parameter or resource",
            "a.json:1:1: this is none of",
            "(--lenient goes on",
        ];
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines.len(), expected.len(), "{told}");
        for (line, expected) in lines.into_iter().zip(expected) {
            assert!(line.starts_with(expected), "{line}");
        }
    }

    #[test]
    fn a_template_is_one_even_when_its_key_is_misspelt() {
        for key in ["Resource", "resources", "Ressources"] {
            let message = load(
                &format!("{key}: {{Q: {{Type: AWS::SQS::Queue, Properties: {{A: !Ref B}}}}}}"),
                false,
            );
            let message = message.unwrap_err().to_string();
            let expected =
                format!("f:1:1: the template: {key} is unknown; did you mean Resources?");
            assert!(
                message.starts_with(&expected) && message.contains("Ref B"),
                "{message}"
            );
        }
        let message = load("AWSTemplateFormatVersion: '2010-09-09'", false)
            .unwrap_err()
            .to_string();
        assert_eq!(message, "f:1:1: the template: Resources is missing");
    }
}
