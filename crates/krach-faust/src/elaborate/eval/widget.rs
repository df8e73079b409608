//! Forms with brackets of their own: widgets, groups, waveforms, sound files, foreign functions. Iterations and routes
//! are passed on to `iterate`.

use super::Evaluator;
use crate::elaborate::diagram::{BoxId, Diagram, ForeignCall, Table};
use crate::elaborate::ids::{Env, FileId};
use crate::syntax::{Expr, ExprId, ForeignFunction};
use krach_diag::Code;

impl Evaluator<'_> {
    pub(super) fn form(&mut self, file: FileId, expr: &Expr, env: Env) -> BoxId {
        match expr {
            &Expr::Iterate(iterate, name, count, body) => {
                self.iterate(file, iterate, name, (count, body), env)
            }
            &Expr::Inputs(body) => self.ports(file, body, env, true),
            &Expr::Outputs(body) => self.ports(file, body, env, false),
            &Expr::Route(inputs, outputs, pairs) => self.route(file, inputs, outputs, pairs, env),
            Expr::Waveform(numbers) => {
                let table = self.boxes.waveform(numbers);
                self.make(Diagram::Waveform(table))
            }
            &Expr::Button(label) => {
                let label = self.label(file, label, env);
                self.make(Diagram::Button(label))
            }
            &Expr::Checkbox(label) => {
                let label = self.label(file, label, env);
                self.make(Diagram::Checkbox(label))
            }
            &Expr::Slider(slider, label, range) => {
                let label = self.label(file, label, env);
                let Some([init, lo, hi, step]) = self.range(file, range, env) else { return self.error() };
                if !(lo <= init && init <= hi) {
                    let message =
                        format!("a widget must start inside its range: {init} is not within {lo}..{hi}");
                    self.trouble(Code::FaustWidget, message);
                    return self.error();
                }
                self.make(Diagram::Slider(slider, label, [init, lo, hi, step].map(f64::to_bits)))
            }
            &Expr::Bargraph(vertical, label, range) => {
                let label = self.label(file, label, env);
                match self.range(file, range, env) {
                    Some(range) => self.make(Diagram::Bargraph(vertical, label, range.map(f64::to_bits))),
                    None => self.error(),
                }
            }
            &Expr::Soundfile(label, channels) => {
                let label = self.label(file, label, env);
                match self.required_int(file, channels, env, "the number of channels", 1..=64) {
                    Some(channels) => self.make(Diagram::Soundfile(label, channels.cast_unsigned())),
                    None => self.error(),
                }
            }
            &Expr::Group(group, label, body) => {
                let label = self.label(file, label, env);
                let body = self.eval(file, body, env);
                self.make(Diagram::Group(group, label, body))
            }
            Expr::Function(function) => self.foreign_function(file, function),
            &Expr::Constant(ty, name) => {
                let name = self.text(file, name);
                self.make(Diagram::Constant(ty, name))
            }
            &Expr::Variable(ty, name) => {
                let name = self.text(file, name);
                self.make(Diagram::Variable(ty, name))
            }
            Expr::Modulate(targets, body) => self.modulate(file, targets, *body, env),
            other => unreachable!("{other:?} is evaluated elsewhere"),
        }
    }

    fn range<const N: usize>(&mut self, file: FileId, range: [ExprId; N], env: Env) -> Option<[f64; N]> {
        let mut values = [0.0; N];
        for (value, expr) in values.iter_mut().zip(range) {
            *value = self.required(file, expr, env, "a parameter of a widget")?.real();
        }
        Some(values)
    }

    fn foreign_function(&mut self, file: FileId, function: &ForeignFunction) -> BoxId {
        let at = self.options.precisions_index().min(function.names.len() - 1);
        let name = self.text(file, function.names[at]);
        let call = ForeignCall { result: function.result, name, arguments: function.arguments.clone() };
        let table = self.boxes.intern(Table::Function(call));
        self.make(Diagram::Function(table))
    }
}
