//! Days and instants.

use super::super::tree::{Tree, What, tree};
use super::Generator;
use super::scope::may_be_missing;
use crate::rules::types::Kind;

const DATE: What = What::Value(Kind::Date, false);
const INT: What = What::Value(Kind::Int, false);
const INSTANT: What = What::Value(Kind::DateTime, false);

impl Generator {
    pub(super) fn date(&mut self, depth: usize) -> Tree {
        let d = depth;
        match self.random.below(10) {
            0..=3 => {
                let name = *self.random.pick(&["plus_days", "minus_days", "plus_months", "minus_months"]);
                let count = tree!(INT; self.random.between(-40, 40).to_string());
                let count = if self.random.chance(15) { self.value(&Kind::Int, d) } else { count };
                let args = vec![self.value(&Kind::Date, d), count];
                self.apply(DATE, name, args)
            }
            4 | 5 => {
                let name = *self.random.pick(&["min", "max"]);
                let args = vec![self.value(&Kind::Date, d), self.value(&Kind::Date, d)];
                self.apply(DATE, name, args)
            }
            6 | 7 if self.has_instants() => {
                let arg = self.value(&Kind::DateTime, d);
                self.apply(DATE, "date", vec![arg])
            }
            _ => self.leaf(&Kind::Date),
        }
    }

    pub(super) fn instant(&mut self, depth: usize) -> Tree {
        match self.random.below(3) {
            0 => {
                let name = *self.random.pick(&["min", "max"]);
                let args = vec![self.value(&Kind::DateTime, depth), self.value(&Kind::DateTime, depth)];
                self.apply(INSTANT, name, args)
            }
            _ => self.leaf(&Kind::DateTime),
        }
    }

    /// Whether an instant is in scope: datetimes have no literal.
    pub(super) fn has_instants(&self) -> bool {
        self.instants().next().is_some()
    }

    fn instants(&self) -> impl Iterator<Item = String> {
        let columns = self.row_places().into_iter().flat_map(|(row, table)| {
            let columns = self.schema.table(table).columns.iter();
            let instants = columns.filter(|c| !may_be_missing(c, &row.text) && c.rule_type().kind == Kind::DateTime);
            instants.map(|c| format!("{}.{}", row.text, c.name)).collect::<Vec<_>>()
        });
        let is_one = |v: &&super::Variable| v.ty.kind == Kind::DateTime && !v.ty.optional;
        let variables: Vec<String> = self.visible().into_iter().filter(is_one).map(|v| v.name.clone()).collect();
        columns.chain(variables)
    }

    /// An instant in scope, where there is one.
    pub(super) fn instant_leaf(&mut self) -> String {
        let found: Vec<String> = self.instants().collect();
        self.random.pick(&found).clone()
    }
}
