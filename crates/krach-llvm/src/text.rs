//! Writing the text of one function: values, instructions, places in memory.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt::{self, Write};

/// From LLVM 15 on, pointers do not say what they point to.
const OPAQUE: bool = cfg!(not(feature = "llvm14"));
/// The type of an address of bytes.
pub(crate) const POINTER: &str = if OPAQUE { "ptr" } else { "i8*" };

/// What a value is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    I1,
    I32,
    I64,
    F32,
    F64,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::I1 => "i1",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "float",
            Self::F64 => "double",
        }
    }

    /// As the names of intrinsic functions spell it.
    fn short(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
            other => other.word(),
        }
    }

    pub(crate) fn bytes(self) -> u32 {
        match self {
            Self::I1 => 1,
            Self::I32 | Self::F32 => 4,
            Self::I64 | Self::F64 => 8,
        }
    }
}

/// One of a kind, or a vector of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Type {
    pub kind: Kind,
    pub lanes: u32,
}

impl Type {
    pub(crate) fn scalar(kind: Kind) -> Self {
        Self { kind, lanes: 1 }
    }

    /// As many of another kind.
    pub(crate) fn of(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    fn short(self) -> String {
        if self.lanes == 1 {
            self.kind.short().to_owned()
        } else {
            format!("v{}{}", self.lanes, self.kind.short())
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.kind.word();
        if self.lanes == 1 { f.write_str(word) } else { write!(f, "<{} x {word}>", self.lanes) }
    }
}

#[derive(Clone, Copy, Debug)]
enum Name {
    /// The result of the instruction of that number.
    Made(u32),
    /// A constant, the same in all lanes, as it is spelled: floats as the bits of a double.
    Literal(i64),
}

/// A value of the function being written. Displayed without its type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value {
    pub ty: Type,
    name: Name,
}

impl Value {
    pub(crate) fn int(kind: Kind, value: i64) -> Self {
        Self { ty: Type::scalar(kind), name: Name::Literal(value) }
    }

    pub(crate) fn real(kind: Kind, value: f64) -> Self {
        Self { ty: Type::scalar(kind), name: Name::Literal(value.to_bits().cast_signed()) }
    }

    fn is_literal(self) -> bool {
        matches!(self.name, Name::Literal(_))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let literal = match self.name {
            Name::Made(number) => return write!(f, "%v{number}"),
            Name::Literal(literal) => literal,
        };
        let one = |f: &mut fmt::Formatter<'_>| match self.ty.kind {
            Kind::F32 | Kind::F64 => write!(f, "0x{literal:016X}"),
            _ => write!(f, "{literal}"),
        };
        if self.ty.lanes == 1 {
            return one(f);
        }
        f.write_char('<')?;
        for lane in 0..self.ty.lanes {
            write!(f, "{}{} ", if lane == 0 { "" } else { ", " }, self.ty.kind.word())?;
            one(f)?;
        }
        f.write_char('>')
    }
}

/// An address of bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pointer {
    Parameter(&'static str),
    Made(u32),
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameter(name) => write!(f, "%{name}"),
            Self::Made(number) => write!(f, "%v{number}"),
        }
    }
}

/// The parts of memory. None overlaps another, and the code says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Area {
    Slots,
    Arrays,
    Inputs,
    Outputs,
    /// Addresses and shared tables, which are never written.
    Constant,
    /// The function's own.
    Stack,
}

impl Area {
    const ALL: [Self; 5] = [Self::Slots, Self::Arrays, Self::Inputs, Self::Outputs, Self::Constant];

    fn note(self) -> String {
        match Self::ALL.iter().position(|&area| area == self) {
            Some(at) => format!(", !alias.scope !{}, !noalias !{}", 10 + at, 20 + at),
            None => String::new(),
        }
    }

    /// The end of a module, where the areas are declared.
    fn declarations() -> String {
        let mut text = "!0 = distinct !{!0}\n".to_owned();
        for at in 0..Self::ALL.len() {
            let others = (0..Self::ALL.len()).filter(|&other| other != at);
            let others: Vec<String> = others.map(|other| format!("!{}", 1 + other)).collect();
            let _ = writeln!(text, "!{0} = distinct !{{!{0}, !0}}", 1 + at);
            let _ =
                writeln!(text, "!{} = !{{!{}}}\n!{} = !{{{}}}", 10 + at, 1 + at, 20 + at, others.join(", "));
        }
        text
    }
}

