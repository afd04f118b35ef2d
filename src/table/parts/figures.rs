//! Figures of a table, put together from those of its parts.
//!
//! In: what each part gives. Out: what the whole table gives. Must not know: files. Start at [`Sums::add`].

use crate::error::Error;
use crate::manifest::model::Table;
use crate::table::contract::{Repeats, Settled};
use crate::table::keys::{Keys, MOST_DISTINCT, distinct};
use crate::table::quality::{ColumnQuality, ReferenceQuality, TableQuality, extremes, measure, mended};
use crate::table::read::RawTable;
use crate::table::rejected::{Outcome, Rejected};
use crate::table::relations::Lost;
use jiff::tz::TimeZone;
use polars::prelude::{DataType, IntoSeries, NewChunkedArray, Series, StringChunked};
use polars_arrow::array::{BooleanArray, PrimitiveArray, Utf8ViewArray};
use rayon::prelude::*;
use std::collections::HashSet;

/// Figures of a table so far.
pub struct Sums {
    quality: TableQuality,
    columns: Vec<Extent>,
    references: Vec<(ReferenceQuality, Lost)>,
    /// Rows that are in no part.
    pub rejected: Vec<Rejected>,
    /// Repeated keys that fail the run.
    pub repeats: Repeats,
}

/// Values of one column.
#[derive(Default)]
struct Extent {
    missing: u64,
    /// `None` above the most that are counted.
    distinct: Option<HashSet<u128>>,
    /// The smallest and largest value of each part, with the numbers of their rows.
    least: Vec<(u64, Series)>,
    most: Vec<(u64, Series)>,
}

impl Sums {
    /// Those of a table without rows.
    pub fn new(table: &Table) -> Sums {
        let columns = table.columns.values();
        let quality = |name: &String| ColumnQuality { name: name.clone(), ..ColumnQuality::default() };
        let reference = |r: &crate::manifest::model::Reference| ReferenceQuality {
            name: r.name.clone(),
            columns: r.columns.clone(),
            ..ReferenceQuality::default()
        };
        Sums {
            quality: TableQuality {
                table: table.name.clone(),
                read: 0,
                kept: 0,
                quarantined: 0,
                removed: 0,
                undeclared: Vec::new(),
                mended: Vec::new(),
                references: Vec::new(),
                broken: Vec::new(),
                columns: table.columns.keys().map(quality).collect(),
            },
            columns: columns.map(|_| Extent { distinct: Some(HashSet::new()), ..Extent::default() }).collect(),
            references: table.references.iter().map(|r| (reference(r), Lost::default())).collect(),
            rejected: Vec::new(),
            repeats: Repeats::default(),
        }
    }

    /// Adds those of a part. `columns` has the rows that stay and are counted here, `numbers` their numbers.
    ///
    /// # Errors
    /// [`Error::Defect`] if rows do not reconcile.
    pub fn add(
        &mut self,
        part: &Settled,
        columns: &[Series],
        numbers: &[u64],
        references: Vec<(ReferenceQuality, Lost)>,
    ) -> Result<(), Error> {
        let rejected = part.rejected();
        let none = vec![ColumnQuality::default(); columns.len()];
        let figures = measure(part, none, &rejected, Vec::new())?;
        self.quality.kept += figures.kept;
        for (sum, more) in self.quality.columns.iter_mut().zip(figures.columns) {
            add_columns(sum, more);
        }
        for ((sum, lost), (more, more_lost)) in self.references.iter_mut().zip(references) {
            sum.missing += more.missing;
            sum.orphans += more.orphans;
            lost.add(more_lost);
        }
        self.rejected.extend(rejected);
        let extents = self.columns.par_iter_mut().zip(columns);
        extents.map(|(extent, column)| extent.add(column, numbers)).collect::<Result<Vec<()>, Error>>()?;
        Ok(())
    }

    /// The figures of the table, with its rows that are nowhere else in order, and those that lack what they refer to.
    ///
    /// # Errors
    /// [`Error::Defect`] if rows do not reconcile.
    pub fn finish(self, whole: &RawTable, zone: &TimeZone) -> Result<(TableQuality, Vec<Rejected>, Vec<Lost>), Error> {
        let mut rejected = self.rejected;
        rejected.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        let of = |outcome| rejected.iter().filter(|r| r.outcome == outcome).count() as u64;
        let (quarantined, removed) = (of(Outcome::Quarantined), of(Outcome::Removed));
        let mut quality = TableQuality {
            read: whole.read,
            quarantined,
            removed,
            undeclared: whole.undeclared.iter().map(|(name, files)| (name.clone(), *files)).collect(),
            mended: mended(whole),
            ..self.quality
        };
        if quality.read != quality.kept + quarantined + removed {
            return Err(Error::Defect(format!("rows of table {} do not reconcile: {quality:?}", quality.table)));
        }
        for (column, extent) in quality.columns.iter_mut().zip(self.columns) {
            extent.finish(column, zone)?;
        }
        let (references, lost) = self.references.into_iter().unzip();
        quality.references = references;
        Ok((quality, rejected, lost))
    }
}

