//! Lists, related rows, and what is made of them.

use super::super::tree::{Part, Tree, What, tree};
use super::super::world::{CUSTOMERS, LINES, ORDERS};
use super::Generator;
use super::scope::{Variable, may_be_missing};
use crate::rules::types::{Kind, TableId, Type};

const INT: What = What::Value(Kind::Int, false);
const FLOAT: What = What::Value(Kind::Float, false);
const BOOL: What = What::Value(Kind::Bool, false);

impl Generator {
    /// `|o| …`, the body made where `o` is in scope.
    pub(super) fn lambda(&mut self, element: &Type, body: impl FnOnce(&mut Self) -> Tree) -> Tree {
        let stem = match element.kind {
            Kind::Row(ORDERS) => "o",
            Kind::Row(LINES) => "l",
            _ => "e",
        };
        let name = self.name(stem);
        self.lambdas += 1;
        let (lambdas, loops) = (self.lambdas, std::mem::take(&mut self.loops));
        let body = self.scoped(|g| {
            g.scope.push(Variable { lambdas, ..Variable::fixed(&name, element.clone()) });
            body(g)
        });
        self.lambdas -= 1;
        self.loops = loops;
        tree!(What::Fixed; format!("|{name}| "), Self::bare(body))
    }

    pub(super) fn method(&mut self, what: What, list: Tree, name: &str, lambda: Option<Tree>) -> Tree {
        match lambda {
            Some(lambda) => tree!(what; list, format!(".{name}("), lambda, ")"),
            None => tree!(what; list, format!(".{name}()")),
        }
    }

    /// A link `.name(|o| …)` that the chain holds without.
    fn link(&mut self, name: &str, before: &str, element: &Type, body: impl FnOnce(&mut Self) -> Tree) -> Tree {
        let lambda = self.lambda(element, body);
        tree!(What::Loose; format!(".{name}({before}"), lambda, ")")
    }

    /// Rows of a table that are in reach without a lambda.
    pub(super) fn related(&mut self, table: TableId) -> Option<Tree> {
        let mut found: Vec<String> = self
            .visible()
            .into_iter()
            .filter(|v| v.ty == Type::list(Type::of(Kind::Row(table))))
            .map(|v| v.name.clone())
            .collect();
        for (row, of) in self.row_places() {
            let many = self.schema.table(of).many.iter().filter(|m| m.table == table);
            found.extend(many.map(|m| format!("{}.{}", row.text, m.name)));
        }
        if found.is_empty() { None } else { Some(tree!(What::Fixed; self.random.pick(&found).clone())) }
    }

    fn key(&mut self) -> Kind {
        let kind = *self.random.pick(&[&Kind::Int, &Kind::Float, &Kind::Text, &Kind::Date]);
        kind.clone()
    }

    /// Links that keep the elements' type.
    pub(super) fn links(&mut self, mut list: Tree, element: &Type, depth: usize) -> Tree {
        let links = if self.plain { 0 } else { self.random.weighted(&[45, 35, 15, 5]) };
        for _ in 0..links {
            let key = self.key();
            let link = match self.random.below(10) {
                0 => self.link("sort_by", "", element, |g| g.value(&key, depth.min(2))),
                1 => {
                    let n = self.random.between(0, 3);
                    self.link("top", &format!("{n}, "), element, |g| g.value(&key, depth.min(2)))
                }
                _ => self.link("filter", "", element, |g| g.condition(depth).tree),
            };
            list.parts.push(link.into());
        }
        list
    }

    /// Related rows with filters; where none is in reach an empty chain of customers' rows would have no type, so the
    /// caller asks [`Generator::table_in_reach`] first.
    pub(super) fn rows(&mut self, table: TableId, depth: usize) -> Tree {
        let element = Type::of(Kind::Row(table));
        let nested = table == LINES && !self.plain && self.random.chance(12);
        let base = match self.related(ORDERS) {
            Some(orders) if nested => {
                let lambda = self.lambda(&Type::of(Kind::Row(ORDERS)), |g| g.related(LINES).unwrap());
                self.method(What::Fixed, orders, "flat_map", Some(lambda))
            }
            _ => self.related(table).unwrap(),
        };
        self.links(base, &element, depth)
    }

    /// A table with rows in reach.
    fn table_in_reach(&mut self) -> Option<TableId> {
        let tables = [ORDERS, LINES, ORDERS, LINES, CUSTOMERS];
        let found: Vec<TableId> = tables.into_iter().filter(|t| self.related(*t).is_some()).collect();
        if found.is_empty() { None } else { Some(*self.random.pick(&found)) }
    }

