//! Files, and environments: which name means what.
//!
//! An environment is a chain of layers, hash-consed like diagrams, so that evaluating one expression twice in
//! equal environments is a look-up. A layer of definitions is a closure over itself: order does not matter.

use super::Evaluator;
use crate::elaborate::diagram::BoxId;
use crate::elaborate::ids::{Env, FileId};
use crate::elaborate::interner::Text;
use crate::files::{File, Missing};
use crate::syntax::{ExprId, ListId, Name, StatementKind};
use krach_diag::{Code, Diagnostic, Span};
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ScopeId(pub(super) u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Layer {
    Root,
    Bind {
        parent: Env,
        name: Text,
        value: BoxId,
    },
    Define {
        parent: Env,
        scope: ScopeId,
    },
    /// The top layer of `base` with some definitions replaced; the new ones are closed over `here`.
    Replace {
        base: Env,
        scope: ScopeId,
        here: Env,
    },
}

/// A list of definitions with those of the files it imports.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) parts: Vec<(FileId, ListId)>,
    /// A file that it imports is not known.
    incomplete: bool,
}

/// What a name is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    Value(BoxId),
    Definition(FileId, ExprId, Env),
}

/// A file of this elaboration, with its names as texts of the elaboration.
#[derive(Debug)]
pub(super) struct Loaded {
    pub file: Arc<File>,
    texts: Vec<Option<Text>>,
}

