//! A Faust file: one function, `process`, called what the file is called.

use super::{About, Function, Script};
use crate::shell::work;
use crate::{Failure, Host};
use krach_abi::Precision;
use krach_diag::{Diagnostic, Severity, Source};
use krach_faust::{File, Options};
use krach_store::krlib::{self, Language};
use krach_store::{FaustFolders, Playable};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) struct FaustText<'h> {
    host: &'h dyn Host,
    source: Arc<Source>,
    doc: String,
    folders: Arc<FaustFolders>,
    options: Options,
    function: [Function; 1],
}

impl<'h> FaustText<'h> {
    /// `include` are the folders to look into first; `precision` is what the program will be compiled for.
    pub(crate) fn new(
        host: &'h dyn Host,
        source: Arc<Source>,
        include: &[PathBuf],
        precision: Precision,
    ) -> Self {
        let path = Path::new(&**source.name());
        let name = path.file_stem().map_or_else(String::new, |stem| stem.display().to_string());
        let file = File::parse(&source);
        let line = file.line_of("process").unwrap_or(1);
        let doc = file.declared("description").map(ToString::to_string).unwrap_or_default();
        let folders = Arc::new(FaustFolders::new(include, &host.libraries()).beside(path));
        let options = Options { precision, ..Options::default() };
        let function = [Function { name, line, listed: true, checked: true }];
        Self { host, source, doc, folders, options, function }
    }
}

impl Script for FaustText<'_> {
    fn functions(&self) -> &[Function] {
        &self.function
    }

    fn playable(&self, _index: usize) -> Result<(Playable, Vec<Diagnostic>), Failure> {
        let (source, folders, options) = (self.source.clone(), self.folders.clone(), self.options.clone());
        let elaborate = move |_: &_| krach_faust::elaborate(&source, &*folders, &options);
        let (program, reports) = work(self.host, elaborate, |_| {})?;
        match program {
            Some(program) if reports.iter().all(|report| report.severity == Severity::Warning) => {
                Ok((program.into(), reports))
            }
            _ => Err(reports.into()),
        }
    }

    fn is_faust(&self) -> bool {
        true
    }

    fn faust(&self, _index: usize) -> Result<Arc<Source>, Failure> {
        Ok(self.source.clone())
    }

    fn about(&self, _index: usize) -> Result<About, Failure> {
        let source = krlib::Source { text: self.source.text().to_owned(), language: Language::Faust };
        Ok(About { doc: self.doc.clone(), source: Some(source) })
    }
}
