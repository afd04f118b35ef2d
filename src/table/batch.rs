//! Rows of one piece of a source file, in typed columns, and the rows that were turned away.
//!
//! In: a [`Plan`] (what the manifest declares), cells row by row. Out: a [`Batch`]. Must not know: how files are
//! written. Start at [`BatchBuilder::row`].

use super::decode;
use super::field::Field;
use super::rejected::{Outcome, Shared};
use super::value::{Cell, CellParser, Memo, Noted};
use crate::diag::{Id, ids};
use crate::dtype::DataType;
use crate::error::Error;
use crate::manifest::model::{Column, Encoding, Format, Mended, Numbers, Table};
use jiff::tz::TimeZone;
use polars::prelude::{
    BooleanChunkedBuilder, ChunkedBuilder, Int32Type, Int64Type, Int128Type, IntoSeries, PrimitiveChunkedBuilder,
    Series, StringChunkedBuilder, TimeUnit,
};
use std::collections::BTreeMap;

/// What the reader of a table needs to know of its manifest.
pub struct Plan<'a> {
    /// The table.
    pub table: &'a Table,
    /// One parser for each declared column, in order.
    pub parsers: Vec<CellParser<'a>>,
    /// For each column, the id of a row without it; `None` where the value may be missing.
    pub needed: Vec<Option<Id>>,
    /// The project's time zone.
    pub zone: &'a TimeZone,
    /// For each column, whether its values are kept; the others are checked all the same.
    pub wanted: Vec<bool>,
    /// Columns of which some text makes a row no data.
    pub drops: Vec<usize>,
}

/// What takes batches, in source order.
pub type Sink<'s> = dyn FnMut(Batch) -> Result<(), Error> + 's;

impl<'a> Plan<'a> {
    /// The plan of this table.
    pub fn new(table: &'a Table, zone: &'a TimeZone) -> Plan<'a> {
        let numbers = match &table.source.format {
            Format::Csv(csv) => csv.numbers,
            Format::Ndjson(numbers) => *numbers,
            Format::Excel(excel) => excel.numbers,
            Format::Parquet | Format::Sqlite(_) | Format::Postgres(_) => Numbers::default(),
        };
        let parsers = table.columns.values().map(|c| CellParser::new(c, zone).written(numbers)).collect();
        let needed = |name: &String, required: bool| match table.key.contains(name) {
            true => Some(ids::KEY_EMPTY),
            false => required.then_some(ids::VALUE_REQUIRED),
        };
        let needed = table.columns.iter().map(|(name, c)| needed(name, c.required)).collect();
        let drops = table.columns.values().enumerate().filter(|(_, column)| !column.contract.drops.is_empty());
        let drops = drops.map(|(k, _)| k).collect();
        Plan { table, parsers, needed, zone, wanted: vec![true; table.columns.len()], drops }
    }
}

impl Plan<'_> {
    /// Empty columns with room for `capacity` rows where they are wanted.
    fn builders(&self, capacity: usize) -> Vec<ColumnBuilder> {
        let columns = self.table.columns.values().zip(&self.wanted);
        let builder =
            |(c, wanted): (&Column, &bool)| ColumnBuilder::new(&c.name, c.dtype, if *wanted { capacity } else { 0 });
        columns.map(builder).collect()
    }
}

/// A row that does not enter its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Line of the record's start in its file, from 1; for Parquet the row, for a sheet its row, for a database the
    /// number of the row in what was asked for, from 1.
    pub line: u32,
    /// The column, or empty where the row as a whole is meant.
    pub column: Shared,
    /// The offending text, cut to [`SHOWN`] characters.
    pub text: String,
    /// Quarantined, or removed as declared.
    pub outcome: Outcome,
    /// What kind of fault it is.
    pub id: Id,
    /// What is wrong, as a clause.
    pub message: Shared,
}

impl Reject {
    /// A row that is no data, for this text of a column.
    pub fn dropped(line: u32, column: &Column, text: &str) -> Reject {
        let message = "`drop` names it: the row is no data".into();
        Reject {
            line,
            column: column.name.as_str().into(),
            text: cut(text),
            outcome: Outcome::Removed,
            id: ids::DROPPED,
            message,
        }
    }
}

/// Characters of an offending text that are kept.
pub const SHOWN: usize = 200;

/// The text cut to [`SHOWN`] characters.
pub fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What a row without a needed value is told.
pub fn lacking(id: Id) -> &'static str {
    if id == ids::KEY_EMPTY { "a part of the key is missing" } else { "a required value is missing" }
}

/// Rows of one piece of a source file, in source order.
#[derive(Debug)]
pub struct Batch {
    /// One column for each declared one, of its declared type; without rows where it is not wanted.
    pub columns: Vec<Series>,
    /// Line of each row.
    pub lines: Vec<u32>,
    /// For each column, rows (of this batch) with something to count.
    pub notes: Vec<Vec<(u32, Noted)>>,
    /// Rows turned away, in source order.
    pub rejects: Vec<Reject>,
    /// The file, by its place among those of the table.
    pub file: u32,
    /// What was mended or looks wrong in the rows that are not turned away.
    pub counts: Counts,
}

