//! Texts.

use super::super::tree::{Part, Tree, What, tree};
use super::Generator;
use super::literals::quoted;
use crate::rules::types::Kind;

const TEXT: What = What::Value(Kind::Text, false);

impl Generator {
    fn texts(&mut self, depth: usize) -> Tree {
        self.value(&Kind::Text, depth)
    }

    pub(super) fn text(&mut self, depth: usize) -> Tree {
        let d = depth;
        match self.random.below(20) {
            0..=3 => tree!(TEXT; "(", self.texts(d), " + ", self.texts(d), ")"),
            4..=7 => self.interpolated(d),
            8 | 9 => {
                let kind = self.kind();
                let arg = self.value(&kind, d);
                self.apply(TEXT, "to_text", vec![arg])
            }
            10..=13 => {
                let name = *self.random.pick(&["lower", "upper", "trim"]);
                let arg = self.texts(d);
                self.apply(TEXT, name, vec![arg])
            }
            14 | 15 => {
                let from = if self.risky() { self.texts(d) } else { self.part() };
                let args = vec![self.texts(d), from, self.texts(d.min(1))];
                self.apply(TEXT, "replace", args)
            }
            16 => {
                let separator = if self.risky() { self.texts(d) } else { self.part() };
                let at = if self.risky() { "1" } else { *self.random.pick(&["0", "-1"]) };
                tree!(TEXT; "split(", self.texts(d), ", ", separator, format!(")[{at}]"))
            }
            _ => self.leaf(&Kind::Text),
        }
    }

    /// A text that is not empty.
    pub(super) fn part(&mut self) -> Tree {
        let text = *self.random.pick(&["a", "-", "战略", "e", "retail", " ", "same", "E"]);
        tree!(TEXT; quoted(text))
    }

    fn interpolated(&mut self, depth: usize) -> Tree {
        let mut parts: Vec<Part> = vec!["`".into()];
        for _ in 0..self.random.between(1, 3) {
            parts.push(Part::Text((*self.random.pick(&["", " ", "客户", "n = ", "\""])).to_owned()));
            let kind = self.kind();
            let value = self.value(&kind, depth);
            parts.push("${".into());
            parts.push(Self::bare(value).into());
            parts.push("}".into());
        }
        parts.push("`".into());
        Tree::new(TEXT, parts)
    }
}
