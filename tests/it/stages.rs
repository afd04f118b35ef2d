//! Every stage of the rule compiler for the files of `tests/stages/`, one snapshot a file: the spanned tree, what names mean,
//! the typed tree, the lowered graph, the program. And that all places cut the text where they should.
//!
//! A snapshot that changes is looked at, then taken with `INSTA_UPDATE=always cargo test --release --test it stages`.

mod tree;

use crate::project::Project as Folder;
use std::fs;
use std::path::{Path, PathBuf};
use tierwright::diag::{Diagnostic, render};
use tierwright::manifest::{self, model::Project, model::Step};
use tierwright::rules::ast::File;
use tierwright::rules::check::{self, Compiled};
use tierwright::rules::codegen::{self, Instr};
use tierwright::rules::ir::{self, Check};
use tierwright::rules::lower::{NotCompiled, lower};
use tierwright::rules::resolve::{Binding, Resolved, resolve};
use tierwright::rules::site::{Site, Subject};
use tierwright::rules::tables::schema_of;
use tierwright::rules::typed::{Expr, ExprKind, StmtKind};
use tierwright::rules::{syntax, walk};
use tierwright::run::{cycle, plan};
use tierwright::source::{FileId, SourceMap, Span};
use tierwright::system::Os;

/// A rule file with what each stage makes of it.
struct Stages {
    name: String,
    file: FileId,
    sources: SourceMap,
    tree: File,
    compiled: Compiled,
    lowered: Option<Result<ir::Step, NotCompiled>>,
    program: Option<codegen::Step>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stages")
}

/// The project of the suite's documents.
fn suite() -> Folder {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/project.md");
    let text = fs::read_to_string(path).unwrap();
    let project = Folder::new(&[]);
    for block in text.split("\n```").skip(1).step_by(2) {
        let (kind, text) = block.split_once('\n').unwrap();
        match kind.split(' ').collect::<Vec<_>>().as_slice() {
            ["yaml", "tierwright"] => project.write("tierwright.yaml", text),
            ["yaml", "table", name] => project.write(&format!("datasets/{name}.yaml"), text),
            ["yaml", "parameters"] => project.write("rules/parameters.yaml", text),
            ["csv", file] => project.write(file, text),
            other => panic!("{other:?}"),
        }
    }
    project
}

fn stages(folder: &Folder, path: &Path) -> Stages {
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    let mut sources = SourceMap::default();
    let (project, found) = manifest::load(&Os, &folder.path("."), &mut sources);
    let Some(mut project) = project else { panic!("{found:#?}") };
    let span = project.steps[0].span;
    project.steps = vec![Step { name: name.clone(), interpret: false, span }];
    let file = sources.add(format!("rules/{name}.rhai"), fs::read_to_string(path).unwrap());
    let (tree, found) = syntax::parse(file, &sources.file(file).text);
    assert!(found.is_empty(), "{found:#?}");
    let compiled = checked(&project, file, &sources);
    let lowered = compiled.programs.first().map(|program| lower(program, &compiled.schema));
    let program = match &lowered {
        Some(Ok(step)) => Some(codegen::Step::compile(step, &compiled.schema).unwrap()),
        _ => None,
    };
    Stages { name, file, sources, tree, compiled, lowered, program }
}

fn checked(project: &Project, file: FileId, sources: &SourceMap) -> Compiled {
    let (schema, clashes) = schema_of(project);
    assert!(clashes.is_empty(), "{clashes:#?}");
    let (dates, _) = cycle::dates(project, None, None, None, 0).unwrap();
    let mut compiled = check::compile(project, schema, &[file], plan::run_dates(&dates), sources);
    // A case does not read all that its project declares.
    let here = |d: &Diagnostic| d.span.is_some_and(|span| span.file == file);
    compiled.diagnostics.retain(here);
    compiled
}

