//! Scenes: patches by name.

use crate::Edit;
use crate::patch::{Name, Patch};
use krach_diag::{Code, Diagnostic};
use krach_store::nearest;

/// Saved patches, in the order in which they were saved first.
#[derive(Clone, Debug, Default)]
pub struct Scenes(Vec<(Name, Patch)>);

impl Scenes {
    /// Saves a patch, in the place of the one of that name.
    pub fn save(&mut self, name: &str, patch: &Patch) {
        match self.0.iter_mut().find(|(saved, _)| **saved == *name) {
            Some((_, saved)) => saved.clone_from(patch),
            None => self.0.push((name.into(), patch.clone())),
        }
    }

    pub fn names(&self) -> impl ExactSizeIterator<Item = &Name> {
        self.0.iter().map(|(name, _)| name)
    }

    /// The scenes that were saved since `before`, with their names.
    pub(crate) fn since<'s>(&'s self, before: &'s Self) -> impl Iterator<Item = &'s (Name, Patch)> {
        self.0.iter().filter(|scene| !before.0.contains(scene))
    }

    /// The patch of that name.
    ///
    /// # Errors
    /// `KR0905`: there is none.
    pub fn get(&self, name: &str) -> Result<&Patch, Diagnostic> {
        let found = self.0.iter().find(|(saved, _)| **saved == *name).map(|(_, patch)| patch);
        found.ok_or_else(|| {
            let report = Diagnostic::error(Code::NoScene, format!("scene '{name}' not found"));
            match nearest(name, self.names().map(|name| &**name)) {
                Some(near) => report.help(format!("did you mean `{near}`?")),
                None => report.help("save it first: `kr.save(name)`"),
            }
        })
    }

    /// The edits from the patch that sounds to a scene: what is the same in both plays on.
    ///
    /// # Errors
    /// `KR0905`: there is no such scene.
    pub fn recalling(&self, name: &str, patch: &Patch) -> Result<Vec<Edit>, Diagnostic> {
        Ok(patch.diff(self.get(name)?))
    }
}
