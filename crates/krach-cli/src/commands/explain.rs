//! `krach explain`.

use crate::shell::WELL;
use crate::{Failure, Shell};
use krach_diag::{Code, Diagnostic};
use krach_store::nearest;

pub(crate) fn explain(shell: &Shell<'_>, code: Option<&str>) -> Result<i32, Failure> {
    let Some(code) = code else {
        let line = |code: &Code| format!("{}  {}\n", code.id(), code.title());
        return shell.say(&Code::ALL.iter().map(line).collect::<String>()).map(|()| WELL);
    };
    match Code::find(code) {
        Some(code) => shell.say(code.page()).map(|()| WELL),
        None => {
            let report = Diagnostic::error(Code::NoSuchCode, format!("there is no error code `{code}`"));
            Err(match nearest(code, Code::ALL.iter().map(|code| code.id())) {
                Some(near) => report.help(format!("did you mean `{near}`?")).into(),
                None => report.help("codes are `KR` and four digits, such as KR0102").into(),
            })
        }
    }
}
