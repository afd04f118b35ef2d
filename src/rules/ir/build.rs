//! Makes graphs: equal nodes are one, constants are folded, and it is known which results are finite.
//!
//! In: operations and operands. Out: [`NodeId`]s. Must not know: the rule language's trees. A node's domain is the deepest
//! of its operands', unless it is given.

use super::fold;
use super::range::Range;
use super::{Aggregate, Const, Domain, DomainId, Graph, Node, NodeId, Op, Repr};
use crate::rules::types::{ColumnId, TableId};
use std::collections::HashMap;
use std::sync::Arc;

/// A graph that grows.
#[derive(Debug)]
pub struct Builder {
    graph: Graph,
    ranges: Vec<Range>,
    depths: Vec<u32>,
    known: HashMap<(Op, Vec<NodeId>, DomainId), NodeId>,
    domains: HashMap<Domain, DomainId>,
    unrelated: bool,
}

impl Default for Builder {
    fn default() -> Builder {
        Builder {
            graph: Graph { nodes: Vec::new(), domains: vec![Domain::Customers], pool: Vec::new() },
            ranges: Vec::new(),
            depths: vec![0],
            known: HashMap::new(),
            domains: HashMap::from([(Domain::Customers, DomainId::CUSTOMERS)]),
            unrelated: false,
        }
    }
}

impl Builder {
    /// The graph as it is.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The finished graph.
    pub fn finish(self) -> Graph {
        self.graph
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.graph.nodes.len()
    }

