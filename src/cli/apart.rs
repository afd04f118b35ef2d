//! What two decisions have apart, for a terminal.
//!
//! In: a comparison, points of a sweep, leeways of weights. Out: text of at most [`table::width`] columns. Must not know: where the text goes.

use super::output::printable;
use super::table::{self, count, counted, fit, fit_between, grid, number};
use crate::desk::compare::{Comparison, Mover};
use crate::desk::diff::{Difference, Effect};
use crate::desk::sweep::{Leeway, Point};
use std::collections::BTreeSet;
use unicode_width::UnicodeWidthStr;

/// What an answer is about.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// The run that is compared with.
    pub run: String,
    /// Its cycle.
    pub cycle: String,
    /// Parameters that are set.
    pub set: Vec<String>,
    /// Texts that are others than those that ran.
    pub changed: Vec<String>,
    /// Names of the measures.
    pub measures: Vec<String>,
    /// Tiers, lowest first: the project's, then those that the run alone has.
    pub tiers: Vec<String>,
}

/// Values of a column that are shown at most.
const SEGMENTS: usize = 8;
/// Columns that a name takes at most.
const NAME: usize = 28;

/// Which run, and what is otherwise.
pub fn head(head: &Head) -> String {
    let mut text = format!("against run {} of {}\n", printable(&head.run), printable(&head.cycle));
    for set in &head.set {
        text += &format!("  {} is set\n", printable(set));
    }
    for path in &head.changed {
        text += &format!("  {} is not what ran\n", printable(path));
    }
    text
}

/// A sum or a change with its sign.
fn signed(value: f64) -> String {
    if value > 0.0 { format!("+{}", number(value)) } else { number(value) }
}

