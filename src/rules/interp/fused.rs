//! Several operations as one native function.
//!
//! In: operations, one below the other, over literals and the function's arguments. Out: the value of the outermost, or the
//! failure of the first that fails, with its number. Must not know: types, the engine's calls.
//!
//! A call costs the engine more than most operations do. So operations whose operands are operations are computed here in
//! the order in which the engine would call them, by the same native functions. What decides whether something is
//! evaluated at all (`&&`, `||`, `??`) does so here as well; statements, loops and calls of the rules' functions stay the engine's.

use super::natives::{Args, Run, boolean};
use super::site::Outcome;
use rhai::{Dynamic, ImmutableString};

/// A value, and how it comes about.
#[derive(Clone)]
pub(super) enum Node {
    /// A literal.
    Value(Dynamic),
    /// An argument.
    Leaf(usize),
    /// An operation on operands, and its number.
    Op(Run, Box<[Node]>, u32),
    /// `left && right`.
    And(Box<[Node; 2]>),
    /// `left || right`.
    Or(Box<[Node; 2]>),
    /// `left ?? right`.
    Coalesce(Box<[Node; 2]>),
}

impl Node {
    /// A copy whose literals nobody else counts references to: threads would wait for each other.
    pub(super) fn own_copy(&self) -> Node {
        let both = |nodes: &[Node; 2]| Box::new([nodes[0].own_copy(), nodes[1].own_copy()]);
        match self {
            Node::Value(value) => Node::Value(match value.as_immutable_string_ref() {
                Ok(text) => ImmutableString::from(text.as_str()).into(),
                Err(_) => value.clone(),
            }),
            Node::Leaf(n) => Node::Leaf(*n),
            Node::Op(run, operands, number) => {
                Node::Op(run.clone(), operands.iter().map(Node::own_copy).collect(), *number)
            }
            Node::And(nodes) => Node::And(both(nodes)),
            Node::Or(nodes) => Node::Or(both(nodes)),
            Node::Coalesce(nodes) => Node::Coalesce(both(nodes)),
        }
    }

    /// The value for these arguments.
    pub(super) fn value(&self, args: Args<'_, '_>) -> Outcome {
        match self {
            Node::Value(value) => Ok(value.clone()),
            Node::Leaf(n) => Ok(args[*n].clone()),
            Node::Op(run, operands, number) => operate(run, operands, args).map_err(|f| f.within(*number)),
            Node::And(nodes) => Ok((nodes[0].holds(args)? && nodes[1].holds(args)?).into()),
            Node::Or(nodes) => Ok((nodes[0].holds(args)? || nodes[1].holds(args)?).into()),
            Node::Coalesce(nodes) => match nodes[0].value(args)? {
                value if value.is_unit() => nodes[1].value(args),
                value => Ok(value),
            },
        }
    }

    fn holds(&self, args: Args<'_, '_>) -> Outcome<bool> {
        boolean(&[&mut self.value(args)?], 0)
    }
}

/// Runs an operation. A first operand that is an argument is passed on, not copied: it can be a list or a map.
fn operate(run: &Run, operands: &[Node], args: Args<'_, '_>) -> Outcome {
    match operands {
        [] => run.call(&mut []),
        [Node::Leaf(n)] => run.call(&mut [&mut *args[*n]]),
        [only] => run.call(&mut [&mut only.value(args)?]),
        [Node::Leaf(n), second] => {
            let mut second = second.value(args)?;
            run.call(&mut [&mut *args[*n], &mut second])
        }
        [first, second] => {
            let (mut first, mut second) = (first.value(args)?, second.value(args)?);
            run.call(&mut [&mut first, &mut second])
        }
        [Node::Leaf(n), second, third] => {
            let (mut second, mut third) = (second.value(args)?, third.value(args)?);
            run.call(&mut [&mut *args[*n], &mut second, &mut third])
        }
        [first, second, third] => {
            let (mut first, mut second, mut third) = (first.value(args)?, second.value(args)?, third.value(args)?);
            run.call(&mut [&mut first, &mut second, &mut third])
        }
        more => {
            let mut values = more.iter().map(|node| node.value(args)).collect::<Outcome<Vec<Dynamic>>>()?;
            run.call(&mut values.iter_mut().collect::<Vec<_>>())
        }
    }
}
