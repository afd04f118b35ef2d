//! Which expressions of a step are computed in one native call.
//!
//! In: a typed expression. Out: the call of a [`Fused`] that computes it, where that leaves the order of evaluation as it
//! is. Must not know: what an operation computes. Choices are in [`super::fuse_choice`].
//!
//! The engine evaluates a call's arguments before the call. So an argument is a variable or a literal, which cannot fail, or
//! any expression as long as no operation that can fail stands before it and nothing decides whether it is evaluated. A
//! function of the rules that neither loops nor sets anything is computed where it is called.

use super::fused::{Fused, Node};
use super::natives::{DIRECT, numbers, texts};
use super::operation::Operation;
use super::rewrite::{Result, Rewriter};
use super::rewrite_expr::is_compound;
use crate::rules::site::Names;
use crate::rules::trace::identity;
use crate::rules::typed::{Expr, ExprKind, InstanceId, LocalId};
use crate::rules::types::Kind;
use crate::rules::walk;
use rhai::Dynamic;
use std::collections::HashMap;
use std::mem;

/// Operations from which on a call is worth its arguments.
const WORTH: usize = 2;

/// Operations of one call up to which functions of the rules are computed where they are called.
const MANY: usize = 200;

/// Expressions one in the other up to which they share a call: computing them needs stack that nothing watches.
const DEEP: usize = 1_000;

/// What a call computes so far.
#[derive(Default)]
pub(super) struct Fusion<'a> {
    arguments: Vec<&'a Expr>,
    /// Operations so far, in the order of evaluation.
    pub(super) operations: usize,
    /// Tests around that decide whether what is looked at is evaluated.
    pub(super) decided: usize,
    /// Values that are kept.
    pub(super) slots: usize,
    /// Expressions around what is looked at.
    depth: usize,
    /// Functions of the rules around what is looked at that are computed here.
    within: Vec<InstanceId>,
    /// Locals of the innermost function whose values are here.
    locals: HashMap<LocalId, Node>,
}

impl<'a> Fusion<'a> {
    fn argument(&mut self, e: &'a Expr) -> Node {
        self.arguments.push(e);
        Node::Leaf(self.arguments.len() - 1)
    }

    /// A local that is kept, or the argument of one, which is passed once.
    fn local(&mut self, local: LocalId, e: &'a Expr) -> Option<Node> {
        let known = self.locals.get(&local).cloned();
        if known.is_some() || !self.within.is_empty() {
            return known;
        }
        let is_same = |e: &&Expr| matches!(e.kind, ExprKind::Local(other) if other == local);
        Some(match self.arguments.iter().position(is_same) {
            Some(n) => Node::Leaf(n),
            None => self.argument(e),
        })
    }

    /// A slot for a value.
    pub(super) fn slot(&mut self) -> usize {
        self.slots += 1;
        self.slots - 1
    }

    /// What stands for a value that is read more than once, and the slot that it is to be kept in.
    fn kept(&mut self, node: &Node) -> (Node, Option<usize>) {
        match node {
            Node::Value(_) | Node::Leaf(_) | Node::Slot(_) => (node.clone(), None),
            _ => {
                let slot = self.slot();
                (Node::Slot(slot), Some(slot))
            }
        }
    }

    /// Keeps a local's value for what follows.
    pub(super) fn keep(&mut self, local: LocalId, node: &Node) -> Option<usize> {
        let (known, slot) = self.kept(node);
        self.locals.insert(local, known);
        slot
    }
}

impl<'a> Rewriter<'a> {
    /// Appends an expression of several operations as one call; `false` if it is no such expression.
    pub(super) fn fused(&mut self, e: &'a Expr) -> Result<bool> {
        if !is_inner(e) || self.apart.contains(&identity(e)) || !self.is_quiet(e) {
            return Ok(false);
        }
        let mut fusion = Fusion::default();
        let sites = self.sites.count_within();
        let node = self.inner(e, &mut fusion)?;
        if node.is_none() {
            self.apart.insert(identity(e));
        }
        let Some(node) = node.filter(|_| fusion.operations >= WORTH) else {
            self.sites.forget_within(sites);
            return Ok(false);
        };
        let count = fusion.arguments.len();
        let name = self.natives.add_fused(count, Fused { node, slots: fusion.slots });
        self.begin(&name);
        self.raw(if count > DIRECT { "[" } else { "" });
        self.arguments(&fusion.arguments)?;
        self.raw(if count > DIRECT { "])" } else { ")" });
        Ok(true)
    }

