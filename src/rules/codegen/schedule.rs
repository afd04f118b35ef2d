//! Puts a graph's operations and checks into the order in which they run.
//!
//! In: a [`Lowered`] graph, the schema. Out: a [`Program`]. Must not know: data. For each check in order the nodes that it needs
//! and that are not there yet, then the check; outputs last. What nothing needs is left out. Operands are made explicit:
//! constants, slices of the customer table, lifts from ancestors. Registers are numbered by [`super::registers`].
//!
//! A node's operands have smaller numbers than the node, and so have the nodes that its domain needs: ascending order is
//! an order of evaluation.

use super::program::{Arg, Compute, Instr, Link, ListDomain, Output, Place, Program};
use super::registers;
use crate::dtype::DataType;
use crate::error::Error;
use crate::rules::ir::{Aggregate, Check, Const, Domain, DomainId, Lowered, NodeId, Op, Repr};
use crate::rules::schema::Schema;
use crate::rules::types::{ColumnId, TableId};
use std::collections::{BTreeSet, HashMap};

/// The program of an instance of one parameter.
///
/// # Errors
/// [`Error::Defect`]: the graph is not what its own documentation says.
pub fn compile(lowered: &Lowered, schema: &Schema) -> Result<Program, Error> {
    let domains = lowered.graph.domains.iter();
    let program = Program {
        domains: domains.map(|d| ListDomain { domain: d.clone(), link: None }).collect(),
        sites: lowered.sites.clone(),
        counters: lowered.counters.clone(),
        pool: lowered.graph.pool.clone(),
        ..Program::default()
    };
    let mut schedule = Schedule {
        lowered,
        schema,
        places: HashMap::new(),
        lifted: HashMap::new(),
        fails: checked(lowered),
        consts: HashMap::new(),
        links: HashMap::new(),
        values: 0,
        program,
    };
    schedule.checks(&lowered.checks, DomainId::CUSTOMERS)?;
    for output in &lowered.outputs {
        let value = schedule.over(output.value, DomainId::CUSTOMERS)?;
        let there = schedule.over(output.there, DomainId::CUSTOMERS)?;
        let copied = schedule.is_copied(output.value);
        schedule.program.outputs.push(Output { value, there, copied });
    }
    let mut program = schedule.program;
    registers::assign(&mut program)?;
    Ok(program)
}

/// Nodes whose failures a check asks for, with a number for each.
fn checked(lowered: &Lowered) -> HashMap<NodeId, u32> {
    fn walk(checks: &[Check], found: &mut HashMap<NodeId, u32>) {
        for check in checks {
            match check {
                Check::Works { node, .. } => {
                    let next = found.len() as u32;
                    found.entry(*node).or_insert(next);
                }
                Check::Each { checks, .. } => walk(checks, found),
                Check::There { .. } | Check::Throw { .. } | Check::Dropped { .. } => {}
            }
        }
    }
    let mut found = HashMap::new();
    walk(&lowered.checks, &mut found);
    lowered.attempts.iter().for_each(|checks| walk(checks, &mut found));
    found
}

struct Schedule<'a> {
    lowered: &'a Lowered,
    schema: &'a Schema,
    /// Where the nodes that are there are. Registers are numbered by their instruction; [`registers`] makes few of them.
    places: HashMap<NodeId, Arg>,
    lifted: HashMap<(NodeId, DomainId), Arg>,
    /// Nodes whose failures are kept.
    fails: HashMap<NodeId, u32>,
    consts: HashMap<Const, u32>,
    links: HashMap<(DomainId, DomainId), u32>,
    values: u32,
    program: Program,
}

fn defect<T>(what: &str) -> Result<T, Error> {
    Err(Error::Defect(format!("a graph of operations {what}")))
}

