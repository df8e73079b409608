//! Templates: Faust that is given values.

use crate::elaborate::{Options, elaborate_file};
use crate::files::{File, Files};
use crate::parse::template::{Template, parse_template};
use krach_diag::{Code, Diagnostic, Source, Span};
use krach_ir::Program;

/// What a template is given for `{0}`, `{1}`, …
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Given {
    /// A signal, with what is known about its values: it becomes an input of the program.
    Signal {
        lo: f64,
        hi: f64,
    },
    /// A number that is known while compiling, and so may count, size a table or choose a rule.
    Int(i32),
    Real(f64),
}

impl Given {
    fn range(self) -> (f64, f64) {
        match self {
            Self::Signal { lo, hi } => (lo, hi),
            Self::Int(value) => (f64::from(value), f64::from(value)),
            Self::Real(value) => (value, value),
        }
    }
}

/// A template that has become a program, to be spliced into another.
#[derive(Clone, Debug)]
pub struct Expression {
    pub program: Program,
    /// Which of the given values each input of the program takes.
    pub feed: Vec<usize>,
}

/// The library that expressions may use without saying so.
const LIBRARY: &str = "stdfaust.lib";

/// Reads and elaborates an expression such as `{0} : fi.lowpass(2, {1})`, or a whole program with a `process`.
///
/// Placeholders are parameters, never pasted text, so one that is repeated is computed once. Values that no
/// placeholder names feed, in order, the inputs that the expression has of its own, as `fi.lowpass(2, 800)` has one;
/// if it has none they are ignored. `stdfaust.lib` is imported if there is one.
#[must_use]
pub fn elaborate_expression(
    source: &Source,
    given: &[Given],
    files: &dyn Files,
    options: &Options,
) -> (Option<Expression>, Vec<Diagnostic>) {
    let library = files.open(LIBRARY, source.name());
    let import = library.is_ok().then_some(LIBRARY);
    let Template { syntax, named, reports } = parse_template(source, given, import);
    // Named signals are parameters, in order; what the expression takes of its own comes behind them.
    let (named, left): (Vec<usize>, Vec<usize>) = (0..given.len()).partition(|&at| named[at]);
    let signals = named.into_iter().filter(|&at| matches!(given[at], Given::Signal { .. }));
    let mut feed: Vec<usize> = signals.collect();
    let parameters = feed.len();
    feed.extend(&left);
    let ranges = feed.iter().map(|&at| given[at].range()).collect();
    // The program that it becomes a part of has a name.
    let options = &Options { rooted: false, ..options.clone() };
    let (elaborated, mut reports) = elaborate_file(|| File { syntax, reports }, ranges, files, options);
    if let Err(missing) = library {
        let undefined = reports.iter_mut().filter(|report| report.code == Code::FaustUndefined);
        for report in undefined {
            report.helps = vec![
                format!("the standard libraries are not found; {missing}"),
                crate::files::REMEDY.to_owned(),
            ];
        }
    }
    let Some(program) = elaborated.map(|elaborated| elaborated.program) else { return (None, reports) };
    let own = program.inputs().len() - parameters;
    if own != 0 && own != left.len() {
        reports.push(unfed(source, own, left.len()));
        return (None, reports);
    }
    feed.truncate(parameters + own);
    (Some(Expression { program, feed }), reports)
}

