//! Tables as rules read them: columns over the frames' own buffers, references and related rows as row numbers.
//!
//! In: polars series with the schema's column types. Out: [`Data`], which gives any cell by table, column and row. Must
//! not know: the engine, files, how references were joined. Nothing is copied but what lies in several chunks.

use crate::dtype::DataType;
use crate::error::Error;
use crate::rules::schema::{ColumnSchema, ManySchema, Schema, TableSchema};
use crate::rules::types::TableId;
use polars::prelude::{self as pl, DataFrame, IntoSeries, NewChunkedArray, Series, StaticArray, TimeUnit};
use polars_arrow::array::{Array, BooleanArray, PrimitiveArray, Utf8ViewArray};
use std::sync::Arc;

/// A reference of a row that finds no row.
pub const NO_ROW: u32 = u32::MAX;

/// All tables that rules read.
#[derive(Clone, Debug, Default)]
pub struct Data {
    /// By [`TableId`].
    pub tables: Vec<TableData>,
}

/// One table.
#[derive(Clone, Debug, Default)]
pub struct TableData {
    /// How many rows.
    pub rows: usize,
    /// Columns, by the schema's position.
    pub columns: Vec<ColumnData>,
    /// For each reference of the schema the row of its target for each row here, or [`NO_ROW`].
    pub references: Vec<Arc<[u32]>>,
    /// For each related table of the schema the rows that lead to each row here.
    pub many: Vec<Arc<Related>>,
}

/// Rows of another table that lead to each row of this one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Related {
    /// Where the rows of row `i` start in `rows`; one entry more than this table has rows.
    pub offsets: Vec<u32>,
    /// Row numbers of the other table, in its order for each row here.
    pub rows: Vec<u32>,
}

impl Related {
    /// Groups the rows of a table by the row they lead to: `targets` gives it for each, or [`NO_ROW`]; there are `rows`
    /// targets.
    ///
    /// ```
    /// use tierwright::rules::data::{NO_ROW, Related};
    /// let related = Related::group(&[1, 0, NO_ROW, 1], 3);
    /// assert_eq!((related.of(0), related.of(1), related.of(2)), (&[1][..], &[0, 3][..], &[][..]));
    /// ```
    pub fn group(targets: &[u32], rows: usize) -> Related {
        let mut offsets = vec![0u32; rows + 1];
        for target in targets.iter().filter(|t| (**t as usize) < rows) {
            offsets[*target as usize + 1] += 1;
        }
        for i in 0..rows {
            offsets[i + 1] += offsets[i];
        }
        let mut next = offsets.clone();
        let mut grouped = vec![0u32; offsets[rows] as usize];
        for (row, target) in targets.iter().enumerate().filter(|(_, t)| (**t as usize) < rows) {
            let at = &mut next[*target as usize];
            grouped[*at as usize] = row as u32;
            *at += 1;
        }
        Related { offsets, rows: grouped }
    }

    /// The rows that lead to a row; none for a row there is not.
    pub fn of(&self, row: usize) -> &[u32] {
        match (self.offsets.get(row), self.offsets.get(row + 1)) {
            (Some(from), Some(to)) => &self.rows[*from as usize..*to as usize],
            _ => &[],
        }
    }
}

/// One column as rules see it, over the series' buffer.
#[derive(Clone, Debug)]
pub enum ColumnData {
    /// Text.
    Text(Utf8ViewArray),
    /// Int.
    Int(PrimitiveArray<i64>),
    /// Float.
    Float(PrimitiveArray<f64>),
    /// Bool.
    Bool(BooleanArray),
    /// Day numbers.
    Date(PrimitiveArray<i32>),
    /// Microseconds since 1970-01-01T00:00:00Z.
    DateTime(PrimitiveArray<i64>),
    /// Ints over 10^scale; rules see nearest doubles, sums are exact.
    Decimal {
        /// The ints.
        values: PrimitiveArray<i128>,
        /// Digits behind the point.
        scale: u8,
    },
    /// A decimal that rules see as an int of its smallest units.
    MinorUnits(PrimitiveArray<i128>),
}

/// One cell that is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Text.
    Text(&'a str),
    /// Int; also a decimal in minor units.
    Int(i64),
    /// Float; also the nearest double of a decimal.
    Float(f64),
    /// Bool.
    Bool(bool),
    /// Day number.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00:00Z.
    DateTime(i64),
    /// A decimal in minor units that no int holds.
    TooLarge,
}

