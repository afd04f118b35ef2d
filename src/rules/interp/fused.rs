//! An expression of several operations as one native function.
//!
//! In: operations, one below the other, over literals and the function's arguments. Out: the value of the outermost, or the
//! failure of the first that fails, with its number. Must not know: types, the engine's calls.
//!
//! A call or a block costs the engine more than most operations do. So an expression is computed here, in the order in which
//! the engine would evaluate it, by the same native functions. Statements, loops and methods of lists stay the engine's.

use super::natives::{Args, Run, boolean};
use super::site::Outcome;
use rhai::{Array, Dynamic, ImmutableString};

/// A value, and how it comes about.
#[derive(Clone)]
pub(super) enum Node {
    /// A literal.
    Value(Dynamic),
    /// An argument.
    Leaf(usize),
    /// A value that [`Node::Let`] has kept.
    Slot(usize),
    /// An operation on operands, and its number.
    Op(Run, Box<[Node]>, u32),
    /// `left && right`.
    And(Box<[Node; 2]>),
    /// `left || right`.
    Or(Box<[Node; 2]>),
    /// `left ?? right`.
    Coalesce(Box<[Node; 2]>),
    /// The first node, if it holds, decides for the second, else for the third.
    If(Box<[Node; 3]>),
    /// Keeps the first node's value in a slot for the second.
    Let(usize, Box<[Node; 2]>),
    /// A list of values.
    List(Box<[Node]>),
}

/// A node, and how many slots it needs.
#[derive(Clone)]
pub(super) struct Fused {
    pub(super) node: Node,
    pub(super) slots: usize,
}

/// What nodes read.
struct Scope<'s, 'a, 'b> {
    args: Args<'a, 'b>,
    slots: &'s mut [Dynamic],
}

impl Fused {
    /// A copy whose literals nobody else counts references to: threads would wait for each other.
    pub(super) fn own_copy(&self) -> Fused {
        Fused { node: self.node.own_copy(), slots: self.slots }
    }

    /// The value for these arguments.
    pub(super) fn value(&self, args: Args<'_, '_>) -> Outcome {
        const FEW: usize = 4;
        if self.slots <= FEW {
            let mut slots = [const { Dynamic::UNIT }; FEW];
            return self.node.value(&mut Scope { args, slots: &mut slots });
        }
        let mut slots = vec![Dynamic::UNIT; self.slots];
        self.node.value(&mut Scope { args, slots: &mut slots })
    }
}

impl Node {
    fn own_copy(&self) -> Node {
        let both = |nodes: &[Node; 2]| Box::new(nodes.each_ref().map(Node::own_copy));
        match self {
            Node::Value(value) => Node::Value(match value.as_immutable_string_ref() {
                Ok(text) => ImmutableString::from(text.as_str()).into(),
                Err(_) => value.clone(),
            }),
            Node::Leaf(n) => Node::Leaf(*n),
            Node::Slot(n) => Node::Slot(*n),
            Node::Op(run, operands, number) => {
                Node::Op(run.clone(), operands.iter().map(Node::own_copy).collect(), *number)
            }
            Node::And(nodes) => Node::And(both(nodes)),
            Node::Or(nodes) => Node::Or(both(nodes)),
            Node::Coalesce(nodes) => Node::Coalesce(both(nodes)),
            Node::If(nodes) => Node::If(Box::new(nodes.each_ref().map(Node::own_copy))),
            Node::Let(slot, nodes) => Node::Let(*slot, both(nodes)),
            Node::List(nodes) => Node::List(nodes.iter().map(Node::own_copy).collect()),
        }
    }

    fn value(&self, scope: &mut Scope<'_, '_, '_>) -> Outcome {
        let mut node = self;
        // What a choice leads to is gone on with here, so that a long chain of choices costs no stack.
        loop {
            match node {
                Node::Value(value) => return Ok(value.clone()),
                Node::Leaf(n) => return Ok(scope.args[*n].clone()),
                Node::Slot(n) => return Ok(scope.slots[*n].clone()),
                Node::Op(run, operands, number) => {
                    return operate(run, operands, scope).map_err(|f| f.within(*number));
                }
                Node::And(nodes) => return Ok((nodes[0].holds(scope)? && nodes[1].holds(scope)?).into()),
                Node::Or(nodes) => return Ok((nodes[0].holds(scope)? || nodes[1].holds(scope)?).into()),
                Node::Coalesce(nodes) => match nodes[0].value(scope)? {
                    value if value.is_unit() => node = &nodes[1],
                    value => return Ok(value),
                },
                Node::If(nodes) => node = if nodes[0].holds(scope)? { &nodes[1] } else { &nodes[2] },
                Node::List(nodes) => {
                    return Ok(nodes.iter().map(|node| node.value(scope)).collect::<Outcome<Array>>()?.into());
                }
                Node::Let(slot, nodes) => {
                    scope.slots[*slot] = nodes[0].value(scope)?;
                    node = &nodes[1];
                }
            }
        }
    }

    fn holds(&self, scope: &mut Scope<'_, '_, '_>) -> Outcome<bool> {
        match self {
            Node::And(nodes) => Ok(nodes[0].holds(scope)? && nodes[1].holds(scope)?),
            Node::Or(nodes) => Ok(nodes[0].holds(scope)? || nodes[1].holds(scope)?),
            node => boolean(&[&mut node.value(scope)?], 0),
        }
    }
}

/// Runs an operation. A first operand that is an argument or a kept value is passed on, not copied: it can be a list or a map.
fn operate(run: &Run, operands: &[Node], scope: &mut Scope<'_, '_, '_>) -> Outcome {
    match operands {
        [] => run.call(&mut []),
        [Node::Leaf(n)] => run.call(&mut [&mut *scope.args[*n]]),
        [Node::Slot(n)] => run.call(&mut [&mut scope.slots[*n]]),
        [only] => run.call(&mut [&mut only.value(scope)?]),
        [Node::Leaf(n), second] => {
            let mut second = second.value(scope)?;
            run.call(&mut [&mut *scope.args[*n], &mut second])
        }
        [Node::Slot(n), second] => {
            let mut second = second.value(scope)?;
            run.call(&mut [&mut scope.slots[*n], &mut second])
        }
        [first, second] => {
            let (mut first, mut second) = (first.value(scope)?, second.value(scope)?);
            run.call(&mut [&mut first, &mut second])
        }
        [first, second, third] => {
            let (mut first, mut second, mut third) = (first.value(scope)?, second.value(scope)?, third.value(scope)?);
            run.call(&mut [&mut first, &mut second, &mut third])
        }
        more => {
            let mut values = more.iter().map(|node| node.value(scope)).collect::<Outcome<Vec<Dynamic>>>()?;
            run.call(&mut values.iter_mut().collect::<Vec<_>>())
        }
    }
}
