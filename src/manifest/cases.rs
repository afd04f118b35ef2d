//! Files of cases, `rules/tests/*.rtest`: example customers and what each must get.
//!
//! In: the project's folder. Out: [`CaseFile`]s: what the files say, each value with its place, rows of tables made cases of
//! their own, and diagnostics. Must not know: which columns there are and of what type; `rule_test` holds a case against
//! the project. Start at [`load`].

use super::field::{Field, Fields, Findings};
use super::files::{Files, of_rules, unreadable};
use super::shape::cases as shape;
use super::yaml::{self, Entry, Kind, Node};
use crate::diag::{self, Diagnostic, ids};
use crate::source::{SourceMap, Span};
use crate::system::System;
use jiff::civil::Date;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// How the files' names end.
pub const EXTENSION: &str = "rtest";

/// Where they lie, unless an analyst wants it otherwise.
pub const FOLDER: &str = "rules/tests";

/// What stands between what is given and what is expected in a table.
const ARROW: &str = "=>";

/// The head of a table that expects a customer to be undetermined.
const UNDETERMINED: &str = "undetermined";

/// One file.
#[derive(Clone, Debug)]
pub struct CaseFile {
    /// Its path as messages show it.
    pub path: String,
    /// Where it is.
    pub place: PathBuf,
    /// Its cases, in order.
    pub cases: Vec<Case>,
}

/// One customer, and what it must get.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name; a table's rows have their number behind it.
    pub name: String,
    /// Where it is written: its name, or its row.
    pub span: Span,
    /// As-of date instead of the project's.
    pub as_of: Option<(Date, Span)>,
    /// Parameters set for it, as `lines.strategic=80`, each with its place.
    pub set: Vec<(String, Span)>,
    /// The key of a customer of the project's data.
    pub key: Option<Node>,
    /// What is written behind `c.` in rules: columns, references, related rows.
    pub customer: Vec<Entry>,
    /// Rows of other tables, by table.
    pub tables: Vec<Entry>,
    /// Other customers, whom population functions count.
    pub population: Vec<Node>,
    /// What must come of it.
    pub expected: Expected,
    /// Whether a person has yet to look at what is expected.
    pub review: bool,
}

/// What must come of a case.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// Columns with their values.
    pub columns: Vec<Entry>,
    /// Why the customer is undetermined.
    pub undetermined: Option<Undetermined>,
    /// The id of what stops the run.
    pub error: Option<Node>,
}

/// Why a customer must be undetermined; what is not said may be anything.
#[derive(Clone, Debug)]
pub struct Undetermined {
    /// Where that stands.
    pub span: Span,
    /// The step that fails.
    pub step: Option<Node>,
    /// What kind of failure it is.
    pub kind: Option<Node>,
    /// A part of the cause's text.
    pub text: Option<Node>,
}

/// Reads every `*.rtest` under `rules/`. Texts are added to `sources`; no run depends on them.
///
/// # Errors
/// As findings: `file-unreadable`, `encoding`, `yaml`, `unknown-key`, `missing-key`, `wrong-value`, `duplicate-name`.
pub fn load(system: &dyn System, root: &Path, sources: &mut SourceMap) -> (Vec<CaseFile>, Vec<Diagnostic>) {
    let mut files = Files { system, root, sources, findings: Vec::new() };
    let mut read = Vec::new();
    match of_rules(system, root, EXTENSION) {
        Ok(paths) => {
            for (path, place) in paths {
                let Some(node) = files.yaml(&path) else { continue };
                let cases = file(&path, &node, &mut files.findings);
                read.push(CaseFile { path, place, cases });
            }
        }
        Err(error) => files.findings.push(unreadable("rules", &error)),
    }
    let mut findings = files.findings;
    diag::sort(&mut findings);
    (read, findings)
}