    /// Whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.graph.nodes.is_empty()
    }

    /// Whether an operation was asked for whose operands belong to lists that have nothing to do with one another. Such
    /// a graph must not be used.
    pub fn has_unrelated(&self) -> bool {
        self.unrelated
    }

    /// A constant.
    pub fn constant(&mut self, value: Const) -> NodeId {
        self.add(Op::Const(value), Vec::new(), DomainId::CUSTOMERS)
    }

    /// A constant bool.
    pub fn bool(&mut self, value: bool) -> NodeId {
        self.constant(Const::Bool(value))
    }

    /// A constant int.
    pub fn int(&mut self, value: i64) -> NodeId {
        self.constant(Const::Int(value))
    }

    /// A constant float.
    pub fn float(&mut self, value: f64) -> NodeId {
        self.constant(Const::float(value))
    }

    /// A constant text.
    pub fn text(&mut self, value: &str) -> NodeId {
        self.constant(Const::Text(Arc::from(value)))
    }

    /// The number of a text in the pool, where a text is a constant or one of the pool's.
    pub(super) fn pooled(&mut self, node: NodeId) -> Option<NodeId> {
        let of = self.graph.node(node);
        match &of.op {
            Op::Pooled => Some(of.args[0]),
            Op::Const(Const::Text(text)) => {
                let text = text.clone();
                let found = self.graph.pool.iter().position(|t| *t == text);
                let number = found.unwrap_or_else(|| {
                    self.graph.pool.push(text);
                    self.graph.pool.len() - 1
                });
                Some(self.constant(Const::Row(number as u32)))
            }
            _ => None,
        }
    }

    /// The value that stands for a missing one of a representation.
    pub fn nothing(&mut self, repr: Repr) -> NodeId {
        self.constant(match repr {
            Repr::Bool => Const::Bool(false),
            Repr::Int => Const::Int(0),
            Repr::Float => Const::float(0.0),
            Repr::Date => Const::Date(0),
            Repr::Text => Const::Text(Arc::from("")),
            Repr::Row => Const::Row(crate::rules::data::NO_ROW),
        })
    }

    /// Whether a node is this bool.
    pub fn is(&self, node: NodeId, value: bool) -> bool {
        matches!(self.graph.constant(node), Some(Const::Bool(b)) if *b == value)
    }

    /// A domain; equal ones are one.
    pub fn domain(&mut self, domain: Domain) -> DomainId {
        if let Some(id) = self.domains.get(&domain) {
            return *id;
        }
        let id = DomainId(self.graph.domains.len() as u32);
        self.depths.push(domain.parent().map_or(0, |p| self.depths[p.0 as usize] + 1));
        self.graph.domains.push(domain.clone());
        self.domains.insert(domain, id);
        id
    }

    /// Whether a domain is `below` or an ancestor of it.
    pub fn is_ancestor(&self, domain: DomainId, below: DomainId) -> bool {
        let mut at = Some(below);
        while let Some(here) = at {
            if here == domain {
                return true;
            }
            at = self.graph.domain(here).parent();
        }
        false
    }

    /// The domain of a node; that of customers for a constant.
    pub fn domain_of(&self, node: NodeId) -> DomainId {
        self.graph.node(node).domain
    }

    /// The deepest domain of these nodes.
    pub fn deepest(&mut self, nodes: &[NodeId]) -> DomainId {
        let mut deepest = DomainId::CUSTOMERS;
        for node in nodes {
            let domain = self.domain_of(*node);
            if self.depths[domain.0 as usize] > self.depths[deepest.0 as usize] {
                deepest = domain;
            }
        }
        for node in nodes {
            self.unrelated |= !self.is_ancestor(self.domain_of(*node), deepest);
        }
        deepest
    }

    /// An operation over the deepest domain of its operands.
    pub fn op(&mut self, op: Op, args: &[NodeId]) -> NodeId {
        if let Some(same) = fold::simplify(self, &op, args) {
            return same;
        }
        let domain = self.deepest(args);
        self.add(op, args.to_vec(), domain)
    }

    /// An operation over a domain: leaves of element domains, `Pick`, `Fetch`, `Written`, `Lift` and the like.
    pub fn over(&mut self, domain: DomainId, op: Op, args: &[NodeId]) -> NodeId {
        let lifts = matches!(op, Op::Lift | Op::Pick);
        if lifts && args.iter().all(|a| self.graph.constant(*a).is_some()) {
            return args[0];
        }
        self.add(op, args.to_vec(), domain)
    }

    /// Notes that a node is read over a domain: its own must be that or an ancestor of it.
    pub fn belongs(&mut self, node: NodeId, domain: DomainId) {
        self.unrelated |= !self.is_ancestor(self.domain_of(node), domain);
    }

    /// A node whose own domain is `domain`: the node itself, a constant, or its lift.
    pub fn lift(&mut self, node: NodeId, domain: DomainId) -> NodeId {
        if self.domain_of(node) == domain || self.graph.constant(node).is_some() {
            return node;
        }
        self.unrelated |= !self.is_ancestor(self.domain_of(node), domain);
        self.over(domain, Op::Lift, &[node])
    }

    /// An aggregate over the rows of `owner`.
    pub fn aggregate(&mut self, owner: DomainId, elements: DomainId, function: Aggregate, args: &[NodeId]) -> NodeId {
        // Operands of an aggregate but those of the owner are read by element.
        let by_element = match function {
            Aggregate::Quantile | Aggregate::Holds | Aggregate::Figure(_) | Aggregate::HasFigure(_) => 3,
            Aggregate::At => 1,
            _ => args.len(),
        };
        let lifted: Vec<NodeId> =
            args.iter().enumerate().map(|(n, a)| if n < by_element { self.lift(*a, elements) } else { *a }).collect();
        for owned in &lifted[by_element.min(lifted.len())..] {
            self.unrelated |= !self.is_ancestor(self.domain_of(*owned), owner);
        }
        self.add(Op::Of(function, elements), lifted, owner)
    }

    /// Whether `y` holds wherever `x` does, as far as it shows.
    pub fn implies(&self, x: NodeId, y: NodeId) -> bool {
        self.is(y, true) || self.is(x, false) || fold::implies(self, x, y, fold::DEPTH)
    }

    /// Notes that a node's values are from `low` to `high` wherever they are meant.
    pub fn assume(&mut self, node: NodeId, low: f64, high: f64) {
        self.ranges[node.0 as usize] = Range::float(low, high);
    }

    pub(super) fn range(&self, node: NodeId) -> Range {
        self.ranges[node.0 as usize]
    }

    /// Whether a row of a node can fail, as far as its operands' ranges tell.
    pub fn can_fail(&self, node: NodeId) -> bool {
        let of = self.graph.node(node);
        of.op.can_fail() && !Range::is_safe(self, of)
    }

    fn add(&mut self, op: Op, args: Vec<NodeId>, domain: DomainId) -> NodeId {
        let key = (op, args, domain);
        if let Some(id) = self.known.get(&key) {
            return *id;
        }
        let (op, args, _) = key.clone();
        let id = NodeId(self.graph.nodes.len() as u32);
        let repr = self.repr(&op, &args);
        let node = Node { op, args, domain, repr };
        let range = Range::of(self, &node);
        self.graph.nodes.push(node);
        self.ranges.push(range);
        self.known.insert(key, id);
        id
    }

    /// A cell of a table, in the representation of its column.
    pub fn column(&mut self, table: TableId, column: ColumnId, repr: Repr, row: NodeId) -> NodeId {
        self.leaf(Op::Column(table, column), &[row], repr)
    }

    /// An operation whose representation does not follow from its operands': cells and standings.
    pub fn leaf(&mut self, op: Op, args: &[NodeId], repr: Repr) -> NodeId {
        let domain = self.deepest(args);
        let id = self.add(op, args.to_vec(), domain);
        self.graph.nodes[id.0 as usize].repr = repr;
        self.ranges[id.0 as usize] = Range::all(repr);
        id
    }

    fn repr(&self, op: &Op, args: &[NodeId]) -> Repr {
        let of = |n: usize| args.get(n).map_or(Repr::Int, |a| self.graph.node(*a).repr);
        match op {
            Op::Const(value) => value.repr(),
            Op::Customer | Op::Element | Op::Number | Op::Reference(..) | Op::TableRow(_) => Repr::Row,
            Op::Lift | Op::Pick | Op::Written | Op::Min | Op::Max | Op::Clamp => of(0),
            Op::Gap => {
                if of(0) == Repr::Float {
                    Repr::Float
                } else {
                    Repr::Int
                }
            }
            Op::Fetch | Op::Select => of(1),
            // Set by `leaf`.
            Op::Column(..) | Op::TableCell(..) | Op::Standing(_) => Repr::Float,
            Op::QuantileOf(_) => Repr::Float,
            Op::ColumnThere(..)
            | Op::RowThere
            | Op::StandingThere(_)
            | Op::Sound(_)
            | Op::And
            | Op::Or
            | Op::Not
            | Op::Compare(_)
            | Op::Contains
            | Op::StartsWith
            | Op::EndsWith
            | Op::IsEmpty
            | Op::Refuse(_) => Repr::Bool,
            Op::Ntile
            | Op::Position
            | Op::AddInt
            | Op::SubtractInt
            | Op::MultiplyInt
            | Op::RemainderInt
            | Op::Idiv
            | Op::NegateInt
            | Op::AbsInt
            | Op::BoolToInt
            | Op::FloatToInt
            | Op::TextToInt
            | Op::DaysBetween
            | Op::MonthsBetween
            | Op::DatePart(_)
            | Op::TextLen => Repr::Int,
            Op::Add
            | Op::Subtract
            | Op::Multiply
            | Op::Divide
            | Op::Remainder
            | Op::Pow
            | Op::Float(_)
            | Op::RoundTo
            | Op::Scale
            | Op::IntToFloat
            | Op::TextToFloat => Repr::Float,
            Op::PlusDays | Op::MinusDays | Op::PlusMonths | Op::MinusMonths | Op::DateOf => Repr::Date,
            Op::Part
            | Op::Pooled
            | Op::Join
            | Op::Lower
            | Op::Upper
            | Op::Trim
            | Op::Replace
            | Op::IntToText
            | Op::FloatToText
            | Op::BoolToText
            | Op::DateToText
            | Op::InstantToText => Repr::Text,
            Op::Of(aggregate, _) => match aggregate {
                Aggregate::Count | Aggregate::SumInt | Aggregate::Distinct => Repr::Int,
                Aggregate::SumFloat
                | Aggregate::SumDecimal { .. }
                | Aggregate::Mean
                | Aggregate::Deviation
                | Aggregate::Quantile
                | Aggregate::Figure(_) => Repr::Float,
                Aggregate::Smallest | Aggregate::Largest | Aggregate::First | Aggregate::Last | Aggregate::At => {
                    Repr::Row
                }
                Aggregate::Holds | Aggregate::Any | Aggregate::HasFigure(_) => Repr::Bool,
            },
        }
    }
}