fn chunk<A: Array + Clone>(series: &Series) -> Option<A> {
    series.chunks().first()?.as_any().downcast_ref::<A>().cloned()
}

impl ColumnData {
    /// The column of a series, without copying where the series is one chunk.
    ///
    /// # Errors
    /// [`Error::Defect`]: the series is not of the column's type.
    pub fn from_series(series: &Series, column: &ColumnSchema) -> Result<ColumnData, Error> {
        let wrong = || {
            let message = format!("column `{}` is {} and not {}", column.name, series.dtype(), column.dtype);
            Error::Defect(message)
        };
        let scale_fits = |scale: usize, declared: u8| scale == usize::from(declared);
        let physical = match (series.dtype(), column.dtype) {
            (pl::DataType::Datetime(TimeUnit::Microseconds, _), DataType::DateTime)
            | (pl::DataType::Date, DataType::Date)
            | (pl::DataType::String, DataType::Text)
            | (pl::DataType::Int64, DataType::Int)
            | (pl::DataType::Float64, DataType::Float)
            | (pl::DataType::Boolean, DataType::Bool) => series.to_physical_repr().rechunk(),
            (pl::DataType::Decimal(_, scale), DataType::Decimal { scale: declared, .. })
                if scale_fits(*scale, declared) =>
            {
                series.to_physical_repr().rechunk()
            }
            (pl::DataType::Null, _) => return Ok(ColumnData::missing(series.len(), column)),
            _ => return Err(wrong()),
        };
        let data = match column.dtype {
            DataType::Text => chunk(&physical).map(ColumnData::Text),
            DataType::Int => chunk(&physical).map(ColumnData::Int),
            DataType::Float => chunk(&physical).map(ColumnData::Float),
            DataType::Bool => chunk(&physical).map(ColumnData::Bool),
            DataType::Date => chunk(&physical).map(ColumnData::Date),
            DataType::DateTime => chunk(&physical).map(ColumnData::DateTime),
            DataType::Decimal { .. } if column.minor_units => chunk(&physical).map(ColumnData::MinorUnits),
            DataType::Decimal { scale, .. } => chunk(&physical).map(|values| ColumnData::Decimal { values, scale }),
        };
        data.ok_or_else(wrong)
    }

    /// A column of `rows` missing values.
    pub fn missing(rows: usize, column: &ColumnSchema) -> ColumnData {
        use polars_arrow::datatypes::ArrowDataType as Arrow;
        let i128s = || PrimitiveArray::new_null(Arrow::Int128, rows);
        match column.dtype {
            DataType::Text => ColumnData::Text(Utf8ViewArray::new_null(Arrow::Utf8View, rows)),
            DataType::Int => ColumnData::Int(PrimitiveArray::new_null(Arrow::Int64, rows)),
            DataType::Float => ColumnData::Float(PrimitiveArray::new_null(Arrow::Float64, rows)),
            DataType::Bool => ColumnData::Bool(BooleanArray::new_null(Arrow::Boolean, rows)),
            DataType::Date => ColumnData::Date(PrimitiveArray::new_null(Arrow::Int32, rows)),
            DataType::DateTime => ColumnData::DateTime(PrimitiveArray::new_null(Arrow::Int64, rows)),
            DataType::Decimal { .. } if column.minor_units => ColumnData::MinorUnits(i128s()),
            DataType::Decimal { scale, .. } => ColumnData::Decimal { values: i128s(), scale },
        }
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        match self {
            ColumnData::Text(a) => a.len(),
            ColumnData::Int(a) | ColumnData::DateTime(a) => a.len(),
            ColumnData::Float(a) => a.len(),
            ColumnData::Bool(a) => a.len(),
            ColumnData::Date(a) => a.len(),
            ColumnData::Decimal { values: a, .. } | ColumnData::MinorUnits(a) => a.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cell of a row; `None` if it is missing or there is no such row.
    pub fn get(&self, row: usize) -> Option<Cell<'_>> {
        Some(match self {
            ColumnData::Text(a) => Cell::Text(if row < a.len() { a.get(row)? } else { return None }),
            ColumnData::Int(a) => Cell::Int(a.get(row)?),
            ColumnData::Float(a) => Cell::Float(a.get(row)?),
            ColumnData::Bool(a) => Cell::Bool(if row < a.len() { a.get(row)? } else { return None }),
            ColumnData::Date(a) => Cell::Date(a.get(row)?),
            ColumnData::DateTime(a) => Cell::DateTime(a.get(row)?),
            ColumnData::Decimal { values, scale } => Cell::Float(nearest_double(values.get(row)?, *scale)),
            ColumnData::MinorUnits(a) => i64::try_from(a.get(row)?).map_or(Cell::TooLarge, Cell::Int),
        })
    }

    /// The int behind a decimal of a row; `None` if it is missing, there is no such row, or this is no decimal.
    pub fn decimal(&self, row: usize) -> Option<i128> {
        match self {
            ColumnData::Decimal { values, .. } | ColumnData::MinorUnits(values) => values.get(row),
            _ => None,
        }
    }
}

/// The double nearest to `value` / 10^`scale`, correctly rounded.
///
/// ```
/// use tierwright::rules::data::nearest_double;
/// assert_eq!(nearest_double(110, 2), 1.1);
/// assert_eq!(nearest_double(9_007_199_254_740_993, 0), 9_007_199_254_740_992.0);
/// ```
pub fn nearest_double(value: i128, scale: u8) -> f64 {
    // Both are exact doubles, so that one division rounds once.
    const EXACT: u128 = 1 << 53;
    const POWERS: [f64; 23] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ];
    match POWERS.get(usize::from(scale)) {
        Some(power) if value.unsigned_abs() <= EXACT => value as f64 / power,
        _ if scale == 0 => value as f64,
        // The standard library reads decimal text to the nearest double.
        _ => format!("{value}e-{scale}").parse().unwrap_or(f64::NAN),
    }
}

