//! Block diagrams: the values of Faust expressions, hash-consed.
//!
//! Two diagrams that are built alike are one [`BoxId`], so comparing them is comparing numbers, and all that is
//! computed about a diagram is computed once. Functions and environments are diagrams too, until they are needed
//! as boxes.

use crate::elaborate::ids::{CaseId, Env, FileId};
use crate::elaborate::interner::Text;
use crate::prim::Prim;
use crate::syntax::{Compose, ExprId, Foreign, Group, Number, Slider};
use rustc_hash::FxHashMap;
use std::rc::Rc;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct BoxId(u32);

impl BoxId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A list in one of the side tables of [`Diagrams`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TableId(u32);

/// One node. Reals are bits, so that a node can be a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Diagram {
    /// Something went wrong and was reported.
    Error,
    Int(i32),
    Real(u64),
    Wire,
    Cut,
    /// No inputs, no outputs: what `par(i, 0, …)` is.
    Empty,
    Prim(Prim),
    Waveform(TableId),
    Route(TableId),
    Constant(Foreign, Text),
    Variable(Foreign, Text),
    Function(TableId),
    Button(Text),
    Checkbox(Text),
    /// Label, then init, min, max, step.
    Slider(Slider, Text, [u64; 4]),
    Bargraph(bool, Text, [u64; 2]),
    /// Label, number of channels.
    Soundfile(Text, u32),
    Group(Group, Text, BoxId),
    Compose(Compose, BoxId, BoxId),
    /// An input by name: the innermost [`Diagram::Symbolic`] around it that has this number.
    Slot(u32),
    /// A box whose first input is the slot.
    Symbolic(u32, BoxId),
    /// A variable of a pattern.
    Variant(Text),
    /// A lambda and how many of its parameters are bound in the environment.
    Closure(FileId, ExprId, u32, Env),
    /// A case and the arguments it has so far.
    Matcher(CaseId, TableId),
    Environment(Env),
    /// The environment of a file; as a box, its `process`.
    Component(Env),
}

/// Connections of `route`: sources and destinations from 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Routing {
    pub inputs: u32,
    pub outputs: u32,
    pub pairs: Vec<(i32, i32)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ForeignCall {
    pub result: Foreign,
    pub name: Text,
    pub arguments: Vec<Foreign>,
}

/// Side tables, each entry once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Table {
    /// Ints, or reals as bits.
    Ints(Vec<i32>),
    Reals(Vec<u64>),
    Routing(Routing),
    Function(ForeignCall),
    Arguments(Vec<BoxId>),
}

/// Inputs and outputs of a diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arity {
    Known(u32, u32),
    /// There are functions inside: ask again when it has become a box.
    Later,
    /// Inputs and outputs do not fit, here or inside.
    Fault,
}

/// What is known about a node, computed when it is made.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub arity: Arity,
    /// Widgets inside: what it means depends on the groups around it.
    pub widgets: bool,
    /// Pattern variables inside.
    pub variants: bool,
    /// An error inside.
    pub error: bool,
    /// Free slots, ascending.
    pub slots: Rc<[u32]>,
    /// The expression that made it first.
    pub origin: (FileId, ExprId),
}

#[derive(Debug)]
pub(crate) struct Diagrams {
    nodes: Vec<Diagram>,
    facts: Vec<Facts>,
    known: FxHashMap<Diagram, BoxId>,
    tables: Vec<Rc<Table>>,
    known_tables: FxHashMap<Rc<Table>, TableId>,
    closed: Rc<[u32]>,
    /// Entries of all lists of free slots.
    entries: usize,
}

impl Diagrams {
    pub fn new() -> Self {
        Self {
            nodes: Vec::new(),
            facts: Vec::new(),
            known: FxHashMap::default(),
            tables: Vec::new(),
            known_tables: FxHashMap::default(),
            closed: Rc::new([]),
            entries: 0,
        }
    }

    /// How much there is: nodes, and lists of free slots as the memory they are.
    pub fn size(&self) -> usize {
        self.nodes.len() + self.entries / 16
    }

    pub fn get(&self, id: BoxId) -> Diagram {
        self.nodes[id.index()]
    }

    pub fn facts(&self, id: BoxId) -> &Facts {
        &self.facts[id.index()]
    }

    pub fn arity(&self, id: BoxId) -> Arity {
        self.facts[id.index()].arity
    }

    pub fn table(&self, id: TableId) -> &Rc<Table> {
        &self.tables[id.0 as usize]
    }

    pub fn arguments(&self, id: TableId) -> &[BoxId] {
        match &**self.table(id) {
            Table::Arguments(arguments) => arguments,
            other => unreachable!("{other:?} are no arguments"),
        }
    }

    pub fn intern(&mut self, table: Table) -> TableId {
        if let Some(&known) = self.known_tables.get(&table) {
            return known;
        }
        let id = TableId(u32::try_from(self.tables.len()).expect("fewer tables than diagrams"));
        let table = Rc::new(table);
        self.tables.push(table.clone());
        self.known_tables.insert(table, id);
        id
    }

    pub fn waveform(&mut self, numbers: &[Number]) -> TableId {
        let ints: Option<Vec<i32>> = numbers
            .iter()
            .map(|number| if let Number::Int(value) = number { Some(*value) } else { None })
            .collect();
        let real = |number: &Number| match *number {
            Number::Int(value) => f64::from(value).to_bits(),
            Number::Real(value) => value.to_bits(),
        };
        self.intern(match ints {
            Some(ints) => Table::Ints(ints),
            None => Table::Reals(numbers.iter().map(real).collect()),
        })
    }

