//! `tierwright watch`: at each save what is wrong, what the cases say, and who would move.

use crate::cli::args::WatchArgs;
use crate::cli::output::{Output, printable};
use crate::cli::table::{self, count, fit, grid, number};
use crate::cli::{apart, place};
use crate::diag::{Diagnostic, render};
use crate::edit::answer::{self, Answer, Cases, TierCount};
use crate::edit::watched::Texts;
use crate::error::{Error, Exit, Result, Stop};
use crate::run::{Request, engine};
use crate::source::SourceMap;
use crate::system::System;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often files are looked at.
const LOOK: Duration = Duration::from_millis(40);
/// How long they must be as they are before they are answered for: who saves several files saves them one after the other.
const SETTLE: Duration = Duration::from_millis(30);
/// How often that is waited for at most.
const PATIENCE: usize = 20;
/// Columns that a name takes at most.
const NAME: usize = 28;

/// Answers, and answers anew at each save, until it is interrupted.
pub fn run(system: &dyn System, output: &mut Output, options: &WatchArgs) -> Exit {
    let root = place::project(system, options.at.runs.project.as_deref());
    let request = Request {
        out: options.at.runs.out.clone(),
        source_roots: place::source_roots(system, &options.at.source_root),
        threads: options.at.threads.map(usize::from),
        root: root.clone(),
        ..Request::default()
    };
    let interrupted = interrupted();
    let mut watch = || -> Result<Exit, Error> {
        let pool = engine::thread_pool(request.threads)?;
        let (mut texts, mut changed) = (Texts::of(system, &root, &Texts::default())?, Vec::new());
        loop {
            let exit = answer(system, output, options, (&request, &pool, &changed));
            if options.once {
                return Ok(exit);
            }
            if changed.is_empty() {
                output.note(&format!("watching {}: save a file, or end with Ctrl-C\n", place::shown(&root)));
            }
            match saved(system, &root, &mut texts, &interrupted)? {
                Some(saved) => changed = saved,
                None => return Ok(Exit::Interrupted),
            }
        }
    };
    match watch() {
        Ok(exit) => exit,
        Err(error) => output.stop(&error.into(), &SourceMap::default(), json!({})),
    }
}

/// Whether Ctrl-C was pressed. One that is pressed while an answer is made ends when that is there, a second one at once.
fn interrupted() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    #[cfg(unix)]
    {
        // Where a handler cannot be set, the system's way stays.
        let (signal, status) = (signal_hook::consts::SIGINT, Exit::Interrupted as i32);
        let _ = signal_hook::flag::register_conditional_shutdown(signal, status, Arc::clone(&flag));
        let _ = signal_hook::flag::register(signal, Arc::clone(&flag));
    }
    flag
}

/// Waits until texts have changed, and says which; none where it was interrupted.
fn saved(
    system: &dyn System,
    root: &Path,
    texts: &mut Texts,
    interrupted: &AtomicBool,
) -> Result<Option<Vec<String>>, Error> {
    loop {
        if interrupted.load(Ordering::Relaxed) {
            return Ok(None);
        }
        std::thread::sleep(LOOK);
        let mut now = Texts::of(system, root, texts)?;
        if texts.changed(&now).is_empty() {
            *texts = now;
            continue;
        }
        for _ in 0..PATIENCE {
            std::thread::sleep(SETTLE);
            let later = Texts::of(system, root, &now)?;
            let settled = now.changed(&later).is_empty();
            now = later;
            if settled {
                break;
            }
        }
        let changed = texts.changed(&now);
        *texts = now;
        // A file that was another for a moment is what it was.
        if !changed.is_empty() {
            return Ok(Some(changed));
        }
    }
}

type Asked<'a> = (&'a Request, &'a rayon::ThreadPool, &'a [String]);

/// Answers once, and gives the status that stands for it.
fn answer(system: &dyn System, output: &mut Output, options: &WatchArgs, (request, pool, changed): Asked<'_>) -> Exit {
    let begun = system.now_micros();
    let mut sources = SourceMap::default();
    let answered = answer::answer(system, request, pool, options.top, &mut sources);
    let millis = system.now_micros().saturating_sub(begun) as f64 / 1000.0;
    let exit = match &answered {
        Ok(answer) if answer.cases.failed.is_empty() => Exit::Done,
        Ok(_) => Exit::Failed,
        Err(stop) => stop.exit(),
    };
    if output.json {
        // A line each: whoever reads them need not wait for the end.
        let document = document(&answered, &sources, exit, changed, millis);
        output.data(&format!("{document}\n"));
        return exit;
    }
    if !changed.is_empty() {
        let names: Vec<String> = changed.iter().map(|name| printable(name)).collect();
        output.data(&format!("\n{} saved\n", names.join(", ")));
    }
    match answered {
        Ok(answer) => {
            output.findings(&answer.warnings, &sources);
            output.data(&shown(&answer, millis));
        }
        Err(stop) => {
            output.stop(&stop, &sources, json!({}));
        }
    }
    exit
}

