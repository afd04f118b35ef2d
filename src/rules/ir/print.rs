//! Graphs and checks as text, for tests and for people.
//!
//! In: a [`Lowered`]. Out: a line a node and a line a check, in order. Must not know: sources; places are byte ranges.

use super::{Check, Const, Domain, Lowered, Node, NodeId};
use crate::source::Span;
use std::fmt::{self, Display, Formatter, Write};

impl Display for NodeId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.0)
    }
}

impl Display for Const {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Const::Bool(b) => write!(f, "{b}"),
            Const::Int(n) => write!(f, "{n}"),
            Const::Float(bits) => write!(f, "{:?}", f64::from_bits(*bits)),
            Const::Date(days) => f.write_str(&crate::rules::format::date(*days)),
            Const::Text(text) => write!(f, "{text:?}"),
            Const::Row(row) => write!(f, "row {row}"),
        }
    }
}

impl Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.op {
            super::Op::Const(value) => write!(f, "{value}")?,
            op => write!(f, "{op:?}")?,
        }
        for arg in &self.args {
            write!(f, " {arg}")?;
        }
        write!(f, " : {:?}", self.repr)?;
        if self.domain.0 > 0 {
            write!(f, " over d{}", self.domain.0)?;
        }
        Ok(())
    }
}

impl Display for Domain {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Domain::Customers => f.write_str("customers"),
            Domain::Related { parent, row, table, many } => {
                write!(f, "related {}.{many} of {row} over d{}", table.0, parent.0)
            }
            Domain::Written { parent, len } => write!(f, "written {len} over d{}", parent.0),
            Domain::Sorted { owner, base, keep, key, descending } => {
                let order = if *descending { "descending" } else { "ascending" };
                write!(f, "d{} where {keep} by {key} {order} over d{}", base.0, owner.0)
            }
            Domain::Between { owner, base } => write!(f, "between d{} over d{}", base.0, owner.0),
            Domain::Copied { parent, row, base, owner, keep } => {
                write!(f, "d{} where {keep} of {row} in d{} over d{}", base.0, owner.0, parent.0)
            }
            Domain::Split { parent, text, separator } => write!(f, "split {text} at {separator} over d{}", parent.0),
        }
    }
}

impl Display for Lowered {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (n, domain) in self.graph.domains.iter().enumerate().skip(1) {
            writeln!(f, "d{n} = {domain}")?;
        }
        for (n, node) in self.graph.nodes.iter().enumerate() {
            writeln!(f, "%{n} = {node}")?;
        }
        let mut text = String::new();
        self.print_checks(&mut text, &self.checks, 0)?;
        for (n, attempt) in self.attempts.iter().enumerate() {
            writeln!(text, "attempt {n}")?;
            self.print_checks(&mut text, attempt, 1)?;
        }
        f.write_str(&text)?;
        for output in &self.outputs {
            writeln!(f, "output {} where {}", output.value, output.there)?;
        }
        Ok(())
    }
}

impl Lowered {
    fn print_checks(&self, out: &mut String, checks: &[Check], depth: usize) -> fmt::Result {
        let at = |span: Span| format!("{}..{}", span.range().start, span.range().end);
        let site = |n: &u32| self.sites.get(*n as usize).map(|s| at(s.whole)).unwrap_or_default();
        for check in checks {
            write!(out, "{}", "  ".repeat(depth))?;
            match check {
                Check::There { there, mask, subject } => {
                    writeln!(out, "there {there} in {mask} at {}", at(subject.span))?;
                }
                Check::Works { node, mask, site: n } => writeln!(out, "works {node} in {mask} at {}", site(n))?,
                Check::Throw { text, mask, site: n } => writeln!(out, "throw {text} in {mask} at {}", site(n))?,
                Check::Dropped { gone, counter } => writeln!(out, "dropped {gone} to {counter}")?,
                Check::Each { domain, owner, mask, checks } => {
                    writeln!(out, "each of d{} for d{} in {mask}", domain.0, owner.0)?;
                    self.print_checks(out, checks, depth + 1)?;
                }
            }
        }
        Ok(())
    }
}
