//! A program for all customers, in chunks on all threads.
//!
//! In: a [`Bound`] program, the customers to evaluate. Out: columns, who failed and at what. Must not know: what the program
//! stands for. Each chunk writes its own rows, and what it finds is put together in order, so that the result does not
//! depend on threads.

use super::bind::Bound;
use super::bounds::{max_elements, note_left};
use super::checks::What;
use super::frame::{Broken, Frame};
use super::kernels::bits::BitColumn;
use super::output::{Column, Part};
use super::text::FIRST;
use super::value::words;
use crate::error::Error;
use crate::rules::codegen::{Instr, Place};
use crate::rules::data::Related;
use crate::rules::ir::{Domain, Repr};
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};

/// Customers of one chunk: a multiple of 64. So many values of a register lie in the fastest cache.
const CHUNK: usize = 1_024;

/// Related rows of one chunk's customers, as far as whole words of customers allow.
const ELEMENTS: usize = 16_384;

/// Elements that a list's domain may have in a chunk that can be made smaller: registers stay small.
const SPACIOUS: usize = 1 << 18;

/// What a program gives for all customer rows.
pub(super) struct Evaluated {
    /// One for each output.
    pub(super) columns: Vec<Column>,
    /// Rows that failed, ascending.
    pub(super) failed: Vec<(u32, What)>,
    /// By counter.
    pub(super) dropped: Vec<u64>,
    /// Rows that were not evaluated because of their size, ascending.
    pub(super) left: Vec<u32>,
}

/// A chunk of customers, and where its results go.
struct Task<'c> {
    start: usize,
    rows: usize,
    parts: Vec<Part<'c>>,
}

#[derive(Default)]
struct Done {
    start: usize,
    rows: usize,
    failed: Vec<(u32, What)>,
    dropped: Vec<u64>,
    left: Vec<u32>,
    long: Vec<Vec<u8>>,
}

/// Evaluates a program whose outputs have these representations for the customers in `active`.
///
/// # Errors
/// [`Error::Defect`]: the program is not what its own documentation says.
pub(super) fn evaluate(bound: &Bound<'_>, reprs: &[Repr], active: &[u32]) -> Result<Evaluated, Error> {
    let rows = bound.customers();
    let bits = bits_of(active, rows);
    let active = BitColumn::of_bytes(&bits, rows);
    let lens = chunks(bound, rows);
    let shared = FIRST + bound.sources().iter().map(|array| array.data_buffers().len() as u32).sum::<u32>();
    let mut columns: Vec<Column> = reprs.iter().map(|repr| Column::new(*repr, rows, shared)).collect();
    let frames = Mutex::new(Vec::new());
    let done: Vec<Result<Done, Error>> = {
        let tasks = tasks(&mut columns, &lens);
        tasks.into_par_iter().map(|task| on_frame(bound, &frames, |frame| task.run(frame, active))).collect()
    };
    let counters = bound.program.counters.len();
    let mut evaluated = Evaluated { columns, failed: Vec::new(), dropped: vec![0; counters], left: Vec::new() };
    for done in done {
        evaluated.put(done?);
    }
    note_left(evaluated.left.len());
    Ok(evaluated)
}

/// Bits of the rows that are evaluated, which ascend.
fn bits_of(active: &[u32], rows: usize) -> Vec<u8> {
    if active.len() == rows {
        let mut bits = vec![u8::MAX; rows.div_ceil(8)];
        if let Some(last) = bits.last_mut().filter(|_| !rows.is_multiple_of(8)) {
            *last = (1 << (rows % 8)) - 1;
        }
        return bits;
    }
    let mut bits = vec![0u8; rows.div_ceil(8)];
    for row in active.iter().filter(|row| (**row as usize) < rows) {
        bits[*row as usize / 8] |= 1 << (row % 8);
    }
    bits
}

/// How many customers each chunk has.
fn chunks(bound: &Bound<'_>, rows: usize) -> Vec<usize> {
    let related = related(bound);
    let elements = |from: usize, to: usize| -> usize {
        let of = |r: &&Related| match (r.offsets.get(from), r.offsets.get(to)) {
            (Some(from), Some(to)) => (to - from) as usize,
            _ => 0,
        };
        related.iter().map(of).sum()
    };
    let mut lens = Vec::with_capacity(rows / CHUNK + 1);
    let mut start = 0;
    while start < rows {
        let mut end = rows.min(start + CHUNK);
        while end - start > 64 && elements(start, end) > ELEMENTS {
            end = start + ((end - start) / 2).next_multiple_of(64);
        }
        lens.push(end - start);
        start = end;
    }
    lens
}

