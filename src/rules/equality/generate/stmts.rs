//! Statements and blocks.

use super::super::tree::{Part, Tree, What, tree};
use super::super::world::{CUSTOMERS, LINES, ORDERS};
use super::Generator;
use super::scope::Variable;
use crate::rules::types::{Kind, Type};

impl Generator {
    /// `{ …; e }`
    pub(super) fn block(&mut self, ty: &Type, depth: usize) -> Tree {
        let body = self.scoped(|g| {
            let mut parts = Vec::new();
            if depth > 0 && g.fuel > 0 {
                for _ in 0..g.random.weighted(&[72, 20, 8]) {
                    parts.push(Part::Tree(g.statement(depth - 1)));
                }
            }
            parts.push(g.tail(ty, depth).into());
            Tree::new(What::Fixed, parts)
        });
        tree!(What::Fixed; "{ ", body, " }")
    }

    /// The statements of a step and its value.
    pub(super) fn body(&mut self, ty: &Type, depth: usize) -> Tree {
        let mut parts = Vec::new();
        let statements: &[usize] = if depth > 3 { &[20, 20, 25, 20, 15] } else { &[60, 40] };
        for _ in 0..self.random.weighted(statements) {
            self.fuel = self.fuel.max(20);
            parts.push(Part::Tree(self.statement(depth - 2)));
            parts.push("\n".into());
        }
        self.fuel = 40;
        parts.push(self.tail(ty, depth).into());
        parts.push("\n".into());
        Tree::new(What::Fixed, parts)
    }

    fn tail(&mut self, ty: &Type, depth: usize) -> Tree {
        let value = self.expr(ty, depth);
        Self::bare(value)
    }

    /// One statement with a blank behind it.
    fn statement(&mut self, depth: usize) -> Tree {
        self.fuel -= 1;
        if self.plain {
            return self.let_scalar(depth);
        }
        let made = match self.random.below(48) {
            0..=11 => self.let_scalar(depth),
            12 | 13 => self.let_list(depth),
            14 | 15 => self.let_map(depth),
            16..=20 => self.assign(depth),
            21..=23 => self.if_stmt(depth),
            24 | 25 => self.leave_early(depth),
            26 => self.leave_if_missing(depth),
            27..=29 => self.for_loop(depth),
            30 => self.while_loop(depth),
            31 => self.set_entry(depth),
            32 if self.random.chance(50) => self.push(depth),
            32 => self.push_in_loop(depth),
            33 => self.switch_stmt(depth),
            34 => self.nested(depth),
            35 if self.risk > 0 => self.throw(),
            36 | 37 => self.set_later(depth),
            38 => self.set_element(depth),
            39 | 40 => self.dict(depth),
            41 | 42 => self.let_row(depth),
            43 | 44 => self.set_inner(depth),
            _ => self.let_scalar(depth),
        };
        tree!(What::Loose; made, " ")
    }

    fn declare(&mut self, name: &str, ty: Type, settable: bool) {
        let lambdas = self.lambdas;
        self.scope.push(Variable { settable, lambdas, ..Variable::fixed(name, ty) });
    }

    fn new_name(&mut self) -> String {
        // Now and then a name again, with another type perhaps.
        let old = self.variable_of(|v| !v.pure && v.name != "c" && v.ty.kind != Kind::Row(ORDERS));
        match old {
            Some(old) if self.random.chance(8) && !self.pure => {
                self.known.retain(|path| path != &old.name && !path.starts_with(&format!("{}.", old.name)));
                old.name
            }
            _ => self.name("v"),
        }
    }

    fn let_scalar(&mut self, depth: usize) -> Tree {
        if self.random.chance(6) {
            let kind = self.kind();
            if kind != Kind::DateTime {
                let (name, value) = (self.name("k"), self.literal(&kind));
                self.declare(&name, Type::of(kind), false);
                return tree!(What::Fixed; "const ", name, " = ", Self::bare(value), ";");
            }
        }
        let optional = self.random.chance(18);
        let ty = Type::of(self.kind()).optional_if(optional);
        let value = self.expr(&ty, depth);
        let name = self.new_name();
        self.declare(&name, ty, !self.plain);
        tree!(What::Fixed; "let ", name, " = ", Self::bare(value), ";")
    }

