//! The stable codes: one row each, and a page each in `docs/errors/`.

use std::fmt;

macro_rules! codes {
    ($($name:ident $number:literal $title:literal;)*) => {
        /// What kind of thing went wrong. The number never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $title] $name,)* }

        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// `KR0107`
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Code::$name => concat!("KR", $number),)* }
            }

            /// A title of a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// The page that `krach explain` prints.
            #[must_use]
            pub fn page(self) -> &'static str {
                match self { $(Code::$name => include_str!(concat!("../../../docs/errors/KR", $number, ".md")),)* }
            }
        }
    };
}

codes! {
    // 01: a Python DSP function
    OutsideFunction "0101" "krs used outside a DSP function";
    TruthValue "0102" "a Signal has no truth value";
    NotFinite "0103" "a constant is not a finite number";
    NotASignal "0104" "neither a Signal nor a number";
    BadReturn "0105" "a DSP function must return Signals";
    LeakedSignal "0106" "a Signal of another DSP function";
    ControlRange "0107" "a control's range does not hold its start";
    ControlConflict "0108" "one control name, two meanings";
    ControlName "0109" "not a control name";
    DelayUnbounded "0110" "no bound for a delay is provable";
    DelayNegative "0111" "a delay is negative";
    FeedbackBody "0112" "a feedback body returns one Signal or a pair";
    ArgumentRange "0113" "an argument is out of range";
    Signature "0114" "parameters that cannot become inputs";
    Raised "0115" "the user's function raised an exception";
    TableContents "0116" "a table's contents cannot be used";
    PythonFile "0117" "a Python file cannot be loaded";
    NoSuchFunction "0118" "no DSP function of that name";
    Conversion "0119" "a Signal is not one number";
    Unused "0120" "a parameter is not used";
    // 02: the Program
    ProgramSyntax "0201" "text that is not a program";
    InvalidProgram "0202" "a program breaks a rule of the IR";
    // 03: Faust
    FaustSyntax "0301" "text that is not Faust";
    FaustUndefined "0302" "a name that is not defined";
    FaustDuplicate "0303" "a name that is defined twice";
    FaustArity "0304" "inputs and outputs that do not fit";
    FaustArguments "0305" "too many arguments";
    FaustNoRule "0306" "no rule matches";
    FaustNumber "0307" "a number must be known while compiling";
    FaustEndless "0308" "a recursion without end";
    FaustFile "0309" "a Faust file is not found";
    FaustWidget "0310" "a widget's range does not hold its start";
    FaustDelay "0311" "a delay without bound or before now";
    FaustTable "0312" "a table that cannot be filled";
    FaustMaths "0313" "a constant outside a function's domain";
    FaustForeign "0314" "a foreign function that is not known";
    FaustEnvironment "0315" "not an environment";
    FaustSize "0316" "a Faust program is too large";
    FaustProcess "0317" "no process, or one without outputs";
    FaustSound "0318" "a part that no sound file has";
    FaustUnused "0319" "a rule or a target that is never used";
    // 04: compiling and rendering
    TooLarge "0401" "a program is too large";
    StateTooLarge "0402" "delay lines and tables need too much memory";
    SampleRate "0403" "a sample rate that is not supported";
    NoSuchControl "0404" "no control of that name";
    ControlValue "0405" "a control value is not a finite number";
    BadEvent "0406" "an event or a note that cannot be played";
    BadInput "0407" "audio input of the wrong shape";
    Duration "0408" "a duration that cannot be rendered";
    Compiler "0409" "the code generator refused";
    NotANumber "0410" "a sample is not a finite number";
    NoMeter "0411" "a sound without meters";
    MissingSound "0412" "the contents of a sound are missing";
    // 05: files and devices
    Unreadable "0501" "a file cannot be read";
    Unwritable "0502" "a file cannot be written";
    NoDevice "0503" "no sound device";
    // 06: the command
    NeedsPython "0601" "this command needs Python";
    NoSuchCode "0602" "no such error code";
    UnknownFile "0603" "a file of an unknown kind";
    // 07: instrument libraries
    NotALibrary "0701" "not an instrument library";
    LibraryVersion "0702" "an instrument library of another version";
    Damaged "0703" "part of an instrument library is damaged";
    NoInstrument "0704" "no instrument of that name";
    NameTaken "0705" "two instruments of one name";
    InstrumentName "0706" "not a name for an instrument";
    // 08: patterns
    NotationSyntax "0801" "text that is not a pattern";
    PatternArgument "0802" "an argument that no pattern can have";
    PatternTime "0803" "a time of a pattern is too fine or too far";
    PatternSize "0804" "a pattern is too large";
}

impl Code {
    /// The code of an id such as `KR0107` (any case, with or without the letters).
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        let id = id.trim();
        let is = |code: &Self| code.id().eq_ignore_ascii_case(id) || &code.id()[2..] == id;
        Self::ALL.iter().copied().find(is)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_found() {
        for &code in Code::ALL {
            assert_eq!(Code::find(code.id()), Some(code));
            assert!(code.page().contains(code.id()), "the page of {code} names it");
        }
        assert_eq!(Code::find("kr0107"), Some(Code::ControlRange));
        assert_eq!(Code::find("0107"), Some(Code::ControlRange));
        assert_eq!(["107", "kkrr0107", "r0107", ""].map(Code::find), [None; 4]);
    }
}