/// All files of the folder, by name.
fn all() -> Vec<Stages> {
    let folder = suite();
    let files = crate::project::list(&self::folder());
    let rules: Vec<PathBuf> = files.into_iter().filter(|p| p.extension().is_some_and(|e| e == "rhai")).collect();
    assert_eq!(rules.len(), 7);
    rules.iter().map(|path| stages(&folder, path)).collect()
}

impl Stages {
    fn text(&self, span: Span) -> &str {
        self.sources.text(span)
    }

    fn spanned(&self) -> String {
        let line = |node: &tree::Node| {
            let text = self.text(node.span).split_whitespace().collect::<Vec<_>>().join(" ");
            let short: String = text.chars().take(40).collect();
            let more = if short.len() < text.len() { "…" } else { "" };
            let (indent, span) = ("  ".repeat(node.depth), node.span);
            format!("{indent}{} {}..{} {short}{more}\n", node.kind, span.start, span.end)
        };
        tree::nodes(&self.tree).iter().map(line).collect()
    }

    fn names(&self) -> String {
        let trees = [self.tree.clone()];
        let (resolved, found) = resolve(&trees);
        assert!(found.is_empty(), "{found:#?}");
        let mut text = String::new();
        for (name, place) in &resolved.functions {
            text += &format!("fn {name} is function {} of file {}\n", place.item, place.file);
        }
        for (name, place) in &resolved.constants {
            text += &format!("const {name} is constant {} of file {}\n", place.item, place.file);
        }
        for node in tree::nodes(&self.tree) {
            if let Some(binding) = node.id.and_then(|id| resolved.binding(0, id)) {
                let name = self.text(node.span);
                text += &format!("{name} {}..{} {}\n", node.span.start, node.span.end, meaning(&resolved, binding));
            }
        }
        text
    }

    fn findings(&self) -> String {
        let style = render::Style { concise: true, ..render::Style::default() };
        render::text(&self.compiled.diagnostics, &self.sources, style)
    }

    fn typed(&self) -> String {
        self.compiled.programs.first().map_or("none\n".to_owned(), |program| program.to_string())
    }

    fn lowered(&self) -> String {
        match &self.lowered {
            None => "none\n".to_owned(),
            Some(Err(reason)) => {
                let (start, end, text) = (reason.span.start, reason.span.end, self.text(reason.span));
                format!("not compiled at {start}..{end} {text}\nbecause {}\ninstead {}\n", reason.why, reason.instead)
            }
            Some(Ok(step)) => {
                let populations = step.populations.iter().map(|(a, g)| (joined(a), g.as_ref().map(|g| g.to_string())));
                parts(&step.main.to_string(), populations)
            }
        }
    }

    fn program(&self) -> String {
        let Some(step) = &self.program else { return "none\n".to_owned() };
        let populations = step.populations.iter().map(|(a, g)| (joined(a), g.as_ref().map(|g| g.to_string())));
        parts(&step.main.to_string(), populations)
    }
}

/// The texts of a population's arguments.
fn joined(arguments: &[impl std::fmt::Display]) -> String {
    arguments.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A step's text, behind those of its populations.
fn parts(main: &str, populations: impl Iterator<Item = (String, Option<String>)>) -> String {
    let mut text = String::new();
    for (n, (argument, group)) in populations.enumerate() {
        text += &format!("-- argument of population {n}\n{argument}");
        text += &group.map(|group| format!("-- group of population {n}\n{group}")).unwrap_or_default();
    }
    if !text.is_empty() {
        text += "-- step\n";
    }
    text + main
}

fn meaning(resolved: &Resolved<'_>, binding: Binding) -> String {
    match binding {
        Binding::Local(at) => format!("is the variable declared at {at}"),
        Binding::Constant(n) => format!("is the constant {}", resolved.constants.get_index(n).unwrap().0),
        Binding::Parameters => "is the parameters".to_owned(),
        Binding::Date(date) => format!("is the date {date:?}"),
    }
}

#[test]
fn each_stage_is_as_in_its_snapshot() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../stages/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let all = all();
    for stages in &all {
        let text = format!(
            "== text\n{}\n== tree\n{}\n== names\n{}\n== typed\n{}{}\n== lowered\n{}\n== program\n{}",
            stages.sources.file(stages.file).text,
            stages.spanned(),
            stages.names(),
            stages.typed(),
            stages.findings(),
            stages.lowered(),
            stages.program(),
        );
        settings.bind(|| insta::assert_snapshot!(stages.name.as_str(), text));
    }
    // What the files are there for.
    assert_eq!(all.len(), 7);
    let not_compiled: Vec<&str> =
        all.iter().filter(|s| matches!(s.lowered, Some(Err(_)))).map(|s| s.name.as_str()).collect();
    assert_eq!(not_compiled, ["rows"]);
    let without: Vec<&str> = all.iter().filter(|s| s.lowered.is_none()).map(|s| s.name.as_str()).collect();
    assert_eq!(without, ["wrong"]);
}