impl TableData {
    /// The columns of a frame in the schema's order; references and related rows are added by the caller.
    ///
    /// # Errors
    /// [`Error::Defect`]: a column is not in the frame, or not of its type.
    pub fn from_frame(frame: &DataFrame, table: &TableSchema) -> Result<TableData, Error> {
        let column = |column: &ColumnSchema| {
            let found =
                frame.column(&column.name).map_err(|e| Error::Defect(format!("table `{}`: {e}", table.name)))?;
            ColumnData::from_series(found.as_materialized_series(), column)
        };
        let columns = table.columns.iter().map(column).collect::<Result<_, _>>()?;
        Ok(TableData { rows: frame.height(), columns, references: Vec::new(), many: Vec::new() })
    }

    /// Adds a step's columns behind those that are there.
    ///
    /// # Errors
    /// [`Error::Defect`]: a column that the schema does not have there.
    pub fn add_columns(&mut self, columns: &[Series], table: &TableSchema) -> Result<(), Error> {
        for series in columns {
            let Some(column) = table.columns.get(self.columns.len()) else {
                return Err(Error::Defect(format!("column `{}` has no place", series.name())));
            };
            self.columns.push(ColumnData::from_series(series, column)?);
        }
        Ok(())
    }
}

impl Data {
    /// A table; `None` if there is no such id.
    pub fn table(&self, id: TableId) -> Option<&TableData> {
        self.tables.get(id.0 as usize)
    }

    /// Groups the related rows of all tables, by their references.
    pub fn relate(&mut self, schema: &Schema) {
        for (number, table) in schema.tables.iter().enumerate() {
            let rows = self.tables.get(number).map_or(0, |table| table.rows);
            let group = |many: &ManySchema| Arc::new(Related::group(&self.targets(many), rows));
            let many = table.many.iter().map(group).collect();
            if let Some(table) = self.tables.get_mut(number) {
                table.many = many;
            }
        }
    }

    /// For each row of the far table the row at the end of the path.
    fn targets(&self, many: &ManySchema) -> Vec<u32> {
        let rows = self.table(many.table).map_or(0, |table| table.rows);
        let mut targets: Vec<u32> = (0..rows as u32).collect();
        for (table, reference) in &many.path {
            let next = self.table(*table).and_then(|table| table.references.get(*reference));
            let step = |row: u32| next.and_then(|next| next.get(row as usize)).copied().unwrap_or(NO_ROW);
            targets.iter_mut().for_each(|row| *row = step(*row));
        }
        targets
    }
}

