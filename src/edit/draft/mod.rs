//! A first project out of files of data: `tierwright init`.
//!
//! In: files, the folder of the project to be. Out: manifests, rules, parameters and a case that work on these very files, and what was inferred
//! with how sure that is. Must not know: terminals. Start at [`draft`].
//!
//! ```text
//! files ─ text, head ─▶ sheets ─ column, tables, links ─▶ drafts ─ yaml, rules ─▶ texts, which are evaluated once, for the lines between tiers
//!                                                                          and for the rows that do not fit
//! ```
//!
//! No file that is there is written over, and a draft that fails leaves none behind.

mod aside;
mod column;
mod head;
mod links;
mod marks;
mod names;
mod nearly;
mod notes;
mod rules;
mod tables;
mod text;
mod wide;
mod written;
mod yaml;

pub use column::Sure;
pub use notes::Note;

use super::schemas;
use crate::diag::{Diagnostic, ids};
use crate::error::{Error, Stop};
use crate::manifest::schema::{FOLDER, File};
use crate::run::compute::{Compute, LoadFailed};
use crate::run::engine::LocalEngine;
use crate::run::execute::execute_unwatched;
use crate::run::parts::Memory;
use crate::run::{Request, engine, plan};
use crate::source::SourceMap;
use crate::system::System;
use aside::Aside;
use jiff::civil::Date;
use rules::Rules;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tables::Draft;
use text::Sheet;
use written::Written;

/// What is to be drafted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The project's folder.
    pub root: PathBuf,
    /// Files of data: CSV and its kin. None for an example.
    pub files: Vec<PathBuf>,
    /// The customers' table, if that is known.
    pub customer: Option<String>,
}

/// What was drafted.
#[derive(Clone, Debug, Default)]
pub struct Drafted {
    /// Files that were written, by their paths in the project.
    pub files: Vec<String>,
    /// What was inferred.
    pub notes: Vec<Note>,
    /// The customers' table.
    pub customer: String,
    /// Tiers, highest first, and the customers in each.
    pub tiers: Vec<(String, u64)>,
}

/// Customers and orders of an example, for whoever has no files at hand.
const EXAMPLE: [(&str, &str); 2] =
    [("customers.csv", include_str!("example/customers.csv")), ("orders.csv", include_str!("example/orders.csv"))];

/// Lines between tiers before values are known, lowest first.
const SOME_LINES: [f64; 3] = [40.5, 60.5, 80.5];

/// Drafts a project and writes it.
///
/// # Errors
/// `usage`: a file that would be written over, or that nothing can be made of. `file-missing`. Findings of the loading of tables, in the files
/// that were named. [`Error::Io`]. In each case nothing stays of what was written.
pub fn draft(system: &dyn System, wanted: &Wanted, sources: &mut SourceMap) -> Result<Drafted, Stop> {
    let read = read(system, wanted)?;
    let sheets = read.iter().map(|file| (file.stem.clone(), file.name.clone(), file.sheet.clone())).collect();
    let (mut drafts, customers) =
        tables::tables(sheets, wanted.customer.as_deref()).map_err(|why| usage(&why, "--customer"))?;
    free_names(&mut drafts[customers]);
    let mut numbered = Vec::new();
    number_rows(&mut drafts, customers, &mut numbered);
    let today = i32::try_from(system.now_micros().div_euclid(86_400_000_000)).unwrap_or(0);
    let rules = Rules::of(&drafts, customers, today);
    let as_of = rules.as_of.or(crate::calendar::civil(today)).unwrap_or(Date::constant(2000, 1, 1));
    let name = project_name(system, &wanted.root);
    let texts = Texts { name, drafts: &drafts, customers, rules: &rules, as_of };
    let mut written = Written::new(system, &wanted.root);
    match texts.write(system, &wanted.root, &read, &numbered, &mut written, sources) {
        Ok(drafted) => Ok(drafted),
        Err(stop) => {
            written.undo();
            Err(of_their_files(stop, &read, &drafts, sources))
        }
    }
}