    fn let_list(&mut self, depth: usize) -> Tree {
        let element = match self.random.below(5) {
            0 | 1 if self.related_in_reach() => {
                Type::of(Kind::Row(if self.random.chance(60) { ORDERS } else { LINES }))
            }
            _ => Type::of(match self.kind() {
                Kind::DateTime => Kind::Int,
                kind => kind,
            }),
        };
        let ty = Type::list(element);
        let value = self.expr(&ty, depth);
        let name = self.name("v");
        self.declare(&name, ty, false);
        tree!(What::Fixed; "let ", name, " = ", value, ";")
    }

    /// Whether orders and lines are in reach.
    fn related_in_reach(&self) -> bool {
        self.row_places().iter().any(|(_, table)| *table == self.schema.customer)
    }

    fn let_map(&mut self, depth: usize) -> Tree {
        let one = self.kind();
        let same = self.random.chance(50);
        let mut keys = Vec::new();
        for key in ["b", "a", "West"].iter().take(self.random.between(1, 3) as usize) {
            let kind = if same { one.clone() } else { self.kind() };
            keys.push(((*key).to_owned(), Type::of(kind)));
        }
        let ty = Type::of(Kind::Map(keys));
        let value = self.expr(&ty, depth.min(3));
        let name = self.name("v");
        self.declare(&name, ty, false);
        tree!(What::Fixed; "let ", name, " = ", value, ";")
    }

    fn settable(&mut self) -> Option<Variable> {
        let lambdas = self.lambdas;
        self.variable_of(|v| v.settable && v.lambdas == lambdas && !v.pure)
    }

    /// `x = e;` or `x += e;`
    fn assign(&mut self, depth: usize) -> Tree {
        let Some(variable) = self.settable() else { return self.let_scalar(depth) };
        let Variable { name, ty, .. } = variable;
        let kind = ty.kind.clone();
        let ops: &[&str] = match kind {
            Kind::Int => &["+=", "-=", "+=", "*="],
            Kind::Float => &["+=", "-=", "*=", "/="],
            Kind::Text => &["+="],
            _ => &[],
        };
        let made = if ty.optional || ops.is_empty() || self.random.chance(50) {
            let missing = ty.optional && self.random.chance(30);
            let value = if missing { tree!(What::Fixed; "()") } else { self.value(&kind, depth) };
            tree!(What::Fixed; name.clone(), " = ", Self::bare(value), ";")
        } else {
            let op = *self.random.pick(ops);
            let value = match op {
                "*=" => tree!(What::Fixed; "2"),
                "/=" => tree!(What::Fixed; "4.0"),
                _ => self.value(&kind, depth),
            };
            tree!(What::Fixed; name.clone(), format!(" {op} "), Self::bare(value), ";")
        };
        self.unsettle(&name);
        made
    }

    /// A block of statements that gives nothing.
    fn effects(&mut self, depth: usize) -> Tree {
        self.effects_and(depth, false)
    }

    /// The same, which may leave its loop early.
    fn effects_and(&mut self, depth: usize, leaves: bool) -> Tree {
        let body = self.scoped(|g| {
            let mut parts = Vec::new();
            for _ in 0..g.random.between(1, 2) {
                parts.push(Part::Tree(g.assign(depth)));
                parts.push(" ".into());
                if g.random.chance(20) && g.fuel > 0 {
                    parts.push(Part::Tree(g.statement(depth.saturating_sub(1))));
                }
            }
            if leaves {
                parts.push(tree!(What::Loose; g.leave_early(depth.min(2)), " ").into());
            }
            Tree::new(What::Fixed, parts)
        });
        tree!(What::Fixed; "{ ", body, "}")
    }

    fn if_stmt(&mut self, depth: usize) -> Tree {
        let condition = self.condition(depth);
        let then = self.knowing(&condition.facts.yes, |g| g.effects(depth));
        let mut tree = tree!(What::Fixed; "if ", Self::bare(condition.tree), " ", then);
        let (mut known, mut tested) = (condition.facts.no.clone(), vec![condition.facts]);
        for _ in 0..self.random.weighted(&[75, 18, 7]) {
            let condition = self.knowing(&known, |g| g.condition(depth.min(3)));
            let there = [known.clone(), condition.facts.yes.clone()].concat();
            let then = self.knowing(&there, |g| g.effects(depth));
            tree.parts.push(" else if ".into());
            tree.parts.push(Self::bare(condition.tree).into());
            tree.parts.push(" ".into());
            tree.parts.push(then.into());
            known.extend(condition.facts.no.iter().cloned());
            tested.push(condition.facts);
        }
        if self.random.chance(45) {
            let otherwise = self.knowing(&known, |g| g.effects(depth));
            tree.parts.push(tree!(What::Loose; " else ", otherwise).into());
        }
        // An assignment in a branch may have ended what the test made known, or left it.
        for facts in tested {
            self.taint(&facts.yes);
            self.taint(&facts.no);
        }
        tree
    }

