//! Ways to run the hand-written logic in polars: the whole table in memory, slices of it, the streaming engine.
//!
//! In: the customers, a [`Form`]. Out: a frame of the rules' columns, all there. Must not know: the logic
//! ([`crate::hand`], [`crate::eager`]).

use crate::eager;
use crate::hand::{Find, Style, Terms, pct_rank, steps};
use crate::project::Variant;
use polars::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// How the rows go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The lazy engine in memory, all rows at once.
    Whole(Style),
    /// The lazy engine in memory, so many rows at once, on all threads.
    Slices(usize, Style),
    /// The streaming engine.
    Streaming(Style),
    /// Series operations without a query plan, so many rows at once, on all threads.
    Eager(usize),
}

/// A way with its name.
#[derive(Clone, Debug)]
pub struct Form {
    pub name: String,
    pub way: Way,
}

/// All three steps for all customers.
pub fn run(frame: &DataFrame, variant: Variant, way: Way, threads: usize) -> DataFrame {
    match way {
        Way::Whole(style) => steps(frame.clone().lazy(), variant, style).collect().expect("a whole pass"),
        Way::Streaming(style) => {
            let plan = steps(frame.clone().lazy(), variant, style);
            plan.collect_with_engine(Engine::Streaming).expect("a streaming pass").unwrap_single()
        }
        Way::Slices(rows, style) => {
            let ranked = ranked(frame, variant);
            in_slices(&ranked, rows, threads, |slice| {
                steps(slice.lazy(), Variant::RanksGiven, style).collect().expect("a slice")
            })
        }
        Way::Eager(rows) => {
            let ranked = ranked(frame, variant);
            in_slices(&ranked, rows, threads, |slice| eager::steps(&slice).expect("a slice"))
        }
    }
}

/// The frame with the ranks that the variant wants: a rank needs all rows, so that slices come after it.
fn ranked(frame: &DataFrame, variant: Variant) -> DataFrame {
    if variant == Variant::RanksGiven {
        return frame.clone();
    }
    let ranks =
        [pct_rank(col("revenue_counted")).alias("revenue_rank"), pct_rank(col("open_value")).alias("pipeline_rank")];
    frame.clone().lazy().with_columns(ranks).collect().expect("ranks")
}

fn in_slices(frame: &DataFrame, rows: usize, threads: usize, of: impl Fn(DataFrame) -> DataFrame + Sync) -> DataFrame {
    let next = AtomicUsize::new(0);
    let count = frame.height().div_ceil(rows);
    let done = Mutex::new(vec![DataFrame::empty(); count]);
    let work = || {
        loop {
            let slice = next.fetch_add(1, Ordering::Relaxed);
            if slice >= count {
                return;
            }
            let result = of(frame.slice((slice * rows) as i64, rows));
            done.lock().unwrap_or_else(PoisonError::into_inner)[slice] = result;
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let mut parts = done.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter();
    let mut whole = parts.next().unwrap_or_default();
    for part in parts {
        whole.vstack_mut(&part).expect("slices of one shape");
    }
    whole
}

/// All styles in all ways, for the search of the fastest.
pub fn all() -> Vec<Form> {
    let mut forms = Vec::new();
    for find in [Find::Chain, Find::Replace, Find::Join] {
        for terms in [Terms::Chain, Terms::Replace, Terms::Gather, Terms::Join] {
            let style = Style { find, terms, folded: true };
            // One of the two at a time beside the best of the other.
            if find != Find::Chain && terms != Terms::Gather {
                continue;
            }
            for way in [Way::Whole(style), Way::Slices(65_536, style), Way::Streaming(style)] {
                forms.push(Form { name: format!("{way:?}"), way });
            }
        }
    }
    let style = Style { find: Find::Chain, terms: Terms::Gather, folded: true };
    for rows in [32_768, 131_072, 262_144] {
        forms.push(Form { name: format!("slices of {rows}"), way: Way::Slices(rows, style) });
    }
    for rows in [4_096, 8_192, 16_384, 32_768, 65_536] {
        forms.push(Form { name: format!("eager, slices of {rows}"), way: Way::Eager(rows) });
    }
    forms
}
