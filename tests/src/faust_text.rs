//! Random Faust: programs that are right by construction, and texts that are nearly so.

use crate::dice::Dice;
use krach_faust::prim::{Prim, RESERVED};

const UNARY: &[&str] = &[
    "_",
    "abs",
    "sin",
    "cos",
    "int",
    "float",
    "floor",
    "ceil",
    "rint",
    "round",
    "exp : min(1e6)",
    "mem",
    "_'",
    "tanh",
    "lowest",
    "highest",
    "hbargraph(\"level\", 0, 1)",
    "max(1e-9) : log",
    "abs : sqrt",
    "@(7)",
    "-(1)",
    "*(0.5)",
    "^(2)",
    "atan",
    "ffunction(float sinhf|sinh|sinhl (float), <math.h>, \"\") : min(1e9)",
    "\\(x).(0, int(x) : soundfile(\"none\", 1) : !, !, _)",
    "\\(x).(x : case { (0) => 7; (y) => y + 1; })",
    "vgroup(\"box\", *(hslider(\"wet\", 0.5, 0, 1, 0.1)))",
    "[\"cut\": *(2) -> *(hslider(\"cut\", 440, 20, 2000, 0.1))]",
    "seq(i, 3, *(i + 1) : fmod(_, 7))",
    "environment { k = 3; f = *(k); }.f",
];
const BINARY: &[&str] = &[
    "+",
    "-",
    "*",
    "min",
    "max",
    "<",
    "<=",
    ">",
    ">=",
    "==",
    "!=",
    "&",
    "|",
    "xor",
    "atan2",
    "attach",
    "prefix",
    "enable",
    "control",
    "/",
    "%",
    "fmod",
    "remainder",
    "<< : _",
    "pow",
    "\\(x, y).(x @ (y : abs : min(9) : int))",
    "\\(x, y).(x + y')",
    "\\(x, n).(rwtable(7, 0.25, int(n) % 7 : abs, x, int(x) % 7 : abs))",
    "\\(u, x).(y letrec { 'y = u + y * 0.5 : max(-9) : min(9); })",
    "\\(u, x).((y, z) letrec { 'y = z * 0.25 + u; 'z = x - y' * 0.5 : int; } : +)",
    "ffunction(float fminf|fmin|fminl (float, float), <math.h>, \"\")",
    "\\(x, n).(rdtable(5, (1, 2, 3, 4, 5 : +, _, _, _ :> _), int(n) % 5 : abs) + x)",
];
const TERNARY: &[&str] = &[
    "select2",
    "(int : &(1)), _, _ : select2",
    "assertbounds(-1e9, 1e9, _), !, _ :> _",
    "\\(s, x, y).(select3(int(s) % 3, x, y, x * y))",
    "\\(x, y, n).(x, y : enable : control(n > 0))",
    "\\(x, n, m).(rwtable(16, (1 : + ~ _), int(n) & 15, x, int(m) & 15))",
];
const SOURCES: &[&str] = &[
    "0",
    "1",
    "-1",
    "0.5",
    "2147483647",
    "1e-3",
    "button(\"gate\")",
    "checkbox(\"on\")",
    "hslider(\"cut[unit:Hz]\", 440, 20, 2000, 0.1)",
    "vslider(\"h:mix/dry\", 0.5, 0, 1, 0.01)",
    "nentry(\"voices\", 1, 0, 7, 1)",
    "fconstant(int fSamplingFreq, <math.h>)",
    "(waveform{0, 0.5, -1} : !, _)",
    "(1 : + ~ _)",
    "inputs((_, _))",
    "(rdtable(16, (1 : + ~ _), 3))",
    "3.25",
    "sum(i, 3, i * 0.5)",
    "prod(i, 4, i + 1 : float)",
    "(k with { k = f(5); f(0) = 1; f(n) = n * f(n - 1); })",
    "fvariable(int count, <math.h>)",
];

/// A program with these numbers of inputs and outputs, in which every composition fits.
#[must_use]
pub fn program(dice: &mut Dice<'_>) -> String {
    let mut writer = Writer { dice, budget: 60 };
    let (inputs, outputs) = (writer.dice.below(3), 1 + writer.dice.below(2));
    let helper = writer.block(1, 1, 3);
    let body = writer.block(inputs, outputs, 6);
    format!(
        "tanh = ffunction(float tanhf|tanh|tanhl (float), <math.h>, \"\");\nhelper = {helper};\nprocess = {body};\n"
    )
}

struct Writer<'a, 'd> {
    dice: &'a mut Dice<'d>,
    /// Parts still to be written; then only the simplest.
    budget: usize,
}

