//! What two decisions of the same customers have apart.
//!
//! In: two [`Stand`]s. Out: [`Comparison`]: customers by tier before and after, amounts, segments, who moves most. Must not know: why they differ.
//! Sums of floats fold left in key order.

use super::stand::Stand;
use crate::error::Error;
use crate::run::summaries::codes;
use polars::prelude::{AnyValue, Series};
use serde::Serialize;

/// A sum of the customers that have the column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Its name.
    pub name: String,
    /// The column that is added.
    pub column: String,
}

/// What two decisions have apart.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Comparison {
    /// Customers before and after.
    pub customers: (u64, u64),
    /// Customers of a higher tier after than before.
    pub up: u64,
    /// Of a lower one.
    pub down: u64,
    /// Of the same.
    pub same: u64,
    /// With a tier before or after alone, of those who are customers both times, or with one that the order does not have.
    pub undetermined: u64,
    /// Of these, customers without a tier before who have one after.
    pub decided: u64,
    /// Of these, customers with a tier before who have none after.
    pub undecided: u64,
    /// Customers after alone, and before alone.
    pub new: u64,
    /// Customers before alone.
    pub gone: u64,
    /// Customers whose value is another.
    pub revalued: u64,
    /// Tiers of both, highest first; those that the order does not have last.
    #[serde(skip)]
    pub tiers: Vec<String>,
    /// By tier before and after, in that order; customers without one last.
    pub cells: Vec<Cell>,
    /// All customers: the value, then the measures.
    pub totals: Vec<Total>,
    /// By column and its values.
    pub segments: Vec<Segment>,
    /// Who moves most.
    pub movers: Vec<Mover>,
}

/// Customers of one tier before and one after.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// Tier before; none for customers without.
    pub from: Option<String>,
    /// Tier after.
    pub to: Option<String>,
    /// How many.
    pub customers: u64,
    /// The value, then the measures: before and after.
    pub amounts: Vec<(f64, f64)>,
}

/// A sum before and after.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Total {
    /// `value`, or a measure.
    pub name: String,
    /// Before.
    pub before: f64,
    /// After.
    pub after: f64,
    /// Before, of those alone whose tier changes: what moves.
    pub moved: f64,
}

/// Customers of one value of a column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Segment {
    /// The column.
    pub by: String,
    /// Its value; none for customers without.
    pub value: Option<String>,
    /// How many customers.
    pub customers: u64,
    /// Of a higher tier after.
    pub up: u64,
    /// Of a lower one.
    pub down: u64,
    /// The value, then the measures: after less before.
    pub change: Vec<f64>,
}

/// A customer whose tier changes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mover {
    /// Its key.
    pub customer: String,
    /// Tier before.
    pub from: Option<String>,
    /// Tier after.
    pub to: Option<String>,
    /// Value before and after.
    pub value: (Option<f64>, Option<f64>),
    /// The first measure, before.
    pub weight: Option<f64>,
    /// Why.
    pub reason: Vec<String>,
    /// Rows in both stands.
    #[serde(skip)]
    pub rows: (u32, u32),
}

/// What is compared.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Sums beside the value.
    pub measures: Vec<Measure>,
    /// Columns by whose values customers are shown.
    pub by: Vec<String>,
    /// How many movers are named.
    pub movers: usize,
}

impl Question {
    /// The columns that stands must have.
    pub fn columns(&self) -> Vec<String> {
        let mut names: Vec<String> = self.measures.iter().map(|measure| measure.column.clone()).collect();
        names.extend(self.by.iter().cloned());
        names.sort();
        names.dedup();
        names
    }
}

/// How a tier moves; `None` where there is none on one side.
fn step(before: Option<u32>, after: Option<u32>, known: usize) -> Option<i64> {
    let at = |tier: u32| ((tier as usize) < known).then_some(i64::from(tier));
    Some(at(after?)? - at(before?)?)
}

/// The value and the measures of each customer, by measure.
type Amounts = Vec<Vec<Option<f64>>>;
/// Tiers before and after.
type Place = (Option<u32>, Option<u32>);

/// Two stands with what is asked of them.
struct Pair<'a> {
    before: &'a Stand,
    after: &'a Stand,
    question: &'a Question,
    /// Tiers that the project knows.
    known: usize,
    /// Names of the tiers of both.
    names: Vec<String>,
    /// For each customer before its row after.
    rows: Vec<Option<u32>>,
    /// For each customer before its tier before and after, by their names; nothing where it is none after.
    places: Vec<Option<Place>>,
    old: Amounts,
    new: Amounts,
}

