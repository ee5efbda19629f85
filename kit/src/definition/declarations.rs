//! What definition files declare, and what is wrong with them.

use std::collections::{BTreeMap, HashSet};

use super::error::LoadError;
use super::forms::{Given, Home, check_openapi};
use super::stack_names;
use crate::cloudformation::{Account, Inputs, Stack};
use crate::counted::counted;
use crate::document::{Node, OrCollect as _, Problem, Value};

/// Definition files that were read as documents. What they declare is not known yet.
#[derive(Debug, Clone)]
pub struct Sources {
    sources: Vec<Given>,
    given: Inputs,
    stack_name: Option<String>,
    lenient: bool,
}

impl Sources {
    pub(super) fn new(
        sources: Vec<Given>,
        given: Inputs,
        stack_name: Option<String>,
        lenient: bool,
    ) -> Sources {
        Sources {
            sources,
            given,
            stack_name,
            lenient,
        }
    }

    /// Finds out what the files declare in `account`. Problems are kept for
    /// [`Declarations::check`], which reports them together with those that later readers find.
    pub fn load(&self, account: &Account) -> Declarations {
        let files = self.sources.iter();
        let files = files
            .map(|given| given.root.place.file.to_string())
            .collect();
        let mut declarations = Declarations {
            account: Some(account.clone()),
            lenient: self.lenient,
            files,
            ..Declarations::default()
        };
        let mut problems = Vec::new();
        let named = stack_names::accounts(&self.sources, self.stack_name.as_deref(), account);
        let homes: HashSet<&Home> = self
            .sources
            .iter()
            .filter_map(|given| given.home.as_ref())
            .collect();
        problems.extend(self.sources.iter().flat_map(|given| given.problems.clone()));
        for (given, (account, path)) in self.sources.iter().zip(&named) {
            let mut root = given.root.clone();
            for home in &homes {
                root = home.moved(&root, account);
            }
            let inputs = Inputs {
                path: path.clone(),
                ..self.given.clone()
            };
            declarations
                .add(&root, &inputs, account, &mut problems)
                .or_collect(&mut problems);
        }
        declarations.problems = declarations.without_tolerated(problems);
        declarations
    }
}

/// Everything that the files declare, as it stands in them.
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
    /// The names of the files, in the order of the command line.
    files: Vec<String>,
    /// Problems of the files that nothing tolerates.
    problems: Vec<Problem>,
}

/// The physical ids of what was left out, because it cannot be resolved whole.
#[derive(Debug, Clone, Default)]
pub struct LeftOut(Vec<String>);

impl LeftOut {
    /// Why nothing of this name was found, for a message.
    pub fn missing(&self, what: &str, name: &str) -> String {
        match self.0.iter().any(|known| known == name) {
            true => format!("the {what} {name} is left out, for the reasons that are given for it"),
            false => format!("no definition declares the {what} {name}"),
        }
    }
}

impl Declarations {
    /// What the files hold, for a program that has nothing to run: `t.yaml: AWS::SQS::Queue, 2
    /// AWS::Pipes::Pipe`.
    pub fn contents(&self) -> String {
        let described = [
            (self.apis.len(), "OpenAPI document"),
            (self.pipes.len(), "describe-pipe output"),
            (
                self.api_destinations.len(),
                "describe-api-destination output",
            ),
            (self.connections.len(), "describe-connection output"),
        ];
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for stack in &self.stacks {
            let others = stack.not_run.iter().map(|resource| resource.kind.as_str());
            let all = stack.all().map(|resource| resource.kind.as_str());
            for kind in all.chain(others) {
                *kinds.entry(kind).or_default() += 1;
            }
        }
        let resources = kinds.into_iter().map(|(kind, count)| (count, kind));
        let resources = resources.map(|(count, kind)| match count {
            1 => kind.to_owned(),
            count => format!("{count} {kind}"),
        });
        let described = described.into_iter().filter(|(count, _)| *count > 0);
        let described = described.map(|(count, what)| counted(count, what).to_string());
        let found: Vec<String> = described.chain(resources).collect();
        let found = match found.as_slice() {
            [] => "nothing".to_owned(),
            found => found.join(", "),
        };
        format!("{found} in {}", self.files.join(", "))
    }

