//! The likelihood of the BG/NBD model over grouped customers.
//!
//! In: repeat purchases, time of the last one, age of each customer. Out: customers who agree in all three as one group
//! with a count; the log likelihood and its derivatives. Must not know: how it is maximised. Start at [`Groups::of`].
//!
//! Formula: Fader, Hardie & Lee 2005, equation (6), written as ln(A1 A2 (A3 + A4)). The derivatives are exact.

use super::ascent::Point;
use super::fault::{Fault, same_length};
use super::special::rising;
use crate::measures::blocks;
use rayon::prelude::*;

/// Customers grouped by history, in order of x, then t_x, then age.
pub(super) struct Groups {
    /// Different numbers of repeat purchases, ascending, and how many customers have each.
    pub(super) repeats: Vec<(f64, f64)>,
    /// For each group the repeat purchases, last purchase, age and number of customers.
    groups: Vec<[f64; 4]>,
    /// All customers.
    pub(super) customers: usize,
    /// The mean age.
    pub(super) age: f64,
    /// Repeat purchases of all per unit of time.
    pub(super) rate: f64,
}

/// Faults a history that no customer can have.
pub(super) fn check(row: usize, x: f64, t_x: f64, age: f64) -> Result<(), Fault> {
    let fault = |column, value, must| Err(Fault::Row { row, column, value, must });
    if !((0.0..=9e15).contains(&x) && x.trunc() == x) {
        return fault("x", x, "a whole number, 0 or more");
    }
    if !(age > 0.0 && age.is_finite()) {
        return fault("age", age, "finite and more than 0");
    }
    if !((0.0..=age).contains(&t_x)) {
        return fault("t_x", t_x, "from 0 to the age");
    }
    if (x == 0.0) != (t_x == 0.0) {
        return fault("t_x", t_x, "0 if x is 0, and more than 0 otherwise");
    }
    Ok(())
}

/// Faults columns of different lengths, and the first row that no customer can have.
pub(super) fn check_all(x: &[f64], t_x: &[f64], age: &[f64]) -> Result<(), Fault> {
    same_length("t_x", t_x.len(), x.len())?;
    same_length("age", age.len(), x.len())?;
    (0..x.len()).try_for_each(|row| check(row, x[row], t_x[row], age[row]))
}

impl Groups {
    /// Groups checked columns of equal length; a fault if they are empty or nobody bought again.
    pub(super) fn of(x: &[f64], t_x: &[f64], age: &[f64]) -> Result<Groups, Fault> {
        check_all(x, t_x, age)?;
        if x.is_empty() {
            return Err(Fault::Empty);
        }
        // Bits of floats that are not negative are in the order of the floats; adding 0.0 makes every zero the same.
        let mut rows: Vec<[u64; 3]> =
            (0..x.len()).map(|row| [x[row], t_x[row], age[row]].map(|value| (value + 0.0).to_bits())).collect();
        rows.par_sort_unstable();
        let same = |groups: &mut Vec<[f64; 4]>, row: [u64; 3]| {
            let [x, t_x, age] = row.map(f64::from_bits);
            match groups.last_mut() {
                Some(group) if group[..3] == [x, t_x, age] => group[3] += 1.0,
                _ => groups.push([x, t_x, age, 1.0]),
            }
        };
        let mut groups = Vec::new();
        rows.into_iter().for_each(|row| same(&mut groups, row));
        let mut repeats: Vec<(f64, f64)> = Vec::new();
        for group in &groups {
            match repeats.last_mut() {
                Some((x, count)) if *x == group[0] => *count += group[3],
                _ => repeats.push((group[0], group[3])),
            }
        }
        let ages = blocks::sum(groups.len(), |g| groups[g][3] * groups[g][2]);
        let bought = blocks::sum(repeats.len(), |k| repeats[k].1 * repeats[k].0);
        if bought == 0.0 {
            return Err(Fault::NoRepeats);
        }
        Ok(Groups { repeats, groups, customers: x.len(), age: ages / x.len() as f64, rate: bought / ages })
    }

