//! Which definitions of which files a program uses, and under which licence.

use super::{Evaluator, FileId};
use crate::syntax::{Expr, ListId, Name, StatementKind};
use std::sync::Arc;

/// A definition of a library that a program uses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Used {
    /// The file, as it was found.
    pub file: Arc<str>,
    pub name: Arc<str>,
    /// What the library declares for this definition, or else for the whole file.
    pub licence: Option<Arc<str>>,
    /// Whether that is said of this very definition.
    pub own: bool,
}

impl Evaluator<'_> {
    /// The definitions of other files that were looked up, by file and name. Names of libraries do not count.
    pub fn used(&self) -> Vec<Used> {
        let mut used: Vec<Used> = Vec::new();
        for (&(scope, name), &found) in &self.known_definitions {
            let Some((file, expr)) = found else { continue };
            let inner = !self.scopes[scope.0 as usize].parts.contains(&(file, ListId::FILE));
            let syntax = self.syntax(file);
            let text = self.texts.get(name);
            let (false, false, Some(name)) = (file == FileId::MAIN, inner, syntax.find(text)) else {
                continue;
            };
            if matches!(syntax.expr(expr), Expr::Library(_)) {
                continue;
            }
            let own = self.licence(file, Some(name));
            used.push(Used {
                file: syntax.source().name().clone(),
                name: text.clone(),
                own: own.is_some(),
                licence: own.or_else(|| self.licence(file, None)),
            });
        }
        used.sort();
        used.dedup();
        used
    }

    /// What a file declares about one of its definitions, or about itself.
    fn licence(&self, file: FileId, of: Option<Name>) -> Option<Arc<str>> {
        let syntax = self.syntax(file);
        syntax.list(ListId::FILE).statements.iter().find_map(|statement| match statement.kind {
            StatementKind::Declare { function, key, value } if function == of => {
                let key = syntax.text(key);
                ["license", "licence"].contains(&&**key).then(|| syntax.text(value).clone())
            }
            _ => None,
        })
    }
}