/// The cases of a text that is no file yet.
///
/// # Errors
/// As findings: those of [`load`].
pub fn parse(path: &str, text: &str, sources: &mut SourceMap) -> (Vec<Case>, Vec<Diagnostic>) {
    let id = sources.add(path, text);
    let mut findings = Vec::new();
    match yaml::parse(id, &sources.file(id).text) {
        Ok(node) => (file(path, &node, &mut findings), findings),
        Err(found) => (Vec::new(), found),
    }
}

/// What a file or a case says of the customers' surroundings.
#[derive(Clone, Debug, Default)]
struct Setting {
    as_of: Option<(Date, Span)>,
    set: Vec<(String, Span)>,
    customer: Vec<Entry>,
    tables: Vec<Entry>,
    population: Vec<Node>,
    review: bool,
}

pub(super) fn file(path: &str, root: &Node, findings: &mut Findings) -> Vec<Case> {
    let field = Field::root(root, path);
    let Some(fields) = Fields::open(&field, "a file of cases", &shape::FILE, findings) else { return Vec::new() };
    let common = setting(&fields, &Setting::default(), findings);
    let cases = fields.need("cases", findings).and_then(|field| field.list(findings)).unwrap_or_default();
    let mut found = Vec::new();
    let mut names: HashMap<String, Span> = HashMap::new();
    for item in cases {
        let Some(fields) = Fields::open(&item, "a case", &shape::CASE, findings) else { continue };
        let Some(name) = fields.need("case", findings) else { continue };
        let Some(text) = name.name(findings) else { continue };
        match names.get(&text) {
            Some(first) => {
                let found = name.finding(ids::DUPLICATE_NAME, format!("two cases are named `{text}`"));
                findings.push(found.label(*first, "first here").help("give each its own name"));
            }
            None => {
                names.insert(text.clone(), name.place());
            }
        }
        found.extend(case(&fields, &name, text, &common, findings));
    }
    found
}

/// The keys that a file gives for all of its cases and a case for itself: what is nearer goes before.
fn setting(fields: &Fields<'_>, common: &Setting, findings: &mut Findings) -> Setting {
    let mut own = common.clone();
    if let Some(field) = fields.get("as_of") {
        own.as_of = field.date(findings).map(|date| (date, field.place()));
    }
    if let Some(entries) = fields.get("set").and_then(|field| field.entries(findings)) {
        own.set.extend(entries.iter().filter_map(|entry| assignment(entry, findings)));
    }
    for (key, place) in [("customer", &mut own.customer), ("tables", &mut own.tables)] {
        let Some(field) = fields.get(key) else { continue };
        match &field.value.kind {
            Kind::Map(entries) => lay_over(place, entries),
            _ => findings.push(field.wrong("a map")),
        }
    }
    if let Some(items) = fields.get("population").and_then(|field| field.list(findings)) {
        own.population = items.iter().map(|item| item.value.clone()).collect();
    }
    if let Some(review) = fields.get("review").and_then(|field| field.bool(findings)) {
        own.review = review;
    }
    own
}

/// `lines.strategic: 80` as `lines.strategic=80`.
fn assignment(entry: &Field<'_>, findings: &mut Findings) -> Option<(String, Span)> {
    let text = match &entry.value.kind {
        Kind::List(items) => {
            let items: Option<Vec<&str>> = items.iter().map(Node::scalar_text).collect();
            items.map(|items| format!("[{}]", items.join(", ")))
        }
        _ => entry.value.scalar_text().map(str::to_owned),
    };
    match text {
        Some(text) => Some((format!("{}={text}", entry.key), entry.at)),
        None => {
            findings.push(entry.wrong("a value, or a list of values").help("write lines.strategic: 80"));
            None
        }
    }
}

/// Enters what `over` says into `base`: maps key by key, anything else whole.
fn lay_over(base: &mut Vec<Entry>, over: &[Entry]) {
    for entry in over {
        match base.iter_mut().find(|own| own.key == entry.key) {
            None => base.push(entry.clone()),
            Some(own) => match (&mut own.value.kind, &entry.value.kind) {
                (Kind::Map(inner), Kind::Map(more)) => {
                    lay_over(inner, more);
                    own.span = entry.span;
                }
                _ => *own = entry.clone(),
            },
        }
    }
}

