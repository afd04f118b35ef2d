//! Programs: instructions over registers, in the order in which they run on a chunk of customers.
//!
//! In: nothing; [`super::schedule`] makes them. Out: [`Program`]. Must not know: data, threads. Instructions that compute come
//! before what uses them; checks stand in the order of evaluation.

use crate::rules::ir::{Const, Domain, DomainId, Op, Repr};
use crate::rules::site::{Site, Subject};
use crate::rules::types::ColumnId;
use crate::source::Span;
use std::sync::Arc;

/// Where the values of an operand are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// In a register of the operand's representation.
    Reg(u32),
    /// The same for all rows: an index into [`Program::consts`].
    Const(u32),
    /// In a column of the customer table, from the chunk's first row on.
    Column(ColumnId),
    /// In a reference of the customer table, from the chunk's first row on.
    Target(u32),
    /// In a population's standings, from the chunk's first row on.
    Standing(u32),
    /// The customers' own rows.
    Customer,
    /// The elements of a domain: rows of a table.
    Element(DomainId),
    /// The elements of a domain: parts of texts.
    Part(DomainId),
}

/// An operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Arg {
    /// Where its values are.
    pub place: Place,
    /// Their representation.
    pub repr: Repr,
}

/// An operation that fills a register, or is there for its failures alone.
#[derive(Clone, Debug)]
pub struct Compute {
    /// The operation.
    pub op: Op,
    /// Operands, all of the domain that the operation reads them over.
    pub args: Vec<Arg>,
    /// Number of the register among those of `repr`, if there are results; no operand lies in it.
    pub dest: Option<u32>,
    /// Representation of the results.
    pub repr: Repr,
    /// The domain of the results.
    pub domain: DomainId,
    /// Where failures are kept; `None` if no check asks for them.
    pub fails: Option<u32>,
    /// For `Lift` and aggregates: which rows belong together.
    pub link: Option<u32>,
    /// Bool: the only rows whose results are read, if that is known; the others are garbage.
    pub only: Option<Arg>,
}

/// One instruction.
#[derive(Clone, Debug)]
pub enum Instr {
    /// Finds the elements of a domain.
    Make {
        /// The domain.
        domain: DomainId,
        /// Operands as in [`Domain::needs`], over the domains that the kind of domain says.
        args: Vec<Arg>,
        /// For a sorted or copied domain from its base to its owner.
        segments: Option<u32>,
    },
    /// Makes a link of two: `upper` starts where `lower` ends.
    Compose {
        /// The link that is made.
        link: u32,
        /// From its domain to one above.
        lower: u32,
        /// From there to its ancestor.
        upper: u32,
    },
    /// Fills a register.
    Compute(Compute),
    /// Rows of the mask where `there` does not hold fail.
    There {
        /// Bool.
        there: Arg,
        /// Bool.
        mask: Arg,
        /// Index into [`Program::subjects`].
        subject: u32,
    },
    /// Rows of the mask for which an operation failed fail.
    Works {
        /// Its failures.
        fails: u32,
        /// From the rows of the check to those of the operation, if they are not the same.
        link: Option<u32>,
        /// Bool.
        mask: Arg,
        /// Index into [`Program::sites`].
        site: u32,
    },
    /// Leaves out the next `count` instructions where the mask has no row.
    Skip {
        /// Bool.
        mask: Arg,
        /// How many.
        count: u32,
    },
    /// Rows of the mask fail.
    Throw {
        /// Text.
        text: Arg,
        /// Bool.
        mask: Arg,
        /// Index into [`Program::sites`].
        site: u32,
    },
    /// Counts the rows that have not failed, and whose owners have not.
    Dropped {
        /// Bool.
        gone: Arg,
        /// Index into [`Program::counters`].
        counter: u32,
    },
    /// From here to the matching [`Instr::End`] checks are over elements.
    Begin {
        /// The elements.
        domain: DomainId,
    },
    /// The rows of the mask fail whose owner has an element that failed, as the first such element.
    End {
        /// From the elements to their owners.
        elements: u32,
        /// From the rows of the checks around to the owners, if they are not the same.
        rows: Option<u32>,
        /// Bool, over the rows of the checks around.
        mask: Arg,
    },
}

impl Instr {
    /// Its operands.
    pub fn args_mut(&mut self) -> Vec<&mut Arg> {
        match self {
            Instr::Make { args, .. } => args.iter_mut().collect(),
            Instr::Compute(Compute { args, only, .. }) => args.iter_mut().chain(only).collect(),
            Instr::There { there, mask, .. } => vec![there, mask],
            Instr::Throw { text, mask, .. } => vec![text, mask],
            Instr::Works { mask, .. } | Instr::End { mask, .. } | Instr::Skip { mask, .. } => vec![mask],
            Instr::Dropped { gone, .. } => vec![gone],
            Instr::Compose { .. } | Instr::Begin { .. } => Vec::new(),
        }
    }
}

/// Rows of a domain and of an ancestor, of which each has some.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Link {
    /// The elements.
    pub domain: DomainId,
    /// Whose elements they are.
    pub ancestor: DomainId,
}

/// A domain of a program.
#[derive(Clone, Debug)]
pub struct ListDomain {
    /// What it is.
    pub domain: Domain,
    /// Its link to its parent; `None` for customers and for domains that the program does not use.
    pub link: Option<u32>,
}

/// A column of results.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// Values over customers.
    pub value: Arg,
    /// Bool.
    pub there: Arg,
    /// Whether its texts are copies of constants and cells, so that they need not be looked at.
    pub copied: bool,
}

/// How many registers there are of each representation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "names say it")]
pub struct Counts {
    pub bools: u32,
    pub ints: u32,
    pub floats: u32,
    pub dates: u32,
    pub texts: u32,
    pub rows: u32,
}

impl Counts {
    /// That of a representation.
    pub fn of(&mut self, repr: Repr) -> &mut u32 {
        match repr {
            Repr::Bool => &mut self.bools,
            Repr::Int => &mut self.ints,
            Repr::Float => &mut self.floats,
            Repr::Date => &mut self.dates,
            Repr::Text => &mut self.texts,
            Repr::Row => &mut self.rows,
        }
    }
}

/// An instance of one parameter, the customer, as instructions.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// In order.
    pub instrs: Vec<Instr>,
    /// What it gives.
    pub outputs: Vec<Output>,
    /// By [`Place::Const`].
    pub consts: Vec<Const>,
    /// Texts that are chosen by number.
    pub pool: Vec<Arc<str>>,
    /// By [`DomainId`].
    pub domains: Vec<ListDomain>,
    /// Which rows belong together.
    pub links: Vec<Link>,
    /// Registers.
    pub counts: Counts,
    /// Places for failures.
    pub fails: u32,
    /// What is missing where [`Instr::There`] does not hold.
    pub subjects: Vec<Subject>,
    /// Places of operations that can fail.
    pub sites: Vec<Site>,
    /// Places of `known`.
    pub counters: Vec<Span>,
}