/// What is wrong with a copy of a file is said of the file itself; the copy is gone then, and so is its manifest.
fn of_their_files(stop: Stop, read: &[DataFile], drafts: &[Draft], sources: &SourceMap) -> Stop {
    let theirs = || read.iter().filter(|file| !file.is_there && !file.shown.is_empty());
    let own = |text: &str| {
        theirs().fold(text.to_owned(), |text, file| text.replace(&format!("datasets/{}", file.name), &file.shown))
    };
    // The file that a place in a manifest is about.
    let behind = |one: &Diagnostic| {
        let path = &sources.file(one.span?.file).path;
        let draft = drafts.iter().find(|draft| *path == format!("datasets/{}.yaml", draft.name))?;
        theirs().find(|file| file.name == draft.file).map(|file| file.shown.clone())
    };
    let of_file = |mut one: Diagnostic| {
        if let Some(shown) = behind(&one) {
            (one.span, one.location) = (None, Some(shown));
            one.label.clear();
            one.labels.clear();
        }
        one.message = own(&one.message);
        one.location = one.location.map(|place| own(&place));
        one.notes = one.notes.iter().map(|note| own(note)).collect();
        if one.help.iter().any(|help| help.contains("datasets/") || help.contains("manifest")) {
            one.help = vec!["mend the file, or write its manifest by hand: docs/manifests.md".to_owned()];
        }
        one
    };
    match stop {
        Stop::Findings(found) => Stop::Findings(found.into_iter().map(of_file).collect()),
        // Nothing was written yet where it is the command that is wrong.
        other => other,
    }
}

fn usage(message: &str, place: &str) -> Stop {
    Stop::Configuration(vec![Diagnostic::error(ids::USAGE, message).located(place)])
}

/// A file of data.
struct DataFile {
    /// Its bytes; none where they lie where they are to lie.
    bytes: Vec<u8>,
    /// Its name below datasets/.
    name: String,
    /// The same without its ending.
    stem: String,
    /// Its path as it was given; empty of an example.
    shown: String,
    /// Its rows.
    sheet: Sheet,
    /// Whether it lies in the project already.
    is_there: bool,
}

/// Reads the files; all that nothing can be made of are told at once.
fn read(system: &dyn System, wanted: &Wanted) -> Result<Vec<DataFile>, Stop> {
    let (mut files, mut found): (Vec<DataFile>, Vec<Diagnostic>) = (Vec::new(), Vec::new());
    if wanted.files.is_empty() {
        for (name, text) in EXAMPLE {
            let sheet = Sheet::read(text.as_bytes()).map_err(|why| Error::Defect(format!("the example: {why}")))?;
            let stem = name.trim_end_matches(".csv").to_owned();
            files.push(DataFile {
                bytes: text.as_bytes().to_vec(),
                name: name.to_owned(),
                stem,
                shown: String::new(),
                sheet,
                is_there: false,
            });
        }
        return Ok(files);
    }
    let inside = system.real_path(&wanted.root.join("datasets")).ok();
    for path in &wanted.files {
        let shown = path.display().to_string();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !system.exists(path) || system.is_dir(path) {
            let what = if system.is_dir(path) { "is a folder: name the files in it" } else { "is not there" };
            found.push(Diagnostic::error(ids::FILE_MISSING, format!("`{shown}` {what}")).located(shown));
            continue;
        }
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase();
        if ["xlsx", "xls", "xlsm", "xlsb", "ods", "parquet", "pq", "db", "sqlite", "json", "ndjson", "gz", "zst", "zip"]
            .contains(&ending.as_str())
        {
            let found_one = Diagnostic::error(
                ids::USAGE,
                format!("`{name}` is no file of delimited text, of which alone a manifest can be drafted"),
            );
            found.push(
                found_one.located(shown).help("save it as CSV, or write its manifest by hand: docs/manifests.md"),
            );
            continue;
        }
        let bytes = system.read(path)?;
        let sheet = match Sheet::read(&bytes) {
            Ok(sheet) => sheet,
            Err(why) => {
                found.push(
                    Diagnostic::error(ids::TABLE_EMPTY, format!("nothing can be made of `{name}`: {why}"))
                        .located(shown),
                );
                continue;
            }
        };
        // What stands for other characters in a path of a manifest is no part of a name there.
        let safe: String =
            name.chars().map(|c| if "*?[]\\:".contains(c) || c.is_control() { '_' } else { c }).collect();
        let is_there = inside
            .as_ref()
            .is_some_and(|inside| system.real_path(path).is_ok_and(|real| real.parent() == Some(inside)))
            && safe == name;
        if files.iter().any(|file| file.name == safe) {
            found.push(
                Diagnostic::error(ids::USAGE, format!("two files are named `{name}`"))
                    .located(shown)
                    .help("rename one"),
            );
            continue;
        }
        let stem = safe.rsplit_once('.').map_or(safe.as_str(), |(stem, _)| stem).to_owned();
        files.push(DataFile { bytes, name: safe, stem, shown, sheet, is_there });
    }
    if !found.is_empty() {
        return Err(Stop::Configuration(found));
    }
    alike(&mut files);
    Ok(files)
}

