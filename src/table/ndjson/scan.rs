//! One line of JSON, read strictly (RFC 8259), of which only what is asked for is kept.
//!
//! In: a text, [`Paths`] of what is wanted. Out: for each wanted path a [`Found`], or why the text is no JSON object.
//! Must not know: types of columns, files. Start at [`scan`].
//!
//! Numbers stay as they are written. A key that stands twice in one object is a fault, whoever wants it.

use hashbrown::{HashMap, HashSet};
use std::borrow::Cow;

/// Lists and objects within one another at most.
const DEPTH: usize = 64;

/// What is wanted of an object: keys, and keys within the objects that they hold.
#[derive(Debug, Default)]
pub struct Paths {
    keys: HashMap<String, Wanted>,
}

#[derive(Debug, Default)]
struct Wanted {
    /// Numbers of the paths that end here.
    ends: Vec<usize>,
    within: Paths,
}

impl Paths {
    /// Paths with their numbers as their places. A path stands for the key of its name, and, where it has points, for
    /// a key within the object that another key holds.
    pub fn new<'p>(paths: impl Iterator<Item = &'p str>) -> Paths {
        let mut root = Paths::default();
        for (number, path) in paths.enumerate() {
            root.keys.entry(path.to_owned()).or_default().ends.push(number);
            if path.contains('.') {
                root.insert(path, number);
            }
        }
        root
    }

    fn insert(&mut self, path: &str, number: usize) {
        match path.split_once('.') {
            None => self.keys.entry(path.to_owned()).or_default().ends.push(number),
            Some((key, rest)) => self.keys.entry(key.to_owned()).or_default().within.insert(rest, number),
        }
    }

    /// All paths from here on down.
    fn all(&self, numbers: &mut Vec<usize>) {
        for wanted in self.keys.values() {
            numbers.extend(&wanted.ends);
            wanted.within.all(numbers);
        }
    }
}