fn case(fields: &Fields<'_>, name: &Field<'_>, text: String, common: &Setting, findings: &mut Findings) -> Vec<Case> {
    // A customer of the project's data has all that it needs from there.
    let bare = Setting { customer: Vec::new(), tables: Vec::new(), population: Vec::new(), ..common.clone() };
    let own = setting(fields, if fields.get("key").is_some() { &bare } else { common }, findings);
    let expected = expected(fields, findings);
    let key = fields.get("key").map(|field| field.value.clone());
    if let Some(key) = &key
        && key.scalar_text().is_none()
    {
        findings.push(name.finding(ids::WRONG_VALUE, "`key` must be the key of a customer").at(key.span));
    }
    let case = Case {
        name: text,
        span: name.place(),
        as_of: own.as_of,
        set: own.set,
        key,
        customer: own.customer,
        tables: own.tables,
        population: own.population,
        expected,
        review: own.review,
    };
    let says_nothing =
        case.expected.columns.is_empty() && case.expected.undetermined.is_none() && case.expected.error.is_none();
    match fields.get("table") {
        Some(table) => rows(&case, &table, findings),
        None if says_nothing => {
            let message = format!("the case `{}` expects nothing", case.name);
            let found = name.finding(ids::MISSING_KEY, message);
            findings.push(found.help("write what it must get under `expect:`, `undetermined:` or `error:`"));
            Vec::new()
        }
        None => vec![case],
    }
}

fn expected(fields: &Fields<'_>, findings: &mut Findings) -> Expected {
    let columns = match fields.get("expect") {
        None => Vec::new(),
        Some(field) => match &field.value.kind {
            Kind::Map(entries) => entries.clone(),
            _ => {
                findings.push(field.wrong("a map of columns and values").help("write expect: { tier: strategic }"));
                Vec::new()
            }
        },
    };
    let undetermined = fields.get(UNDETERMINED).and_then(|field| undetermined(&field, findings));
    let error = fields.get("error");
    if let Some(error) = error.as_ref().filter(|error| error.value.scalar_text().is_none()) {
        findings.push(error.wrong("the id of what stops the run"));
    }
    if let Some(error) = error.as_ref().filter(|_| undetermined.is_some() || !columns.is_empty()) {
        let message = "a case that stops the run gives no columns and no undetermined customer";
        findings.push(error.wrong_value(message).help("take `error`, or `expect` and `undetermined`, out"));
    }
    Expected { columns, undetermined, error: error.map(|field| field.value.clone()) }
}

/// `true`, a part of the cause's text, or a map of what it must be.
fn undetermined(field: &Field<'_>, findings: &mut Findings) -> Option<Undetermined> {
    let any = Undetermined { span: field.place(), step: None, kind: None, text: None };
    match &field.value.kind {
        Kind::Bool(true) => Some(any),
        Kind::Text(_) => Some(Undetermined { text: Some(field.value.clone()), ..any }),
        Kind::Map(_) => {
            let fields = Fields::open(field, "`undetermined`", &shape::UNDETERMINED, findings)?;
            let part = |key: &str| fields.get(key).map(|part| part.value.clone());
            Some(Undetermined { step: part("step"), kind: part("kind"), text: part("text"), ..any })
        }
        _ => {
            let found = field.wrong("true, a part of the cause's text, or a map with the keys step, kind, text");
            findings.push(found);
            None
        }
    }
}