    /// What was left out, because it cannot be resolved whole.
    pub fn left_out(&self) -> LeftOut {
        let names = self.stacks.iter().flat_map(|stack| stack.left_out.clone());
        LeftOut(names.collect())
    }

    /// Whether what is not supported is passed over: `--lenient`.
    pub fn is_lenient(&self) -> bool {
        self.lenient
    }

    fn add(
        &mut self,
        root: &Node,
        given: &Inputs,
        account: &Account,
        problems: &mut Vec<Problem>,
    ) -> Result<(), Problem> {
        let has = |key: &str| root.get(key).is_some();
        if Stack::is_template(root) {
            let mut stack = Stack::load(root, given, account, problems)?;
            if self.lenient {
                stack.drop_broken();
            }
            self.stacks.push(stack);
        } else if has("openapi") || has("swagger") {
            match check_openapi(root) {
                Err(problem) if !problem.is_tolerable() => return Err(problem),
                Err(problem) if !self.lenient => return Err(problem),
                Err(problem) => problems.push(problem),
                Ok(()) => {}
            }
            self.apis.push(root.clone());
        } else if has("ApiDestinationArn") {
            self.api_destinations.push(root.clone());
        } else if has("ConnectionArn") && has("AuthorizationType") {
            self.connections.push(root.clone());
        } else if has("Source") && has("Target") {
            self.pipes.push(root.clone());
        } else {
            return Err(root.problem(unknown_kind(root)));
        }
        Ok(())
    }

    /// Turns the problems that readers collected into one error, together with those of the files
    /// themselves, in the order of files and lines. With `--lenient`, tolerable problems become
    /// warnings. Every reader of a definition ends with this call; a program that reads it in
    /// several ways collects the problems of all readers first.
    ///
    /// # Errors
    /// There are problems that are not tolerated.
    pub fn check(&self, problems: Vec<Problem>) -> Result<(), LoadError> {
        let mut all: Vec<Problem> = self
            .problems
            .iter()
            .cloned()
            .chain(self.without_tolerated(problems))
            .collect();
        let file = |problem: &Problem| {
            self.files
                .iter()
                .position(|file| **file == *problem.place.file)
        };
        all.sort_by_key(|problem| {
            let at = file(problem).unwrap_or(usize::MAX);
            (
                at,
                problem.place.file.clone(),
                problem.place.line,
                problem.place.column,
            )
        });
        if all.is_empty() {
            Ok(())
        } else {
            Err(LoadError::Problems(all))
        }
    }

    /// The problems that are not tolerated. Logs a warning for each of the others.
    fn without_tolerated(&self, problems: Vec<Problem>) -> Vec<Problem> {
        let (tolerated, kept): (Vec<_>, Vec<_>) = problems
            .into_iter()
            .partition(|problem| self.lenient && problem.is_tolerable());
        for problem in tolerated {
            tracing::warn!("{problem}");
        }
        kept
    }
}

/// What to say of a document that is no definition.
fn unknown_kind(root: &Node) -> String {
    let found = match &root.value {
        Value::Map(entries) if !entries.is_empty() => {
            let keys = entries.iter().take(5).map(|entry| entry.key.as_str());
            format!("the keys {}", keys.collect::<Vec<_>>().join(", "))
        }
        Value::Map(_) => "an empty mapping".to_owned(),
        other => other.kind().to_owned(),
    };
    format!(
        "unknown kind of definition: expected a CloudFormation template, an OpenAPI document, the output of \
         `terraform show -json`, or of describe-pipe, describe-api-destination, describe-connection, \
         get-queue-attributes or get-resources; found {found}"
    )
}
