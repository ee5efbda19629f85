//! Door: reads the files of a definition for the rules.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use gateway::api::{Apis, Integration};
use gateway::load::forms::is_form_for_sqs;
use gateway::mapping::encoded_form;
use kit::cloudformation::Account;
use kit::definition::{BUILT_IN, BUILT_IN_NAME, DefinitionArgs, LoadError};
use kit::document::{Node, Problem};
use kit::send::AllowTargets;
use pipe::definition::PipeDefinitions;

use super::args::Args;
use super::finding::{Finding, SYNTAX, Severity};
use super::places::{Source, Sources};
use super::stand_ins;
use super::subject::Subject;

/// What was read.
pub(crate) struct Loaded {
    /// What rules look at; `None` when there is no file that is a document.
    pub(super) subject: Option<Subject>,
    /// Findings about files that are neither YAML nor JSON.
    pub(super) unreadable: Vec<Finding>,
    /// The texts of those.
    pub(super) broken: Sources,
}

impl Loaded {
    /// The line of a finding with its mark.
    pub(super) fn excerpt(&self, finding: &Finding) -> Option<String> {
        let subject = self.subject.as_ref();
        let (place, width) = (&finding.place, finding.width);
        let found = subject.and_then(|subject| subject.sources.excerpt(place, width));
        found.or_else(|| self.broken.excerpt(place, width))
    }
}

/// Reads all files. What is wrong with them is kept for the rules.
///
/// # Errors
/// A file cannot be read at all, or a setting is wrong.
pub(super) fn load(args: &Args, account: &Account) -> anyhow::Result<Loaded> {
    let mut definition = args.definition();
    let (mut sources, mut broken) = (Sources::default(), Sources::default());
    let mut unreadable = Vec::new();
    for source in texts(&definition.files)? {
        match Node::parse(&source.name, &source.text) {
            Ok(root) => sources.0.push(Source {
                root: Some(root),
                ..source
            }),
            Err(problem) => {
                unreadable.push(syntax(&problem));
                broken.0.push(source);
            }
        }
    }
    let is_broken = |file: &PathBuf| {
        broken
            .0
            .iter()
            .any(|known| *known.name == *file.display().to_string())
    };
    definition.files.retain(|file| !is_broken(file));
    let is_left = !definition.files.is_empty() || args.definition().files.is_empty();
    let subject = is_left.then(|| subject(definition, sources, account));
    Ok(Loaded {
        subject: subject.transpose()?,
        unreadable,
        broken,
    })
}

/// The text of each file; of the built-in template when there is none.
fn texts(files: &[PathBuf]) -> anyhow::Result<Vec<Source>> {
    let source = |name: &str, text: String| Source {
        name: name.into(),
        text,
        root: None,
    };
    if files.is_empty() {
        return Ok(vec![source(BUILT_IN_NAME, BUILT_IN.to_owned())]);
    }
    let read = |file: &PathBuf| Ok(source(&file.display().to_string(), text(file)?));
    // A folder holds definitions; where findings stand in it shows when it is read.
    files
        .iter()
        .filter(|file| !file.is_dir())
        .map(read)
        .collect()
}

fn text(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file);
    text.with_context(|| format!("cannot read {}", file.display()))
}

fn syntax(problem: &Problem) -> Finding {
    // The rest is the line with its mark, which is shown anyway.
    let message = problem.message.lines().next().unwrap_or_default();
    Finding {
        rule: SYNTAX,
        severity: Severity::Error,
        ..Finding::new(&problem.place, "", message)
    }
}