/// Compares two decisions, with the threads of the pool that this is called in. Both stand in the same order of tiers, lowest first: it says what is up
/// and what is down.
///
/// # Errors
/// [`Error::Defect`]: keys that are none.
pub fn compare(before: &Stand, after: &Stand, question: &Question, order: &[String]) -> Result<Comparison, Error> {
    let amounts = |stand: &Stand| -> Amounts {
        [stand.value.clone()].into_iter().chain(question.measures.iter().map(|m| stand.numbers(&m.column))).collect()
    };
    let mut names = before.tiers.clone();
    names.extend(after.tiers.iter().filter(|tier| !before.tiers.contains(tier)).cloned());
    let (old, new, rows) = (amounts(before), amounts(after), before.rows_in(after)?);
    let places = places(before, after, &names, &rows);
    let pair = Pair { before, after, question, known: order.len(), names, rows, places, old, new };
    let mut found = Comparison { customers: (before.len() as u64, after.len() as u64), ..Comparison::default() };
    let (movers, segments) = rayon::join(|| pair.count(&mut found), || pair.segments());
    found.segments = segments?;
    found.movers = pair.movers(movers);
    Ok(found)
}

/// Each customer's tier before and after, by the names of both.
fn places(before: &Stand, after: &Stand, names: &[String], rows: &[Option<u32>]) -> Vec<Option<Place>> {
    let codes = |stand: &Stand| -> Vec<Option<u32>> {
        let place = |tier: &String| names.iter().position(|own| own == tier).map(|at| at as u32);
        stand.tiers.iter().map(place).collect()
    };
    let (old, new) = (codes(before), codes(after));
    let code = |codes: &[Option<u32>], tier: Option<u32>| codes.get(tier? as usize).copied().flatten();
    let place = |(row, pair): (usize, &Option<u32>)| {
        let pair = (*pair)? as usize;
        Some((code(&old, before.tier[row]), code(&new, after.tier[pair])))
    };
    rows.iter().enumerate().map(place).collect()
}

