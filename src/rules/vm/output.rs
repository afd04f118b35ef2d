//! Columns of results, written by chunks in place.
//!
//! In: outputs of a chunk. Out: whole columns, and series of them without copying. Must not know: how values are computed. A row
//! without a value is missing, and its value 0, so that equal results are equal bytes. Kept memory is not cleared first: that
//! took a tenth of a pass. So whoever has a [`Part`] puts or skips all its rows.

use super::frame::Frame;
use super::kernels::bits;
use super::kernels::select;
use super::text::{FIRST, SHORT, Text};
use super::value::{Bits, tail, words};
use super::views::{Seen, Views};
use crate::error::Error;
use crate::rules::codegen::Output;
use crate::rules::ir::{DomainId, Repr};
use crate::rules::pages::Pages;
use crate::rules::types::Kind;
use bytemuck::Pod;
use polars::prelude::{self as pl, IntoSeries, Series, TimeUnit};
use polars_arrow::array::{BooleanArray, PrimitiveArray, Utf8ViewArray, View};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::datatypes::ArrowDataType as Arrow;

/// Number that stands for a chunk's own buffer of texts until all chunks are there.
const OWN: u32 = u32::MAX;

/// Values of one column, for all rows or for those of a chunk.
#[derive(Debug)]
pub(super) enum Cells<F, I, D, B, T> {
    Floats(F),
    Ints(I),
    Dates(D),
    Bools(B),
    Texts(T),
}

type Whole = Cells<Pages<f64>, Pages<i64>, Pages<i32>, Vec<u8>, Views>;
type Slice<'c> = Cells<&'c mut [f64], &'c mut [i64], &'c mut [i32], &'c mut [u8], &'c mut [View]>;

/// One column.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) rows: usize,
    pub(super) values: Whole,
    /// Bits.
    pub(super) there: Vec<u8>,
    /// Buffers of computed texts.
    long: Vec<Vec<u8>>,
    /// How many buffers of texts there are before these.
    shared: u32,
    /// Whether the values are 0 until they are written.
    clear: bool,
}

/// The rows of a column that one chunk writes.
#[derive(Debug)]
pub(super) struct Part<'c> {
    values: Slice<'c>,
    there: &'c mut [u8],
    long: Vec<u8>,
    seen: Seen,
    /// Whether the values are 0 until they are written.
    clear: bool,
    /// Rows that were neither put nor skipped.
    unwritten: usize,
}

/// The representation of columns of a kind.
pub(super) fn repr_of(kind: &Kind) -> Repr {
    match kind {
        Kind::Int | Kind::DateTime => Repr::Int,
        Kind::Float => Repr::Float,
        Kind::Bool => Repr::Bool,
        Kind::Date => Repr::Date,
        Kind::Row(_) => Repr::Row,
        Kind::Text | Kind::Never | Kind::List(_) | Kind::Decimals { .. } | Kind::Map(_) | Kind::Dict(_) => Repr::Text,
    }
}

fn split<'c, T>(all: &'c mut [T], lens: &[usize]) -> Vec<&'c mut [T]> {
    let mut left = all;
    let mut parts = Vec::with_capacity(lens.len());
    for len in lens {
        let (part, rest) = left.split_at_mut((*len).min(left.len()));
        parts.push(part);
        left = rest;
    }
    parts
}

impl Column {
    /// `rows` missing values, to be written; texts lie in `shared` buffers and in computed ones behind them.
    pub(super) fn new(repr: Repr, rows: usize, shared: u32) -> Column {
        fn memory<T: Pod>(rows: usize, clear: &mut bool) -> Pages<T> {
            let kept = Pages::kept(rows);
            *clear = kept.is_none();
            kept.unwrap_or_else(|| Pages::zeroed(rows))
        }
        let mut clear = true;
        let values = match repr {
            Repr::Float => Cells::Floats(memory(rows, &mut clear)),
            Repr::Int => Cells::Ints(memory(rows, &mut clear)),
            Repr::Date => Cells::Dates(memory(rows, &mut clear)),
            Repr::Bool => Cells::Bools(vec![0; rows.div_ceil(8)]),
            Repr::Text | Repr::Row => Cells::Texts(Views::new(memory(rows, &mut clear))),
        };
        Column { rows, values, there: vec![0; rows.div_ceil(8)], long: Vec::new(), shared, clear }
    }

