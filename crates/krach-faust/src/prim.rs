//! The one table of primitives: their words, their inputs, what they mean. Every primitive has one output.

use krach_ir::Fun;

/// What a primitive does with the signals that enter it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// A pure function.
    Apply(Fun),
    /// A power: of ints it is an int.
    Power,
    /// A division: real, but exact quotients of int constants stay ints.
    Divide,
    /// One sample ago.
    Mem,
    /// The first operand, as many samples ago as the second says.
    Delay,
    /// The first operand at first, then the second, one sample ago.
    Prefix,
    /// The first operand; the second is computed as well.
    Attach,
    /// The first operand times the second, computed while the second is not 0, otherwise held.
    Enable,
    /// The first operand, computed while the second is not 0, otherwise held.
    Control,
    ReadTable,
    WriteTable,
    Select3,
    AssertBounds,
    Lowest,
    Highest,
}

macro_rules! prims {
    ($($name:ident $text:literal $inputs:literal $meaning:expr;)*) => {
        /// A primitive box.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Prim { $($name,)* }

        impl Prim {
            pub const ALL: &'static [Prim] = &[$(Prim::$name,)*];

            /// How it is written.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $(Prim::$name => $text,)* }
            }

            #[must_use]
            pub fn inputs(self) -> u32 {
                match self { $(Prim::$name => $inputs,)* }
            }

            #[must_use]
            pub fn meaning(self) -> Meaning {
                use Meaning::*;
                match self { $(Prim::$name => $meaning,)* }
            }

            /// The primitive of that word or operator.
            #[must_use]
            pub fn find(text: &str) -> Option<Self> {
                match text { $($text => Some(Prim::$name),)* _ => None }
            }
        }
    };
}

prims! {
    Add "+" 2 Apply(Fun::Add);
    Sub "-" 2 Apply(Fun::Sub);
    Mul "*" 2 Apply(Fun::Mul);
    Div "/" 2 Divide;
    Rem "%" 2 Apply(Fun::Rem);
    Hat "^" 2 Power;
    At "@" 2 Delay;
    And "&" 2 Apply(Fun::And);
    Or "|" 2 Apply(Fun::Or);
    Xor "xor" 2 Apply(Fun::Xor);
    Shl "<<" 2 Apply(Fun::Shl);
    Shr ">>" 2 Apply(Fun::Shr);
    Lt "<" 2 Apply(Fun::Lt);
    Le "<=" 2 Apply(Fun::Le);
    Gt ">" 2 Apply(Fun::Gt);
    Ge ">=" 2 Apply(Fun::Ge);
    Eq "==" 2 Apply(Fun::Eq);
    Ne "!=" 2 Apply(Fun::Ne);
    Quote "'" 1 Mem;
    Mem "mem" 1 Mem;
    Prefix "prefix" 2 Prefix;
    Attach "attach" 2 Attach;
    Enable "enable" 2 Enable;
    Control "control" 2 Control;
    Int "int" 1 Apply(Fun::ToInt);
    Float "float" 1 Apply(Fun::ToReal);
    Min "min" 2 Apply(Fun::Min);
    Max "max" 2 Apply(Fun::Max);
    Abs "abs" 1 Apply(Fun::Abs);
    Pow "pow" 2 Power;
    Fmod "fmod" 2 Apply(Fun::Rem);
    Remainder "remainder" 2 Apply(Fun::Remainder);
    Atan2 "atan2" 2 Apply(Fun::Atan2);
    Sqrt "sqrt" 1 Apply(Fun::Sqrt);
    Exp "exp" 1 Apply(Fun::Exp);
    Log "log" 1 Apply(Fun::Log);
    Log10 "log10" 1 Apply(Fun::Log10);
    Sin "sin" 1 Apply(Fun::Sin);
    Cos "cos" 1 Apply(Fun::Cos);
    Tan "tan" 1 Apply(Fun::Tan);
    Asin "asin" 1 Apply(Fun::Asin);
    Acos "acos" 1 Apply(Fun::Acos);
    Atan "atan" 1 Apply(Fun::Atan);
    Floor "floor" 1 Apply(Fun::Floor);
    Ceil "ceil" 1 Apply(Fun::Ceil);
    Rint "rint" 1 Apply(Fun::Rint);
    Round "round" 1 Apply(Fun::Round);
    Select2 "select2" 3 Apply(Fun::Select);
    Select3 "select3" 4 Select3;
    ReadTable "rdtable" 3 ReadTable;
    WriteTable "rwtable" 5 WriteTable;
    AssertBounds "assertbounds" 3 AssertBounds;
    Lowest "lowest" 1 Lowest;
    Highest "highest" 1 Highest;
}

impl Prim {
    /// Whether one argument is its *second* input: `10 : -(3)` is 7.
    #[must_use]
    pub fn takes_second(self) -> bool {
        self <= Self::Ne || matches!(self, Self::Attach | Self::Enable | Self::Control | Self::Pow)
    }

    /// Whether its operands are cast to real, ints as well.
    #[must_use]
    pub fn is_real(self) -> bool {
        self == Self::Fmod
    }
}

/// Words that cannot be names, beside those of the primitives.
pub const RESERVED: &[&str] = &[
    "with",
    "letrec",
    "where",
    "minput",
    "any",
    "ffunction",
    "fconstant",
    "fvariable",
    "button",
    "checkbox",
    "vslider",
    "hslider",
    "nentry",
    "vgroup",
    "hgroup",
    "tgroup",
    "vbargraph",
    "hbargraph",
    "soundfile",
    "seq",
    "par",
    "sum",
    "prod",
    "inputs",
    "outputs",
    "import",
    "component",
    "library",
    "environment",
    "waveform",
    "route",
    "declare",
    "case",
    "singleprecision",
    "doubleprecision",
    "quadprecision",
    "fixedpointprecision",
];

/// Whether Faust gives the word a meaning, so that it cannot be a name.
pub(crate) fn is_reserved(word: &str) -> bool {
    Prim::find(word).is_some() || RESERVED.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_unique_and_found() {
        for &prim in Prim::ALL {
            assert_eq!(Prim::find(prim.text()), Some(prim));
            assert!(!RESERVED.contains(&prim.text()));
        }
    }

    #[test]
    fn operators_take_their_argument_second() {
        assert!(Prim::Sub.takes_second() && Prim::At.takes_second() && Prim::Pow.takes_second());
        assert!(!Prim::Fmod.takes_second() && !Prim::Prefix.takes_second() && !Prim::Quote.takes_second());
    }
}
