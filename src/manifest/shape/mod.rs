//! The shapes of the project's YAML files: which keys each map has, what they hold, and what they mean.
//!
//! In: nothing; these are tables. Out: [`Shape`]s, from which [`super::field::Fields`] knows the keys of a map and
//! [`super::schema`] makes the JSON Schemas that editors read. Must not know: YAML, JSON, values that were read.
//!
//! A key stands here and nowhere else, so that no reader takes one that the schema lacks. What a reader asks of a value
//! (an int from 1 to 50, one of three words) is held against the key's [`Is`] in tests; see [`super::held`].
//!
//! Start at [`project::PROJECT`], [`table::TABLE`], [`parameters::FILE`], [`cases::FILE`].

pub mod cases;
pub mod column;
pub mod network;
pub mod parameters;
pub mod planning;
pub mod project;
pub mod source;
pub mod table;

/// A map with known keys.
#[derive(Debug)]
pub struct Shape {
    /// Its keys, in the order in which messages list them.
    pub keys: &'static [Key],
    /// What holds between them.
    pub bonds: &'static [Bond],
}

/// One key of a map.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub is: Is,
    /// Whether it must be there.
    pub needed: bool,
    /// What holds without it, as JSON.
    pub default: Option<&'static str>,
    /// What it means, in one sentence.
    pub about: &'static str,
}

/// What holds between keys of one map.
#[derive(Clone, Copy, Debug)]
pub enum Bond {
    /// One of these stands there, and no other of them.
    One(&'static [&'static str]),
    /// At most one of these stands there.
    NotBoth(&'static str, &'static str),
    /// Where the first stands, the second does too.
    Needs(&'static str, &'static str),
    /// It must be there in some cases, which an [`Is::First`] tells apart.
    Sometimes(&'static str),
}

