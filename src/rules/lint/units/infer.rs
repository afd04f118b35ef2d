//! The unit of every expression of a step.
//!
//! In: typed instances. Out: what is known of their results, and mismatches. Must not know: values. A variable that is
//! set again keeps its unit up to the branch or loop that sets it; behind that nothing is known of it. A function is looked at anew for each combination of its arguments' units.

use super::Known;
use super::unit::Unit;
use crate::diag::{Diagnostic, ids};
use crate::manifest::model::{Parameter, Parameters, VARYING};
use crate::rules::ast::BinaryOp;
use crate::rules::lint::atoms::{changed, set_in};
use crate::rules::schema::Schema;
use crate::rules::typed::{Arm, Block, Expr, ExprKind, InstanceId, Iterable, Key, LocalId, Program, Stmt, StmtKind};
use crate::rules::walk;
use crate::source::{SourceMap, Span};
use std::collections::{HashMap, HashSet};

pub(super) struct Inference<'a> {
    pub(super) program: &'a Program,
    schema: &'a Schema,
    parameters: &'a Parameters,
    sources: &'a SourceMap,
    found: Vec<Diagnostic>,
    results: HashMap<(InstanceId, Vec<Known>), Known>,
    locals: HashMap<LocalId, Known>,
    changed: HashSet<LocalId>,
    /// What the function gives so far.
    result: Option<Known>,
}

