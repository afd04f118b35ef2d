//! What one thread works with: registers, failures, element domains, and how operands are read.
//!
//! In: a [`Bound`] program. Out: operands for kernels, places for their results. Must not know: what operations mean. A register
//! keeps its memory from chunk to chunk; it is cut to its domain's length before a kernel sees it. A result's register is
//! taken out while its kernel runs, so that nothing else can be read from it.

use super::bind::Bound;
use super::checks::Scopes;
use super::kernels::aggregate::Scratch;
use super::kernels::date::Zone;
use super::kernels::domain::Sorter;
use super::standings::Standings;
use super::text::{Text, Texts};
use super::value::{Bits, Fails, Src, words};
use crate::rules::codegen::{Arg, Compute, Place};
use crate::rules::data::ColumnData;
use crate::rules::ir::{Const, DomainId};
use crate::rules::types::ColumnId;
use std::cell::Cell;
use std::mem;

/// Why a chunk has no values: it must be made smaller, and a single customer's left to the interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// A text is too long.
    TooLong,
    /// A list, or all lists of the chunk, have too many elements.
    TooMany,
}

/// Values of all representations but bools.
#[derive(Debug, Default)]
pub(super) struct Registers {
    floats: Vec<Vec<f64>>,
    ints: Vec<Vec<i64>>,
    dates: Vec<Vec<i32>>,
    texts: Vec<Vec<Text>>,
    rows: Vec<Vec<u32>>,
}

/// A value that registers hold.
pub(super) trait Value: Copy + Default {
    fn registers(of: &Registers) -> &[Vec<Self>];
    fn registers_mut(of: &mut Registers) -> &mut [Vec<Self>];
    /// A constant; `text` is it, if it is a text.
    fn constant(value: &Const, text: Text) -> Option<Self>;
    /// A column of the customer table.
    fn column<'a>(bound: &Bound<'a>, column: ColumnId) -> Option<&'a [Self]>;
    /// A population's standings.
    fn standing(standings: &Standings) -> Option<&[Self]>;
    /// What is no column: rows of tables, parts of texts.
    fn place<'f>(_frame: &'f Frame<'_>, _place: Place) -> Option<&'f [Self]> {
        None
    }
}

impl Value for f64 {
    fn registers(of: &Registers) -> &[Vec<f64>] {
        &of.floats
    }
    fn registers_mut(of: &mut Registers) -> &mut [Vec<f64>] {
        &mut of.floats
    }
    fn constant(value: &Const, _: Text) -> Option<f64> {
        if let Const::Float(bits) = value { Some(f64::from_bits(*bits)) } else { None }
    }
    fn column<'a>(bound: &Bound<'a>, column: ColumnId) -> Option<&'a [f64]> {
        if let ColumnData::Float(array) = bound.own_column(column)? { Some(array.values()) } else { None }
    }
    fn standing(standings: &Standings) -> Option<&[f64]> {
        standings.floats()
    }
}

impl Value for i64 {
    fn registers(of: &Registers) -> &[Vec<i64>] {
        &of.ints
    }
    fn registers_mut(of: &mut Registers) -> &mut [Vec<i64>] {
        &mut of.ints
    }
    fn constant(value: &Const, _: Text) -> Option<i64> {
        if let Const::Int(n) = value { Some(*n) } else { None }
    }
    fn column<'a>(bound: &Bound<'a>, column: ColumnId) -> Option<&'a [i64]> {
        match bound.own_column(column)? {
            ColumnData::Int(array) | ColumnData::DateTime(array) => Some(array.values()),
            _ => None,
        }
    }
    fn standing(standings: &Standings) -> Option<&[i64]> {
        standings.ints()
    }
}

impl Value for i32 {
    fn registers(of: &Registers) -> &[Vec<i32>] {
        &of.dates
    }
    fn registers_mut(of: &mut Registers) -> &mut [Vec<i32>] {
        &mut of.dates
    }
    fn constant(value: &Const, _: Text) -> Option<i32> {
        if let Const::Date(days) = value { Some(*days) } else { None }
    }
    fn column<'a>(bound: &Bound<'a>, column: ColumnId) -> Option<&'a [i32]> {
        if let ColumnData::Date(array) = bound.own_column(column)? { Some(array.values()) } else { None }
    }
    fn standing(_: &Standings) -> Option<&[i32]> {
        None
    }
}

impl Value for Text {
    fn registers(of: &Registers) -> &[Vec<Text>] {
        &of.texts
    }
    fn registers_mut(of: &mut Registers) -> &mut [Vec<Text>] {
        &mut of.texts
    }
    fn constant(value: &Const, text: Text) -> Option<Text> {
        if let Const::Text(_) = value { Some(text) } else { None }
    }
    fn column<'a>(_: &Bound<'a>, _: ColumnId) -> Option<&'a [Text]> {
        None
    }
    fn standing(_: &Standings) -> Option<&[Text]> {
        None
    }
    fn place<'f>(frame: &'f Frame<'_>, place: Place) -> Option<&'f [Text]> {
        match place {
            Place::Part(domain) => Some(frame.parts.get(domain.0 as usize)?),
            _ => None,
        }
    }
}

