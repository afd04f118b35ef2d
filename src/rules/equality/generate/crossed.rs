//! Lists that are looked at again for each element of another list.
//!
//! In: what is in scope. Out: constant lists and related rows whose lambdas go through lists of outside, told apart by the
//! element; lists of lists; loops over lists that lambdas made of written ones; lists that grow on some paths.

use super::super::tree::{Part, Tree, What, tree};
use super::super::world::{LINES, ORDERS};
use super::Generator;
use super::scope::{Variable, may_be_missing};
use crate::rules::types::{Kind, TableId, Type};

const BOOL: What = What::Value(Kind::Bool, false);

impl Generator {
    /// A list of one value for each element of another, or of some; `None` where no rows are in reach.
    pub(super) fn crossed(&mut self, element: &Type, depth: usize) -> Option<Tree> {
        let inner = *self.random.pick(&[ORDERS, ORDERS, LINES]);
        self.related(inner)?;
        let (outer, of) = self.outer(depth)?;
        let d = depth.min(2);
        Some(match self.random.below(10) {
            0..=5 => {
                let lambda = self.lambda(&of, |g| {
                    let rows = g.told_apart(inner, d);
                    g.one_of(rows, inner, element, d)
                });
                self.method(What::Fixed, outer, "map", Some(lambda))
            }
            6 | 7 => {
                let lambda = self.lambda(&of, |g| {
                    let rows = g.told_apart(inner, d);
                    let value = g.lambda(&Type::of(Kind::Row(inner)), |g| g.expr(element, d));
                    g.method(What::Fixed, rows, "map", Some(value))
                });
                self.method(What::Fixed, outer, "flat_map", Some(lambda))
            }
            _ => {
                let lambda = self.lambda(&of, |g| g.told_apart(inner, d));
                let lists = self.method(What::Fixed, outer, "map", Some(lambda));
                let order = *self.random.pick(&[
                    "",
                    ".sort_by(|q| q.len())",
                    ".top(2, |q| q.len())",
                    ".filter(|q| q.len() > 0)",
                ]);
                let lists = tree!(What::Fixed; lists, order);
                let rows = Type::list(Type::of(Kind::Row(inner)));
                let value = self.lambda(&rows, |g| {
                    let name = g.scope.last().map(|v| v.name.clone()).unwrap_or_default();
                    g.one_of(tree!(What::Fixed; name), inner, element, d)
                });
                self.method(What::Fixed, lists, "map", Some(value))
            }
        })
    }

    /// The list whose elements tell others apart.
    fn outer(&mut self, depth: usize) -> Option<(Tree, Type)> {
        if self.random.chance(45) {
            let table = *self.random.pick(&[ORDERS, LINES]);
            self.related(table)?;
            return Some((self.rows(table, depth.min(1)), Type::of(Kind::Row(table))));
        }
        let of = Type::of((*self.random.pick(&[&Kind::Int, &Kind::Float, &Kind::Text, &Kind::Date])).clone());
        Some((self.short_list(&of, depth.min(2)), of))
    }

    /// Rows of outside, of which the innermost element decides.
    fn told_apart(&mut self, table: TableId, depth: usize) -> Tree {
        let outer = self.scope.last().cloned();
        let rows = match self.related(table) {
            Some(rows) => rows,
            None => return self.rows(table, depth),
        };
        let element = Type::of(Kind::Row(table));
        let lambda = self.lambda(&element, |g| {
            let compared = outer.and_then(|outer| g.compared(&outer));
            match compared {
                Some(compared) if g.random.chance(30) => {
                    tree!(BOOL; "(", compared, " && ", g.condition(depth.min(1)).tree, ")")
                }
                Some(compared) => compared,
                None => g.condition(depth.min(1)).tree,
            }
        });
        self.method(What::Fixed, rows, "filter", Some(lambda))
    }

    /// A column of the innermost row beside an outer element, or beside a column of it.
    fn compared(&mut self, outer: &Variable) -> Option<Tree> {
        let inner = self.scope.last().cloned()?;
        let (x, kind) = self.column_of(&inner, None)?;
        let y = match &outer.ty.kind {
            Kind::Row(_) => self.column_of(outer, Some(&kind))?.0,
            of if *of == kind => outer.name.clone(),
            of => {
                let x = self.column_of(&inner, Some(of))?.0;
                let op = *self.random.pick(&["==", "<", ">=", "!="]);
                return Some(tree!(BOOL; format!("({x} {op} {})", outer.name)));
            }
        };
        let op = *self.random.pick(if kind == Kind::Bool { &["==", "!="] } else { &["==", "<=", ">", "!="] });
        Some(tree!(BOOL; format!("({x} {op} {y})")))
    }

