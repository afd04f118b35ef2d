//! `tierwright test`: the project's cases on both evaluators, and what did not come as expected.

use crate::cli::args::TestArgs;
use crate::cli::output::{Output, printable};
use crate::cli::{coverage as shown, place, table};
use crate::diag::{Diagnostic, ids, render};
use crate::edit::replace;
use crate::error::{Error, Exit, Result, Stop};
use crate::manifest::cases::{EXTENSION, FOLDER};
use crate::rule_test::coverage::{Coverage, coverage};
use crate::rule_test::judge::Difference;
use crate::rule_test::update::{Edit, Unedited, edited};
use crate::rule_test::{self, Cases, On, Tested, Tester, Verdict, generate};
use crate::run::{Plan, Request, engine, plan};
use crate::source::{SourceMap, Span};
use crate::system::System;
use serde_json::{Value, json};

/// What was done.
struct Done {
    cases: Cases,
    tested: Vec<Tested>,
    /// Cases whose expected values were written anew.
    updated: Vec<usize>,
    /// What an update could not do.
    findings: Vec<Diagnostic>,
    /// The branches, if they are asked for, with the column that is summed.
    coverage: Option<(Coverage, Option<String>)>,
    millis: f64,
}

/// Tests a project and gives the status.
pub fn run(system: &dyn System, output: &mut Output, options: &TestArgs) -> Exit {
    let mut sources = SourceMap::default();
    if options.generate {
        return match proposals(system, options, &mut sources) {
            Ok(written) => show_proposals(output, written.as_ref()),
            Err(stop) => output.stop(&stop, &sources, json!({})),
        };
    }
    match done(system, options, &mut sources) {
        Ok(done) => {
            output.findings(&done.findings, &sources);
            show(output, &done, &sources)
        }
        Err(stop) => output.stop(&stop, &sources, json!({})),
    }
}

/// The checked project and its cases.
fn read(system: &dyn System, options: &TestArgs, sources: &mut SourceMap) -> Result<(Request, Plan, Cases)> {
    let root = place::project(system, options.project.as_deref());
    let source_roots = place::source_roots(system, &options.source_root);
    let threads = options.threads.map(usize::from);
    let request = Request { root, source_roots, threads, ..Request::default() };
    let plan = plan::plan(system, &request, sources)?;
    let mut cases = rule_test::ready(system, &plan, sources)?;
    match std::mem::take(&mut cases.findings) {
        found if found.is_empty() => Ok((request, plan, cases)),
        found => Err(Stop::Configuration(found)),
    }
}

/// Writes a file of proposed cases: its path and how many there are; none where there is nothing to propose.
fn proposals(system: &dyn System, options: &TestArgs, sources: &mut SourceMap) -> Result<Option<(String, usize)>> {
    let (request, plan, cases) = read(system, options, sources)?;
    let pool = engine::thread_pool(request.threads)?;
    let mut tester = Tester::new(system, &request, &plan, &pool)?;
    let customers = tester.customers()?;
    let Some((text, count)) = generate::propose(&mut tester, &plan, sources, &customers, &cases.ready)? else {
        return Ok(None);
    };
    let folder = plan.root.join(FOLDER);
    // A file that an analyst may have worked in stays.
    let names = (1..).map(|n| if n == 1 { "proposed".to_owned() } else { format!("proposed-{n}") });
    let mut names = names.map(|name| format!("{name}.{EXTENSION}"));
    let name = names.find(|name| !system.exists(&folder.join(name))).unwrap_or_default();
    system.create_dir(&folder)?;
    system.write(&folder.join(&name), text.as_bytes())?;
    Ok(Some((format!("{FOLDER}/{name}"), count)))
}

fn show_proposals(output: &mut Output, written: Option<&(String, usize)>) -> Exit {
    if output.json {
        let (file, cases) = written.map_or((None, 0), |(file, cases)| (Some(file), *cases));
        output.document(&json!({ "status": "ok", "exit": 0, "file": file, "cases": cases }));
        return Exit::Done;
    }
    output.data(&match written {
        Some((file, count)) => {
            let cases = table::counted(*count as u64, "case");
            format!("{file}: {cases} to be reviewed; what they expect is what the rules give now\n")
        }
        None => "nothing to propose: no customer is near a line that has no case\n".to_owned(),
    });
    Exit::Done
}

