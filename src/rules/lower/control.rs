//! Branches, calls and loops.

use super::reason::{Lower, NotCompiled};
use super::slots::Turn;
use super::value::Value;
use super::{Frame, Lowerer, Turns};
use crate::rules::ir::NodeId;
use crate::rules::site::Names;
use crate::rules::typed::{Block, Expr, InstanceId, Iterable, LocalId};
use crate::source::Span;
use std::mem;
use std::rc::Rc;

/// Turns that a loop may be unrolled to.
const TURNS: u32 = 10_000;

/// Calls of a function within itself that are walked.
const RECURSION: usize = 64;

impl<'a> Lowerer<'a> {
    /// A value of two branches: the first where the condition holds. What the branches set is merged by it.
    pub(super) fn branch(
        &mut self,
        condition: NodeId,
        span: Span,
        then: impl FnOnce(&mut Self) -> Lower<Value>,
        otherwise: impl FnOnce(&mut Self) -> Lower<Value>,
    ) -> Lower<Value> {
        let before = self.live;
        let (in_then, negated) = (self.and(before, condition), self.not(condition));
        let in_else = self.and(before, negated);
        // A branch that no row takes is not walked.
        if self.b.is(in_else, false) {
            return then(self);
        }
        if self.b.is(in_then, false) {
            return otherwise(self);
        }
        let (locals, left, returns) = (self.frame.locals.clone(), self.left(), self.frame.returns);
        self.live = in_then;
        let a = then(self)?;
        let (live_a, left_a) = (self.live, self.left() != left);
        let locals_a = mem::replace(&mut self.frame.locals, locals);
        self.live = in_else;
        let b = otherwise(self)?;
        let (live_b, left_b) = (self.live, self.left() != left);
        // Rows that returned read nothing more; rows that left a turn do.
        let (gone_a, gone_b) = (self.b.is(live_a, false), self.b.is(live_b, false));
        if gone_b && !left_b {
            self.frame.locals = locals_a;
        } else if !gone_a || left_a {
            self.merge_locals(condition, locals_a, span)?;
        }
        // Rows that threw are undetermined, whatever comes by behind.
        let goes_on = !gone_a || !gone_b;
        let whole = goes_on && self.frame.returns == returns && !left_a && !left_b;
        self.live = if whole { before } else { self.or(live_a, live_b) };
        match (gone_a, gone_b) {
            (true, _) => Ok(b),
            (_, true) => Ok(a),
            _ => self.merge(condition, &a, &b, span),
        }
    }

    /// How many rows' ways out of turns there were so far, by loop.
    fn left(&self) -> Vec<(NodeId, NodeId)> {
        self.frame.loops.iter().map(|turns| (turns.broken, turns.continued)).collect()
    }

    fn merge_locals(&mut self, condition: NodeId, then: Vec<Option<Value>>, span: Span) -> Lower {
        let otherwise = mem::take(&mut self.frame.locals);
        let mut merged = Vec::with_capacity(otherwise.len().max(then.len()));
        for n in 0..otherwise.len().max(then.len()) {
            let (a, b) = (then.get(n).cloned().flatten(), otherwise.get(n).cloned().flatten());
            merged.push(match (a, b) {
                (Some(a), Some(b)) => Some(self.merge(condition, &a, &b, span)?),
                // A local of one branch is not read behind it, but in a later turn of a loop, which sets it first.
                (a, b) => a.or(b),
            });
        }
        self.frame.locals = merged;
        Ok(())
    }

    /// Walks a function for these arguments.
    pub(super) fn call_instance(&mut self, id: InstanceId, args: Vec<Value>, span: Span) -> Lower<Value> {
        if self.calls.contains(&id) && !self.recursion_ends(id, &args) {
            let why = "a function calls itself";
            return Err(NotCompiled::new(span, why, "write the levels out, or loop over a range of constants"));
        }
        let Some(instance) = self.program.instances.get(id.0 as usize) else { return Ok(Value::Missing) };
        let names = Names::new(self.schema, Some(instance));
        let mut frame = Frame::new(names, instance.locals.len());
        for (n, value) in args.into_iter().enumerate() {
            frame.bind(LocalId(n as u32), value);
        }
        let (caller, before) = (mem::replace(&mut self.frame, frame), self.live);
        self.calls.push(id);
        let end = self.block(&instance.body)?;
        self.calls.pop();
        let function = mem::replace(&mut self.frame, caller);
        let ended = mem::replace(&mut self.live, before);
        match function.result {
            Some(returned) if self.b.is(ended, false) => Ok(returned),
            Some(returned) => self.merge(ended, &end, &returned, span),
            None => {
                // Where it only throws, nothing comes by any more.
                if self.b.is(ended, false) {
                    self.live = ended;
                }
                Ok(end)
            }
        }
    }

