//! Moves between two planning years.
//!
//! In: a [`Panel`] and two of its years. Out: [`Flow`], the matrix of customers and values, and its [`Figures`]. Must not
//! know: probabilities, other years.
//!
//! Nothing is lost: a customer of either year stands in one cell. So the cells of the rows of the earlier year sum to its
//! customers, and those of the columns of the later year to its.

use super::panel::{Panel, State, shown};

/// One cell: customers who stood here before and stand there now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cell {
    /// How many.
    pub customers: u64,
    /// Sum of their values in the earlier year, of those that there are, in the panel's order.
    pub before: f64,
    /// Sum of their values in the later year.
    pub now: f64,
}

/// The matrix between two planning years: rows by where customers stood, columns by where they stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// The earlier year.
    pub from: i16,
    /// The later year.
    pub to: i16,
    tiers: usize,
    ranked: usize,
    /// Row after row: tiers by code, undetermined, absent.
    cells: Vec<Cell>,
}

/// What a [`Flow`] comes to, in customers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Customers of the earlier year: `stayed + up + down + unranked + undetermined + exits`.
    pub before: u64,
    /// Customers of the later year: `stayed + up + down + unranked + undetermined + entries`.
    pub now: u64,
    /// In the same tier in both years.
    pub stayed: u64,
    /// In a higher tier.
    pub up: u64,
    /// In a lower tier.
    pub down: u64,
    /// In another tier, where one of the two has no rank.
    pub unranked: u64,
    /// Customers in both years, undetermined in one or both.
    pub undetermined: u64,
    /// Customers of the later year alone, undetermined ones among them.
    pub entries: u64,
    /// Customers of the earlier year alone, undetermined ones among them.
    pub exits: u64,
}

/// The share of two sets that is not in both: those in one alone, by the sizes of both; none of empty ones.
pub fn exchanged(changes: u64, sizes: u64) -> Option<f64> {
    (sizes > 0).then(|| changes as f64 / sizes as f64)
}

impl Figures {
    /// How much of the customer base was exchanged: `(entries + exits) / (before + now)`, from 0 (the same customers) to 1
    /// (none in common); none without customers. It is the dissimilarity of two sets of L. R. Dice (*Measures of the amount
    /// of ecologic association between species*, Ecology 26, 1945): one less twice what they share by what they have.
    pub fn turnover(&self) -> Option<f64> {
        exchanged(self.entries + self.exits, self.before + self.now)
    }

    /// The share that stayed of those who had a tier in both years; none without any.
    pub fn stays(&self) -> Option<f64> {
        let moved = self.stayed + self.up + self.down + self.unranked;
        (moved > 0).then(|| self.stayed as f64 / moved as f64)
    }
}

impl Flow {
    /// Counts the moves between two years; none if the panel does not have both.
    pub fn count(panel: &Panel, from: i16, to: i16) -> Option<Flow> {
        let tiers = panel.tiers().len();
        let mut flow =
            Flow { from, to, tiers, ranked: panel.ranked(), cells: vec![Cell::default(); (tiers + 2).pow(2)] };
        for ((was, before), (is, now)) in panel.year(from)?.zip(panel.year(to)?) {
            if (was, is) == (State::Absent, State::Absent) {
                continue;
            }
            let at = flow.at(was, is);
            let cell = &mut flow.cells[at];
            cell.customers += 1;
            cell.before += before.unwrap_or(0.0);
            cell.now += now.unwrap_or(0.0);
        }
        Some(flow)
    }

    /// A cell. A row [`State::Absent`] has the entries, such a column the exits; where both meet is nobody.
    pub fn cell(&self, from: State, to: State) -> Cell {
        self.cells[self.at(from, to)]
    }

    fn at(&self, from: State, to: State) -> usize {
        let place = |state| match state {
            State::Tier(tier) => usize::from(tier),
            State::Undetermined => self.tiers,
            State::Absent => self.tiers + 1,
        };
        place(from) * (self.tiers + 2) + place(to)
    }

    /// Rows, and columns, as they are shown: tiers highest first, those without a rank, undetermined, absent.
    pub fn states(&self) -> Vec<State> {
        let tiers = shown(self.tiers, self.ranked).into_iter().map(State::Tier);
        tiers.chain([State::Undetermined, State::Absent]).collect()
    }

    /// The sum of a row.
    pub fn row(&self, from: State) -> Cell {
        self.sum(self.states().into_iter().map(|to| (from, to)))
    }

    /// The sum of a column.
    pub fn column(&self, to: State) -> Cell {
        self.sum(self.states().into_iter().map(|from| (from, to)))
    }

    /// The sum of all cells.
    pub fn all(&self) -> Cell {
        let states = self.states();
        self.sum(states.iter().flat_map(|from| states.iter().map(move |to| (*from, *to))))
    }

    fn sum(&self, cells: impl Iterator<Item = (State, State)>) -> Cell {
        cells.map(|(from, to)| self.cell(from, to)).fold(Cell::default(), |sum, cell| Cell {
            customers: sum.customers + cell.customers,
            before: sum.before + cell.before,
            now: sum.now + cell.now,
        })
    }

    /// Customers by what became of them.
    pub fn figures(&self) -> Figures {
        let mut figures = Figures::default();
        let states = self.states();
        for (from, to) in states.iter().flat_map(|from| states.iter().map(move |to| (*from, *to))) {
            let customers = self.cell(from, to).customers;
            figures.before += if from == State::Absent { 0 } else { customers };
            figures.now += if to == State::Absent { 0 } else { customers };
            let ranked = |tier: u16| usize::from(tier) < self.ranked;
            *match (from, to) {
                (State::Absent, _) => &mut figures.entries,
                (_, State::Absent) => &mut figures.exits,
                (State::Undetermined, _) | (_, State::Undetermined) => &mut figures.undetermined,
                (State::Tier(was), State::Tier(is)) if was == is => &mut figures.stayed,
                (State::Tier(was), State::Tier(is)) if !ranked(was) || !ranked(is) => &mut figures.unranked,
                (State::Tier(was), State::Tier(is)) if was < is => &mut figures.up,
                (State::Tier(_), State::Tier(_)) => &mut figures.down,
            } += customers;
        }
        figures
    }
}
