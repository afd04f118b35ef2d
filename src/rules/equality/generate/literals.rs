//! Literals of every type, extremes among them.

use super::super::tree::{Tree, What, tree};
use super::Generator;
use crate::rules::types::Kind;

const WORDS: [&str; 12] =
    ["retail", "软件", "East", "West", "华东", "a", "retail chain", "战略客户", "", " ", "the same beginni", "general"];

const DATES: [&str; 9] = [
    "2017-04-01",
    "2016-02-29",
    "2017-02-28",
    "2016-12-31",
    "2000-02-29",
    "1970-01-01",
    "2017-01-31",
    "0001-01-01",
    "9999-12-31",
];

const FLOATS: [f64; 14] = [0.0, -0.0, 0.5, 1.5, 2.5, -0.5, -2.5, 0.1, 0.2, 0.7, 1.0, 100.0, 3.0, 1e-3];

const HUGE: [f64; 6] = [1e308, -1e308, f64::MAX, 5e-324, 1e15, 4503599627370497.5];

/// A text as Rhai writes it.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Generator {
    pub(super) fn word(&mut self) -> String {
        (*self.random.pick(&WORDS)).to_owned()
    }

    pub(super) fn small(&mut self) -> i64 {
        self.random.between(-3, 12)
    }

    /// A literal; `()` has none, and a datetime neither.
    pub(super) fn literal(&mut self, kind: &Kind) -> Tree {
        let text = match kind {
            Kind::Int => match self.random.below(40) {
                0 if self.risk > 0 => {
                    let extreme = *self.random.pick(&[i64::MAX, i64::MIN, i64::MIN + 1, 1 << 53]);
                    extreme.to_string()
                }
                2 => "1_000".to_owned(),
                _ => self.small().to_string(),
            },
            Kind::Float => match self.random.below(40) {
                0 if self.risk > 0 => format!("{:?}", self.random.pick(&HUGE)),
                1..=20 => format!("{:?}", self.random.pick(&FLOATS)),
                _ => format!("{:?}", self.random.between(-200, 2_000) as f64 / 100.0),
            },
            Kind::Text => quoted(&self.word()),
            Kind::Bool => self.random.chance(50).to_string(),
            _ => format!("date(\"{}\")", self.random.pick(&DATES)),
        };
        let what = What::Value(kind.clone(), false);
        if text.starts_with('-') { tree!(what; "(", text, ")") } else { tree!(what; text) }
    }

    /// A literal without parentheses, as cases of a `switch` are written.
    pub(super) fn plain_literal(&mut self, kind: &Kind) -> String {
        let text = self.literal(kind).text();
        text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).unwrap_or(&text).to_owned()
    }
}
