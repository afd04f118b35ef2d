//! To which parts a row goes.
//!
//! In: rows of a table, the customers, the tables read before. Out: for each row a set of parts. Must not know: files.
//! Start at [`route`].
//!
//! A row goes where the rows go that it refers to. One that leads to no customer goes to the first part; one that leads
//! to several customers goes to the parts of all of them.

use crate::error::Error;
use crate::manifest::model::Table;
use crate::table::keys::{KeyIndex, Keys};
use polars::prelude::Series;
use rayon::prelude::*;
use std::collections::HashMap;

/// Which customer is in which part: runs of neighbours, one part after the other.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// How many parts.
    pub parts: usize,
    run: usize,
}

/// Neighbours that stay together, a chunk of the evaluator.
const RUN: usize = 1_024;

impl Spread {
    /// Over so many parts, each of which has some of `customers` where there are enough.
    pub fn new(parts: usize, customers: usize) -> Spread {
        Spread { parts: parts.max(1), run: (customers / parts.max(1)).clamp(1, RUN) }
    }

    /// The part of a customer.
    pub fn part(&self, customer: u32) -> usize {
        customer as usize / self.run % self.parts
    }
}

/// Sets of parts, each with a number; the first are those of one part.
pub struct Sets {
    members: Vec<Vec<u16>>,
    known: HashMap<Vec<u16>, u32>,
}

impl Sets {
    /// The sets of one part.
    pub fn new(parts: usize) -> Sets {
        let members: Vec<Vec<u16>> = (0..parts).map(|part| vec![part as u16]).collect();
        let known = members.iter().zip(0..).map(|(set, number)| (set.clone(), number)).collect();
        Sets { members, known }
    }

    /// The parts of a set, ascending.
    pub fn parts(&self, set: u32) -> &[u16] {
        self.members.get(set as usize).map_or(&[], Vec::as_slice)
    }

    fn union(&mut self, a: u32, b: u32) -> u32 {
        if a == b {
            return a;
        }
        let mut all = [self.parts(a), self.parts(b)].concat();
        all.sort_unstable();
        all.dedup();
        let next = self.members.len() as u32;
        let members = &mut self.members;
        *self.known.entry(all).or_insert_with_key(|all| {
            members.push(all.clone());
            next
        })
    }
}

/// What a reference leads to.
pub enum Way<'w, 'r> {
    /// Customers: the row of each key, and its number among those that stay.
    Customers(Option<&'w KeyIndex<'r>>, &'w [u32], Spread),
    /// A table read before: the row of each key, and its set.
    Table(Option<&'w KeyIndex<'r>>, &'w [u32]),
}

/// No set: the reference finds nothing.
const NOWHERE: u32 = u32::MAX;

impl Way<'_, '_> {
    fn set(&self, keys: &Keys, row: usize) -> u32 {
        let find = |index: &Option<&KeyIndex>| match keys.is_missing(row) {
            true => None,
            false => index.and_then(|index| index.find(keys, row)),
        };
        let found = match self {
            Way::Customers(index, numbers, spread) => find(index)
                .and_then(|found| numbers.get(found as usize))
                .filter(|number| **number != crate::table::rows::NONE)
                .map(|number| spread.part(*number) as u32),
            Way::Table(index, sets) => find(index).and_then(|found| sets.get(found as usize)).copied(),
        };
        found.unwrap_or(NOWHERE)
    }
}

/// The set of each row, by the references that lead to customers: their places in the table, and where each leads.
/// `None` if a row would be needed where a row that it refers to is not.
///
/// # Errors
/// [`Error::Defect`] if a column cannot be compared.
pub fn route(
    table: &Table,
    columns: &[Series],
    rows: usize,
    ways: &[(usize, Way)],
    sets: &mut Sets,
) -> Result<Option<Vec<u32>>, Error> {
    let mut found = Vec::with_capacity(ways.len());
    for (reference, way) in ways {
        let places = table.references[*reference].columns.iter().filter_map(|c| table.columns.get_index_of(c));
        let columns: Vec<&Series> = places.map(|k| &columns[k]).collect();
        let keys = Keys::new(&columns)?;
        found.push((0..rows).into_par_iter().map(|row| way.set(&keys, row)).collect::<Vec<u32>>());
    }
    let mut routed = vec![0; rows];
    for (row, routed) in routed.iter_mut().enumerate() {
        let mut all = found.iter().map(|sets| sets[row]).filter(|set| *set != NOWHERE);
        let Some(first) = all.next() else { continue };
        let union = all.fold(first, |a, b| sets.union(a, b));
        let fits = |((_, way), found): (&(usize, Way), &Vec<u32>)| {
            matches!(way, Way::Customers(..)) || found[row] == NOWHERE || found[row] == union
        };
        if !ways.iter().zip(&found).all(fits) {
            return Ok(None);
        }
        *routed = union;
    }
    Ok(Some(routed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_a_part_and_every_part_has_customers() {
        let spread = Spread::new(7, 10);
        let parts: Vec<usize> = (0..10).map(|row| spread.part(row)).collect();
        assert_eq!(parts, [0, 1, 2, 3, 4, 5, 6, 0, 1, 2]);
        let spread = Spread::new(2, 10_000);
        assert_eq!((spread.part(0), spread.part(1_023), spread.part(1_024), spread.part(2_048)), (0, 0, 1, 0));
    }

    #[test]
    fn a_set_has_one_number() {
        let mut sets = Sets::new(3);
        let both = sets.union(2, 0);
        assert_eq!((sets.union(0, 2), sets.union(both, 2)), (both, both));
        assert_eq!(sets.parts(both), [0, 2]);
        assert_eq!(sets.parts(1), [1]);
    }
}
