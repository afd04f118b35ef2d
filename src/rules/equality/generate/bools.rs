//! Conditions, with what they make known.

use super::super::tree::{Part, Tree, What, tree};
use super::Generator;
use super::scope::{Facts, prefixes};
use crate::rules::types::{Kind, Type};

const BOOL: What = What::Value(Kind::Bool, false);

/// A condition and what holds where it is true, and false.
pub(super) struct Condition {
    pub(super) tree: Tree,
    pub(super) facts: Facts,
}

impl From<Tree> for Condition {
    fn from(tree: Tree) -> Condition {
        Condition { tree, facts: Facts::default() }
    }
}

impl Generator {
    pub(super) fn condition(&mut self, depth: usize) -> Condition {
        self.fuel -= 1;
        if depth == 0 || self.fuel <= 0 {
            return self.comparison(0).into();
        }
        let d = depth - 1;
        match self.random.below(30) {
            0..=3 => self.and(d),
            4..=6 => self.or(d),
            7 => {
                let inner = self.condition(d);
                let facts = Facts { yes: inner.facts.no, no: inner.facts.yes };
                Condition { tree: tree!(BOOL; "(!", inner.tree, ")"), facts }
            }
            8..=10 => match self.missing_test() {
                Some(test) => test,
                None => self.comparison(d).into(),
            },
            11 => {
                // What is no path is not narrowed.
                let kind = self.kind();
                let tested = self.optional(&kind, d);
                tree!(BOOL; "is_missing({ ", tested, " })").into()
            }
            12 | 13 => self.membership(d).into(),
            14 | 15 => {
                let name = *self.random.pick(&["starts_with", "ends_with", "contains"]);
                let text = self.value(&Kind::Text, d);
                let part = if self.random.chance(70) { self.part() } else { self.value(&Kind::Text, d) };
                self.apply(BOOL, name, vec![text, part]).into()
            }
            16..=18 => self.bool_of_list(d).into(),
            19 => self.leaf(&Kind::Bool).into(),
            _ => self.comparison(d).into(),
        }
    }

    fn and(&mut self, depth: usize) -> Condition {
        let a = self.condition(depth);
        let b = self.knowing(&a.facts.yes, |g| g.condition(depth));
        let yes = [a.facts.yes, b.facts.yes].concat();
        Condition { tree: tree!(BOOL; "(", a.tree, " && ", b.tree, ")"), facts: Facts { yes, no: Vec::new() } }
    }

    fn or(&mut self, depth: usize) -> Condition {
        let a = self.condition(depth);
        let b = self.knowing(&a.facts.no, |g| g.condition(depth));
        let no = [a.facts.no, b.facts.no].concat();
        Condition { tree: tree!(BOOL; "(", a.tree, " || ", b.tree, ")"), facts: Facts { yes: Vec::new(), no } }
    }

    /// `x == ()` and its like, on a column or variable that may be missing.
    pub(super) fn missing_test(&mut self) -> Option<Condition> {
        let kind = self.kind();
        let places = self.optional_places(&kind);
        if places.is_empty() {
            return None;
        }
        let place = self.random.pick(&places).clone();
        let paths = prefixes(&place.path).into_iter().skip(1).chain([place.path.clone()]).collect();
        let x = place.text;
        let (text, there) = match self.random.below(6) {
            0 => (format!("({x} == ())"), false),
            1 => (format!("(() == {x})"), false),
            2 => (format!("is_missing({x})"), false),
            3 if !x.contains('?') => (format!("{x}.is_missing()"), false),
            4 => (format!("(!is_missing({x}))"), true),
            _ => (format!("({x} != ())"), true),
        };
        let facts = match there {
            true => Facts { yes: paths, no: Vec::new() },
            false => Facts { yes: Vec::new(), no: paths },
        };
        Some(Condition { tree: tree!(BOOL; text), facts })
    }

    fn comparison(&mut self, depth: usize) -> Tree {
        let kind = match self.kind() {
            Kind::Bool if self.random.chance(60) => Kind::Float,
            kind => kind,
        };
        let ops: &[&str] = match kind {
            Kind::Bool => &["==", "!="],
            _ => &["<", "<=", ">", ">=", "==", "!=", ">", "<"],
        };
        let op = *self.random.pick(ops);
        if kind == Kind::Float && self.random.chance(12) {
            return self.near();
        }
        // Now and then a missing value where one is needed.
        let missing = self.risk > 0 && self.random.chance(4);
        let a = if missing { self.optional(&kind, 0) } else { self.value(&kind, depth) };
        let other = match kind {
            Kind::Float if self.random.chance(20) => Kind::Int,
            Kind::Int if self.random.chance(20) => Kind::Float,
            kind => kind,
        };
        let b = self.value(&other, depth);
        tree!(BOOL; "(", a, format!(" {op} "), b, ")")
    }

    /// Floats that are near one another: exact order tells them apart.
    fn near(&mut self) -> Tree {
        let x = self.leaf(&Kind::Float).text();
        let op = *self.random.pick(&["==", "!=", "==", "<=", ">"]);
        let other = match self.random.below(4) {
            0 => format!("({x} + 0.1) - 0.1"),
            1 => format!("({x} / 3.0) * 3.0"),
            2 => format!("{x} * 0.1 * 10.0"),
            _ => format!("-(0.3 - {x}) + 0.3"),
        };
        tree!(BOOL; format!("({x} {op} ({other}))"))
    }

    fn membership(&mut self, depth: usize) -> Tree {
        let word = *self.random.pick(&[" in ", " in ", " !in "]);
        match self.random.below(5) {
            0 => tree!(BOOL; "(", self.value(&Kind::Text, depth), word, self.value(&Kind::Text, depth), ")"),
            1 => {
                let map = match self.variable_of(|v| matches!(v.ty.kind, Kind::Dict(_) | Kind::Map(_))) {
                    Some(map) if self.random.chance(60) => tree!(What::Fixed; map.name),
                    _ => self.constant_map(&Kind::Int),
                };
                tree!(BOOL; "(", self.value(&Kind::Text, depth), word, map, ")")
            }
            2 if !self.plain => {
                let kind = self.comparable();
                let list = self.list(&Type::of(kind.clone()), depth);
                tree!(BOOL; "(", self.value(&kind, depth), word, list, ")")
            }
            _ => {
                let kind = self.comparable();
                let item = self.value(&kind, depth);
                let mut parts: Vec<Part> = vec!["(".into(), item.into(), word.into(), "[".into()];
                for i in 0..self.random.between(1, 4) {
                    if i > 0 {
                        parts.push(", ".into());
                    }
                    let literal = self.literal(&kind);
                    parts.push(Self::bare(literal).into());
                }
                parts.push("])".into());
                Tree::new(BOOL, parts)
            }
        }
    }

    fn comparable(&mut self) -> Kind {
        match self.kind() {
            Kind::DateTime => Kind::Text,
            kind => kind,
        }
    }
}