    /// `if a { return e; }`, in a loop perhaps `break` or `continue`.
    fn leave_early(&mut self, depth: usize) -> Tree {
        let condition = self.condition(depth);
        let leave = self.knowing(&condition.facts.yes, |g| g.leave(depth));
        let Some(leave) = leave else { return self.assign(depth) };
        self.taint(&condition.facts.no);
        self.known.extend(condition.facts.no);
        tree!(What::Fixed; "if ", Self::bare(condition.tree), " { ", leave, " }")
    }

    fn leave(&mut self, depth: usize) -> Option<Tree> {
        if self.loops > 0 && self.random.chance(70) {
            let words: &[&str] = if self.no_continue { &["break;"] } else { &["break;", "continue;"] };
            return Some(tree!(What::Fixed; *self.random.pick(words)));
        }
        let result = self.result.clone().filter(|_| self.lambdas == 0 && !self.pure)?;
        let value = self.expr(&result, depth.min(3));
        Some(tree!(What::Fixed; "return ", Self::bare(value), ";"))
    }

    /// `if x == () { return e; }`: behind it x is there.
    fn leave_if_missing(&mut self, depth: usize) -> Tree {
        let Some(test) = self.missing_test() else { return self.let_scalar(depth) };
        if test.facts.no.is_empty() {
            self.taint(&test.facts.yes);
            return self.let_scalar(depth);
        }
        let Some(leave) = self.leave(depth) else { return self.let_scalar(depth) };
        self.taint(&test.facts.no);
        self.known.extend(test.facts.no);
        tree!(What::Fixed; "if ", Self::bare(test.tree), " { ", leave, " }")
    }

    fn in_loop(&mut self, depth: usize) -> Tree {
        let was = std::mem::replace(&mut self.no_continue, false);
        self.loops += 1;
        let leaves = self.random.chance(25);
        let body = self.effects_and(depth.min(3), leaves);
        self.loops -= 1;
        self.no_continue = was;
        body
    }

    fn for_loop(&mut self, depth: usize) -> Tree {
        let name = self.name("i");
        let (over, ty) = match self.random.below(14) {
            0..=5 => {
                let low = self.random.between(-2, 3);
                let dots = *self.random.pick(&["..", "..="]);
                (tree!(What::Fixed; format!("{low}{dots}{}", low + self.random.between(0, 4))), Type::of(Kind::Int))
            }
            // Over rows: no plan has that.
            6 if self.related_in_reach() && self.random.chance(50) => {
                (tree!(What::Fixed; "c.orders"), Type::of(Kind::Row(ORDERS)))
            }
            7 | 8 => self.list_for_loop(depth),
            _ => {
                let kind = match self.kind() {
                    Kind::DateTime => Kind::Int,
                    kind => kind,
                };
                let mut parts: Vec<Part> = vec!["[".into()];
                for i in 0..self.random.between(1, 4) {
                    let value = self.literal(&kind);
                    parts.push(if i == 0 { "".into() } else { ", ".into() });
                    parts.push(Self::bare(value).into());
                }
                parts.push("]".into());
                (Tree::new(What::Fixed, parts), Type::of(kind))
            }
        };
        let counter = if self.random.chance(25) { Some(self.name("n")) } else { None };
        let body = self.scoped(|g| {
            g.declare(&name, ty, false);
            if let Some(counter) = &counter {
                g.declare(counter, Type::of(Kind::Int), false);
            }
            g.in_loop(depth)
        });
        let variables = counter.map_or(name.clone(), |counter| format!("({name}, {counter})"));
        tree!(What::Fixed; "for ", variables, " in ", over, " ", body)
    }

