//! What `tidegate up` prints: what the definition offers, where everything is, and a line to try.

mod commands;
mod contents;
mod sections;

use std::fmt;
use std::path::{Path, PathBuf};

pub(super) use commands::EVENT;
pub(super) use contents::Contents;
use sections::Section;

/// Commands for afterwards, with what they do.
const NEXT: [(&str, &str); 3] = [
    (
        "tidegate demo",
        "plays an outage of the receiver, on ports of its own: nothing is lost",
    ),
    (
        "tidegate up --definition FILE",
        "runs a CloudFormation template, an OpenAPI export or a pipe of yours",
    ),
    ("tidegate --help", "lists the parts and the tools"),
];

/// Lines below a part's name begin at this column.
const INDENT: &str = "               ";

/// What `tidegate up` prints once everything runs.
#[derive(Debug, Clone)]
pub(super) struct Banner {
    data: Option<PathBuf>,
    sections: Vec<Section>,
    /// Commands to try, under what they do.
    commands: Vec<(&'static str, Vec<String>)>,
}

impl Banner {
    /// The banner of a chain that keeps its data in this folder, or in memory.
    pub(super) fn of(contents: &Contents<'_>, data: Option<&Path>) -> Banner {
        Banner {
            data: data.map(Path::to_owned),
            sections: contents.sections(),
            commands: contents.commands(),
        }
    }
}

impl fmt::Display for Banner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.data {
            Some(folder) => writeln!(
                f,
                "Tidegate is up. Messages and objects are kept in {}.\n",
                folder.display()
            )?,
            None => writeln!(
                f,
                "Tidegate is up. Messages and objects are kept in memory.\n"
            )?,
        }
        for Section { name, at, offers } in &self.sections {
            writeln!(f, "  {name:<13}{at}")?;
            for offer in offers {
                writeln!(f, "{INDENT}{offer}")?;
            }
        }
        for (what, lines) in &self.commands {
            writeln!(f, "\n{what}\n")?;
            for line in lines {
                writeln!(f, "  {line}")?;
            }
        }
        writeln!(f, "\nWhat to do next:\n")?;
        for (command, does) in NEXT {
            writeln!(f, "  {command:<31}{does}")?;
        }
        writeln!(f, "\nCtrl-C stops it.")
    }
}

#[cfg(test)]
mod tests;