impl Schedule<'_> {
    fn checks(&mut self, checks: &[Check], scope: DomainId) -> Result<(), Error> {
        for check in checks {
            match check {
                Check::There { there, mask, subject } => {
                    let (there, mask) = (self.over(*there, scope)?, self.over(*mask, scope)?);
                    let subject_id = self.program.subjects.len() as u32;
                    self.program.subjects.push(subject.clone());
                    self.program.instrs.push(Instr::There { there, mask, subject: subject_id });
                }
                Check::Works { node, mask, site } => self.works(*node, *mask, *site, scope)?,
                Check::Throw { text, mask, site } => {
                    let mask = self.over(*mask, scope)?;
                    self.throw(*text, mask, *site, scope)?;
                }
                Check::Dropped { gone, counter } => {
                    let gone = self.over(*gone, scope)?;
                    self.program.instrs.push(Instr::Dropped { gone, counter: *counter });
                }
                Check::Each { domain, owner, mask, checks } => {
                    let mask = self.over(*mask, scope)?;
                    self.make(*domain)?;
                    let elements = self.link(*domain, *owner)?;
                    let rows = if *owner == scope { None } else { Some(self.link(scope, *owner)?) };
                    self.program.instrs.push(Instr::Begin { domain: *domain });
                    self.checks(checks, *domain)?;
                    self.program.instrs.push(Instr::End { elements, rows, mask });
                }
            }
        }
        Ok(())
    }

    /// The checks of an attempt, in a scope of their own that [`Op::Sound`] ends.
    fn attempt(&mut self, attempt: u32) -> Result<(), Error> {
        let lowered = self.lowered;
        let Some(checks) = lowered.attempts.get(attempt as usize) else {
            return defect("attempts what it does not have");
        };
        let before = self.program.instrs.len();
        self.checks(checks, DomainId::CUSTOMERS)?;
        self.program.instrs.insert(before, Instr::Begin { domain: DomainId::CUSTOMERS });
        Ok(())
    }

    /// The text is computed where a row throws, of those rows alone. What only it needs is there for nothing else.
    fn throw(&mut self, text: NodeId, mask: Arg, site: u32, scope: DomainId) -> Result<(), Error> {
        let before = (self.program.instrs.len(), self.program.links.len());
        let (places, lifted) = (self.places.clone(), self.lifted.clone());
        let text = self.over(text, scope)?;
        // Lists and links are made for all that comes behind.
        if self.program.links.len() == before.1 {
            for instr in self.program.instrs.iter_mut().skip(before.0) {
                match instr {
                    Instr::Compute(compute) if compute.domain == scope => compute.only = Some(mask),
                    _ => {}
                }
            }
            let count = (self.program.instrs.len() - before.0) as u32;
            if count > 0 {
                self.program.instrs.insert(before.0, Instr::Skip { mask, count });
            }
            (self.places, self.lifted) = (places, lifted);
        }
        self.program.instrs.push(Instr::Throw { text, mask, site });
        Ok(())
    }

    fn works(&mut self, node: NodeId, mask: NodeId, site: u32, scope: DomainId) -> Result<(), Error> {
        let mask = self.over(mask, scope)?;
        self.need(&[node])?;
        if self.never_fails(node) {
            return Ok(());
        }
        let domain = self.lowered.graph.node(node).domain;
        let link = if domain == scope { None } else { Some(self.link(scope, domain)?) };
        let Some(fails) = self.fails.get(&node).copied() else { return defect("asks for failures of no node") };
        self.program.instrs.push(Instr::Works { fails, link, mask, site });
        Ok(())
    }

    /// Whether no row of a node fails whatever the data are.
    fn never_fails(&self, node: NodeId) -> bool {
        let of = self.lowered.graph.node(node);
        match of.op {
            Op::Column(table, column) => !self.is_minor_units(table, column),
            _ => !of.op.can_fail(),
        }
    }

    fn is_minor_units(&self, table: TableId, column: ColumnId) -> bool {
        self.schema.column(table, column).minor_units && self.is_decimal(table, column)
    }

    fn is_decimal(&self, table: TableId, column: ColumnId) -> bool {
        matches!(self.schema.column(table, column).dtype, DataType::Decimal { .. })
    }

    /// The operand that a node is, over a domain: its own or one below.
    fn over(&mut self, node: NodeId, domain: DomainId) -> Result<Arg, Error> {
        self.need(&[node])?;
        let Some(arg) = self.places.get(&node).copied() else { return defect("has an operand that is not there yet") };
        let own = self.lowered.graph.node(node).domain;
        if own == domain || matches!(arg.place, Place::Const(_)) {
            return Ok(arg);
        }
        if let Some(lifted) = self.lifted.get(&(node, domain)) {
            return Ok(*lifted);
        }
        self.make(domain)?;
        let link = self.link(domain, own)?;
        let lift = Compute {
            op: Op::Lift,
            args: vec![arg],
            dest: None,
            repr: arg.repr,
            domain,
            fails: None,
            link: Some(link),
            only: None,
        };
        let lifted = self.push(lift, true);
        self.lifted.insert((node, domain), lifted);
        Ok(lifted)
    }

    /// Whether a node's texts are copies of constants and cells.
    fn is_copied(&self, node: NodeId) -> bool {
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            let of = self.lowered.graph.node(node);
            match &of.op {
                Op::Const(_) | Op::Pooled | Op::TableCell(..) | Op::Column(..) => {}
                Op::Select => open.extend(of.args.iter().skip(1)),
                _ => return false,
            }
        }
        true
    }

    /// Emits nodes and all that they need, as far as it is not there yet.
    fn need(&mut self, roots: &[NodeId]) -> Result<(), Error> {
        let graph = &self.lowered.graph;
        let mut open: Vec<NodeId> = roots.to_vec();
        let mut wanted = BTreeSet::new();
        let mut domains = BTreeSet::new();
        while let Some(id) = open.pop() {
            if self.places.contains_key(&id) || !wanted.insert(id) {
                continue;
            }
            let node = graph.node(id);
            open.extend(&node.args);
            let elements = if let Op::Of(_, elements) = node.op { Some(elements) } else { None };
            for domain in [Some(node.domain), elements].into_iter().flatten() {
                self.need_domain(domain, &mut domains, &mut open);
            }
        }
        for id in wanted {
            self.emit(id)?;
        }
        Ok(())
    }

    /// Adds to `open` what must be known before a domain's elements are.
    fn need_domain(&self, domain: DomainId, seen: &mut BTreeSet<DomainId>, open: &mut Vec<NodeId>) {
        let mut at = vec![domain];
        while let Some(domain) = at.pop() {
            if domain == DomainId::CUSTOMERS || self.is_made(domain) || !seen.insert(domain) {
                continue;
            }
            let of = self.lowered.graph.domain(domain);
            open.extend(of.needs());
            at.extend(of.parent());
            at.extend(base(of));
        }
    }

    fn is_made(&self, domain: DomainId) -> bool {
        self.program.domains.get(domain.0 as usize).is_some_and(|d| d.link.is_some())
    }

    /// Emits what finds the elements of a domain and of those above it.
    fn make(&mut self, domain: DomainId) -> Result<(), Error> {
        let mut at = vec![domain];
        let mut wanted = BTreeSet::new();
        let mut nodes = Vec::new();
        self.need_domain(domain, &mut BTreeSet::new(), &mut nodes);
        if !nodes.is_empty() {
            // Nodes of the domains above make these on their way.
            nodes.retain(|n| !self.places.contains_key(n));
            self.need(&nodes)?;
        }
        while let Some(domain) = at.pop() {
            if domain == DomainId::CUSTOMERS || self.is_made(domain) || !wanted.insert(domain) {
                continue;
            }
            let of = self.lowered.graph.domain(domain);
            at.extend(of.parent());
            at.extend(base(of));
        }
        // A domain is made after those that it is made of, which have smaller numbers.
        for domain in wanted {
            self.make_one(domain)?;
        }
        Ok(())
    }

    fn make_one(&mut self, domain: DomainId) -> Result<(), Error> {
        if self.is_made(domain) {
            return Ok(());
        }
        let of = self.lowered.graph.domain(domain).clone();
        let args = match &of {
            Domain::Customers | Domain::Written { .. } | Domain::Between { .. } => Vec::new(),
            Domain::Related { parent, row, .. } => vec![self.over(*row, *parent)?],
            Domain::Sorted { base, keep, key, .. } => vec![self.over(*keep, *base)?, self.over(*key, *base)?],
            Domain::Copied { parent, row, base, keep, .. } => {
                vec![self.over(*row, *parent)?, self.over(*keep, *base)?]
            }
            Domain::Split { parent, text, separator } => {
                vec![self.over(*text, *parent)?, self.over(*separator, *parent)?]
            }
        };
        let Some(parent) = of.parent() else { return defect("makes the customers") };
        // These domains' elements are found by owner in their base.
        let segments = match &of {
            Domain::Sorted { owner, base, .. } | Domain::Copied { owner, base, .. } => Some(self.link(*base, *owner)?),
            _ => None,
        };
        let link = self.new_link(domain, parent);
        if let Some(slot) = self.program.domains.get_mut(domain.0 as usize) {
            slot.link = Some(link);
        }
        self.program.instrs.push(Instr::Make { domain, args, segments });
        Ok(())
    }

    fn new_link(&mut self, domain: DomainId, ancestor: DomainId) -> u32 {
        let link = self.program.links.len() as u32;
        self.program.links.push(Link { domain, ancestor });
        self.links.insert((domain, ancestor), link);
        link
    }

    /// The link from a domain to an ancestor of it.
    fn link(&mut self, domain: DomainId, ancestor: DomainId) -> Result<u32, Error> {
        self.make(domain)?;
        let mut way = vec![domain];
        while let Some(at) = way.last().copied().filter(|d| *d != ancestor) {
            match self.lowered.graph.domain(at).parent() {
                Some(parent) => way.push(parent),
                None => return defect("reads a value of a list that is none of its own"),
            }
        }
        // From above, so that ways that end alike share their links.
        let mut upper = None;
        for domain in way.iter().rev().skip(1) {
            let lower = self.program.domains.get(domain.0 as usize).and_then(|d| d.link);
            let Some(lower) = lower else { return defect("links a list that is not made") };
            upper = Some(match (upper, self.links.get(&(*domain, ancestor)).copied()) {
                (_, Some(link)) => link,
                (None, None) => lower,
                (Some(upper), None) => {
                    let link = self.new_link(*domain, ancestor);
                    self.program.instrs.push(Instr::Compose { link, lower, upper });
                    link
                }
            });
        }
        upper.map_or_else(|| defect("links a list to itself"), Ok)
    }

    fn emit(&mut self, id: NodeId) -> Result<(), Error> {
        if self.places.contains_key(&id) {
            return Ok(());
        }
        let node = self.lowered.graph.node(id);
        self.make(node.domain)?;
        if let Op::Sound(attempt) = node.op {
            self.attempt(attempt)?;
        }
        let fails = if self.never_fails(id) { None } else { self.fails.get(&id).copied() };
        let arg = match self.place(id)? {
            Some(arg) => {
                if fails.is_some() {
                    self.compute(id, vec![arg], fails, None, false);
                }
                arg
            }
            None => {
                let (args, link) = self.operands(id)?;
                self.compute(id, args, fails, link, true)
            }
        };
        self.places.insert(id, arg);
        Ok(())
    }

    /// Where the values of a node are that need not be computed. They can fail all the same.
    fn place(&mut self, id: NodeId) -> Result<Option<Arg>, Error> {
        let node = self.lowered.graph.node(id);
        let is_customer = matches!(*node.args, [row] if self.lowered.graph.node(row).op == Op::Customer);
        let place = match &node.op {
            Op::Const(value) => self.constant(value),
            Op::Customer => Place::Customer,
            Op::Element => Place::Element(node.domain),
            Op::Part => Place::Part(node.domain),
            Op::Column(table, column) if is_customer && self.is_slice(*table, *column, node.repr) => {
                Place::Column(*column)
            }
            Op::Reference(_, reference) if is_customer => Place::Target(*reference),
            Op::Standing(population) => Place::Standing(*population),
            Op::Refuse(_) => {
                let Some(condition) = node.args.first() else { return defect("refuses nothing") };
                return self.over(*condition, node.domain).map(Some);
            }
            _ => return Ok(None),
        };
        Ok(Some(Arg { place, repr: node.repr }))
    }

    /// Operands over the domains that the operation reads them over.
    fn operands(&mut self, id: NodeId) -> Result<(Vec<Arg>, Option<u32>), Error> {
        let graph = &self.lowered.graph;
        let node = graph.node(id);
        let own = node.domain;
        let mut link = None;
        let domains: Vec<DomainId> = match (&node.op, graph.domain(own)) {
            (Op::Lift, _) => {
                let from = node.args.first().map_or(own, |a| graph.node(*a).domain);
                link = Some(self.link(own, from)?);
                vec![from]
            }
            (Op::Pick, Domain::Sorted { base, .. } | Domain::Copied { base, .. })
            | (Op::Gap, Domain::Between { base, .. }) => vec![*base],
            (Op::Pick | Op::Gap, _) => return defect("picks from what has no base"),
            (Op::Written, Domain::Written { parent, .. }) => vec![*parent; node.args.len()],
            // The value is found by position, wherever it lies.
            (Op::Fetch, _) => {
                let value = node.args.get(1).map_or(own, |a| graph.node(*a).domain);
                vec![own, value]
            }
            (Op::Of(aggregate, elements), _) => {
                self.make(*elements)?;
                link = Some(self.link(*elements, own)?);
                let by_element = by_element(*aggregate, node.args.len());
                (0..node.args.len()).map(|n| if n < by_element { *elements } else { own }).collect()
            }
            _ => vec![own; node.args.len()],
        };
        let args = node.args.iter().zip(domains).map(|(a, d)| self.over(*a, d)).collect::<Result<_, _>>()?;
        Ok((args, link))
    }

    fn constant(&mut self, value: &Const) -> Place {
        if let Some(id) = self.consts.get(value) {
            return Place::Const(*id);
        }
        let id = self.program.consts.len() as u32;
        self.program.consts.push(value.clone());
        self.consts.insert(value.clone(), id);
        Place::Const(id)
    }

    /// Whether a column's values are read where they lie.
    fn is_slice(&self, table: TableId, column: ColumnId, repr: Repr) -> bool {
        matches!(repr, Repr::Int | Repr::Float | Repr::Date) && !self.is_decimal(table, column)
    }

    fn compute(&mut self, id: NodeId, args: Vec<Arg>, fails: Option<u32>, link: Option<u32>, fills: bool) -> Arg {
        let node = self.lowered.graph.node(id);
        let compute = Compute {
            op: node.op.clone(),
            args,
            dest: None,
            repr: node.repr,
            domain: node.domain,
            fails,
            link,
            only: None,
        };
        self.push(compute, fills)
    }

    fn push(&mut self, mut compute: Compute, fills: bool) -> Arg {
        let arg = Arg { place: Place::Reg(self.values), repr: compute.repr };
        if fills {
            compute.dest = Some(self.values);
            self.values += 1;
        }
        self.program.instrs.push(Instr::Compute(compute));
        arg
    }
}

/// The domain whose elements a domain's elements are.
fn base(domain: &Domain) -> Option<DomainId> {
    match domain {
        Domain::Sorted { base, .. } | Domain::Between { base, .. } | Domain::Copied { base, .. } => Some(*base),
        Domain::Customers | Domain::Related { .. } | Domain::Written { .. } | Domain::Split { .. } => None,
    }
}

/// How many operands of an aggregate are read by element.
fn by_element(aggregate: Aggregate, args: usize) -> usize {
    match aggregate {
        Aggregate::Quantile | Aggregate::Holds | Aggregate::Figure(_) | Aggregate::HasFigure(_) => 3,
        Aggregate::At => 1,
        Aggregate::Count
        | Aggregate::SumFloat
        | Aggregate::SumInt
        | Aggregate::SumDecimal { .. }
        | Aggregate::Mean
        | Aggregate::Deviation
        | Aggregate::Smallest
        | Aggregate::Largest
        | Aggregate::Distinct
        | Aggregate::First
        | Aggregate::Last
        | Aggregate::Any => args,
    }
}
