//! Checks: who is undetermined, and why.
//!
//! In: bits, failures. Out: for each customer that fails what it fails at first; counts of dropped elements. Must not know: operations.
//! Checks run in the order of evaluation, so that the first one which a row breaks is found first. Around the checks of a
//! lambda stands a scope of its own, over the elements: which of them have failed, and at what. At its end the first element
//! that failed makes its owner fail.

use super::frame::Frame;
use super::kernels::bits::ones;
use super::value::{Bits, tail, words};
use crate::dtype::DataType;
use crate::rules::codegen::{Arg, Compute, Program};
use crate::rules::defect::{Defect, seeded};
use crate::rules::ir::DomainId;
use crate::rules::schema::TableSchema;
use crate::rules::site::Failure;
use std::collections::HashMap;
use std::mem;

/// What a row fails at.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// Something is missing: an index into [`Program::subjects`].
    Missing(u32),
    /// An operation failed: an index into [`Program::sites`], and how.
    Failed(u32, Failure),
    /// A `throw`: an index into [`Program::sites`], and its text.
    Thrown(u32, Box<str>),
}

/// Rows of a domain, and which of them have not failed.
#[derive(Debug)]
pub(super) struct Scope {
    domain: DomainId,
    /// Bits.
    pub(super) alive: Vec<u64>,
    /// Rows that failed, in the order of checks.
    pub(super) failed: Vec<(u32, What)>,
    /// Elements that were dropped: counter, row, how many.
    dropped: Vec<(u32, u32, u64)>,
}

/// Scopes, the innermost last.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    open: Vec<Scope>,
    spare: Vec<Scope>,
    /// By counter.
    pub(super) counts: Vec<u64>,
}

impl Scopes {
    /// Begins a chunk of customers of which these are evaluated.
    pub(super) fn begin(&mut self, program: &Program, active: &[u64]) {
        self.counts.clear();
        self.counts.resize(program.counters.len(), 0);
        self.spare.append(&mut self.open);
        self.push(DomainId::CUSTOMERS).alive.extend_from_slice(active);
    }

    fn push(&mut self, domain: DomainId) -> &mut Scope {
        let spare = self.spare.pop();
        let (mut alive, mut failed, mut dropped) =
            spare.map_or_else(Default::default, |s| (s.alive, s.failed, s.dropped));
        alive.clear();
        failed.clear();
        dropped.clear();
        self.open.push(Scope { domain, alive, failed, dropped });
        let last = self.open.len() - 1;
        &mut self.open[last]
    }

    /// The customers' scope, at the end of a chunk.
    pub(super) fn customers(&mut self) -> Option<&mut Scope> {
        self.open.first_mut()
    }

    /// The customers' that have not failed.
    pub(super) fn alive(&self) -> &[u64] {
        self.open.first().map_or(&[], |scope| &scope.alive)
    }
}

impl Scope {
    /// These rows fail, unless they have.
    fn fail(&mut self, bits: &[u64], what: impl Fn(usize) -> What) {
        for row in ones(bits) {
            self.failed.push((row as u32, what(row)));
        }
        self.alive.iter_mut().zip(bits).for_each(|(alive, bits)| *alive &= !bits);
    }
}