    /// A column of a row that is always there.
    fn column_of(&mut self, row: &Variable, kind: Option<&Kind>) -> Option<(String, Kind)> {
        let Kind::Row(table) = row.ty.kind else { return None };
        let columns = self.schema.table(table).columns.iter();
        let found: Vec<(String, Kind)> = columns
            .filter(|c| !may_be_missing(c, &row.name) && kind.is_none_or(|kind| c.rule_type().kind == *kind))
            .map(|c| (format!("{}.{}", row.name, c.name), c.rule_type().kind))
            .collect();
        if found.is_empty() { None } else { Some(self.random.pick(&found).clone()) }
    }

    /// One value of rows.
    fn one_of(&mut self, rows: Tree, table: TableId, element: &Type, depth: usize) -> Tree {
        let what = What::Value(element.kind.clone(), element.optional);
        let row = Type::of(Kind::Row(table));
        match (&element.kind, self.random.below(3)) {
            (Kind::Int, 0) if !element.optional => self.method(what, rows, "len", None),
            (Kind::Int | Kind::Float, 0 | 1) => {
                let of = Type::of(element.kind.clone());
                let value = self.lambda(&row, |g| g.value(&of.kind, depth));
                let mapped = self.method(What::Fixed, rows, "map", Some(value));
                self.method(what, mapped, "sum", None)
            }
            (Kind::Bool, 0 | 1) => {
                let name = *self.random.pick(&["some", "all"]);
                let holds = self.lambda(&row, |g| g.condition(depth).tree);
                self.method(what, rows, name, Some(holds))
            }
            (kind, _) => {
                let names: &[&str] = match kind {
                    Kind::Bool | Kind::DateTime => &["first", "last"],
                    _ => &["min", "max", "first", "last"],
                };
                let name = *self.random.pick(names);
                let value = self.lambda(&row, |g| g.value(kind, depth));
                let mapped = self.method(What::Fixed, rows, "map", Some(value));
                let found = self.method(What::Value(kind.clone(), true), mapped, name, None);
                if element.optional {
                    return found;
                }
                tree!(what; "(", found, " ?? ", self.leaf(kind), ")")
            }
        }
    }

    /// A list for a loop: written, then filtered, mapped or sorted.
    pub(super) fn list_for_loop(&mut self, depth: usize) -> (Tree, Type) {
        let kind = *self.random.pick(&[&Kind::Int, &Kind::Float, &Kind::Text]);
        let element = Type::of(kind.clone());
        let list = self.short_list(&element, depth.min(1));
        let list = self.links(list, &element, depth.min(2));
        if self.random.chance(50) {
            return (list, element);
        }
        let to = Type::of(self.random.pick(&[&Kind::Int, &Kind::Float, &Kind::Bool]).to_owned().clone());
        let lambda = self.lambda(&element, |g| g.expr(&to, depth.min(2)));
        (self.method(What::Fixed, list, "map", Some(lambda)), to)
    }

    /// `let xs = []; for i in [a, b] { if … { xs.push(e); } }`
    pub(super) fn push_in_loop(&mut self, depth: usize) -> Tree {
        let kind = *self.random.pick(&[&Kind::Int, &Kind::Float, &Kind::Text]);
        let (name, item) = (self.name("v"), self.name("i"));
        let over = self.short_list(&Type::of(kind.clone()), depth.min(1));
        let turn = self.scoped(|g| {
            let lambdas = g.lambdas;
            g.scope.push(Variable { lambdas, ..Variable::fixed(&item, Type::of(kind.clone())) });
            let condition = g.condition(depth.min(2));
            let value = g.knowing(&condition.facts.yes, |g| g.value(kind, depth.min(2)));
            g.taint(&condition.facts.yes);
            g.taint(&condition.facts.no);
            let mut parts: Vec<Part> = vec!["if ".into(), Self::bare(condition.tree).into()];
            parts.push(format!(" {{ {name}.push(").into());
            parts.push(Self::bare(value).into());
            parts.push("); }".into());
            Tree::new(What::Fixed, parts)
        });
        let lambdas = self.lambdas;
        let list = Type::list(Type::of(kind.clone()));
        self.scope.push(Variable { lambdas, ..Variable::fixed(&name, list) });
        let start = format!("let {name} = [{}]; for {item} in ", self.plain_literal(kind));
        tree!(What::Fixed; start, over, " { ", turn, " }")
    }
}