/// Related rows of customers that the program goes through.
fn related<'a>(bound: &Bound<'a>) -> Vec<&'a Related> {
    let of = |instr: &Instr| match instr {
        Instr::Make { domain, args, .. } if args.iter().any(|arg| arg.place == Place::Customer) => {
            match bound.program.domains.get(domain.0 as usize).map(|d| &d.domain) {
                Some(Domain::Related { table, many, .. }) => bound.related(*table, *many),
                _ => None,
            }
        }
        _ => None,
    };
    bound.program.instrs.iter().filter_map(of).collect()
}

fn tasks<'c>(columns: &'c mut [Column], lens: &[usize]) -> Vec<Task<'c>> {
    let mut start = 0;
    let mut tasks: Vec<Task<'c>> = Vec::with_capacity(lens.len());
    for rows in lens {
        tasks.push(Task { start, rows: *rows, parts: Vec::new() });
        start += rows;
    }
    for column in columns {
        tasks.iter_mut().zip(column.parts(lens)).for_each(|(task, part)| task.parts.push(part));
    }
    tasks
}

/// Runs on the registers of a thread that is idle.
fn on_frame<'b, R>(
    bound: &'b Bound<'b>,
    frames: &Mutex<Vec<Frame<'b>>>,
    run: impl FnOnce(&mut Frame<'b>) -> R,
) -> Result<R, Error> {
    let idle = frames.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut frame = idle.unwrap_or_else(|| Frame::new(bound));
    let result = run(&mut frame);
    if frame.is_defect() {
        return Err(Error::Defect("a compiled step does not fit its data".to_owned()));
    }
    frames.lock().unwrap_or_else(PoisonError::into_inner).push(frame);
    Ok(result)
}

impl Task<'_> {
    fn run(mut self, frame: &mut Frame<'_>, active: BitColumn<'_>) -> Done {
        let counters = frame.bound.program.counters.len();
        let mut done = Done { start: self.start, rows: self.rows, dropped: vec![0; counters], ..Done::default() };
        let mut open = vec![(self.start, self.rows)];
        let mut bits = Vec::new();
        while let Some((start, rows)) = open.pop() {
            bits.clear();
            bits.resize(words(rows), 0);
            active.load(start, &mut bits, rows);
            if bits.iter().all(|word| *word == 0) {
                self.skip(start, rows);
                continue;
            }
            let max = if rows > 64 { max_elements().min(SPACIOUS) } else { max_elements() };
            match frame.run(start, rows, &bits, max) {
                Ok(()) => self.collect(frame, start, &mut done),
                Err(Broken::TooLong | Broken::TooMany) if rows == 1 => {
                    self.skip(start, rows);
                    done.left.push(start as u32);
                }
                Err(Broken::TooLong | Broken::TooMany) => {
                    let half = rows / 2;
                    open.push((start + half, rows - half));
                    open.push((start, half));
                }
            }
        }
        if !self.parts.iter().all(Part::is_whole) {
            frame.note_defect();
        }
        done.failed.sort_by_key(|(row, _)| *row);
        done.long = self.parts.into_iter().map(Part::finish).collect();
        done
    }

    fn skip(&mut self, start: usize, rows: usize) {
        self.parts.iter_mut().for_each(|part| part.skip(start - self.start, rows));
    }

    fn collect(&mut self, frame: &mut Frame<'_>, start: usize, done: &mut Done) {
        for (part, output) in self.parts.iter_mut().zip(&frame.bound.program.outputs) {
            part.put(frame, output, start - self.start);
        }
        done.dropped.iter_mut().zip(&frame.scopes.counts).for_each(|(all, n)| *all += n);
        if let Some(scope) = frame.scopes.customers() {
            done.failed.extend(scope.failed.drain(..).map(|(row, what)| (start as u32 + row, what)));
        }
    }
}

impl Evaluated {
    fn put(&mut self, done: Done) {
        for (column, long) in self.columns.iter_mut().zip(done.long) {
            column.own(done.start, done.rows, long);
        }
        self.failed.extend(done.failed);
        self.dropped.iter_mut().zip(&done.dropped).for_each(|(all, n)| *all += n);
        self.left.extend(done.left);
    }
}