    /// The column in parts of these many rows, each but the last a multiple of 8.
    pub(super) fn parts(&mut self, lens: &[usize]) -> Vec<Part<'_>> {
        let bytes: Vec<usize> = lens.iter().map(|len| len.div_ceil(8)).collect();
        let values: Vec<Slice<'_>> = match &mut self.values {
            Cells::Floats(v) => split(v, lens).into_iter().map(Cells::Floats).collect(),
            Cells::Ints(v) => split(v, lens).into_iter().map(Cells::Ints).collect(),
            Cells::Dates(v) => split(v, lens).into_iter().map(Cells::Dates).collect(),
            Cells::Bools(v) => split(v, &bytes).into_iter().map(Cells::Bools).collect(),
            Cells::Texts(v) => split(v.as_mut(), lens).into_iter().map(Cells::Texts).collect(),
        };
        let there = split(&mut self.there, &bytes);
        let clear = self.clear;
        let part = |((values, there), rows): ((_, _), &usize)| Part {
            values,
            there,
            long: Vec::new(),
            seen: Seen::default(),
            clear,
            unwritten: *rows,
        };
        values.into_iter().zip(there).zip(lens).map(part).collect()
    }

    /// Takes over the computed texts of the chunk of `rows` rows from `start` on.
    pub(super) fn own(&mut self, start: usize, rows: usize, long: Vec<u8>) {
        if long.is_empty() {
            return;
        }
        let number = self.shared + self.long.len() as u32;
        self.long.push(long);
        if let Cells::Texts(views) = &mut self.values {
            for view in views.as_mut().iter_mut().skip(start).take(rows).filter(|view| view.buffer_idx == OWN) {
                if view.length > View::MAX_INLINE_SIZE {
                    view.buffer_idx = number;
                }
            }
        }
    }

    /// Sets one row.
    pub(super) fn set(&mut self, row: usize, value: &pl::AnyValue<'_>) {
        use pl::AnyValue;
        match (&mut self.values, value) {
            (Cells::Floats(v), AnyValue::Float64(x)) => v[row] = *x,
            (Cells::Ints(v), AnyValue::Int64(n) | AnyValue::Datetime(n, ..)) => v[row] = *n,
            (Cells::Dates(v), AnyValue::Date(days)) => v[row] = *days,
            (Cells::Bools(v), AnyValue::Boolean(b)) => v[row / 8] |= u8::from(*b) << (row % 8),
            (Cells::Texts(v), AnyValue::String(text)) => {
                let number = self.shared + self.long.len() as u32;
                v.as_mut()[row] = Text::new(text.as_bytes(), number, 0).view();
                if text.len() > SHORT {
                    self.long.push(text.as_bytes().to_vec());
                }
            }
            _ => return,
        }
        self.there[row / 8] |= 1 << (row % 8);
    }

    /// The series of a column of a kind; texts lie in the buffers of `sources`, too.
    ///
    /// # Errors
    /// [`Error::Defect`]: texts that are none.
    pub(super) fn series(self, name: &str, kind: &Kind, sources: &[Utf8ViewArray]) -> Result<Series, Error> {
        let name = pl::PlSmallStr::from_str(name);
        let wrong = |e: pl::PolarsError| Error::Defect(format!("a column of a step: {e}"));
        let bits = Bitmap::from_u8_vec(self.there, self.rows);
        let there = if bits.unset_bits() == 0 { None } else { Some(bits) };
        Ok(match self.values {
            Cells::Floats(v) => {
                let array = PrimitiveArray::try_new(Arrow::Float64, v.buffer(), there).map_err(wrong)?;
                pl::Float64Chunked::with_chunk(name, array).into_series()
            }
            Cells::Ints(v) => {
                let array = PrimitiveArray::try_new(Arrow::Int64, v.buffer(), there).map_err(wrong)?;
                let ints = pl::Int64Chunked::with_chunk(name, array);
                if *kind == Kind::DateTime {
                    ints.into_datetime(TimeUnit::Microseconds, None).into_series()
                } else {
                    ints.into_series()
                }
            }
            Cells::Dates(v) => {
                let array = PrimitiveArray::try_new(Arrow::Int32, v.buffer(), there).map_err(wrong)?;
                pl::Int32Chunked::with_chunk(name, array).into_date().into_series()
            }
            Cells::Bools(v) => {
                let bits = Bitmap::from_u8_vec(v, self.rows);
                let array = BooleanArray::try_new(Arrow::Boolean, bits, there).map_err(wrong)?;
                pl::BooleanChunked::with_chunk(name, array).into_series()
            }
            Cells::Texts(v) => {
                let array = v.array(sources, self.long, there);
                pl::StringChunked::with_chunk(name, array).into_series()
            }
        })
    }
}

