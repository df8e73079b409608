//! Where each value of a region is written: inside the expression that uses it, or as a definition of its own.
//!
//! A value gets a definition if it is used more than once, if the user gave it a name, or if the expression would
//! grow too long. Inside a loop definitions go behind the `where` of its `letrec`; what the surroundings use of a
//! loop is exported.

use crate::print::graph::{Head, Reading, Value};
use crate::print::loops::{Loops, Memory};
use crate::print::names::Names;
use krach_ir::Fun;
use std::sync::Arc;

/// Values in one expression, at most: about two lines.
const LONGEST: usize = 24;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    Inline,
    /// A definition of the region.
    Defined(Arc<str>),
    /// A definition behind `where` of the value's loop; outside it is known by the second name, if at all.
    Inside(Arc<str>, Option<Arc<str>>),
    /// The right-hand side of a cell's equation.
    Equation(usize),
}

/// The names of a cell: in its loop, where it is the value before, and outside, where it is the current one.
#[derive(Clone, Debug)]
pub(crate) struct CellNames {
    pub inside: Arc<str>,
    pub outside: Arc<str>,
    pub exported: bool,
}

/// An equation that only carries a value out of its loop.
#[derive(Clone, Debug)]
pub(crate) struct Export {
    pub value: usize,
    pub equation: Arc<str>,
    pub outside: Arc<str>,
}

#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub places: Vec<Place>,
    pub cells: Vec<CellNames>,
    pub exports: Vec<Export>,
    /// The loop that is the region's only result: its `letrec` needs no definition.
    pub bare_loop: Option<usize>,
}

/// What a value may be called.
pub(crate) struct Called<'a> {
    /// By the user.
    pub user: &'a dyn Fn(usize) -> Option<Arc<str>>,
    /// For want of that.
    pub hint: &'a dyn Fn(usize) -> Option<Arc<str>>,
}

impl Layout {
    pub fn of(reading: &Reading, loops: &Loops, names: &mut Names, called: &Called<'_>) -> Self {
        let uses = Uses::of(reading, loops);
        let root = match (&reading.roots[..], &reading.shown[..]) {
            (&[root], []) => Some(root),
            _ => None,
        };
        let mut layout = Self {
            places: vec![Place::Inline; reading.values.len()],
            cells: Vec::new(),
            exports: Vec::new(),
            // Any other use of the loop would be part of it.
            bare_loop: root.and_then(|root| loops.of_value[root]),
        };
        layout.place_equations(reading, loops, &uses);
        let defined = layout.choose(reading, loops, &uses, called);
        layout.name_values(loops, &uses, &defined, names, called);
        layout.name_cells(loops, &uses, names, called);
        layout
    }

    /// What only a cell uses is written in the cell's equation.
    fn place_equations(&mut self, reading: &Reading, loops: &Loops, uses: &Uses) {
        for (index, cell) in loops.cells.iter().enumerate() {
            let only = uses.inside[cell.next] == 1 && loops.of_value[cell.next] == Some(cell.in_loop);
            let computed = !is_leaf(&reading.values[cell.next]);
            if only && computed && cell.gate.is_none() {
                self.places[cell.next] = Place::Equation(index);
            }
        }
    }

    /// Which values get a definition, deciding the operands of each value first.
    fn choose(&self, reading: &Reading, loops: &Loops, uses: &Uses, called: &Called<'_>) -> Vec<bool> {
        let mut defined = vec![false; reading.values.len()];
        let mut size = vec![1_usize; reading.values.len()];
        for (at, value) in reading.values.iter().enumerate() {
            let part = |&operand: &usize| if defined[operand] { 1 } else { size[operand] };
            size[at] = 1 + value.operands.iter().map(part).sum::<usize>();
            if is_leaf(value) || is_transparent(reading, value) && !uses.copied[at] {
                continue;
            }
            let modified = modified_of(value).filter(|_| !uses.copied[at] && loops.of_value[at].is_none());
            let brief = modified.is_some_and(|of| defined[of] || loops.of_value[of].is_some());
            if brief && (called.user)(at).is_none() {
                continue;
            }
            let long = size[at] > LONGEST;
            let shared = uses.inside[at] + uses.outside[at] > 1 || uses.copied[at];
            let named = || (called.user)(at).is_some();
            defined[at] = match self.places[at] {
                Place::Equation(_) => long,
                _ if loops.of_value[at].is_some() => long || shared || uses.outside[at] > 0 || named(),
                _ if reading.roots == [at] => shared,
                _ => long || shared || named(),
            };
        }
        defined
    }