    /// A list of values of one type.
    pub(super) fn list(&mut self, element: &Type, depth: usize) -> Tree {
        self.fuel -= 1;
        let base = match self.random.below(14) {
            _ if self.plain || depth == 0 || self.fuel <= 0 => self.short_list(element, depth),
            0 | 1 => self.short_list(element, depth),
            2 => self.other_list(element, depth),
            12 | 13 => match self.crossed(element, depth - 1) {
                Some(crossed) => crossed,
                None => self.short_list(element, depth),
            },
            3 if element.kind != Kind::Date && element.kind != Kind::DateTime => {
                let kind = self.key();
                let list = self.short_list(&Type::of(kind.clone()), depth);
                let lambda = self.lambda(&Type::of(kind), |g| g.expr(element, depth - 1));
                self.method(What::Fixed, list, "map", Some(lambda))
            }
            _ => match self.table_in_reach() {
                Some(table) => {
                    let rows = self.rows(table, depth - 1);
                    self.mapped(rows, table, element, depth - 1)
                }
                None => self.short_list(element, depth),
            },
        };
        match self.random.below(6) {
            0 if element.optional && !self.plain => base,
            0 if !self.plain && depth > 0 => self.links(base, element, depth - 1),
            _ => base,
        }
    }

    fn mapped(&mut self, rows: Tree, table: TableId, element: &Type, depth: usize) -> Tree {
        let row = Type::of(Kind::Row(table));
        match self.random.below(12) {
            0 => {
                let lambda = self.lambda(&row, |g| g.list(element, depth.min(2)));
                self.method(What::Fixed, rows, "flat_map", Some(lambda))
            }
            1 => {
                // A list of lists, made flat behind.
                let lambda = self.lambda(&row, |g| g.list(element, depth.min(2)));
                let lists = self.method(What::Fixed, rows, "map", Some(lambda));
                tree!(What::Fixed; lists, ".flat_map(|q| q)")
            }
            2..=7 => {
                let lambda = self.lambda(&row, |g| g.column(element, depth));
                self.method(What::Fixed, rows, "map", Some(lambda))
            }
            _ => {
                let lambda = self.lambda(&row, |g| g.expr(element, depth));
                self.method(What::Fixed, rows, "map", Some(lambda))
            }
        }
    }

    /// A bare column of the innermost row, if it has one of this type.
    fn column(&mut self, element: &Type, depth: usize) -> Tree {
        let what = What::Value(element.kind.clone(), element.optional);
        let innermost = self.scope.last().cloned();
        if let Some(Variable { name, ty: Type { kind: Kind::Row(table), .. }, .. }) = innermost {
            let columns = self.schema.table(table).columns.iter();
            let found: Vec<String> = columns
                .filter(|c| c.rule_type().optional_if(may_be_missing(c, &name)) == *element)
                .filter(|c| c.name != "large" && c.name != "wild" && c.name != "far")
                .map(|c| format!("{name}.{}", c.name))
                .collect();
            if !found.is_empty() {
                return tree!(what; self.random.pick(&found).clone());
            }
        }
        self.expr(element, depth)
    }

    /// `[a, b, c]`, a parameter, a variable.
    pub(super) fn short_list(&mut self, element: &Type, depth: usize) -> Tree {
        let known = match element.kind {
            Kind::Text if !element.optional => Some("P.focus"),
            Kind::Float if !element.optional => Some("P.steps"),
            _ => None,
        };
        let variable = self.variable_of(|v| v.ty == Type::list(element.clone()) && v.certain);
        match (self.random.below(6), known, variable) {
            (0, Some(known), _) => tree!(What::Fixed; known),
            (1..=3, _, Some(variable)) => tree!(What::Fixed; variable.name),
            _ => {
                let mut parts: Vec<Part> = vec!["[".into()];
                let missing = if element.optional { Some(self.random.below(3)) } else { None };
                for i in 0..self.random.between(1, 3).max(missing.map_or(0, |m| m as i64 + 1)) as usize {
                    if i > 0 {
                        parts.push(", ".into());
                    }
                    if missing == Some(i) {
                        parts.push("()".into());
                        continue;
                    }
                    let there = Type::of(element.kind.clone());
                    let item = if self.random.chance(50) && element.kind != Kind::DateTime {
                        self.literal(&there.kind)
                    } else {
                        self.value(&there.kind, depth.min(2))
                    };
                    parts.push(Self::bare(item).into());
                }
                if missing.is_some() {
                    // A list of `()` alone would have no type.
                    let item = self.leaf(&element.kind);
                    parts.push(", ".into());
                    parts.push(Self::bare(item).into());
                }
                parts.push("]".into());
                Tree::new(What::Fixed, parts)
            }
        }
    }