#[test]
fn the_example_of_the_compilers_page_is_true() {
    let page = crate::checks::blocks(&crate::checks::read("docs/compiler.md"));
    let rule = page.iter().position(|(kind, _)| kind == "rhai").unwrap();
    let folder = suite();
    folder.write("factor.rhai", &page[rule].1);
    let stages = stages(&folder, &folder.path("factor.rhai"));
    let lowered = stages.lowered();
    let graph: Vec<&str> = lowered.lines().collect();
    let shown: Vec<&str> = page[rule + 1].1.lines().collect();
    // The page tells of the first node, the constant `true`, in words.
    assert_eq!((graph[0], &graph[1..]), ("%0 = true : Bool", shown.as_slice()));
}

/// The text at a place, which must begin and end between characters and lie in the file.
#[track_caller]
fn cut(stages: &Stages, span: Span) -> &str {
    assert_eq!(span.file, stages.file);
    let text = &stages.sources.file(span.file).text;
    let cut = text.get(span.range()).unwrap_or_else(|| panic!("{}: {span:?} cuts a character", stages.name));
    assert!(!cut.is_empty() && cut.trim() == cut, "{}: {span:?} is {cut:?}", stages.name);
    cut
}

#[test]
fn places_of_the_tree_cut_the_text_where_they_should() {
    let (mut said, mut seen) = (0, 0);
    for stages in all() {
        let nodes = tree::nodes(&stages.tree);
        let mut around: Vec<Span> = Vec::new();
        let mut before: Vec<(usize, Span)> = Vec::new();
        for node in &nodes {
            // A part of an interpolation may be white space.
            let is_part = node.kind == "Text" && node.is_part;
            let text = if is_part { stages.text(node.span) } else { cut(&stages, node.span) };
            if let Some(wanted) = &node.text {
                let is_it = text == wanted || text.trim_matches('"') == wanted || text.replace('_', "") == *wanted;
                assert!(is_it, "{}: {} {wanted:?} stands at {text:?}", stages.name, node.kind);
                said += 1;
            }
            around.truncate(node.depth);
            if let Some(parent) = around.last() {
                let inside = parent.start <= node.span.start && node.span.end <= parent.end;
                assert!(inside, "{}: {:?} is not inside {parent:?}", stages.name, node.span);
            }
            // Neighbours do not overlap.
            before.retain(|(depth, _)| *depth <= node.depth);
            if let Some((_, last)) = before.iter().rev().find(|(depth, _)| *depth == node.depth)
                && around.last().is_some_and(|parent| parent.start <= last.start && last.end <= parent.end)
            {
                assert!(last.end <= node.span.start, "{}: {last:?} and {:?}", stages.name, node.span);
            }
            before.retain(|(depth, _)| *depth != node.depth);
            before.push((node.depth, node.span));
            around.push(node.span);
            seen += 1;
        }
    }
    assert!(seen > 400 && said > 200, "{seen} nodes, {said} of them say their text: are they walked?");
}