/// What a value is.
#[derive(Clone, Copy, Debug)]
pub enum Is {
    /// Anything; whoever reads it decides.
    Open,
    /// A text as it is written, of any scalar.
    Text,
    /// The same, and `null` is a text too: what stands in data, as in `missing: [NULL]`.
    Token,
    /// A text that matches a regular expression of what JavaScript, Python and Rust have in common.
    Like(&'static str),
    /// One of these texts.
    Words(&'static [&'static str]),
    /// The type of a column.
    Type,
    /// The name of an encoding.
    Encoding,
    /// An int from the first to the second.
    Int(i64, i64),
    /// A number.
    Number,
    /// A number from 0 on.
    Amount,
    /// A number from 0 to 1.
    Share,
    /// `true` or `false`.
    Bool,
    /// `true`.
    True,
    /// Nothing, or `null`.
    Null,
    /// A day.
    Date,
    /// A number, a text, a bool: what a parameter may be.
    Scalar,
    /// A map with these keys.
    Map(&'static Shape),
    /// A map with some keys of a shape, of which some must be there.
    Part(&'static Shape, &'static [&'static str], &'static [&'static str]),
    /// A map with names as keys, and how many there are at least; the names match a regular expression.
    Names(&'static str, &'static Is, usize),
    /// A map with one name.
    OneName(&'static Is),
    /// A map with the keys of a shape and names of parameters beside them.
    MapAndNames(&'static Shape, &'static Is),
    /// A list, and how many items it has at least.
    List(&'static Is, usize),
    /// A list of two.
    Two(&'static Is),
    /// A list, or its only item alone.
    OneOrMore(&'static Is, usize),
    /// A rule: its value alone, or the long form `{ is: …, severity: … }` of this shape.
    Rule(&'static Is, &'static Shape),
    /// The same, where the value in the long form may be something else, too.
    LongRule(&'static Is, &'static Is, &'static Shape),
    /// One of these.
    Any(&'static [Is]),
    /// What the first case says that holds, or the last.
    First(&'static [(When, Is)], &'static Is),
    /// A parameter, which may be a group of further ones.
    Parameter,
}

/// When a case holds.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// The value is no map and no list.
    Scalar,
    /// The value is a list.
    List,
    /// The map has this key.
    Has(&'static str),
    /// The value of this key is this word.
    Word(&'static str, &'static str),
    /// No format is named, and the text of this key, or of the first item of its list, matches a regular expression.
    Like(&'static str, &'static str),
    /// The value of this key is a map.
    Map(&'static str),
}

/// A key that may be there.
const fn key(name: &'static str, is: Is, about: &'static str) -> Key {
    Key { name, is, needed: false, default: None, about }
}

/// A key that must be there.
const fn need(name: &'static str, is: Is, about: &'static str) -> Key {
    Key { name, is, needed: true, default: None, about }
}

impl Key {
    /// The same with what holds without it.
    const fn or(self, default: &'static str) -> Key {
        Key { default: Some(default), ..self }
    }
}

impl Shape {
    const fn of(keys: &'static [Key]) -> Shape {
        Shape { keys, bonds: &[] }
    }

    const fn bound(keys: &'static [Key], bonds: &'static [Bond]) -> Shape {
        Shape { keys, bonds }
    }

    /// The names of its keys.
    pub fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|key| key.name).collect()
    }

    /// The key of a name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

impl Is {
    /// Itself and what it may be instead.
    pub fn choices(self) -> Vec<Is> {
        match self {
            Is::Any(all) => all.iter().flat_map(|is| is.choices()).collect(),
            Is::First(cases, last) => cases.iter().map(|(_, is)| *is).chain([*last]).flat_map(Is::choices).collect(),
            Is::OneOrMore(of, least) => [Is::List(of, least)].into_iter().chain(of.choices()).collect(),
            Is::Rule(is, long) | Is::LongRule(is, _, long) => is.choices().into_iter().chain([Is::Map(long)]).collect(),
            other => vec![other],
        }
    }

    /// What an item of a list of these is; the value itself where it is none.
    pub fn item(self) -> Is {
        let of_list = |is: &Is| match is {
            Is::List(of, _) | Is::Two(of) => Some(**of),
            _ => None,
        };
        self.choices().iter().find_map(of_list).unwrap_or(self)
    }

    /// What the value of a name is.
    pub fn named(self) -> Is {
        let of_map = |is: &Is| match is {
            Is::Names(_, of, _) | Is::OneName(of) | Is::MapAndNames(_, of) => Some(**of),
            _ => None,
        };
        self.choices().iter().find_map(of_map).unwrap_or(Is::Open)
    }
}

/// A text without control characters and without blanks at its ends.
pub const NAME: &str =
    r"^[^\s\u0000-\u001f\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f])?$";
/// A name that rules can write: of what is no letter, the signs and blanks of ASCII are told.
pub const IDENTIFIER: &str = r"^[^\s\u0000-@\[-^`{-\u00a9]([^\s\u0000-/:-@\[-^`{-\u00a9])*$";
/// The name of a file or folder.
pub const FILE_NAME: &str = concat!(
    r#"^[^\s./\\:*?"<>|\u0000-\u001f\u007f-\u009f]"#,
    r#"([^/\\:*?"<>|\u0000-\u001f\u007f-\u009f]*[^\s/\\:*?"<>|\u0000-\u001f\u007f-\u009f])?$"#
);
const A_NAME: Is = Is::Like(NAME);
const AN_IDENTIFIER: Is = Is::Like(IDENTIFIER);
const NAMES: Is = Is::OneOrMore(&Is::Text, 1);

/// What happens to rows that break a rule.
const SEVERITY: &str = "What happens where it does not hold.";

/// The long form of a rule about rows.
pub static ROW_RULE: Shape = Shape::of(&[
    need("is", Is::Open, "What must hold."),
    key("severity", Is::Words(&["warn", "quarantine", "fail"]), SEVERITY),
]);

/// The long form of a rule about a table.
pub static TABLE_RULE: Shape =
    Shape::of(&[need("is", Is::Open, "What must hold."), key("severity", Is::Words(&["warn", "fail"]), SEVERITY)]);
