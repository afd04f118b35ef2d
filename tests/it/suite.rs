//! Cases of the rule language, written in Markdown: the manual's own blocks, and those of `tests/suite/`.
//!
//! Each document is a project: `yaml tierwright`, `yaml table NAME`, `yaml parameters`, `csv PATH` blocks are its files.
//! `rhai eval` blocks hold an expression a line, evaluated for the first customer; `rhai check` blocks are rule files
//! that have no errors; `rhai step` blocks are steps, run for all customers and compared with the `csv expect` block
//! behind them. A `rhai step` block with several lines `// rules/NAME.rhai` is several files: a function named as its
//! file is a step, in this order, and a file under `lib/` none. Where a `text warnings` block stands behind it, that says what
//! `check` warns of. `csv prior` holds decisions of the cycle before.
//!
//! What a case may say behind its expression:
//!
//! | | |
//! |---|---|
//! | `=> 1.5` | the value |
//! | `undetermined: missing` or `undetermined: missing: orders.discount` | the cause, with or without its subject |
//! | `error: unknown-column` | the errors, by place |
//! | `stopped: limit` | the run fails |
//! | `warning: missing-value` | it runs, with these warnings of the rule; `no warning`: with none |
//! | any of these and ` @ 1:5` | the place of the cause or first finding: line and column, from the expression's start |

use crate::shown::{Block, blocks};
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
use tierwright::run::keys::Keys;
use tierwright::run::past::Past;
use tierwright::run::prior::Prior;
use tierwright::run::programs::Programs;
use tierwright::run::{Engine, Plan, columns, cycle, plan};
use tierwright::source::SourceMap;
use tierwright::system::Os;

use polars::prelude::{AnyValue, DataType, NamedFrom, Series};

/// A document as a project in a temporary folder.
struct Document {
    path: PathBuf,
    blocks: Vec<Block>,
    root: tempfile::TempDir,
}

