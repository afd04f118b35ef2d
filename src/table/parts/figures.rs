//! Figures of a table, put together from those of its parts.
//!
//! In: what each part gives. Out: what the whole table gives. Must not know: files. Start at [`Sums::add`].

use crate::error::Error;
use crate::manifest::model::Table;
use crate::table::contract::{Repeats, Settled};
use crate::table::drift::Earlier;
use crate::table::figures::{Figures, Tally};
use crate::table::quality::{ColumnQuality, ReferenceQuality, TableQuality, measure, tallies};
use crate::table::read::RawTable;
use crate::table::rejected::Rejected;
use crate::table::relations::Lost;
use jiff::tz::TimeZone;
use polars::prelude::Series;
use rayon::prelude::*;

/// Figures of a table so far.
pub struct Sums {
    quality: TableQuality,
    columns: Vec<Tally>,
    references: Vec<(ReferenceQuality, Lost)>,
    /// Rows that are in no part.
    pub rejected: Vec<Rejected>,
    /// Repeated keys that fail the run.
    pub repeats: Repeats,
}

impl Sums {
    /// Those of a table without rows.
    pub fn new(table: &Table, earlier: Option<&Earlier>) -> Sums {
        let reference = |r: &crate::manifest::model::Reference| ReferenceQuality {
            name: r.name.clone(),
            columns: r.columns.clone(),
            ..ReferenceQuality::default()
        };
        Sums {
            quality: TableQuality::new(table),
            columns: tallies(table, earlier, true),
            references: table.references.iter().map(|r| (reference(r), Lost::default())).collect(),
            rejected: Vec::new(),
            repeats: Repeats::default(),
        }
    }

    /// Adds those of a part. `columns` has the rows that stay and are counted here.
    ///
    /// # Errors
    /// [`Error::Defect`] if rows do not reconcile.
    pub fn add(
        &mut self,
        part: &Settled,
        columns: &[Series],
        references: Vec<(ReferenceQuality, Lost)>,
    ) -> Result<(), Error> {
        let rejected = part.rejected();
        let none = vec![Figures::default(); columns.len()];
        let figures = measure(part, none, &rejected, Vec::new(), None)?;
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
        let tallies = self.columns.par_iter_mut().zip(columns);
        tallies.map(|(tally, column)| tally.add(column)).collect::<Vec<_>>().into_iter().collect()
    }

    /// The figures of the table, with its rows that are nowhere else in order, and those that lack what they refer to.
    ///
    /// # Errors
    /// [`Error::Defect`] if rows do not reconcile.
    pub fn finish(
        self,
        whole: &RawTable,
        keys_are_unlike: bool,
        zone: &TimeZone,
    ) -> Result<(TableQuality, Vec<Rejected>, Vec<Lost>), Error> {
        let Sums { mut quality, columns, references, mut rejected, repeats } = self;
        rejected.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        for (column, tally) in quality.columns.iter_mut().zip(columns) {
            column.figures = tally.finish(zone);
        }
        let (references, lost) = references.into_iter().unzip();
        quality.references = references;
        quality.close(whole, &rejected, keys_are_unlike && repeats.is_empty())?;
        Ok((quality, rejected, lost))
    }
}

fn add_columns(sum: &mut ColumnQuality, more: ColumnQuality) {
    sum.not_finite += more.not_finite;
    sum.tokens.iter_mut().zip(more.tokens).for_each(|(sum, more)| sum.1 += more.1);
    sum.corrected.iter_mut().zip(more.corrected).for_each(|(sum, more)| sum.2 += more.2);
    sum.mended.iter_mut().zip(more.mended).for_each(|(sum, more)| sum.1 += more.1);
}
