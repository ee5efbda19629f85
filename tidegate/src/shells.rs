//! `tidegate completions` and `tidegate man`: what shells and packages want to know of the command
//! line, made from the command line itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use kit::console;

/// Print the completions of a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    source <(tidegate completions bash)\n  \
    tidegate completions zsh > ~/.zfunc/_tidegate\n  \
    tidegate completions fish > ~/.config/fish/completions/tidegate.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Print the manual page of tidegate or of one of its verbs, or write all of them
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    tidegate man | man -l -\n  \
    tidegate man lint | man -l -\n  \
    tidegate man --dir /usr/share/man/man1")]
pub(crate) struct ManArgs {
    /// A verb
    #[arg(value_name = "VERB")]
    verb: Option<String>,
    /// Write every page into this folder, as tidegate.1, tidegate-lint.1 …
    #[arg(long, value_name = "DIR", conflicts_with = "verb")]
    dir: Option<PathBuf>,
}

/// Prints the completions of `command`.
///
/// # Errors
/// They cannot be written.
pub(crate) fn completions(args: &CompletionsArgs, mut command: Command) -> Result<ExitCode> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, "tidegate", &mut text);
    console::print(String::from_utf8_lossy(&text))?;
    Ok(ExitCode::SUCCESS)
}

/// Prints or writes the pages of `command`.
///
/// # Errors
/// There is no such verb, or a page cannot be written.
pub(crate) fn man(args: &ManArgs, command: Command) -> Result<ExitCode> {
    let pages = pages(command)?;
    if let Some(dir) = &args.dir {
        write_all(dir, &pages)?;
        return Ok(ExitCode::SUCCESS);
    }
    let name = match &args.verb {
        Some(verb) => format!("tidegate-{verb}"),
        None => "tidegate".to_owned(),
    };
    let Some((_, page)) = pages.iter().find(|(known, _)| *known == name) else {
        let verbs = pages
            .iter()
            .filter_map(|(name, _)| name.strip_prefix("tidegate-"));
        bail!(
            "unknown verb {}: expected one of {}",
            args.verb.as_deref().unwrap_or_default(),
            verbs.collect::<Vec<_>>().join(", ")
        );
    };
    console::print(page)?;
    Ok(ExitCode::SUCCESS)
}

fn write_all(dir: &Path, pages: &[(String, String)]) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    for (name, page) in pages {
        let file = dir.join(format!("{name}.1"));
        fs::write(&file, page).with_context(|| file.display().to_string())?;
    }
    Ok(())
}

/// The name and the text of each page: that of the program, then those of its verbs.
fn pages(mut command: Command) -> Result<Vec<(String, String)>> {
    command.build();
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    let verbs = verbs
        .filter(|verb| verb.get_name() != "help")
        .map(|verb| (format!("tidegate-{}", verb.get_name()), verb.clone()));
    let verbs: Vec<_> = verbs.collect();
    std::iter::once(("tidegate".to_owned(), command))
        .chain(verbs)
        .map(|(name, command)| {
            let mut page = Vec::new();
            Man::new(command).render(&mut page)?;
            Ok((name, String::from_utf8_lossy(&page).into_owned()))
        })
        .collect()
}