impl Writer<'_, '_> {
    /// An expression with these ports.
    fn block(&mut self, inputs: usize, outputs: usize, depth: usize) -> String {
        self.budget = self.budget.saturating_sub(1);
        if depth == 0 || self.budget == 0 {
            return self.leaf(inputs, outputs);
        }
        let less = depth - 1;
        match self.dice.below(9) {
            0 | 1 => {
                let middle = 1 + self.dice.below(3);
                format!("({} : {})", self.block(inputs, middle, less), self.block(middle, outputs, less))
            }
            2 if outputs > 1 => {
                let (left, above) = (inputs / 2, outputs / 2);
                format!(
                    "({}, {})",
                    self.block(left, above, less),
                    self.block(inputs - left, outputs - above, less)
                )
            }
            3 if inputs > 0 => {
                let times = 1 + self.dice.below(2);
                format!("({} <: {})", self.wires(inputs), self.block(inputs * times, outputs, less))
            }
            4 => {
                let times = 1 + self.dice.below(2);
                format!("({} :> {})", self.block(inputs, outputs * times, less), self.wires(outputs))
            }
            5 => {
                let loops = 1 + self.dice.below(outputs);
                let inner = self.block(inputs + loops, outputs, less);
                format!("({inner} ~ par(i, {loops}, (*(0.4) : max(-9) : min(9))))")
            }
            6 => format!("(b with {{ b = {}; }})", self.block(inputs, outputs, less)),
            7 if inputs == 1 && outputs == 1 => {
                format!("(\\(x).({} + x) : helper)", self.block(0, 1, less))
            }
            8 if inputs == outputs && inputs > 0 => {
                format!("par(i, {inputs}, {})", self.block(1, 1, less))
            }
            _ => self.leaf(inputs, outputs),
        }
    }

    fn leaf(&mut self, inputs: usize, outputs: usize) -> String {
        match (inputs, outputs) {
            (0, 1) => self.dice.pick(SOURCES).to_owned(),
            (1, 1) => format!("({})", self.dice.pick(UNARY)),
            (2, 1) => format!("({})", self.dice.pick(BINARY)),
            (3, 1) => format!("({})", self.dice.pick(TERNARY)),
            (0, _) => {
                let sources: Vec<_> = (0..outputs).map(|_| self.dice.pick(SOURCES)).collect();
                format!("({})", sources.join(", "))
            }
            _ => format!("route({inputs}, {outputs}, {})", self.route(inputs, outputs)),
        }
    }

    fn route(&mut self, inputs: usize, outputs: usize) -> String {
        let pairs: Vec<_> =
            (1..=outputs).map(|to| format!("{}, {to}", 1 + self.dice.below(inputs))).collect();
        pairs.join(", ")
    }

    fn wires(&self, count: usize) -> String {
        format!("({})", vec!["_"; count].join(", "))
    }
}

/// Words that texts are damaged with, beside those of the language: values at the edge of a range.
const WORDS: &str = "( ) { } [ ] , ; : <: :> ~ ! = _ . -> => \\ // /* */ + - * / % ^ @ ' with{ }; letrec{ case{ \
     environment{ library(\"stdfaust.lib\") process x f 0 1 2147483647 -1 1e400 1e-320 0.5 100000000 \"\" \"a/b\" <math.h> \
     button(\"g\") waveform{1,2} import(\"0.lib\"); import(\"1.lib\"); component(\"0.lib\") library(\"1.lib\") declare \
     hslider(\"s\",0,0,1,0.1) soundfile(\"s\",2) <mdoc> [\"a\"-> (x). ( i,4, i,100000, +~_ @1000000000";

/// A text with one to four changes: stretches lost or doubled, words of Faust put in.
#[must_use]
pub fn damaged(text: &str, dice: &mut Dice<'_>) -> String {
    // A form feed begins another file.
    let prims = Prim::ALL.iter().map(|prim| prim.text());
    let words: Vec<&str> =
        WORDS.split(' ').chain(prims).chain(RESERVED.iter().copied()).chain(["\u{c}"]).collect();
    let mut text: Vec<char> = text.chars().collect();
    for _ in 0..=dice.below(4) {
        let at = (dice.below(251) * 251 + dice.below(251)) % (text.len() + 1);
        let end = (at + dice.below(12)).min(text.len());
        match dice.below(4) {
            0 => drop(text.drain(at..end)),
            1 => {
                let piece: Vec<char> = text[at..end].to_vec();
                text.splice(at..at, piece);
            }
            _ => drop(text.splice(at..at, format!(" {} ", words[dice.below(words.len())]).chars())),
        }
    }
    text.into_iter().collect()
}