fn subject(
    mut definition: DefinitionArgs,
    mut sources: Sources,
    account: &Account,
) -> anyhow::Result<Subject> {
    // Everything that is wrong is a finding; nothing is passed over.
    definition.lenient = false;
    definition.assumes_secrets = true;
    let roots: Vec<&Node> = sources
        .0
        .iter()
        .filter_map(|source| source.root.as_ref())
        .collect();
    let assumed = stand_ins::of(&roots, &definition.given_parameters(), account);
    for (_, name, value) in &assumed {
        definition.defaults.insert(name.clone(), value.clone());
    }
    let declarations = match definition.load(account) {
        Ok(declarations) => declarations,
        Err(error) => return Ok(refused(sources, account, problems_of(error)?)),
    };
    add_included(&mut sources, &declarations);
    let mut problems = Vec::new();
    let apis = Apis::read(&declarations, None, &mut problems);
    let anywhere = AllowTargets::anywhere();
    let pipes = PipeDefinitions::read(&declarations, &anywhere, &mut problems);
    // Provisioning reads the queues, and knows what SQS would refuse of them.
    crate::provision::read(&declarations, &mut problems);
    let problems = match declarations.check(problems) {
        Err(LoadError::Problems(problems)) => problems,
        _ => Vec::new(),
    };
    let encoded = encoded(Apis::read(&declarations, None, &mut Vec::new()));
    Ok(Subject {
        sources,
        account: account.clone(),
        declarations,
        apis,
        encoded,
        pipes,
        problems,
        assumed,
    })
}

/// The problems with files that an error is about.
///
/// # Errors
/// It is about something else: a setting, or a file that cannot be read.
fn problems_of(error: LoadError) -> Result<Vec<Problem>, LoadError> {
    match error {
        LoadError::Problem(problem) => Ok(vec![problem]),
        LoadError::Problems(problems) => Ok(problems),
        LoadError::Several(errors) => {
            let problems = errors.into_iter().map(problems_of);
            Ok(problems.collect::<Result<Vec<_>, _>>()?.concat())
        }
        error => Err(error),
    }
}

/// A definition of which only the problems are known.
fn refused(sources: Sources, account: &Account, problems: Vec<Problem>) -> Subject {
    Subject {
        sources,
        account: account.clone(),
        declarations: kit::definition::Declarations::default(),
        apis: Apis::default(),
        encoded: Apis::default(),
        pipes: PipeDefinitions::default(),
        problems,
        assumed: Vec::new(),
    }
}

/// Reads the files that others include: findings may stand in them.
fn add_included(sources: &mut Sources, declarations: &kit::definition::Declarations) {
    let mut files: Vec<Arc<str>> = Vec::new();
    for stack in &declarations.stacks {
        for resource in stack.all() {
            collect_files(&resource.properties, &mut files);
        }
    }
    for file in files {
        if sources.text(&file).is_none()
            && let Ok(text) = std::fs::read_to_string(&*file)
        {
            sources.0.push(Source {
                root: Node::parse(&file, &text).ok(),
                name: file,
                text,
            });
        }
    }
}

fn collect_files(node: &Node, files: &mut Vec<Arc<str>>) {
    use kit::document::Value;
    if !files.contains(&node.place.file) {
        files.push(node.place.file.clone());
    }
    match &node.value {
        Value::List(nodes) => nodes.iter().for_each(|node| collect_files(node, files)),
        Value::Map(entries) => entries
            .iter()
            .for_each(|entry| collect_files(&entry.node, files)),
        _ => {}
    }
}

/// The APIs with every template that makes a form for SQS encoded.
fn encoded(mut apis: Apis) -> Apis {
    let resources = apis.apis.iter_mut().flat_map(|api| &mut api.resources);
    for (_, method) in resources.flat_map(|resource| &mut resource.methods) {
        encode(&mut method.integration);
    }
    apis
}

fn encode(integration: &mut Integration) {
    let templates = integration.request_templates.0.iter();
    let corrected = templates.filter_map(|(kind, template)| {
        let is_form = is_form_for_sqs(integration, kind);
        let form = is_form
            .then(|| encoded_form(template.as_ref()?))
            .flatten()?;
        Some((kind.clone(), Some(form.template)))
    });
    let corrected: Vec<_> = corrected.collect();
    integration.request_templates.0.extend(corrected);
}
