//! A program with the data that it runs on.
//!
//! In: a program, a step's [`Context`], its parameter tables and standings. Out: [`Bound`], which all threads share: columns by
//! position, constants as texts, and the buffers in which texts lie. Must not know: chunks, registers.
//!
//! Buffers of texts have numbers: [`FIRST`] that of the program's constants, then that of the parameter tables, then those of
//! the text columns which the program reads.

use super::parameters::Tables;
use super::standings::Standings;
use super::text::{FIRST, Text, Texts};
use crate::rules::codegen::{Instr, Program};
use crate::rules::context::Context;
use crate::rules::data::{ColumnData, Related, TableData};
use crate::rules::ir::{Const, Op};
use crate::rules::types::{ColumnId, TableId};
use polars::prelude::StaticArray;
use polars_arrow::array::{Utf8ViewArray, View};
use std::collections::HashMap;

/// A program and what it reads.
pub(super) struct Bound<'a> {
    pub(super) program: &'a Program,
    pub(super) context: Context<'a>,
    pub(super) tables: &'a Tables,
    pub(super) standings: &'a [Standings],
    customer: &'a TableData,
    /// Constants that are texts.
    texts: Vec<Text>,
    /// Texts that are chosen by number.
    pub(super) pool: Vec<Text>,
    /// Arrays whose buffers are numbered from [`FIRST`] on.
    sources: Vec<Utf8ViewArray>,
    /// Number of the first buffer of a text column.
    bases: HashMap<(TableId, ColumnId), u32>,
}

static NO_TABLE: TableData = TableData { rows: 0, columns: Vec::new(), references: Vec::new(), many: Vec::new() };

impl<'a> Bound<'a> {
    pub(super) fn new(
        program: &'a Program,
        context: &Context<'a>,
        tables: &'a Tables,
        standings: &'a [Standings],
    ) -> Bound<'a> {
        let customer = context.data.table(context.schema.customer).unwrap_or(&NO_TABLE);
        let mut bytes = Vec::new();
        let texts = program.consts.iter().map(|value| match value {
            Const::Text(text) => place(text, FIRST, &mut bytes),
            Const::Bool(_) | Const::Int(_) | Const::Float(_) | Const::Date(_) | Const::Row(_) => Text::default(),
        });
        let texts = texts.collect();
        let pool = program.pool.iter().map(|text| place(text, FIRST, &mut bytes)).collect();
        let sources = vec![buffer(bytes), tables.texts().clone()];
        let mut bound = Bound {
            program,
            context: *context,
            tables,
            standings,
            customer,
            texts,
            pool,
            sources,
            bases: HashMap::new(),
        };
        bound.number_columns();
        bound
    }

    fn number_columns(&mut self) {
        let mut next = FIRST + self.buffers().count() as u32;
        for instr in &self.program.instrs {
            let Instr::Compute(compute) = instr else { continue };
            let Op::Column(table, column) = compute.op else { continue };
            if let Some(ColumnData::Text(array)) = self.column(table, column)
                && !self.bases.contains_key(&(table, column))
            {
                self.bases.insert((table, column), next);
                next += array.data_buffers().len() as u32;
                self.sources.push(array.clone());
            }
        }
    }

    fn buffers(&self) -> impl Iterator<Item = &[u8]> {
        self.sources.iter().flat_map(|array| array.data_buffers().iter().map(|b| b.as_slice()))
    }

    /// Arrays whose buffers are numbered from [`FIRST`] on.
    pub(super) fn sources(&self) -> &[Utf8ViewArray] {
        &self.sources
    }

    /// Texts of one thread.
    pub(super) fn new_texts(&self) -> Texts<'_> {
        Texts::new(self.buffers().collect(), self.context.limits.text)
    }

    pub(super) fn table(&self, table: TableId) -> &'a TableData {
        self.context.data.table(table).unwrap_or(&NO_TABLE)
    }

    /// How many customers there are.
    pub(super) fn customers(&self) -> usize {
        self.customer.rows
    }

    pub(super) fn column(&self, table: TableId, column: ColumnId) -> Option<&'a ColumnData> {
        self.context.data.table(table)?.columns.get(usize::from(column.0))
    }

    /// A column of the customer table.
    pub(super) fn own_column(&self, column: ColumnId) -> Option<&'a ColumnData> {
        self.customer.columns.get(usize::from(column.0))
    }

    /// A reference of the customer table.
    pub(super) fn own_reference(&self, reference: u32) -> &'a [u32] {
        self.customer.references.get(reference as usize).map_or(&[], |r| r)
    }

    pub(super) fn related(&self, table: TableId, many: u32) -> Option<&'a Related> {
        self.context.data.table(table)?.many.get(many as usize).map(|related| &**related)
    }

    /// A text column's views, and the number of its first buffer.
    pub(super) fn views(&self, table: TableId, column: ColumnId) -> Option<(&'a [View], u32)> {
        let base = self.bases.get(&(table, column))?;
        match self.column(table, column)? {
            ColumnData::Text(array) => Some((array.views(), *base)),
            _ => None,
        }
    }

    /// A constant.
    pub(super) fn constant(&self, n: u32) -> Option<(&'a Const, Text)> {
        Some((self.program.consts.get(n as usize)?, *self.texts.get(n as usize)?))
    }
}

/// An array without rows that has one buffer.
pub(super) fn buffer(bytes: Vec<u8>) -> Utf8ViewArray {
    let empty = Utf8ViewArray::full_null(0, polars_arrow::datatypes::ArrowDataType::Utf8View);
    let (views, ..) = empty.clone().into_inner();
    let buffers = vec![bytes.into()].into();
    let array = Utf8ViewArray::try_new(polars_arrow::datatypes::ArrowDataType::Utf8View, views, buffers, None);
    // There are no views that could be wrong.
    array.unwrap_or(empty)
}

/// A text whose bytes, if it is long, are put into the buffer of this number.
pub(super) fn place(text: &str, number: u32, bytes: &mut Vec<u8>) -> Text {
    let offset = bytes.len() as u32;
    let placed = Text::new(text.as_bytes(), number, offset);
    if !placed.is_short() {
        bytes.extend_from_slice(text.as_bytes());
    }
    placed
}