    /// Whether a function's call of itself can be walked: one of its arguments is known, so that its end may be.
    fn recursion_ends(&self, id: InstanceId, args: &[Value]) -> bool {
        let is_known = |value: &Value| match value {
            Value::Scalar { node, .. } => self.b.graph().constant(*node).is_some(),
            _ => false,
        };
        args.iter().any(is_known) && self.calls.iter().filter(|call| **call == id).count() < RECURSION
    }

    /// `return` with a value.
    pub(super) fn return_value(&mut self, value: Value, span: Span) -> Lower {
        self.frame.result = Some(match self.frame.result.take() {
            Some(earlier) => self.merge(self.live, &value, &earlier, span)?,
            None => value,
        });
        self.live = self.b.bool(false);
        self.frame.returns += 1;
        Ok(())
    }

    /// `break` or `continue` for the live rows.
    pub(super) fn leave(&mut self, is_break: bool) {
        let live = self.live;
        if let Some(turns) = self.frame.loops.last() {
            let so_far = if is_break { turns.broken } else { turns.continued };
            let gone = self.or(so_far, live);
            if let Some(turns) = self.frame.loops.last_mut() {
                if is_break {
                    turns.broken = gone;
                } else {
                    turns.continued = gone;
                }
                turns.left = true;
            }
        }
        self.live = self.b.bool(false);
    }

    /// Whether rows have left a turn of a loop around, so that what is set now is not theirs.
    pub(super) fn some_left(&self) -> bool {
        self.frame.loops.iter().any(|turns| turns.left)
    }

    fn begin_loop(&mut self) -> (NodeId, u32) {
        let none = self.b.bool(false);
        self.frame.loops.push(Turns { broken: none, continued: none, left: false });
        (self.live, self.frame.returns)
    }

    /// Rows that broke out go on behind the loop, with those that ended it.
    fn end_loop(&mut self, (live, returns): (NodeId, u32), ended: NodeId) {
        if let Some(turns) = self.frame.loops.pop() {
            let all = self.or(ended, turns.broken);
            self.live = if self.frame.returns == returns {
                live
            } else if turns.left {
                all
            } else {
                ended
            };
            if let Some(outer) = self.frame.loops.last_mut() {
                outer.left |= turns.left;
            }
        }
    }

    /// The rows that went on to the next turn; from here on none have.
    fn take_continued(&mut self) -> NodeId {
        let none = self.b.bool(false);
        match self.frame.loops.last_mut() {
            Some(turns) => mem::replace(&mut turns.continued, none),
            None => none,
        }
    }

    /// Walks a turn; rows that continue are back at its end.
    fn turn(&mut self, body: &'a Block) -> Lower {
        self.block(body)?;
        let continued = self.take_continued();
        self.live = self.or(self.live, continued);
        Ok(())
    }

    /// `for`, unrolled.
    pub(super) fn for_loop(
        &mut self,
        variable: LocalId,
        counter: Option<LocalId>,
        iterable: &'a Iterable,
        body: &'a Block,
    ) -> Lower {
        let turns = self.turns_of(iterable)?;
        let before = self.begin_loop();
        for Turn { value, has, number } in turns {
            if self.b.is(self.live, false) {
                break;
            }
            self.spend(body.span)?;
            // Rows whose list has ended take no part.
            self.branch(
                has,
                body.span,
                |l| {
                    l.frame.bind(variable, value);
                    if let Some(counter) = counter {
                        let number = l.present(number);
                        l.frame.bind(counter, number);
                    }
                    l.turn(body)?;
                    Ok(Value::Missing)
                },
                |_| Ok(Value::Missing),
            )?;
        }
        self.end_loop(before, self.live);
        Ok(())
    }