    /// The node, made if it is new.
    pub fn make(&mut self, node: Diagram, origin: (FileId, ExprId)) -> BoxId {
        if let Some(&known) = self.known.get(&node) {
            return known;
        }
        let id = BoxId(u32::try_from(self.nodes.len()).expect("limited by the evaluator"));
        let facts = self.facts_of(node, origin);
        self.entries += facts.slots.len();
        self.nodes.push(node);
        self.facts.push(facts);
        self.known.insert(node, id);
        id
    }

    fn facts_of(&self, node: Diagram, origin: (FileId, ExprId)) -> Facts {
        let (first, second) = match node {
            Diagram::Compose(_, a, b) => (Some(self.facts(a)), Some(self.facts(b))),
            Diagram::Group(_, _, a) | Diagram::Symbolic(_, a) => (Some(self.facts(a)), None),
            _ => (None, None),
        };
        let inside = |ask: fn(&Facts) -> bool| first.is_some_and(ask) || second.is_some_and(ask);
        let widget = matches!(
            node,
            Diagram::Button(_)
                | Diagram::Checkbox(_)
                | Diagram::Slider(..)
                | Diagram::Bargraph(..)
                | Diagram::Soundfile(..)
        );
        Facts {
            arity: self.arity_of(node),
            widgets: widget || inside(|facts| facts.widgets),
            variants: matches!(node, Diagram::Variant(_)) || inside(|facts| facts.variants),
            error: matches!(node, Diagram::Error) || inside(|facts| facts.error),
            slots: self.slots_of(node, first, second),
            origin,
        }
    }

    fn slots_of(&self, node: Diagram, first: Option<&Facts>, second: Option<&Facts>) -> Rc<[u32]> {
        match (node, first, second) {
            (Diagram::Slot(slot), ..) => Rc::new([slot]),
            (Diagram::Symbolic(slot, _), Some(body), _) => {
                body.slots.iter().copied().filter(|&free| free != slot).collect()
            }
            (_, Some(a), Some(b)) if !a.slots.is_empty() && !b.slots.is_empty() && a.slots != b.slots => {
                let mut all: Vec<u32> = a.slots.iter().chain(b.slots.iter()).copied().collect();
                all.sort_unstable();
                all.dedup();
                all.into()
            }
            (_, Some(a), b) => {
                if a.slots.is_empty() {
                    b.map_or(&a.slots, |b| &b.slots).clone()
                } else {
                    a.slots.clone()
                }
            }
            _ => self.closed.clone(),
        }
    }

    fn arity_of(&self, node: Diagram) -> Arity {
        use Arity::{Fault, Known, Later};
        match node {
            Diagram::Int(_)
            | Diagram::Real(_)
            | Diagram::Constant(..)
            | Diagram::Variable(..)
            | Diagram::Button(_)
            | Diagram::Checkbox(_)
            | Diagram::Slider(..)
            | Diagram::Slot(_)
            | Diagram::Variant(_) => Known(0, 1),
            Diagram::Wire | Diagram::Bargraph(..) => Known(1, 1),
            Diagram::Cut => Known(1, 0),
            Diagram::Empty => Known(0, 0),
            Diagram::Prim(prim) => Known(prim.inputs(), 1),
            Diagram::Waveform(_) => Known(0, 2),
            Diagram::Soundfile(_, channels) => Known(2, channels + 2),
            Diagram::Route(id) => match &**self.table(id) {
                Table::Routing(routing) => Known(routing.inputs, routing.outputs),
                _ => Fault,
            },
            Diagram::Function(id) => match &**self.table(id) {
                Table::Function(call) => Known(u32::try_from(call.arguments.len()).unwrap_or(u32::MAX), 1),
                _ => Fault,
            },
            Diagram::Group(_, _, inner) => self.arity(inner),
            Diagram::Symbolic(_, body) => match self.arity(body) {
                Known(inputs, outputs) => Known(inputs.saturating_add(1), outputs),
                other => other,
            },
            Diagram::Compose(compose, a, b) => match (self.arity(a), self.arity(b)) {
                (Fault, _) | (_, Fault) => Fault,
                (Later, _) | (_, Later) => Later,
                (Known(u, v), Known(x, y)) => composed(compose, (u, v), (x, y)),
            },
            Diagram::Closure(..) | Diagram::Matcher(..) | Diagram::Component(_) => Later,
            Diagram::Error | Diagram::Environment(_) => Fault,
        }
    }
}

/// Inputs and outputs of `A op B`, given those of A (u -> v) and B (x -> y).
fn composed(compose: Compose, (u, v): (u32, u32), (x, y): (u32, u32)) -> Arity {
    let fits = match compose {
        Compose::Par => true,
        Compose::Seq => v == x,
        Compose::Split => v > 0 && x > 0 && x % v == 0,
        Compose::Merge => v > 0 && x > 0 && v % x == 0,
        Compose::Rec => x <= v && y <= u,
    };
    if !fits {
        return Arity::Fault;
    }
    match compose {
        Compose::Par => Arity::Known(u.saturating_add(x), v.saturating_add(y)),
        Compose::Seq | Compose::Split | Compose::Merge => Arity::Known(u, y),
        Compose::Rec => Arity::Known(u - y, v),
    }
}
