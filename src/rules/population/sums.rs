//! Sums and bounds of groups, in key order.
//!
//! In: figures of the counted customers in key order, in pieces. Out: sums that fold blocks of 4,096 left from 0.0, then the
//! blocks' sums left; the first smallest and the first largest. Must not know: rows, missing figures.
//!
//! Blocks do not depend on each other, so that threads take some each, and a thread four at once: adding in order waits
//! for the sum before, and four sums wait together.

use rayon::prelude::*;

/// Figures folded at once.
const BLOCK: usize = 4_096;

/// Blocks folded side by side.
const SIDE: usize = 4;

/// What is known of the figures of a group.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moments {
    /// Members, as a float.
    pub(super) n: f64,
    /// The sum.
    pub(super) sum: f64,
    /// The sum of squared differences from the mean, where it is wanted.
    pub(super) squares: f64,
    /// The smallest; of equal ones the first, so that the sign of a zero is known.
    pub(super) low: f64,
    /// The largest.
    pub(super) high: f64,
}

/// Which moments a caller wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    Sum,
    Bounds,
    All,
}

impl Moments {
    /// The moments of a group whose figures are in pieces.
    pub(super) fn of(pieces: &[&[f64]], want: Want) -> Moments {
        let n = pieces.iter().map(|p| p.len()).sum::<usize>() as f64;
        let (low, high) = if want == Want::Sum { (0.0, 0.0) } else { bounds(pieces) };
        let sum = if want == Want::Bounds { 0.0 } else { sum(pieces, |x| x) };
        let mean = sum / n;
        let squares = if want == Want::All { self::sum(pieces, |x| (x - mean) * (x - mean)) } else { 0.0 };
        Moments { n, sum, squares, low, high }
    }
}

/// The sum of `f` over pieces that follow each other.
fn sum(pieces: &[&[f64]], f: impl Fn(f64) -> f64 + Sync) -> f64 {
    if let [piece] = pieces
        && piece.len() <= BLOCK
    {
        return 0.0 + fold(0.0, piece, &f);
    }
    let mut starts: Vec<usize> = pieces.iter().map(|p| p.len()).collect();
    starts.iter_mut().fold(0, |before, length| before + std::mem::replace(length, before));
    let blocks = |i: usize| blocks_from(&pieces[i..], starts[i].next_multiple_of(BLOCK) - starts[i], &f);
    let blocks: Vec<Vec<f64>> = (0..pieces.len()).into_par_iter().map(blocks).collect();
    blocks.iter().flatten().fold(0.0, |total, block| total + block)
}

fn fold(start: f64, figures: &[f64], f: &impl Fn(f64) -> f64) -> f64 {
    figures.iter().fold(start, |sum, x| sum + f(*x))
}

/// Sums of the blocks that start in the first piece, of which the first starts at `at`; the last may reach into others.
fn blocks_from(pieces: &[&[f64]], at: usize, f: &impl Fn(f64) -> f64) -> Vec<f64> {
    let Some((first, behind)) = pieces.split_first() else { return Vec::new() };
    let mut rest = first.get(at..).unwrap_or(&[]);
    let mut sums = Vec::with_capacity(rest.len() / BLOCK + 1);
    while let Some((side, after)) = rest.split_at_checked(SIDE * BLOCK) {
        sums.extend(side_by_side(side, f));
        rest = after;
    }
    while let Some((block, after)) = rest.split_at_checked(BLOCK) {
        sums.push(fold(0.0, block, f));
        rest = after;
    }
    if !rest.is_empty() {
        let (mut sum, mut missing) = (fold(0.0, rest, f), BLOCK - rest.len());
        for piece in behind {
            let taken = &piece[..missing.min(piece.len())];
            sum = fold(sum, taken, f);
            missing -= taken.len();
        }
        sums.push(sum);
    }
    sums
}

fn side_by_side(figures: &[f64], f: &impl Fn(f64) -> f64) -> [f64; SIDE] {
    let (a, rest) = figures.split_at(BLOCK);
    let (b, rest) = rest.split_at(BLOCK);
    let (c, d) = rest.split_at(BLOCK);
    let mut sums = [0.0; SIDE];
    for (((a, b), c), d) in a.iter().zip(b).zip(c).zip(d) {
        sums[0] += f(*a);
        sums[1] += f(*b);
        sums[2] += f(*c);
        sums[3] += f(*d);
    }
    sums
}

/// The first smallest and the first largest figure.
fn bounds(pieces: &[&[f64]]) -> (f64, f64) {
    let of = |piece: &&[f64]| {
        let start = (f64::INFINITY, f64::NEG_INFINITY);
        piece.iter().fold(start, |(low, high), x| (if *x < low { *x } else { low }, if *x > high { *x } else { high }))
    };
    let join =
        |(low, high): (f64, f64), (l, h): (f64, f64)| (if l < low { l } else { low }, if h > high { h } else { high });
    // A group of one piece is not worth a task.
    if let [piece] = pieces {
        return of(piece);
    }
    let bounds: Vec<(f64, f64)> = pieces.par_iter().map(of).collect();
    bounds.into_iter().fold((f64::INFINITY, f64::NEG_INFINITY), join)
}
