//! Operations between domains: of owners for elements, of elements for owners.
//!
//! In: an instruction. Out: its register. Must not know: how elements are found ([`super::lists`]).

use super::frame::{Frame, Value};
use super::kernels::aggregate::{self, Lists};
use super::kernels::{domain, gather};
use super::shapes::arg;
use super::text::Text;
use super::value::{Bits, Fails, Src};
use crate::rules::codegen::{Arg, Compute};
use crate::rules::data::ColumnData;
use crate::rules::figure::Figure;
use crate::rules::ir::{Aggregate, Domain, DomainId, Repr};
use crate::rules::types::{ColumnId, TableId};
use std::mem;

/// Row numbers at which values are found.
enum Index<'i> {
    /// The parents of a link.
    Parents(Option<u32>),
    /// The elements of a domain.
    Elements(DomainId),
    /// An operand.
    Rows(&'i Arg),
}

impl Frame<'_> {
    fn index(&self, index: &Index<'_>, rows: usize) -> Src<'_, u32> {
        let found = match index {
            Index::Parents(link) => link.and_then(|l| self.links.get(l as usize)).map(|l| l.parents.as_slice()),
            Index::Elements(domain) => self.elements.get(domain.0 as usize).map(Vec::as_slice),
            Index::Rows(arg) => return self.get(arg, rows),
        };
        match found.and_then(|found| found.get(..rows)) {
            Some(found) => Src::Each(found),
            None => {
                self.note_defect();
                Src::Each(&[])
            }
        }
    }

    fn gather(&mut self, c: &Compute, value: &Arg, index: Index<'_>) {
        fn fill<T: Value>(frame: &mut Frame<'_>, c: &Compute, value: &Arg, index: Index<'_>) {
            frame.fill::<T>(c, |f, out, _| gather::at(f.whole(value), f.index(&index, out.len()), out));
        }
        match c.repr {
            Repr::Bool => self.fill_bits(c, |f, out, rows, _| {
                gather::bits_at(f.whole_bits(value), f.index(&index, rows), out, rows);
            }),
            Repr::Int => fill::<i64>(self, c, value, index),
            Repr::Float => fill::<f64>(self, c, value, index),
            Repr::Date => fill::<i32>(self, c, value, index),
            Repr::Text => fill::<Text>(self, c, value, index),
            Repr::Row => fill::<u32>(self, c, value, index),
        }
    }

    /// Values of an ancestor's rows for each element.
    pub(super) fn lift(&mut self, c: &Compute) {
        self.gather(c, arg(c, 0), Index::Parents(c.link));
    }

    /// Values of the base for each element of a sorted or copied domain.
    pub(super) fn pick(&mut self, c: &Compute) {
        self.gather(c, arg(c, 0), Index::Elements(c.domain));
    }

    /// Values at positions.
    pub(super) fn fetch(&mut self, c: &Compute) {
        self.gather(c, arg(c, 1), Index::Rows(arg(c, 0)));
    }

    /// Operands of a parent's row as its elements.
    pub(super) fn written(&mut self, c: &Compute) {
        fn fill<T: Value>(frame: &mut Frame<'_>, c: &Compute) {
            frame.fill::<T>(c, |f, out, _| {
                let owners = f.owners(c.domain);
                let operands: Vec<Src<'_, T>> = c.args.iter().map(|arg| f.get(arg, owners)).collect();
                domain::interleave(&operands, out);
            });
        }
        match c.repr {
            Repr::Bool => self.fill_bits(c, |f, out, _, _| {
                let owners = f.owners(c.domain);
                let operands: Vec<Bits<'_>> = c.args.iter().map(|arg| f.bits(arg, owners)).collect();
                domain::interleave_bits(&operands, owners, out);
            }),
            Repr::Int => fill::<i64>(self, c),
            Repr::Float => fill::<f64>(self, c),
            Repr::Date => fill::<i32>(self, c),
            Repr::Text => fill::<Text>(self, c),
            Repr::Row => fill::<u32>(self, c),
        }
    }

    /// Rows of a domain's parent.
    fn owners(&self, domain: DomainId) -> usize {
        let of = self.bound.program.domains.get(domain.0 as usize);
        of.and_then(|d| d.domain.parent()).map_or(0, |parent| self.len(parent))
    }

    /// Positions of elements among those of their parent's row.
    pub(super) fn position(&mut self, c: &Compute) {
        self.fill(c, |f, out: &mut [i64], _| {
            for pair in f.offsets(c.domain).windows(2) {
                let elements = out.get_mut(pair[0] as usize..pair[1] as usize).unwrap_or_default();
                elements.iter_mut().zip(0..).for_each(|(out, n)| *out = n);
            }
        });
    }

    /// Differences of neighbours.
    pub(super) fn gap(&mut self, c: &Compute) {
        let of = self.bound.program.domains.get(c.domain.0 as usize).map(|d| &d.domain);
        let Some(Domain::Between { base, .. }) = of else { return self.note_defect() };
        let (key, base) = (arg(c, 0), *base);
        match key.repr {
            Repr::Int => self.fill(c, |f, out, fails| {
                domain::gaps_of_ints(f.offsets(base), f.offsets(c.domain), f.get(key, f.len(base)), out, fails);
            }),
            Repr::Date => self.fill(c, |f, out, _| {
                domain::gaps_of_dates(f.offsets(base), f.offsets(c.domain), f.get(key, f.len(base)), out);
            }),
            Repr::Float => self.fill(c, |f, out, fails| {
                domain::gaps_of_floats(f.offsets(base), f.offsets(c.domain), f.get(key, f.len(base)), out, fails);
            }),
            Repr::Bool | Repr::Text | Repr::Row => self.note_defect(),
        }
    }

    fn lists(&self, c: &Compute, elements: usize) -> Lists<'_> {
        let offsets = match c.link.and_then(|link| self.links.get(link as usize)) {
            Some(link) => link.offsets.as_slice(),
            None => {
                self.note_defect();
                &[]
            }
        };
        Lists { offsets, keep: self.bits(arg(c, 0), elements) }
    }

    /// One value of the elements of each owner.
    pub(super) fn aggregate(&mut self, c: &Compute, aggregate: Aggregate, elements: DomainId) {
        let n = self.len(elements);
        match aggregate {
            Aggregate::Count => self.fill(c, |f, out, _| aggregate::count(f.lists(c, n), out)),
            Aggregate::SumFloat => self.folded(c, n, aggregate::sum_floats),
            Aggregate::SumInt => self.folded(c, n, aggregate::sum_ints),
            Aggregate::SumDecimal { table, column } => self.sum_decimals(c, n, table, column),
            Aggregate::Mean => self.folded(c, n, aggregate::mean),
            Aggregate::Deviation => self.folded(c, n, aggregate::deviation),
            Aggregate::Quantile => {
                let mut scratch = mem::take(&mut self.scratch);
                self.fill(c, |f, out, fails| {
                    let (there, values) = (f.bits(arg(c, 1), n), f.get(arg(c, 2), n));
                    let q = f.get(arg(c, 3), out.len());
                    aggregate::quantile(f.lists(c, n), there, values, q, &mut scratch, out, fails);
                });
                self.scratch = scratch;
            }
            Aggregate::Figure(figure) => self.figure(c, n, figure),
            Aggregate::HasFigure(figure) => self.has_figure(c, n, figure),
            Aggregate::Smallest => self.smallest(c, n),
            Aggregate::Largest => self.largest(c, n),
            Aggregate::Distinct => self.distinct(c, n),
            Aggregate::First => self.fill(c, |f, out, _| aggregate::first(f.lists(c, n), out)),
            Aggregate::Last => self.fill(c, |f, out, _| aggregate::last(f.lists(c, n), out)),
            Aggregate::At => self.fill(c, |f, out, fails| {
                aggregate::at(f.lists(c, n), f.get(arg(c, 1), out.len()), out, fails);
            }),
            Aggregate::Holds => self.holds(c, n),
            Aggregate::Any => self.fill_bits(c, |f, out, _, _| {
                aggregate::any(f.lists(c, n), f.bits(arg(c, 1), n), out);
            }),
        }
    }

    fn figure(&mut self, c: &Compute, n: usize, figure: Figure) {
        let mut scratch = mem::take(&mut self.scratch);
        self.fill(c, |f, out, fails| {
            let (there, values) = (f.bits(arg(c, 1), n), f.get(arg(c, 2), n));
            let argument = f.get(arg(c, 3), out.len());
            aggregate::figure((figure, f.lists(c, n)), there, values, argument, &mut scratch, out, fails);
        });
        self.scratch = scratch;
    }

    fn has_figure(&mut self, c: &Compute, n: usize, figure: Figure) {
        let mut scratch = mem::take(&mut self.scratch);
        self.fill_bits(c, |f, out, owners, _| {
            let (values, argument) = (f.get(arg(c, 2), n), f.get(arg(c, 3), owners));
            aggregate::has_figure((figure, f.lists(c, n)), values, argument, &mut scratch, out);
        });
        self.scratch = scratch;
    }

    /// An aggregate of values that are there.
    fn folded<T: Value, R: Value>(
        &mut self,
        c: &Compute,
        n: usize,
        kernel: impl FnOnce(Lists<'_>, Bits<'_>, Src<'_, T>, &mut [R], &mut Fails),
    ) {
        self.fill(c, |f, out, fails| {
            kernel(f.lists(c, n), f.bits(arg(c, 1), n), f.get(arg(c, 2), n), out, fails);
        });
    }

    fn sum_decimals(&mut self, c: &Compute, n: usize, table: TableId, column: ColumnId) {
        let bound = self.bound;
        let Some(ColumnData::Decimal { values, scale }) = bound.column(table, column) else {
            return self.note_defect();
        };
        let (cells, valid) = (values.values(), values.validity());
        self.fill(c, |f, out, fails| {
            let (lists, rows) = (f.lists(c, n), f.get(arg(c, 1), n));
            let cell = |row: u32| cells.get(row as usize).copied();
            match valid {
                None => aggregate::sum_decimals(lists, rows, *scale, cell, out, fails),
                Some(valid) => {
                    let known = |row: u32| cell(row).filter(|_| valid.get_bit(row as usize));
                    aggregate::sum_decimals(lists, rows, *scale, known, out, fails);
                }
            }
        });
    }

    fn smallest(&mut self, c: &Compute, n: usize) {
        match arg(c, 2).repr {
            Repr::Float => self.folded(c, n, aggregate::smallest_float),
            Repr::Int => self.folded(c, n, aggregate::smallest_int),
            Repr::Date => self.folded(c, n, aggregate::smallest_date),
            Repr::Text => self.fill(c, |f, out, fails| {
                let (there, values) = (f.bits(arg(c, 1), n), f.get(arg(c, 2), n));
                aggregate::smallest_text(f.lists(c, n), there, values, &f.texts, out, fails);
            }),
            Repr::Bool | Repr::Row => self.note_defect(),
        }
    }

    fn largest(&mut self, c: &Compute, n: usize) {
        match arg(c, 2).repr {
            Repr::Float => self.folded(c, n, aggregate::largest_float),
            Repr::Int => self.folded(c, n, aggregate::largest_int),
            Repr::Date => self.folded(c, n, aggregate::largest_date),
            Repr::Text => self.fill(c, |f, out, fails| {
                let (there, values) = (f.bits(arg(c, 1), n), f.get(arg(c, 2), n));
                aggregate::largest_text(f.lists(c, n), there, values, &f.texts, out, fails);
            }),
            Repr::Bool | Repr::Row => self.note_defect(),
        }
    }

    fn distinct(&mut self, c: &Compute, n: usize) {
        let mut scratch = mem::take(&mut self.scratch);
        match arg(c, 2).repr {
            Repr::Float => self.folded(c, n, |l, there, v, out, fails| {
                aggregate::distinct_floats(l, there, v, &mut scratch, out, fails);
            }),
            Repr::Int => self.folded(c, n, |l, there, v, out, fails| {
                aggregate::distinct_ints(l, there, v, &mut scratch, out, fails);
            }),
            Repr::Date => self.folded(c, n, |l, there, v, out, fails| {
                aggregate::distinct_dates(l, there, v, &mut scratch, out, fails);
            }),
            Repr::Row => self.folded(c, n, |l, there, v, out, fails| {
                aggregate::distinct_rows(l, there, v, &mut scratch, out, fails);
            }),
            Repr::Bool => self.fill(c, |f, out, fails| {
                let (there, values) = (f.bits(arg(c, 1), n), f.bits(arg(c, 2), n));
                aggregate::distinct_bools(f.lists(c, n), there, values, out, fails);
            }),
            Repr::Text => self.fill(c, |f, out, fails| {
                let (there, values) = (f.bits(arg(c, 1), n), f.get(arg(c, 2), n));
                aggregate::distinct_texts(f.lists(c, n), there, values, &f.texts, &mut scratch, out, fails);
            }),
        }
        self.scratch = scratch;
    }

    fn holds(&mut self, c: &Compute, n: usize) {
        match arg(c, 2).repr {
            Repr::Float => self.found(c, n, aggregate::holds_value::<f64>),
            Repr::Int => self.found(c, n, aggregate::holds_value::<i64>),
            Repr::Date => self.found(c, n, aggregate::holds_value::<i32>),
            Repr::Row => self.found(c, n, aggregate::holds_value::<u32>),
            Repr::Bool => self.fill_bits(c, |f, out, owners, fails| {
                let (there, values, item) = (f.bits(arg(c, 1), n), f.bits(arg(c, 2), n), f.bits(arg(c, 3), owners));
                aggregate::holds_bool(f.lists(c, n), there, values, item, out, fails);
            }),
            Repr::Text => self.fill_bits(c, |f, out, owners, fails| {
                let (there, values, item) = (f.bits(arg(c, 1), n), f.get(arg(c, 2), n), f.get(arg(c, 3), owners));
                aggregate::holds_text(f.lists(c, n), there, values, item, &f.texts, out, fails);
            }),
        }
    }

    fn found<T: Value>(
        &mut self,
        c: &Compute,
        n: usize,
        kernel: impl FnOnce(Lists<'_>, Bits<'_>, Src<'_, T>, Src<'_, T>, &mut [u64], &mut Fails),
    ) {
        self.fill_bits(c, |f, out, owners, fails| {
            let (there, values, item) = (f.bits(arg(c, 1), n), f.get(arg(c, 2), n), f.get(arg(c, 3), owners));
            kernel(f.lists(c, n), there, values, item, out, fails);
        });
    }
}
