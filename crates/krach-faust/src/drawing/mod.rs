//! Programs as pictures: blocks, wires, and feedback running back below them.
//!
//! `blocks` reads a program as the printer does and makes a [`Sheet`] of it and of each library function it uses;
//! `fold` keeps sheets small enough to look at, so that a reverb of thousands of signals is a tree of small
//! pictures; `place` finds the places of blocks and wires; `svg` paints. A small function is shown opened where it
//! is used, a larger one is a block, and its inside a picture of its own below.

mod blocks;
mod fold;
mod label;
mod place;
mod svg;

use krach_ir::Program;
use std::fmt;

/// What a block is, which is what it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Input,
    Output,
    Control,
    /// Remembers: registers, delays, tables that are written.
    Memory,
    /// Sounds by itself.
    Source,
    /// A function of its own, or a part of a large sheet.
    Function,
    Operation,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Block {
    pub kind: Kind,
    pub label: String,
    /// What the user called its value.
    pub name: Option<String>,
    /// Names of the input ports; operators need none.
    pub inputs: Vec<String>,
    pub outputs: usize,
    /// The sheet that shows its inside.
    pub inside: Option<usize>,
}

impl Block {
    fn new(kind: Kind, label: impl Into<String>) -> Self {
        Self { kind, label: label.into(), name: None, inputs: Vec::new(), outputs: 1, inside: None }
    }
}

/// A port of a block, by indices.
pub(crate) type Port = (usize, usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wire {
    pub from: Port,
    pub to: Port,
    /// Closes a loop: it runs against the flow, into a memory.
    pub back: bool,
}

/// One picture. Its inputs and outputs are blocks, in order of ports.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sheet {
    pub title: String,
    pub blocks: Vec<Block>,
    pub wires: Vec<Wire>,
}

/// The block diagram of a program. Its text form lists what [`Drawing::svg`] shows.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// The first is the program.
    sheets: Vec<Sheet>,
    /// Whether a sheet is shown opened inside the block it belongs to.
    open: Vec<bool>,
}

/// Draws the block diagram of a program.
#[must_use]
pub fn draw(program: &Program) -> Drawing {
    let mut sheets = blocks::sheets(&program.sound());
    fold::fold(&mut sheets);
    let open = fold::open(&sheets);
    Drawing { sheets, open }
}

impl Drawing {
    /// The picture, as a text that browsers and notebooks show.
    #[must_use]
    pub fn svg(&self) -> String {
        svg::svg(self)
    }
}

impl fmt::Display for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for at in fold::shown(&self.sheets) {
            let sheet = &self.sheets[at];
            if at > 0 {
                writeln!(f)?;
            }
            writeln!(f, "{}", sheet.title)?;
            let mut inputs: Vec<Vec<(usize, &Wire)>> = vec![Vec::new(); sheet.blocks.len()];
            sheet.wires.iter().for_each(|wire| inputs[wire.to.0].push((wire.to.1, wire)));
            for (at, (block, inputs)) in sheet.blocks.iter().zip(&mut inputs).enumerate() {
                write!(f, "  {at} {}", kind(block.kind))?;
                let name = block.name.as_deref().unwrap_or_default();
                for words in [block.label.as_str(), name].into_iter().filter(|words| !words.is_empty()) {
                    write!(f, " `{words}`")?;
                }
                inputs.sort_by_key(|(port, _)| *port);
                for (at, (_, wire)) in inputs.iter().enumerate() {
                    let arrow = if at == 0 { " from" } else { "," };
                    write!(f, "{arrow} {}", wire.from.0)?;
                    if sheet.blocks[wire.from.0].outputs > 1 {
                        write!(f, ".{}", wire.from.1)?;
                    }
                    if wire.back {
                        f.write_str(" (back)")?;
                    }
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Input => "input",
        Kind::Output => "output",
        Kind::Control => "control",
        Kind::Memory => "memory",
        Kind::Source => "source",
        Kind::Function => "function",
        Kind::Operation => "operation",
    }
}
