//! Why each customer has its tier, in three columns: the test that decides, the nearest one that fails, its distance.
//!
//! In: the step that gives the tier, its [`Context`]. Out: [`Reasons`]. Must not know: runs, files. A step that is compiled has, but for
//! rules that ask too much, a [`Teller`] that says it for all customers at once; else each is traced on the interpreter. Both
//! say what `explain` says of a customer; what is meant is defined in [`ranking`].

pub mod ranking;
mod search;
pub mod teller;

use self::search::Search;
pub use self::teller::Teller;
use crate::error::{Error, Stop};
use crate::manifest::model::{Decision, Project};
use crate::rules::context::Context;
use crate::rules::interp::{self, Asked, Outcomes};
use crate::rules::site::on_one_line;
use crate::rules::trace::{Test, Value};
use crate::rules::typed::{Expr, ExprKind, Program};
use crate::rules::types::{ColumnId, Kind, TableId};
use crate::rules::walk::{self, Node};
use crate::rules::{codegen, vm};
use crate::source::{SourceMap, Span};
use polars::prelude::{DataType, IdxCa, NamedFrom, NewChunkedArray, PolarsError, Series};
use rayon::prelude::*;
use std::collections::HashSet;

/// Customers that one thread traces at once, at most.
const CHUNK: usize = 512;

/// Parts into which few customers are divided for each thread: what one of them costs differs.
const PARTS: usize = 4;

/// Tests of them that it keeps, about.
const TESTS: usize = 32_768;

/// Of each row of the customer table why its tier is what it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reasons {
    /// Places of the rules that the others are positions of.
    pub tests: Vec<Span>,
    /// The test that decides.
    pub decisive: Vec<Option<u32>>,
    /// The nearest test that keeps a higher tier away.
    pub nearest: Vec<Option<u32>>,
    /// How far its sides are apart; missing where it reads what is sensitive, and where that is no finite number.
    pub distance: Vec<Option<f64>>,
}

/// The same as columns.
#[derive(Clone, Debug)]
pub struct Columns {
    /// `file:line:column: text` of the test that decides.
    pub decisive: Series,
    /// That of the nearest.
    pub nearest: Series,
    /// Its distance.
    pub distance: Series,
}

/// A test with its distance.
type Near = (Span, Option<f64>);

/// The test that decides, and the nearest one.
type Told = (Option<Span>, Option<Near>);

/// How the reasons of a step are found.
pub struct Finder<'a> {
    program: &'a Program,
    step: Option<&'a codegen::Step>,
    decision: &'a Decision,
    hidden: HashSet<Span>,
    teller: Option<&'a Teller>,
}

