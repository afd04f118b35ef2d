//! Cases of the rule language, written in Markdown: the manual's own blocks, and those of `tests/suite/`.
//!
//! Each document is a project: `yaml tierwright`, `yaml table NAME`, `yaml parameters`, `csv PATH` blocks are its files.
//! `rhai eval` blocks hold an expression a line, evaluated for the first customer; `rhai check` blocks are rule files
//! that have no errors; `rhai step` blocks are steps, run for all customers and compared with the `csv expect` block
//! behind them.

use std::fs;
use std::path::{Path, PathBuf};
use tierwright::diag::Diagnostic;
use tierwright::error::Stop;
use tierwright::manifest::{self, model::Project, model::Step};
use tierwright::rules::cause::Cause;
use tierwright::rules::interp::thread_pool;
use tierwright::rules::{check, format, tables::schema_of};
use tierwright::run::compute::Compute;
use tierwright::run::engine::LocalEngine;
use tierwright::run::{Plan, columns, cycle, plan};
use tierwright::source::SourceMap;
use tierwright::system::Os;

use polars::prelude::{AnyValue, DataType, Series};

struct Block {
    /// What stands behind the fence.
    kind: String,
    text: String,
    /// Line of the first line of text, from 1.
    line: usize,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut open = false;
    for (number, line) in text.lines().enumerate() {
        if let Some(kind) = line.strip_prefix("```") {
            if !open {
                found.push(Block { kind: kind.trim().to_owned(), text: String::new(), line: number + 2 });
            }
            open = !open;
        } else if open {
            let block = found.last_mut().unwrap();
            block.text += line;
            block.text += "\n";
        }
    }
    assert!(!open, "a fence is not closed");
    found
}

/// A document as a project in a temporary folder.
struct Document {
    path: PathBuf,
    blocks: Vec<Block>,
    root: tempfile::TempDir,
}

impl Document {
    fn read(path: &str) -> Document {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let root = tempfile::tempdir().unwrap();
        let blocks = blocks(&text);
        for folder in ["datasets", "rules"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        for block in &blocks {
            let words: Vec<&str> = block.kind.split_whitespace().collect();
            let file = match words.as_slice() {
                ["yaml", "tierwright"] => "tierwright.yaml".to_owned(),
                ["yaml", "table", name] => format!("datasets/{name}.yaml"),
                ["yaml", "parameters"] => "rules/parameters.yaml".to_owned(),
                ["csv", file] if *file != "expect" => (*file).to_owned(),
                _ => continue,
            };
            fs::write(root.path().join(file), &block.text).unwrap();
        }
        Document { path, blocks, root }
    }

    fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }
}

/// What became of a step: columns and causes, or the findings that forbid it.
enum Result {
    Ran {
        columns: Vec<(String, Series)>,
        undetermined: Vec<(u32, Cause)>,
        keys: Series,
    },
    Refused(Vec<Diagnostic>),
    /// A limit, or a defect.
    Stopped(String),
}

/// Checks and runs one step on the document's tables.
fn run(root: &Path, step: &str, text: &str) -> Result {
    let mut sources = SourceMap::default();
    let (project, found) = manifest::load(&Os, root, &mut sources);
    let Some(mut project) = project else { panic!("the document's project: {found:#?}") };
    let span = project.steps[0].span;
    project.steps = vec![Step { name: step.to_owned(), interpret: false, span }];
    let plan = match planned(root, project, step, text, &mut sources) {
        Ok(plan) => plan,
        Err(found) => return Result::Refused(found),
    };
    let pool = thread_pool(1).unwrap();
    let mut engine = LocalEngine::new(&Os, &plan, &sources, &pool).unwrap();
    let loaded = engine.load().unwrap_or_else(|e| panic!("the document's tables: {e:?}"));
    let key = &plan.project.tables[&plan.project.customer].key[0];
    let keys = loaded.customers.iter().find(|s| s.name().as_str() == key).unwrap().clone();
    let rows: Vec<u32> = (0..keys.len() as u32).collect();
    engine.begin(None, &rows).unwrap();
    let result = match engine.step(0, &rows) {
        Ok(result) => result,
        Err(Stop::Findings(found)) => return Result::Stopped(found[0].id.name().to_owned()),
        Err(stop) => return Result::Stopped(format!("{stop:?}")),
    };
    let columns = result.columns.into_iter().map(|s| (s.name().to_string(), s)).collect();
    Result::Ran { columns, undetermined: result.undetermined, keys }
}

fn planned(
    root: &Path,
    project: Project,
    step: &str,
    text: &str,
    sources: &mut SourceMap,
) -> std::result::Result<Plan, Vec<Diagnostic>> {
    let (schema, clashes) = schema_of(&project);
    assert!(clashes.is_empty(), "{clashes:#?}");
    let (dates, _) = cycle::dates(&project, None, None, None, 0).unwrap();
    let file = sources.add(format!("rules/{step}.rhai"), text);
    let compiled = check::compile(&project, schema, &[file], plan::run_dates(&dates), sources);
    if compiled.diagnostics.iter().any(Diagnostic::is_error) {
        return Err(compiled.diagnostics);
    }
    Ok(Plan {
        root: root.to_owned(),
        out: root.join("out"),
        project,
        dates,
        scenario: "base".into(),
        schema: compiled.schema,
        programs: compiled.programs,
        selection: columns::Selection { columns: Vec::new(), partition_by: Vec::new() },
        step_places: Vec::new(),
        not_compiled: Vec::new(),
        warnings: compiled.diagnostics,
    })
}

