//! Programs as text, for tests and for people.
//!
//! In: a [`Program`]. Out: a line an instruction. Registers are a letter for their representation and a number; columns,
//! references and related tables are positions in the schema. Must not know: sources; places are byte ranges.

use super::program::{Arg, Compute, Instr, Place, Program};
use crate::rules::ir::{Domain, Op, Repr};
use crate::source::Span;
use std::fmt::{self, Display, Formatter};

fn letter(repr: Repr) -> char {
    match repr {
        Repr::Bool => 'b',
        Repr::Int => 'i',
        Repr::Float => 'f',
        Repr::Date => 'd',
        Repr::Text => 't',
        Repr::Row => 'r',
    }
}

fn range(span: Span) -> String {
    let range = span.range();
    format!("{}..{}", range.start, range.end)
}

/// An operand of a program.
struct Shown<'a>(&'a Program, Arg);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Shown(program, arg) = self;
        match arg.place {
            Place::Reg(n) => write!(f, "{}{n}", letter(arg.repr)),
            Place::Const(n) => match program.consts.get(n as usize) {
                Some(value) => write!(f, "{value}"),
                None => f.write_str("?"),
            },
            Place::Column(column) => write!(f, "column:{}", column.0),
            Place::Target(reference) => write!(f, "reference:{reference}"),
            Place::Standing(population) => write!(f, "standing:{population}"),
            Place::Customer => f.write_str("customer"),
            Place::Element(domain) => write!(f, "row:d{}", domain.0),
            Place::Part(domain) => write!(f, "part:d{}", domain.0),
        }
    }
}

impl Display for Program {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut depth = 0;
        for instr in &self.instrs {
            let is_sound = |instr: &Instr| matches!(instr, Instr::Compute(Compute { op: Op::Sound(_), .. }));
            if matches!(instr, Instr::End { .. }) || is_sound(instr) {
                depth -= 1;
            }
            write!(f, "{:width$}", "", width = 2 * depth)?;
            self.print(instr, f)?;
            if matches!(instr, Instr::Begin { .. }) {
                depth += 1;
            }
        }
        for output in &self.outputs {
            writeln!(f, "output {} where {}", self.arg(output.value), self.arg(output.there))?;
        }
        Ok(())
    }
}

impl Program {
    fn arg(&self, arg: Arg) -> Shown<'_> {
        Shown(self, arg)
    }

    fn site(&self, n: u32) -> String {
        self.sites.get(n as usize).map(|s| range(s.whole)).unwrap_or_default()
    }

    fn print(&self, instr: &Instr, f: &mut Formatter<'_>) -> fmt::Result {
        match instr {
            Instr::Make { domain, args, segments } => {
                let of = self.domains.get(domain.0 as usize);
                write!(f, "d{} = ", domain.0)?;
                match of.map(|d| &d.domain) {
                    Some(Domain::Related { table, many, .. }) => write!(f, "related {}.{many}", table.0)?,
                    Some(Domain::Written { len, .. }) => write!(f, "written {len}")?,
                    Some(Domain::Sorted { base, descending, .. }) => {
                        write!(f, "sorted{} d{}", if *descending { " descending" } else { "" }, base.0)?;
                    }
                    Some(Domain::Between { base, .. }) => write!(f, "between d{}", base.0)?,
                    Some(Domain::Copied { base, .. }) => write!(f, "copied d{}", base.0)?,
                    Some(Domain::Split { .. }) => f.write_str("split")?,
                    Some(Domain::Customers) | None => f.write_str("?")?,
                }
                args.iter().try_for_each(|a| write!(f, " {}", self.arg(*a)))?;
                if let Some(link) = segments {
                    write!(f, " by l{link}")?;
                }
                writeln!(f, " : {}", self.link_name(of.and_then(|d| d.link)))
            }
            Instr::Compose { link, lower, upper } => {
                writeln!(f, "{} = l{lower} l{upper}", self.link_name(Some(*link)))
            }
            Instr::Compute(compute) => self.print_compute(compute, f),
            Instr::There { there, mask, subject } => {
                let at = self.subjects.get(*subject as usize).map(|s| range(s.span)).unwrap_or_default();
                writeln!(f, "check {} in {} at {at}", self.arg(*there), self.arg(*mask))
            }
            Instr::Works { fails, link, mask, site } => {
                let of = link.map(|l| format!(" by l{l}")).unwrap_or_default();
                writeln!(f, "check e{fails}{of} in {} at {}", self.arg(*mask), self.site(*site))
            }
            Instr::Skip { mask, count } => writeln!(f, "skip {count} without {}", self.arg(*mask)),
            Instr::Throw { text, mask, site } => {
                writeln!(f, "throw {} in {} at {}", self.arg(*text), self.arg(*mask), self.site(*site))
            }
            Instr::Dropped { gone, counter } => writeln!(f, "count {} to {counter}", self.arg(*gone)),
            Instr::Begin { domain } => writeln!(f, "each of d{}", domain.0),
            Instr::End { elements, rows, mask } => {
                let of = rows.map(|l| format!(" for l{l}")).unwrap_or_default();
                writeln!(f, "end by l{elements}{of} in {}", self.arg(*mask))
            }
        }
    }

    fn print_compute(&self, compute: &Compute, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(dest) = compute.dest {
            write!(f, "{}{dest}", letter(compute.repr))?;
        }
        if let Some(fails) = compute.fails {
            write!(f, "{}e{fails}", if compute.dest.is_some() { " " } else { "" })?;
        }
        write!(f, " = {}", operation(&compute.op))?;
        compute.args.iter().try_for_each(|a| write!(f, " {}", self.arg(*a)))?;
        if let Some(link) = compute.link {
            write!(f, " by l{link}")?;
        }
        if compute.domain.0 > 0 {
            write!(f, " over d{}", compute.domain.0)?;
        }
        if let Some(only) = compute.only {
            write!(f, " in {}", self.arg(only))?;
        }
        writeln!(f)
    }

    fn link_name(&self, link: Option<u32>) -> String {
        let Some(n) = link else { return "?".to_owned() };
        match self.links.get(n as usize) {
            Some(link) => format!("l{n} from d{} to d{}", link.domain.0, link.ancestor.0),
            None => format!("l{n}"),
        }
    }
}

/// The name of an operation, with the positions that are part of it.
fn operation(op: &Op) -> String {
    let text = match op {
        Op::Column(table, column) => format!("column {}.{}", table.0, column.0),
        Op::ColumnThere(table, column) => format!("there {}.{}", table.0, column.0),
        Op::Reference(table, reference) => format!("reference {}.{reference}", table.0),
        Op::Compare(order) => format!("{order:?}"),
        Op::Float(function) => format!("{function:?}"),
        Op::DatePart(part) => format!("{part:?}"),
        Op::Of(aggregate, elements) => format!("{aggregate:?} d{}", elements.0),
        other => format!("{other:?}"),
    };
    text.to_lowercase()
}