impl Value for u32 {
    fn registers(of: &Registers) -> &[Vec<u32>] {
        &of.rows
    }
    fn registers_mut(of: &mut Registers) -> &mut [Vec<u32>] {
        &mut of.rows
    }
    fn constant(value: &Const, _: Text) -> Option<u32> {
        if let Const::Row(row) = value { Some(*row) } else { None }
    }
    fn column<'a>(_: &Bound<'a>, _: ColumnId) -> Option<&'a [u32]> {
        None
    }
    fn standing(_: &Standings) -> Option<&[u32]> {
        None
    }
    fn place<'f>(frame: &'f Frame<'_>, place: Place) -> Option<&'f [u32]> {
        match place {
            Place::Customer => Some(&frame.customers),
            Place::Element(domain) => Some(frame.elements.get(domain.0 as usize)?),
            Place::Target(reference) => frame.bound.own_reference(reference).get(frame.start..),
            _ => None,
        }
    }
}

/// Which rows of two domains belong together.
#[derive(Debug, Default)]
pub(super) struct Linked {
    /// For each row of the ancestor where its elements begin; one more.
    pub(super) offsets: Vec<u32>,
    /// For each element its row of the ancestor.
    pub(super) parents: Vec<u32>,
}

/// What one thread works with.
pub(super) struct Frame<'a> {
    pub(super) bound: &'a Bound<'a>,
    /// The chunk's first customer.
    pub(super) start: usize,
    registers: Registers,
    bools: Vec<Vec<u64>>,
    fails: Vec<Fails>,
    /// Rows of each domain.
    pub(super) lens: Vec<usize>,
    pub(super) links: Vec<Linked>,
    /// For each domain its elements: rows of a table, or positions in the base.
    pub(super) elements: Vec<Vec<u32>>,
    /// For each domain of parts of texts these.
    pub(super) parts: Vec<Vec<Text>>,
    /// The customers' own rows.
    pub(super) customers: Vec<u32>,
    pub(super) texts: Texts<'a>,
    pub(super) scopes: Scopes,
    pub(super) scratch: Scratch,
    pub(super) sorter: Sorter,
    /// Taken out while it is used.
    pub(super) zone: Option<Zone>,
    /// How many elements a domain may have in this chunk.
    pub(super) max_elements: usize,
    /// An instruction's operands are not of the kind that it takes: a defect of ours.
    defect: Cell<bool>,
}