/// What stands at a path.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Found<'t> {
    /// Nothing: the key is not there.
    #[default]
    Absent,
    /// `null`.
    Null,
    /// A text.
    Text(Cow<'t, str>),
    /// A number as it is written.
    Number(&'t str),
    /// `true` or `false`.
    Bool(bool),
    /// An object, as it is written.
    Object(&'t str),
    /// A list, as it is written.
    List(&'t str),
    /// Something on the way that is no object.
    NoObject,
    /// Two things: a key with points in its name, and a key within an object.
    Twice,
}

/// Why a line is no row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is no JSON object; why, as a clause.
    Broken(String),
    /// A key stands twice in one object.
    Repeated(String),
}

/// Reads the one object of a line. `found` gets what stands at each path; `other` is told of each key of the object
/// that no path begins with.
///
/// # Errors
/// [`Fault`].
pub fn scan<'t>(
    text: &'t str,
    paths: &Paths,
    found: &mut [Found<'t>],
    other: &mut dyn FnMut(&str),
) -> Result<(), Fault> {
    found.fill(Found::Absent);
    let mut scanner = Scanner { text, at: 0, found, other };
    scanner.blanks();
    match scanner.peek() {
        Some(b'{') => scanner.object(Some(paths), 0)?,
        _ => return Err(scanner.broken("an object, `{`, is expected")),
    }
    scanner.blanks();
    match scanner.peek() {
        None => Ok(()),
        Some(_) => Err(scanner.broken("text behind the object")),
    }
}

struct Scanner<'t, 'f> {
    text: &'t str,
    at: usize,
    found: &'f mut [Found<'t>],
    other: &'f mut dyn FnMut(&str),
}

impl<'t> Scanner<'t, '_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    fn broken(&self, what: &str) -> Fault {
        let character = self.text.get(..self.at).map_or(0, |before| before.chars().count()) + 1;
        let end = if self.at >= self.text.len() { ", but the line ends" } else { "" };
        Fault::Broken(format!("not a JSON object: {what}{end} (character {character})"))
    }

    fn need(&mut self, byte: u8, what: &str) -> Result<(), Fault> {
        self.blanks();
        if self.peek() != Some(byte) {
            return Err(self.broken(what));
        }
        self.at += 1;
        Ok(())
    }

    /// Whether another member follows, behind one that was read.
    fn goes_on(&mut self, end: u8, what: &str) -> Result<bool, Fault> {
        self.blanks();
        let next = self.peek();
        match next {
            Some(b',') => self.at += 1,
            Some(byte) if byte == end => self.at += 1,
            _ => return Err(self.broken(what)),
        }
        Ok(next == Some(b','))
    }

    /// An object; what is wanted of it goes to `found`.
    fn object(&mut self, wanted: Option<&Paths>, depth: usize) -> Result<(), Fault> {
        self.open(depth)?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        let mut seen = Seen::default();
        loop {
            self.blanks();
            if self.peek() != Some(b'"') {
                return Err(self.broken("a key in quotes is expected"));
            }
            let key = self.string()?;
            self.need(b':', "`:` is expected behind a key")?;
            let of_key = wanted.and_then(|paths| paths.keys.get(key.as_ref()));
            if depth == 0 && of_key.is_none() {
                (self.other)(&key);
            }
            if !seen.insert(key.clone()) {
                return Err(Fault::Repeated(key.into_owned()));
            }
            self.blanks();
            self.member(of_key, depth)?;
            if !self.goes_on(b'}', "`,` or `}` is expected")? {
                return Ok(());
            }
        }
    }

    /// Steps over a bracket, not too deep.
    fn open(&mut self, depth: usize) -> Result<(), Fault> {
        if depth >= DEPTH {
            return Err(self.broken(&format!("more than {DEPTH} lists and objects within one another")));
        }
        self.at += 1;
        self.blanks();
        Ok(())
    }

    fn member(&mut self, wanted: Option<&Wanted>, depth: usize) -> Result<(), Fault> {
        let Some(wanted) = wanted else { return self.value(None, depth).map(|_| ()) };
        let is_object = self.peek() == Some(b'{');
        let found = self.value(Some(&wanted.within), depth)?;
        for number in &wanted.ends {
            self.put(*number, found.clone());
        }
        if !is_object && !wanted.within.keys.is_empty() {
            let mut numbers = Vec::new();
            wanted.within.all(&mut numbers);
            let blocked = if found == Found::Null { Found::Null } else { Found::NoObject };
            numbers.into_iter().for_each(|number| self.put(number, blocked.clone()));
        }
        Ok(())
    }

    fn put(&mut self, number: usize, found: Found<'t>) {
        if let Some(slot) = self.found.get_mut(number) {
            *slot = if *slot == Found::Absent { found } else { Found::Twice };
        }
    }

    fn value(&mut self, within: Option<&Paths>, depth: usize) -> Result<Found<'t>, Fault> {
        let start = self.at;
        match self.peek() {
            Some(b'"') => self.string().map(Found::Text),
            Some(b'{') => self.object(within, depth + 1).map(|()| Found::Object(self.since(start))),
            Some(b'[') => self.list(depth + 1).map(|()| Found::List(self.since(start))),
            Some(b'-' | b'0'..=b'9') => self.number().map(Found::Number),
            Some(b't') => self.word("true").map(|()| Found::Bool(true)),
            Some(b'f') => self.word("false").map(|()| Found::Bool(false)),
            Some(b'n') => self.word("null").map(|()| Found::Null),
            _ => Err(self.broken("a value is expected")),
        }
    }

    fn since(&self, start: usize) -> &'t str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn list(&mut self, depth: usize) -> Result<(), Fault> {
        self.open(depth)?;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.blanks();
            self.value(None, depth)?;
            if !self.goes_on(b']', "`,` or `]` is expected")? {
                return Ok(());
            }
        }
    }

    fn word(&mut self, word: &str) -> Result<(), Fault> {
        let rest = self.text.get(self.at..).unwrap_or("");
        if !rest.starts_with(word) {
            return Err(self.broken("a value is expected"));
        }
        self.at += word.len();
        Ok(())
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<&'t str, Fault> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        let zero = self.peek() == Some(b'0');
        let digits = self.digits();
        if digits == 0 || (zero && digits > 1) {
            return Err(self.broken("a number has a digit in front, and no zero before others"));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.broken("a digit is expected behind the point"));
            }
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.broken("a digit is expected in the exponent"));
            }
        }
        Ok(self.text.get(start..self.at).unwrap_or(""))
    }

    /// A text in quotes, at the first of them.
    fn string(&mut self) -> Result<Cow<'t, str>, Fault> {
        self.at += 1;
        let mut start = self.at;
        let mut decoded: Option<String> = None;
        loop {
            match self.peek() {
                None => return Err(self.broken("a text is not closed")),
                Some(b'"') => {
                    let part = self.text.get(start..self.at).unwrap_or("");
                    self.at += 1;
                    return Ok(match decoded {
                        None => Cow::Borrowed(part),
                        Some(text) => Cow::Owned(text + part),
                    });
                }
                Some(b'\\') => {
                    let decoded = decoded.get_or_insert_default();
                    decoded.push_str(self.text.get(start..self.at).unwrap_or(""));
                    self.at += 1;
                    decoded.push(self.escaped()?);
                    start = self.at;
                }
                Some(0..=0x1f) => return Err(self.broken("a control character in a text must be escaped")),
                Some(_) => self.at += 1,
            }
        }
    }

    /// The character of an escape, behind its backslash.
    fn escaped(&mut self) -> Result<char, Fault> {
        let byte = self.peek();
        self.at += 1;
        Ok(match byte {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let first = self.hex()?;
                let high = (0xd800..0xdc00).contains(&first);
                let code = match high && self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u")) {
                    false => first,
                    true => {
                        self.at += 2;
                        let second = self.hex()?;
                        // Anything but a low half gives no character below.
                        let low = second.wrapping_sub(0xdc00);
                        if low < 0x400 { 0x10000 + ((first - 0xd800) << 10) + low } else { first }
                    }
                };
                char::from_u32(code).ok_or_else(|| self.broken("half a character (a lone surrogate) in a text"))?
            }
            _ => {
                self.at -= 1;
                return Err(self.broken("an unknown escape in a text"));
            }
        })
    }

    fn hex(&mut self) -> Result<u32, Fault> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let code = code.ok_or_else(|| self.broken("four hexadecimal digits are expected behind `\\u`"))?;
        self.at += 4;
        Ok(code)
    }
}

/// Keys of one object; objects are small, but for hostile ones.
#[derive(Default)]
struct Seen<'k> {
    few: Vec<Cow<'k, str>>,
    many: HashSet<Cow<'k, str>>,
}

impl<'k> Seen<'k> {
    const FEW: usize = 24;

    /// Whether it is new.
    fn insert(&mut self, key: Cow<'k, str>) -> bool {
        if self.few.len() < Seen::FEW {
            let is_new = !self.few.contains(&key);
            self.few.push(key);
            return is_new;
        }
        if self.many.is_empty() {
            self.many.extend(self.few.iter().cloned());
        }
        self.many.insert(key)
    }
}