fn done(system: &dyn System, options: &TestArgs, sources: &mut SourceMap) -> Result<Done> {
    let begun = system.now_micros();
    let (request, plan, mut cases) = read(system, options, sources)?;
    if let Some(text) = &options.filter {
        let files = &cases.files;
        let had = cases.ready.len();
        cases.ready.retain(|ready| ready.case.name.contains(text) || files[ready.file].path.contains(text));
        if cases.ready.is_empty() && had > 0 {
            let cases = table::counted(had as u64, "case");
            let found = Diagnostic::error(ids::USAGE, format!("no case or file of cases has `{text}` in its name"));
            let help = format!("the project has {cases}; capitals and blanks count");
            return Err(Stop::Configuration(vec![found.located("--filter").help(help)]));
        }
    }
    let pool = engine::thread_pool(request.threads)?;
    let mut tester = Tester::new(system, &request, &plan, &pool)?;
    let tested = cases.ready.iter().enumerate().map(|(number, ready)| tester.test(number, ready));
    let tested = tested.collect::<Result<Vec<Tested>>>()?;
    let (updated, findings) =
        if options.update { update(system, &cases, &tested, sources)? } else { Default::default() };
    let coverage = match options.coverage {
        true => {
            let by = options.by.as_deref();
            let found = coverage(system, &request, (&plan, &pool), (&mut tester, &cases.ready), by)?;
            Some((found, options.by.clone()))
        }
        false => None,
    };
    let millis = system.now_micros().saturating_sub(begun) as f64 / 1000.0;
    Ok(Done { cases, tested, updated, findings, coverage, millis })
}

/// Writes what came over what was expected; gives the cases that were, and what could not be written.
fn update(
    system: &dyn System,
    cases: &Cases,
    tested: &[Tested],
    sources: &SourceMap,
) -> Result<(Vec<usize>, Vec<Diagnostic>), Error> {
    let (mut updated, mut findings) = (Vec::new(), Vec::new());
    for (number, file) in cases.files.iter().enumerate() {
        let of_file = |tested: &&Tested| cases.ready[tested.case].file == number;
        let (mut edits, mut changed) = (Vec::new(), Vec::new());
        for tested in tested.iter().filter(of_file) {
            let Verdict::Failed(differences) = &tested.verdict else { continue };
            let ready = &cases.ready[tested.case];
            let own: Option<Vec<Edit>> = differences.iter().map(edit).collect();
            match own {
                Some(own) => {
                    edits.extend(own);
                    changed.push(tested.case);
                }
                None => {
                    let message = format!("what `{}` expects is left as it is", ready.case.name);
                    let found = Diagnostic::warning(ids::WRONG_VALUE, message).at(ready.case.span);
                    findings.push(found.help(
                        "`--update` replaces values that stand on one line; another kind of outcome is written by hand",
                    ));
                }
            }
        }
        let Some(first) = edits.first() else { continue };
        let text = system.read_text(&file.place)?;
        let read = &sources.file(first.span.file).text;
        let edited = match text.strip_prefix('\u{feff}').unwrap_or(&text) == read {
            true => edited(&text, &edits),
            false => Err(Unedited::Changed),
        };
        match edited {
            Ok(text) => {
                replace(system, &file.place, &text)?;
                updated.extend(changed);
            }
            Err(why) => findings.push(unedited(&why, &file.path, sources)),
        }
    }
    Ok((updated, findings))
}

fn edit(difference: &Difference) -> Option<Edit> {
    Some(Edit { span: difference.span, text: difference.instead.clone()? })
}

