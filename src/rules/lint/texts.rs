//! The texts that a value can be, where all of them are known.
//!
//! In: the typed programs in the order of their steps, the project. Out: for an expression its texts, or nothing where
//! others may come; tests of such a value for a text that it never is. Must not know: conditions, data.
//!
//! Known are texts of the rules themselves, through branches, variables and functions; columns of steps that give
//! nothing else; columns whose manifest lists what is `allowed` and turns other rows away; the tier, which is one of
//! `decision: order:`. A parameter may be another tomorrow, and an earlier decision may come from earlier rules.

use super::Rules;
use crate::diag::Diagnostic;
use crate::manifest::model::{Scalar, Severity, Table};
use crate::rules::ast::BinaryOp;
use crate::rules::typeck::one_line;
use crate::rules::typed::{Block, Expr, ExprKind, Instance, InstanceId, Key, LocalId, Program, Stmt, StmtKind};
use crate::rules::types::{ColumnId, Kind, TableId};
use crate::rules::walk::{self, Node};
use crate::source::{SourceMap, Span};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Texts in the order of their bytes.
type Texts = BTreeSet<Arc<str>>;

/// How many expressions are looked at for one value.
const MOST: usize = 2_000;

/// As how many of them a variable counts, whose function is walked for what it is set to.
const VARIABLE: usize = 50;

/// How many texts a message names.
const SHOWN: usize = 8;

/// The columns of which all texts are known.
pub(super) struct Closed<'a> {
    columns: HashMap<(TableId, ColumnId), Texts>,
    sources: &'a SourceMap,
}

/// A text with which a value is compared, and that it never is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stranger {
    /// The value as it is written.
    value: String,
    wrong: Arc<str>,
    known: Texts,
}

impl Stranger {
    /// The finding, at the place of the test.
    pub(super) fn tell(&self, found: Diagnostic, at: Span) -> Diagnostic {
        let mut names: Vec<String> = self.known.iter().take(SHOWN).map(|text| format!("`{text}`")).collect();
        match (self.known.len().saturating_sub(SHOWN), names.pop()) {
            (0, Some(last)) if names.is_empty() => names.push(last),
            (0, Some(last)) => names = vec![format!("{} or {last}", names.join(", "))],
            (more, Some(last)) => names = vec![format!("{}, {last} or one of {more} more", names.join(", "))],
            (_, None) => {}
        }
        let label = format!("`{}` can only be {}", self.value, names.concat());
        let found = found.at_with(at, label).did_you_mean(&self.wrong, self.known.iter().map(|text| &**text));
        if found.help.is_empty() { found.help("compare with a text that it can be, or take this away") } else { found }
    }
}

impl<'a> Closed<'a> {
    /// Columns of manifests, then those of each step.
    pub(super) fn new(rules: Rules<'a>) -> Closed<'a> {
        let mut closed = Closed { columns: HashMap::new(), sources: rules.sources };
        for (index, table) in rules.project.tables.values().enumerate() {
            closed.allowed(TableId(index as u16), table, rules);
        }
        let (steps, outlook) = rules.programs.split_at(rules.project.steps.len().min(rules.programs.len()));
        // What a strategic plan expects of later years is no row of the manifest's table.
        for (name, _) in outlook.iter().flat_map(|program| &program.output.columns) {
            closed.forget(rules, name);
        }
        for program in steps {
            closed.step(program, rules);
        }
        closed
    }

    fn allowed(&mut self, id: TableId, table: &Table, rules: Rules<'_>) {
        for column in table.columns.values().filter(|column| column.contract.is_of_source()) {
            let Some(rule) = column.contract.allowed.as_ref().filter(|rule| rule.severity != Severity::Warn) else {
                continue;
            };
            let texts = rule.is.iter().map(|value| match value {
                Scalar::Text(text) => Some(Arc::from(text.as_str())),
                _ => None,
            });
            let texts: Option<Texts> = texts.collect();
            if let (Some(texts), Some(place)) = (texts, rules.schema.table(id).column(&column.name)) {
                self.columns.insert((id, place), texts);
            }
        }
    }

    fn forget(&mut self, rules: Rules<'_>, name: &str) {
        let customer = rules.schema.customer;
        if let Some(column) = rules.schema.table(customer).column(name) {
            self.columns.remove(&(customer, column));
        }
    }

    fn step(&mut self, program: &Program, rules: Rules<'_>) {
        let (customer, decision) = (rules.schema.customer, &rules.project.decision);
        for (name, ty) in program.output.columns.iter().filter(|(_, ty)| ty.kind == Kind::Text) {
            let key = program.output.is_map.then_some(name.as_str());
            let mut look = Look { closed: self, program, left: MOST, open: Vec::new() };
            let mut texts = look.result(program.entry, key);
            if *name == decision.tier && !ty.is_never() {
                // Another tier than these makes the customer undetermined.
                texts.get_or_insert_default().extend(decision.order.iter().map(|tier| Arc::from(tier.as_str())));
            }
            if let (Some(texts), Some(column)) = (texts, rules.schema.table(customer).column(name)) {
                self.columns.insert((customer, column), texts);
            }
        }
    }

    /// The texts that an expression can be, if no others can come; none where nothing is known.
    fn texts(&self, program: &Program, instance: &Instance, e: &Expr) -> Option<Cow<'_, Texts>> {
        if e.ty.kind != Kind::Text {
            return None;
        }
        if let ExprKind::Column { table, column, .. } = &e.kind {
            return self.columns.get(&(*table, *column)).map(Cow::Borrowed);
        }
        let mut look = Look { closed: self, program, left: MOST, open: Vec::new() };
        look.expr(instance, e, None).filter(|texts| !texts.is_empty()).map(Cow::Owned)
    }