/// The rows of a table as cases: what stands before `=>` is given, what stands behind it expected.
fn rows(case: &Case, table: &Field<'_>, findings: &mut Findings) -> Vec<Case> {
    let Some(items) = table.list(findings) else { return Vec::new() };
    let cells = |item: &Field<'_>| match &item.value.kind {
        Kind::List(cells) => Some(cells.clone()),
        _ => None,
    };
    let help = "write `- [value, =>, tier]` first, then a row such as `- [75.0, =>, strategic]`";
    let is_arrow = |cell: &Node| cell.scalar_text() == Some(ARROW);
    let Some((head, names)) = items.first().and_then(|head| Some((head, cells(head)?))) else {
        findings.push(table.wrong_value("`table` has no line of names").help(help));
        return Vec::new();
    };
    let arrows: Vec<usize> = (0..names.len()).filter(|at| is_arrow(&names[*at])).collect();
    let [arrow] = arrows.as_slice() else {
        findings.push(head.wrong_value("the names of `table` need one `=>` before what is expected").help(help));
        return Vec::new();
    };
    let mut found = Vec::new();
    for (number, item) in items.iter().enumerate().skip(1) {
        let Some(cells) = cells(item) else {
            findings.push(item.wrong("a list, as the line of names is").help(help));
            continue;
        };
        if cells.len() != names.len() || !is_arrow(&cells[*arrow]) {
            let (given, expected) = (*arrow, names.len() - arrow - 1);
            let message = format!("a row of this table has {given} values, `=>`, and {expected} values");
            findings.push(item.wrong_value(message).label(head.place(), "as the names here"));
            continue;
        }
        let mut own = Case { name: format!("{}, row {number}", case.name), span: item.place(), ..case.clone() };
        for (at, (name, cell)) in names.iter().zip(&cells).enumerate().filter(|(at, _)| at != arrow) {
            let Some(text) = name.scalar_text() else {
                findings.push(Diagnostic::error(ids::WRONG_VALUE, "a name of `table` must be text").at(name.span));
                continue;
            };
            let entry = Entry { key: text.to_owned(), span: name.span, value: cell.clone() };
            if at < *arrow {
                lay_over(&mut own.customer, &[nested(entry)]);
            } else if text != UNDETERMINED {
                own.expected.columns.push(entry);
            } else if !matches!(cell.kind, Kind::Null) {
                own.expected.undetermined = undetermined(&Field::of(&entry), findings);
            }
        }
        if own.expected.undetermined.is_some() {
            // Who is undetermined has no value in the columns beside it.
            own.expected.columns.retain(|entry| !matches!(entry.value.kind, Kind::Null));
        }
        found.push(own);
    }
    if items.len() == 1 {
        findings.push(table.wrong_value("`table` has names and no rows").help(help));
    }
    found
}