    fn turns_of(&mut self, iterable: &'a Iterable) -> Lower<Vec<Turn>> {
        let value = match iterable {
            Iterable::List(list) => self.strict(list)?,
            Iterable::Range { from, to, inclusive } => self.range(from, to, *inclusive)?,
        };
        if value == Value::Missing {
            return Ok(Vec::new());
        }
        self.turns(&value, TURNS).ok_or_else(|| {
            let span = if let Iterable::List(list) = iterable { list.span } else { self.at };
            NotCompiled::new(
                span,
                "a loop over a list whose length depends on data",
                "use `filter`, `map` and an aggregate such as `sum`, which run at the speed of columns",
            )
        })
    }

    fn range(&mut self, from: &'a Expr, to: &'a Expr, inclusive: bool) -> Lower<Value> {
        let first = self.strict_node(from)?;
        let last = self.strict_node(to)?;
        let (Some(first), Some(last)) = (self.int_of(first), self.int_of(last)) else {
            let place = if self.int_of(first).is_none() { from.span } else { to.span };
            return Err(NotCompiled::new(
                place,
                "a loop whose number of turns depends on data",
                "loop over a range of constants, and `break` when it is done",
            ));
        };
        let end = if inclusive { last.saturating_add(1) } else { last };
        if end.saturating_sub(first) > i64::from(TURNS) {
            return Err(NotCompiled::too_long(to.span));
        }
        let mut turns = Vec::new();
        for n in first..end {
            let node = self.b.int(n);
            turns.push(self.present(node));
        }
        Ok(Value::Items { items: Rc::new(turns), there: self.b.bool(true) })
    }

    /// `while`: as long as the condition is known to hold.
    pub(super) fn while_loop(&mut self, condition: Option<&'a Expr>, body: &'a Block) -> Lower {
        let before = self.begin_loop();
        let mut ended = self.b.bool(false);
        for turn in 0.. {
            if self.b.is(self.live, false) {
                break;
            }
            // A `loop` that rows leave one after the other would be unrolled without end.
            let ends_by_data = self.live != before.0;
            let told = |why: NotCompiled| {
                if ends_by_data && why.is_too_long() { Self::depends(body.span) } else { why }
            };
            self.spend(body.span).map_err(told)?;
            if let Some(condition) = condition {
                let holds = self.condition(condition)?;
                if self.b.is(holds, false) {
                    ended = self.or(ended, self.live);
                    break;
                }
                if !self.b.is(holds, true) {
                    return Err(Self::depends(condition.span));
                }
            }
            if turn > TURNS {
                return Err(Self::depends(condition.map_or(body.span, |c| c.span)));
            }
            self.turn(body).map_err(told)?;
        }
        self.end_loop(before, ended);
        Ok(())
    }

    /// `do … while`: a turn that continues begins again without a look at the condition.
    pub(super) fn do_loop(&mut self, body: &'a Block, condition: &'a Expr, until: bool) -> Lower {
        let before = self.begin_loop();
        let mut ended = self.b.bool(false);
        for turn in 0.. {
            if self.b.is(self.live, false) {
                break;
            }
            self.spend(body.span)?;
            if turn > TURNS {
                return Err(Self::depends(condition.span));
            }
            self.block(body)?;
            let continued = self.take_continued();
            if !self.b.is(self.live, false) {
                let holds = self.condition(condition)?;
                let goes_on = if until { self.not(holds) } else { holds };
                if self.b.is(goes_on, false) {
                    ended = self.or(ended, self.live);
                    self.live = self.b.bool(false);
                } else if !self.b.is(goes_on, true) {
                    return Err(Self::depends(condition.span));
                }
            }
            self.live = self.or(self.live, continued);
        }
        self.end_loop(before, ended);
        Ok(())
    }

    fn depends(span: Span) -> NotCompiled {
        NotCompiled::new(
            span,
            "a loop that ends by data",
            "loop over a range of constants with `for`, and `break` when it is done",
        )
    }
}
