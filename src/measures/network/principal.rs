//! The largest eigenvalue of one class of nodes that lead to one another, and its vector, which is positive.
//!
//! In: the incoming ties of the class. Out: [`Root`]. Must not know: other classes, options of the measure. Start at [`Block::root`].

use crate::measures::blocks;
use rayon::prelude::*;

use super::classes::Classes;
use super::graph::{Graph, Rows};
use super::tridiagonal;

/// What may still be done, in entries of rows and vectors that are visited. It depends on the data alone, never on the time.
pub(super) struct Work(pub(super) u64);

impl Work {
    /// Takes some of it; `false` once there is too little.
    pub(super) fn take(&mut self, some: u64) -> bool {
        let enough = self.0 >= some;
        self.0 = self.0.saturating_sub(some);
        enough
    }
}

/// The largest eigenvalue of a class.
pub(super) struct Root {
    /// It.
    pub(super) value: f64,
    /// Its vector of length 1, positive.
    pub(super) vector: Vec<f64>,
}

/// Why there is no root.
pub(super) enum Without {
    /// It is below the value that was asked for.
    Below,
    /// The work did not suffice: steps and the residual they came down to.
    Unsettled { steps: usize, residual: f64 },
}

/// A class of more than one node: the ties within it, their strengths divided by `scale`.
pub(super) struct Block {
    rows: Rows,
    symmetric: bool,
    scale: f64,
    /// The eigenvalue is not above this.
    pub(super) bound: f64,
}

impl Block {
    /// The ties within a class.
    pub(super) fn of(graph: &Graph, classes: &Classes, class: usize) -> Self {
        let (all, members) = (graph.in_rows(), classes.members(class));
        let within = |end: &u32| classes.labels[*end as usize] as usize == class;
        let mut rows = Rows { offsets: vec![0], ends: Vec::new(), strengths: all.strengths.is_some().then(Vec::new) };
        for &node in members {
            for (end, strength) in all.ties(node as usize).filter(|(end, _)| within(end)) {
                rows.ends.push(classes.places[end as usize]);
                rows.strengths.iter_mut().for_each(|strengths| strengths.push(strength));
            }
            rows.offsets.push(rows.ends.len());
        }
        let mut scale = 1.0;
        if let Some(strengths) = &mut rows.strengths {
            scale = strengths.iter().copied().fold(0.0, f64::max);
            strengths.iter_mut().for_each(|strength| *strength /= scale);
        }
        let bound = scale * (0..members.len()).map(|node| rows.strength(node)).fold(0.0, f64::max);
        Self { rows, symmetric: !graph.directed(), scale, bound }
    }

    fn size(&self) -> usize {
        self.rows.offsets.len() - 1
    }

    /// The largest eigenvalue and its vector, unless it is below `least`.
    pub(super) fn root(&self, least: f64, tolerance: f64, work: &mut Work) -> Result<Root, Without> {
        let least = least / self.scale;
        let mut root = if self.symmetric { self.refined(least, work) } else { self.powers(least, tolerance, work) }?;
        root.value *= self.scale;
        Ok(root)
    }

    fn equal(&self) -> Vec<f64> {
        vec![1.0 / (self.size() as f64).sqrt(); self.size()]
    }

    /// A step of powers: the eigenvalue that the vector shows, ‖Ax − λx‖ / λ, bounds from below and above, and the next vector.
    ///
    /// The shift by an eighth of the image's length keeps graphs of two sides from swinging. The bounds are the smallest and the
    /// largest quotient of image and vector (Collatz 1942).
    fn power(&self, vector: &[f64]) -> (f64, f64, [f64; 2], Vec<f64>) {
        let size = self.size();
        let mut image = product(&self.rows, vector);
        let value = sum(size, |at| vector[at] * image[at]);
        let distance = |at: usize| image[at] - value * vector[at];
        let residual = sum(size, |at| distance(at) * distance(at)).sqrt() / value;
        let quotients = image.iter().zip(vector).map(|(image, x)| image / x);
        let bounds = quotients.fold([f64::INFINITY, 0.0], |[low, high], q| [q.min(low), q.max(high)]);
        let shift = length(&image) / 8.0;
        image.par_iter_mut().with_min_len(ALONE).zip(vector).for_each(|(new, old)| *new += shift * old);
        divide(&mut image);
        (value, residual, bounds, image)
    }

