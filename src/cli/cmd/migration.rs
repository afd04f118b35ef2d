//! `tierwright migration`: how customers moved between planning years.

use crate::calendar::cycle_name;
use crate::cli::args::MigrationArgs;
use crate::cli::output::{Output, printable};
use crate::cli::{moves, place};
use crate::diag::{Diagnostic, ids};
use crate::error::{Exit, Result, Stop};
use crate::manifest::model::Project;
use crate::migrate::columns::word;
use crate::migrate::{Flow, Panel, Stability, State, transitions};
use crate::run::chain::{self, Link, Reason};
use crate::run::layout::Layout;
use crate::system::System;
use serde_json::{Value, json};

/// Shows the moves between two years, those of all years, and what is probable.
pub fn run(system: &dyn System, output: &mut Output, options: &MigrationArgs) -> Exit {
    let opened = place::runs(system, output, &options.runs);
    let (project, sources, layout) = match opened {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    match look(system, &layout, &project, options) {
        Ok((links, panel, flow)) => {
            show(output, &project, &layout, (&links, &panel, flow.as_ref()));
            Exit::Done
        }
        Err(stop) => output.stop(&stop, &sources, json!({})),
    }
}

/// The runs, their customers and the moves that are meant; no moves where there are fewer than two years.
fn look(
    system: &dyn System,
    layout: &Layout,
    project: &Project,
    options: &MigrationArgs,
) -> Result<(Vec<Link>, Panel, Option<Flow>)> {
    let links = chain::find(system, layout, project)?;
    // What was typed is wrong before anything is read.
    let years: Vec<i16> = links.iter().map(|link| link.cycle).collect();
    let meant = meant(&years, options.from, options.to).map_err(|finding| Stop::Configuration(vec![finding]))?;
    let panel = chain::panel(system, layout, &links, project)?;
    let flow = meant.and_then(|(from, to)| Flow::count(&panel, from, to));
    Ok((links, panel, flow))
}

/// The two years: those that were typed, the newest for the later one, the one before it for the earlier one.
fn meant(years: &[i16], from: Option<i16>, to: Option<i16>) -> Result<Option<(i16, i16)>, Diagnostic> {
    let known = || {
        let names: Vec<String> = years.iter().map(|year| cycle_name(*year)).collect();
        if names.is_empty() { "nothing was run yet".to_owned() } else { format!("there are {}", names.join(", ")) }
    };
    let usage = |message: String| Diagnostic::error(ids::USAGE, message).help(known());
    if let Some(year) = [from, to].into_iter().flatten().find(|year| !years.contains(year)) {
        return Err(usage(format!("the chain of runs has none of {}", cycle_name(year))));
    }
    let Some(later) = to.or_else(|| years.last().copied()) else { return Ok(None) };
    let before = || years.iter().rev().copied().find(|year| *year < later);
    match from.or_else(before) {
        Some(earlier) if earlier < later => Ok(Some((earlier, later))),
        Some(earlier) => {
            let (earlier, later) = (cycle_name(earlier), cycle_name(later));
            Err(usage(format!("`--from` must be a year before `--to`: {earlier} is not before {later}")))
        }
        None if to.is_some() => Err(usage(format!("there is no run of a year before {}", cycle_name(later)))),
        None => Ok(None),
    }
}

fn show(
    output: &mut Output,
    project: &Project,
    layout: &Layout,
    (links, panel, flow): (&[Link], &Panel, Option<&Flow>),
) {
    if output.json {
        let names: Vec<&String> = panel.shown().iter().map(|tier| &panel.tiers()[usize::from(*tier)]).collect();
        let cycles: Vec<i16> = panel.cycles().collect();
        let history = cycles.windows(2).filter_map(|pair| Flow::count(panel, pair[0], pair[1]));
        output.document(&json!({
            "status": "ok", "exit": 0, "project": project.name, "tiers": names,
            "runs": links.iter().map(|link| run_document(layout, link)).collect::<Vec<_>>(),
            "matrix": flow.map(|flow| flow_document(panel, flow)),
            "history": history.map(|flow| flow_document(panel, &flow)).collect::<Vec<_>>(),
            "transitions": transition_documents(panel),
        }));
        return;
    }
    for pair in links.windows(2).filter(|pair| pair[0].reason == Reason::Current) {
        let (earlier, later) = (cycle_name(pair[0].cycle), cycle_name(pair[1].cycle));
        output.note(&format!(
            "the run of {later} read no decisions of {earlier}: compared with the current run of that year\n"
        ));
    }
    let Some(flow) = flow else {
        let base = place::shown(layout.base());
        output.note(&match links.first() {
            None => format!("no runs in {base}\n"),
            Some(only) => {
                let year = cycle_name(only.cycle);
                format!("migration needs runs of two planning years; in {base} there is {year} alone\n")
            }
        });
        return;
    };
    let of = |cycle: i16| {
        let link = links.iter().find(|link| link.cycle == cycle);
        let told = link.map(|link| format!("run {}, as-of {}", link.record.run, link.record.identity.as_of));
        format!("{} ({})", cycle_name(cycle), printable(&told.unwrap_or_default()))
    };
    output.data(&format!("{} to {}\n\n{}", of(flow.from), of(flow.to), moves::report(panel, flow)));
}

fn run_document(layout: &Layout, link: &Link) -> Value {
    let (record, identity) = (&link.record, &link.record.identity);
    json!({
        "cycle": identity.cycle, "run": record.run, "as_of": identity.as_of, "why": link.reason.word(),
        "customers": record.counts.decided + record.counts.undetermined, "undetermined": record.counts.undetermined,
        "folder": place::shown(&layout.run(&identity.cycle, &record.run)),
    })
}

/// The moves between two years: cells that have customers, figures, indices.
fn flow_document(panel: &Panel, flow: &Flow) -> Value {
    let tier = |state: State| match state {
        State::Tier(tier) => Some(&panel.tiers()[usize::from(tier)]),
        State::Undetermined | State::Absent => None,
    };
    let states = flow.states();
    let cells = states.iter().flat_map(|from| states.iter().map(move |to| (*from, *to)));
    let cells: Vec<Value> = cells
        .map(|(from, to)| (from, to, flow.cell(from, to)))
        .filter(|(_, _, cell)| cell.customers > 0)
        .map(|(from, to, cell)| {
            json!({
                "from_state": word(from, "new"), "from_tier": tier(from), "to_state": word(to, "gone"),
                "to_tier": tier(to), "customers": cell.customers, "value": cell.now, "prior_value": cell.before,
            })
        })
        .collect();
    let (figures, stability) = (flow.figures(), Stability::of(flow));
    json!({
        "from_cycle": cycle_name(flow.from), "to_cycle": cycle_name(flow.to), "cells": cells,
        "customers_before": figures.before, "customers_now": figures.now, "stayed": figures.stayed, "up": figures.up,
        "down": figures.down, "unranked": figures.unranked, "undetermined": figures.undetermined,
        "entries": figures.entries, "exits": figures.exits, "turnover": figures.turnover(), "stays": figures.stays(),
        "psi": stability.psi, "psi_chance": stability.psi_chance, "trace": stability.trace, "svd": stability.svd,
    })
}

fn transition_documents(panel: &Panel) -> Vec<Value> {
    let name = |tier: u16| &panel.tiers()[usize::from(tier)];
    let document = |t: crate::migrate::Transition| {
        json!({
            "horizon": t.horizon, "method": t.method.word(), "exits": t.exits.word(), "from_tier": name(t.from),
            "to_tier": t.to.map(name), "customers": t.customers, "at_risk": t.at_risk, "probability": t.probability,
            "low": t.interval.map(|(low, _)| low), "high": t.interval.map(|(_, high)| high),
        })
    };
    transitions(panel).into_iter().map(document).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(years: &[i16], from: Option<i16>, to: Option<i16>, expected: Result<Option<(i16, i16)>, &str>) {
        let found = meant(years, from, to).map_err(|finding| finding.message);
        assert_eq!(found, expected.map_err(str::to_owned), "{years:?} {from:?} {to:?}");
    }

    #[test]
    fn the_years_that_are_meant() {
        let years = [2014, 2016, 2017];
        check(&years, None, None, Ok(Some((2016, 2017))));
        check(&years, Some(2014), None, Ok(Some((2014, 2017))));
        check(&years, None, Some(2016), Ok(Some((2014, 2016))));
        check(&years, Some(2014), Some(2016), Ok(Some((2014, 2016))));
        check(&years, Some(2015), None, Err("the chain of runs has none of FY2015"));
        check(&years, Some(2017), None, Err("`--from` must be a year before `--to`: FY2017 is not before FY2017"));
        check(
            &years,
            Some(2017),
            Some(2016),
            Err("`--from` must be a year before `--to`: FY2017 is not before FY2016"),
        );
        check(&years, None, Some(2014), Err("there is no run of a year before FY2014"));
        check(&[2016], None, None, Ok(None));
        check(&[], None, None, Ok(None));
        check(&[], None, Some(2016), Err("the chain of runs has none of FY2016"));
    }
}
