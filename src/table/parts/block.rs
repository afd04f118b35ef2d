//! Columns as bytes, for files that only this run reads.
//!
//! In: columns in one chunk each. Out: bytes of some of their rows, and columns from bytes. Must not know: files. Start
//! at [`put`] and [`Reader`].
//!
//! A column is a byte that says whether it has values (0: none are kept; 1: all are there; 2: bits say which are), the
//! bits, and the values as they lie in memory; a text column has lengths before its bytes.

use crate::dtype::DataType;
use crate::error::Error;
use bytemuck::Pod;
use polars::prelude::{
    self as pl, BooleanChunkedBuilder, ChunkedBuilder, IntoSeries, Series, StringChunkedBuilder, TimeUnit,
};
use polars_arrow::array::{BooleanArray, PrimitiveArray, Utf8ViewArray};
use polars_arrow::bitmap::{Bitmap, MutableBitmap};
use polars_arrow::types::NativeType;

/// Appends the values of these rows; of a column without rows only that it has none.
///
/// # Errors
/// [`Error::Defect`] if the column is of no type that tables have.
pub fn put(series: &Series, rows: &[u32], out: &mut Vec<u8>) -> Result<(), Error> {
    if series.is_empty() {
        out.push(0);
        return Ok(());
    }
    let physical = series.to_physical_repr();
    let refused = || Error::Defect(format!("column {} ({}) cannot be written", series.name(), series.dtype()));
    let [chunk] = physical.chunks().as_slice() else { return Err(refused()) };
    let any = chunk.as_any();
    validity(chunk.validity(), rows, out);
    if let Some(array) = any.downcast_ref::<PrimitiveArray<i64>>() {
        fixed(array, rows, out);
    } else if let Some(array) = any.downcast_ref::<PrimitiveArray<i32>>() {
        fixed(array, rows, out);
    } else if let Some(array) = any.downcast_ref::<PrimitiveArray<f64>>() {
        fixed(array, rows, out);
    } else if let Some(array) = any.downcast_ref::<PrimitiveArray<i128>>() {
        fixed(array, rows, out);
    } else if let Some(array) = any.downcast_ref::<BooleanArray>() {
        out.extend(rows.iter().map(|row| u8::from(array.values().get_bit(*row as usize))));
    } else if let Some(array) = any.downcast_ref::<Utf8ViewArray>() {
        let text = |row: &u32| array.get(*row as usize).unwrap_or_default();
        for row in rows {
            out.extend_from_slice(&(text(row).len() as u32).to_le_bytes());
        }
        rows.iter().for_each(|row| out.extend_from_slice(text(row).as_bytes()));
    } else {
        return Err(refused());
    }
    Ok(())
}

fn validity(bits: Option<&Bitmap>, rows: &[u32], out: &mut Vec<u8>) {
    let Some(bits) = bits.filter(|bits| bits.unset_bits() > 0) else {
        out.push(1);
        return;
    };
    out.push(2);
    let start = out.len();
    out.resize(start + rows.len().div_ceil(8), 0);
    for (at, row) in rows.iter().enumerate() {
        out[start + at / 8] |= u8::from(bits.get_bit(*row as usize)) << (at % 8);
    }
}

fn fixed<T: NativeType + Pod>(array: &PrimitiveArray<T>, rows: &[u32], out: &mut Vec<u8>) {
    let values = array.values();
    out.reserve(rows.len() * size_of::<T>());
    rows.iter().for_each(|row| out.extend_from_slice(bytemuck::bytes_of(&values[*row as usize])));
}

/// Bytes that are read from the front; `None` where there are too few.
pub struct Bytes<'b>(pub &'b [u8]);

impl<'b> Bytes<'b> {
    /// So many bytes.
    pub fn take(&mut self, n: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    /// So many values, appended.
    pub fn values<T: Pod>(&mut self, n: usize, out: &mut Vec<T>) -> Option<()> {
        let bytes = self.take(n.checked_mul(size_of::<T>())?)?;
        out.extend(bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned::<T>));
        Some(())
    }

    /// One value.
    pub fn value<T: Pod>(&mut self) -> Option<T> {
        self.take(size_of::<T>()).map(bytemuck::pod_read_unaligned)
    }
}

/// Puts a column together from the bytes of its rows.
pub struct Reader {
    name: String,
    dtype: DataType,
    values: Values,
    /// Which values are there, once one is missing.
    bits: Option<MutableBitmap>,
    rows: usize,
}

enum Values {
    Text(StringChunkedBuilder),
    Bool(BooleanChunkedBuilder),
    Int(Vec<i64>),
    Date(Vec<i32>),
    Float(Vec<f64>),
    Decimal(Vec<i128>),
}

impl Reader {
    /// An empty column of this name and type.
    pub fn new(name: &str, dtype: DataType) -> Reader {
        let values = match dtype {
            DataType::Text => Values::Text(StringChunkedBuilder::new(name.into(), 0)),
            DataType::Bool => Values::Bool(BooleanChunkedBuilder::new(name.into(), 0)),
            DataType::Int | DataType::DateTime => Values::Int(Vec::new()),
            DataType::Date => Values::Date(Vec::new()),
            DataType::Float => Values::Float(Vec::new()),
            DataType::Decimal { .. } => Values::Decimal(Vec::new()),
        };
        Reader { name: name.to_owned(), dtype, values, bits: None, rows: 0 }
    }