    /// What `==` or `!=` asks for that never comes.
    pub(super) fn compared(&self, program: &Program, instance: &Instance, e: &Expr) -> Option<Stranger> {
        let ExprKind::Binary { op: BinaryOp::Equal | BinaryOp::NotEqual, left, right } = &e.kind else { return None };
        match (self.literal(left), self.literal(right)) {
            (None, Some(text)) => self.stranger(program, instance, left, [text]).pop().map(|(_, found)| found),
            (Some(text), None) => self.stranger(program, instance, right, [text]).pop().map(|(_, found)| found),
            _ => None,
        }
    }

    /// Which of the texts of a list or of cases a value never is, with their positions.
    pub(super) fn stranger<'t>(
        &self,
        program: &Program,
        instance: &Instance,
        value: &Expr,
        asked: impl IntoIterator<Item = &'t Arc<str>>,
    ) -> Vec<(usize, Stranger)> {
        let Some(known) = self.texts(program, instance, value) else { return Vec::new() };
        let written = one_line(self.sources.text(value.span));
        let strange = asked.into_iter().enumerate().filter(|(_, text)| !known.contains(*text));
        let made = |(n, wrong): (usize, &Arc<str>)| {
            (n, Stranger { value: written.clone(), wrong: wrong.clone(), known: known.clone().into_owned() })
        };
        strange.map(made).collect()
    }

    /// A text that stands in the rules.
    pub(super) fn literal<'e>(&self, e: &'e Expr) -> Option<&'e Arc<str>> {
        let ExprKind::Text(text) = &e.kind else { return None };
        let written = self.sources.text(e.span);
        let is_parameter = written.starts_with("P.") || written.starts_with("P[");
        (!is_parameter).then_some(text)
    }
}

/// One look for the texts of a value.
struct Look<'a, 'c> {
    closed: &'c Closed<'a>,
    program: &'c Program,
    /// How many expressions may still be looked at.
    left: usize,
    /// Variables and functions that are being looked at: one that comes again adds nothing to itself.
    open: Vec<(InstanceId, Option<LocalId>, Option<String>)>,
}

impl Look<'_, '_> {
    /// What a function gives, or what it gives under a key of its map.
    fn result(&mut self, id: InstanceId, key: Option<&str>) -> Option<Texts> {
        let instance = self.program.instances.get(id.0 as usize)?;
        self.once((id, None, key.map(str::to_owned)), |look| {
            let mut found = look.block(instance, &instance.body, key)?;
            let mut returned = Vec::new();
            walk::block(&instance.body, &mut |node| {
                if let Node::Stmt(Stmt { kind: StmtKind::Return(Some(value)), .. }) = node {
                    returned.push(value);
                }
            });
            for value in returned {
                found.extend(look.expr(instance, value, key)?);
            }
            Some(found)
        })
    }