impl Document {
    /// A document on the files of another, its own ones over them.
    fn read(path: &str, base: Option<&str>) -> Document {
        let read = |path: &str| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
            blocks(&fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
        };
        let root = tempfile::tempdir().unwrap();
        let (below, blocks) = (base.map(read).unwrap_or_default(), read(path));
        let path = PathBuf::from(path);
        for folder in ["datasets", "rules"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        for block in below.iter().chain(&blocks) {
            let words: Vec<&str> = block.kind.split_whitespace().collect();
            let file = match words.as_slice() {
                ["yaml", "tierwright"] => "tierwright.yaml".to_owned(),
                ["yaml", "table", name] => format!("datasets/{name}.yaml"),
                ["yaml", "parameters"] => "rules/parameters.yaml".to_owned(),
                ["csv", "prior"] => "prior.csv".to_owned(),
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

/// What became of steps: columns and causes, or the findings that forbid it.
enum Result {
    Ran {
        columns: Vec<(String, Series)>,
        undetermined: Vec<(u32, Cause)>,
        keys: Series,
        warnings: Vec<Diagnostic>,
        /// The warnings as text.
        told: Vec<String>,
    },
    Refused(Vec<Diagnostic>),
    /// A limit, or a defect, and its place.
    Stopped(String, String),
}

/// Name and text of a rule file.
type File<'a> = (&'a str, &'a str);

/// Checks and runs steps on the document's tables, in order: on the interpreter, and as column programs, which must agree.
fn run(root: &Path, files: &[File<'_>]) -> Result {
    let interpreted = run_on(root, files, Engine::Interpret);
    let compiled = run_on(root, files, Engine::Local);
    match (&interpreted, &compiled) {
        (Result::Ran { columns: a, undetermined: x, .. }, Result::Ran { columns: b, undetermined: y, .. }) => {
            assert_eq!(x, y, "undetermined customers of {files:#?}");
            for ((name, a), (_, b)) in a.iter().zip(b) {
                assert_eq!(bits(a), bits(b), "column {name} of {files:#?}");
            }
        }
        (Result::Refused(_), Result::Refused(_)) | (Result::Stopped(..), _) => {}
        _ => panic!("one engine runs what the other does not: {files:#?}"),
    }
    interpreted
}

/// A column's values with the bits of floats.
fn bits(series: &Series) -> Vec<String> {
    let value = |value: AnyValue<'_>| match value {
        AnyValue::Float64(x) => format!("{:016x}", x.to_bits()),
        other => format!("{other:?}"),
    };
    (0..series.len()).map(|row| value(series.get(row).unwrap())).collect()
}

fn run_on(root: &Path, files: &[File<'_>], engine: Engine) -> Result {
    let wanted = engine;
    let mut sources = SourceMap::default();
    let (project, found) = manifest::load(&Os, root, &mut sources);
    let Some(mut project) = project else { panic!("the document's project: {found:#?}") };
    let span = project.steps[0].span;
    let steps = files.iter().filter(|(name, _)| !name.starts_with("lib/"));
    project.steps = steps.map(|(name, _)| Step { name: (*name).to_owned(), interpret: false, span }).collect();
    let plan = match planned(root, project, files, &mut sources) {
        Ok(plan) => plan,
        Err(found) => return Result::Refused(found),
    };
    let pool = thread_pool(1).unwrap();
    let mut engine = LocalEngine::new(&Os, &plan, &sources, &pool).unwrap().with(wanted);
    let loaded = engine.load(None).unwrap_or_else(|e| panic!("the document's tables: {e:?}"));
    let key = &plan.project.tables[&plan.project.customer].key[0];
    let keys = loaded.customers.iter().find(|s| s.name().as_str() == key).unwrap().clone();
    let order = Keys::new(&keys).unwrap();
    let prior = prior(root, &plan);
    let found = prior.as_ref().map(|p| order.find_in(&p.keys));
    engine.begin(prior.as_ref().zip(found.as_deref()), &order.order()).unwrap();
    let (mut columns, mut undetermined) = (Vec::new(), Vec::<(u32, Cause)>::new());
    for step in 0..plan.project.steps.len() {
        let active: Vec<u32> = (0..keys.len() as u32).filter(|r| undetermined.iter().all(|(u, _)| u != r)).collect();
        let result = match engine.step(step, &active) {
            Ok(result) => result,
            Err(Stop::Findings(found)) => {
                let place = found[0].span.map_or_else(String::new, |span| sources.place(span));
                return Result::Stopped(found[0].id.name().to_owned(), place);
            }
            Err(stop) => return Result::Stopped(format!("{stop:?}"), String::new()),
        };
        engine.keep(&result.columns).unwrap();
        undetermined.extend(result.undetermined);
        columns.extend(result.columns.into_iter().map(|s| (s.name().to_string(), s)));
    }
    let told = plan.warnings.iter().map(|warning| told(warning, &sources)).collect();
    Result::Ran { columns, undetermined, keys, warnings: plan.warnings.clone(), told }
}

/// The decisions of the cycle before, as the document's block gives them.
fn prior(root: &Path, plan: &Plan) -> Option<Prior> {
    let text = fs::read_to_string(root.join("prior.csv")).ok()?;
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let rows: Vec<Vec<&str>> = lines.collect();
    let column = |name: &str| -> Series {
        let at = header.iter().position(|h| *h == name).unwrap_or_else(|| panic!("no `{name}` in the prior block"));
        let cells: Vec<Option<&str>> = rows.iter().map(|row| Some(row[at]).filter(|c| !c.is_empty())).collect();
        let floats: Vec<Option<f64>> = cells.iter().map(|c| c.and_then(|c| c.parse().ok())).collect();
        let declared = plan.schema.tables.last().unwrap().columns.iter().find(|c| c.name == name);
        match declared.map(|c| c.dtype) {
            Some(tierwright::dtype::DataType::Float) => Series::new(name.into(), floats),
            Some(tierwright::dtype::DataType::Int) => {
                let ints: Vec<Option<i64>> = floats.iter().map(|x| x.map(|x| x as i64)).collect();
                Series::new(name.into(), ints)
            }
            _ => Series::new(name.into(), cells),
        }
    };
    let decision = &plan.project.decision;
    let decided = Series::new("decided".into(), vec!["FY2015"; rows.len()]);
    let since = Series::full_null("since".into(), rows.len(), &DataType::Date);
    let cycles = Series::full_null("cycles".into(), rows.len(), &DataType::Int64);
    let read_back = decision.read_back.iter().map(|(name, _)| column(name)).collect();
    Some(Prior {
        run: "before".into(),
        cycle: "FY2015".into(),
        key: column("key"),
        keys: Keys::new(&column("key")).unwrap(),
        tier: column(&decision.tier),
        value: column(&decision.value),
        past: Past::none(&column("key")),
        read_back: Prior::visible(read_back, &decided, &since, &cycles),
        decided,
        since,
        cycles,
    })
}

fn planned(
    root: &Path,
    project: Project,
    files: &[File<'_>],
    sources: &mut SourceMap,
) -> std::result::Result<Plan, Vec<Diagnostic>> {
    let (schema, clashes) = schema_of(&project);
    assert!(clashes.is_empty(), "{clashes:#?}");
    let (dates, _) = cycle::dates(&project, None, None, None, 0).unwrap();
    let ids: Vec<_> = files.iter().map(|(name, text)| sources.add(format!("rules/{name}.rhai"), *text)).collect();
    let compiled = check::compile(&project, schema, &ids, plan::run_dates(&dates), sources);
    if compiled.diagnostics.iter().any(Diagnostic::is_error) {
        return Err(compiled.diagnostics);
    }
    assert!(compiled.complete && compiled.programs.len() == project.steps.len(), "no program and no error: {files:?}");
    let mut programs = Programs::compile(&compiled.programs, &compiled.schema, sources).unwrap();
    programs.tell(&project, &compiled.programs, &compiled.schema, sources).unwrap();
    Ok(Plan {
        row_rules: Default::default(),
        root: root.to_owned(),
        source_roots: Vec::new(),
        out: root.join("out"),
        project,
        dates,
        scenario: "base".into(),
        schema: compiled.schema,
        programs: compiled.programs,
        selection: columns::Selection { columns: Vec::new(), partition_by: Vec::new() },
        step_places: Vec::new(),
        compiled: programs,
        outlook: None,
        at_rest: Default::default(),
        trees: compiled.trees,
        // A case does not read all that its project declares.
        warnings: compiled.diagnostics.into_iter().filter(|d| in_a_rule(d, sources)).collect(),
    })
}

fn in_a_rule(found: &Diagnostic, sources: &SourceMap) -> bool {
    found.span.is_some_and(|span| sources.file(span.file).path.ends_with(".rhai"))
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
struct Outcome {
    text: String,
    /// `line:column` from the start of the expression, or nothing.
    place: String,
    warnings: String,
}

/// What stands before the expression on its line.
const BEFORE: &str = "fn e(c) { ";

fn outcome(root: &Path, expression: &str) -> Outcome {
    let text = format!("{BEFORE}{expression}\n}}");
    let ids = |found: &[Diagnostic], errors: bool| {
        let mut ids: Vec<&str> = found.iter().filter(|d| d.is_error() == errors).map(|d| d.id.name()).collect();
        ids.dedup();
        ids.join(", ")
    };
    let at = |found: Option<&Diagnostic>| {
        let Some(span) = found.and_then(|d| d.span) else { return String::new() };
        format!("1:{}", text.get(BEFORE.len()..span.start as usize).unwrap_or_default().chars().count() + 1)
    };
    let (text, place, warnings) = match run(root, &[("e", &text)]) {
        Result::Refused(found) => {
            (format!("error: {}", ids(&found, true)), at(found.iter().find(|d| d.is_error())), String::new())
        }
        Result::Stopped(why, place) => (format!("stopped: {why}"), from_start(&place), String::new()),
        Result::Ran { columns, undetermined, warnings, .. } => {
            let listed = ids(&warnings, false);
            match undetermined.iter().find(|(row, _)| *row == 0) {
                Some((_, cause)) => (
                    format!("undetermined: {}: {}", cause.kind.word(), cause.subject),
                    from_start(&cause.place),
                    listed,
                ),
                None => (format!("=> {}", shown(&columns[0].1, 0)), at(warnings.first()), listed),
            }
        }
    };
    Outcome { text, place, warnings }
}

/// `rules/e.rhai:1:12` as a place from the start of the expression.
fn from_start(place: &str) -> String {
    let Some(column) = place.strip_prefix("rules/e.rhai:1:") else { return place.to_owned() };
    format!("1:{}", column.parse::<usize>().unwrap() - BEFORE.len())
}

/// Whether an outcome is what a case says: a cause's subject and the place may be left out.
fn fits(outcome: &Outcome, wanted: &str) -> bool {
    let (wanted, place) = wanted.rsplit_once(" @ ").unwrap_or((wanted, &outcome.place));
    let text = &outcome.text;
    let is_it = if wanted == "no warning" {
        outcome.warnings.is_empty() && !text.starts_with("error")
    } else if let Some(ids) = wanted.strip_prefix("warning: ") {
        outcome.warnings == ids
    } else {
        text == wanted || (wanted.starts_with("undetermined: ") && text.starts_with(&format!("{wanted}: ")))
    };
    is_it && outcome.place == place
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
                    "{place}: {}\n    wanted  {}\n    came    {} @ {} [{}]",
                    expression.trim(),
                    wanted.trim(),
                    outcome.text,
                    outcome.place,
                    outcome.warnings
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
        let why = match run(document.root.path(), &[(&step_name(&block.text), &block.text)]) {
            Result::Ran { .. } => continue,
            Result::Refused(found) => found.iter().map(|d| format!("{}: {}; ", d.id.name(), d.message)).collect(),
            Result::Stopped(why, place) => format!("{why} at {place}"),
        };
        wrong.push(format!("{}: {why}", document.place(block.line)));
    }
    cases
}

fn step_cases(document: &Document, wrong: &mut Vec<String>) -> usize {
    let mut cases = 0;
    for (index, block) in document.blocks.iter().enumerate().filter(|(_, b)| b.kind == "rhai step") {
        let expect = &document.blocks[index + 1];
        let warnings_wanted = expect.kind == "text warnings";
        assert!(warnings_wanted || expect.kind == "csv expect", "{}", document.place(block.line));
        cases += 1;
        let parts = parts(&block.text);
        let files: Vec<File<'_>> = parts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let came = match run(document.root.path(), &files) {
            Result::Refused(found) => {
                found.iter().filter(|d| d.is_error()).map(|d| format!("{}: {}\n", d.id.name(), d.message)).collect()
            }
            Result::Stopped(why, place) => format!("{why} at {place}"),
            Result::Ran { told, .. } if warnings_wanted => told.concat(),
            Result::Ran { columns, undetermined, keys, .. } => table(&columns, &undetermined, &keys),
        };
        if came.trim() != expect.text.trim() {
            wrong.push(format!("{}:\n  wanted\n{}  came\n{came}", document.place(expect.line), expect.text));
        }
    }
    cases
}

/// A warning as a `text warnings` block has it: the text at its place, its id, label and help.
fn told(warning: &Diagnostic, sources: &SourceMap) -> String {
    let text = warning.span.map(|span| sources.text(span)).unwrap_or_default();
    format!("{text}: {}: {}; {}\n", warning.id.name(), warning.label, warning.help.join("; "))
}

/// The files of a block: what follows each line `// rules/NAME.rhai`, or all of it, named by its first function.
fn parts(text: &str) -> Vec<(String, String)> {
    let mut parts: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("// rules/").and_then(|rest| rest.strip_suffix(".rhai")) {
            parts.push((name.to_owned(), String::new()));
        }
        if parts.is_empty() {
            return vec![(step_name(text), text.to_owned())];
        }
        let last = parts.len() - 1;
        parts[last].1 += &format!("{line}\n");
    }
    parts
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
    let base = path.starts_with("tests/").then_some("tests/suite/project.md");
    let document = Document::read(path, base);
    let mut wrong = Vec::new();
    let cases =
        eval_cases(&document, &mut wrong) + check_cases(&document, &mut wrong) + step_cases(&document, &mut wrong);
    assert!(wrong.is_empty(), "{} of {cases} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases >= least, "{path} has {cases} cases, fewer than {least}: are they read?");
}

/// The documents and how many cases each has at least: a document that is not read would pass.
macro_rules! documents {
    ($($name:ident $path:literal $least:literal)*) => {
        $(#[test]
        fn $name() {
            document($path, $least);
        })*
    };
}

documents! {
    manual "docs/rules.md" 200
    missing "tests/suite/missing.md" 176
    types "tests/suite/types.md" 156
    numbers "tests/suite/numbers.md" 155
    text "tests/suite/text.md" 56
    dates "tests/suite/dates.md" 76
    lists "tests/suite/lists.md" 141
    related "tests/suite/related.md" 27
    references "tests/suite/references.md" 24
    switch "tests/suite/switch.md" 32
    flow "tests/suite/flow.md" 102
    functions "tests/suite/functions.md" 14
    populations "tests/suite/populations.md" 47
    prior_decision "tests/suite/prior.md" 10
    parameters "tests/suite/parameters.md" 40
    names "tests/suite/names.md" 16
    limits "tests/suite/limits.md" 23
    unsupported "tests/suite/unsupported.md" 43
    chains "tests/suite/chains.md" 43
    checks "tests/suite/checks.md" 242
    equality "tests/suite/equality.md" 13
    crossed "tests/suite/crossed.md" 82
    texts "tests/suite/texts.md" 38
}

/// The first document whose rules are all compiled: what it holds ran as programs, and not on the interpreter twice.
#[test]
fn lists_beside_lists_are_compiled() {
    let document = Document::read("tests/suite/crossed.md", Some("tests/suite/project.md"));
    let root = document.root.path();
    let mut rules = Vec::new();
    for block in &document.blocks {
        match block.kind.as_str() {
            "rhai eval" => {
                let expressions = block.text.lines().filter_map(|line| line.rsplit_once("// "));
                rules.extend(expressions.map(|(e, _)| format!("{BEFORE}{e}\n}}")));
            }
            "rhai step" => rules.push(block.text.clone()),
            _ => {}
        }
    }
    for text in &rules {
        let mut sources = SourceMap::default();
        let (project, found) = manifest::load(&Os, root, &mut sources);
        let Some(mut project) = project else { panic!("{found:#?}") };
        project.steps.truncate(1);
        project.steps[0].name = "e".to_owned();
        let plan = planned(root, project, &[("e", text)], &mut sources).unwrap_or_else(|found| panic!("{found:#?}"));
        assert!(plan.compiled.not_compiled.is_empty(), "{:#?}\n{text}", plan.compiled.not_compiled);
    }
    assert!(rules.len() > 80, "only {} rules", rules.len());
}

/// What a step of the suite's project comes to.
fn step(text: &str) -> Result {
    let document = Document::read("tests/suite/project.md", None);
    run(document.root.path(), &[("e", text)])
}

#[track_caller]
fn first_value(text: &str) -> String {
    match step(text) {
        Result::Ran { columns, undetermined, .. } if undetermined.is_empty() => shown(&columns[0].1, 0),
        Result::Ran { undetermined, .. } => undetermined[0].1.to_string(),
        Result::Refused(found) => format!("{}: {}", found[0].id.name(), found[0].message),
        Result::Stopped(why, place) => format!("{why} at {place}"),
    }
}

#[test]
fn long_rules_work() {
    let sum = |n: usize| format!("fn e(c) {{ {} }}", vec!["c.n"; n].join(" + "));
    assert_eq!(first_value(&sum(200)), "1400");
    assert_eq!(first_value(&sum(5_000)), "35000");
    let branches: Vec<String> = (100..600).map(|i| format!("if c.n == {i} {{ {i} }} else")).collect();
    assert_eq!(first_value(&format!("fn e(c) {{ {} {{ -1 }} }}", branches.join(" "))), "-1");
    let arms: Vec<String> = (0..500).map(|i| format!("{i} => {}", i * 2)).collect();
    assert_eq!(first_value(&format!("fn e(c) {{ switch c.n {{ {}, _ => -1 }} }}", arms.join(", "))), "14");
    let all = vec!["c.n == 7"; 1_000].join(" && ");
    assert_eq!(first_value(&format!("fn e(c) {{ {all} }}")), "true");
    let chain = ".filter(|x| x > 0)".repeat(100);
    assert_eq!(first_value(&format!("fn e(c) {{ [1, 2]{chain}.len() }}")), "2");
}

#[test]
fn deep_rules_work_or_are_refused() {
    let nested = |n: usize| format!("fn e(c) {{ {}c.n{} }}", "abs(".repeat(n), ")".repeat(n));
    assert_eq!(first_value(&nested(400)), "7");
    for n in [1_000, 100_000] {
        assert!(first_value(&nested(n)).starts_with("too-deep"), "{n}");
    }
    let brackets = |n: usize| format!("fn e(c) {{ {}1{}.len() }}", "[".repeat(n), "]".repeat(n));
    assert_eq!(first_value(&brackets(400)), "1");
    let blocks = |n: usize| format!("fn e(c) {{ {}1{} }}", "if c.flag { ".repeat(n), " } else { 1 }".repeat(n));
    assert_eq!(first_value(&blocks(200)), "1");
    assert!(first_value(&blocks(5_000)).starts_with("too-deep"));
}

/// Sums over the population fold blocks of 4,096 in key order: 1e16 and 4,095 zeros are the first block, four ones the
/// second. Folded through, each one would be lost beside 1e16; in the order of the file they would come first.
#[test]
fn populations_fold_in_blocks_in_key_order() {
    let document = Document::read("tests/suite/project.md", None);
    let root = document.root.path();
    let mut rows: Vec<String> = (0..4_100)
        .map(|i| {
            let x = if i == 0 {
                "1e16"
            } else if i < 4_096 {
                "0.0"
            } else {
                "1.0"
            };
            format!("K{i:05},1,,{x},,,true,,2016-02-29,,,East,,,1,1,,,")
        })
        .collect();
    rows.reverse();
    let file = root.join("datasets/customers.csv");
    let header = fs::read_to_string(&file).unwrap().lines().next().unwrap().to_owned();
    fs::write(&file, format!("{header}\n{}\n", rows.join("\n"))).unwrap();
    fs::write(
        root.join("datasets/orders.csv"),
        "order,customer_id,day,amount,tip,cents,quantity,discount\nO1,,2017-01-01,1,,1,1,\n",
    )
    .unwrap();
    fs::write(root.join("datasets/lines.csv"), "line,order_id,product,quantity\n1,O1,A,1\n").unwrap();
    let Result::Ran { columns, .. } = run(root, &[("e", "fn e(c) { mean_of(c.x) }")]) else {
        panic!("it does not run");
    };
    let mean = (1e16 + 4.0) / 4_100.0;
    assert_eq!(shown(&columns[0].1, 0), format::float(mean));
    assert_ne!(mean, 1e16 / 4_100.0);
}