impl Evaluator<'_> {
    /// The name as a text that all files share.
    pub(super) fn text(&mut self, file: FileId, name: Name) -> Text {
        let loaded = &mut self.files[file.index()];
        if let Some(text) = loaded.texts[name.index()] {
            return text;
        }
        let text = self.texts.intern(loaded.file.syntax.text(name));
        loaded.texts[name.index()] = Some(text);
        text
    }

    pub(super) fn load(&mut self, file: Arc<File>) -> FileId {
        let known = self.files.iter().position(|loaded| loaded.file.path() == file.path());
        FileId::new(known.unwrap_or_else(|| {
            self.reports.extend(file.reports.iter().take(100).cloned());
            self.failed |= !file.reports.is_empty();
            let texts = vec![None; file.syntax.names_len()];
            self.files.push(Loaded { file, texts });
            self.files.len() - 1
        }))
    }

    /// The file that a name in `from` means; reported if there is none.
    pub(super) fn open(&mut self, name: Name, from: FileId, span: Span) -> Option<FileId> {
        let text = self.text(from, name);
        if let Some(&known) = self.opened.get(&(text, from)) {
            return known;
        }
        let text_of = self.texts.get(text).clone();
        let path = self.files[from.index()].file.path().clone();
        let opened = match self.provider.open(&text_of, &path) {
            Ok(file) => Some(self.load(file)),
            Err(missing) => {
                let (wrong, remedy) = match missing {
                    Missing::Nowhere(_) => (
                        "not found",
                        match self.provider.near(&text_of, &path) {
                            Some(near) => format!("did you mean `{near}`?"),
                            None => crate::files::REMEDY.to_owned(),
                        },
                    ),
                    Missing::Unusable(_) => {
                        ("not usable", "it must be a text file that may be read".to_owned())
                    }
                };
                let report = Diagnostic::error(Code::FaustFile, format!("`{text_of}` is {wrong}; {missing}"))
                    .at(self.place(from, span))
                    .help(remedy);
                self.report(report);
                None
            }
        };
        self.opened.insert((text, from), opened);
        opened
    }

    /// The scope of a list, its imports expanded; every file counts once.
    pub(super) fn scope(&mut self, file: FileId, list: ListId) -> ScopeId {
        if let Some(&known) = self.known_scopes.get(&(file, list)) {
            return known;
        }
        let mut parts = vec![(file, list)];
        let mut incomplete = false;
        let mut next = 0;
        while let Some(&(file, list)) = parts.get(next) {
            next += 1;
            let syntax = self.files[file.index()].file.clone();
            let list = syntax.syntax.list(list);
            incomplete |= list.incomplete;
            for statement in &list.statements {
                let StatementKind::Import(name) = statement.kind else { continue };
                if !statement.precisions.hold_in(self.options.precisions()) {
                    continue;
                }
                match self.open(name, file, statement.span) {
                    Some(imported) if !parts.contains(&(imported, ListId::FILE)) => {
                        parts.push((imported, ListId::FILE));
                    }
                    Some(_) => {}
                    None => incomplete = true,
                }
            }
        }
        if parts.len() > 1 {
            self.check_imports(&parts);
        }
        let id = ScopeId(u32::try_from(self.scopes.len()).expect("fewer scopes than expressions"));
        self.scopes.push(Scope { parts, incomplete });
        self.known_scopes.insert((file, list), id);
        id
    }

    /// One name may come from two files only if both say the same.
    fn check_imports(&mut self, parts: &[(FileId, ListId)]) {
        let mut first: rustc_hash::FxHashMap<Text, (FileId, ExprId, Span)> = rustc_hash::FxHashMap::default();
        for &(file, list) in parts {
            let syntax = self.files[file.index()].file.clone();
            let meanings = &syntax.syntax.list(list).meanings;
            let mut names: Vec<Name> = meanings.keys().copied().collect();
            names.sort_unstable();
            for name in names {
                let Some(meaning) =
                    meanings[&name].iter().find(|m| m.precisions.hold_in(self.options.precisions()))
                else {
                    continue;
                };
                let text = self.text(file, name);
                let Some(&(other, expr, span)) = first.get(&text) else {
                    first.insert(text, (file, meaning.expr, meaning.span));
                    continue;
                };
                let there = self.files[other.index()].file.syntax.words(expr);
                if other == file || syntax.syntax.words(meaning.expr) == there || self.said_enough() {
                    continue;
                }
                let message = format!("`{}` is defined twice", self.texts.get(text));
                let report = Diagnostic::error(Code::FaustDuplicate, message)
                    .at(self.place(file, meaning.span))
                    .label(self.place(other, span), "first defined here");
                self.report(report);
            }
        }
    }

    fn layer(&mut self, layer: Layer) -> Env {
        if let Some(&known) = self.known_layers.get(&layer) {
            return known;
        }
        let env = Env(u32::try_from(self.layers.len()).expect("limited by the evaluator"));
        self.layers.push(layer);
        self.known_layers.insert(layer, env);
        env
    }

    pub(super) fn bind(&mut self, parent: Env, name: Text, value: BoxId) -> Env {
        self.layer(Layer::Bind { parent, name, value })
    }

    pub(super) fn define(&mut self, parent: Env, file: FileId, list: ListId) -> Env {
        let scope = self.scope(file, list);
        self.layer(Layer::Define { parent, scope })
    }

    pub(super) fn replace(&mut self, base: Env, file: FileId, list: ListId, here: Env) -> Env {
        let scope = self.scope(file, list);
        self.layer(Layer::Replace { base, scope, here })
    }

    /// What a list of definitions says about a name.
    fn definition(&mut self, scope: ScopeId, name: Text) -> Option<(FileId, ExprId)> {
        if let Some(&known) = self.known_definitions.get(&(scope, name)) {
            return known;
        }
        let precisions = self.options.precisions();
        let text = self.texts.get(name);
        let found = self.scopes[scope.0 as usize].parts.iter().find_map(|&(file, list)| {
            let syntax = &self.files[file.index()].file.syntax;
            let meanings = syntax.list(list).meanings.get(&syntax.find(text)?)?;
            let meaning = meanings.iter().find(|meaning| meaning.precisions.hold_in(precisions))?;
            Some((file, meaning.expr))
        });
        self.known_definitions.insert((scope, name), found);
        found
    }

    /// What a name means in an environment, innermost layer first.
    pub(super) fn lookup(&mut self, mut env: Env, name: Text) -> Option<Bound> {
        let mut layers = 0;
        let found = loop {
            layers += 1;
            match self.layers[env.0 as usize] {
                Layer::Root => break None,
                Layer::Bind { parent, name: bound, value } => {
                    if bound == name {
                        break Some(Bound::Value(value));
                    }
                    env = parent;
                }
                Layer::Define { parent, scope } => {
                    if let Some((file, expr)) = self.definition(scope, name) {
                        break Some(Bound::Definition(file, expr, env));
                    }
                    env = parent;
                }
                Layer::Replace { .. } => match self.lookup_replaced(env, name) {
                    Ok(bound) => break Some(bound),
                    Err(parent) => env = parent,
                },
            }
        };
        self.spend(layers);
        found
    }

    /// In a layer that replaces definitions of another: those kept see the replacement. Otherwise the next layer.
    fn lookup_replaced(&mut self, top: Env, name: Text) -> Result<Bound, Env> {
        let mut env = top;
        loop {
            match self.layers[env.0 as usize] {
                Layer::Replace { base, scope, here } => {
                    if let Some((file, expr)) = self.definition(scope, name) {
                        return Ok(Bound::Definition(file, expr, here));
                    }
                    env = base;
                }
                Layer::Define { parent, scope } => {
                    return match self.definition(scope, name) {
                        Some((file, expr)) => Ok(Bound::Definition(file, expr, top)),
                        None => Err(parent),
                    };
                }
                Layer::Bind { .. } | Layer::Root => return Err(env),
            }
        }
    }

    /// The file whose definitions an environment holds, if it holds nothing else but replacements.
    pub(super) fn file_of(&self, mut env: Env) -> Option<Arc<str>> {
        loop {
            match self.layers[env.0 as usize] {
                Layer::Replace { base, .. } => env = base,
                Layer::Define { scope, .. } => {
                    let &(file, _) = self.scopes[scope.0 as usize].parts.first()?;
                    return Some(self.files[file.index()].file.path().clone());
                }
                Layer::Root | Layer::Bind { .. } => return None,
            }
        }
    }

    /// Whether an environment holds arguments of a call.
    pub(super) fn has_arguments(&self, mut env: Env) -> bool {
        loop {
            match self.layers[env.0 as usize] {
                Layer::Root => return false,
                Layer::Bind { .. } => return true,
                Layer::Define { parent, .. } => env = parent,
                Layer::Replace { base, .. } => env = base,
            }
        }
    }

    /// Every name that can be seen, for the hint to an undefined one; none if files are missing that may define it.
    pub(super) fn visible(&self, mut env: Env) -> Option<Vec<Arc<str>>> {
        let mut names = Vec::new();
        loop {
            let scope = match self.layers[env.0 as usize] {
                Layer::Root => return Some(names),
                Layer::Bind { parent, name, .. } => {
                    names.push(self.texts.get(name).clone());
                    env = parent;
                    continue;
                }
                Layer::Define { parent, scope } => {
                    env = parent;
                    scope
                }
                Layer::Replace { base, scope, .. } => {
                    env = base;
                    scope
                }
            };
            let scope = &self.scopes[scope.0 as usize];
            if scope.incomplete {
                return None;
            }
            for &(file, list) in &scope.parts {
                let syntax = &self.files[file.index()].file.syntax;
                names.extend(syntax.list(list).meanings.keys().map(|&name| syntax.text(name).clone()));
            }
        }
    }
}
