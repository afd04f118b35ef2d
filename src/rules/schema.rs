//! What rules may refer to: tables, columns, references, related tables.
//!
//! In: manifests, made into a [`Schema`] by `run::plan`; steps add their columns with [`Schema::add_column`]. Out: look-ups
//! by name. Must not know: the data.

use super::types::{ColumnId, Kind, TableId, Type};
use crate::dtype::DataType;

/// All tables that rules see.
#[derive(Clone, Debug)]
pub struct Schema {
    /// By [`TableId`].
    pub tables: Vec<TableSchema>,
    /// The table of customers.
    pub customer: TableId,
}

/// One table.
#[derive(Clone, Debug)]
pub struct TableSchema {
    /// Its name.
    pub name: String,
    /// Columns, by [`ColumnId`].
    pub columns: Vec<ColumnSchema>,
    /// References to one row of another table.
    pub references: Vec<ReferenceSchema>,
    /// Related tables: many rows that lead here.
    pub many: Vec<ManySchema>,
}

/// One column.
#[derive(Clone, Debug)]
pub struct ColumnSchema {
    /// Its name.
    pub name: String,
    /// Its type in the table.
    pub dtype: DataType,
    /// Whether a value may be missing.
    pub optional: bool,
    /// Whether a step has added it: it is then missing for customers who were undetermined before.
    pub added: bool,
    /// Whether rules see a decimal as an int of its smallest units.
    pub minor_units: bool,
    /// Unit, if declared.
    pub unit: Option<String>,
}

/// A reference to one row of another table.
#[derive(Clone, Debug)]
pub struct ReferenceSchema {
    /// Its name.
    pub name: String,
    /// Where it leads.
    pub target: TableId,
    /// Whether it may find no row.
    pub optional: bool,
}

/// Rows of another table that lead to a row of this one.
#[derive(Clone, Debug)]
pub struct ManySchema {
    /// Its name.
    pub name: String,
    /// The table whose rows these are.
    pub table: TableId,
    /// The way from one of these rows to the row of this table: references of the tables passed, first of `table`.
    pub path: Vec<(TableId, usize)>,
}

impl ColumnSchema {
    /// The type rules see.
    pub fn rule_type(&self) -> Type {
        let kind = match self.dtype {
            DataType::Text => Kind::Text,
            DataType::Int => Kind::Int,
            DataType::Float => Kind::Float,
            DataType::Bool => Kind::Bool,
            DataType::Date => Kind::Date,
            DataType::DateTime => Kind::DateTime,
            DataType::Decimal { .. } if self.minor_units => Kind::Int,
            DataType::Decimal { .. } => Kind::Float,
        };
        Type { kind, optional: self.optional }
    }

    /// Whether sums of this column are exact decimals.
    pub fn is_bare_decimal(&self) -> bool {
        matches!(self.dtype, DataType::Decimal { .. }) && !self.minor_units
    }
}

impl TableSchema {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<ColumnId> {
        self.columns.iter().position(|c| c.name == name).map(|i| ColumnId(i as u16))
    }

    /// The reference of this name.
    pub fn reference(&self, name: &str) -> Option<usize> {
        self.references.iter().position(|r| r.name == name)
    }

    /// The related table of this name.
    pub fn related(&self, name: &str) -> Option<usize> {
        self.many.iter().position(|m| m.name == name)
    }

    /// All names a rule may write behind a row of this table.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let columns = self.columns.iter().map(|c| c.name.as_str());
        let references = self.references.iter().map(|r| r.name.as_str());
        columns.chain(references).chain(self.many.iter().map(|m| m.name.as_str()))
    }
}

impl Schema {
    /// A table.
    ///
    /// # Panics
    /// If the id comes from another schema: a defect of the caller.
    pub fn table(&self, id: TableId) -> &TableSchema {
        &self.tables[id.0 as usize]
    }

    /// A column.
    ///
    /// # Panics
    /// As [`Schema::table`].
    pub fn column(&self, table: TableId, column: ColumnId) -> &ColumnSchema {
        &self.table(table).columns[column.0 as usize]
    }

    /// The table of this name.
    pub fn find(&self, name: &str) -> Option<TableId> {
        self.tables.iter().position(|t| t.name == name).map(|i| TableId(i as u16))
    }

    /// Adds a column to the customer table: what a step returns.
    pub fn add_column(&mut self, column: ColumnSchema) -> ColumnId {
        let columns = &mut self.tables[self.customer.0 as usize].columns;
        columns.push(column);
        ColumnId((columns.len() - 1) as u16)
    }
}

/// The column type of a scalar rule type; `None` for what cannot be a column.
pub fn column_type(ty: &Type) -> Option<DataType> {
    Some(match ty.kind {
        Kind::Text => DataType::Text,
        Kind::Int => DataType::Int,
        Kind::Float => DataType::Float,
        Kind::Bool => DataType::Bool,
        Kind::Date => DataType::Date,
        Kind::DateTime => DataType::DateTime,
        _ => return None,
    })
}