    /// Gaps, known elements, keys, values, parts of a text.
    fn other_list(&mut self, element: &Type, depth: usize) -> Tree {
        if element.optional {
            return self.short_list(element, depth);
        }
        let d = depth.saturating_sub(1);
        match (&element.kind, self.random.below(3)) {
            (Kind::Int, 0) => {
                let kind = if self.random.chance(50) { Kind::Date } else { Kind::Int };
                let list = self.list(&Type::of(kind), d);
                self.method(What::Fixed, list, "gaps", None)
            }
            (Kind::Float, 0) => {
                let list = self.list(element, d);
                self.method(What::Fixed, list, "gaps", None)
            }
            (Kind::Text, 0) => tree!(What::Fixed; "keys(", self.constant_map(&Kind::Int), ")"),
            (Kind::Text, 1) => tree!(What::Fixed; "split(", self.value(&Kind::Text, d), ", ", self.part(), ")"),
            (Kind::Int | Kind::Float | Kind::Bool, 1) => {
                tree!(What::Fixed; "values(", self.constant_map(&element.kind), ")")
            }
            (kind, _) => {
                let list = self.list(&Type::of(kind.clone()).or_missing(), d);
                self.method(What::Fixed, list, "known", None)
            }
        }
    }

    /// A list of anything, for its length.
    fn any_list(&mut self, depth: usize) -> Tree {
        match self.table_in_reach() {
            Some(table) if self.random.chance(70) => self.rows(table, depth),
            _ => {
                let kind = self.kind();
                let optional = self.random.chance(20);
                self.list(&Type::of(kind).optional_if(optional), depth)
            }
        }
    }

    fn count(&mut self, depth: usize) -> Tree {
        match self.table_in_reach() {
            Some(table) if !self.plain => {
                let rows = self.rows(table, depth);
                let lambda = self.lambda(&Type::of(Kind::Row(table)), |g| g.condition(depth).tree);
                self.method(INT, rows, "count", Some(lambda))
            }
            _ => {
                let list = self.any_list(depth);
                let name = *self.random.pick(&["len", "count"]);
                self.method(INT, list, name, None)
            }
        }
    }

    /// The type of elements for an aggregate: now and then one may be missing.
    fn elements(&mut self, kind: &Kind) -> Type {
        let missing = self.risk > 0 && self.random.chance(6);
        Type::of(kind.clone()).optional_if(missing)
    }

    pub(super) fn int_of_list(&mut self, depth: usize) -> Tree {
        match self.random.below(10) {
            0..=2 => {
                let list = self.any_list(depth);
                self.method(INT, list, "len", None)
            }
            3 | 4 => self.count(depth),
            5 | 6 => {
                let kind = match self.kind() {
                    Kind::DateTime => Kind::Date,
                    kind => kind,
                };
                let list = match self.table_in_reach() {
                    Some(table) if self.random.chance(15) => self.rows(table, depth),
                    _ => {
                        let element = self.elements(&kind);
                        self.list(&element, depth)
                    }
                };
                self.method(INT, list, "count_distinct", None)
            }
            7 if self.risky() => self.element(&Kind::Int, depth),
            _ => {
                let element = self.elements(&Kind::Int);
                let list = self.list(&element, depth);
                self.method(INT, list, "sum", None)
            }
        }
    }

    /// `xs[i]`, which may be out of range.
    fn element(&mut self, kind: &Kind, depth: usize) -> Tree {
        let list = self.list(&Type::of(kind.clone()), depth);
        let at = self.random.between(-2, 2);
        tree!(What::Value(kind.clone(), false); list, format!("[{at}]"))
    }

    pub(super) fn float_of_list(&mut self, depth: usize) -> Tree {
        match self.random.below(8) {
            0 if self.risky() => self.element(&Kind::Float, depth),
            0 | 1 => {
                let aggregate = self.optional_of_list(&Kind::Float, depth);
                match aggregate {
                    Some(aggregate) => tree!(FLOAT; "(", aggregate, " ?? ", self.leaf(&Kind::Float), ")"),
                    None => self.leaf(&Kind::Float),
                }
            }
            _ => {
                let element = self.elements(&Kind::Float);
                let list = self.list(&element, depth);
                self.method(FLOAT, list, "sum", None)
            }
        }
    }

