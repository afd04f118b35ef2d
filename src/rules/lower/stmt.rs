//! Blocks and statements.

use super::Lowerer;
use super::reason::{Lower, NotCompiled};
use super::slots::Slot;
use super::value::Value;
use crate::rules::ir::{Check, Const, NodeId};
use crate::rules::typed::{Block, Expr, Key, LocalId, Stmt, StmtKind};
use crate::source::Span;
use std::rc::Rc;

impl<'a> Lowerer<'a> {
    /// A block's value: that of its last expression.
    pub(super) fn block(&mut self, block: &'a Block) -> Lower<Value> {
        let mut value = Value::Missing;
        for stmt in &block.stmts {
            if self.b.is(self.live, false) {
                return Ok(Value::Missing);
            }
            self.spend(stmt.span)?;
            value = self.stmt(stmt)?;
        }
        // Nothing reads what the block declared behind it.
        for stmt in &block.stmts {
            if let StmtKind::Let { local, .. } = &stmt.kind
                && let Some(slot) = self.frame.locals.get_mut(local.0 as usize)
            {
                *slot = None;
            }
        }
        Ok(value)
    }

    fn stmt(&mut self, stmt: &'a Stmt) -> Lower<Value> {
        match &stmt.kind {
            StmtKind::Let { local, value } => {
                let value = value.as_ref().map_or(Ok(Value::Missing), |v| self.expr(v))?;
                self.frame.bind(*local, value);
            }
            StmtKind::Assign { local, value } => {
                let value = self.expr(value)?;
                self.assign(*local, value, stmt.span)?;
            }
            StmtKind::SetKey { local, path, value } => self.set_key(*local, path, value, stmt.span)?,
            StmtKind::Push { local, value } => self.push(*local, value, stmt.span)?,
            StmtKind::Expr(e) => return self.expr(e),
            StmtKind::While { condition, body } => self.while_loop(Some(condition), body)?,
            StmtKind::Loop { body } => self.while_loop(None, body)?,
            StmtKind::DoWhile { body, condition, until } => self.do_loop(body, condition, *until)?,
            StmtKind::For { variable, counter, iterable, body } => {
                self.for_loop(*variable, *counter, iterable, body)?;
            }
            StmtKind::Break => self.leave(true),
            StmtKind::Continue => self.leave(false),
            StmtKind::Return(value) => {
                let value = value.as_ref().map_or(Ok(Value::Missing), |v| self.expr(v))?;
                self.return_value(value, stmt.span)?;
            }
            StmtKind::Throw(text) => self.throw(text, stmt.span)?,
        }
        Ok(Value::Missing)
    }

    /// Sets a local for the live rows.
    fn assign(&mut self, local: LocalId, value: Value, span: Span) -> Lower {
        let n = local.0 as usize;
        let old = self.frame.locals.get(n).cloned().flatten();
        if self.frame.bound_in.get(n).is_some_and(|lambdas| *lambdas < self.frame.lambdas) {
            let why = "a lambda sets a variable from outside of it";
            return Err(NotCompiled::new(span, why, "take the value with an aggregate such as `sum` or `max`"));
        }
        let value = match old {
            Some(old) if self.some_left() => self.merge(self.live, &value, &old, span)?,
            _ => value,
        };
        self.frame.locals[n] = Some(value);
        Ok(())
    }

    fn throw(&mut self, text: &'a Expr, span: Span) -> Lower {
        let node = self.strict_node(text)?;
        if !self.b.is(self.live, false) {
            self.b.belongs(node, self.domain);
            let mask = self.mask();
            let site = self.frame.names.site(span, &[text]);
            let site = self.site_number(site);
            self.checks.push(Check::Throw { text: node, mask, site });
        }
        self.live = self.b.bool(false);
        Ok(())
    }