    /// A loop that a counter of its own ends.
    fn while_loop(&mut self, depth: usize) -> Tree {
        let (name, most) = (self.name("w"), self.random.between(1, 4));
        self.declare(&name, Type::of(Kind::Int), false);
        let form = self.random.below(4);
        let was = std::mem::replace(&mut self.no_continue, form == 0 || form == 2);
        self.loops += 1;
        let body = self.effects(depth.min(3));
        self.loops -= 1;
        self.no_continue = was;
        let body = tree!(What::Fixed; "{ ", format!("{name} += 1; "), body, " }");
        let start = format!("let {name} = 0; ");
        match form {
            0 => tree!(What::Fixed; start, "do ", body, format!(" until {name} >= {most};")),
            1 => tree!(What::Fixed; start, "loop ", format!("{{ if {name} >= {most} {{ break; }} "), body, " }"),
            2 => tree!(What::Fixed; start, "do ", body, format!(" while {name} < {most};")),
            _ => tree!(What::Fixed; start, "while ", format!("{name} < {most} "), body),
        }
    }

    /// `m.key = e;` on a map of this function.
    fn set_entry(&mut self, depth: usize) -> Tree {
        let lambdas = self.lambdas;
        let map = self.variable_of(|v| matches!(v.ty.kind, Kind::Map(_)) && v.lambdas == lambdas && !v.pure);
        let Some(Variable { name, ty: Type { kind: Kind::Map(keys), .. }, .. }) = map else {
            return self.let_map(depth);
        };
        let (key, ty) = self.random.pick(&keys).clone();
        let value = self.value(&ty.kind, depth);
        let target = if self.random.chance(70) { format!("{name}.{key}") } else { format!("{name}[\"{key}\"]") };
        let op = match ty.kind {
            Kind::Int | Kind::Float if self.random.chance(30) => "+=",
            _ => "=",
        };
        tree!(What::Fixed; target, format!(" {op} "), Self::bare(value), ";")
    }

    /// `let m = #{ a: #{ b: e } }; if x { m.a.b = e; }`, in two maps or in a list in a map.
    fn set_inner(&mut self, depth: usize) -> Tree {
        let kind = match self.kind() {
            Kind::DateTime => Kind::Float,
            kind => kind,
        };
        let d = depth.min(3);
        let map = self.name("m");
        let (a, b, e) = (self.value(&kind, d), self.value(&kind, d.min(1)), self.literal(&kind));
        let listed = self.random.chance(40);
        let at = *self.random.pick(&["0", "1", "-1"]);
        let start = match listed {
            true => {
                tree!(What::Fixed; format!("let {map} = #{{ b: true, a: ["), Self::bare(a), ", ", Self::bare(b), "] }; ")
            }
            false => {
                tree!(What::Fixed; format!("let {map} = #{{ a: #{{ East: "), Self::bare(a), ", b: ", Self::bare(b), " }, c: 1 }; ")
            }
        };
        let (path, other) = match (listed, self.random.below(3)) {
            (true, 0) => (format!("{map}[\"a\"][{at}]"), format!("{map}.a[0]")),
            (true, _) => (format!("{map}.a[{at}]"), format!("{map}.a[1]")),
            (false, 0) => (format!("{map}[\"a\"].b"), format!("{map}.a.East")),
            (false, 1) => (format!("{map}.a[\"East\"]"), format!("{map}.a.East")),
            (false, _) => (format!("{map}.a.b"), format!("{map}[\"a\"][\"b\"]")),
        };
        let condition = self.condition(d);
        let set = self.knowing(&condition.facts.yes, |g| g.value(&kind, d));
        self.taint(&condition.facts.yes);
        self.taint(&condition.facts.no);
        let op = match kind {
            Kind::Int | Kind::Float | Kind::Text if self.random.chance(30) => "+=",
            _ => "=",
        };
        let name = self.name("v");
        self.declare(&name, Type::of(kind), false);
        let branch =
            tree!(What::Fixed; "if ", Self::bare(condition.tree), format!(" {{ {path} {op} "), Self::bare(set), "; } ");
        let again = tree!(What::Loose; format!("{other} = "), Self::bare(e), "; ");
        let read = if self.random.chance(60) { path } else { other };
        tree!(What::Fixed; start, branch, again, format!("let {name} = {read};"))
    }

    /// `let xs = []; xs.push(e); …`
    fn push(&mut self, depth: usize) -> Tree {
        let kind = match self.kind() {
            Kind::DateTime => Kind::Int,
            kind => kind,
        };
        let name = self.name("v");
        let start = if self.random.chance(50) { "[]".to_owned() } else { format!("[{}]", self.plain_literal(&kind)) };
        let mut parts: Vec<Part> = vec![Part::Text(format!("let {name} = {start};"))];
        for _ in 0..self.random.between(1, 2) {
            let value = self.value(&kind, depth.min(3));
            parts.push(tree!(What::Fixed; " ", name.clone(), ".push(", Self::bare(value), ");").into());
        }
        self.declare(&name, Type::list(Type::of(kind)), false);
        Tree::new(What::Fixed, parts)
    }