    pub(super) fn bool_of_list(&mut self, depth: usize) -> Tree {
        if self.plain {
            return self.leaf(&Kind::Bool);
        }
        let name = *self.random.pick(&["some", "all"]);
        let (list, element) = match self.table_in_reach() {
            Some(table) if self.random.chance(75) => (self.rows(table, depth), Type::of(Kind::Row(table))),
            _ => {
                let element = Type::of(self.key());
                (self.list(&element, depth), element)
            }
        };
        let lambda = self.lambda(&element, |g| g.condition(depth).tree);
        self.method(BOOL, list, name, Some(lambda))
    }

    /// `c.parent?.orders.map(|o| …).sum()`: missing where the reference finds no row.
    pub(super) fn behind_reference(&mut self, kind: &Kind, depth: usize) -> Option<Tree> {
        let table = *self.random.pick(&[ORDERS, LINES]);
        let found = self.optional_rows(table);
        if found.is_empty() || self.plain {
            return None;
        }
        let (what, element) = (What::Value(kind.clone(), true), Type::of(Kind::Row(table)));
        let rows = tree!(What::Fixed; self.random.pick(&found).clone());
        let rows = self.links(rows, &element, depth);
        Some(match kind {
            Kind::Int if self.random.chance(40) => self.method(what, rows, "len", None),
            Kind::Int | Kind::Float => {
                let of = Type::of(kind.clone());
                let lambda = self.lambda(&element, |g| g.column(&of, depth));
                let mapped = self.method(What::Fixed, rows, "map", Some(lambda));
                self.method(what, mapped, "sum", None)
            }
            Kind::Bool => {
                let lambda = self.lambda(&element, |g| g.condition(depth).tree);
                self.method(what, rows, "some", Some(lambda))
            }
            _ => return None,
        })
    }

    /// An aggregate that an empty list lacks.
    pub(super) fn optional_of_list(&mut self, kind: &Kind, depth: usize) -> Option<Tree> {
        let what = What::Value(kind.clone(), true);
        let choice = self.random.below(10);
        if *kind == Kind::Float && choice < 6 {
            let of = *self.random.pick(&[&Kind::Float, &Kind::Float, &Kind::Int]);
            let element = self.elements(of);
            let list = self.list(&element, depth);
            if self.random.chance(30) {
                let figure = *self.random.pick(&[
                    "gini()",
                    "herfindahl()",
                    "payback()",
                    "trend()",
                    "top_share",
                    "npv",
                    "seasonality",
                ]);
                let wrong = self.risky();
                let call = match figure {
                    "top_share" => {
                        format!("top_share({})", if wrong { self.random.pick(&["2", "0", "-0.1"]) } else { &"0.4" })
                    }
                    "npv" => format!("npv({})", if wrong { "-1.5" } else { "0.1" }),
                    "seasonality" => format!("seasonality({})", if wrong { 1 } else { 2 }),
                    other => other.to_owned(),
                };
                return Some(tree!(what; list, format!(".{call}")));
            }
            return Some(match choice {
                0 | 1 => self.method(what, list, "mean", None),
                2 | 3 => self.method(what, list, "median", None),
                4 => self.method(what, list, "std", None),
                _ => {
                    let q = *self.random.pick(&["0.25", "0.9", "0", "1", "0.5"]);
                    let q = if self.risky() { "1.5" } else { q };
                    tree!(what; list, format!(".quantile({q})"))
                }
            });
        }
        if choice < 8 && *kind != Kind::DateTime {
            let names: &[&str] =
                if *kind == Kind::Bool { &["first", "last"] } else { &["min", "max", "first", "last", "max"] };
            let element = self.elements(kind);
            let list = self.list(&element, depth);
            let name = *self.random.pick(names);
            return Some(self.method(what, list, name, None));
        }
        // A column of the first or last row.
        let table = self.table_in_reach()?;
        let columns = self.schema.table(table).columns.iter().filter(|c| c.rule_type().kind == *kind);
        let columns: Vec<String> = columns.map(|c| c.name.clone()).collect();
        if columns.is_empty() {
            return None;
        }
        let column = self.random.pick(&columns).clone();
        let rows = self.rows(table, depth);
        let end = *self.random.pick(&["first", "last"]);
        Some(tree!(what; rows, format!(".{end}()?.{column}")))
    }
}