    /// `list.push(v)`: the list grows on every path that is walked.
    fn push(&mut self, local: LocalId, value: &'a Expr, span: Span) -> Lower {
        let value = self.expr(value)?;
        let list = self.frame.locals.get(local.0 as usize).cloned().flatten();
        let grown = match list {
            Some(Value::Items { items, there }) => {
                let mut items = items.to_vec();
                items.push(value);
                self.spend(span)?;
                Value::Items { items: Rc::new(items), there }
            }
            other => {
                let unknown = || {
                    let why = "a list grows whose length depends on data";
                    NotCompiled::new(span, why, "build it with `map` and `filter`")
                };
                let list = other.ok_or_else(unknown)?;
                let there = self.there(&list);
                let mut slots = self.slots(&list).ok_or_else(unknown)?;
                for _ in &slots {
                    self.spend(span)?;
                }
                slots.push(Slot { value, keep: self.b.bool(true) });
                self.of_slots(&slots, there, span)?
            }
        };
        self.assign(local, grown, span)
    }

    /// `m.key = v`: the value, then the keys, then it is set.
    fn set_key(&mut self, local: LocalId, path: &'a [Key], value: &'a Expr, span: Span) -> Lower {
        let value = self.expr(value)?;
        let mut keys = Vec::with_capacity(path.len());
        for key in path {
            keys.push(match key {
                Key::Name(name) => Const::Text(name.as_str().into()),
                Key::Computed(key) => {
                    let node = self.strict_node(key)?;
                    let known = self.b.graph().constant(node).cloned();
                    let list = self.frame.locals.get(local.0 as usize).cloned().flatten();
                    known.ok_or_else(|| match list {
                        Some(Value::Items { .. } | Value::List(_)) => {
                            let why = "an element is set whose place depends on data";
                            NotCompiled::new(key.span, why, "make the list anew, with the element chosen by `if`")
                        }
                        _ => {
                            let why = "an entry is set whose key depends on data";
                            NotCompiled::new(key.span, why, "tell the keys apart with `switch`")
                        }
                    })?
                }
            });
        }
        let old = self.frame.locals.get(local.0 as usize).cloned().flatten().unwrap_or(Value::Missing);
        let set = self.with_key(&old, &keys, value, span)?;
        self.assign(local, set, span)
    }

    fn with_key(&mut self, old: &Value, keys: &[Const], value: Value, span: Span) -> Lower<Value> {
        let Some((key, rest)) = keys.split_first() else { return Ok(value) };
        let unknown = || match old {
            Value::Items { .. } | Value::List(_) => {
                let why = "an element is set that may not be there";
                NotCompiled::new(span, why, "make the list with all its elements")
            }
            _ => NotCompiled::new(span, "an entry is set that may not be there", "give the map all its keys first"),
        };
        match (old, key) {
            (Value::Map { entries, there }, Const::Text(key)) if self.b.is(*there, true) => {
                let mut entries = entries.to_vec();
                match entries.binary_search_by(|(k, _)| k.as_str().cmp(key)) {
                    Ok(n) => {
                        let below = entries[n].1.clone();
                        entries[n].1 = self.with_key(&below, rest, value, span)?;
                    }
                    Err(n) if rest.is_empty() => entries.insert(n, (key.to_string(), value)),
                    Err(_) => return Err(unknown()),
                }
                Ok(Value::Map { entries: Rc::new(entries), there: *there })
            }
            (Value::Items { items, there }, Const::Int(n)) if self.b.is(*there, true) => {
                let index = if *n < 0 { n.checked_add(items.len() as i64) } else { Some(*n) };
                let index = index.and_then(|i| usize::try_from(i).ok()).filter(|i| *i < items.len());
                let Some(index) = index else { return Err(unknown()) };
                let mut items = items.to_vec();
                let below = items[index].clone();
                items[index] = self.with_key(&below, rest, value, span)?;
                Ok(Value::Items { items: Rc::new(items), there: *there })
            }
            _ => Err(unknown()),
        }
    }

    /// The int that a node is known to be.
    pub(super) fn int_of(&self, node: NodeId) -> Option<i64> {
        match self.b.graph().constant(node) {
            Some(Const::Int(n)) => Some(*n),
            _ => None,
        }
    }
}