impl<'a> Frame<'a> {
    pub(super) fn new(bound: &'a Bound<'a>) -> Frame<'a> {
        fn some<T>(count: u32) -> Vec<Vec<T>> {
            (0..count).map(|_| Vec::new()).collect()
        }
        let program = bound.program;
        let (counts, domains) = (program.counts, program.domains.len().max(1));
        Frame {
            bound,
            start: 0,
            registers: Registers {
                floats: some(counts.floats),
                ints: some(counts.ints),
                dates: some(counts.dates),
                texts: some(counts.texts),
                rows: some(counts.rows),
            },
            bools: some(counts.bools),
            fails: vec![Fails::default(); program.fails as usize],
            lens: vec![0; domains],
            links: program.links.iter().map(|_| Linked::default()).collect(),
            elements: some(domains as u32),
            parts: some(domains as u32),
            customers: Vec::new(),
            texts: bound.new_texts(),
            scopes: Scopes::default(),
            scratch: Scratch::default(),
            sorter: Sorter::default(),
            zone: Some(Zone::new(bound.context.zone.clone())),
            max_elements: 0,
            defect: Cell::new(false),
        }
    }

    /// Whether anything so far shows that a program is not what it should be.
    pub(super) fn is_defect(&self) -> bool {
        self.defect.get()
    }

    pub(super) fn note_defect(&self) {
        self.defect.set(true);
    }

    fn or_defect<T>(&self, found: Option<T>, default: T) -> T {
        found.unwrap_or_else(|| {
            self.note_defect();
            default
        })
    }

    /// Rows of a domain.
    pub(super) fn len(&self, domain: DomainId) -> usize {
        self.lens.get(domain.0 as usize).copied().unwrap_or(0)
    }

    /// An operand over `len` rows.
    pub(super) fn get<T: Value>(&self, arg: &Arg, len: usize) -> Src<'_, T> {
        let found = match arg.place {
            Place::Const(n) => {
                let value = self.bound.constant(n).and_then(|(value, text)| T::constant(value, text));
                return Src::All(self.or_defect(value, T::default()));
            }
            Place::Reg(n) => T::registers(&self.registers).get(n as usize).map(Vec::as_slice),
            Place::Column(column) => T::column(self.bound, column).and_then(|values| values.get(self.start..)),
            Place::Standing(population) => {
                let standings = self.bound.standings.get(population as usize);
                standings.and_then(T::standing).and_then(|values| values.get(self.start..))
            }
            place => T::place(self, place),
        };
        match found.and_then(|values| values.get(..len)) {
            Some(values) => Src::Each(values),
            None => Src::All(self.or_defect(None, T::default())),
        }
    }

    /// All values of a register of any domain; what lies behind its own domain's last row is not meant.
    pub(super) fn whole<T: Value>(&self, arg: &Arg) -> Src<'_, T> {
        match arg.place {
            Place::Reg(n) => {
                let values = T::registers(&self.registers).get(n as usize);
                Src::Each(self.or_defect(values.map(Vec::as_slice), &[]))
            }
            Place::Element(_) | Place::Part(_) | Place::Customer => {
                Src::Each(self.or_defect(T::place(self, arg.place), &[]))
            }
            Place::Const(_) | Place::Column(_) | Place::Target(_) | Place::Standing(_) => {
                self.get(arg, self.len(DomainId::CUSTOMERS))
            }
        }
    }

    /// A bool operand over `len` rows.
    pub(super) fn bits(&self, arg: &Arg, len: usize) -> Bits<'_> {
        match arg.place {
            Place::Const(n) => {
                let value = self.bound.constant(n);
                let value = value.and_then(|(v, _)| if let Const::Bool(b) = v { Some(*b) } else { None });
                Bits::All(self.or_defect(value, false))
            }
            Place::Reg(n) => match self.bools.get(n as usize).and_then(|bits| bits.get(..words(len))) {
                Some(bits) => Bits::Each(bits),
                None => Bits::All(self.or_defect(None, false)),
            },
            _ => Bits::All(self.or_defect(None, false)),
        }
    }

    /// All bits of a register of any domain, as [`Frame::whole`].
    pub(super) fn whole_bits(&self, arg: &Arg) -> Bits<'_> {
        match arg.place {
            Place::Reg(n) => Bits::Each(self.or_defect(self.bools.get(n as usize).map(Vec::as_slice), &[])),
            _ => self.bits(arg, 0),
        }
    }

    /// The failures at a place.
    pub(super) fn fails(&self, place: u32) -> &Fails {
        static NONE: Fails = Fails::none();
        self.or_defect(self.fails.get(place as usize), &NONE)
    }

    fn take_fails(&mut self, compute: &Compute) -> Fails {
        match compute.fails.and_then(|place| self.fails.get_mut(place as usize)) {
            Some(fails) => {
                fails.clear();
                mem::take(fails)
            }
            None => Fails::ignored(),
        }
    }

    fn put_fails(&mut self, compute: &Compute, fails: Fails) {
        if let Some(place) = compute.fails.and_then(|place| self.fails.get_mut(place as usize)) {
            *place = fails;
        }
    }

    /// Runs a kernel that fills the instruction's register, one value a row.
    pub(super) fn fill<T: Value>(&mut self, compute: &Compute, run: impl FnOnce(&Frame<'a>, &mut [T], &mut Fails)) {
        self.fill_with(compute, |frame, out, fails| run(frame, out, fails));
    }

    /// The same for a kernel that changes what the thread works with.
    pub(super) fn fill_with<T: Value, R>(
        &mut self,
        compute: &Compute,
        run: impl FnOnce(&mut Frame<'a>, &mut [T], &mut Fails) -> R,
    ) -> R {
        let len = self.len(compute.domain);
        let dest = compute.dest.map_or(usize::MAX, |dest| dest as usize);
        let mut register = match T::registers_mut(&mut self.registers).get_mut(dest) {
            Some(register) => mem::take(register),
            None => self.or_defect(None, Vec::new()),
        };
        if register.len() < len {
            register.resize(len, T::default());
        }
        let mut fails = self.take_fails(compute);
        let result = run(self, &mut register[..len], &mut fails);
        self.put_fails(compute, fails);
        if let Some(place) = T::registers_mut(&mut self.registers).get_mut(dest) {
            *place = register;
        }
        result
    }

    /// Runs a kernel that fills the instruction's register with one bit a row, of as many rows as it is told.
    pub(super) fn fill_bits(&mut self, compute: &Compute, run: impl FnOnce(&Frame<'a>, &mut [u64], usize, &mut Fails)) {
        let len = self.len(compute.domain);
        let dest = compute.dest.map_or(usize::MAX, |dest| dest as usize);
        let mut register = match self.bools.get_mut(dest) {
            Some(register) => mem::take(register),
            None => self.or_defect(None, Vec::new()),
        };
        if register.len() < words(len) {
            register.resize(words(len), 0);
        }
        let mut fails = self.take_fails(compute);
        run(self, &mut register[..words(len)], len, &mut fails);
        self.put_fails(compute, fails);
        if let Some(place) = self.bools.get_mut(dest) {
            *place = register;
        }
    }

    /// Runs what finds failures alone, of as many rows as it is told.
    pub(super) fn fail_only(&mut self, compute: &Compute, run: impl FnOnce(&Frame<'a>, usize, &mut Fails)) {
        let mut fails = self.take_fails(compute);
        run(self, self.len(compute.domain), &mut fails);
        self.put_fails(compute, fails);
    }
}