/// A series of the type that a rule's column has, from optional values in row order.
pub fn series(name: &str, values: Values) -> Series {
    let name = pl::PlSmallStr::from_str(name);
    match values {
        Values::Text(v) => pl::StringChunked::from_iter_options(name, v.into_iter()).into_series(),
        Values::Int(v) => pl::Int64Chunked::from_iter_options(name, v.into_iter()).into_series(),
        Values::Float(v) => pl::Float64Chunked::from_iter_options(name, v.into_iter()).into_series(),
        Values::Bool(v) => pl::BooleanChunked::from_iter_options(name, v.into_iter()).into_series(),
        Values::Date(v) => pl::Int32Chunked::from_iter_options(name, v.into_iter()).into_date().into_series(),
        Values::DateTime(v) => pl::Int64Chunked::from_iter_options(name, v.into_iter())
            .into_datetime(TimeUnit::Microseconds, None)
            .into_series(),
    }
}

/// Optional values of one type, in row order.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "as in the column types")]
pub enum Values {
    Text(Vec<Option<Box<str>>>),
    Int(Vec<Option<i64>>),
    Float(Vec<Option<f64>>),
    Bool(Vec<Option<bool>>),
    Date(Vec<Option<i32>>),
    DateTime(Vec<Option<i64>>),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, dtype: DataType) -> ColumnSchema {
        ColumnSchema { name: name.to_owned(), dtype, optional: true, added: false, minor_units: false, unit: None }
    }

    #[test]
    fn cells_come_from_the_series() {
        let text = series("等级", Values::Text(vec![Some("战略客户".into()), None, Some("".into())]));
        let data = ColumnData::from_series(&text, &column("等级", DataType::Text)).unwrap();
        assert_eq!((data.len(), data.get(0), data.get(1)), (3, Some(Cell::Text("战略客户")), None));
        assert_eq!((data.get(2), data.get(3)), (Some(Cell::Text("")), None));

        let floats = series("x", Values::Float(vec![None, Some(-0.5)]));
        let data = ColumnData::from_series(&floats, &column("x", DataType::Float)).unwrap();
        assert_eq!((data.get(0), data.get(1), data.get(2)), (None, Some(Cell::Float(-0.5)), None));

        let days = series("d", Values::Date(vec![Some(17_257)]));
        let data = ColumnData::from_series(&days, &column("d", DataType::Date)).unwrap();
        assert_eq!(data.get(0), Some(Cell::Date(17_257)));

        let instants = series("t", Values::DateTime(vec![Some(5), None]));
        let data = ColumnData::from_series(&instants, &column("t", DataType::DateTime)).unwrap();
        assert_eq!((data.get(0), data.get(1)), (Some(Cell::DateTime(5)), None));

        let flags = series("b", Values::Bool(vec![Some(true), None]));
        let data = ColumnData::from_series(&flags, &column("b", DataType::Bool)).unwrap();
        assert_eq!((data.get(0), data.get(1), data.get(2)), (Some(Cell::Bool(true)), None, None));
    }

    #[test]
    fn decimals_are_exact_or_minor_units() {
        let ints = pl::Int128Chunked::from_iter_options("m".into(), [Some(110i128), None].into_iter());
        let money = ints.into_decimal(12, 2).unwrap().into_series();
        let mut schema = column("m", DataType::Decimal { precision: 12, scale: 2 });
        let data = ColumnData::from_series(&money, &schema).unwrap();
        assert_eq!((data.get(0), data.get(1), data.decimal(0)), (Some(Cell::Float(1.1)), None, Some(110)));
        schema.minor_units = true;
        let data = ColumnData::from_series(&money, &schema).unwrap();
        assert_eq!((data.get(0), data.get(1)), (Some(Cell::Int(110)), None));
        schema.dtype = DataType::Decimal { precision: 12, scale: 3 };
        assert!(matches!(ColumnData::from_series(&money, &schema), Err(Error::Defect(_))));
    }

    #[test]
    fn nearest_doubles_round_once() {
        assert_eq!(nearest_double(0, 2), 0.0);
        assert_eq!(nearest_double(-110, 2), -1.1);
        // 2^53 + 1 over 10: dividing the rounded int would give 900719925474099.2.
        assert_eq!(nearest_double(9_007_199_254_740_993, 1), 900_719_925_474_099.3);
        assert_eq!(nearest_double(i128::MAX, 38), 1.7014118346046923);
        assert_eq!(nearest_double(123_456_789_012_345_678_901_234_567, 20), 1_234_567.890_123_456_7);
    }

    #[test]
    fn a_wrong_type_is_a_defect() {
        let ints = series("n", Values::Int(vec![Some(1)]));
        assert!(matches!(ColumnData::from_series(&ints, &column("n", DataType::Float)), Err(Error::Defect(_))));
    }
}
