//! Values that a definition asks for and nobody gave, noted while it is read, so that AWS can be
//! asked for them.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::lock::Mutex;

/// A value that only AWS knows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Want {
    /// A dynamic reference: what stands behind `resolve:`.
    Reference(String),
    /// A parameter of Parameter Store, by its name: the value of a template's parameter.
    Parameter(String),
    /// A value that another stack exports, by its name.
    Export(String),
}

/// The list of them. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Wanted(Arc<Mutex<BTreeSet<Want>>>);

impl Wanted {
    pub(super) fn note(&self, want: Want) {
        self.0.lock().insert(want);
    }

    /// All that was noted.
    pub fn all(&self) -> BTreeSet<Want> {
        self.0.lock().clone()
    }
}

/// A list of wishes says nothing of what is known.
impl PartialEq for Wanted {
    fn eq(&self, _: &Wanted) -> bool {
        true
    }
}

impl Eq for Wanted {}
