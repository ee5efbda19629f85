//! The definition settings, and the files that they name.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aws_config::SdkConfig;

use super::asked_values;
use super::declarations::{Declarations, Sources};
use super::deployed_names;
use super::error::LoadError;
use super::forms::{self, Given};
use super::secrets::SecretArgs;
use crate::aws;
use crate::cloudformation::{Account, Inputs, NESTED_TEMPLATE, Overrides, Secrets, Wanted};
use crate::document::Node;
use crate::suggest::nearest;

/// The repository's own `template.yaml`, used when no file is named.
pub const BUILT_IN: &str = include_str!("../../../template.yaml");

/// The name of that file in places.
pub const BUILT_IN_NAME: &str = "template.yaml (built in)";

/// The definition settings, the same for every program that takes them.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Definition")]
pub struct DefinitionArgs {
    /// A definition: a CloudFormation template, an OpenAPI document, the JSON of `terraform show
    /// -json`, what AWS's own commands print (`aws pipes describe-pipe` and its like), or a folder
    /// that CDK, SAM or the Serverless Framework wrote. Can be repeated; in the environment,
    /// separate files with commas. Default: the built-in template.yaml
    #[arg(
        long = "definition",
        value_name = "FILE",
        env = "DEFINITION",
        value_delimiter = ','
    )]
    pub files: Vec<PathBuf>,
    /// A stack of a folder that CDK wrote, by its name or path, when there are several; '*' for all
    /// of them. Repeatable; separated by commas in the environment
    #[arg(
        long = "stack",
        value_name = "NAME",
        env = "DEFINITION_STACK",
        value_delimiter = ','
    )]
    pub stacks: Vec<String>,
    /// Values for template parameters, as Key=Value [env: PARAMETER_OVERRIDES, separated by spaces]
    #[arg(long, value_name = "KEY=VALUE", num_args = 1..)]
    pub parameter_overrides: Vec<String>,
    /// Values for dynamic references
    #[command(flatten)]
    pub secrets: SecretArgs,
    /// The name of the stack: AWS::StackName, and the first part of names that CloudFormation would
    /// make up [default: tidegate]. A program that works against AWS asks for the names that its
    /// resources have there (cloudformation:ListStackResources)
    #[arg(long, value_name = "NAME", env = "STACK_NAME", value_parser = stack_name)]
    pub stack_name: Option<String>,
    /// The name that a resource of a template has, whatever the template would make of it: the name
    /// of a queue that was deployed without one. Repeatable; separated by commas in the environment
    #[arg(
        long,
        value_name = "LOGICALID=NAME",
        env = "PHYSICAL",
        value_delimiter = ','
    )]
    pub physical: Vec<String>,
    /// Warn about what a definition asks for and Tidegate does not support, and start without it
    #[arg(long, env = "LENIENT", value_parser = crate::cli::boolean)]
    pub lenient: bool,
    /// Values for parameters that the operator does not override, in place of the template's own
    /// defaults.
    #[arg(skip)]
    pub defaults: Overrides,
    /// The names that the resources of the stack have on AWS, by logical id: see
    /// [`DefinitionArgs::completed_by_aws`].
    #[arg(skip)]
    pub deployed_names: BTreeMap<String, String>,
    /// Values that AWS gives where the operator gives none: see
    /// [`DefinitionArgs::completed_by_aws`].
    #[arg(skip)]
    pub values_of_aws: Secrets,
    /// Whether dynamic references that nobody answers get a value without a problem: for a program
    /// that looks at a definition and runs nothing.
    #[arg(skip)]
    pub assumes_secrets: bool,
}

