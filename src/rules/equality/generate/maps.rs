//! Maps of constants, entries of maps in variables.

use super::super::tree::{Part, Tree, What, tree};
use super::Generator;
use crate::rules::types::Kind;

const KEYS: [&str; 6] = ["East", "West", "华东", "retail", "软件", "a"];

impl Generator {
    /// A map of literals with some of the keys that columns have.
    pub(super) fn constant_map(&mut self, kind: &Kind) -> Tree {
        let first = self.random.below(KEYS.len());
        let mut parts: Vec<Part> = vec!["#{ ".into()];
        for i in 0..self.random.between(1, 4) as usize {
            let comma = if i == 0 { "" } else { ", " };
            parts.push(Part::Text(format!("{comma}{}: ", KEYS[(first + i) % KEYS.len()])));
            let value = self.literal(kind);
            parts.push(Self::bare(value).into());
        }
        parts.push(" }".into());
        Tree::new(What::Fixed, parts)
    }

    /// A look-up by a computed key: surely optional.
    pub(super) fn lookup(&mut self, kind: &Kind, depth: usize) -> Option<Tree> {
        let key = self.value(&Kind::Text, depth.min(2));
        let what = What::Value(kind.clone(), true);
        let table = match kind {
            Kind::Float => Some(("P.shares[", "]")),
            Kind::Int => Some(("P.ranks[", "]")),
            Kind::Text => Some(("P.terms[", "]?.owner")),
            _ => None,
        };
        let days = match kind {
            Kind::Float => Some(("P.terms[", "]?.cap")),
            Kind::Int => Some(("P.terms[", "]?.days")),
            _ => None,
        };
        Some(match (self.random.below(3), table, days) {
            (0, Some((before, behind)), _) | (1, _, Some((before, behind))) => {
                tree!(what; before, Self::bare(key), behind)
            }
            _ if *kind == Kind::DateTime => return None,
            _ if key.text().starts_with('"') => return None,
            _ => match self.variable_of(|v| is_map_of(&v.ty.kind, kind)) {
                Some(map) => tree!(what; map.name, "[", Self::bare(key), "]"),
                None => tree!(what; self.constant_map(kind), "[", Self::bare(key), "]"),
            },
        })
    }

    /// `m.key` of a map in a variable.
    pub(super) fn map_entry(&mut self, kind: &Kind) -> Option<Tree> {
        let has =
            |k: &Kind| matches!(k, Kind::Map(keys) if keys.iter().any(|(_, ty)| ty.kind == *kind && !ty.optional));
        let map = self.variable_of(|v| has(&v.ty.kind))?;
        let Kind::Map(keys) = &map.ty.kind else { return None };
        let keys: Vec<&String> = keys.iter().filter(|(_, t)| t.kind == *kind && !t.optional).map(|(k, _)| k).collect();
        let key = (*self.random.pick(&keys)).clone();
        let text = match self.random.below(4) {
            0 => format!("{}[\"{key}\"]", map.name),
            _ => format!("{}.{key}", map.name),
        };
        Some(tree!(What::Value(kind.clone(), false); text))
    }

    /// How many keys a map in a variable has.
    pub(super) fn map_len(&mut self) -> Option<Tree> {
        let map = self.variable_of(|v| matches!(v.ty.kind, Kind::Map(_) | Kind::Dict(_)))?;
        let text =
            if self.random.chance(50) { format!("{}.len()", map.name) } else { format!("keys({}).len()", map.name) };
        Some(tree!(What::Value(Kind::Int, false); text))
    }
}

/// Whether all values of a map are of one kind, and there.
pub(super) fn is_map_of(map: &Kind, kind: &Kind) -> bool {
    matches!(map, Kind::Dict(value) if value.kind == *kind)
        || matches!(map, Kind::Map(keys) if !keys.is_empty() && keys.iter().all(|(_, ty)| ty.kind == *kind && !ty.optional))
}