impl Part<'_> {
    /// Leaves `rows` rows from `at` on without values.
    pub(super) fn skip(&mut self, at: usize, rows: usize) {
        self.unwritten = self.unwritten.saturating_sub(rows);
        if self.clear {
            return;
        }
        match &mut self.values {
            Cells::Floats(out) => out[at..at + rows].fill(0.0),
            Cells::Ints(out) => out[at..at + rows].fill(0),
            Cells::Dates(out) => out[at..at + rows].fill(0),
            Cells::Bools(_) => {}
            Cells::Texts(out) => out[at..at + rows].fill(View::default()),
        }
    }

    /// Writes the output of a chunk's customers whose first is row `at` of this part.
    pub(super) fn put(&mut self, frame: &Frame<'_>, output: &Output, at: usize) {
        let rows = frame.len(DomainId::CUSTOMERS);
        self.unwritten = self.unwritten.saturating_sub(rows);
        let there = frame.bits(&output.there, rows);
        let alive = frame.scopes.alive();
        let valid: Vec<u64> = (0..words(rows)).map(|n| alive[n] & there.word(n, rows)).collect();
        bits::put(&valid, rows, self.there, at);
        let all = valid.iter().enumerate().all(|(n, word)| *word == tail(n, rows));
        let valid = if all { Bits::All(true) } else { Bits::Each(&valid) };
        match &mut self.values {
            Cells::Floats(out) => {
                select::valid(valid, frame.get(&output.value, rows), 0.0, &mut out[at..at + rows], select::floats);
            }
            Cells::Ints(out) => {
                select::valid(valid, frame.get(&output.value, rows), 0, &mut out[at..at + rows], select::ints);
            }
            Cells::Dates(out) => {
                select::valid(valid, frame.get(&output.value, rows), 0, &mut out[at..at + rows], select::dates);
            }
            Cells::Bools(out) => {
                let mut values = vec![0; words(rows)];
                bits::and(valid, frame.bits(&output.value, rows), &mut values, rows);
                bits::put(&values, rows, out, at);
            }
            Cells::Texts(out) => {
                let values = frame.get::<Text>(&output.value, rows);
                let out = &mut out[at..at + rows];
                if output.copied {
                    return select::views(valid, values, out);
                }
                for (row, view) in out.iter_mut().enumerate() {
                    let text = values.get(row);
                    *view = View::default();
                    if !valid.get(row) {
                        continue;
                    }
                    if !self.seen.is_text(&frame.texts, text) {
                        frame.note_defect();
                        continue;
                    }
                    *view = place(frame, text, &mut self.long);
                }
            }
        }
    }

    /// Whether all its rows were put or skipped, once each.
    pub(super) fn is_whole(&self) -> bool {
        self.unwritten == 0
    }

    /// The bytes of the computed texts that were written.
    pub(super) fn finish(self) -> Vec<u8> {
        self.long
    }
}

/// The view of a text; the bytes of a computed one are put into the chunk's own buffer.
#[inline]
fn place(frame: &Frame<'_>, text: Text, long: &mut Vec<u8>) -> View {
    let mut view = text.view();
    match text.buffer() {
        None | Some(FIRST..) => {}
        Some(_) => {
            view.buffer_idx = OWN;
            view.offset = long.len() as u32;
            frame.texts.with_bytes(text, |bytes| long.extend_from_slice(bytes));
        }
    }
    view
}
