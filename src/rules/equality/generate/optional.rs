//! Values that surely may be missing, to the checker.

use super::super::tree::{Tree, What, tree};
use super::super::world::ORDERS;
use super::Generator;
use crate::rules::types::{Kind, Type};

impl Generator {
    /// An expression whose type is optional.
    pub(super) fn optional(&mut self, kind: &Kind, depth: usize) -> Tree {
        self.fuel -= 1;
        let what = What::Value(kind.clone(), true);
        if depth == 0 || self.fuel <= 0 {
            return self.optional_leaf(kind);
        }
        let d = depth - 1;
        let ty = Type::of(kind.clone()).or_missing();
        let made = match self.random.below(24) {
            0 | 1 => {
                let condition = self.condition(d);
                let block = self.knowing(&condition.facts.yes, |g| g.block(&Type::of(kind.clone()), d));
                let otherwise = if self.random.chance(60) { "" } else { " else { () }" };
                Some(tree!(what; "(if ", Self::bare(condition.tree), " ", block, otherwise, ")"))
            }
            2 => Some(self.switch_value(&ty, d)),
            3 => Some(self.if_value(&ty, d)),
            4..=6 => self.lookup(kind, d),
            7..=11 => self.optional_of_list(kind, d),
            12 if *kind == Kind::Float => self.share(),
            13 => self.call(&ty, d),
            14..=16 => self.safe_call(kind, d),
            19 | 20 => self.behind_reference(kind, d),
            21 => self.safe_element(kind, d),
            17 => Some(tree!(what; "(", self.optional(kind, d), " ?? ", self.optional(kind, d), ")")),
            18 if *kind == Kind::Float || *kind == Kind::Int => self.optional_standing(kind),
            _ => None,
        };
        made.unwrap_or_else(|| self.optional_leaf(kind)).named(What::Value(kind.clone(), true))
    }

    fn optional_leaf(&mut self, kind: &Kind) -> Tree {
        let places = self.optional_places(kind);
        let what = What::Value(kind.clone(), true);
        if places.is_empty() || self.random.chance(5) {
            let value = self.leaf(kind);
            let test = match self.variable_of(|v| v.ty.kind == Kind::Bool && !v.ty.optional) {
                Some(variable) => variable.name,
                None => self.random.pick(&["true", "false", "P.open"]).to_string(),
            };
            return tree!(what; format!("(if {test} {{ "), value, " })");
        }
        tree!(what; self.random.pick(&places).text.clone())
    }

    /// `xs?[i]`
    fn safe_element(&mut self, kind: &Kind, depth: usize) -> Option<Tree> {
        let what = What::Value(kind.clone(), true);
        if *kind == Kind::Text && self.random.chance(50) {
            let base = self.optional(&Kind::Text, depth);
            let at = if self.risky() { "1" } else { *self.random.pick(&["0", "-1"]) };
            return Some(tree!(what; base, "?.split(", self.part(), format!(")?[{at}]")));
        }
        // A row that is not among them makes the customer undetermined.
        let rows = self.optional_rows(ORDERS);
        if rows.is_empty() || self.risk == 0 {
            return None;
        }
        let columns = self.schema.table(ORDERS).columns.iter().filter(|c| c.rule_type().kind == *kind);
        let columns: Vec<String> = columns.map(|c| c.name.clone()).collect();
        if columns.is_empty() {
            return None;
        }
        let (rows, column) = (self.random.pick(&rows).clone(), self.random.pick(&columns).clone());
        let at = *self.random.pick(&["0", "0", "-1", "1"]);
        Some(tree!(what; format!("{rows}?[{at}]?.{column}")))
    }

    /// `x?.f()`
    fn safe_call(&mut self, kind: &Kind, depth: usize) -> Option<Tree> {
        let (base, call) = match kind {
            Kind::Int => self
                .random
                .pick(&[
                    (Kind::Text, "len()"),
                    (Kind::Date, "year()"),
                    (Kind::Date, "year_month()"),
                    (Kind::Bool, "to_int()"),
                    (Kind::Int, "abs()"),
                    (Kind::Int, "max(2)"),
                ])
                .clone(),
            Kind::Float => self
                .random
                .pick(&[
                    (Kind::Float, "round()"),
                    (Kind::Float, "round(1)"),
                    (Kind::Int, "to_float()"),
                    (Kind::Float, "min(1)"),
                    (Kind::Float, "scale(0, 2)"),
                ])
                .clone(),
            Kind::Text => self
                .random
                .pick(&[
                    (Kind::Text, "upper()"),
                    (Kind::Text, "trim().lower()"),
                    (Kind::Date, "to_text()"),
                    (Kind::Float, "to_text()"),
                ])
                .clone(),
            Kind::Bool => {
                self.random.pick(&[(Kind::Text, "contains(\"a\")"), (Kind::Text, "starts_with(\"战\")")]).clone()
            }
            Kind::Date => self.random.pick(&[(Kind::Date, "plus_days(3)"), (Kind::Date, "minus_months(1)")]).clone(),
            _ => return None,
        };
        let base = self.optional(&base, depth);
        Some(tree!(What::Value(kind.clone(), true); base, format!("?.{call}")))
    }
}