/// A value as the documents write it.
fn shown(series: &Series, row: usize) -> String {
    match series.get(row).unwrap() {
        AnyValue::Null => "()".into(),
        AnyValue::Float64(x) => format::float(x),
        AnyValue::String(text) => format!("{text:?}"),
        AnyValue::Date(days) => format!("date(\"{}\")", format::date(days)),
        AnyValue::Datetime(micros, ..) => micros.to_string(),
        other => {
            assert!(matches!(series.dtype(), DataType::Int64 | DataType::Boolean), "{series:?}");
            other.to_string()
        }
    }
}

/// What comes of an expression, in the words of a case.
fn outcome(root: &Path, expression: &str) -> String {
    match run(root, "e", &format!("fn e(c) {{ {expression}\n}}")) {
        Result::Refused(found) => {
            let mut ids: Vec<&str> = found.iter().filter(|d| d.is_error()).map(|d| d.id.name()).collect();
            ids.dedup();
            format!("error: {}", ids.join(", "))
        }
        Result::Stopped(why) => format!("stopped: {why}"),
        Result::Ran { columns, undetermined, .. } => match undetermined.iter().find(|(row, _)| *row == 0) {
            Some((_, cause)) => format!("undetermined: {}: {}", cause.kind.word(), cause.subject),
            None => format!("=> {}", shown(&columns[0].1, 0)),
        },
    }
}

/// Whether an outcome is what a case says: a cause's subject may be left out.
fn fits(outcome: &str, wanted: &str) -> bool {
    outcome == wanted || (wanted.starts_with("undetermined: ") && outcome.starts_with(&format!("{wanted}: ")))
}

fn eval_cases(document: &Document, wrong: &mut Vec<String>) -> usize {
    let mut cases = 0;
    for block in document.blocks.iter().filter(|b| b.kind == "rhai eval") {
        for (offset, line) in block.text.lines().enumerate() {
            if line.trim().is_empty() || line.trim_start().starts_with("//") {
                continue;
            }
            let place = document.place(block.line + offset);
            let Some((expression, wanted)) = line.rsplit_once("// ") else {
                wrong.push(format!("{place}: no `// =>`"));
                continue;
            };
            cases += 1;
            let outcome = outcome(document.root.path(), expression.trim());
            if !fits(&outcome, wanted.trim()) {
                wrong.push(format!(
                    "{place}: {}\n    wanted  {}\n    came    {outcome}",
                    expression.trim(),
                    wanted.trim()
                ));
            }
        }
    }
    cases
}

fn step_name(text: &str) -> String {
    let at = text.find("fn ").expect("a function") + 3;
    text[at..].split('(').next().unwrap().trim().to_owned()
}

fn check_cases(document: &Document, wrong: &mut Vec<String>) -> usize {
    let mut cases = 0;
    for block in document.blocks.iter().filter(|b| b.kind == "rhai check") {
        cases += 1;
        let why = match run(document.root.path(), &step_name(&block.text), &block.text) {
            Result::Ran { .. } => continue,
            Result::Refused(found) => found.iter().map(|d| format!("{}: {}; ", d.id.name(), d.message)).collect(),
            Result::Stopped(why) => why,
        };
        wrong.push(format!("{}: {why}", document.place(block.line)));
    }
    cases
}

fn step_cases(document: &Document, wrong: &mut Vec<String>) -> usize {
    let mut cases = 0;
    for (index, block) in document.blocks.iter().enumerate().filter(|(_, b)| b.kind == "rhai step") {
        let expect = &document.blocks[index + 1];
        assert_eq!(expect.kind, "csv expect", "{}", document.place(block.line));
        cases += 1;
        let came = match run(document.root.path(), &step_name(&block.text), &block.text) {
            Result::Refused(found) => found.iter().map(|d| format!("{}: {}\n", d.id.name(), d.message)).collect(),
            Result::Stopped(why) => why,
            Result::Ran { columns, undetermined, keys } => table(&columns, &undetermined, &keys),
        };
        if came.trim() != expect.text.trim() {
            wrong.push(format!("{}:\n  wanted\n{}  came\n{came}", document.place(expect.line), expect.text));
        }
    }
    cases
}

/// The result of a step as an `expect` block: a line a customer; a cause behind `!` where it is undetermined.
fn table(columns: &[(String, Series)], undetermined: &[(u32, Cause)], keys: &Series) -> String {
    let names: Vec<&str> = columns.iter().map(|(n, _)| n.as_str()).collect();
    let mut text = format!("key,{}\n", names.join(","));
    for row in 0..keys.len() {
        let key = shown(keys, row).trim_matches('"').to_owned();
        match undetermined.iter().find(|(r, _)| *r as usize == row) {
            Some((_, cause)) => text += &format!("{key},! {cause}\n"),
            None => {
                let values: Vec<String> = columns.iter().map(|(_, s)| shown(s, row)).collect();
                text += &format!("{key},{}\n", values.join(","));
            }
        }
    }
    text
}

fn document(path: &str, least: usize) {
    let document = Document::read(path);
    let mut wrong = Vec::new();
    let cases =
        eval_cases(&document, &mut wrong) + check_cases(&document, &mut wrong) + step_cases(&document, &mut wrong);
    assert!(wrong.is_empty(), "{} of {cases} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases >= least, "{path} has {cases} cases, fewer than {least}: are they read?");
}

#[test]
fn manual() {
    document("docs/rules.md", 200);
}