/// `prior.tier` as a map within a map.
fn nested(entry: Entry) -> Entry {
    let Some((first, rest)) = entry.key.split_once('.') else { return entry };
    let (first, rest) = (first.to_owned(), rest.to_owned());
    let span = entry.span;
    let inner = nested(Entry { key: rest, ..entry });
    let value = Node { span: inner.value.span, kind: Kind::Map(vec![inner]), source: String::new() };
    Entry { key: first, span, value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn read(text: &str) -> (Vec<Case>, Vec<String>) {
        let node = yaml::parse(FileId(0), text).unwrap();
        let mut findings = Vec::new();
        let cases = file("rules/tests/a.rtest", &node, &mut findings);
        (cases, findings.into_iter().map(|found| format!("{}: {}", found.id.name(), found.message)).collect())
    }

    fn shown(entries: &[Entry]) -> String {
        let value = |node: &Node| match &node.kind {
            Kind::Map(inner) => format!("{{{}}}", shown(inner)),
            Kind::List(items) => format!("{} items", items.len()),
            _ => node.source.clone(),
        };
        entries.iter().map(|e| format!("{}={}", e.key, value(&e.value))).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_nearer_goes_before() {
        let (cases, found) = read(
            "as_of: 2018-01-01\nset: { band: 3 }\ncustomer: { a: 1, prior: { tier: x, cycles: 1 } }\ncases:\n\
             - case: one\n  set: { band: 4 }\n  customer: { b: 2, prior: { tier: y } }\n  expect: { t: z }\n\
             - case: two\n  as_of: 2017-04-01\n  customer: { prior: ~ }\n  undetermined: no sector\n",
        );
        assert_eq!(found, [""; 0]);
        assert_eq!(shown(&cases[0].customer), "a=1 prior={tier=y cycles=1} b=2");
        assert_eq!(cases[0].set.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>(), ["band=3", "band=4"]);
        assert_eq!(shown(&cases[1].customer), "a=1 prior=~");
        assert_eq!(cases[1].as_of.map(|(date, _)| date.to_string()).as_deref(), Some("2017-04-01"));
        assert!(cases[1].expected.columns.is_empty() && cases[1].expected.undetermined.is_some());
    }

    #[test]
    fn each_row_of_a_table_is_a_case() {
        let (cases, found) = read(
            "cases:\n- case: 线\n  customer: { 月: 3 }\n  table:\n  - [value, prior.tier, =>, tier, undetermined]\n\
             \x20 - [75.0, ~, =>, strategic, ~]\n  - [1.0, alien, =>, ~, alien]\n",
        );
        assert_eq!(found, [""; 0]);
        let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names, ["线, row 1", "线, row 2"]);
        assert_eq!(shown(&cases[0].customer), "月=3 value=75.0 prior={tier=~}");
        assert_eq!(shown(&cases[0].expected.columns), "tier=strategic");
        assert_eq!(shown(&cases[1].expected.columns), "");
        assert_eq!(
            cases[1].expected.undetermined.as_ref().and_then(|u| u.text.as_ref()).map(|n| n.source.as_str()),
            Some("alien")
        );
    }

    #[test]
    fn what_is_wrong_is_told() {
        let case = |rest: &str| format!("cases:\n- case: x\n{rest}");
        for (text, wanted) in [
            ("cases: 3\n".to_owned(), "wrong-value: `cases` must be a list, found the int `3`"),
            ("as_of: 2018-01-01\n".to_owned(), "missing-key: a file of cases needs the key `cases`"),
            ("case: []\n".to_owned(), "unknown-key: a file of cases has no key `case`"),
            ("cases:\n- expect: { a: 1 }\n".to_owned(), "missing-key: a case needs the key `case`"),
            (case(""), "missing-key: the case `x` expects nothing"),
            (case("  expect: 3\n"), "wrong-value: `expect` must be a map of columns and values, found the int `3`"),
            (case("  expects: { a: 1 }\n"), "unknown-key: a case has no key `expects`"),
            (case("  customer: [1]\n  expect: { a: 1 }\n"), "wrong-value: `customer` must be a map, found a list"),
            (
                case("  as_of: 1/4/2017\n  expect: { a: 1 }\n"),
                "wrong-value: `as_of` must be a date as 2018-01-31, found the text `1/4/2017`",
            ),
            (
                case("  error: limit\n  expect: { a: 1 }\n"),
                "wrong-value: a case that stops the run gives no columns and no undetermined customer",
            ),
            (case("  table: []\n"), "wrong-value: `table` has no line of names"),
            (
                case("  table: [[a, b], [1, 2]]\n"),
                "wrong-value: the names of `table` need one `=>` before what is expected",
            ),
            (case("  table: [[a, =>, b]]\n"), "wrong-value: `table` has names and no rows"),
            (
                case("  table: [[a, =>, b], [1, 2]]\n"),
                "wrong-value: a row of this table has 1 values, `=>`, and 1 values",
            ),
            (
                case("  set: { a: { b: 1 } }\n  expect: { a: 1 }\n"),
                "wrong-value: `a` must be a value, or a list of values, found a map",
            ),
            (case("  key: { a: 1 }\n  expect: { a: 1 }\n"), "wrong-value: `key` must be the key of a customer"),
            (case("  expect: { a: 1 }\n- case: x\n  expect: { a: 1 }\n"), "duplicate-name: two cases are named `x`"),
        ] {
            let (_, found) = read(&text);
            assert!(found.iter().any(|f| f == wanted), "{text}\n{found:#?}");
        }
    }
}
