//! What definition files declare, and what is wrong with them.

use super::error::LoadError;
use crate::cloudformation::{Account, Overrides, Stack};
use crate::document::{Node, OrCollect as _, Problem};

/// Definition files that were read as documents. What they declare is not known yet.
#[derive(Debug, Clone)]
pub struct Sources {
    roots: Vec<Node>,
    overrides: Overrides,
    lenient: bool,
}

impl Sources {
    pub(super) fn new(roots: Vec<Node>, overrides: Overrides, lenient: bool) -> Sources {
        Sources {
            roots,
            overrides,
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
        for root in &self.roots {
            declarations
                .add(root, &self.overrides, account, &mut problems)
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
    /// Whether what is not supported is passed over: `--lenient`.
    pub fn is_lenient(&self) -> bool {
        self.lenient
    }

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