/// Files that come together are in one encoding, as a rule: that of the largest of those that are not UTF-8.
fn alike(files: &mut [DataFile]) {
    let beyond = |file: &DataFile| file.bytes.iter().filter(|byte| !byte.is_ascii()).count();
    let likely = files.iter().filter(|file| file.sheet.encoding_why.starts_with(text::LIKELY));
    let Some(encoding) = likely.max_by_key(|file| beyond(file)).map(|file| file.sheet.encoding) else { return };
    for file in files {
        if let Some(sheet) = Sheet::read_beside(&file.bytes, encoding) {
            file.sheet = sheet;
        }
    }
}

fn refuse_to_overwrite<'p>(
    system: &dyn System,
    root: &Path,
    paths: impl Iterator<Item = &'p String>,
) -> Result<(), Stop> {
    let there = paths.filter(|path| system.exists(&root.join(path)));
    let found: Vec<Diagnostic> = there
        .map(|path| {
            let found =
                Diagnostic::error(ids::USAGE, format!("`{path}` is there already, and nothing is written over"));
            found.located(root.join(path).display().to_string()).help("name another folder: `tierwright init DIR`")
        })
        .collect();
    if found.is_empty() { Ok(()) } else { Err(Stop::Configuration(found)) }
}

/// The project's name: that of its folder.
fn project_name(system: &dyn System, root: &Path) -> String {
    let real = system.real_path(root).unwrap_or_else(|_| root.to_owned());
    let name = real.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let safe: String =
        name.chars().map(|c| if "/\\:*?\"<>|".contains(c) || c.is_control() { '_' } else { c }).collect();
    match safe.trim().trim_start_matches('.') {
        "" => "project".to_owned(),
        name => name.chars().take(60).collect(),
    }
}

/// Renames columns of the customers that rules and runs add themselves.
fn free_names(customers: &mut Draft) {
    let own: Vec<String> = customers.columns.iter().map(|column| column.guess.column.name.clone()).collect();
    for column in customers.columns.iter_mut().map(|column| &mut column.guess.column) {
        if rules::is_taken(&column.name) {
            let mut taken = own.iter().map(|name| (name.clone(), 1)).collect();
            column.name = names::unlike(&format!("{}_given", column.name), &mut taken);
        }
    }
}

