//! Population functions, and the lets at the head of a step that they may use.

use super::super::tree::{Tree, What, tree};
use super::Generator;
use super::scope::Variable;
use crate::rules::types::{Kind, Type};

impl Generator {
    /// Runs `f` with nothing but what population functions may use.
    fn purely<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        let was = (self.pure, self.plain, self.fuel, self.known.clone());
        self.pure = true;
        self.plain = true;
        self.fuel = 6;
        self.known.clear();
        let made = f(self);
        (self.pure, self.plain, self.fuel, self.known) = (was.0, was.1, was.2 - 2, was.3);
        made
    }

    /// `let size = …;` before any branch.
    pub(super) fn pure_let(&mut self) -> Tree {
        let kind = match self.kind() {
            Kind::DateTime => Kind::Int,
            kind => kind,
        };
        let optional = self.random.chance(20);
        let ty = Type::of(kind).optional_if(optional);
        let value = self.purely(|g| g.expr(&ty, 3));
        let name = self.name("v");
        self.scope.push(Variable { pure: true, ..Variable::fixed(&name, ty) });
        tree!(What::Loose; "    let ", name, " = ", Self::bare(value), ";\n")
    }

    fn may_stand(&self) -> bool {
        self.customer && !self.plain && !self.pure
    }

    /// A required column of the customer, which no standing lacks.
    fn sure_column(&mut self, kind: &Kind) -> Option<String> {
        let table = self.schema.table(self.schema.customer);
        let found: Vec<String> = table
            .columns
            .iter()
            .filter(|c| !c.optional && c.rule_type().kind == *kind)
            .map(|c| format!("c.{}", c.name))
            .collect();
        if found.is_empty() { None } else { Some(self.random.pick(&found).clone()) }
    }

    fn group(&mut self) -> String {
        match self.random.below(10) {
            0 | 1 => ", c.region".to_owned(),
            2 => {
                let columns = ["sector", "flag", "maybe", "客户等级", "opened", "seen", "since", "left"];
                format!(", c.{}", self.random.pick(&columns))
            }
            3 => {
                let kind = *self.random.pick(&[&Kind::Text, &Kind::Int, &Kind::Bool]);
                let group = self.purely(|g| g.value(kind, 2));
                format!(", {}", group.text())
            }
            _ => String::new(),
        }
    }

    /// A standing of this kind for every customer.
    pub(super) fn standing(&mut self, kind: &Kind) -> Option<Tree> {
        if !self.may_stand() {
            return None;
        }
        let of = *self.random.pick(&[&Kind::Int, &Kind::Float, &Kind::Int, &Kind::Float, &Kind::Date]);
        let column = self.sure_column(of)?;
        let group = match self.random.below(3) {
            0 => ", c.region",
            1 => ", c.sector",
            _ => "",
        };
        let call = self.standing_call(kind, &column, group, *of == Kind::Date);
        Some(tree!(What::Value(kind.clone(), false); call))
    }

    /// Of dates only ranks are made.
    fn standing_call(&mut self, kind: &Kind, argument: &str, group: &str, date: bool) -> String {
        match kind {
            Kind::Float if date => format!("pct_rank({argument}{group})"),
            Kind::Int => match self.random.below(3) {
                0 => format!("ntile({argument}, {}{group})", self.random.between(1, 5)),
                _ => format!("rank({argument}{group})"),
            },
            _ => match self.random.below(7) {
                0 => {
                    let q = *self.random.pick(&["0.25", "0.5", "1", "0", "0.9"]);
                    format!("quantile_of({argument}, {q}{group})")
                }
                n => {
                    let name = ["pct_rank", "pct_rank", "zscore", "min_max", "mean_of", "pct_rank"][n - 1];
                    format!("{name}({argument}{group})")
                }
            },
        }
    }

    /// A standing that customers without the argument lack.
    pub(super) fn optional_standing(&mut self, kind: &Kind) -> Option<Tree> {
        if !self.may_stand() {
            return None;
        }
        if *kind == Kind::Float && self.random.chance(35) {
            return self.model();
        }
        // Arithmetic may overflow, so that the checker takes the standing as optional.
        let choice = self.random.below(7);
        let argument = match choice {
            0 => "c.m".to_owned(),
            5 => "c.left".to_owned(),
            6 => {
                let value = self.purely(|g| g.value(&Kind::Date, 3));
                format!("plus_days({}, {})", value.text(), self.random.between(-3, 40))
            }
            1 => "c.growth".to_owned(),
            2 => "c.credit".to_owned(),
            _ => {
                let of = if self.random.chance(50) { Kind::Float } else { Kind::Int };
                let one = if of == Kind::Int { "1" } else { "0.5" };
                let value = self.purely(|g| g.value(&of, 3));
                format!("{} + {one}", value.text())
            }
        };
        let group = self.group();
        let call = self.standing_call(kind, &argument, &group, choice >= 5);
        Some(tree!(What::Value(kind.clone(), true); call))
    }

    /// `share(x)`, which is always optional.
    pub(super) fn share(&mut self) -> Option<Tree> {
        if !self.may_stand() {
            return None;
        }
        if self.random.chance(60) {
            return self.model();
        }
        let of = *self.random.pick(&[&Kind::Int, &Kind::Float]);
        let argument = self.purely(|g| g.value(of, 2)).text();
        let group = self.group();
        Some(tree!(What::Value(Kind::Float, true); format!("share({argument}{group})")))
    }

    /// A model's answer, which is always optional. Often a customer's figures cannot be, or nothing can be fitted.
    fn model(&mut self) -> Option<Tree> {
        let figure = |g: &mut Self| -> String {
            let of = *g.random.pick(&[&Kind::Int, &Kind::Float]);
            g.purely(|g| g.value(of, 1)).text()
        };
        let (a, b) = (figure(self), figure(self));
        let (x, t_x) = (self.random.between(0, 3), self.random.between(0, 9));
        let group = self.group();
        let call = match self.random.below(12) {
            0 => format!("gini_of({a}{group})"),
            1 => format!("herfindahl_of(abs({a}){group})"),
            2 => format!("top_share_of(abs({a}), {}{group})", self.random.pick(&["0.4", "1", "0", "1.2"])),
            3 => format!("expected_spend({x}, abs({b}){group})"),
            4 => format!("alive(\"days\", {x}, {t_x}, 20{group})"),
            5 => format!("expected_purchases(\"weeks\", clamp({a}, 0, 3), {t_x}, 20, 4{group})"),
            6 => format!("lifetime_value(\"weeks\", {x}, {t_x}, 20, abs({b}), \"months\", 12, 0.01{group})"),
            7 => format!("entropy_weight(\"b\", #{{ a: {a}, b: abs({b}) }}{group})"),
            8 => format!("critic_weight(\"a\", #{{ a: {a}, b: {b} }}{group})"),
            n => {
                let name = ["topsis", "vikor", "promethee"][n - 9];
                let weight = if self.risky() { a.as_str() } else { "0.7" };
                format!("{name}(#{{ a: {a}, b: {b} }}, #{{ a: {weight}, b: 0.3 }}{group})")
            }
        };
        Some(tree!(What::Value(Kind::Float, true); call))
    }
}