    fn switch_stmt(&mut self, depth: usize) -> Tree {
        let kind = *self.random.pick(&[&Kind::Int, &Kind::Text]);
        let subject = self.value(kind, depth);
        let case = self.plain_literal(kind);
        let (a, b) = (self.effects(depth.min(3)), self.effects(depth.min(3)));
        tree!(What::Fixed; "switch ", Self::bare(subject), " { ", case, " => ", a, " _ => ", b, " }")
    }

    fn nested(&mut self, depth: usize) -> Tree {
        self.effects(depth)
    }

    fn throw(&mut self) -> Tree {
        let test = self.value(&Kind::Int, 1);
        let text = *self.random.pick(&["\"too much\"", "`没有 ${c.n}`", "\"stop\""]);
        let text = if self.customer { text } else { "\"stop\"" };
        tree!(What::Fixed; "if ", test, " > 11 { throw ", text, "; }")
    }

    /// `let x; if a { x = e; }`: x may be missing behind it.
    fn set_later(&mut self, depth: usize) -> Tree {
        let ty = Type::of(self.kind());
        let condition = self.condition(depth);
        let value = self.knowing(&condition.facts.yes, |g| g.value(&ty.kind, depth));
        let name = self.name("v");
        let start = if self.random.chance(50) { format!("let {name}; ") } else { format!("let {name} = (); ") };
        self.declare(&name, ty.or_missing(), false);
        tree!(What::Fixed; start, "if ", Self::bare(condition.tree), format!(" {{ {name} = "), Self::bare(value), "; }")
    }

    /// `let xs = [a, b]; xs[0] = e;`
    fn set_element(&mut self, depth: usize) -> Tree {
        let kind = *self.random.pick(&[&Kind::Int, &Kind::Float, &Kind::Text]);
        let (a, b) = (self.literal(kind), self.value(kind, depth.min(2)));
        let name = self.name("v");
        let at = *self.random.pick(&["0", "1", "-1"]);
        let op = *self.random.pick(&["=", "+="]);
        let value = self.value(kind, depth.min(3));
        self.declare(&name, Type::list(Type::of(kind.clone())), false);
        let list = tree!(What::Fixed; format!("let {name} = ["), Self::bare(a), ", ", Self::bare(b), "];");
        tree!(What::Fixed; list, format!(" {name}[{at}] {op} "), Self::bare(value), ";")
    }

    /// A map with computed keys.
    fn dict(&mut self, depth: usize) -> Tree {
        let kind = *self.random.pick(&[&Kind::Int, &Kind::Float]);
        let (name, item) = (self.name("v"), self.name("i"));
        let rows = self.related_in_reach() && self.random.chance(8);
        let zero = if *kind == Kind::Int { "0" } else { "0.0" };
        let (over, key, ty) = match rows {
            true => ("c.orders", format!("{item}.channel"), Type::of(Kind::Row(ORDERS))),
            false => ("[\"East\", \"华东\", \"a\", \"East\"]", item.clone(), Type::of(Kind::Text)),
        };
        let value = self.scoped(|g| {
            g.declare(&item, ty, false);
            g.value(kind, depth.min(3))
        });
        self.declare(&name, Type::of(Kind::Dict(Box::new(Type::of(kind.clone())))), false);
        let start = format!("let {name} = #{{}}; for {item} in {over} {{ {name}[{key}] = ({name}[{key}] ?? {zero}) + ");
        tree!(What::Fixed; start, value, "; }")
    }

    /// A row in a variable, which may be missing.
    fn let_row(&mut self, depth: usize) -> Tree {
        if !self.related_in_reach() || self.pure {
            return self.let_scalar(depth);
        }
        let (table, value) = match self.random.below(3) {
            0 if self.customer => (CUSTOMERS, tree!(What::Fixed; "c.parent")),
            _ => {
                let table = *self.random.pick(&[ORDERS, LINES]);
                let rows = self.rows(table, depth.min(4));
                (table, tree!(What::Fixed; rows, *self.random.pick(&[".first()", ".last()"])))
            }
        };
        let name = self.name("r");
        self.declare(&name, Type::of(Kind::Row(table)).or_missing(), false);
        tree!(What::Fixed; format!("let {name} = "), value, ";")
    }
}
