//! What a rule found.

use std::ops::Range;
use std::sync::Arc;

use kit::document::Place;

/// How bad a finding is. Only errors change the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// It loses data, lets somebody in, or never works.
    Error,
    /// It hardly does what was meant, or AWS would do something else.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// Its name in the output.
    pub(super) fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// The rule for text that is neither YAML nor JSON, which no function of the table can look at.
pub(super) const SYNTAX: &str = "syntax";

/// What a rule found. Rule and severity are those of the row that found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The id of the rule.
    pub(super) rule: &'static str,
    /// How bad it is.
    pub(super) severity: Severity,
    /// Where it is.
    pub(super) place: Place,
    /// How many characters are marked.
    pub(super) width: usize,
    /// Where the value begins that it is about: a suppression there counts, too.
    pub(super) value: Place,
    /// The resource or the method that it is about.
    pub(super) subject: String,
    /// What is wrong.
    pub(super) message: String,
    /// What proves it, or what follows, one line each.
    pub(super) notes: Vec<String>,
    /// What to do.
    pub(super) help: String,
    /// What `--fix` does.
    pub(super) fix: Option<Fix>,
}

/// A change of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fix {
    /// The file.
    pub(super) file: Arc<str>,
    /// Bytes of the file, and what stands there instead; in their order.
    pub(super) edits: Vec<(Range<usize>, String)>,
}

impl Finding {
    /// A finding about `subject`, of a rule that is filled in later.
    pub(super) fn new(
        place: &Place,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Finding {
        Finding {
            rule: "",
            severity: Severity::Note,
            place: place.clone(),
            width: 1,
            value: place.clone(),
            subject: subject.into(),
            message: message.into(),
            notes: Vec::new(),
            help: String::new(),
            fix: None,
        }
    }

    /// The same with advice.
    pub(super) fn help(self, help: impl Into<String>) -> Finding {
        Finding {
            help: help.into(),
            ..self
        }
    }

    /// The same with a line more.
    pub(super) fn note(mut self, note: impl Into<String>) -> Finding {
        self.notes.push(note.into());
        self
    }

    /// The same at a place within its value.
    pub(super) fn at(self, place: Place, width: usize) -> Finding {
        Finding {
            place,
            width,
            ..self
        }
    }
}