    fn once(
        &mut self,
        what: (InstanceId, Option<LocalId>, Option<String>),
        look: impl FnOnce(&mut Self) -> Option<Texts>,
    ) -> Option<Texts> {
        if self.open.contains(&what) {
            return Some(Texts::new());
        }
        self.open.push(what);
        let found = look(self);
        self.open.pop();
        found
    }

    fn block(&mut self, instance: &Instance, block: &Block, key: Option<&str>) -> Option<Texts> {
        match block.stmts.last().map(|stmt| &stmt.kind) {
            Some(StmtKind::Expr(e)) => self.expr(instance, e, key),
            _ => Some(Texts::new()),
        }
    }

    fn expr(&mut self, instance: &Instance, e: &Expr, key: Option<&str>) -> Option<Texts> {
        self.left = self.left.checked_sub(1)?;
        if e.ty.kind == Kind::Never {
            return Some(Texts::new());
        }
        match &e.kind {
            ExprKind::Text(_) if key.is_none() => self.closed.literal(e).map(|text| Texts::from([text.clone()])),
            ExprKind::Map(entries) => {
                let (_, value) = entries.iter().find(|(name, _)| Some(name.as_str()) == key)?;
                self.expr(instance, value, None)
            }
            ExprKind::Field { map, key: name, .. } if key.is_none() => self.expr(instance, map, Some(name)),
            ExprKind::Local(local) => self.local(instance, *local, key),
            ExprKind::Column { table, column, .. } if key.is_none() => {
                self.closed.columns.get(&(*table, *column)).cloned()
            }
            ExprKind::Coalesce(a, b) => self.both(instance, [&**a, &**b], key),
            ExprKind::If { then, otherwise, .. } => {
                let mut found = self.block(instance, then, key)?;
                found.extend(self.both(instance, otherwise.as_deref(), key)?);
                Some(found)
            }
            ExprKind::Switch { arms, .. } => self.both(instance, arms.iter().map(|arm| &arm.value), key),
            ExprKind::Block(block) => self.block(instance, block, key),
            ExprKind::CallInstance { instance, .. } => self.result(*instance, key),
            _ => None,
        }
    }

    fn both<'e>(
        &mut self,
        instance: &Instance,
        values: impl IntoIterator<Item = &'e Expr>,
        key: Option<&str>,
    ) -> Option<Texts> {
        let mut found = Texts::new();
        for value in values {
            found.extend(self.expr(instance, value, key)?);
        }
        Some(found)
    }

    /// All that a variable is set to anywhere in its function.
    fn local(&mut self, instance: &Instance, local: LocalId, key: Option<&str>) -> Option<Texts> {
        self.left = self.left.checked_sub(VARIABLE)?;
        let (mut values, mut bound, mut other) = (Vec::new(), false, false);
        walk::block(&instance.body, &mut |node| {
            let Node::Stmt(stmt) = node else { return };
            match &stmt.kind {
                StmtKind::Let { local: set, value } if *set == local => {
                    bound = true;
                    values.extend(value.iter().map(|value| (value, key)));
                }
                StmtKind::Assign { local: set, value } if *set == local => values.push((value, key)),
                StmtKind::SetKey { local: set, path, value } if *set == local => match &path[..] {
                    [Key::Name(name)] if Some(name.as_str()) == key => values.push((value, None)),
                    [Key::Name(_), ..] if key.is_some_and(|key| !begins(path, key)) => {}
                    _ => other = true,
                },
                StmtKind::Push { local: set, .. } if *set == local => other = true,
                _ => {}
            }
        });
        // What is no `let` is an argument, an element, a counter.
        if !bound || other {
            return None;
        }
        let id = self.program.instances.iter().position(|one| std::ptr::eq(one, instance))?;
        self.once((InstanceId(id as u32), Some(local), key.map(str::to_owned)), |look| {
            let mut found = Texts::new();
            for (value, key) in values {
                found.extend(look.expr(instance, value, key)?);
            }
            Some(found)
        })
    }
}

fn begins(path: &[Key], key: &str) -> bool {
    matches!(path.first(), Some(Key::Name(name)) if name == key)
}