impl<'a> Finder<'a> {
    /// What finds the reasons of a step; `None` if it does not give the tier. `compiled` is how it is compiled, and what tells
    /// the reasons of all customers; without the latter each is traced.
    pub fn new(
        project: &'a Project,
        program: &'a Program,
        compiled: (Option<&'a codegen::Step>, Option<&'a Teller>),
    ) -> Option<Finder<'a>> {
        let decision = &project.decision;
        let (step, teller) = compiled;
        program.gives(&decision.tier).then(|| Finder {
            program,
            step,
            decision,
            hidden: sensitive_places(program, &sensitive_columns(project)),
            teller,
        })
    }

    /// The reasons of the active customers but those in `undetermined`, ascending rows.
    ///
    /// # Errors
    /// [`Stop`]: a limit, a defect.
    pub fn find(&self, context: &Context<'_>, undetermined: &[u32]) -> Result<Reasons, Stop> {
        let rows = context.data.tables.get(usize::from(context.schema.customer.0)).map_or(0, |table| table.rows);
        let decided = |row: &u32| undetermined.binary_search(row).is_err();
        let (mut reasons, left) = match (self.step, self.teller) {
            (Some(step), Some(teller)) => {
                let kinds = [Kind::Int, Kind::Int, Kind::Float];
                let (columns, left) = vm::run_other((step, &teller.program), self.program, context, &kinds)?;
                (of_columns(&columns, &teller.tests)?, left)
            }
            _ => (Reasons::empty(rows), context.active.to_vec()),
        };
        let left: Vec<u32> = left.into_iter().filter(decided).collect();
        if !left.is_empty() {
            self.trace(context, &left, &mut reasons)?;
        }
        undetermined.iter().for_each(|row| reasons.clear(*row as usize));
        Ok(reasons)
    }

    /// Finds those of some rows on the interpreter.
    fn trace(&self, context: &Context<'_>, rows: &[u32], reasons: &mut Reasons) -> Result<(), Stop> {
        let populations = match self.step {
            Some(step) => vm::populations(step, self.program, context)?,
            None => interp::populations(self.program, context)?,
        };
        let outcomes = Outcomes::new(self.program, context, &populations, &self.decision.tier)?;
        let chunk = |rows: &[u32]| self.traced(&outcomes, rows);
        let together = rows.len().div_ceil(PARTS * context.pool.current_num_threads()).clamp(1, CHUNK);
        let chunks: Vec<Result<Vec<_>, Stop>> = context.pool.install(|| rows.par_chunks(together).map(chunk).collect());
        for chunk in chunks {
            for (row, (decisive, nearest)) in chunk? {
                reasons.set(row as usize, decisive, nearest.map(|(span, distance)| (span, finite(distance))));
            }
        }
        Ok(())
    }

    /// Of each of some customers the test that decides, and the nearest one with its distance.
    fn traced(&self, outcomes: &Outcomes<'_>, rows: &[u32]) -> Result<Vec<(u32, Told)>, Stop> {
        // The first customer tells about how many tests one is asked, all of which are kept.
        let first = outcomes.asked(rows.get(..1).unwrap_or_default())?;
        let tests = first.first().map_or(0, |own| own.tests.len());
        let together = (TESTS / tests.max(1)).clamp(1, CHUNK);
        let mut told = Vec::with_capacity(rows.len());
        for rows in rows.chunks(together) {
            told.extend(self.traced_together(outcomes, rows)?);
        }
        Ok(told)
    }

    fn traced_together(&self, outcomes: &Outcomes<'_>, rows: &[u32]) -> Result<Vec<(u32, Told)>, Stop> {
        let order = self.decision.order.as_slice();
        let asked = outcomes.asked(rows)?;
        let position = |own: &Asked| order.iter().position(|tier| Some(tier.as_str()) == name(own.value.as_ref()));
        let search = |own| position(own).map(|position| Search::new(&own.tests, position, order.len()));
        let mut searches: Vec<Option<Search<'_>>> = asked.iter().map(search).collect();
        loop {
            let mut jobs: Vec<(usize, u32, usize)> = Vec::new();
            for (n, (row, search)) in rows.iter().zip(&mut searches).enumerate() {
                jobs.extend(search.iter_mut().flat_map(Search::next).map(|test| (n, *row, test)));
            }
            if jobs.is_empty() {
                break;
            }
            let turned = outcomes.turned(&jobs.iter().map(|(_, row, test)| (*row, *test)).collect::<Vec<_>>())?;
            for ((n, _, test), value) in jobs.iter().zip(&turned) {
                let tier = asked.get(*n).and_then(|own| name(own.value.as_ref()));
                if let Some(Some(search)) = searches.get_mut(*n) {
                    search.tell(*test, ranking::effect(order, tier, name(value.as_ref())));
                }
            }
        }
        let told = |((row, own), search): ((&u32, &Asked), &Option<Search<'_>>)| {
            (*row, search.as_ref().map_or((None, None), |search| self.told(&own.tests, search)))
        };
        Ok(rows.iter().zip(&asked).zip(&searches).map(told).collect())
    }

    fn told(&self, tests: &[Test], search: &Search<'_>) -> Told {
        let (decisive, nearest) = search.found();
        let nearest = nearest.and_then(|n| tests.get(n)).map(|test| {
            let hides = test.operands.iter().any(|operand| self.hidden.contains(operand));
            (test.span, ranking::distance(test).filter(|_| !hides))
        });
        (decisive.and_then(|n| tests.get(n)).map(|test| test.span), nearest)
    }
}

