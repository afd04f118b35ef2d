//! Operands and results of kernels.
//!
//! In: nothing. Out: [`Src`], [`Bits`], [`Fails`]. Must not know: operations, domains. A column of bools is a bitset: row
//! `i` is bit `i % 64` of word `i / 64`; bits behind the last row are 0 in every register.

use crate::rules::site::Failure;

/// An operand: a value for each row, or one for all.
#[derive(Clone, Copy, Debug)]
pub enum Src<'a, T> {
    /// By row.
    Each(&'a [T]),
    /// The same for all rows.
    All(T),
}

impl<T: Copy> Src<'_, T> {
    /// The value of a row.
    #[inline(always)]
    pub fn get(&self, row: usize) -> T {
        match self {
            Src::Each(values) => values[row],
            Src::All(value) => *value,
        }
    }
}

/// A bool operand.
#[derive(Clone, Copy, Debug)]
pub enum Bits<'a> {
    /// By row.
    Each(&'a [u64]),
    /// The same for all rows.
    All(bool),
}

impl Bits<'_> {
    /// The bit of a row.
    #[inline(always)]
    pub fn get(&self, row: usize) -> bool {
        match self {
            Bits::Each(words) => words[row / 64] >> (row % 64) & 1 == 1,
            Bits::All(value) => *value,
        }
    }

    /// Word `n`, for a column of `rows` rows: bits behind the last row are 0.
    #[inline(always)]
    pub fn word(&self, n: usize, rows: usize) -> u64 {
        match self {
            Bits::Each(words) => words[n],
            Bits::All(true) => tail(n, rows),
            Bits::All(false) => 0,
        }
    }
}

/// How many words a bitset of `rows` rows has.
#[inline(always)]
pub fn words(rows: usize) -> usize {
    rows.div_ceil(64)
}

/// Word `n` of the bitset of all `rows` rows.
#[inline(always)]
pub fn tail(n: usize, rows: usize) -> u64 {
    match rows - n * 64 {
        left @ 0..64 => (1 << left) - 1,
        _ => u64::MAX,
    }
}

/// Failures of one operation by row. Codes are written only where a row fails: most chunks have none.
#[derive(Clone, Debug, Default)]
pub struct Fails {
    any: bool,
    ignored: bool,
    codes: Vec<Failure>,
}

impl Fails {
    /// No failures.
    pub const fn none() -> Fails {
        Fails { any: false, ignored: false, codes: Vec::new() }
    }

    /// Failures that nothing asks for: they are not kept.
    pub fn ignored() -> Fails {
        Fails { any: false, ignored: true, codes: Vec::new() }
    }

    /// Whether failures are kept: if not, nothing need look for them.
    #[inline(always)]
    pub fn wanted(&self) -> bool {
        !self.ignored
    }

    /// Forgets all failures.
    #[inline(always)]
    pub fn clear(&mut self) {
        self.any = false;
    }

    /// Whether any row failed.
    #[inline(always)]
    pub fn any(&self) -> bool {
        self.any
    }

    /// Word `n` of the bitset of the rows that failed.
    pub fn word(&self, n: usize) -> u64 {
        if !self.any {
            return 0;
        }
        let codes = self.codes.get(n * 64..).unwrap_or_default().iter().take(64).enumerate();
        codes.fold(0, |word, (j, code)| word | u64::from(*code != Failure::default()) << j)
    }

    /// The failure of a row; none unless [`Fails::any`].
    pub fn get(&self, row: usize) -> Failure {
        if self.any { self.codes.get(row).copied().unwrap_or_default() } else { Failure::default() }
    }

    /// Notes that a row of `rows` fails. The first failure that is noted for a row stays.
    #[cold]
    pub fn set(&mut self, row: usize, rows: usize, failure: Failure) {
        if self.ignored {
            return;
        }
        if !self.any {
            self.codes.clear();
            self.codes.resize(rows, Failure::default());
            self.any = true;
        }
        if let Some(code) = self.codes.get_mut(row).filter(|code| **code == Failure::default()) {
            *code = failure;
        }
    }
}
