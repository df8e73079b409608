//! Signals between diagrams and the program: hash-consed, not yet typed.
//!
//! A recursion is a numbered [`Loop`]: reading it gives the value of the frame before, and its `next` is known once
//! the loop is closed. Everything else is a pure node. The methods that make nodes simplify them the way the
//! official compiler observably does (`simplify`), so that "denotes a number" is a look at one node.

mod simplify;

pub(crate) use simplify::Constant;

use crate::elaborate::ids::FileId;
use crate::elaborate::interner::Text;
use crate::syntax::{ExprId, Group};
use krach_ir::{Fun, Sound};
use rustc_hash::FxHashMap;
use std::rc::Rc;
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SigId(u32);

impl SigId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Loop(u32);

impl Loop {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Contents of a `waveform`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct WaveId(u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct WidgetId(u32);

impl WidgetId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Signal {
    Int(i32),
    /// Any double, as bits.
    Real(u64),
    Input(u32),
    /// An unbound slot, while a diagram is asked whether it is a number.
    Slot(u32),
    Previous(Loop),
    /// Unused operands are [`SigId`] 0.
    Apply(Fun, [SigId; 3]),
    Power(SigId, SigId),
    Delay(SigId, SigId),
    Prefix(SigId, SigId),
    /// The cyclic contents.
    Waveform(WaveId),
    /// Entries, contents, index.
    Read(u32, SigId, SigId),
    /// Entries, contents, write index, value, read index.
    ReadWrite(u32, SigId, [SigId; 3]),
    Widget(WidgetId),
    SampleRate,
    /// The first while the second is not 0, otherwise held.
    Hold(SigId, SigId),
    /// The first; the second is only shown.
    Attach(SigId, SigId),
    /// A number that the text does not choose.
    Random,
    Lowest(SigId),
    Highest(SigId),
    /// Low, high, signal.
    Bounds([SigId; 3]),
    /// The signal, which a bargraph shows.
    Shown(WidgetId, SigId),
    /// Reported if the program needs it.
    Wrong(Wrong),
}

/// What cannot mean anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Wrong {
    TableSize,
    /// A foreign thing of that name is not known.
    Foreign(Text),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum WidgetKind {
    Button,
    Checkbox,
    Slider(crate::syntax::Slider),
    Bargraph {
        vertical: bool,
    },
    /// Not the user's: the frames of one call, where the caller says them.
    Count,
}

impl WidgetKind {
    pub fn is_control(self) -> bool {
        !matches!(self, Self::Bargraph { .. })
    }
}

/// A widget where it stands, after the path in its label has been followed: equal in all of this, it is the same
/// widget.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Widget {
    pub kind: WidgetKind,
    /// The groups around it, outermost first.
    pub groups: Rc<[Text]>,
    /// The outermost of them, with its sort and its whole label: only a group equal in both is the same one.
    pub top: Option<(Group, Text)>,
    pub name: Text,
    /// Keys and values.
    pub metadata: Rc<[(Text, Text)]>,
    /// Init, min, max, step, as bits.
    pub range: [u64; 4],
}

/// Ints, or reals.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wave {
    Ints(Rc<[i32]>),
    Reals(Rc<[f64]>),
    /// A channel of a sound.
    Sound(Arc<Sound>, usize),
}

impl Wave {
    pub fn len(&self) -> usize {
        match self {
            Self::Ints(values) => values.len(),
            Self::Reals(values) => values.len(),
            Self::Sound(sound, _) => sound.frames(),
        }
    }
}

/// Where a node comes from.
pub(crate) type Origin = (FileId, ExprId);

#[derive(Debug)]
pub(crate) struct Signals {
    nodes: Vec<Signal>,
    origins: Vec<Origin>,
    /// Whether a node depends on nothing but constants and the sample rate.
    settled: Vec<bool>,
    known: FxHashMap<Signal, SigId>,
    loops: Vec<Option<SigId>>,
    waves: Vec<Wave>,
    widgets: Vec<Widget>,
    known_widgets: FxHashMap<Widget, WidgetId>,
    /// Nodes made from now on come from here.
    pub origin: Origin,
    /// Functions of constants that have no value, whether or not anything needs them.
    pub undefined: Vec<SigId>,
    /// What is known about the first inputs; the others are audio, within -1..1.
    pub input_ranges: Vec<(f64, f64)>,
}