/// A tier's name.
fn name(value: Option<&Value>) -> Option<&str> {
    match value {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

/// An order of magnitude that no distance has is told by the test alone.
fn finite(distance: Option<f64>) -> Option<f64> {
    distance.filter(|distance| distance.is_finite())
}

fn of_columns(columns: &[Series], tests: &[Span]) -> Result<Reasons, Error> {
    let wrong = |e: PolarsError| Error::Defect(format!("columns of reasons: {e}"));
    let [decisive, nearest, distance] = columns else {
        return Err(Error::Defect(format!("{} columns of reasons", columns.len())));
    };
    let positions = |column: &Series| {
        let ints = column.i64().map_err(wrong)?;
        Ok::<_, Error>(ints.iter().map(|n| n.and_then(|n| u32::try_from(n).ok())).collect())
    };
    Ok(Reasons {
        tests: tests.to_vec(),
        decisive: positions(decisive)?,
        nearest: positions(nearest)?,
        distance: distance.f64().map_err(wrong)?.iter().map(finite).collect(),
    })
}

impl Reasons {
    /// None of so many customers.
    pub fn empty(rows: usize) -> Reasons {
        Reasons { tests: Vec::new(), decisive: vec![None; rows], nearest: vec![None; rows], distance: vec![None; rows] }
    }

    fn clear(&mut self, row: usize) {
        self.set(row, None, None);
    }

    fn set(&mut self, row: usize, decisive: Option<Span>, nearest: Option<Near>) {
        let mut position = |span: Span| {
            let found = self.tests.iter().position(|test| *test == span);
            found.unwrap_or_else(|| {
                self.tests.push(span);
                self.tests.len() - 1
            }) as u32
        };
        let (decisive, near) = (decisive.map(&mut position), nearest.map(|(span, _)| position(span)));
        if let (Some(d), Some(n), Some(x)) =
            (self.decisive.get_mut(row), self.nearest.get_mut(row), self.distance.get_mut(row))
        {
            (*d, *n, *x) = (decisive, near, nearest.and_then(|(_, distance)| distance));
        }
    }

    /// Takes over what a part of the customers has.
    pub fn take(&mut self, part: &Reasons, rows: &[u32]) {
        if self.decisive.len() < part.decisive.len() {
            *self = Reasons::empty(part.decisive.len());
        }
        let span = |position: Option<u32>| position.and_then(|n| part.tests.get(n as usize)).copied();
        for row in rows.iter().map(|row| *row as usize) {
            let of = |positions: &[Option<u32>]| span(positions.get(row).copied().flatten());
            let nearest = of(&part.nearest).map(|span| (span, part.distance.get(row).copied().flatten()));
            self.set(row, of(&part.decisive), nearest);
        }
    }

    /// The reasons as columns.
    ///
    /// # Errors
    /// [`Error::Defect`].
    pub fn columns(&self, sources: &SourceMap) -> Result<Columns, Error> {
        let wrong = |e: PolarsError| Error::Defect(format!("columns of reasons: {e}"));
        let label = |span: &Span| format!("{}: {}", sources.place(*span), on_one_line(sources.text(*span)));
        let labels = Series::new("".into(), self.tests.iter().map(label).collect::<Vec<String>>());
        // Rows share the bytes of a label.
        let named = |name: &str, positions: &[Option<u32>]| {
            let positions = IdxCa::from_iter_options("".into(), positions.iter().map(|n| n.map(Into::into)));
            let column = if labels.is_empty() {
                Ok(Series::full_null("".into(), positions.len(), &DataType::String))
            } else {
                labels.take(&positions)
            };
            Ok::<_, Error>(column.map_err(wrong)?.with_name(name.into()))
        };
        Ok(Columns {
            decisive: named(super::added::DECISIVE_RULE, &self.decisive)?,
            nearest: named(super::added::NEAREST_MISS, &self.nearest)?,
            distance: Series::new(super::added::DISTANCE.into(), &self.distance),
        })
    }
}

/// Columns whose values are not to be shown.
pub(in crate::run) fn sensitive_columns(project: &Project) -> HashSet<(TableId, ColumnId)> {
    let mut sensitive = HashSet::new();
    for (table, manifest) in project.tables.values().enumerate() {
        let own = manifest.columns.values().enumerate().filter(|(_, column)| column.contract.sensitive);
        sensitive.extend(own.map(|(column, _)| (TableId(table as u16), ColumnId(column as u16))));
    }
    sensitive
}

/// Places of expressions that read such a column.
pub(in crate::run) fn sensitive_places(program: &Program, sensitive: &HashSet<(TableId, ColumnId)>) -> HashSet<Span> {
    let mut found = HashSet::new();
    if sensitive.is_empty() {
        return found;
    }
    for instance in &program.instances {
        walk::block(&instance.body, &mut |node| {
            let Node::Expr(outer) = node else { return };
            walk::expr(outer, &mut |node| {
                if let Node::Expr(Expr { kind: ExprKind::Column { table, column, .. }, .. }) = node
                    && sensitive.contains(&(*table, *column))
                {
                    found.insert(outer.span);
                }
            });
        });
    }
    found
}