    /// The node of an expression; none if the engine has to evaluate it in its turn.
    pub(super) fn node(&mut self, e: &'a Expr, fusion: &mut Fusion<'a>) -> Result<Option<Node>> {
        if let Some(value) = literal(e) {
            return Ok(Some(Node::Value(value)));
        }
        if let ExprKind::Local(local) = e.kind {
            return Ok(fusion.local(local, e));
        }
        if fusion.depth > DEEP {
            return Ok(None);
        }
        if is_inner(e) && !self.apart.contains(&identity(e)) {
            let before = (fusion.arguments.len(), fusion.operations, fusion.slots, self.sites.count_within());
            fusion.depth += 1;
            let node = self.inner(e, fusion)?;
            fusion.depth -= 1;
            if node.is_some() {
                return Ok(node);
            }
            let (arguments, operations, slots, sites) = before;
            fusion.arguments.truncate(arguments);
            (fusion.operations, fusion.slots) = (operations, slots);
            self.sites.forget_within(sites);
            if fusion.within.is_empty() {
                self.apart.insert(identity(e));
            }
        }
        let is_first = fusion.operations == 0 && fusion.decided == 0 && fusion.within.is_empty();
        Ok((is_first && !walk::assigns(e)).then(|| fusion.argument(e)))
    }

    fn inner(&mut self, e: &'a Expr, fusion: &mut Fusion<'a>) -> Result<Option<Node>> {
        match &e.kind {
            ExprKind::And(left, right) => Ok(self.both(left, right, fusion, true)?.map(Node::And)),
            ExprKind::Or(left, right) => Ok(self.both(left, right, fusion, true)?.map(Node::Or)),
            ExprKind::Coalesce(left, right) => Ok(self.both(left, right, fusion, false)?.map(Node::Coalesce)),
            ExprKind::If { .. } | ExprKind::Switch { .. } | ExprKind::Block(_) => self.last(e, fusion, false),
            ExprKind::Interpolated(parts) => self.interpolation(e, parts, fusion),
            ExprKind::CallInstance { instance, args } => self.inline(*instance, args, fusion),
            _ => self.op(e, fusion),
        }
    }

    /// Two nodes of which the first decides whether the second is evaluated; bools that must be there, if they are tests.
    fn both(
        &mut self,
        left: &'a Expr,
        right: &'a Expr,
        fusion: &mut Fusion<'a>,
        are_tests: bool,
    ) -> Result<Option<Box<[Node; 2]>>> {
        let first = if are_tests { self.test_node(left, fusion)? } else { self.node(left, fusion)? };
        let Some(first) = first else { return Ok(None) };
        fusion.operations += 1;
        fusion.decided += 1;
        let second = if are_tests { self.test_node(right, fusion) } else { self.node(right, fusion) };
        fusion.decided -= 1;
        Ok(second?.map(|second| Box::new([first, second])))
    }

    /// The node of a bool that must be there.
    pub(super) fn test_node(&mut self, e: &'a Expr, fusion: &mut Fusion<'a>) -> Result<Option<Node>> {
        let node = self.node(e, fusion)?;
        if !e.ty.optional {
            return Ok(node);
        }
        let there = self.on(numbers::CONDITION, e.span, vec![e]);
        Ok(node.map(|node| self.computed(there, vec![node], fusion)))
    }

    /// The node of an operation on nodes.
    pub(super) fn computed(&mut self, operation: Operation<'a>, nodes: Vec<Node>, fusion: &mut Fusion<'a>) -> Node {
        fusion.operations += 1;
        Node::Op(operation.run, nodes.into(), self.sites.add_within(operation.site))
    }

