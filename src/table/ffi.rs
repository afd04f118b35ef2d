//! Columns across the Arrow C data interface: polars to arrow-rs and back, without copying.
//!
//! In: a polars [`Series`], or an arrow-rs array. Out: the other. Must not know: files, manifests, what the columns
//! mean. This is the one module with `unsafe` code: the two libraries declare the same C struct twice, and a value
//! of one is moved into the other. Start at [`to_arrow`] and [`from_arrow`].

use crate::error::Error;
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi, to_ffi};
use arrow_array::{Array, ArrayRef, make_array};
use polars::prelude::{ArrowField, CompatLevel, Series};
use polars_arrow::datatypes::ArrowDataType;
use polars_arrow::ffi;
use std::mem::{ManuallyDrop, align_of, size_of};

// Both are the struct of <https://arrow.apache.org/docs/format/CDataInterface.html>, field by field, `repr(C)`.
const _: () = assert!(size_of::<ffi::ArrowArray>() == size_of::<FFI_ArrowArray>());
const _: () = assert!(align_of::<ffi::ArrowArray>() == align_of::<FFI_ArrowArray>());
const _: () = assert!(size_of::<ffi::ArrowSchema>() == size_of::<FFI_ArrowSchema>());
const _: () = assert!(align_of::<ffi::ArrowSchema>() == align_of::<FFI_ArrowSchema>());

/// The column as one arrow-rs array over the same buffers (chunks are joined first, which copies). Text comes as
/// `Utf8View`, int as `Int64`, float as `Float64`, date as `Date32`, datetime as `Timestamp(Microsecond, None)`,
/// decimal as `Decimal128`.
///
/// # Errors
/// [`Error::Defect`] if one of the libraries refuses the other's array.
///
/// ```
/// use arrow_array::{Array, cast::AsArray, types::Int64Type};
/// use polars::prelude::{NamedFrom, Series};
/// let column = Series::new("天数".into(), [Some(7_i64), None]);
/// let array = tierwright::table::ffi::to_arrow(&column).unwrap();
/// assert_eq!(array.as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(7), None]);
/// ```
pub fn to_arrow(series: &Series) -> Result<ArrayRef, Error> {
    let series = series.rechunk();
    let level = CompatLevel::newest();
    let field = ArrowField::new(series.name().clone(), series.dtype().to_arrow(level), true);
    let mut array = ffi::export_array_to_c(series.to_arrow(0, level));
    let mut schema = ffi::export_field_to_c(&field);
    // SAFETY: the pointers are to live, initialised values of the C struct (sizes asserted above) that nobody else
    // uses; `from_raw` moves the value out and leaves a released one behind, which polars' drop ignores.
    let (array, schema) = unsafe {
        (FFI_ArrowArray::from_raw((&raw mut array).cast()), FFI_ArrowSchema::from_raw((&raw mut schema).cast()))
    };
    // SAFETY: polars exported both from one array and its own data type, so they agree with each other and with the
    // interface; the buffers live until arrow-rs calls `release`.
    let data = unsafe { from_ffi(array, &schema) };
    data.map(make_array).map_err(|e| Error::Defect(format!("arrow-rs refuses column {}: {e}", series.name())))
}