/// Gives the customers' table a key where none of its columns is one: a copy of the file with the numbers of its rows.
fn number_rows(drafts: &mut [Draft], customers: usize, written: &mut Vec<(String, String)>) {
    let draft = &mut drafts[customers];
    if draft.key.len() == 1 {
        return;
    }
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut taken = BTreeMap::from([("row".to_owned(), 1)]);
    let mut header = vec!["row".to_owned()];
    for at in 0..draft.sheet.width {
        let own = draft.sheet.header.get(at).filter(|name| !name.trim().is_empty());
        let own = own.cloned().unwrap_or_else(|| format!("column{}", at + 1));
        header.push(names::unlike(&own, &mut taken));
    }
    let mut text = header.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(",") + "\n";
    let width = draft.sheet.width;
    draft.sheet.rows.iter_mut().for_each(|row| row.resize(width, String::new()));
    // What is to be set aside is there, too, as wide as it is.
    for (number, row) in draft.sheet.rows.iter_mut().chain(&mut draft.sheet.aside).enumerate() {
        row.insert(0, (number + 1).to_string());
        text += &(row.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\n");
    }
    let stem = draft.file.rsplit_once('.').map_or(draft.file.clone(), |(stem, _)| stem.to_owned());
    draft.file = format!("{stem}-rows.csv");
    let sheet = Sheet {
        header,
        header_skipped: None,
        header_sure: Sure::Sure,
        header_why: "it was written so".to_owned(),
        before: 0,
        comments: false,
        width: draft.sheet.width + 1,
        between: text::Between::Byte(b','),
        is_regular: true,
        short: 0,
        long: draft.sheet.aside.len(),
        encoding: crate::manifest::model::Encoding::Utf8,
        encoding_why: "it was written so".to_owned(),
        ..draft.sheet.clone()
    };
    draft.sheet = sheet;
    for column in &mut draft.columns {
        column.at += 1;
        let name = draft.sheet.header[column.at].clone();
        column.guess.column.from = name;
    }
    let mut guess = column::guess("row", draft.sheet.column(0), false);
    guess.column.from = "row".to_owned();
    let taken: Vec<&str> = draft.columns.iter().map(|column| column.guess.column.name.as_str()).collect();
    guess.column.name = ["row", "row_number", "number_of_row"]
        .into_iter()
        .find(|name| !taken.contains(name))
        .unwrap_or("row")
        .to_owned();
    guess.why = "numbered here, because no column tells customers apart".to_owned();
    draft.columns.insert(0, tables::Drafted { guess, at: 0 });
    (draft.key, draft.keyless, draft.repeated, draft.is_derived) = (vec![0], 0, 0, false);
    draft.links.iter_mut().for_each(|link| link.column += 1);
    written.push((format!("datasets/{}", draft.file), text));
}

/// The texts of a project.
struct Texts<'a> {
    name: String,
    drafts: &'a [Draft],
    customers: usize,
    rules: &'a Rules,
    as_of: Date,
}