/// A place in the running program to jump to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Label(u32);

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b{}", self.0)
    }
}

/// The text of one function as it grows.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    body: RefCell<String>,
    /// What the function keeps on its stack.
    stack: RefCell<String>,
    intrinsics: RefCell<BTreeSet<String>>,
    next: Cell<u32>,
}

impl Writer {
    fn number(&self) -> u32 {
        self.next.replace(self.next.get() + 1)
    }

    fn line(&self, line: fmt::Arguments<'_>) {
        let _ = writeln!(self.body.borrow_mut(), "  {line}");
    }

    /// An instruction with a result.
    pub(crate) fn make(&self, ty: Type, instruction: fmt::Arguments<'_>) -> Value {
        let number = self.number();
        self.line(format_args!("%v{number} = {instruction}"));
        Value { ty, name: Name::Made(number) }
    }

    /// An instruction of two operands, whose result is of their type.
    pub(crate) fn binary(&self, name: &str, a: Value, b: Value) -> Value {
        let (a, b) = self.alike(a, b);
        self.make(a.ty, format_args!("{name} {} {a}, {b}", a.ty))
    }

    /// A comparison, such as `icmp slt`.
    pub(crate) fn compare(&self, name: &str, a: Value, b: Value) -> Value {
        let (a, b) = self.alike(a, b);
        self.make(a.ty.of(Kind::I1), format_args!("{name} {} {a}, {b}", a.ty))
    }

    /// Another kind of the same number, such as `sitofp`, or of the same bits.
    pub(crate) fn convert(&self, name: &str, value: Value, kind: Kind) -> Value {
        let ty = value.ty.of(kind);
        self.make(ty, format_args!("{name} {} {value} to {ty}", value.ty))
    }

    pub(crate) fn select(&self, mask: Value, yes: Value, no: Value) -> Value {
        let (yes, no) = self.alike(yes, no);
        let (mask, yes) = self.alike(mask, yes);
        let no = self.wide(no, yes.ty.lanes);
        self.make(yes.ty, format_args!("select {} {mask}, {} {yes}, {} {no}", mask.ty, yes.ty, no.ty))
    }

    /// A function that LLVM knows. Its name is `llvm.NAME` and the types of `named`.
    pub(crate) fn intrinsic(&self, name: &str, named: &[Type], result: Type, operands: &[Value]) -> Value {
        let named: String = named.iter().map(|ty| format!(".{}", ty.short())).collect();
        let list =
            |write: &dyn Fn(&Value) -> String| operands.iter().map(write).collect::<Vec<_>>().join(", ");
        let types = list(&|value| value.ty.to_string());
        self.intrinsics.borrow_mut().insert(format!("declare {result} @llvm.{name}{named}({types})"));
        let operands = list(&|value| format!("{} {value}", value.ty));
        self.make(result, format_args!("call {result} @llvm.{name}{named}({operands})"))
    }

    /// The same number in each of that many lanes.
    pub(crate) fn wide(&self, value: Value, lanes: u32) -> Value {
        let ty = Type { lanes, ..value.ty };
        if value.ty.lanes == lanes {
            return value;
        }
        if value.is_literal() {
            return Value { ty, ..value };
        }
        let first = self.make(ty, format_args!("insertelement {ty} undef, {} {value}, i32 0", value.ty));
        let zeros = Value { ty: ty.of(Kind::I32), name: Name::Literal(0) };
        self.make(ty, format_args!("shufflevector {ty} {first}, {ty} undef, {} {zeros}", zeros.ty))
    }

    /// Both with the same number of lanes.
    fn alike(&self, a: Value, b: Value) -> (Value, Value) {
        let lanes = a.ty.lanes.max(b.ty.lanes);
        (self.wide(a, lanes), self.wide(b, lanes))
    }

    /// Scalars side by side, in a vector of that many lanes.
    pub(crate) fn pack(&self, values: &[Value], lanes: u32) -> Value {
        let ty = Type { lanes, ..values[0].ty };
        let mut all = "undef".to_owned();
        let mut packed = None;
        for (lane, value) in values.iter().enumerate() {
            let next =
                self.make(ty, format_args!("insertelement {ty} {all}, {} {value}, i32 {lane}", value.ty));
            all = next.to_string();
            packed = Some(next);
        }
        packed.expect("one scalar or more")
    }