/// The array as a polars column over the same buffers (text with offsets is made into views, which copies).
///
/// # Errors
/// [`Error::Defect`] if one of the libraries refuses the other's array, as for a type that polars was built without.
///
/// ```
/// use arrow_array::StringArray;
/// let array = StringArray::from(vec![Some("战略"), None]);
/// let column = tierwright::table::ffi::from_arrow("等级", &array).unwrap();
/// assert_eq!(column.str().unwrap().get(0), Some("战略"));
/// assert_eq!(column.null_count(), 1);
/// ```
pub fn from_arrow(name: &str, array: &dyn Array) -> Result<Series, Error> {
    let refuse = |e: &dyn std::fmt::Display| Error::Defect(format!("polars refuses column {name}: {e}"));
    let (array, schema) = to_ffi(&array.to_data()).map_err(|e| refuse(&e))?;
    let array = ManuallyDrop::new(array);
    // SAFETY: `array` is a live, initialised C struct (sizes asserted above); it is read once and, being
    // `ManuallyDrop`, not released here, so ownership moves to the polars value.
    let array = unsafe { (&raw const *array).cast::<ffi::ArrowArray>().read() };
    // SAFETY: `schema` is a live, initialised C struct, borrowed for this call only.
    let field = unsafe { ffi::import_field_from_c(&*(&raw const schema).cast::<ffi::ArrowSchema>()) };
    let field = field.map_err(|e| refuse(&e))?;
    if matches!(field.dtype, ArrowDataType::Dictionary(..)) {
        // Built without categoricals, polars panics.
        return Err(refuse(&"it is a dictionary"));
    }
    // SAFETY: arrow-rs exported array and schema from one `ArrayData`, so they agree with each other and with the
    // interface; polars calls `release` when the last buffer is dropped.
    let array = unsafe { ffi::import_array_from_c(array, field.dtype) }.map_err(|e| refuse(&e))?;
    Series::from_arrow(name.into(), array).map_err(|e| refuse(&e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::types::{Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};
    use arrow_array::{
        BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int64Array, LargeStringArray,
        StringArray, StringViewArray, TimestampMicrosecondArray, cast::AsArray, new_empty_array,
    };
    use arrow_schema::{DataType as Arrow, TimeUnit as ArrowUnit};
    use polars::prelude::{DataType, IntoSeries, NamedFrom, TimeUnit};
    use std::sync::Arc;

    /// Text: short, long (behind the view), Chinese, empty, missing.
    const TEXT: [Option<&str>; 5] = [Some("a"), None, Some("战略客户：一段比十二个字节长的文字"), Some(""), Some("b")];

    fn all_types() -> Vec<Series> {
        let ints = Series::new("i".into(), [Some(i64::MIN), None, Some(0), Some(i64::MAX), Some(-1)]);
        let date = Series::new("d".into(), [Some(17_257_i32), None, Some(-1), Some(0), Some(20_000)]);
        let decimal = polars::prelude::Int128Chunked::from_iter([Some(12_i128), None, Some(-99_999), Some(0), Some(1)]);
        vec![
            Series::new("t".into(), TEXT),
            ints.cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap(),
            ints,
            Series::new("f".into(), [Some(0.1), None, Some(-0.0), Some(f64::MAX), Some(5e-324)]),
            Series::new("b".into(), [Some(true), None, Some(false), Some(true), Some(true)]),
            date.cast(&DataType::Date).unwrap(),
            decimal.into_decimal(12, 2).unwrap().into_series().with_name("m".into()),
        ]
    }

    #[test]
    fn every_type_goes_there_and_back() {
        for column in all_types() {
            let array = to_arrow(&column).unwrap();
            assert_eq!((array.len(), array.null_count()), (5, 1), "{}", column.name());
            let back = from_arrow(column.name(), &array).unwrap();
            assert_eq!(back.dtype(), column.dtype());
            assert!(back.equals_missing(&column), "{back:?} {column:?}");
        }
    }

    #[test]
    fn empty_sliced_and_chunked_columns_keep_their_rows() {
        for column in all_types() {
            let empty = to_arrow(&column.clear()).unwrap();
            assert_eq!(empty.len(), 0);
            assert_eq!(from_arrow("x", &empty).unwrap().dtype(), column.dtype());
            let slice = column.slice(1, 3);
            let array = to_arrow(&slice).unwrap();
            assert!(from_arrow("x", &array).unwrap().equals_missing(&slice));
            let mut twice = slice.clone();
            twice.append(&column).unwrap();
            assert_eq!(twice.n_chunks(), 2);
            assert!(from_arrow("x", &to_arrow(&twice).unwrap()).unwrap().equals_missing(&twice));
            // A slice of the arrow-rs array, not on a byte of the bitmap.
            assert!(from_arrow("x", &array.slice(1, 2)).unwrap().equals_missing(&column.slice(2, 2)));
        }
    }

    #[test]
    fn arrow_values_are_those_of_polars() {
        let columns = all_types();
        let arrays: Vec<ArrayRef> = columns.iter().map(|c| to_arrow(c).unwrap()).collect();
        assert_eq!(arrays[0].as_string_view().iter().collect::<Vec<_>>(), TEXT);
        assert_eq!(arrays[1].data_type(), &Arrow::Timestamp(ArrowUnit::Microsecond, None));
        assert_eq!(arrays[1].as_primitive::<TimestampMicrosecondType>().value(3), i64::MAX);
        assert_eq!(arrays[2].as_primitive::<Int64Type>().value(0), i64::MIN);
        assert_eq!(arrays[3].as_primitive::<Float64Type>().value(2).to_bits(), (-0.0_f64).to_bits());
        assert_eq!(arrays[4].as_boolean().iter().collect::<Vec<_>>()[1..3], [None, Some(false)]);
        assert_eq!(arrays[5].as_primitive::<Date32Type>().value(0), 17_257);
        assert_eq!(arrays[6].data_type(), &Arrow::Decimal128(12, 2));
        assert_eq!(arrays[6].as_primitive::<Decimal128Type>().value(2), -99_999);
    }

    #[test]
    fn arrow_arrays_of_all_kinds_come_in() {
        let decimals = Decimal128Array::from(vec![Some(5), None]).with_precision_and_scale(38, 0).unwrap();
        let dictionary: DictionaryArray<arrow_array::types::Int32Type> = vec![Some("x"), None].into_iter().collect();
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(vec![Some("甲"), None])),
            Arc::new(LargeStringArray::from(vec![Some("甲"), None])),
            Arc::new(StringViewArray::from(vec![Some("甲"), None])),
            Arc::new(Int64Array::from(vec![Some(1), None])),
            Arc::new(Float64Array::from(vec![Some(1.5), None])),
            Arc::new(BooleanArray::from(vec![Some(true), None])),
            Arc::new(Date32Array::from(vec![Some(1), None])),
            Arc::new(TimestampMicrosecondArray::from(vec![Some(1), None])),
            Arc::new(decimals),
        ];
        let columns: Vec<Series> = arrays.iter().map(|a| from_arrow("x", a).unwrap()).collect();
        assert!(columns.iter().all(|c| c.len() == 2 && c.null_count() == 1));
        assert!(columns[..3].iter().all(|c| c.str().unwrap().get(0) == Some("甲")));
        assert_eq!(columns[8].dtype(), &DataType::Decimal(38, 0));
        assert_eq!(from_arrow("x", &new_empty_array(&Arrow::Utf8)).unwrap().dtype(), &DataType::String);
        assert!(matches!(from_arrow("x", &dictionary), Err(Error::Defect(_))), "an error, not a panic");
    }

    #[test]
    fn the_array_outlives_the_column() {
        let array = {
            let column = Series::new("t".into(), TEXT);
            to_arrow(&column).unwrap()
        };
        assert_eq!(array.as_string_view().value(2), TEXT[2].unwrap());
        let column = from_arrow("t", &array).unwrap();
        drop(array);
        assert_eq!(column.str().unwrap().get(2), TEXT[2]);
    }
}