/// Who moves, what moves with them, where, and who they are.
pub fn comparison(found: &Comparison, head: &Head) -> String {
    let mut text = String::from("\n");
    let parts = [
        (found.up, "up"),
        (found.down, "down"),
        (found.decided, "decided now"),
        (found.undecided, "undetermined now"),
        (unplaced(found), "from or to a tier that `decision.order` does not have"),
        (found.new, "new"),
        (found.gone, "gone"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", count(*n))).collect();
    if parts.is_empty() {
        let revalued = match found.revalued {
            1 => "one has another value".to_owned(),
            more => format!("{} have another value", count(more)),
        };
        text += &format!("no customer of {} changes tier; {revalued}\n", count(found.customers.0));
        if found.revalued > 0 || found.totals.iter().any(|total| total.before != total.after) {
            text += &format!("\n{}{}", totals(found), segments(found, head));
        }
        return text;
    }
    text += &format!("{} of {} customers: {}\n\n", moved(found), count(found.customers.0), parts.join(", "));
    text += &moves(found);
    text += &format!("\n{}", totals(found));
    text += &segments(found, head);
    text += &movers(&found.movers, head);
    text
}

/// Customers who move where the order says nothing of up and down.
fn unplaced(found: &Comparison) -> u64 {
    found.undetermined.saturating_sub(found.decided + found.undecided)
}

fn moved(found: &Comparison) -> String {
    count(found.up + found.down + found.undetermined + found.new + found.gone)
}

/// From tier to tier.
fn moves(found: &Comparison) -> String {
    let is_met = |tier: &Option<String>| found.cells.iter().any(|cell| cell.from == *tier || cell.to == *tier);
    let all: Vec<Option<String>> = found.tiers.iter().cloned().map(Some).chain([None]).filter(is_met).collect();
    let mut head = vec!["from \\ to".to_owned()];
    head.extend(all.iter().map(|tier| fit(&table::tier(tier.as_deref()), NAME)));
    let of = |from: &Option<String>, to: &Option<String>| {
        found.cells.iter().find(|cell| cell.from == *from && cell.to == *to).map_or(0, |cell| cell.customers)
    };
    let dash = |n: u64| if n == 0 { "-".to_owned() } else { count(n) };
    let row = |from: &Option<String>| {
        let cells = all.iter().map(|to| dash(of(from, to)));
        [fit(&table::tier(from.as_deref()), NAME)].into_iter().chain(cells).collect::<Vec<String>>()
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    grid(&head, &rows)
}

fn totals(found: &Comparison) -> String {
    let head = ["", "before", "after", "change", "of who moves"].map(str::to_owned);
    let rows: Vec<Vec<String>> = found
        .totals
        .iter()
        .map(|total| {
            vec![
                fit(&printable(&total.name), NAME),
                number(total.before),
                number(total.after),
                signed(total.after - total.before),
                number(total.moved),
            ]
        })
        .collect();
    grid(&head, &rows)
}

fn segments(found: &Comparison, about: &Head) -> String {
    let columns: BTreeSet<&str> = found.segments.iter().map(|segment| segment.by.as_str()).collect();
    let mut text = String::new();
    for by in columns {
        let own: Vec<_> = found.segments.iter().filter(|segment| segment.by == by).collect();
        let mut head = vec![
            fit(&printable(by), NAME),
            "customers".to_owned(),
            "up".to_owned(),
            "down".to_owned(),
            "value".to_owned(),
        ];
        head.extend(about.measures.iter().map(|name| fit(&printable(name), NAME)));
        let row = |segment: &&&crate::desk::compare::Segment| {
            let name = segment.value.as_deref().map_or_else(|| "(none)".to_owned(), printable);
            let mut cells = vec![fit(&name, NAME), count(segment.customers), count(segment.up), count(segment.down)];
            cells.extend(segment.change.iter().map(|change| signed(*change)));
            cells
        };
        let rows: Vec<Vec<String>> = own.iter().take(SEGMENTS).map(|segment| row(&segment)).collect();
        text += &format!("\n{}", grid(&head, &rows));
        if own.len() > SEGMENTS {
            text += &format!("  and {} further values of {}\n", own.len() - SEGMENTS, printable(by));
        }
    }
    text
}

fn movers(movers: &[Mover], about: &Head) -> String {
    let mut text = String::new();
    if movers.is_empty() {
        return text;
    }
    let by = about.measures.first().map_or_else(|| "the change of their value".to_owned(), |name| printable(name));
    text += &format!("\nwho moves, by {by}\n");
    let value = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
    for mover in movers {
        let mut rest = format!(
            ": {} → {}, value {} → {}",
            table::tier(mover.from.as_deref()),
            table::tier(mover.to.as_deref()),
            value(mover.value.0),
            value(mover.value.1)
        );
        if let Some(weight) = mover.weight {
            rest += &format!(", {by} {}", number(weight));
        }
        text += &format!("  {}{rest}\n", key(&mover.customer, &rest));
        for reason in &mover.reason {
            text += &format!("    {}\n", printable(reason));
        }
    }
    text
}

/// A customer's key with the room that the rest of its line leaves: of two that begin alike the ends tell them apart.
fn key(customer: &str, rest: &str) -> String {
    fit_between(&printable(customer), table::width().saturating_sub(2 + rest.width()).max(NAME))
}

/// The moves between two runs, part by part.
pub fn difference(found: &Difference) -> String {
    let run = |id: &str, cycle: &str| format!("run {} of {}", printable(id), printable(cycle));
    let mut text = format!("from {} to {}\n", run(&found.runs.0, &found.cycles.0), run(&found.runs.1, &found.cycles.1));
    if found.renamed + found.merged > 0 {
        text += &format!(
            "  keys that changed are followed: {} with another one, {} became part of another customer\n",
            counted(found.renamed as u64, "customer"),
            count(found.merged as u64)
        );
    }
    let name = |effect: &Effect| effect.parts.iter().map(|part| part.word()).collect::<Vec<_>>().join(" and ");
    for effect in &found.effects {
        text += &format!("  {}: {}\n", name(effect), printable(&effect.changed.join("; ")));
        if let Some(why) = &effect.joined {
            text += &format!("    put in place together: {}\n", printable(why));
        }
    }
    let all: Vec<&Effect> = found.effects.iter().chain([&found.whole]).collect();
    // Where the order has all tiers nobody is told of who moves beside it.
    let beside = all.iter().any(|effect| unplaced(&effect.comparison) > 0);
    let mut head = ["due to", "up", "down", "new", "gone", "decided", "undecided"].map(str::to_owned).to_vec();
    head.extend(beside.then(|| "other tiers".to_owned()));
    head.extend(["net steps", "value"].map(str::to_owned));
    head.extend(found.measures.iter().map(|name| fit(&printable(name), NAME)));
    let row = |name: String, effect: &Effect| {
        let of = &effect.comparison;
        let mut cells = vec![name];
        cells.extend([of.up, of.down, of.new, of.gone, of.decided, of.undecided].map(count));
        cells.extend(beside.then(|| count(unplaced(of))));
        cells.push(format!("{:+}", effect.net_steps));
        cells.extend(of.totals.iter().map(|total| signed(total.after - total.before)));
        cells
    };
    let mut rows: Vec<Vec<String>> = found.effects.iter().map(|effect| row(name(effect), effect)).collect();
    rows.push(row("all".to_owned(), &found.whole));
    text += &format!("\n{}", grid(&head, &rows));
    let about = Head { measures: found.measures.clone(), ..Head::default() };
    text += &format!("\n{}", moves(&found.whole.comparison));
    text += &segments(&found.whole.comparison, &about);
    text += &steps(found);
    text
}

/// Movers with their tier after each part.
fn steps(found: &Difference) -> String {
    if found.paths.is_empty() {
        return String::new();
    }
    let by = found.measures.first().map_or_else(|| "the change of their value".to_owned(), |name| printable(name));
    let mut text = format!("\nwho moves, by {by}\n");
    for path in &found.paths {
        let mut rest = format!(": {}", table::tier(path.tiers[0].as_deref()));
        for (nth, effect) in found.effects.iter().enumerate() {
            let (before, after) = (&path.tiers[nth], &path.tiers[nth + 1]);
            let (was, is) = (path.values[nth], path.values[nth + 1]);
            if before == after && was.map(f64::to_bits) == is.map(f64::to_bits) {
                continue;
            }
            let parts: Vec<&str> = effect.parts.iter().map(|part| part.word()).collect();
            let value = is.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
            rest += &format!(" → {} ({}, value {value})", table::tier(after.as_deref()), parts.join(" and "));
        }
        text += &format!("  {}{rest}\n", key(&path.customer, &rest));
    }
    text
}

/// A row for each value.
pub fn sweep(name: &str, points: &[Point], about: &Head) -> String {
    let mut head = vec![printable(name)];
    head.extend(about.tiers.iter().rev().map(|tier| fit(&printable(tier), NAME)));
    let without = points.iter().any(|point| point.tiers.last().is_some_and(|n| *n > 0));
    if without {
        head.push(table::tier(None));
    }
    head.extend(["up", "down", "value"].map(str::to_owned));
    head.extend(about.measures.iter().map(|name| fit(&printable(name), NAME)));
    let row = |point: &Point| {
        let (tiers, none) = point.tiers.split_at(point.tiers.len().saturating_sub(1));
        let mut cells = vec![point.value.clone()];
        cells.extend(tiers.iter().map(|n| count(*n)));
        cells.extend(none.iter().filter(|_| without).map(|n| count(*n)));
        cells.extend([point.up, point.down].map(count));
        cells.extend(point.totals.iter().map(|total| number(*total)));
        cells
    };
    let rows: Vec<Vec<String>> = points.iter().map(row).collect();
    format!("\n{}", grid(&head, &rows))
}

/// How far each weight may go.
pub fn sensitivity(found: &[Leeway]) -> String {
    if found.is_empty() {
        return "\nno group of parameters has a `sum_to`: there are no weights to vary\n".to_owned();
    }
    let head = ["weight", "is", "down to", "then", "up to", "then"].map(str::to_owned);
    let end = |end: Option<f64>| end.map_or_else(|| "any".to_owned(), |value| format!("{value:.4}"));
    let who = |(many, first): &(u64, Option<String>)| match (many, first) {
        (0, _) | (_, None) => "-".to_owned(),
        (1, Some(first)) => fit_between(&printable(first), NAME),
        (n, Some(first)) => format!("{} and {} more", fit_between(&printable(first), NAME), n - 1),
    };
    let row = |weight: &Leeway| {
        vec![
            printable(&weight.name),
            format!("{}", weight.value),
            end(weight.down_to),
            who(&weight.below),
            end(weight.up_to),
            who(&weight.above),
        ]
    };
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    let note = "the other weights of its group share what is left in proportion; `any`: nobody changes tier up to the range's end";
    format!("\n{}\n{note}\n", grid(&head, &rows))
}