fn add_columns(sum: &mut ColumnQuality, more: ColumnQuality) {
    sum.not_finite += more.not_finite;
    match sum.tokens.is_empty() {
        true => sum.tokens = more.tokens,
        false => sum.tokens.iter_mut().zip(more.tokens).for_each(|(sum, more)| sum.1 += more.1),
    }
    match sum.corrected.is_empty() {
        true => sum.corrected = more.corrected,
        false => sum.corrected.iter_mut().zip(more.corrected).for_each(|(sum, more)| sum.2 += more.2),
    }
}

impl Extent {
    fn add(&mut self, column: &Series, numbers: &[u64]) -> Result<(), Error> {
        self.missing += column.null_count() as u64;
        if let Some((min, max)) = extremes(&Keys::new(&[column])?) {
            let number = |row: usize| numbers.get(row).copied().unwrap_or(row as u64);
            self.least.push((number(min), one(column, min)?));
            self.most.push((number(max), one(column, max)?));
        }
        let Some(known) = &mut self.distinct else { return Ok(()) };
        let Some(rows) = distinct(column)? else {
            self.distinct = None;
            return Ok(());
        };
        known.extend(digests(column, &rows)?);
        if known.len() > MOST_DISTINCT {
            self.distinct = None;
        }
        Ok(())
    }

    fn finish(self, quality: &mut ColumnQuality, zone: &TimeZone) -> Result<(), Error> {
        quality.missing = self.missing;
        quality.distinct = self.distinct.map(|known| known.len() as u64);
        quality.min = joined(self.least, &|(min, _)| min, zone)?;
        quality.max = joined(self.most, &|(_, max)| max, zone)?;
        Ok(())
    }
}

/// The text of the extreme among values of parts; of equal ones that which the whole table gives.
fn joined(
    mut values: Vec<(u64, Series)>,
    pick: &dyn Fn((usize, usize)) -> usize,
    zone: &TimeZone,
) -> Result<Option<String>, Error> {
    values.sort_by_key(|(number, _)| *number);
    let mut values = values.into_iter().map(|(_, value)| value);
    let Some(mut all) = values.next() else { return Ok(None) };
    for value in values {
        all.append(&value).map_err(|e| Error::Defect(format!("values of parts do not fit: {e}")))?;
    }
    let all = all.rechunk();
    let keys = Keys::new(&[&all])?;
    Ok(extremes(&keys).map(pick).map(|row| crate::table::batch::cut(&keys.text(row, zone))))
}

/// One value, which holds nothing of its column's buffers.
fn one(column: &Series, row: usize) -> Result<Series, Error> {
    if let Ok(texts) = column.str() {
        return Ok(StringChunked::from_iter_options(column.name().clone(), [texts.get(row)].into_iter()).into_series());
    }
    column.take_slice(&[row as u32]).map_err(|e| Error::Defect(format!("a value of a column: {e}")))
}

/// Values of some rows as 128 bits: as they are where they fit, else by hash.
fn digests(column: &Series, rows: &[u32]) -> Result<Vec<u128>, Error> {
    let physical = column.to_physical_repr();
    let refused = || Error::Defect(format!("column {} ({}) cannot be counted", column.name(), column.dtype()));
    let [chunk] = physical.chunks().as_slice() else { return Err(refused()) };
    let any = chunk.as_any();
    let rows = rows.iter().map(|row| *row as usize);
    Ok(match physical.dtype() {
        DataType::Int64 => {
            let array: &PrimitiveArray<i64> = any.downcast_ref().ok_or_else(refused)?;
            rows.map(|row| array.value(row) as u128).collect()
        }
        DataType::Int32 => {
            let array: &PrimitiveArray<i32> = any.downcast_ref().ok_or_else(refused)?;
            rows.map(|row| array.value(row) as u128).collect()
        }
        DataType::Int128 => {
            let array: &PrimitiveArray<i128> = any.downcast_ref().ok_or_else(refused)?;
            rows.map(|row| array.value(row) as u128).collect()
        }
        // -0.0 equals 0.0; NaN does not occur.
        DataType::Float64 => {
            let array: &PrimitiveArray<f64> = any.downcast_ref().ok_or_else(refused)?;
            rows.map(|row| u128::from((array.value(row) + 0.0).to_bits())).collect()
        }
        DataType::Boolean => {
            let array: &BooleanArray = any.downcast_ref().ok_or_else(refused)?;
            rows.map(|row| u128::from(array.value(row))).collect()
        }
        DataType::String => {
            let array: &Utf8ViewArray = any.downcast_ref().ok_or_else(refused)?;
            rows.map(|row| digest(array.get(row).unwrap_or_default())).collect()
        }
        _ => return Err(refused()),
    })
}

fn digest(text: &str) -> u128 {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
    u128::from_le_bytes(bytes)
}