    fn name_values(
        &mut self,
        loops: &Loops,
        uses: &Uses,
        defined: &[bool],
        names: &mut Names,
        called: &Called<'_>,
    ) {
        let mut carried = vec![false; defined.len()];
        loops.cells.iter().filter(|cell| cell.gate.is_none()).for_each(|cell| carried[cell.next] = true);
        for at in (0..defined.len()).filter(|&at| defined[at]) {
            let name = match (called.user)(at).or_else(|| (called.hint)(at)) {
                Some(name) => names.give(&name),
                None => names.number("v"),
            };
            self.places[at] = match loops.of_value[at] {
                None => Place::Defined(name),
                Some(_) if uses.outside[at] == 0 || carried[at] => Place::Inside(name, None),
                Some(in_loop) => {
                    let equation = names.give(&format!("{name}_out"));
                    let outside = if self.bare_loop == Some(in_loop) { &equation } else { &name }.clone();
                    self.exports.push(Export { value: at, equation, outside: outside.clone() });
                    Place::Inside(name, Some(outside))
                }
            };
        }
    }

    fn name_cells(&mut self, loops: &Loops, uses: &Uses, names: &mut Names, called: &Called<'_>) {
        for (index, cell) in loops.cells.iter().enumerate() {
            let is_equation = self.places[cell.next] == Place::Equation(index);
            let named = is_equation.then(|| (called.user)(cell.next)).flatten();
            let named = named.or_else(|| (called.user)(cell.before));
            let inside = names.give(named.as_deref().unwrap_or("y"));
            let current = cell.gate.is_none() && uses.outside[cell.next] > 0;
            let exported = current || uses.outside[cell.before] > 0;
            let mut outside = inside.clone();
            // Outside its loop a cell is what it was just written with.
            if let Place::Inside(name, other @ None) = &mut self.places[cell.next]
                && current
            {
                if self.bare_loop != Some(cell.in_loop) {
                    outside = name.clone();
                }
                *other = Some(outside.clone());
            }
            self.cells.push(CellNames { inside, outside, exported });
        }
    }
}

/// What is written as briefly as a name.
fn is_leaf(value: &Value) -> bool {
    value.operands.is_empty() && !matches!(value.head, Head::Call(_))
}

/// A delay or a cast of a leaf, or two or three of them: a definition would say no more.
fn is_transparent(reading: &Reading, value: &Value) -> bool {
    let inner = |value: &Value| modified_of(value).map(|of| &reading.values[of]);
    std::iter::successors(inner(value), |value| inner(value)).take(3).any(is_leaf)
}

/// Of what a value is a delay or a cast.
fn modified_of(value: &Value) -> Option<usize> {
    matches!(value.head, Head::Delay(_) | Head::Fun(Fun::ToReal | Fun::ToInt)).then(|| value.operands[0])
}

/// How often values are used, from within their own loop and from elsewhere.
struct Uses {
    inside: Vec<usize>,
    outside: Vec<usize>,
    /// Values that a register copies: they need a name.
    copied: Vec<bool>,
}

impl Uses {
    fn of(reading: &Reading, loops: &Loops) -> Self {
        let count = reading.values.len();
        let mut uses = Self { inside: vec![0; count], outside: vec![0; count], copied: vec![false; count] };
        for &root in reading.roots.iter().chain(&reading.shown) {
            uses.outside[root] += 1;
        }
        for (at, value) in reading.values.iter().enumerate() {
            for &operand in &value.operands {
                uses.add(loops, loops.of_value[at], operand);
            }
            if let Some(of) = copied(value, loops) {
                uses.add(loops, loops.of_value[at], of);
                uses.copied[of] = !is_leaf(&reading.values[of]);
            }
        }
        for cell in &loops.cells {
            uses.add(loops, Some(cell.in_loop), cell.next);
            cell.gate.iter().for_each(|&gate| uses.add(loops, Some(cell.in_loop), gate));
        }
        uses.look_through(reading, loops);
        uses
    }

    fn add(&mut self, loops: &Loops, user: Option<usize>, used: usize) {
        match loops.of_value[used] {
            Some(in_loop) if user == Some(in_loop) => self.inside[used] += 1,
            _ => self.outside[used] += 1,
        }
    }

    /// What is written again wherever it is used is not exported from its loop; what it is written with is.
    fn look_through(&mut self, reading: &Reading, loops: &Loops) {
        let used_outside = |uses: &Self, at: usize| loops.of_value[at].is_some() && uses.outside[at] > 0;
        for (at, value) in reading.values.iter().enumerate().rev() {
            if used_outside(self, at) && is_transparent(reading, value) && !self.copied[at] {
                self.outside[value.operands[0]] += self.outside[at];
            }
        }
        for (at, value) in reading.values.iter().enumerate() {
            if used_outside(self, at)
                && let Some(of) = copied(value, loops)
            {
                self.outside[of] += self.outside[at];
            }
        }
    }
}

/// What a register copies, if it is one that does.
fn copied(value: &Value, loops: &Loops) -> Option<usize> {
    let Head::Before(register) = value.head else { return None };
    match loops.registers[&register] {
        Memory::Copy { of, .. } => Some(of),
        Memory::Cell(_) => None,
    }
}