    /// Appends `n` rows; `None` if the bytes are not those of so many.
    pub fn take(&mut self, bytes: &mut Bytes<'_>, n: usize) -> Option<()> {
        let bits = match bytes.value::<u8>()? {
            0 => return Some(()),
            1 => None,
            2 => Some(bytes.take(n.div_ceil(8))?),
            _ => return None,
        };
        let there = |row: usize| bits.is_none_or(|bits| bits[row / 8] >> (row % 8) & 1 == 1);
        match &mut self.values {
            Values::Text(builder) => {
                let mut lengths = Vec::new();
                bytes.values::<u32>(n, &mut lengths)?;
                for (row, length) in lengths.into_iter().enumerate() {
                    let text = std::str::from_utf8(bytes.take(length as usize)?).ok()?;
                    builder.append_option(there(row).then_some(text));
                }
                return Some(());
            }
            Values::Bool(builder) => {
                let values = bytes.take(n)?.iter().enumerate();
                values.for_each(|(row, value)| builder.append_option(there(row).then_some(*value != 0)));
                return Some(());
            }
            Values::Int(values) => bytes.values(n, values)?,
            Values::Date(values) => bytes.values(n, values)?,
            Values::Float(values) => bytes.values(n, values)?,
            Values::Decimal(values) => bytes.values(n, values)?,
        }
        if bits.is_some() || self.bits.is_some() {
            let known = self.rows;
            let all = self.bits.get_or_insert_with(|| MutableBitmap::from_len_set(known));
            (0..n).for_each(|row| all.push(there(row)));
        }
        self.rows += n;
        Some(())
    }

    /// The column, in one chunk.
    pub fn finish(self) -> Series {
        let bits: Option<Bitmap> = self.bits.map(Into::into);
        let name = pl::PlSmallStr::from_str(&self.name);
        match (self.values, self.dtype) {
            (Values::Text(builder), _) => builder.finish().into_series(),
            (Values::Bool(builder), _) => builder.finish().into_series(),
            (Values::Int(v), DataType::DateTime) => {
                let instants = pl::Int64Chunked::from_vec_validity(name, v, bits);
                instants.into_datetime(TimeUnit::Microseconds, None).into_series()
            }
            (Values::Int(v), _) => pl::Int64Chunked::from_vec_validity(name, v, bits).into_series(),
            (Values::Date(v), _) => pl::Int32Chunked::from_vec_validity(name, v, bits).into_date().into_series(),
            (Values::Float(v), _) => pl::Float64Chunked::from_vec_validity(name, v, bits).into_series(),
            (Values::Decimal(v), dtype) => {
                let (precision, scale) = match dtype {
                    DataType::Decimal { precision, scale } => (usize::from(precision), usize::from(scale)),
                    _ => (38, 0),
                };
                let ints = pl::Int128Chunked::from_vec_validity(name, v, bits);
                ints.into_decimal_unchecked(precision, scale).into_series()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::batch::ColumnBuilder;
    use crate::table::value::Cell;

    fn column(dtype: DataType, cells: &[(Cell, Option<&str>)]) -> Series {
        let mut builder = ColumnBuilder::new("列", dtype, 0);
        cells.iter().for_each(|(cell, text)| builder.push(*cell, *text));
        builder.finish()
    }

    #[test]
    fn every_type_comes_back_from_its_bytes() {
        let none = (Cell::Missing, None);
        let columns = [
            column(DataType::Text, &[(Cell::Source, Some("战略客户 of many")), none, (Cell::Source, Some(""))]),
            column(DataType::Int, &[(Cell::Int(i64::MIN), None), none, (Cell::Int(7), None)]),
            column(DataType::Float, &[(Cell::Float(-0.0), None), none, (Cell::Float(0.1), None)]),
            column(DataType::Bool, &[(Cell::Bool(true), None), none, (Cell::Bool(false), None)]),
            column(DataType::Date, &[(Cell::Date(-1), None), none, (Cell::Date(17_000), None)]),
            column(DataType::DateTime, &[(Cell::DateTime(-1), None), none, (Cell::DateTime(5), None)]),
            column(
                DataType::Decimal { precision: 38, scale: 3 },
                &[(Cell::Decimal(i128::MAX), None), none, (Cell::Decimal(-1), None)],
            ),
        ];
        let types = ["text", "int", "float", "bool", "date", "datetime", "decimal(38,3)"];
        for (series, dtype) in columns.iter().zip(types) {
            let mut bytes = Vec::new();
            put(series, &[2, 0], &mut bytes).unwrap();
            let first = bytes.len();
            put(series, &[1], &mut bytes).unwrap();
            let mut reader = Reader::new("列", DataType::parse(dtype).unwrap());
            let mut input = Bytes(&bytes);
            reader.take(&mut input, 2).unwrap();
            reader.take(&mut input, 1).unwrap();
            assert!(input.0.is_empty());
            let back = reader.finish();
            assert_eq!(back.dtype(), series.dtype());
            let order = series.take_slice(&[2, 0, 1]).unwrap();
            assert!(back.equals_missing(&order), "{back} {order}");
            for short in 0..first {
                let mut reader = Reader::new("列", DataType::parse(dtype).unwrap());
                assert!(reader.take(&mut Bytes(&bytes[..short]), 2).is_none(), "{dtype} {short}");
            }
        }
    }
}