#[test]
fn places_of_the_typed_tree_name_what_they_mean() {
    let (mut columns, mut locals, mut operators) = (0, 0, 0);
    for stages in all() {
        let Some(program) = stages.compiled.programs.first() else { continue };
        let schema = &stages.compiled.schema;
        for instance in &program.instances {
            cut(&stages, instance.span);
            walk::block(&instance.body, &mut |node| match node {
                walk::Node::Stmt(stmt) => {
                    let text = cut(&stages, stmt.span);
                    if let StmtKind::Let { local, .. } = &stmt.kind {
                        let name = &instance.locals[local.0 as usize];
                        assert!(text.starts_with("let ") && text.contains(name.as_str()), "{name} at {text}");
                    }
                }
                walk::Node::Expr(e) => match &e.kind {
                    ExprKind::Column { table, column, .. } => {
                        let (text, name) = (cut(&stages, e.span), &schema.column(*table, *column).name);
                        assert!(text.ends_with(&format!(".{name}")), "column {name} at {text}");
                        columns += 1;
                    }
                    ExprKind::Local(local) => {
                        assert_eq!(cut(&stages, e.span), instance.locals[local.0 as usize]);
                        locals += 1;
                    }
                    ExprKind::Binary { op, left, right } => {
                        let whole = cut(&stages, e.span);
                        let between = between(&stages, left, right);
                        // `x += y` has no operator between its operands but its own.
                        assert!(between.contains(op.text()), "{op:?} between operands of {whole}: {between}");
                        operators += 1;
                    }
                    // A text of an interpolation may be white space.
                    ExprKind::Text(_) => {}
                    _ => {
                        cut(&stages, e.span);
                    }
                },
            });
        }
    }
    assert!(
        columns >= 20 && locals >= 40 && operators >= 15,
        "{columns} columns, {locals} locals, {operators} operators"
    );
}

/// What stands between two operands.
fn between<'s>(stages: &'s Stages, left: &Expr, right: &Expr) -> &'s str {
    let (from, to) = (left.span.end.min(right.span.start), right.span.start);
    stages.text(Span { start: from, end: to, ..left.span })
}

#[test]
fn places_of_checks_are_the_same_in_graph_and_program() {
    let (mut named, mut sites) = (0, 0);
    for stages in all() {
        let (Some(Ok(step)), Some(program)) = (&stages.lowered, &stages.program) else { continue };
        for lowered in step.populations.iter().flat_map(|(a, g)| a.iter().chain(g)).chain([&step.main]) {
            each_subject(&lowered.checks, &mut |subject| named += usize::from(names_its_end(&stages, subject)));
            for site in &lowered.sites {
                sites += 1;
                parts_lie_inside(&stages, site);
            }
        }
        assert_eq!(program.main.sites, step.main.sites);
        for instr in &program.main.instrs {
            if let Instr::There { subject, .. } = instr {
                names_its_end(&stages, &program.main.subjects[*subject as usize]);
            }
        }
    }
    assert!(named >= 4 && sites >= 12, "{named} named subjects, {sites} sites");
}

fn each_subject(checks: &[Check], see: &mut dyn FnMut(&Subject)) {
    for check in checks {
        match check {
            Check::There { subject, .. } => see(subject),
            Check::Each { checks, .. } => each_subject(checks, see),
            Check::Works { .. } | Check::Throw { .. } | Check::Dropped { .. } => {}
        }
    }
}

/// Whether a place is called `table.column`, which then is how its text ends.
fn names_its_end(stages: &Stages, subject: &Subject) -> bool {
    let text = cut(stages, subject.span);
    let Some(name) = &subject.name else { return false };
    let column = name.rsplit('.').next().unwrap();
    assert!(text.contains(column), "{name} at {text}");
    true
}

fn parts_lie_inside(stages: &Stages, site: &Site) {
    cut(stages, site.whole);
    for subject in site.operands.iter().chain(&site.element) {
        cut(stages, subject.span);
        names_its_end(stages, subject);
    }
}
