//! Elements in the order of a key.

use crate::rules::vm::kernels::loops::visit;
use crate::rules::vm::kernels::text::sort_key;
use crate::rules::vm::text::{Text, Texts};
use crate::rules::vm::value::{Bits, Src};
use std::cmp::Ordering;

/// A key by which elements are sorted: by number (-0.0 equals 0.0), text by bytes, false before true.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "names say it")]
pub enum SortKey<'a> {
    Float(Src<'a, f64>),
    Int(Src<'a, i64>),
    Date(Src<'a, i32>),
    Text(Src<'a, Text>, &'a Texts<'a>),
    Bool(Bits<'a>),
}

/// Buffers that sorting reuses: one a thread. A position takes part in each comparison, so that equal keys keep their order.
#[derive(Clone, Debug, Default)]
pub struct Sorter {
    numbers: Vec<(u64, u32)>,
    texts: Vec<(u128, u32, Text)>,
}

const SIGN: u64 = 1 << 63;

/// A number that is ordered as a float is. Garbage (NaN) has some place, too.
#[inline(always)]
fn number(x: f64) -> u64 {
    // Adding 0.0 makes one zero of both.
    let bits = (x + 0.0).to_bits();
    if bits & SIGN == 0 { bits ^ SIGN } else { !bits }
}

impl Sorter {
    /// Sorts the kept elements of each owner by `key`, largest first if `descending`; equal keys in the base's order. `base` are the
    /// offsets of the base's elements by owner. Out: offsets by owner, and for each element its position in the base.
    pub fn sort(
        &mut self,
        base: &[u32],
        keep: Bits<'_>,
        key: SortKey<'_>,
        descending: bool,
        offsets: &mut Vec<u32>,
        positions: &mut Vec<u32>,
    ) {
        positions.clear();
        offsets.clear();
        offsets.push(0);
        for ends in base.windows(2) {
            let elements = (ends[0] as usize, ends[1] as usize);
            match key {
                SortKey::Float(x) => self.by_number(elements, keep, |at| number(x.get(at)), descending, positions),
                SortKey::Int(n) => self.by_number(elements, keep, |at| n.get(at) as u64 ^ SIGN, descending, positions),
                SortKey::Date(days) => {
                    self.by_number(elements, keep, |at| i64::from(days.get(at)) as u64 ^ SIGN, descending, positions);
                }
                SortKey::Bool(b) => self.by_number(elements, keep, |at| u64::from(b.get(at)), descending, positions),
                SortKey::Text(values, texts) => self.by_text(elements, keep, (values, texts), descending, positions),
            }
            offsets.push(positions.len() as u32);
        }
    }

    #[inline(always)]
    fn by_number(
        &mut self,
        (from, to): (usize, usize),
        keep: Bits<'_>,
        key: impl Fn(usize) -> u64,
        descending: bool,
        positions: &mut Vec<u32>,
    ) {
        let turned = if descending { u64::MAX } else { 0 };
        self.numbers.clear();
        visit(keep, from, to, |at| self.numbers.push((key(at) ^ turned, at as u32)));
        self.numbers.sort_unstable();
        positions.extend(self.numbers.iter().map(|(_, at)| *at));
    }

    fn by_text(
        &mut self,
        (from, to): (usize, usize),
        keep: Bits<'_>,
        (values, texts): (Src<'_, Text>, &Texts<'_>),
        descending: bool,
        positions: &mut Vec<u32>,
    ) {
        self.texts.clear();
        visit(keep, from, to, |at| {
            let text = values.get(at);
            self.texts.push((sort_key(texts, text), at as u32, text));
        });
        self.texts.sort_unstable_by(|(a, a_at, a_text), (b, b_at, b_text)| {
            let by_text = match a.cmp(b) {
                Ordering::Equal if !a_text.is_short() && !b_text.is_short() => texts.compare(*a_text, *b_text),
                by_key => by_key,
            };
            let by_text = if descending { by_text.reverse() } else { by_text };
            by_text.then(a_at.cmp(b_at))
        });
        positions.extend(self.texts.iter().map(|(_, at, _)| *at));
    }
}