impl Texts<'_> {
    /// Writes the project: first with made-up lines between tiers and room for any row, then with what evaluating that has shown.
    fn write(
        &self,
        system: &dyn System,
        root: &Path,
        read: &[DataFile],
        numbered: &[(String, String)],
        written: &mut Written<'_>,
        sources: &mut SourceMap,
    ) -> Result<Drafted, Stop> {
        let rules = self.rules;
        let room: BTreeMap<String, Aside> =
            self.drafts.iter().map(|draft| (draft.name.clone(), Aside::any())).collect();
        let first = self.texts(&rules.tiers(4), &SOME_LINES, None, &room);
        let data =
            read.iter().filter(|file| !file.is_there).map(|file| (format!("datasets/{}", file.name), &file.bytes[..]));
        let texts = first.iter().chain(numbered).map(|(path, text)| (path.clone(), text.as_bytes()));
        let new: Vec<(String, &[u8])> = texts.chain(data).collect();
        refuse_to_overwrite(system, root, new.iter().map(|(path, _)| path))?;
        for (path, bytes) in &new {
            written.write(path, bytes)?;
        }
        let Evaluated { values, aside } = evaluated(system, root, sources)?;
        let known: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
        let lines = rules::lines(&known);
        let tiers = rules.tiers(lines.len() + 1);
        let tier = |value: f64| tiers[lines.iter().filter(|line| value >= **line).count()];
        let best = values.iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let best = best.map(|(key, value)| (key.as_str(), tier(*value)));
        for (path, text) in &self.texts(&tiers, &lines, best, &aside) {
            written.replace(path, text)?;
        }
        written.folder(&root.join(FOLDER))?;
        let schemas = schemas::write(system, root)?;
        let count = |name: &str| values.iter().filter(|(_, value)| tier(*value) == name).count() as u64;
        let mut files: Vec<String> = new.into_iter().map(|(path, _)| path).chain(schemas.schemas).collect();
        files.sort();
        Ok(Drafted {
            files,
            notes: notes::notes(self.drafts, self.customers, &aside, self.as_of),
            customer: rules.customer.clone(),
            tiers: tiers.iter().rev().map(|tier| ((*tier).to_owned(), count(tier))).collect(),
        })
    }

    /// Every text with its path, the line for editors in front.
    fn texts(
        &self,
        tiers: &[&str],
        lines: &[f64],
        first: Option<(&str, &str)>,
        aside: &BTreeMap<String, Aside>,
    ) -> Vec<(String, String)> {
        let rules = self.rules;
        let mut texts = vec![
            ("tierwright.yaml".to_owned(), rules.project(&self.name, tiers, self.as_of)),
            ("rules/profile.rhai".to_owned(), rules.profile()),
            ("rules/value.rhai".to_owned(), rules.value()),
            ("rules/tier.rhai".to_owned(), rules.tier(tiers)),
            ("rules/policy.rhai".to_owned(), Rules::policy()),
            ("rules/parameters.yaml".to_owned(), rules.parameters(tiers, lines)),
            ("rules/tests/tiers.rtest".to_owned(), rules.cases(tiers, lines, first, self.as_of)),
        ];
        for draft in self.drafts {
            texts.push((
                format!("datasets/{}.yaml", draft.name),
                yaml::manifest(draft, self.drafts, aside.get(&draft.name)),
            ));
        }
        for (path, text) in &mut texts {
            if let Some(file) = File::of(path) {
                *text = format!("{}\n{text}", file.head(path));
            }
        }
        texts
    }
}

/// What the first texts give.
struct Evaluated {
    /// The keys of the customers and their values.
    values: Vec<(String, f64)>,
    /// Rows that do not fit, by table.
    aside: BTreeMap<String, Aside>,
}

/// Evaluates the project as it stands in its folder.
fn evaluated(system: &dyn System, root: &Path, sources: &mut SourceMap) -> Result<Evaluated, Stop> {
    let request = Request { root: root.to_owned(), dry_run: true, ..Request::default() };
    let plan = plan::plan(system, &request, sources)?;
    let pool = engine::thread_pool(None)?;
    let memory = Memory { dry_run: true, ..Memory::default() };
    let mut local = LocalEngine::new(system, &plan, sources, &pool)?.with(request.engine).with_memory(memory);
    let loaded = local.load(None).map_err(|failed| match failed {
        LoadFailed::Error(error) => Stop::Error(error),
        LoadFailed::Findings(found, _) => Stop::Findings(found),
    })?;
    let aside = aside::found(&loaded)?;
    let outcome = execute_unwatched(system, &plan, request.engine, &mut local, &loaded, None)?.outcome;
    let keys = outcome.column(&outcome.key);
    let keys = keys.ok_or_else(|| Error::Defect("customers without keys".to_owned()))?;
    let keys = keys.cast(&polars::prelude::DataType::String).map_err(|e| Error::Defect(format!("keys: {e}")))?;
    let keys = keys.str().map_err(|e| Error::Defect(format!("keys: {e}")))?;
    let valued = keys.iter().zip(&outcome.value);
    let values = valued.filter_map(|(key, value)| Some((key?.to_owned(), (*value)?))).collect();
    Ok(Evaluated { values, aside })
}
