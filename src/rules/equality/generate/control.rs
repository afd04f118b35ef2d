//! `if` and `switch` as values.

use super::super::tree::{Part, Tree, What, tree};
use super::Generator;
use super::scope::prefixes;
use crate::rules::types::{Kind, Type};

/// What a `switch` over a text that is nothing but names makes known: its path and what that goes through.
fn known_by(text: &str) -> Vec<String> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '?');
    if !text.starts_with(char::is_alphabetic) || !text.chars().all(is_name) {
        return Vec::new();
    }
    let path = text.replace('?', "");
    prefixes(&path).into_iter().filter(|p| p.contains('.') || *p == path).collect()
}

impl Generator {
    /// `(if a { … } else if b { … } else { … })`
    pub(super) fn if_value(&mut self, ty: &Type, depth: usize) -> Tree {
        let mut parts: Vec<Part> = vec!["(".into()];
        let mut known = Vec::new();
        let others = self.random.weighted(&[70, 22, 8]);
        for i in 0..=others {
            let condition = self.knowing(&known, |g| g.condition(depth));
            parts.push(if i == 0 { "if ".into() } else { " else if ".into() });
            parts.push(Self::bare(condition.tree).into());
            parts.push(" ".into());
            let there = [known.clone(), condition.facts.yes].concat();
            let block = self.knowing(&there, |g| g.block(ty, depth));
            parts.push(block.into());
            known.extend(condition.facts.no);
        }
        parts.push(" else ".into());
        let block = match self.random.below(60) {
            0 if self.risk > 0 && !self.pure => tree!(What::Fixed; "{ throw \"not in any branch: 无\" }"),
            _ => self.knowing(&known, |g| g.block(ty, depth)),
        };
        parts.push(block.into());
        parts.push(")".into());
        Tree::new(What::Value(ty.kind.clone(), ty.optional), parts)
    }

    /// An arm's value: a block or an expression.
    fn arm_value(&mut self, ty: &Type, depth: usize) -> Tree {
        match self.random.below(4) {
            0 => self.block(ty, depth),
            _ => self.expr(ty, depth),
        }
    }

    /// `(switch x { … _ => … })`; without the last arm it is optional.
    pub(super) fn switch_value(&mut self, ty: &Type, depth: usize) -> Tree {
        let kind = match self.random.below(10) {
            0..=3 => Kind::Int,
            4..=7 => Kind::Text,
            8 => Kind::Bool,
            _ => Kind::Float,
        };
        let unit = self.random.chance(25);
        let subject = if unit { self.optional(&kind, depth) } else { self.value(&kind, depth) };
        // Arms know that a column is there; behind the `switch` it may still be known.
        let paths = known_by(&subject.text());
        self.taint(&paths);
        let mut parts: Vec<Part> = vec!["(switch ".into(), Self::bare(subject).into(), " { ".into()];
        if unit {
            let more = if self.random.chance(30) { format!(" | {}", self.plain_literal(&kind)) } else { String::new() };
            let value = self.arm_value(ty, depth);
            parts.push(tree!(What::Loose; format!("(){more} => "), value, ", ").into());
        }
        let arms = self.knowing(&paths, |g| g.arms(ty, &kind, depth));
        parts.extend(arms);
        parts.push(" })".into());
        Tree::new(What::Value(ty.kind.clone(), ty.optional), parts)
    }

    fn arms(&mut self, ty: &Type, kind: &Kind, depth: usize) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        let arms = self.random.between(1, 4);
        let mut cases = Vec::new();
        for _ in 0..arms {
            let alternatives = self.random.between(1, 2);
            let found: Vec<String> = (0..alternatives).map(|_| self.plain_literal(kind)).collect();
            let fresh: Vec<String> = found.into_iter().filter(|c| !cases.contains(c)).collect();
            cases.extend(fresh.iter().cloned());
            if fresh.is_empty() || (fresh.len() == 2 && fresh[0] == fresh[1]) {
                continue;
            }
            let arm = self.arm(fresh.join(" | "), ty, depth);
            parts.push(arm.into());
        }
        if *kind == Kind::Int {
            for _ in 0..self.random.weighted(&[40, 40, 20]) {
                let low = self.small();
                let high = low + self.random.between(1, 6);
                let dots = *self.random.pick(&["..", "..="]);
                let arm = self.arm(format!("{low}{dots}{high}"), ty, depth);
                parts.push(arm.into());
            }
        }
        if !ty.optional || self.random.chance(50) {
            let value = self.arm_value(ty, depth);
            parts.push("_ => ".into());
            parts.push(value.into());
        }
        parts
    }

    fn arm(&mut self, cases: String, ty: &Type, depth: usize) -> Tree {
        let mut parts: Vec<Part> = vec![cases.into()];
        let mut yes = Vec::new();
        if self.random.chance(25) {
            let condition = self.condition(depth.min(2));
            parts.push(" if ".into());
            parts.push(Self::bare(condition.tree).into());
            yes = condition.facts.yes;
        }
        parts.push(" => ".into());
        let value = self.knowing(&yes, |g| g.arm_value(ty, depth));
        parts.push(value.into());
        parts.push(", ".into());
        Tree::new(What::Loose, parts)
    }
}
