//! What definition files declare, and what is wrong with them.

use std::collections::BTreeMap;

use super::error::LoadError;
use super::stack_names;
use crate::cloudformation::{Account, Inputs, Stack};
use crate::document::{Node, OrCollect as _, Problem};

/// Definition files that were read as documents. What they declare is not known yet.
#[derive(Debug, Clone)]
pub struct Sources {
    roots: Vec<Node>,
    given: Inputs,
    stack_name: Option<String>,
    lenient: bool,
}

impl Sources {
    pub(super) fn new(
        roots: Vec<Node>,
        given: Inputs,
        stack_name: Option<String>,
        lenient: bool,
    ) -> Sources {
        Sources {
            roots,
            given,
            stack_name,
            lenient,
        }
    }

    /// Finds out what the files declare in `account`. Problems are kept for
    /// [`Declarations::check`], which reports them together with those that later readers find.
    pub fn load(&self, account: &Account) -> Declarations {
        let files = self
            .roots
            .iter()
            .map(|root| root.place.file.to_string())
            .collect();
        let mut declarations = Declarations {
            account: Some(account.clone()),
            lenient: self.lenient,
            files,
            ..Declarations::default()
        };
        let mut problems = Vec::new();
        let stack_name = self.stack_name.as_ref().unwrap_or(&account.stack_name);
        let named = Account {
            stack_name: stack_name.clone(),
            ..account.clone()
        };
        let accounts = stack_names::accounts(&self.roots, &named);
        for (root, account) in self.roots.iter().zip(&accounts) {
            declarations
                .add(root, &self.given, account, &mut problems)
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

impl Declarations {
    /// What the files hold, for a program that has nothing to run: `t.yaml: AWS::SQS::Queue, 2
    /// AWS::Pipes::Pipe`.
    pub fn contents(&self) -> String {
        let described = [
            (self.apis.len(), "OpenAPI documents"),
            (self.pipes.len(), "outputs of describe-pipe"),
            (
                self.api_destinations.len(),
                "outputs of describe-api-destination",
            ),
            (self.connections.len(), "outputs of describe-connection"),
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
        let found = described.into_iter().filter(|(count, _)| *count > 0);
        let found: Vec<String> = found
            .chain(resources)
            .map(|(count, what)| match count {
                1 => what.to_owned(),
                count => format!("{count} {what}"),
            })
            .collect();
        let found = match found.as_slice() {
            [] => "nothing".to_owned(),
            found => found.join(", "),
        };
        format!("{found} in {}", self.files.join(", "))
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
            self.apis.push(root.clone());
        } else if has("ApiDestinationArn") {
            self.api_destinations.push(root.clone());
        } else if has("ConnectionArn") && has("AuthorizationType") {
            self.connections.push(root.clone());
        } else if has("Source") && has("Target") {
            self.pipes.push(root.clone());
        } else {
            return Err(root.problem(
                "unknown kind of definition: expected a CloudFormation template, an OpenAPI document, or the output of \
                 describe-pipe, describe-api-destination or describe-connection",
            ));
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
