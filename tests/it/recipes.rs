//! `docs/recipes.md`: each recipe as a project, on the customers at the page's end; what comes of it is what the page says.
//!
//! The first line of a block names its file, `// rules/x.rhai` or `# datasets/x.yaml`; `, added` puts the text behind what the file has. `csv PATH`
//! blocks are files. `csv expect ARGS` is what a run with these arguments decides, in columns of the decisions; `console` blocks
//! are commands and their output. With `TIERWRIGHT_UPDATE=1` both are written anew.

use crate::cycles;
use crate::project::{Project, list};
use crate::shown::{Block, Console, blocks};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tierwright::{manifest, source::SourceMap, system::Os};

const BASE: &str = "The project of this page";

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recipes.md")
}

/// Sections of the page with the place of their first line, by their headings.
fn sections(text: &str) -> Vec<(String, Vec<Block>)> {
    let mut found: Vec<(String, Vec<Block>)> = Vec::new();
    let heads = text.lines().enumerate().filter_map(|(at, line)| Some((at, line.strip_prefix("## ")?.to_owned())));
    let heads: Vec<(usize, String)> = heads.collect();
    for block in blocks(text) {
        let head = heads.iter().rev().find(|(at, _)| *at < block.line).map(|(_, head)| head.clone());
        let head = head.expect("a block stands in a recipe");
        match found.last_mut().filter(|(last, _)| *last == head) {
            Some((_, own)) => own.push(block),
            None => found.push((head, vec![block])),
        }
    }
    found
}

/// The file that a block is, and whether it is put behind what is there.
fn file(block: &Block) -> Option<(String, bool)> {
    if let Some(path) = block.kind.strip_prefix("csv ").filter(|path| !path.starts_with("expect")) {
        return Some((path.to_owned(), false));
    }
    if !["rhai", "yaml"].contains(&block.kind.as_str()) {
        return None;
    }
    let first = block.text.lines().next().unwrap();
    let name = first.trim_start_matches(['/', '#']).trim();
    Some((name.trim_end_matches(", added").to_owned(), name.ends_with(", added")))
}

/// The files of a recipe, over those of the page's project unless it has a project file of its own.
fn files(base: &[Block], recipe: &[Block]) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let is_whole = recipe.iter().any(|block| file(block) == Some(("tierwright.yaml".to_owned(), false)));
    for block in base.iter().filter(|_| !is_whole).chain(recipe) {
        if let Some((path, is_added)) = file(block) {
            let before = files.entry(path).or_default();
            let text = if is_added { format!("{before}{}", block.text) } else { block.text.clone() };
            *before = text;
        }
    }
    let project = files.get_mut("tierwright.yaml").unwrap();
    if !project.contains("\nsteps:") {
        let own = recipe.iter().filter_map(file).filter_map(|(path, _)| {
            path.strip_prefix("rules/").and_then(|path| path.strip_suffix(".rhai")).map(str::to_owned)
        });
        let own = own.filter(|step| !["profile", "value", "tier"].contains(&step.as_str()));
        let steps: Vec<String> =
            std::iter::once("profile".to_owned()).chain(own).chain(["value".to_owned(), "tier".to_owned()]).collect();
        *project += &format!("steps: [{}]\n", steps.join(", "));
    }
    files
}

/// A float with six places at most.
fn rounded(text: &str) -> String {
    match text.parse::<f64>() {
        Ok(number) if text.contains('.') => format!("{:?}", (number * 1e6).round() / 1e6),
        _ => text.to_owned(),
    }
}

/// The decisions of a run as a table of these columns.
fn decided(project: &Project, header: &str, args: &[&str]) -> String {
    let done = project.tierwright(&[&["run", "--json"], args].concat()).expect(0).json();
    let folder = project.path(done["folder"].as_str().unwrap()).join("decisions");
    let mut rows: Vec<BTreeMap<String, String>> = Vec::new();
    for part in list(&folder) {
        let name = part.file_name().unwrap().to_string_lossy().into_owned();
        let (column, value) = name.split_once('=').unwrap();
        for mut row in cycles::rows(&part) {
            row.insert(column.to_owned(), value.to_owned());
            rows.push(row);
        }
    }
    let columns: Vec<&str> = header.split(',').collect();
    let cell = |row: &BTreeMap<String, String>, column: &str| match row.get(column).map(String::as_str) {
        None => "no column".to_owned(),
        Some("-") => String::new(),
        Some(text) => rounded(text),
    };
    let line = |row: &BTreeMap<String, String>| columns.iter().map(|c| cell(row, c)).collect::<Vec<_>>().join(",");
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines.sort();
    format!("{header}\n{}\n", lines.join("\n"))
}

/// Does a recipe; its blocks that show what comes of it as they should be, by their lines.
fn done(base: &[Block], head: &str, recipe: &[Block]) -> Vec<(usize, String)> {
    let files = files(base, recipe);
    let project = Project::new(&[]);
    files.iter().for_each(|(path, text)| project.write(path, text));
    let (loaded, found) = manifest::load(&Os, &project.path(""), &mut SourceMap::default());
    assert!(loaded.is_some() && found.is_empty(), "{head}: {found:#?}");
    let shows: Vec<&Block> =
        recipe.iter().filter(|block| block.kind.starts_with("csv expect") || block.kind == "console").collect();
    let has_rules = recipe.iter().any(|block| block.kind == "rhai");
    assert!(!has_rules || !shows.is_empty(), "{head}: a rule of which the page does not say what comes of it");
    if shows.is_empty() {
        return Vec::new();
    }
    let checked = project.tierwright(&["check"]).expect(0);
    assert!(!checked.err.contains("warning["), "{head}: {}", checked.err);
    let mut console = Console::new(project.path(""));
    let one = |block: &&Block| {
        let text = match block.kind.strip_prefix("csv expect") {
            Some(args) => {
                let args: Vec<&str> = args.split_whitespace().collect();
                decided(&project, block.text.lines().next().unwrap(), &args)
            }
            None => {
                project.tierwright(&["run"]).expect(0);
                console.give(&block.text)
            }
        };
        (block.line, text)
    };
    shows.iter().map(one).collect()
}

#[test]
fn recipes_give_what_they_say() {
    let text = fs::read_to_string(page()).unwrap();
    let sections = sections(&text);
    let (_, base) = sections.iter().find(|(head, _)| head == BASE).unwrap();
    let mut shown: Vec<(String, usize, String, String)> = Vec::new();
    for (head, recipe) in sections.iter().filter(|(head, _)| head != BASE) {
        for (line, text) in done(base, head, recipe) {
            let before = &recipe.iter().find(|block| block.line == line).unwrap().text;
            shown.push((head.clone(), line, before.clone(), text));
        }
    }
    if std::env::var_os("TIERWRIGHT_UPDATE").is_some() {
        return rewrite(&text, &shown);
    }
    for (head, line, before, text) in &shown {
        assert!(crate::shown::agrees(before, text), "{head}, line {line}: the page says\n{before}\nit gives\n{text}");
    }
    assert_eq!((sections.len(), shown.len()), (19, 16));
}

fn rewrite(text: &str, shown: &[(String, usize, String, String)]) {
    let mut lines: Vec<&str> = text.lines().collect();
    for (_, line, before, text) in shown.iter().rev() {
        let from = line - 1;
        lines.splice(from..from + before.lines().count(), text.lines());
    }
    fs::write(page(), lines.join("\n") + "\n").unwrap();
}