fn unfed(source: &Source, own: usize, left: usize) -> Diagnostic {
    let inputs = |count: usize| format!("{count} input{}", if count == 1 { "" } else { "s" });
    let message = format!("the expression has {} of its own, and {left} left to feed them", inputs(own));
    Diagnostic::error(Code::FaustArity, message)
        .at(source.place(Span::new(0, source.text().trim_end().len())))
        .help("name the inputs in the template: {0} is the first, {1} the second")
        .help("inputs that no placeholder names feed those of the expression, in order")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NoFiles;

    const SIGNAL: Given = Given::Signal { lo: -1.0, hi: 1.0 };

    fn read(text: &str, given: &[Given]) -> Result<(String, Vec<usize>), String> {
        let source = Source::new("t", text);
        let (made, reports) = elaborate_expression(&source, given, &NoFiles, &Options::default());
        match made {
            Some(made) => Ok((made.program.to_string(), made.feed)),
            None => Err(reports.iter().map(|report| format!("{report}\n")).collect()),
        }
    }

    fn same(template: &str, given: &[Given], program: &str) {
        let program = format!("process(a, b, c) = {program};");
        let source = Source::new("t", program);
        let (program, reports) = crate::elaborate(&source, &NoFiles, &Options::default());
        let wanted = program.unwrap_or_else(|| panic!("{reports:?}")).to_string();
        let found = read(template, given).unwrap().0;
        let body = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(body(&found), body(&wanted), "{template}");
    }

    #[test]
    fn a_placeholder_is_one_operand_beside_any_operator() {
        let three = [SIGNAL; 3];
        same("{0} + {1} * {2}", &three, "a + (b * c)");
        same("{2}, {1} - {0} : *", &three, "c * (b - a)");
        same("-{0} - {1} + {2}'", &three, "(0 - a) - b + (c : mem)");
        same("{0} @ 3 + {1} ^ 2 - {2}", &three, "((a : @(3)) + (b * b)) - c");
        same("({0}, {0} : +) + {1} + {2}", &three, "a + a + b + c");
    }

    #[test]
    fn other_braces_and_texts_stay() {
        assert!(read("waveform{1} : !, _ : *({0})", &[SIGNAL]).is_ok());
        assert!(read("waveform{0.0, 1.0} : !, _ : *({0})", &[SIGNAL]).is_ok());
        assert!(read("{0} * g with { g = hslider(\"{0}\", 0, 0, 1, 0.1); } // {9}", &[SIGNAL]).is_ok());
        for wrong in ["{{0}}", "{{x}}", "{ 0 }", "{00}", "x{0}", "{0}{0}", "{0};", "", "{0"] {
            let said = read(wrong, &[SIGNAL]).unwrap_err();
            assert!(said.contains("error[KR0301]"), "{wrong}: {said}");
        }
    }

    #[test]
    fn numbers_are_known_while_compiling() {
        assert!(read("par(i, {1}, {0})", &[SIGNAL, Given::Int(3)]).is_ok_and(|(_, feed)| feed == [0]));
        assert!(read("{0} @ {1}", &[SIGNAL, Given::Real(3.5)]).is_ok());
        assert!(read("par(i, {0}, i)", &[SIGNAL]).is_err());
        assert!(read("{0} @ {1}", &[SIGNAL, Given::Signal { lo: 0.0, hi: 9.0 }]).is_ok());
        let said = read("{0} @ {1}", &[SIGNAL, Given::Signal { lo: 0.0, hi: f64::INFINITY }]).unwrap_err();
        assert!(said.contains("t:1:1: error[KR0311]"), "{said}");
    }

    #[test]
    fn what_no_placeholder_names_feeds_the_expression() {
        let feed = |text: &str, count: usize| read(text, &vec![SIGNAL; count]).map(|(_, feed)| feed);
        assert_eq!(feed("*(0.5)", 1), Ok(vec![0]));
        assert_eq!(feed("*({1})", 2), Ok(vec![1, 0]));
        assert_eq!(feed("{0} * 2", 3), Ok(vec![0]), "further ones are ignored");
        assert_eq!(feed("1", 2), Ok(vec![]));
        let said = feed("+", 1).unwrap_err();
        assert!(said.contains("t:1:1: error[KR0304]: the expression has 2 inputs of its own, and 1 left"));
        let said = feed("{0} + {3}", 2).unwrap_err();
        assert!(
            said.contains("t:1:7: error[KR0304]: no input for the placeholder `{3}`: 2 inputs"),
            "{said}"
        );
    }

    #[test]
    fn a_whole_program_is_an_expression_too() {
        let text = "declare name \"half\";\ngain = {1};\nprocess = *(gain) : h with { h = _; };\n";
        assert_eq!(read(text, &[SIGNAL; 2]).map(|(_, feed)| feed), Ok(vec![1, 0]));
        let said = read("gain = 1;", &[]).unwrap_err();
        assert!(said.contains("t:1:1: error[KR0317]"), "{said}");
    }

    #[test]
    fn without_libraries_it_says_so() {
        let source = Source::new("t", "{0} : fi.lowpass(2, 800)");
        let (_, reports) = elaborate_expression(&source, &[SIGNAL], &NoFiles, &Options::default());
        assert_eq!(reports[0].to_string(), "t:1:7: error[KR0302]: `fi` is not defined");
        assert!(reports[0].helps[1].contains("cyfaust"));
    }
}