    /// Powers of the matrix, from equal scores. Ends early where the steps left cannot bring the residual down.
    fn powers(&self, least: f64, tolerance: f64, work: &mut Work) -> Result<Root, Without> {
        const WINDOW: usize = 256;
        let cost = (self.rows.len() + 6 * self.size()) as u64;
        let all = work.0;
        let mut vector = self.equal();
        let mut window = f64::INFINITY;
        let mut last = f64::INFINITY;
        for steps in 0.. {
            if !work.take(cost) {
                return Err(Without::Unsettled { steps, residual: last });
            }
            let (value, residual, [_, bound], next) = self.power(&vector);
            last = residual;
            if residual <= tolerance {
                return Ok(Root { value, vector });
            }
            if bound < least {
                return Err(Without::Below);
            }
            if steps > 0 && steps % WINDOW == 0 {
                let fall = (window / residual).ln() / WINDOW as f64;
                let needed = (residual / tolerance).ln() / fall;
                let hopeless = fall <= 0.0 || needed * cost as f64 > work.0 as f64;
                if hopeless && work.0 < all / 16 * 15 {
                    return Err(Without::Unsettled { steps, residual });
                }
                window = residual;
            }
            vector = next;
        }
        Err(Without::Unsettled { steps: usize::MAX, residual: last })
    }

    /// The symmetric case: cycles of Lanczos, each from what the last one found, until the vector stands still.
    fn refined(&self, least: f64, work: &mut Work) -> Result<Root, Without> {
        let (mut vector, mut moved, mut steps) = (self.equal(), f64::INFINITY, 0);
        loop {
            // The first need only come near: those that follow go on from there.
            let enough = if steps == 0 { 1e-10 } else { f64::EPSILON / 4.0 };
            let (made, taken) = self.cycle(&vector, enough, work);
            steps += taken;
            let Some(made) = made else { return Err(Without::Unsettled { steps, residual: moved.min(1.0) }) };
            let now = distance(&made, &vector);
            vector = made;
            if now <= STILL || now > moved / 2.0 && moved <= NEAR {
                break;
            }
            if now > moved / 2.0 {
                return Err(Without::Unsettled { steps, residual: now });
            }
            moved = now;
        }
        self.smoothed(vector, least, work)
    }

    /// Powers after Lanczos: what is far from the largest scores is only noise yet, and settles, as all that is near is right.
    fn smoothed(&self, mut vector: Vec<f64>, least: f64, work: &mut Work) -> Result<Root, Without> {
        let cost = (self.rows.len() + 6 * self.size()) as u64;
        let mut value = 0.0;
        for _ in 0..SMOOTHING {
            let (shown, _, [low, bound], next) = self.power(&vector);
            if bound < least {
                return Err(Without::Below);
            }
            (value, vector) = (shown, next);
            let settled = low >= value * (1.0 - 1e-12) && bound <= value * (1.0 + 1e-12);
            if settled || !work.take(cost) {
                break;
            }
        }
        Ok(Root { value, vector })
    }

