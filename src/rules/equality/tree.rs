//! A rule text as a tree of its parts, so that it can be made smaller without knowledge of the grammar.
//!
//! In: texts and smaller trees. Out: the whole text. Must not know: what the language means.

use crate::rules::types::Kind;

/// What a part of a text is to whoever makes it smaller.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// An expression of this kind, which may be missing or not.
    Value(Kind, bool),
    /// A statement, an arm, a link of a chain: the text holds without it.
    Loose,
    /// Anything else.
    Fixed,
}

/// A part of a text.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) what: What,
    pub(super) parts: Vec<Part>,
}

/// A text, or a smaller tree.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Text(String),
    Tree(Tree),
}

impl From<&str> for Part {
    fn from(text: &str) -> Part {
        Part::Text(text.to_owned())
    }
}

impl From<String> for Part {
    fn from(text: String) -> Part {
        Part::Text(text)
    }
}

impl From<Tree> for Part {
    fn from(tree: Tree) -> Part {
        Part::Tree(tree)
    }
}

/// A tree from what it is and its parts.
macro_rules! tree {
    ($what:expr; $($part:expr),* $(,)?) => {
        $crate::rules::equality::tree::Tree {
            what: $what,
            parts: vec![$($crate::rules::equality::tree::Part::from($part)),*],
        }
    };
}
pub(super) use tree;

impl Tree {
    pub(super) fn new(what: What, parts: Vec<Part>) -> Tree {
        Tree { what, parts }
    }

    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Tree(tree) => tree.write(out),
            }
        }
    }

    /// The same text as another thing.
    pub(super) fn named(mut self, what: What) -> Tree {
        self.what = what;
        self
    }

    /// How deep expressions stand in expressions.
    pub(super) fn depth(&self) -> usize {
        let below = self.trees().map(Tree::depth).max().unwrap_or(0);
        below + usize::from(matches!(self.what, What::Value(..)))
    }

    pub(super) fn trees(&self) -> impl Iterator<Item = &Tree> {
        self.parts.iter().filter_map(|p| match p {
            Part::Tree(tree) => Some(tree),
            Part::Text(_) => None,
        })
    }
}