impl Frame<'_> {
    /// The rows of a mask that have not failed and of which `word` gives the bits by word; `None` if there are none.
    fn broken(&self, mask: &Arg, word: impl Fn(usize) -> u64) -> Option<Vec<u64>> {
        self.broken_of(self.bits(mask, self.scope_rows()), word)
    }

    /// The same for an operation's check: rows whose path does not come by do not fail.
    fn broken_by_check(&self, mask: &Arg, word: impl Fn(usize) -> u64) -> Option<Vec<u64>> {
        if seeded(Defect::UntakenBranch) {
            return self.broken_of(Bits::All(true), word);
        }
        self.broken(mask, word)
    }

    #[inline(always)]
    fn broken_of(&self, mask: Bits<'_>, word: impl Fn(usize) -> u64) -> Option<Vec<u64>> {
        let scope = self.scopes.open.last()?;
        let rows = self.len(scope.domain);
        let bits = |n: usize| mask.word(n, rows) & scope.alive.get(n).copied().unwrap_or(0) & word(n);
        if (0..words(rows)).fold(0, |any, n| any | bits(n)) == 0 {
            return None;
        }
        Some((0..words(rows)).map(bits).collect())
    }

    fn fail(&mut self, bits: &[u64], what: impl Fn(usize) -> What) {
        if let Some(scope) = self.scopes.open.last_mut() {
            scope.fail(bits, what);
        }
    }

    fn scope_rows(&self) -> usize {
        self.scopes.open.last().map_or(0, |scope| self.len(scope.domain))
    }

    /// Rows of the mask where `there` does not hold fail.
    pub(super) fn check_there(&mut self, there: &Arg, mask: &Arg, subject: u32) {
        if seeded(Defect::MissingIsFalse) && self.is_of_bools(subject) {
            return;
        }
        let rows = self.scope_rows();
        let there = self.bits(there, rows);
        if let Some(bits) = self.broken_by_check(mask, |n| !there.word(n, rows)) {
            self.fail(&bits, |_| What::Missing(subject));
        }
    }

    /// Whether a subject is a column of bools; its missing cells hold false.
    #[cold]
    fn is_of_bools(&self, subject: u32) -> bool {
        let name = self.bound.program.subjects.get(subject as usize).and_then(|subject| subject.name.as_deref());
        let mut tables = self.bound.context.schema.tables.iter();
        let bools = |table: &TableSchema, column: &str| {
            table.columns.iter().any(|c| c.name == column && c.dtype == DataType::Bool)
        };
        name.and_then(|name| name.split_once('.'))
            .is_some_and(|(of, column)| tables.any(|table| table.name == of && bools(table, column)))
    }

    /// Rows of the mask for which an operation failed fail.
    pub(super) fn check_works(&mut self, fails: u32, link: Option<u32>, mask: &Arg, site: u32) {
        let of = self.fails(fails);
        if !of.any() {
            return;
        }
        let parents = link.and_then(|link| self.links.get(link as usize)).map(|link| link.parents.as_slice());
        let owner = |row: usize| match parents {
            Some(parents) => parents.get(row).map_or(usize::MAX, |parent| *parent as usize),
            None => row,
        };
        let failed = |n: usize| match parents {
            None => of.word(n),
            Some(parents) => {
                let block = parents.get(n * 64..).unwrap_or_default().iter().take(64).enumerate();
                block.fold(0, |word, (j, parent)| word | u64::from(of.get(*parent as usize) != Failure::default()) << j)
            }
        };
        let Some(bits) = self.broken_by_check(mask, failed) else { return };
        let failures: HashMap<usize, Failure> = ones(&bits).map(|row| (row, of.get(owner(row)))).collect();
        self.fail(&bits, |row| What::Failed(site, failures.get(&row).copied().unwrap_or_default()));
    }

    /// Rows of the mask fail, with their text.
    pub(super) fn check_throw(&mut self, text: &Arg, mask: &Arg, site: u32) {
        let Some(bits) = self.broken(mask, |_| u64::MAX) else { return };
        let texts = self.get(text, self.scope_rows());
        let thrown: HashMap<usize, Box<str>> =
            ones(&bits).map(|row| (row, self.texts.with(texts.get(row), |text| Box::<str>::from(text)))).collect();
        self.fail(&bits, |row| What::Thrown(site, thrown.get(&row).cloned().unwrap_or_default()));
    }

    /// Whether a row of a mask has not failed yet.
    pub(super) fn has_any(&self, mask: &Arg) -> bool {
        self.broken(mask, |_| u64::MAX).is_some()
    }

    /// Counts the rows of `gone` that have not failed.
    pub(super) fn check_dropped(&mut self, gone: &Arg, counter: u32) {
        let Some(bits) = self.broken(gone, |_| u64::MAX) else { return };
        let rows: Vec<(u32, u32, u64)> = ones(&bits).map(|row| (counter, row as u32, 1)).collect();
        self.drop_elements(rows);
    }

    fn drop_elements(&mut self, dropped: Vec<(u32, u32, u64)>) {
        if self.scopes.open.len() > 1 {
            if let Some(scope) = self.scopes.open.last_mut() {
                scope.dropped.extend(dropped);
            }
            return;
        }
        for (counter, _, n) in dropped {
            if let Some(count) = self.scopes.counts.get_mut(counter as usize) {
                *count += n;
            }
        }
    }

    /// Begins the checks of a lambda over a domain.
    pub(super) fn begin_each(&mut self, domain: DomainId) {
        let rows = self.len(domain);
        self.scopes.push(domain).alive.extend((0..words(rows)).map(|n| tail(n, rows)));
    }

    /// Ends the checks of an attempt: writes which customers broke none.
    pub(super) fn sound(&mut self, compute: &Compute) {
        let Some(scope) = self.scopes.open.pop() else { return };
        self.fill_bits(compute, |_, out, rows, _| {
            out.iter_mut().zip(&scope.alive).take(words(rows)).for_each(|(out, alive)| *out = *alive)
        });
        self.scopes.spare.push(scope);
    }

    /// Ends them: `elements` leads from the elements to their owners, `rows` from the rows around to the owners.
    pub(super) fn end_each(&mut self, elements: u32, rows: Option<u32>, mask: &Arg) {
        let Some(mut scope) = self.scopes.open.pop() else { return };
        if !scope.failed.is_empty() || !scope.dropped.is_empty() {
            let first = self.first_failures(&mut scope, elements);
            self.end_rows(&scope, elements, rows, mask, &first);
        }
        self.scopes.spare.push(scope);
    }

    /// For each owner of an element that failed the first such element and what it failed at.
    fn first_failures(&self, scope: &mut Scope, elements: u32) -> HashMap<u32, (u32, What)> {
        let mut failed = mem::take(&mut scope.failed);
        failed.sort_unstable_by_key(|(row, _)| *row);
        let mut first = HashMap::new();
        for (row, what) in failed {
            if let Some(owner) = self.parent(elements, row) {
                first.entry(owner).or_insert((row, what));
            }
        }
        first
    }

    fn parent(&self, link: u32, row: u32) -> Option<u32> {
        self.links.get(link as usize)?.parents.get(row as usize).copied()
    }

    fn end_rows(
        &mut self,
        scope: &Scope,
        elements: u32,
        rows: Option<u32>,
        mask: &Arg,
        first: &HashMap<u32, (u32, What)>,
    ) {
        // What an owner's lambdas dropped, up to the first that failed: those behind it were not evaluated.
        let mut dropped: HashMap<u32, Vec<(u32, u64)>> = HashMap::new();
        for (counter, row, n) in &scope.dropped {
            let Some(owner) = self.parent(elements, *row) else { continue };
            if first.get(&owner).is_none_or(|(failed, _)| row <= failed) {
                dropped.entry(owner).or_default().push((*counter, *n));
            }
        }
        let Some(alive) = self.broken(mask, |_| u64::MAX) else { return };
        let mut bits = vec![0; alive.len()];
        let (mut whats, mut drops) = (HashMap::new(), Vec::new());
        for row in ones(&alive) {
            let owner = match rows {
                Some(link) => self.parent(link, row as u32),
                None => Some(row as u32),
            };
            let Some(owner) = owner else { continue };
            drops.extend(dropped.get(&owner).into_iter().flatten().map(|(counter, n)| (*counter, row as u32, *n)));
            if let Some((_, what)) = first.get(&owner) {
                bits[row / 64] |= 1 << (row % 64);
                whats.insert(row, what.clone());
            }
        }
        self.drop_elements(drops);
        self.fail(&bits, |row| whats.get(&row).cloned().unwrap_or(What::Missing(0)));
    }
}