    pub(crate) fn lane(&self, value: Value, lane: u32) -> Value {
        self.make(
            Type::scalar(value.ty.kind),
            format_args!("extractelement {} {value}, i32 {lane}", value.ty),
        )
    }

    /// The address that many bytes further.
    pub(crate) fn step(&self, base: Pointer, bytes: Value) -> Pointer {
        let number = self.number();
        self.line(format_args!("%v{number} = getelementptr i8, {POINTER} {base}, {} {bytes}", bytes.ty));
        Pointer::Made(number)
    }

    /// The address as the instruction that uses it wants it.
    fn typed(&self, at: Pointer, ty: &dyn fmt::Display) -> String {
        if OPAQUE {
            return format!("ptr {at}");
        }
        let number = self.number();
        self.line(format_args!("%v{number} = bitcast i8* {at} to {ty}*"));
        format!("{ty}* %v{number}")
    }

    pub(crate) fn load(&self, ty: Type, at: Pointer, align: u32, area: Area) -> Value {
        let place = self.typed(at, &ty);
        self.make(ty, format_args!("load {ty}, {place}, align {align}{}", area.note()))
    }

    pub(crate) fn store(&self, value: Value, at: Pointer, align: u32, area: Area) {
        let place = self.typed(at, &value.ty);
        self.line(format_args!("store {} {value}, {place}, align {align}{}", value.ty, area.note()));
    }

    /// An address that lies in memory.
    pub(crate) fn load_pointer(&self, at: Pointer, area: Area) -> Pointer {
        let place = self.typed(at, &POINTER);
        let number = self.number();
        self.line(format_args!("%v{number} = load {POINTER}, {place}, align 8{}", area.note()));
        Pointer::Made(number)
    }

    /// A function of reals without effect, by its address.
    pub(crate) fn call(&self, function: Pointer, operands: &[Value]) -> Value {
        let ty = operands[0].ty;
        let types: Vec<String> = operands.iter().map(|value| value.ty.to_string()).collect();
        let callee = self.typed(function, &format_args!("{ty} ({})", types.join(", ")));
        let callee = callee.rsplit(' ').next().expect("a type and a name").to_owned();
        let operands: Vec<String> = operands.iter().map(|value| format!("{} {value}", value.ty)).collect();
        self.make(
            ty,
            format_args!("call {ty} {callee}({}) nounwind readnone willreturn", operands.join(", ")),
        )
    }

    /// Bytes on the function's stack.
    pub(crate) fn reserve(&self, bytes: u32) -> Pointer {
        let number = self.number();
        let array = format!("[{bytes} x i8]");
        let place = if OPAQUE { format!("%v{number}") } else { format!("%p{number}") };
        let mut stack = self.stack.borrow_mut();
        let _ = writeln!(stack, "  {place} = alloca {array}, align 32");
        if !OPAQUE {
            let _ = writeln!(stack, "  %v{number} = bitcast {array}* {place} to i8*");
        }
        Pointer::Made(number)
    }

    pub(crate) fn label(&self) -> Label {
        Label(self.number())
    }

    pub(crate) fn begin(&self, label: Label) {
        let _ = writeln!(self.body.borrow_mut(), "{label}:");
    }

    pub(crate) fn branch(&self, mask: Value, yes: Label, no: Label) {
        self.line(format_args!("br i1 {mask}, label %{yes}, label %{no}"));
    }

    /// The module of this function, with these parameters.
    pub(crate) fn module(self, name: &str, parameters: &str) -> String {
        let attributes = "nounwind \"no-builtins\" \"denormal-fp-math\"=\"preserve-sign,preserve-sign\"";
        let intrinsics: Vec<String> = self.intrinsics.into_inner().into_iter().collect();
        format!(
            "; {name}\ndefine void @section({parameters}) {attributes} {{\n{}{}  ret void\n}}\n{}\n{}",
            self.stack.into_inner(),
            self.body.into_inner(),
            intrinsics.join("\n"),
            Area::declarations(),
        )
    }
}
