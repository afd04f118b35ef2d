//! Which operations of a step are computed in one native call.
//!
//! In: a typed expression. Out: the call of a [`Node`] that computes it, where that leaves the order of evaluation as it
//! is. Must not know: what an operation computes.
//!
//! The engine evaluates a call's arguments before the call. So an argument is a variable or a literal, which cannot fail, or
//! any expression as long as no operation that can fail stands before it and nothing decides whether it is evaluated.

use super::fused::Node;
use super::natives::numbers;
use super::operation::Operation;
use super::probe::Notes;
use super::rewrite::{Result, Rewriter};
use crate::rules::trace::identity;
use crate::rules::typed::{Expr, ExprKind, LocalId};
use crate::rules::types::{Kind, Type};
use crate::rules::walk;
use rhai::Dynamic;

/// Operations from which on a call is worth its arguments.
const WORTH: usize = 2;

/// What a call computes so far.
#[derive(Default)]
struct Fusion<'a> {
    arguments: Vec<&'a Expr>,
    /// Operations so far, in the order of evaluation.
    operations: usize,
    /// Tests around that decide whether what is looked at is evaluated.
    decided: usize,
}

impl<'a> Fusion<'a> {
    fn argument(&mut self, e: &'a Expr) -> Node {
        self.arguments.push(e);
        Node::Leaf(self.arguments.len() - 1)
    }

    /// The argument of a local, which is passed once.
    fn local(&mut self, local: LocalId, e: &'a Expr) -> Node {
        let is_same = |e: &&Expr| matches!(e.kind, ExprKind::Local(other) if other == local);
        match self.arguments.iter().position(is_same) {
            Some(n) => Node::Leaf(n),
            None => self.argument(e),
        }
    }
}

impl<'a> Rewriter<'a> {
    /// Appends an expression of several operations as one call; `false` if it is no such expression.
    pub(super) fn fused(&mut self, e: &'a Expr) -> Result<bool> {
        // Notes are of each expression.
        let is_noting = !matches!(self.notes, Notes::Nothing | Notes::Statements);
        if is_noting || !is_inner(e) || self.apart.contains(&identity(e)) {
            return Ok(false);
        }
        let mut fusion = Fusion::default();
        let sites = self.sites.count_within();
        let node = self.node(e, &mut fusion)?;
        let Some(node) = node.filter(|_| fusion.operations >= WORTH) else {
            self.sites.forget_within(sites);
            self.apart.insert(identity(e));
            return Ok(false);
        };
        let name = self.natives.add_fused(fusion.arguments.len(), node);
        self.begin(&name);
        self.arguments(&fusion.arguments)?;
        self.raw(")");
        Ok(true)
    }

    /// The node of an expression; none if it has to be evaluated in its turn by the engine.
    fn node(&mut self, e: &'a Expr, fusion: &mut Fusion<'a>) -> Result<Option<Node>> {
        if let Some(value) = literal(e) {
            return Ok(Some(Node::Value(value)));
        }
        if let ExprKind::Local(local) = e.kind {
            return Ok(Some(fusion.local(local, e)));
        }
        if !is_inner(e) || self.apart.contains(&identity(e)) {
            let is_first = fusion.operations == 0 && fusion.decided == 0;
            return Ok((is_first && !walk::assigns(e)).then(|| fusion.argument(e)));
        }
        let node = match &e.kind {
            ExprKind::And(left, right) => self.both(left, right, fusion, true)?.map(Node::And),
            ExprKind::Or(left, right) => self.both(left, right, fusion, true)?.map(Node::Or),
            ExprKind::Coalesce(left, right) => self.both(left, right, fusion, false)?.map(Node::Coalesce),
            _ => self.op(e, fusion)?,
        };
        if node.is_none() {
            self.apart.insert(identity(e));
        }
        Ok(node)
    }

    /// Two nodes of which the first decides whether the second is evaluated; bools that must be there, if they are tests.
    fn both(
        &mut self,
        left: &'a Expr,
        right: &'a Expr,
        fusion: &mut Fusion<'a>,
        are_tests: bool,
    ) -> Result<Option<Box<[Node; 2]>>> {
        let Some(first) = self.side(left, fusion, are_tests)? else { return Ok(None) };
        fusion.decided += 1;
        fusion.operations += 1;
        let second = self.side(right, fusion, are_tests)?;
        fusion.decided -= 1;
        Ok(second.map(|second| Box::new([first, second])))
    }

    fn side(&mut self, e: &'a Expr, fusion: &mut Fusion<'a>, is_test: bool) -> Result<Option<Node>> {
        let Some(node) = self.node(e, fusion)? else { return Ok(None) };
        if !is_test || !e.ty.optional {
            return Ok(Some(node));
        }
        let there = self.on(numbers::CONDITION, e.span, vec![e]);
        fusion.operations += 1;
        Ok(Some(Node::Op(there.run, Box::new([node]), self.sites.add_within(there.site))))
    }

    fn op(&mut self, e: &'a Expr, fusion: &mut Fusion<'a>) -> Result<Option<Node>> {
        let Some(Operation { run, operands, keys, site, .. }) = self.operation(e)? else { return Ok(None) };
        let mut nodes = Vec::with_capacity(operands.len() + keys.len());
        for operand in operands {
            let Some(node) = self.node(operand, fusion)? else { return Ok(None) };
            // A list or map that is not the first operand would be copied.
            if !nodes.is_empty() && matches!(node, Node::Leaf(_)) && is_compound(&operand.ty) {
                return Ok(None);
            }
            nodes.push(node);
        }
        nodes.extend(keys.into_iter().map(|key| Node::Value(key.into())));
        fusion.operations += 1;
        Ok(Some(Node::Op(run, nodes.into(), self.sites.add_within(site))))
    }
}

/// Whether an expression can be one of several operations of a call.
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
        | ExprKind::Coalesce(..) => true,
        ExprKind::ToFloat(below) => !matches!(below.kind, ExprKind::Int(_)),
        _ => false,
    }
}

fn is_compound(ty: &Type) -> bool {
    matches!(ty.kind, Kind::List(_) | Kind::Decimals { .. } | Kind::Map(_) | Kind::Dict(_))
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