impl<'a> Inference<'a> {
    pub(super) fn new(
        program: &'a Program,
        schema: &'a Schema,
        parameters: &'a Parameters,
        sources: &'a SourceMap,
    ) -> Inference<'a> {
        Inference {
            program,
            schema,
            parameters,
            sources,
            found: Vec::new(),
            results: HashMap::new(),
            locals: HashMap::new(),
            changed: HashSet::new(),
            result: None,
        }
    }

    pub(super) fn into_findings(self) -> Vec<Diagnostic> {
        self.found
    }

    /// What is known of an instance's result, for arguments of these units.
    pub(super) fn instance(&mut self, id: InstanceId, args: Vec<Known>) -> Known {
        let Some(instance) = self.program.instances.get(id.0 as usize) else { return Known::Nothing };
        let key = (id, args);
        if let Some(known) = self.results.get(&key) {
            return known.clone();
        }
        // What is met again before it is known calls itself.
        self.results.insert(key.clone(), Known::Nothing);
        let locals = (0..).map(LocalId).zip(key.1.iter().cloned()).collect();
        let outer_locals = std::mem::replace(&mut self.locals, locals);
        let outer_changed = std::mem::replace(&mut self.changed, changed(instance));
        let outer_result = self.result.take();
        let value = self.block(&instance.body);
        if !instance.body.ty.is_never() {
            self.gives(value, instance.body.span);
        }
        let result = self.result.take().unwrap_or(Known::Nothing);
        (self.locals, self.changed, self.result) = (outer_locals, outer_changed, outer_result);
        self.results.insert(key, result.clone());
        result
    }

    fn gives(&mut self, value: Known, span: Span) {
        self.result = Some(match self.result.take() {
            None => value,
            Some(before) => self.join(before, value, span, "the function returns"),
        });
    }

    fn block(&mut self, block: &Block) -> Known {
        let mut value = Known::Unit(Unit::default());
        for (i, stmt) in block.stmts.iter().enumerate() {
            let given = self.stmt(stmt);
            if i + 1 == block.stmts.len() {
                value = given;
            }
        }
        value
    }

    fn stmt(&mut self, stmt: &Stmt) -> Known {
        match &stmt.kind {
            StmtKind::Let { local, value } => {
                let known = value.as_ref().map_or(Known::Nothing, |e| self.expr(e));
                self.locals.insert(*local, known);
            }
            StmtKind::Assign { local, value } => {
                let known = self.expr(value);
                self.locals.insert(*local, known);
            }
            StmtKind::Push { local, value } => {
                self.expr(value);
                self.locals.insert(*local, Known::Nothing);
            }
            StmtKind::Throw(value) => drop(self.expr(value)),
            StmtKind::SetKey { local, path, value } => {
                self.expr(value);
                self.locals.insert(*local, Known::Nothing);
                for key in path {
                    if let Key::Computed(key) = key {
                        self.expr(key);
                    }
                }
            }
            StmtKind::Expr(e) => return self.expr(e),
            StmtKind::While { condition, body } => {
                self.forget(body);
                self.expr(condition);
                self.block(body);
                self.forget(body);
            }
            StmtKind::Loop { body } => {
                self.forget(body);
                self.block(body);
                self.forget(body);
            }
            StmtKind::DoWhile { body, condition, .. } => {
                self.forget(body);
                self.block(body);
                self.forget(body);
                self.expr(condition);
            }
            StmtKind::For { variable, iterable, body, .. } => {
                let element = match iterable {
                    Iterable::List(list) => self.expr(list),
                    Iterable::Range { from, to, .. } => {
                        self.expr(from);
                        self.expr(to);
                        Known::Nothing
                    }
                };
                let element = if self.changed.contains(variable) { Known::Nothing } else { element };
                self.locals.insert(*variable, element);
                self.forget(body);
                self.block(body);
                self.forget(body);
            }
            StmtKind::Return(Some(value)) => {
                let known = self.expr(value);
                self.gives(known, value.span);
            }
            StmtKind::Return(None) | StmtKind::Break | StmtKind::Continue => {}
        }
        Known::Unit(Unit::default())
    }

    pub(super) fn expr(&mut self, e: &Expr) -> Known {
        match &e.kind {
            ExprKind::Unit => Known::Unit(Unit::default()),
            ExprKind::Int(_) | ExprKind::Float(_) => self.number(e.span),
            ExprKind::Local(local) => self.locals.get(local).cloned().unwrap_or(Known::Nothing),
            ExprKind::List(items) => self.list(items, e.span),
            ExprKind::Map(entries) => {
                Known::Map(entries.iter().map(|(key, value)| (key.clone(), self.expr(value))).collect())
            }
            ExprKind::Column { row, table, column, .. } => {
                self.expr(row);
                self.column(*table, *column)
            }
            ExprKind::Field { map, key, .. } => match self.expr(map) {
                Known::Map(keys) => keys.into_iter().find(|(k, _)| k == key).map_or(Known::Nothing, |(_, known)| known),
                _ => Known::Nothing,
            },
            ExprKind::Element { list, index, .. } => {
                self.expr(index);
                self.expr(list)
            }
            ExprKind::Negate(inner) | ExprKind::ToFloat(inner) | ExprKind::DecimalsToFloats(inner) => self.expr(inner),
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right, e.span),
            ExprKind::Coalesce(a, b) => {
                let (a, known) = (self.expr(a), self.expr(b));
                self.join(a, known, b.span, "the sides of `??` are")
            }
            ExprKind::If { condition, then, otherwise } => self.if_value(condition, then, otherwise.as_deref()),
            ExprKind::Switch { value, arms } => self.switch(value, arms),
            ExprKind::Block(block) => self.block(block),
            ExprKind::Call { function, args } => self.call(*function, args, e.span),
            ExprKind::CallInstance { instance, args } => {
                let args = args.iter().map(|a| self.expr(a)).collect();
                self.instance(*instance, args)
            }
            ExprKind::ListCall { method, list, args, lambda } => self.list_call(*method, list, args, lambda.as_deref()),
            ExprKind::Standing { index, extra } => {
                extra.iter().for_each(|e| drop(self.expr(e)));
                self.standing(*index)
            }
            _ => {
                self.below(e);
                Known::Nothing
            }
        }
    }

    fn if_value(&mut self, condition: &Expr, then: &Block, otherwise: Option<&Expr>) -> Known {
        self.expr(condition);
        let before = self.before();
        let yes = self.block(then);
        self.back_to(&before);
        let no = otherwise.map(|otherwise| self.expr(otherwise));
        self.back_to(&before);
        self.forget(then);
        self.forget_below(otherwise);
        let (Some(no), Some(otherwise)) = (no, otherwise) else { return yes };
        if then.ty.is_never() {
            return no;
        }
        if otherwise.ty.is_never() { yes } else { self.join(yes, no, otherwise.span, "branches are") }
    }

    fn switch(&mut self, value: &Expr, arms: &[Arm]) -> Known {
        self.expr(value);
        let mut known: Option<Known> = None;
        let before = self.before();
        for arm in arms {
            self.back_to(&before);
            arm.condition.iter().for_each(|c| drop(self.expr(c)));
            let value = self.expr(&arm.value);
            if !arm.value.ty.is_never() {
                known = Some(match known {
                    None => value,
                    Some(before) => self.join(before, value, arm.value.span, "arms are"),
                });
            }
        }
        self.back_to(&before);
        arms.iter().for_each(|arm| self.forget_below(Some(&arm.value)));
        known.unwrap_or(Known::Nothing)
    }

    /// What is known of variables, to come back to it; nothing is needed where no variable is set again.
    fn before(&self) -> Option<HashMap<LocalId, Known>> {
        (!self.changed.is_empty()).then(|| self.locals.clone())
    }

    fn back_to(&mut self, before: &Option<HashMap<LocalId, Known>>) {
        if let Some(before) = before {
            self.locals.extend(before.iter().map(|(local, known)| (*local, known.clone())));
        }
    }

    /// Forgets what a block sets.
    fn forget(&mut self, block: &Block) {
        if !self.changed.is_empty() {
            let set = set_in(|see| walk::block(block, see));
            self.locals.extend(set.into_iter().map(|local| (local, Known::Nothing)));
        }
    }

    /// Forgets what blocks below an expression set.
    fn forget_below(&mut self, e: Option<&Expr>) {
        if let Some(e) = e.filter(|_| !self.changed.is_empty()) {
            let set = set_in(|see| walk::expr(e, see));
            self.locals.extend(set.into_iter().map(|local| (local, Known::Nothing)));
        }
    }

    /// Looks at what has no unit itself.
    fn below(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Interpolated(parts) => parts.iter().for_each(|p| drop(self.expr(p))),
            ExprKind::Reference { row: a, .. }
            | ExprKind::Related { row: a, .. }
            | ExprKind::ParameterTable { key: a, .. }
            | ExprKind::Not(a)
            | ExprKind::IsMissing(a) => drop(self.expr(a)),
            ExprKind::Lookup { map: a, key: b } | ExprKind::And(a, b) | ExprKind::Or(a, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::In { item, container, .. } => {
                let (a, b) = (self.expr(item), self.expr(container));
                self.join(a, b, container.span, "what is looked for and the list are");
            }
            _ => {}
        }
    }

    /// A bare number has no unit of its own; where a parameter stands, its value does.
    fn number(&self, span: Span) -> Known {
        let text = self.sources.text(span);
        if !text.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return Known::Unit(Unit::default());
        }
        let mut names = text.split('.').map(str::trim);
        if names.next() != Some("P") {
            return Known::Nothing;
        }
        let mut entries = &self.parameters.entries;
        for name in names {
            match entries.get(name) {
                Some(Parameter::Group { entries: below, .. }) => entries = below,
                Some(Parameter::Leaf(leaf)) => {
                    return leaf.unit.as_deref().and_then(Unit::parse).map_or(Known::Nothing, Known::Unit);
                }
                _ => return Known::Nothing,
            }
        }
        Known::Nothing
    }

    fn list(&mut self, items: &[Expr], span: Span) -> Known {
        if let Known::Unit(unit) = self.number(span)
            && !unit.is_plain()
        {
            return Known::Unit(unit);
        }
        let mut known = Known::Unit(Unit::default());
        for item in items {
            let next = self.expr(item);
            known = self.join(known, next, item.span, "elements are");
        }
        known
    }

    fn column(&self, table: crate::rules::types::TableId, column: crate::rules::types::ColumnId) -> Known {
        let column = self.schema.column(table, column);
        // Rules see smallest units here: the declared unit is not theirs.
        let counts = |unit: &&str| !column.minor_units || unit.starts_with(VARYING);
        let unit = column.unit.as_deref().filter(counts).filter(|_| column.rule_type().is_number());
        unit.and_then(Unit::parse).map_or(Known::Nothing, Known::Unit)
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: Span) -> Known {
        let (a, b) = (self.expr(left), self.expr(right));
        let puts_together = !matches!(op, BinaryOp::Multiply | BinaryOp::Divide);
        if puts_together && self.varying_pair((&a, left), (&b, right), span) {
            return Known::Nothing;
        }
        let sign = match op {
            BinaryOp::Multiply => 1,
            BinaryOp::Divide => -1,
            BinaryOp::Add | BinaryOp::Remainder => return self.join(a, b, span, "added values are"),
            BinaryOp::Subtract => return self.join(a, b, span, "subtracted values are"),
            _ => {
                self.join(a, b, span, "compared values are");
                return Known::Nothing;
            }
        };
        match (a, b) {
            (Known::Unit(a), Known::Unit(b)) => Known::Unit(a.times(&b, sign)),
            _ => Known::Nothing,
        }
    }

    /// What is known of a value that is one or the other; reports units that do not fit.
    pub(super) fn join(&mut self, a: Known, b: Known, span: Span, what: &str) -> Known {
        match (a, b) {
            (Known::Unit(a), Known::Unit(b)) if a.fits(&b) => Known::Unit(if a.is_plain() { b } else { a }),
            (Known::Unit(a), Known::Unit(b)) => {
                self.report(&a, &b, span, what);
                Known::Nothing
            }
            (Known::Map(a), Known::Map(mut b)) => {
                let mut keys = Vec::with_capacity(a.len());
                for (key, known) in a {
                    let other = b.iter().position(|(k, _)| *k == key).map(|at| b.swap_remove(at).1);
                    let what = format!("values of `{key}` are");
                    let known = other.map_or(Known::Nothing, |other| self.join(known, other, span, &what));
                    keys.push((key, known));
                }
                Known::Map(keys)
            }
            // `()` in a branch takes nothing away from what the other knows.
            (Known::Map(keys), Known::Unit(unit)) | (Known::Unit(unit), Known::Map(keys)) if unit.is_plain() => {
                Known::Map(keys)
            }
            _ => Known::Nothing,
        }
    }

    pub(super) fn report(&mut self, a: &Unit, b: &Unit, span: Span, what: &str) {
        let help = match (a.to_string().as_str(), b.to_string().as_str()) {
            ("days", "months") | ("months", "days") => {
                "count both in days or both in months: `days_between`, `months_between`".to_owned()
            }
            (a, b) => format!(
                "take what has the same unit, convert by a parameter with the unit `{a}/{b}`, or mend the declared unit"
            ),
        };
        self.found.push(
            Diagnostic::error(ids::UNIT_MISMATCH, format!("{what} of unlike units: {a} and {b}"))
                .at_with(span, format!("{a} and {b}"))
                .help(help)
                .help(format!("where it is meant, end the line with `// allow: {}`", ids::UNIT_MISMATCH.name())),
        );
    }

    pub(super) fn add(&mut self, finding: Diagnostic) {
        self.found.push(finding);
    }

    pub(super) fn bind(&mut self, local: LocalId, known: Known) {
        self.locals.insert(local, known);
    }
}