    fn op(&mut self, e: &'a Expr, fusion: &mut Fusion<'a>) -> Result<Option<Node>> {
        let Some(mut operation) = self.operation(e)? else { return Ok(None) };
        let mut nodes = Vec::with_capacity(operation.operands.len() + operation.keys.len());
        for operand in mem::take(&mut operation.operands) {
            let Some(node) = self.node(operand, fusion)? else { return Ok(None) };
            // A list or map that is not the first operand would be copied.
            if !nodes.is_empty() && is_compound(&operand.ty) {
                return Ok(None);
            }
            nodes.push(node);
        }
        nodes.extend(operation.keys.iter().map(|key| Node::Value((*key).into())));
        Ok(Some(self.computed(operation, nodes, fusion)))
    }

    /// A call of a function of the rules that neither loops nor sets anything.
    fn inline(&mut self, id: InstanceId, args: &'a [Expr], fusion: &mut Fusion<'a>) -> Result<Option<Node>> {
        let instance = self.instance_of(id)?;
        if fusion.within.contains(&id) || fusion.operations > MANY {
            return Ok(None);
        }
        let (mut locals, mut kept) = (HashMap::new(), Vec::new());
        for (local, arg) in (0..).map(LocalId).zip(args) {
            let Some(node) = self.node(arg, fusion)? else { return Ok(None) };
            let (known, slot) = fusion.kept(&node);
            locals.insert(local, known);
            kept.extend(slot.map(|slot| (slot, node)));
        }
        let names = mem::replace(&mut self.names, Names::new(self.world.schema, Some(instance)));
        let outer = mem::replace(&mut fusion.locals, locals);
        fusion.within.push(id);
        let value = self.body(&instance.body.stmts, fusion, true);
        fusion.within.pop();
        fusion.locals = outer;
        self.names = names;
        let keep = |value, (slot, node)| Node::Let(slot, Box::new([node, value]));
        Ok(value?.map(|value| kept.into_iter().rev().fold(value, keep)))
    }

    /// A text with values in it.
    fn interpolation(&mut self, e: &'a Expr, parts: &'a [Expr], fusion: &mut Fusion<'a>) -> Result<Option<Node>> {
        let mut nodes = Vec::with_capacity(parts.len());
        for part in parts {
            let Some(mut node) = self.node(part, fusion)? else { return Ok(None) };
            if part.ty.kind != Kind::Text {
                let text = self.text_of(part.span, part);
                node = self.computed(text, vec![node], fusion);
            }
            nodes.push(node);
        }
        let joined = self.on(texts::CONCAT, e.span, parts.iter().collect());
        Ok(Some(self.computed(joined, vec![Node::List(nodes.into())], fusion)))
    }
}

/// Whether an expression can be computed together with others.
fn is_inner(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Column { .. }
        | ExprKind::Reference { .. }
        | ExprKind::Field { .. }
        | ExprKind::Lookup { .. }
        | ExprKind::Element { .. }
        | ExprKind::ParameterTable { .. }
        | ExprKind::Negate(_)
        | ExprKind::Not(_)
        | ExprKind::Binary { .. }
        | ExprKind::IsMissing(_)
        | ExprKind::Call { .. }
        | ExprKind::Standing { .. }
        | ExprKind::And(..)
        | ExprKind::Or(..)
        | ExprKind::Coalesce(..)
        | ExprKind::If { .. }
        | ExprKind::Switch { .. }
        | ExprKind::Block(_)
        | ExprKind::Interpolated(_)
        | ExprKind::CallInstance { .. } => true,
        ExprKind::ToFloat(below) => !matches!(below.kind, ExprKind::Int(_)),
        _ => false,
    }
}

/// The value of a literal.
fn literal(e: &Expr) -> Option<Dynamic> {
    Some(match &e.kind {
        ExprKind::Unit => Dynamic::UNIT,
        ExprKind::Bool(b) => (*b).into(),
        ExprKind::Int(n) | ExprKind::DateTime(n) => Dynamic::from_int(*n),
        ExprKind::Date(days) => Dynamic::from_int(i64::from(*days)),
        ExprKind::Float(x) => Dynamic::from_float(*x),
        ExprKind::Text(text) => text.as_ref().into(),
        ExprKind::ToFloat(below) => match below.kind {
            ExprKind::Int(n) => Dynamic::from_float(n as f64),
            _ => return None,
        },
        _ => return None,
    })
}