impl Signals {
    pub fn new(origin: Origin) -> Self {
        Self {
            nodes: Vec::new(),
            origins: Vec::new(),
            settled: Vec::new(),
            known: FxHashMap::default(),
            loops: Vec::new(),
            waves: Vec::new(),
            widgets: Vec::new(),
            known_widgets: FxHashMap::default(),
            origin,
            undefined: Vec::new(),
            input_ranges: Vec::new(),
        }
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn get(&self, id: SigId) -> Signal {
        self.nodes[id.index()]
    }

    pub fn origin_of(&self, id: SigId) -> Origin {
        self.origins[id.index()]
    }

    pub fn ids(&self) -> impl DoubleEndedIterator<Item = SigId> + use<> {
        (0..u32::try_from(self.nodes.len()).expect("limited by the evaluator")).map(SigId)
    }

    /// The node as it is.
    pub fn make(&mut self, node: Signal) -> SigId {
        if let Some(&known) = self.known.get(&node) {
            return known;
        }
        let id = SigId(u32::try_from(self.nodes.len()).expect("limited by the evaluator"));
        self.nodes.push(node);
        self.origins.push(self.origin);
        let settled = match node {
            Signal::Int(_) | Signal::Real(_) | Signal::SampleRate => true,
            Signal::Apply(..) | Signal::Power(..) => self.operands(id).all(|id| self.is_settled(id)),
            _ => false,
        };
        self.settled.push(settled);
        self.known.insert(node, id);
        id
    }

    /// Whether the signal is known before the first frame.
    pub fn is_settled(&self, id: SigId) -> bool {
        self.settled[id.index()]
    }

    pub fn int(&mut self, value: i32) -> SigId {
        self.make(Signal::Int(value))
    }

    pub fn real(&mut self, value: f64) -> SigId {
        self.make(Signal::Real(value.to_bits()))
    }

    /// A new loop: what it reads, and its number for [`Self::close`].
    pub fn open(&mut self) -> (Loop, SigId) {
        let id = Loop(u32::try_from(self.loops.len()).expect("fewer loops than nodes"));
        self.loops.push(None);
        (id, self.make(Signal::Previous(id)))
    }

    pub fn close(&mut self, id: Loop, next: SigId) {
        self.loops[id.index()] = Some(next);
    }

    /// What the loop holds from the next frame on.
    pub fn next(&self, id: Loop) -> SigId {
        self.loops[id.index()].expect("loops are closed where they are opened")
    }

    pub fn loops(&self) -> usize {
        self.loops.len()
    }

    pub fn wave(&mut self, wave: Wave) -> SigId {
        let at = self.waves.iter().position(|known| *known == wave).unwrap_or_else(|| {
            self.waves.push(wave);
            self.waves.len() - 1
        });
        self.make(Signal::Waveform(WaveId(u32::try_from(at).expect("fewer waveforms than nodes"))))
    }

    pub fn wave_of(&self, id: WaveId) -> &Wave {
        &self.waves[id.0 as usize]
    }

    pub fn widget(&mut self, widget: Widget) -> WidgetId {
        if let Some(&known) = self.known_widgets.get(&widget) {
            return known;
        }
        let id = WidgetId(u32::try_from(self.widgets.len()).expect("fewer widgets than nodes"));
        self.widgets.push(widget.clone());
        self.known_widgets.insert(widget, id);
        id
    }

    pub fn widget_of(&self, id: WidgetId) -> &Widget {
        &self.widgets[id.index()]
    }

    /// The signals of the same frame that a node needs.
    pub fn operands(&self, id: SigId) -> impl Iterator<Item = SigId> + use<> {
        let none = SigId(0);
        let (all, count) = match self.get(id) {
            Signal::Apply(fun, operands) => (operands, fun.arity()),
            Signal::Power(a, b)
            | Signal::Delay(a, b)
            | Signal::Prefix(a, b)
            | Signal::Hold(a, b)
            | Signal::Attach(a, b) => ([a, b, none], 2),
            // The contents of a table are a world of their own.
            Signal::Read(_, _, index) => ([index, none, none], 1),
            Signal::ReadWrite(_, _, operands) | Signal::Bounds(operands) => (operands, 3),
            Signal::Lowest(x) | Signal::Highest(x) | Signal::Shown(_, x) => ([x, none, none], 1),
            _ => ([none; 3], 0),
        };
        all.into_iter().take(count)
    }

    /// What fills the table that a node reads.
    pub fn contents(&self, id: SigId) -> Option<SigId> {
        match self.get(id) {
            Signal::Read(_, init, _) | Signal::ReadWrite(_, init, _) => Some(init),
            _ => None,
        }
    }

    /// Everything that `roots` need, operands first; what a loop reads counts as needed, and with `contents` also
    /// what fills tables.
    pub fn reachable(&self, roots: &[SigId], contents: bool) -> Vec<SigId> {
        let mut seen = vec![false; self.len()];
        let mut wanted = roots.to_vec();
        while let Some(id) = wanted.pop() {
            if std::mem::replace(&mut seen[id.index()], true) {
                continue;
            }
            wanted.extend(self.operands(id));
            if contents {
                wanted.extend(self.contents(id));
            }
            if let Signal::Previous(id) = self.get(id) {
                wanted.push(self.next(id));
            }
        }
        // Operands are made before their users, so the order of numbers will do.
        self.ids().filter(|id| seen[id.index()]).collect()
    }
}