fn unedited(why: &Unedited, path: &str, sources: &SourceMap) -> Diagnostic {
    let message = format!("`{path}` is left as it is");
    match why {
        Unedited::Shared(span) => {
            let note = format!("{} would have to say two things", sources.place(*span));
            Diagnostic::warning(ids::WRONG_VALUE, message).at(*span).note(note).help("give each case its own value")
        }
        Unedited::Changed => {
            let note = "it is not the text that was tested: it was written meanwhile, or holds what nobody may see";
            Diagnostic::warning(ids::WRONG_VALUE, message).located(path).note(note).help("run the test again")
        }
        Unedited::Broken(found) => {
            let why = found.first().map_or("", |found| found.message.as_str());
            Diagnostic::warning(ids::WRONG_VALUE, message).located(path).note(format!("written anew, {why}"))
        }
    }
}

/// Shows what came and gives the status: that of a defect where the evaluators differ, 1 where a case failed.
fn show(output: &mut Output, done: &Done, sources: &SourceMap) -> Exit {
    let is_updated = |tested: &Tested| done.updated.contains(&tested.case);
    let failed = |tested: &&Tested| !matches!(tested.verdict, Verdict::Passed) && !is_updated(tested);
    let is_unlike = |tested: &Tested| matches!(tested.verdict, Verdict::Unlike(_));
    let exit = match (done.tested.iter().any(is_unlike), done.tested.iter().any(|tested| failed(&tested))) {
        (true, _) => Exit::Defect,
        (false, true) => Exit::Failed,
        (false, false) => Exit::Done,
    };
    if output.json {
        output.document(&document(done, exit, sources));
        return exit;
    }
    let mut text = String::new();
    for (number, file) in done.cases.files.iter().enumerate() {
        let own: Vec<&Tested> = done.tested.iter().filter(|t| done.cases.ready[t.case].file == number).collect();
        if !own.is_empty() {
            let counted = counted(own.iter().copied(), &done.updated);
            text += &format!("{}: {counted}\n", printable(&file.path));
        }
    }
    for tested in done.tested.iter().filter(|tested| !matches!(tested.verdict, Verdict::Passed)) {
        text += &failure(tested, done, sources);
    }
    if let Some((coverage, by)) = &done.coverage {
        text += &shown::text(coverage, by.as_deref(), &done.cases, sources);
    }
    text += &summary(done);
    output.data(&text);
    exit
}

/// `4 passed, 1 failed`.
fn counted<'t>(tested: impl Iterator<Item = &'t Tested>, updated: &[usize]) -> String {
    let (mut passed, mut failed, mut written) = (0, 0, 0);
    for tested in tested {
        match &tested.verdict {
            Verdict::Passed => passed += 1,
            _ if updated.contains(&tested.case) => written += 1,
            _ => failed += 1,
        }
    }
    let parts = [(passed, "passed"), (written, "updated"), (failed, "failed")];
    let parts: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", table::count(*n))).collect();
    if parts.is_empty() { "no cases".to_owned() } else { parts.join(", ") }
}

fn summary(done: &Done) -> String {
    let n = done.tested.len();
    if n == 0 {
        let none = if done.cases.files.is_empty() { "the project has no cases" } else { "no case is meant" };
        return format!("{none}: they are written in {}/*.rtest\n", FOLDER);
    }
    let cases = table::counted(n as u64, "case");
    let of = |on: On| done.tested.iter().filter(|tested| tested.on == on).count();
    let on = match (of(On::Interpreter), of(On::Columns)) {
        (0, 0) => "on both evaluators".to_owned(),
        (some, 0) if some == n => "on the interpreter alone".to_owned(),
        (0, some) if some == n => "over columns alone".to_owned(),
        (some, 0) => format!("on both evaluators, {} on the interpreter alone", table::count(some as u64)),
        (0, some) => format!("on both evaluators, {} over columns alone", table::count(some as u64)),
        (interpreter, columns) => format!(
            "on both evaluators, {} on the interpreter and {} over columns alone",
            table::count(interpreter as u64),
            table::count(columns as u64)
        ),
    };
    let review = done.tested.iter().filter(|tested| done.cases.ready[tested.case].case.review).count();
    let review = if review > 0 { format!("; {} to be reviewed", table::count(review as u64)) } else { String::new() };
    let counted = counted(done.tested.iter(), &done.updated);
    format!("\n{cases} {on}: {counted}{review}, {} ms\n", done.millis.round())
}