impl Pair<'_> {
    fn place(&self, row: usize) -> Place {
        self.places[row].unwrap_or((None, None))
    }

    fn name(&self, tier: Option<u32>) -> Option<String> {
        self.names.get(tier? as usize).cloned()
    }

    /// Counts and sums everybody; who has another tier comes back.
    fn count(&self, found: &mut Comparison) -> Vec<(u32, u32)> {
        let width = self.old.len();
        let mut sums = vec![(0.0, 0.0, 0.0); width];
        // One for each pair of tiers, and for none.
        let side = self.names.len() + 1;
        let nth = |tier: Option<u32>| tier.map_or(0, |tier| tier as usize + 1);
        let mut cells: Vec<(u64, Vec<(f64, f64)>)> = vec![(0, vec![(0.0, 0.0); width]); side * side];
        let (mut movers, mut met) = (Vec::new(), vec![false; self.after.len()]);
        for (row, pair) in self.rows.iter().enumerate() {
            let Some(pair) = pair.map(|pair| pair as usize) else {
                found.gone += 1;
                (0..width).for_each(|nth| sums[nth].0 += self.old[nth][row].unwrap_or(0.0));
                continue;
            };
            met[pair] = true;
            let (from, to) = self.place(row);
            match step(from, to, self.known) {
                Some(step) if step > 0 => found.up += 1,
                Some(step) if step < 0 => found.down += 1,
                _ if from == to => found.same += 1,
                _ => {
                    found.undetermined += 1;
                    found.decided += u64::from(from.is_none());
                    found.undecided += u64::from(to.is_none());
                }
            }
            let bits = |value: Option<f64>| value.map(f64::to_bits);
            found.revalued += u64::from(bits(self.before.value[row]) != bits(self.after.value[pair]));
            if from != to {
                movers.push((row as u32, pair as u32));
            }
            let (count, cell) = &mut cells[nth(from) * side + nth(to)];
            *count += 1;
            for nth in 0..width {
                let (was, is) = (self.old[nth][row].unwrap_or(0.0), self.new[nth][pair].unwrap_or(0.0));
                cell[nth] = (cell[nth].0 + was, cell[nth].1 + is);
                let moved = if from != to { was } else { 0.0 };
                sums[nth] = (sums[nth].0 + was, sums[nth].1 + is, sums[nth].2 + moved);
            }
        }
        for (pair, _) in met.iter().enumerate().filter(|(_, met)| !**met) {
            found.new += 1;
            (0..width).for_each(|nth| sums[nth].1 += self.new[nth][pair].unwrap_or(0.0));
        }
        // The highest tier first, then those without a place in the order, none last.
        let shown: Vec<usize> = (1..=self.known).rev().chain(self.known + 1..side).chain([0]).collect();
        let places = shown.iter().flat_map(|from| shown.iter().map(move |to| (*from, *to)));
        let tier = |nth: usize| nth.checked_sub(1).map(|tier| tier as u32);
        let cell = |(from, to): (usize, usize)| {
            let (customers, amounts) = std::mem::take(&mut cells[from * side + to]);
            (customers > 0).then(|| Cell { from: self.name(tier(from)), to: self.name(tier(to)), customers, amounts })
        };
        found.cells = places.filter_map(cell).collect();
        found.tiers = shown.iter().filter_map(|nth| self.name(tier(*nth))).collect();
        let titles = ["value"].into_iter().chain(self.question.measures.iter().map(|m| m.name.as_str()));
        let total = |(name, (before, after, moved)): (&str, (f64, f64, f64))| Total {
            name: name.to_owned(),
            before,
            after,
            moved,
        };
        found.totals = titles.zip(sums).map(total).collect();
        movers
    }

    /// Movers with the largest first measure before, or the largest change of the value where there is none; then in key
    /// order.
    fn movers(&self, mut movers: Vec<(u32, u32)>) -> Vec<Mover> {
        let weight = |(row, pair): (u32, u32)| match self.old.get(1) {
            Some(measure) => measure[row as usize].unwrap_or(f64::NEG_INFINITY),
            None => (self.new[0][pair as usize].unwrap_or(0.0) - self.old[0][row as usize].unwrap_or(0.0)).abs(),
        };
        movers.sort_by(|a, b| weight(*b).total_cmp(&weight(*a)).then(a.0.cmp(&b.0)));
        movers.truncate(self.question.movers);
        let mover = |(row, pair): (u32, u32)| Mover {
            customer: text(&self.before.key, row as usize),
            from: self.name(self.place(row as usize).0),
            to: self.name(self.place(row as usize).1),
            value: (self.before.value[row as usize], self.after.value[pair as usize]),
            weight: self.old.get(1).and_then(|measure| measure[row as usize]),
            reason: Vec::new(),
            rows: (row, pair),
        };
        movers.into_iter().map(mover).collect()
    }

    /// Customers by the values that columns had before, those with most moves first.
    fn segments(&self) -> Result<Vec<Segment>, Error> {
        let mut all = Vec::new();
        for by in &self.question.by {
            let Some(column) = self.before.column(by) else { continue };
            let codes = codes(column)?;
            let mut own: Vec<Option<Segment>> = Vec::new();
            own.resize_with(codes.iter().max().map_or(0, |most| *most as usize + 1), || None);
            for (row, pair) in self.rows.iter().enumerate() {
                let Some(pair) = pair.map(|pair| pair as usize) else { continue };
                let segment = own[codes[row] as usize].get_or_insert_with(|| Segment {
                    by: by.clone(),
                    value: Some(text(column, row)).filter(|_| codes[row] != 0),
                    customers: 0,
                    up: 0,
                    down: 0,
                    change: vec![0.0; self.old.len()],
                });
                segment.customers += 1;
                let (from, to) = self.place(row);
                let step = step(from, to, self.known).unwrap_or(0);
                segment.up += u64::from(step > 0);
                segment.down += u64::from(step < 0);
                for (nth, change) in segment.change.iter_mut().enumerate() {
                    *change += self.new[nth][pair].unwrap_or(0.0) - self.old[nth][row].unwrap_or(0.0);
                }
            }
            let differs = |segment: &Segment| segment.up + segment.down > 0 || segment.change.iter().any(|x| *x != 0.0);
            let mut own: Vec<Segment> = own.into_iter().flatten().filter(differs).collect();
            own.sort_by(|a, b| (b.up + b.down).cmp(&(a.up + a.down)).then_with(|| a.value.cmp(&b.value)));
            all.extend(own);
        }
        Ok(all)
    }
}

/// A cell as a text; an empty one for a missing value.
pub fn text(column: &Series, row: usize) -> String {
    match column.get(row) {
        Ok(AnyValue::String(text)) => text.to_owned(),
        Ok(AnyValue::Null) | Err(_) => String::new(),
        Ok(other) => other.to_string(),
    }
}
