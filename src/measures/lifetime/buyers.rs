//! The likelihood of the Gamma-Gamma model.
//!
//! In: purchases and mean spend of each customer. Out: the log likelihood and its derivatives, the correlation of the
//! two. Must not know: how the likelihood is maximised. Start at [`Buyers::of`].

use super::ascent::Point;
use super::fault::Fault;
use super::special::{digamma, log_inverse_beta, trigamma};
use crate::measures::blocks;

/// The customers of a fit.
pub(super) struct Buyers {
    /// Different numbers of purchases, ascending, with the customers who have each.
    purchases: Vec<(f64, f64)>,
    /// Of each customer, where his number of purchases is, and his mean spend.
    pub(super) rows: Vec<(usize, f64)>,
    /// The mean of the customers' mean spend.
    pub(super) mean: f64,
}

impl Buyers {
    /// Checked columns; customers without a purchase or spend are left out, a fault if fewer than 4 are left.
    pub(super) fn of(x: &[f64], spend: &[f64]) -> Result<Buyers, Fault> {
        let kept: Vec<(f64, f64)> =
            x.iter().copied().zip(spend.iter().copied()).filter(|&(x, m)| x > 0.0 && m > 0.0).collect();
        if kept.len() < 4 {
            return Err(Fault::TooFew { usable: kept.len(), needed: 4 });
        }
        let mut numbers: Vec<f64> = kept.iter().map(|&(x, _)| x).collect();
        numbers.sort_unstable_by(f64::total_cmp);
        let mut purchases: Vec<(f64, f64)> = Vec::new();
        for x in numbers {
            match purchases.last_mut() {
                Some((last, count)) if *last == x => *count += 1.0,
                _ => purchases.push((x, 1.0)),
            }
        }
        let place = |x: f64| purchases.partition_point(|(number, _)| *number < x);
        let rows: Vec<(usize, f64)> = kept.iter().map(|&(x, m)| (place(x), m)).collect();
        let mean = blocks::sum(rows.len(), |row| rows[row].1) / rows.len() as f64;
        Ok(Buyers { purchases, rows, mean })
    }

    /// The log likelihood of p, q, v (Fader & Hardie 2013, equation 1a), with its derivatives in that order.
    pub(super) fn likelihood(&self, &[p, q, v]: &[f64; 3]) -> Point<3> {
        let (own, slope, log_v) = (digamma(q), trigamma(q), libm::log(v));
        let few = blocks::sums(self.purchases.len(), |range, out: &mut [f64; 6]| {
            for &(x, count) in &self.purchases[range] {
                let (shape, digammas, trigammas) = (p * x, digamma(p * x + q), trigamma(p * x + q));
                out[0] += count * (log_inverse_beta(shape, q) + q * log_v + shape * libm::log(x));
                out[1] += count * x * (digammas - digamma(shape) + libm::log(x));
                out[2] += count * (digammas - own + log_v);
                out[3] += count * x * x * (trigammas - trigamma(shape));
                out[4] += count * x * trigammas;
                out[5] += count * (trigammas - slope);
            }
        });
        let many = blocks::sums(self.rows.len(), |range, out: &mut [f64; 9]| {
            for &(place, m) in &self.rows[range] {
                let x = self.purchases[place].0;
                let (total, shape) = (x * m + v, p * x + q);
                let (log_m, log_total, inverse) = (libm::log(m), libm::log(total), 1.0 / total);
                out[0] += (p * x - 1.0) * log_m - shape * log_total;
                out[1] += x * (log_m - log_total);
                out[2] -= log_total;
                out[3] += q / v - shape * inverse;
                out[4] -= x * inverse;
                out[5] += 1.0 / v - inverse;
                out[6] += shape * inverse * inverse - q / (v * v);
            }
        });
        let (pq, pv, qv) = (few[4], many[4], many[5]);
        Point {
            value: few[0] + many[0],
            gradient: [few[1] + many[1], few[2] + many[2], many[3]],
            curvature: [[few[3], pq, pv], [pq, few[5], qv], [pv, qv, many[6]]],
        }
    }

    /// Pearson's correlation of purchases and mean spend; 0 where one of them is constant.
    pub(super) fn correlation(&self) -> f64 {
        let n = self.rows.len() as f64;
        let x = |row: usize| self.purchases[self.rows[row].0].0;
        let mean_x = blocks::sum(self.rows.len(), x) / n;
        let [xx, xm, mm] = blocks::sums(self.rows.len(), |range, out: &mut [f64; 3]| {
            for row in range {
                let (dx, dm) = (x(row) - mean_x, self.rows[row].1 - self.mean);
                out[0] += dx * dx;
                out[1] += dx * dm;
                out[2] += dm * dm;
            }
        });
        if xx > 0.0 && mm > 0.0 { (xm / (xx.sqrt() * mm.sqrt())).clamp(-1.0, 1.0) } else { 0.0 }
    }
}
