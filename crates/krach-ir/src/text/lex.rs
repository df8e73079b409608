//! Tokens of the text form.

use krach_diag::Span;

/// Words with a meaning of their own, besides the names of functions.
macro_rules! words {
    ($($name:ident $text:literal;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Word { $($name,)* }

        impl Word {
            #[cfg(test)]
            pub const ALL: &'static [Word] = &[$(Word::$name,)*];

            pub fn text(self) -> &'static str {
                match self { $(Word::$name => $text,)* }
            }

            pub fn find(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Word::$name),)*
                    _ => None,
                }
            }
        }
    };
}

words! {
    Program "program";
    Input "input";
    Output "output";
    Meter "meter";
    Control "control";
    Slider "slider";
    Number "number";
    Button "button";
    Checkbox "checkbox";
    Init "init";
    Range "range";
    Step "step";
    Face "face";
    Declare "declare";
    Voices "voices";
    Effect "effect";
    Table "table";
    Sound "sound";
    Register "register";
    Noise "noise";
    Ordinal "ordinal";
    Line "line";
    Max "max";
    Ram "ram";
    Write "write";
    If "if";
    Keys "keys";
    Int "int";
    Real "real";
    SampleRate "sample_rate";
    Read "read";
    Tap "tap";
    Lookup "lookup";
    Recall "recall";
    Argument "argument";
    Name "name";
    At "at";
    In "in";
    Call "call";
    Arguments "arguments";
    Statics "statics";
    Results "results";
    Credit "credit";
    Function "function";
    File "file";
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'s> {
    /// Letters, digits and `_`, starting with a letter: a keyword, a function, an id such as `r0`.
    Word(&'s str),
    /// `%7`
    Sig(u32),
    Int(i64),
    Real(f64),
    Text(String),
    /// One of `= { } [ ] :` or `<-`.
    Mark(&'static str),
    End,
    /// What none of these begins with.
    Bad,
}

const MARKS: [&str; 7] = ["<-", "=", "{", "}", "[", "]", ":"];

pub(super) struct Lexer<'s> {
    text: &'s str,
    at: usize,
}

impl<'s> Lexer<'s> {
    pub fn new(text: &'s str) -> Self {
        Self { text, at: 0 }
    }

    /// The next token and where it stands.
    pub fn next(&mut self) -> (Token<'s>, Span) {
        self.skip_blank();
        let start = self.at;
        let rest = &self.text[start..];
        let token = match rest.chars().next() {
            None => Token::End,
            Some('"') => self.string(),
            Some('%') => {
                self.at += 1;
                self.take(|c| c.is_ascii_digit()).parse().map_or(Token::Bad, Token::Sig)
            }
            Some(c) if c.is_ascii_alphabetic() => {
                match self.take(|c| c.is_ascii_alphanumeric() || c == '_') {
                    "inf" => Token::Real(f64::INFINITY),
                    "NaN" => Token::Real(f64::NAN),
                    word => Token::Word(word),
                }
            }
            Some(c) if c.is_ascii_digit() || c == '-' => self.number(),
            Some(c) => match MARKS.iter().find(|mark| rest.starts_with(**mark)) {
                Some(mark) => {
                    self.at += mark.len();
                    Token::Mark(mark)
                }
                None => {
                    self.at += c.len_utf8();
                    Token::Bad
                }
            },
        };
        (token, Span::new(start, self.at))
    }

    /// White space, and comments from `#` to the end of the line.
    fn skip_blank(&mut self) {
        loop {
            self.take(char::is_whitespace);
            if !self.text[self.at..].starts_with('#') {
                return;
            }
            self.take(|c| c != '\n');
        }
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'s str {
        let rest = &self.text[self.at..];
        let taken = &rest[..rest.find(|c| !wanted(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    fn number(&mut self) -> Token<'s> {
        let start = self.at;
        // Only a note about a call can be infinite; validation refuses it elsewhere.
        if self.text[start..].starts_with("-inf") {
            self.at += 4;
            return Token::Real(f64::NEG_INFINITY);
        }
        self.at += usize::from(self.text[start..].starts_with('-'));
        self.take(|c| c.is_ascii_digit());
        if self.text[self.at..].starts_with('.') {
            self.at += 1;
            self.take(|c| c.is_ascii_digit());
        }
        if self.text[self.at..].starts_with('e') {
            self.at += 1;
            self.at += usize::from(self.text[self.at..].starts_with(['-', '+']));
            self.take(|c| c.is_ascii_digit());
        }
        let number = &self.text[start..self.at];
        if number.contains(['.', 'e']) {
            number.parse().map_or(Token::Bad, Token::Real)
        } else {
            number.parse().map_or(Token::Bad, Token::Int)
        }
    }

    /// As Rust writes strings: in quotes, with `\"`, `\\`, `\n`, `\u{…}` and the like.
    fn string(&mut self) -> Token<'s> {
        let mut text = String::new();
        let mut chars = self.text[self.at + 1..].char_indices();
        while let Some((offset, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += 1 + offset + 1;
                    return Token::Text(text);
                }
                '\n' => break,
                '\\' => match escape(&mut chars) {
                    Some(c) => text.push(c),
                    None => break,
                },
                c => text.push(c),
            }
        }
        self.take(|c| c != '\n');
        Token::Bad
    }
}

fn escape(chars: &mut std::str::CharIndices<'_>) -> Option<char> {
    let simple = match chars.next()?.1 {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '0' => '\0',
        c @ ('"' | '\'' | '\\') => c,
        'u' => {
            let rest = chars.as_str().strip_prefix('{')?;
            let digits = &rest[..rest.find('}').filter(|&end| end <= 6)?];
            // Past the digits and both braces.
            chars.nth(digits.chars().count() + 1)?;
            return char::from_u32(u32::from_str_radix(digits, 16).ok()?);
        }
        _ => return None,
    };
    Some(simple)
}
