//! The stable codes: one row each, and a page each in `docs/errors/`.

use std::fmt;

/// The kinds of error that a caller may want to tell apart. Python has one exception class for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A value of the right type that cannot be used: out of range, not finite, unknown.
    Value,
    /// A value of the wrong type.
    Type,
    /// A call in a place where it has no meaning.
    Use,
    /// A text of krach's own that cannot be read.
    Syntax,
    /// A text that is not Faust.
    FaustSyntax,
    /// Faust that can be read but has no meaning.
    Faust,
    /// A name that a library does not have.
    Name,
    /// A name that no node has.
    Node,
    /// All others.
    Other,
}

impl ErrorKind {
    pub const ALL: [Self; 9] = [
        Self::Value,
        Self::Type,
        Self::Use,
        Self::Syntax,
        Self::FaustSyntax,
        Self::Faust,
        Self::Name,
        Self::Node,
        Self::Other,
    ];
}

macro_rules! codes {
    ($($name:ident $number:literal $kind:ident $title:literal;)*) => {
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

            /// The kind of error that it is.
            #[must_use]
            pub fn kind(self) -> ErrorKind {
                match self { $(Code::$name => ErrorKind::$kind,)* }
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
    OutsideFunction "0101" Use "krs used outside a DSP function";
    TruthValue "0102" Type "a Signal has no truth value";
    NotFinite "0103" Value "a constant is not a finite number";
    NotASignal "0104" Type "neither a Signal nor a number";
    BadReturn "0105" Type "a DSP function must return Signals";
    LeakedSignal "0106" Use "a Signal of another DSP function";
    ControlRange "0107" Value "a control's range does not hold its start";
    ControlConflict "0108" Value "one control name, two meanings";
    ControlName "0109" Value "not a control name";
    DelayUnbounded "0110" Value "no bound for a delay is provable";
    DelayNegative "0111" Value "a delay is negative";
    FeedbackBody "0112" Type "a feedback body returns one Signal or a pair";
    ArgumentRange "0113" Value "an argument is out of range";
    Signature "0114" Type "parameters that cannot become inputs";
    Raised "0115" Other "the user's function raised an exception";
    TableContents "0116" Value "a table's contents cannot be used";
    PythonFile "0117" Other "a Python file cannot be loaded";
    NoSuchFunction "0118" Value "no DSP function of that name";
    Conversion "0119" Type "a Signal is not one number";
    Unused "0120" Other "a parameter is not used";
    // 02: the Program
    ProgramSyntax "0201" Syntax "text that is not a program";
    InvalidProgram "0202" Other "a program breaks a rule of the IR";
    // 03: Faust
    FaustSyntax "0301" FaustSyntax "text that is not Faust";
    FaustUndefined "0302" Faust "a name that is not defined";
    FaustDuplicate "0303" Faust "a name that is defined twice";
    FaustArity "0304" Faust "inputs and outputs that do not fit";
    FaustArguments "0305" Faust "too many arguments";
    FaustNoRule "0306" Faust "no rule matches";
    FaustNumber "0307" Faust "a number must be known while compiling";
    FaustEndless "0308" Faust "a recursion without end";
    FaustFile "0309" Faust "a Faust file is not found";
    FaustWidget "0310" Faust "a widget's range does not hold its start";
    FaustDelay "0311" Faust "a delay without bound or before now";
    FaustTable "0312" Faust "a table that cannot be filled";
    FaustMaths "0313" Faust "a constant outside a function's domain";
    FaustForeign "0314" Faust "a foreign function that is not known";
    FaustEnvironment "0315" Faust "not an environment";
    FaustSize "0316" Faust "a Faust program is too large";
    FaustProcess "0317" Faust "no process, or one without outputs";
    FaustSound "0318" Faust "a part that no sound file has";
    FaustUnused "0319" Faust "a rule or a target that is never used";
    // 04: compiling and rendering
    TooLarge "0401" Value "a program is too large";
    StateTooLarge "0402" Value "delay lines and tables need too much memory";
    SampleRate "0403" Value "a sample rate that is not supported";
    NoSuchControl "0404" Value "no control of that name";
    ControlValue "0405" Value "a control value is not a finite number";
    BadEvent "0406" Value "an event or a note that cannot be played";
    BadInput "0407" Value "audio input of the wrong shape";
    Duration "0408" Value "a duration that cannot be rendered";
    Compiler "0409" Other "the code generator refused";
    NotANumber "0410" Other "a sample is not a finite number";
    NoMeter "0411" Use "a sound without meters";
    MissingSound "0412" Use "the contents of a sound are missing";
    NoThread "0413" Other "the system gives no thread";
    // 05: files and devices
    Unreadable "0501" Other "a file cannot be read";
    Unwritable "0502" Other "a file cannot be written";
    NoDevice "0503" Other "no sound device";
    NoPage "0504" Other "the page of a session cannot be shown";
    // 06: the command
    NeedsPython "0601" Other "this command needs Python";
    NoSuchCode "0602" Other "no such error code";
    UnknownFile "0603" Other "a file of an unknown kind";
    // 07: instrument libraries
    NotALibrary "0701" Other "not an instrument library";
    LibraryVersion "0702" Other "an instrument library of another version";
    Damaged "0703" Other "part of an instrument library is damaged";
    NoInstrument "0704" Name "no instrument of that name";
    NameTaken "0705" Other "two instruments of one name";
    InstrumentName "0706" Other "not a name for an instrument";
    // 08: patterns
    NotationSyntax "0801" Syntax "text that is not a pattern";
    PatternArgument "0802" Value "an argument that no pattern can have";
    PatternTime "0803" Value "a time of a pattern is too fine or too far";
    PatternSize "0804" Value "a pattern is too large";
    PatternType "0805" Type "not a pattern, or not a value for one";
    // 09: nodes and the mixer
    NoSuchNode "0901" Node "no node of that name";
    NodeName "0902" Value "not a name for a node";
    Routing "0903" Value "sound that cannot go there";
    Level "0904" Value "a level, tempo or time out of range";
    NoScene "0905" Value "no scene of that name";
    NoRoute "0906" Value "no route between two nodes";
    Edit "0907" Use "a batch that is not open, or still is";
    NoCopy "0908" Use "the sound could not be copied";
    MixerType "0909" Type "not a value for the mixer";
    NotAModule "0910" Value "not a module";
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