    /// A cycle of Lanczos from a vector (Lanczos 1950), which all later ones are kept at right angles to: the best vector, and the steps.
    /// No vector where the work does not suffice. It ends where what the small matrix leaves open is `enough`, as a part of the value.
    ///
    /// No more than three vectors are kept: the steps are taken twice, first for the small matrix, then to add up the vector.
    fn cycle(&self, start: &[f64], enough: f64, work: &mut Work) -> (Option<Vec<f64>>, usize) {
        let cost = (self.rows.len() + 10 * self.size()) as u64;
        let (mut diagonal, mut beside, mut check) = (Vec::new(), Vec::new(), 4);
        let mut walk = Walk::from(start);
        let best = loop {
            if !work.take(2 * cost) {
                return (None, diagonal.len());
            }
            let (entry, next) = walk.step(&self.rows, start);
            diagonal.push(entry);
            let steps = diagonal.len();
            let done = next <= f64::EPSILON * diagonal[0].abs() || steps >= 4 * self.size() + 16;
            if done || steps == check {
                check = steps + (steps / 8).max(4);
                let (value, best) = tridiagonal::top(&diagonal, &beside);
                if done || next * best[steps - 1].abs() <= enough * value {
                    break best;
                }
            }
            beside.push(next);
        };
        let mut walk = Walk::from(start);
        let mut found = vec![0.0; self.size()];
        for part in &best {
            found.par_iter_mut().with_min_len(ALONE).zip(&walk.now).for_each(|(sum, x)| *sum += part * x);
            walk.step(&self.rows, start);
        }
        found.par_iter_mut().with_min_len(ALONE).for_each(|x| *x = x.abs());
        divide(&mut found);
        (Some(found), best.len())
    }
}

/// How little a vector of length 1 may move in a cycle to be final.
const STILL: f64 = 1e-11;
/// How much it may still move where cycles bring it no further.
const NEAR: f64 = 1e-7;
/// Powers at the end, at most.
const SMOOTHING: usize = 256;

/// The vectors of a Lanczos process.
struct Walk {
    before: Vec<f64>,
    now: Vec<f64>,
    between: f64,
}

impl Walk {
    fn from(start: &[f64]) -> Self {
        Self { before: vec![0.0; start.len()], now: start.to_vec(), between: 0.0 }
    }

    /// Goes on by one vector: the entry on the diagonal, and the one beside it.
    fn step(&mut self, rows: &Rows, start: &[f64]) -> (f64, f64) {
        let size = self.now.len();
        let mut next = product(rows, &self.now);
        let (now, before, between) = (&self.now, &self.before, self.between);
        let entry = sum(size, |at| now[at] * next[at]);
        let each = next.par_iter_mut().with_min_len(ALONE).enumerate();
        each.for_each(|(at, x)| *x = *x - entry * now[at] - between * before[at]);
        let back = sum(size, |at| start[at] * next[at]);
        next.par_iter_mut().with_min_len(ALONE).zip(start).for_each(|(x, first)| *x -= back * first);
        let beside = length(&next);
        let part = if beside > 0.0 { 1.0 / beside } else { 0.0 };
        next.par_iter_mut().with_min_len(ALONE).for_each(|x| *x *= part);
        self.before = std::mem::replace(&mut self.now, next);
        self.between = beside;
        (entry, beside)
    }
}

/// Vectors up to this length are worked on by one thread: a step on them takes less time than waking another.
const ALONE: usize = 1 << 16;

fn sum(n: usize, term: impl Fn(usize) -> f64 + Sync) -> f64 {
    if n <= ALONE { blocks::sum_here(n, term) } else { blocks::sum(n, term) }
}

fn product(rows: &Rows, vector: &[f64]) -> Vec<f64> {
    let few = rows.len() + vector.len() <= 4 * ALONE;
    if few { (0..vector.len()).map(|at| rows.dot(at, vector)).collect() } else { rows.times(vector) }
}

/// The length of a vector.
pub(super) fn length(vector: &[f64]) -> f64 {
    sum(vector.len(), |at| vector[at] * vector[at]).sqrt()
}

/// Makes a vector one of length 1.
pub(super) fn divide(vector: &mut [f64]) {
    let length = length(vector);
    vector.par_iter_mut().with_min_len(ALONE).for_each(|x| *x /= length);
}

fn distance(one: &[f64], other: &[f64]) -> f64 {
    sum(one.len(), |at| (one[at] - other[at]) * (one[at] - other[at])).sqrt()
}
