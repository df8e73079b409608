//! Which definitions of which libraries a program is made with, and under which licence.

use super::Evaluator;
use crate::elaborate::ids::FileId;
use crate::syntax::{Expr, ListId};
use krach_ir::{Credit, Licence};
use std::collections::BTreeSet;

impl Evaluator<'_> {
    /// The definitions of other files that were looked up. Names of libraries do not count.
    pub fn credits(&self) -> BTreeSet<Credit> {
        let mut credits = BTreeSet::new();
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
            // Folders are those of this machine.
            let path: &str = syntax.source().name();
            let library = path.rsplit(['/', '\\']).next().unwrap_or(path);
            let declared = |of| syntax.declared(of, &["license", "licence"]).cloned();
            let licence = match (declared(Some(name)), declared(None)) {
                (Some(own), _) => Licence::Function(own),
                (None, Some(whole)) => Licence::File(whole),
                (None, None) => Licence::Undeclared,
            };
            credits.insert(Credit { library: library.into(), function: text.clone(), licence });
        }
        credits
    }
}