    /// The log likelihood of r, alpha, a, b, with its derivatives in that order.
    pub(super) fn likelihood(&self, parameters: &[f64; 4]) -> Point<4> {
        let few = blocks::sums(self.repeats.len(), |range, out: &mut [f64; 15]| {
            self.repeats[range].iter().for_each(|(x, count)| add(out, *count, &factors(parameters, *x)));
        });
        let many = blocks::sums(self.groups.len(), |range, out: &mut [f64; 15]| {
            self.groups[range].iter().for_each(|group| add(out, group[3], &mixture(parameters, group)));
        });
        let all: [f64; 15] = std::array::from_fn(|i| few[i] + many[i]);
        let mut point = Point { value: all[0], gradient: [0.0; 4], curvature: [[0.0; 4]; 4] };
        point.gradient.copy_from_slice(&all[1..5]);
        let mut next = 5;
        for i in 0..4 {
            for j in 0..=i {
                point.curvature[i][j] = all[next];
                point.curvature[j][i] = all[next];
                next += 1;
            }
        }
        point
    }

    /// How many groups there are.
    pub(super) fn len(&self) -> usize {
        self.groups.len()
    }
}

/// Value, 4 first derivatives, then the lower triangle of second ones by rows: rr, αr, αα, ar, aα, aa, br, bα, ba, bb.
type Terms = [f64; 15];

fn add(out: &mut Terms, count: f64, terms: &Terms) {
    out.iter_mut().zip(terms).for_each(|(out, term)| *out += count * term);
}

/// ln A1 + ln A2: the factors that depend on x alone.
fn factors(&[r, alpha, a, b]: &[f64; 4], x: f64) -> Terms {
    let (rates, living, both) = (rising(r, x), rising(b, x), rising(a + b, x));
    let mut out = [0.0; 15];
    out[0] = rates[0] + r * libm::log(alpha) + living[0] - both[0];
    out[1] = rates[1] + libm::log(alpha);
    out[2] = r / alpha;
    out[3] = -both[1];
    out[4] = living[1] - both[1];
    out[5] = rates[2];
    out[6] = 1.0 / alpha;
    out[7] = -r / (alpha * alpha);
    out[10] = -both[2];
    out[13] = -both[2];
    out[14] = living[2] - both[2];
    out
}

/// ln(A3 + A4) of one group.
fn mixture(&[r, alpha, a, b]: &[f64; 4], &[x, t_x, age, _]: &[f64; 4]) -> Terms {
    let (shape, inverse, log) = (r + x, 1.0 / (alpha + age), libm::log(alpha + age));
    let mut out = [0.0; 15];
    out[0] = -shape * log;
    out[1] = -log;
    out[2] = -shape * inverse;
    out[6] = -inverse;
    out[7] = shape * inverse * inverse;
    if x == 0.0 {
        return out;
    }
    let (last, log_last, chance) = (1.0 / (alpha + t_x), libm::log(alpha + t_x), b + x - 1.0);
    let odds = libm::log(a / chance) + shape * (log - log_last);
    let (alive, dead) = halves(odds);
    // How the logarithm of A4 / A3 changes with each parameter.
    let change = [log - log_last, shape * (inverse - last), 1.0 / a, -1.0 / chance];
    out[0] += if odds > 0.0 { odds + libm::log1p(libm::exp(-odds)) } else { libm::log1p(libm::exp(odds)) };
    (0..4).for_each(|i| out[1 + i] += dead * change[i]);
    out[6] += dead * (inverse - last);
    out[7] += dead * shape * (last * last - inverse * inverse);
    out[10] -= dead / (a * a);
    out[14] += dead / (chance * chance);
    let mut next = 5;
    for i in 0..4 {
        for j in 0..=i {
            out[next] += alive * dead * change[i] * change[j];
            next += 1;
        }
    }
    out
}

/// The probabilities of being alive and dead at given log odds of being dead.
pub(super) fn halves(odds: f64) -> (f64, f64) {
    let small = libm::exp(-odds.abs());
    let (likely, unlikely) = (1.0 / (1.0 + small), small / (1.0 + small));
    if odds > 0.0 { (unlikely, likely) } else { (likely, unlikely) }
}