impl DefinitionArgs {
    /// Reads all files for `account`.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load(&self, account: &Account) -> Result<Declarations, LoadError> {
        Ok(self.read()?.load(account))
    }

    /// The same settings with what only AWS knows, for a program that works with what is deployed:
    /// the names that the resources of the stack have there, where `--stack-name` names it, and the
    /// values of dynamic references, of parameters of Parameter Store and of other stacks' exports.
    /// AWS is asked once; what the operator says wins.
    ///
    /// # Errors
    /// A file cannot be read, or CloudFormation does not know the stack; one line with the reason.
    pub async fn completed_by_aws(mut self, config: &SdkConfig) -> anyhow::Result<DefinitionArgs> {
        if let Some(name) = &self.stack_name {
            self.deployed_names = deployed_names::ask(config, name).await?;
        }
        let wanted = self.wanted(&aws::account_unasked(config)?)?.all();
        if !wanted.is_empty() {
            let values = asked_values::ask(config, &wanted).await?;
            self.values_of_aws = values.into_iter().collect();
        }
        Ok(self)
    }

    /// The values that the files ask for and the operator does not give.
    fn wanted(&self, account: &Account) -> Result<Wanted, LoadError> {
        let wanted = Wanted::default();
        let note = |secrets: Secrets| secrets.assumed().noting(wanted.clone());
        self.sources(note)?.load(account);
        Ok(wanted)
    }

    /// Reads all files before the account is known, which may take a request to find out.
    ///
    /// # Errors
    /// A file cannot be read, or an override names a parameter that no template has.
    pub fn read(&self) -> Result<Sources, LoadError> {
        self.sources(|secrets| secrets)
    }

    /// The files, with the secrets as `finish` makes them of the operator's.
    fn sources(&self, finish: impl FnOnce(Secrets) -> Secrets) -> Result<Sources, LoadError> {
        let mut errors = Vec::new();
        let given = self.given(&mut errors);
        let given_files = self.roots(&mut errors);
        let roots: Vec<&Node> = given_files.iter().map(|given| &given.root).collect();
        if errors.is_empty() {
            errors.extend(given.keys().filter_map(|name| unknown(name, &roots)));
        }
        let mut secrets = self.secrets.read(&mut errors);
        secrets = secrets.or(self.values_of_aws.clone());
        if self.assumes_secrets {
            secrets = secrets.assumed();
        }
        let mut physical_ids = self.deployed_names.clone();
        physical_ids.extend(self.physical_ids(&roots, &mut errors));
        LoadError::all(errors)?;
        let inputs = Inputs {
            parameters: self.defaults.clone().into_iter().chain(given).collect(),
            secrets: finish(secrets),
            physical_ids,
            path: String::new(),
        };
        let stack_name = self.stack_name.clone();
        Ok(Sources::new(given_files, inputs, stack_name, self.lenient))
    }

    /// All files that are read, those within folders among them: to be watched.
    pub fn watched(&self) -> Vec<PathBuf> {
        let files = self.files.iter();
        files
            .flat_map(|file| forms::watched(file, &self.stacks))
            .collect()
    }

    /// The names that the operator gives to resources.
    fn physical_ids(
        &self,
        roots: &[&Node],
        errors: &mut Vec<LoadError>,
    ) -> BTreeMap<String, String> {
        let mut names = BTreeMap::new();
        for text in &self.physical {
            match text.split_once('=') {
                Some((id, name)) if !id.is_empty() && !name.is_empty() => {
                    if !roots.iter().any(|root| declares(root, "Resources", id))
                        && !roots.is_empty()
                    {
                        errors.push(LoadError::NoSuchResource(text.clone()));
                    }
                    names.insert(id.to_owned(), name.to_owned());
                }
                _ => errors.push(LoadError::Physical(text.clone())),
            }
        }
        names
    }

    /// The values that the operator gives to parameters, as far as they can be read.
    pub fn given_parameters(&self) -> Overrides {
        self.given(&mut Vec::new())
    }

    /// Whether no file is named, so that the built-in template runs.
    pub fn is_built_in(&self) -> bool {
        self.files.is_empty()
    }

    fn roots(&self, errors: &mut Vec<LoadError>) -> Vec<Given> {
        let has_stacks = |file: &PathBuf| file.is_dir() || file.ends_with("manifest.json");
        if let Some(name) = self.stacks.first()
            && !self.files.iter().any(has_stacks)
        {
            errors.push(LoadError::NoStacks(name.clone()));
        }
        if self.files.is_empty() {
            let built_in = Node::parse(BUILT_IN_NAME, BUILT_IN);
            return built_in
                .map_err(|problem| errors.push(problem.into()))
                .map_or_else(|()| Vec::new(), |root| vec![root.into()]);
        }
        let mut all = Vec::new();
        for file in &self.files {
            match forms::read(file, &self.stacks, errors) {
                Ok(given) => all.extend(given),
                Err(error) => errors.push(error),
            }
        }
        let mut problems = Vec::new();
        let all = forms::joined(all, &mut problems);
        errors.extend(problems.into_iter().map(LoadError::from));
        all
    }

    /// The values that the operator gives to parameters.
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
                // What follows the `=` may be a secret.
                _ => errors.push(LoadError::Override(
                    text.split('=').next().unwrap_or_default().to_owned(),
                )),
            }
        }
        overrides
    }
}

/// A name that CloudFormation takes for a stack.
fn stack_name(text: &str) -> Result<String, String> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic());
    if begins && text.len() <= 128 && text.chars().all(is_allowed) {
        return Ok(text.to_owned());
    }
    Err("expected letters, digits and hyphens, 128 at most, the first of them a letter".to_owned())
}

/// The error for an override whose parameter no template has.
fn unknown(name: &str, roots: &[&Node]) -> Option<LoadError> {
    if roots.iter().any(|root| declares(root, "Parameters", name)) {
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

/// Whether a section of a template has an entry. `Shop.Name` is one of a nested stack.
fn declares(root: &Node, section: &str, name: &str) -> bool {
    let within = |(stack, name): (&str, &str)| {
        let nested = root.get("Resources")?.get(stack)?.get(NESTED_TEMPLATE)?;
        Some(declares(nested, section, name))
    };
    root.get(section)
        .is_some_and(|entries| entries.get(name).is_some())
        || name.split_once('.').and_then(within) == Some(true)
}
