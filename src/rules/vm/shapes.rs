//! Shapes of instructions: how many operands of which kinds a kernel takes, and what it fills.
//!
//! In: an instruction, a kernel. Out: the kernel run on its operands. Must not know: operations.

use super::frame::{Broken, Frame, Value};
use super::text::{Text, Texts, TooLong};
use super::value::{Bits, Fails, Src, tail};
use crate::rules::codegen::{Arg, Compute, Place};
use crate::rules::ir::{DomainId, Repr};
use std::mem;

/// An operand that is not there.
const NOTHING: Arg = Arg { place: Place::Const(u32::MAX), repr: Repr::Int };

/// An operand of an instruction.
pub(super) fn arg(compute: &Compute, n: usize) -> &Arg {
    compute.args.get(n).unwrap_or(&NOTHING)
}

impl From<TooLong> for Broken {
    fn from(_: TooLong) -> Broken {
        Broken::TooLong
    }
}

impl<'a> Frame<'a> {
    /// One operand, no failures.
    pub(super) fn unary<A: Value, R: Value>(&mut self, c: &Compute, kernel: impl FnOnce(Src<'_, A>, &mut [R])) {
        self.fill(c, |f, out, _| kernel(f.get(arg(c, 0), out.len()), out));
    }

    /// One operand.
    pub(super) fn unary_fails<A: Value, R: Value>(
        &mut self,
        c: &Compute,
        kernel: impl FnOnce(Src<'_, A>, &mut [R], &mut Fails),
    ) {
        self.fill(c, |f, out, fails| kernel(f.get(arg(c, 0), out.len()), out, fails));
    }

    /// Two operands, no failures.
    pub(super) fn binary<A: Value, B: Value, R: Value>(
        &mut self,
        c: &Compute,
        kernel: impl FnOnce(Src<'_, A>, Src<'_, B>, &mut [R]),
    ) {
        self.fill(c, |f, out, _| kernel(f.get(arg(c, 0), out.len()), f.get(arg(c, 1), out.len()), out));
    }

    /// Two operands.
    pub(super) fn binary_fails<A: Value, B: Value, R: Value>(
        &mut self,
        c: &Compute,
        kernel: impl FnOnce(Src<'_, A>, Src<'_, B>, &mut [R], &mut Fails),
    ) {
        self.fill(c, |f, out, fails| kernel(f.get(arg(c, 0), out.len()), f.get(arg(c, 1), out.len()), out, fails));
    }

    /// Three operands of the result's kind.
    pub(super) fn ternary_fails<A: Value>(
        &mut self,
        c: &Compute,
        kernel: impl FnOnce(Src<'_, A>, Src<'_, A>, Src<'_, A>, &mut [A], &mut Fails),
    ) {
        self.fill(c, |f, out, fails| {
            let get = |n| f.get(arg(c, n), out.len());
            kernel(get(0), get(1), get(2), out, fails);
        });
    }

    /// A bool and two operands of the result's kind.
    pub(super) fn choice<A: Value>(
        &mut self,
        c: &Compute,
        kernel: impl FnOnce(Bits<'_>, Src<'_, A>, Src<'_, A>, &mut [A]),
    ) {
        self.fill(c, |f, out, _| {
            let len = out.len();
            kernel(f.bits(arg(c, 0), len), f.get(arg(c, 1), len), f.get(arg(c, 2), len), out);
        });
    }

    /// One operand, bits.
    pub(super) fn test<A: Value>(&mut self, c: &Compute, kernel: impl FnOnce(Src<'_, A>, &mut [u64], usize)) {
        self.fill_bits(c, |f, out, rows, _| kernel(f.get(arg(c, 0), rows), out, rows));
    }

    /// Two operands, bits.
    pub(super) fn test_two<A: Value>(
        &mut self,
        c: &Compute,
        kernel: impl FnOnce(Src<'_, A>, Src<'_, A>, &mut [u64], usize),
    ) {
        self.fill_bits(c, |f, out, rows, _| kernel(f.get(arg(c, 0), rows), f.get(arg(c, 1), rows), out, rows));
    }

    /// Two texts, bits.
    pub(super) fn test_texts(
        &mut self,
        c: &Compute,
        kernel: impl FnOnce(&Texts<'_>, Src<'_, Text>, Src<'_, Text>, usize, &mut [u64]),
    ) {
        self.fill_bits(c, |f, out, rows, _| {
            kernel(&f.texts, f.get(arg(c, 0), rows), f.get(arg(c, 1), rows), rows, out);
        });
    }

    /// Two bools, bits.
    pub(super) fn logic(&mut self, c: &Compute, kernel: impl FnOnce(Bits<'_>, Bits<'_>, &mut [u64], usize)) {
        self.fill_bits(c, |f, out, rows, _| kernel(f.bits(arg(c, 0), rows), f.bits(arg(c, 1), rows), out, rows));
    }

    /// Makes texts, of the rows that matter.
    pub(super) fn make_texts(
        &mut self,
        c: &Compute,
        kernel: impl FnOnce(&Frame<'a>, &mut Texts<'a>, Bits<'_>, &mut [Text], &mut Fails) -> Result<(), TooLong>,
    ) -> Result<(), Broken> {
        let made = self.fill_with(c, |f, out, fails| {
            let mut texts = mem::take(&mut f.texts);
            let made = kernel(f, &mut texts, f.mask_of(c), out, fails);
            f.texts = texts;
            made
        });
        Ok(made?)
    }

    /// Rows whose results are read, as far as is known.
    pub(super) fn mask_of(&self, c: &Compute) -> Bits<'_> {
        match &c.only {
            Some(only) => self.bits(only, self.len(c.domain)),
            None => self.mask(c.domain),
        }
    }

    /// Rows of a domain that matter, as far as is known.
    pub(super) fn mask(&self, domain: DomainId) -> Bits<'_> {
        let alive = self.scopes.alive();
        let rows = self.len(domain);
        if domain == DomainId::CUSTOMERS && alive.iter().enumerate().any(|(n, word)| *word != tail(n, rows)) {
            return Bits::Each(alive);
        }
        Bits::All(true)
    }
}