impl Batch {
    /// Rows read, those turned away too.
    pub fn read(&self) -> u64 {
        self.lines.len() as u64 + self.rejects.len() as u64
    }
}

/// Rows by what is counted of them and, where one is meant, the number of the column.
pub type Counts = BTreeMap<(Option<usize>, &'static str), u64>;

/// Builds one typed column.
pub enum ColumnBuilder {
    /// Text.
    Text(StringChunkedBuilder),
    /// Int.
    Int(PrimitiveChunkedBuilder<Int64Type>),
    /// Float.
    Float(PrimitiveChunkedBuilder<polars::prelude::Float64Type>),
    /// Bool.
    Bool(BooleanChunkedBuilder),
    /// Date.
    Date(PrimitiveChunkedBuilder<Int32Type>),
    /// Datetime.
    DateTime(PrimitiveChunkedBuilder<Int64Type>),
    /// Decimal with precision and scale.
    Decimal(PrimitiveChunkedBuilder<Int128Type>, u8, u8),
}

impl ColumnBuilder {
    /// An empty column of this name and type.
    pub fn new(name: &str, dtype: DataType, capacity: usize) -> ColumnBuilder {
        match dtype {
            DataType::Text => ColumnBuilder::Text(StringChunkedBuilder::new(name.into(), capacity)),
            DataType::Int => ColumnBuilder::Int(PrimitiveChunkedBuilder::new(name.into(), capacity)),
            DataType::Float => ColumnBuilder::Float(PrimitiveChunkedBuilder::new(name.into(), capacity)),
            DataType::Bool => ColumnBuilder::Bool(BooleanChunkedBuilder::new(name.into(), capacity)),
            DataType::Date => ColumnBuilder::Date(PrimitiveChunkedBuilder::new(name.into(), capacity)),
            DataType::DateTime => ColumnBuilder::DateTime(PrimitiveChunkedBuilder::new(name.into(), capacity)),
            DataType::Decimal { precision, scale } => {
                ColumnBuilder::Decimal(PrimitiveChunkedBuilder::new(name.into(), capacity), precision, scale)
            }
        }
    }

    /// A column of so many missing values.
    pub fn missing(column: &Column, rows: usize) -> Series {
        let mut builder = ColumnBuilder::new(&column.name, column.dtype, rows);
        (0..rows).for_each(|_| builder.push(Cell::Missing, None));
        builder.finish()
    }

    /// Appends a value; one of another type than the column's, NaN and infinities are missing. `text` is that of a
    /// text column's cell.
    pub fn push(&mut self, cell: Cell, text: Option<&str>) {
        match (self, cell) {
            (ColumnBuilder::Text(b), _) => b.append_option(text),
            (ColumnBuilder::Int(b), Cell::Int(v)) => b.append_value(v),
            (ColumnBuilder::Int(b), _) => b.append_null(),
            (ColumnBuilder::Float(b), Cell::Float(v)) if v.is_finite() => b.append_value(v),
            (ColumnBuilder::Float(b), _) => b.append_null(),
            (ColumnBuilder::Bool(b), Cell::Bool(v)) => b.append_value(v),
            (ColumnBuilder::Bool(b), _) => b.append_null(),
            (ColumnBuilder::Date(b), Cell::Date(v)) => b.append_value(v),
            (ColumnBuilder::Date(b), _) => b.append_null(),
            (ColumnBuilder::DateTime(b), Cell::DateTime(v)) => b.append_value(v),
            (ColumnBuilder::DateTime(b), _) => b.append_null(),
            (ColumnBuilder::Decimal(b, ..), Cell::Decimal(v)) => b.append_value(v),
            (ColumnBuilder::Decimal(b, ..), _) => b.append_null(),
        }
    }

    /// The column.
    pub fn finish(self) -> Series {
        match self {
            ColumnBuilder::Text(b) => b.finish().into_series(),
            ColumnBuilder::Int(b) => b.finish().into_series(),
            ColumnBuilder::Float(b) => b.finish().into_series(),
            ColumnBuilder::Bool(b) => b.finish().into_series(),
            ColumnBuilder::Date(b) => b.finish().into_date().into_series(),
            ColumnBuilder::DateTime(b) => b.finish().into_datetime(TimeUnit::Microseconds, None).into_series(),
            ColumnBuilder::Decimal(b, precision, scale) => {
                b.finish().into_decimal_unchecked(usize::from(precision), usize::from(scale)).into_series()
            }
        }
    }
}

/// Builds a batch from rows of texts.
pub struct BatchBuilder<'p, 'a> {
    plan: &'p Plan<'a>,
    builders: Vec<ColumnBuilder>,
    cells: Vec<(Cell, Option<Noted>, Mended)>,
    memos: Vec<Memo>,
    lines: Vec<u32>,
    notes: Vec<Vec<(u32, Noted)>>,
    rejects: Vec<Reject>,
    counts: Counts,
    encoding: Encoding,
}

impl<'p, 'a> BatchBuilder<'p, 'a> {
    /// An empty batch with room for `capacity` rows.
    pub fn new(plan: &'p Plan<'a>, capacity: usize) -> BatchBuilder<'p, 'a> {
        let columns = &plan.table.columns;
        BatchBuilder {
            plan,
            builders: plan.builders(capacity),
            cells: Vec::with_capacity(columns.len()),
            memos: columns.iter().map(|_| Memo::default()).collect(),
            lines: Vec::with_capacity(capacity),
            notes: vec![Vec::new(); columns.len()],
            rejects: Vec::new(),
            counts: Counts::new(),
            encoding: Encoding::Utf8,
        }
    }

    /// Says what the bytes of cells were before they were made UTF-8.
    pub fn encoding(&mut self, encoding: Encoding) {
        self.encoding = encoding;
    }

    /// Appends a row whose field of declared column `k` is `field(k)`, or turns it away with the first fault in column
    /// order; whether it was appended.
    pub fn row<'t>(&mut self, line: u32, field: impl Fn(usize) -> Field<'t>) -> bool {
        if self.dropped(line, &field) {
            return false;
        }
        self.cells.clear();
        for (k, parser) in self.plan.parsers.iter().enumerate() {
            let given = field(k);
            let (read, done) = read_field(parser, given, self.encoding, &mut self.memos[k]);
            let (id, message) = match (read, self.plan.needed[k]) {
                (Err(fault), _) => fault,
                (Ok((value, noted)), Some(id)) if is_missing(value, noted) => (id, lacking(id).to_owned()),
                (Ok((value, noted)), _) => {
                    self.cells.push((value, noted, done));
                    continue;
                }
            };
            let text = match given {
                Field::Bytes(bytes) => decode::shown(&bytes[..bytes.len().min(8 * SHOWN)], self.encoding),
                other => other.shown().into_owned(),
            };
            self.reject(line, &parser.column().name, &text, id, message);
            return false;
        }
        let row = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        for (k, (value, noted, done)) in self.cells.iter().enumerate() {
            if self.plan.wanted[k] {
                let text = match value {
                    Cell::Source => field(k).text().and_then(|text| self.plan.parsers[k].text(*value, text)),
                    value => self.plan.parsers[k].text(*value, ""),
                };
                self.builders[k].push(*value, text.as_deref());
            }
            let mended = (!done.is_none()).then_some(Noted::Mended(*done));
            self.notes[k].extend(noted.iter().copied().chain(mended).map(|noted| (row, noted)));
        }
        self.lines.push(line);
        true
    }

    /// Removes a row if a text of it makes it no data; whether it did.
    pub fn dropped<'t>(&mut self, line: u32, field: &impl Fn(usize) -> Field<'t>) -> bool {
        let parsers = self.plan.drops.iter().map(|k| (*k, &self.plan.parsers[*k]));
        let mut found = parsers.filter(|(k, parser)| parser.drops(&field(*k).shown()));
        let Some((k, parser)) = found.next() else { return false };
        self.rejects.push(Reject::dropped(line, parser.column(), &field(k).shown()));
        true
    }

    /// Counts rows that were appended.
    pub fn count(&mut self, column: Option<usize>, measure: &'static str, rows: u64) {
        if rows > 0 {
            *self.counts.entry((column, measure)).or_default() += rows;
        }
    }

    /// How many rows it has, those turned away too.
    pub fn len(&self) -> usize {
        self.lines.len() + self.rejects.len()
    }

    /// Turns a row away.
    pub fn reject(&mut self, line: u32, column: &str, text: &str, id: Id, message: String) {
        let before = self.rejects.last();
        let column = Shared::with(before.map(|reject| &reject.column), column);
        let message = Shared::with(before.map(|reject| &reject.message), &message);
        self.rejects.push(Reject { line, column, text: cut(text), outcome: Outcome::Quarantined, id, message });
    }

    /// The batch.
    pub fn finish(self) -> Batch {
        let columns = self.builders.into_iter().map(ColumnBuilder::finish).collect();
        let (lines, notes, rejects, counts) = (self.lines, self.notes, self.rejects, self.counts);
        Batch { columns, lines, notes, rejects, file: 0, counts }
    }
}

/// A value and what to count about it, or the fault with its clause.
pub type Read = Result<(Cell, Option<Noted>), (Id, String)>;

/// The value of a field, and how its text was mended.
pub fn read_field(parser: &CellParser, given: Field, encoding: Encoding, memo: &mut Memo) -> (Read, Mended) {
    let wrong = |why: String| (ids::VALUE_WRONG, why);
    match given {
        Field::Bytes(_) => {
            (Err((ids::ENCODING, format!("not {}", super::csv::shown_name(encoding)))), Mended::default())
        }
        Field::Text(text) => {
            let (text, how) = parser.mend(text);
            (parser.parse(&text, memo).map_err(wrong), how)
        }
        Field::Number(number) => {
            let (number, how) = parser.mend(number);
            (parser.parse_number(&number, memo).map_err(wrong), how)
        }
        other => (other.read().map_err(wrong), Mended::default()),
    }
}

/// Whether a column has no value where this was read.
pub fn is_missing(cell: Cell, noted: Option<Noted>) -> bool {
    cell == Cell::Missing || noted == Some(Noted::NotFinite)
}