fn shown(answer: &Answer, millis: f64) -> String {
    let mut text = format!("{}\n{}", cases(&answer.cases), tiers(&answer.tiers));
    if let Some(against) = &answer.against {
        let head = apart::Head {
            run: against.run.clone(),
            cycle: against.cycle.clone(),
            set: Vec::new(),
            changed: against.changed.clone(),
            measures: against.measures.clone(),
            tiers: against.tiers.clone(),
        };
        text += &format!("\n{}{}", apart::head(&head), apart::comparison(&against.comparison, &head));
    }
    text += &format!("\n{} ms; nothing was written\n", millis.round());
    text
}

fn cases(cases: &Cases) -> String {
    let all = cases.passed + cases.failed.len();
    let all_told = table::counted(all as u64, "case");
    let mut text = match (all, cases.failed.len()) {
        (0, _) => "no cases\n".to_owned(),
        (_, 0) => format!("{all_told}: all passed\n"),
        (_, failed) => {
            format!("{all_told}: {} passed, {} failed\n", count(cases.passed as u64), count(failed as u64))
        }
    };
    for failed in &cases.failed {
        text += &format!("\nfailed: {}\n  --> {}\n", printable(&failed.name), printable(&failed.place));
        let mut rows = vec![["", "expected", "got", "from"].map(str::to_owned).to_vec()];
        let line = |cell: &String| printable(cell).replace('\n', " ");
        rows.extend(failed.differences.iter().map(|row| row.iter().map(line).collect()));
        text += &table::columns(&rows);
    }
    text
}

fn tiers(tiers: &[TierCount]) -> String {
    let against = tiers.iter().any(|row| row.before.is_some());
    let mut head = vec!["tier".to_owned(), "customers".to_owned()];
    if against {
        head.extend(["in the run", "change"].map(str::to_owned));
    }
    head.push("value".to_owned());
    let row = |row: &TierCount| {
        let mut cells = vec![fit(&table::tier(row.tier.as_deref()), NAME), count(row.after)];
        if let Some(before) = row.before {
            let change = i128::from(row.after) - i128::from(before);
            cells.push(count(before));
            cells.push(if change == 0 { "-".to_owned() } else { format!("{change:+}") });
        }
        cells.push(number(row.value));
        cells
    };
    grid(&head, &tiers.iter().map(row).collect::<Vec<_>>())
}

fn document(answered: &Result<Answer>, sources: &SourceMap, exit: Exit, changed: &[String], millis: f64) -> Value {
    let mut document = json!({
        "status": if exit == Exit::Done { "ok" } else { "failed" }, "exit": exit as u8, "saved": changed, "millis": millis,
    });
    let more = match answered {
        Ok(answer) => {
            let failed = answer.cases.failed.iter().map(|failed| {
                let row = |[what, expected, got, from]: &[String; 4]| {
                    json!({ "what": what, "expected": expected, "got": got, "from": from })
                };
                let differences: Vec<Value> = failed.differences.iter().map(row).collect();
                json!({ "case": failed.name, "place": failed.place, "differences": differences })
            });
            let tier = |row: &TierCount| json!({ "tier": row.tier, "before": row.before, "customers": row.after, "value": row.value });
            let against = answer.against.as_ref().map(|against| {
                json!({
                    "run": against.run, "cycle": against.cycle, "changed": against.changed, "comparison": against.comparison,
                })
            });
            json!({
                "cases": { "passed": answer.cases.passed, "failed": failed.collect::<Vec<_>>() },
                "tiers": answer.tiers.iter().map(tier).collect::<Vec<_>>(),
                "against": against,
                "findings": render::json(&answer.warnings, sources),
            })
        }
        Err(stop) => {
            let (found, error): (&[Diagnostic], Option<&Error>) = match stop {
                Stop::Configuration(found) | Stop::Findings(found) => (found, None),
                Stop::Error(error) => (&[], Some(error)),
            };
            json!({ "findings": render::json(found, sources), "error": error.map(|error| printable(&error.to_string())) })
        }
    };
    if let (Value::Object(document), Value::Object(more)) = (&mut document, more) {
        document.extend(more);
    }
    document
}