/// A case that did not pass.
fn failure(tested: &Tested, done: &Done, sources: &SourceMap) -> String {
    let case = &done.cases.ready[tested.case].case;
    let word = if done.updated.contains(&tested.case) { "updated" } else { "failed" };
    let mut text = format!("\n{word}: {}\n  --> {}\n", printable(&case.name), printable(&sources.place(case.span)));
    match &tested.verdict {
        Verdict::Passed => {}
        Verdict::Refused(found) => {
            text += &format!("  {}\n", printable(&found.message));
            found.help.iter().for_each(|help| text += &format!("  help: {}\n", printable(help)));
        }
        Verdict::Failed(differences) => {
            let mut rows = vec![["", "expected", "got", "from"].map(str::to_owned).to_vec()];
            rows.extend(differences.iter().map(|difference| {
                let Difference { what, expected, got, place, .. } = difference;
                [what, expected, got, place.as_deref().unwrap_or("")].map(one_line).to_vec()
            }));
            text += &table::columns(&rows);
            for help in differences.iter().filter_map(|difference| difference.help.as_ref()) {
                text += &format!("  help: {}\n", printable(help));
            }
        }
        Verdict::Unlike(differences) => {
            text += "  the evaluators differ: this is a defect of tierwright, not of your rules\n";
            let mut rows = vec![["", "interpreter", "columns"].map(str::to_owned).to_vec()];
            rows.extend(differences.iter().map(|row| row.iter().map(|cell| one_line(cell)).collect()));
            text += &table::columns(&rows);
        }
    }
    text
}

/// A cell in one line.
fn one_line(cell: &str) -> String {
    printable(cell).replace('\n', " ")
}

fn document(done: &Done, exit: Exit, sources: &SourceMap) -> Value {
    let all = done.tested.iter().map(|tested| {
        let ready = &done.cases.ready[tested.case];
        let mut object = placed(ready.case.span, sources);
        object["case"] = json!(ready.case.name);
        object["review"] = json!(ready.case.review);
        object["evaluators"] = json!(tested.on.word());
        let (verdict, more) = match &tested.verdict {
            Verdict::Passed => ("passed", json!([])),
            Verdict::Failed(differences) => ("failed", differences.iter().map(difference).collect()),
            Verdict::Refused(found) => ("failed", json!([{ "what": "case", "got": found.message }])),
            Verdict::Unlike(rows) => {
                let row = |[what, interpreter, columns]: &[String; 3]| json!({ "what": what, "interpreter": interpreter, "columns": columns });
                ("defect", rows.iter().map(row).collect())
            }
        };
        object["verdict"] = json!(if done.updated.contains(&tested.case) { "updated" } else { verdict });
        object["differences"] = more;
        object
    });
    let count = |wanted: fn(&Verdict) -> bool| done.tested.iter().filter(|tested| wanted(&tested.verdict)).count();
    let passed = count(|verdict| matches!(verdict, Verdict::Passed));
    let coverage = done.coverage.as_ref();
    json!({
        "status": if exit == Exit::Done { "ok" } else { "failed" },
        "exit": exit as u8,
        "cases": all.collect::<Vec<_>>(),
        "passed": passed,
        "updated": done.updated.len(),
        "failed": done.tested.len() - passed - done.updated.len(),
        "coverage": coverage.map(|(coverage, by)| shown::json(coverage, by.as_deref(), &done.cases.ready, sources)),
        "findings": render::json(&done.findings, sources),
        "millis": done.millis,
    })
}

fn difference(difference: &Difference) -> Value {
    let Difference { what, expected, got, place, help, .. } = difference;
    json!({ "what": what, "expected": expected, "got": got, "from": place, "help": help })
}

fn placed(span: Span, sources: &SourceMap) -> Value {
    let file = sources.file(span.file);
    let (line, column) = file.line_column(span.start as usize);
    json!({ "file": file.path, "line": line, "column": column })
}
