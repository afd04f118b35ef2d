//! Where customers stand: key, tier, value and further columns, in key order.
//!
//! In: a committed run's columns, or an [`Outcome`]. Out: [`Stand`]. Must not know: what stands are compared for.

use crate::error::Error;
use crate::run::keys::Keys;
use crate::run::outcome::Outcome;
use crate::run::renamed::Renamed;
use polars::prelude::{DataType, Series};

/// Customers in key order with what was decided.
#[derive(Clone, Debug)]
pub struct Stand {
    /// Their keys.
    pub key: Series,
    /// Tier, as a position in the project's order; those of other tiers behind it. `None` for customers without.
    pub tier: Vec<Option<u32>>,
    /// Names of tiers, lowest first.
    pub tiers: Vec<String>,
    /// Value.
    pub value: Vec<Option<f64>>,
    /// Further columns, by name; numbers as floats where they are amounts.
    pub columns: Vec<Series>,
}

impl Stand {
    /// A stand of columns in key order.
    ///
    /// # Errors
    /// [`Error::Defect`]: a tier that is no text, a value that is no number.
    pub fn new(
        key: Series,
        tier: &Series,
        value: &Series,
        columns: Vec<Series>,
        order: &[String],
    ) -> Result<Stand, Error> {
        let wrong = |e| Error::Defect(format!("decisions: {e}"));
        let mut tiers = order.to_vec();
        let names = tier.str().map_err(wrong)?.iter();
        let codes = names.map(|name| name.map(|name| code(&mut tiers, name))).collect();
        let value = value.cast(&DataType::Float64).map_err(wrong)?;
        let value = value.f64().map_err(wrong)?.iter().collect();
        Ok(Stand { key, tier: codes, tiers, value, columns })
    }

    /// What a run that is not written decided, with these columns.
    ///
    /// # Errors
    /// [`Error::Defect`]: no such column.
    pub fn of(outcome: &Outcome, names: &[String], order: &[String]) -> Result<Stand, Error> {
        let wrong = |e| Error::Defect(format!("decisions: {e}"));
        let is_ordered = outcome.order.is_sorted();
        let column = |name: &str| -> Result<Series, Error> {
            let column = outcome.column(name).ok_or_else(|| Error::Defect(format!("no column {name}")))?;
            if is_ordered { Ok(column) } else { column.take_slice(&outcome.order).map_err(wrong) }
        };
        let mut tiers = order.to_vec();
        let places: Vec<u32> = outcome.tiers.iter().map(|name| code(&mut tiers, name)).collect();
        let code = |row: &u32| outcome.tier[*row as usize].map(|tier| places[tier as usize]);
        Ok(Stand {
            key: column(&outcome.key)?,
            tier: outcome.order.iter().map(code).collect(),
            tiers,
            value: outcome.order.iter().map(|row| outcome.value[*row as usize]).collect(),
            columns: names.iter().map(|name| column(name)).collect::<Result<_, _>>()?,
        })
    }

    /// The customers of an earlier run under the keys of a later one, in the order of those, and how many have another key now. A customer
    /// that became part of another one, whose own decision went on, is left out.
    ///
    /// # Errors
    /// [`Error::Defect`]: keys that are none.
    pub fn under(&self, renamed: &[Renamed]) -> Result<(Stand, usize), Error> {
        let wrong = |e| Error::Defect(format!("keys that changed: {e}"));
        let (mut rows, mut key): (Vec<u32>, Series) = ((0..self.len() as u32).collect(), self.key.clone());
        for keys in renamed {
            if let Some((kept, new)) = keys.follow(&key)? {
                rows = kept.iter().map(|row| rows[*row as usize]).collect();
                key = new;
            }
        }
        let then = self.key.take_slice(&rows).map_err(wrong)?;
        if rows.len() == self.len() && then.equals_missing(&key) {
            return Ok((self.clone(), 0));
        }
        let (old, new) = (Keys::new(&then)?, Keys::new(&key)?);
        let other = old.find_in(&new).iter().zip(0..).filter(|(found, row)| **found != Some(*row)).count();
        let order = new.order();
        let rows: Vec<u32> = order.iter().map(|row| rows[*row as usize]).collect();
        let take = |column: &Series| column.take_slice(&rows).map_err(wrong);
        let stand = Stand {
            key: key.take_slice(&order).map_err(wrong)?,
            tier: rows.iter().map(|row| self.tier[*row as usize]).collect(),
            tiers: self.tiers.clone(),
            value: rows.iter().map(|row| self.value[*row as usize]).collect(),
            columns: self.columns.iter().map(take).collect::<Result<_, _>>()?,
        };
        Ok((stand, other))
    }

    /// How many customers.
    pub fn len(&self) -> usize {
        self.tier.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tier.is_empty()
    }

    /// A column by its name.
    pub fn column(&self, name: &str) -> Option<&Series> {
        self.columns.iter().find(|column| column.name() == name)
    }

    /// A column's numbers; missing where it has none.
    pub fn numbers(&self, name: &str) -> Vec<Option<f64>> {
        let cast = self.column(name).and_then(|column| column.cast(&DataType::Float64).ok());
        let numbers = cast.as_ref().and_then(|column| column.f64().ok());
        numbers.map_or_else(|| vec![None; self.len()], |numbers| numbers.iter().collect())
    }

    /// For each customer its row in another stand.
    ///
    /// # Errors
    /// [`Error::Defect`]: keys that are none.
    pub fn rows_in(&self, other: &Stand) -> Result<Vec<Option<u32>>, Error> {
        if self.key.len() == other.key.len() && self.key.equals_missing(&other.key) {
            return Ok((0..self.len() as u32).map(Some).collect());
        }
        Ok(Keys::new(&self.key)?.find_in(&Keys::new(&other.key)?))
    }
}

/// The position of a tier; one that is not there yet comes last.
fn code(tiers: &mut Vec<String>, name: &str) -> u32 {
    let at = tiers.iter().position(|tier| tier == name).unwrap_or_else(|| {
        tiers.push(name.to_owned());
        tiers.len() - 1
    });
    at as u32
}
