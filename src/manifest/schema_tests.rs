//! The schemas against the parser: what they refuse it refuses, a key that it does not know they do not either, and each key is in both.

use super::super::files::Files;
use super::super::held::{self, Place};
use super::super::shape::{self, Is, Shape};
use super::super::tests::blocks;
use super::super::validator_tests::faults;
use super::super::yaml::{self, Entry, Kind, Node};
use super::super::{cases, load, parameters, project, table};
use super::File;
use crate::diag::Diagnostic;
use crate::source::{FileId, SourceMap};
use crate::system::Os;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What the manual's examples do not have: keys of other pages.
const FURTHER: [(File, &str); 7] = [
    (
        File::Project,
        "name: a\ncustomer: a\nsteps: [tier]\ndecision: { order: [low] }\n\
         aliases: { table: renamed, old: old, new: new, from: from, merge: own }\n\
         plan:\n  actuals: { rows: orders, date: day, amount: net, from: 2017-01-01 }\n  year: this\n  growth: growth\n  by: [region]\n\
         \x20 capacity: { demand: visits, owner: owner, table: agents, key: agent, capacity: most }\n\
         \x20 monitor: { owner: owner, short: 0.1, severe: 0.3, least: 100 }\n  models: 10\nundetermined: keep_prior\n",
    ),
    (
        File::Table,
        "source: { format: postgres, connection: CRM, query: select a from t order by a, order_by: [a], timeout: 1min }\n\
         columns: { a: text, b: decimal(12,2), c: float }\nkey: [a]\nrows: { is: [1, 9], severity: warn }\n",
    ),
    (
        File::Table,
        "source: { path: [a.dat], format: csv, quote: none, union: { missing_columns: allowed } }\n\
         columns: { a: { type: text, absent: missing, case: lower, unicode: nfc, empty: missing } }\n",
    ),
    (
        File::Cases,
        "as_of: 2018-01-01\nset: { P.a: 1 }\ncustomer: { a: 1 }\ntables: { t: [] }\npopulation: [{ a: 2 }]\nreview: true\ncases:\n\
         - { case: 一, as_of: 2017-01-01, customer: { b: ~ }, expect: { tier: high }, review: false }\n\
         - { case: two, key: 7, undetermined: { step: tier, kind: missing, text: no } }\n\
         - { case: three, undetermined: true }\n- { case: four, error: limit }\n\
         - { case: five, table: [[a, =>, b], [1, =>, 2]] }\n",
    ),
    (File::Parameters, ""),
    (
        File::Table,
        "source: a.csv\ncolumns: { a: text, b: text, ours: bool, rank: { type: float, graph: pagerank } }\nkey: a\n\
         references: { owner: { table: c, column: b } }\n\
         graph:\n  ties: t\n  from: one\n  to: other\n  weight: w\n  directed: true\n\
         \x20 reach: { customer: owner, ours: ours, influence: i, role: r, roles: [user], steps: 3, decay: 0.5 }\n",
    ),
    (
        File::Parameters,
        "weights:\n  ahp: { a: { b: 3, c: 5 }, b: { c: 2/1 } }\n  method: geometric_mean\n  accept: 0.2\n  meaning: What counts.\n\
         alike: { equal: [a, b], meaning: What counts. }\n",
    ),
];

/// Files that must be valid, each with where it comes from.
fn good() -> Vec<(String, File, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let pages = ["manifests", "cycles", "planning", "testing", "networks", "models"];
    for page in pages.map(|name| format!("docs/{name}.md")) {
        let text = std::fs::read_to_string(root.join(&page)).unwrap();
        for (kind, block) in blocks(&text) {
            let file = match kind.split(' ').take(2).collect::<Vec<_>>().as_slice() {
                ["yaml", "tierwright"] => File::Project,
                ["yaml", "table"] => File::Table,
                ["yaml", "parameters"] => File::Parameters,
                _ => continue,
            };
            found.push((format!("{page}, {kind}"), file, block.to_owned()));
        }
    }
    assert_eq!(found.iter().filter(|(place, _, _)| place.starts_with("docs/manifests")).count(), 18);
    let mut projects = vec![root.to_owned()];
    let folders = std::fs::read_dir(root.join("tests/projects")).unwrap().map(|entry| entry.unwrap().path());
    projects.extend(folders.filter(|path| path.is_dir()));
    assert!(projects.len() > 9, "{projects:?}");
    for project in projects {
        for path in files_of(&project) {
            let name = path.strip_prefix(&project).unwrap().to_string_lossy().replace('\\', "/");
            let Some(file) = File::of(&name) else { continue };
            found.push((path.display().to_string(), file, std::fs::read_to_string(&path).unwrap()));
        }
    }
    found.extend(FURTHER.iter().map(|(file, text)| ("further".to_owned(), *file, (*text).to_owned())));
    found
}

fn files_of(project: &Path) -> Vec<PathBuf> {
    let mut found = vec![project.join("tierwright.yaml")];
    let mut folders = vec![project.join("datasets"), project.join("rules")];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

/// A tree as JSON has it.
fn json_of(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(value) => json!(value),
        Kind::Int(value) => json!(value),
        Kind::Float(value) => json!(value),
        Kind::Text(text) => json!(text),
        Kind::List(items) => items.iter().map(json_of).collect(),
        Kind::Map(entries) => Value::Object(entries.iter().map(|e| (e.key.clone(), json_of(&e.value))).collect()),
    }
}

fn parse(text: &str) -> Node {
    yaml::parse(FileId(0), text).unwrap_or_else(|found| panic!("{found:?}\n{text}"))
}

/// What the parser finds.
fn found(file: File, root: &Node) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    match file {
        File::Project => drop(project::read(root, &mut findings)),
        File::Table => drop(table::read("t", root, &mut findings)),
        File::Cases => drop(cases::file("a.rtest", root, &mut findings)),
        File::Parameters => {
            let rules = Path::new(env!("CARGO_MANIFEST_DIR"));
            let mut sources = SourceMap::default();
            let mut files = Files { system: &Os, root: rules, sources: &mut sources, findings };
            parameters::read(root, &mut files);
            findings = files.findings;
        }
    }
    findings.retain(Diagnostic::is_error);
    findings
}

#[test]
fn what_is_right_is_valid() {
    let mut wrong = Vec::new();
    for (place, file, text) in good() {
        let found = faults(&file.schema(), &json_of(&parse(&text)));
        wrong.extend(found.into_iter().map(|fault| format!("{place}: {fault}")));
    }
    assert_eq!(wrong, [""; 0]);
}

/// Shapes by their address, of all that a value may be.
fn shapes(is: Is, found: &mut BTreeMap<usize, &'static Shape>) {
    let mut inside = |shape: &'static Shape| {
        if found.insert(held::address(shape), shape).is_none() {
            shape.keys.iter().for_each(|key| shapes(key.is, found));
        }
    };
    match is {
        Is::Map(shape) | Is::Part(shape, ..) => inside(shape),
        Is::MapAndNames(shape, _) => inside(shape),
        Is::Rule(is, shape) | Is::LongRule(is, _, shape) => {
            inside(shape);
            shapes(*is, found);
        }
        Is::Names(_, is, _) | Is::OneName(is) | Is::List(is, _) | Is::Two(is) | Is::OneOrMore(is, _) => {
            shapes(*is, found)
        }
        Is::Any(all) => all.iter().for_each(|is| shapes(*is, found)),
        Is::First(cases, last) => cases.iter().map(|(_, is)| is).chain([last]).for_each(|is| shapes(*is, found)),
        _ => {}
    }
}

#[test]
fn every_key_is_read_and_every_key_that_is_read_is_in_a_shape() {
    // A reader that asks for a key which its shape lacks, or takes a value otherwise, panics: see `held`.
    for (_, file, text) in good() {
        found(file, &parse(&text));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    load(&Os, root, &mut SourceMap::default());
    let mut all = BTreeMap::new();
    for is in [
        Is::Map(&shape::project::PROJECT),
        Is::Map(&shape::table::TABLE),
        shape::parameters::PARAMETER,
        Is::Map(&shape::cases::FILE),
    ] {
        shapes(is, &mut all);
    }
    let [asked, needed] = held::so_far();
    // Which reader a source has is known before its keys are read; a group of parameters is told by what it lacks.
    let by_kind = [&shape::source::NDJSON, &shape::source::EXCEL, &shape::source::SQLITE, &shape::source::POSTGRES];
    let elsewhere = |(place, key): &Place| {
        by_kind.iter().any(|shape| held::address(shape) == *place && *key == "format")
            || held::address(&shape::parameters::GROUP) == *place
    };
    let keys = all.iter().flat_map(|(place, shape)| shape.keys.iter().map(|key| (*place, key)));
    let (known, must): (BTreeSet<Place>, BTreeSet<Place>) = (
        keys.clone().map(|(place, key)| (place, key.name)).filter(|place| !elsewhere(place)).collect(),
        keys.filter(|(_, key)| key.needed).map(|(place, key)| (place, key.name)).collect(),
    );
    let name = |(place, key): &Place| format!("{key} of {:?}", all.get(place).map(|shape| shape.names()));
    let unread: Vec<String> = known.difference(&asked).map(name).collect();
    assert_eq!(unread, [""; 0], "keys of a shape that no reader asks for");
    // Parameters are told apart by these two.
    let told = [held::address(&shape::parameters::VALUE), held::address(&shape::parameters::TABLE)];
    let loose: Vec<String> = must.difference(&needed).filter(|(place, _)| !told.contains(place)).map(name).collect();
    assert_eq!(loose, [""; 0], "keys that a shape needs and no reader does");
}

/// What stands in place of a value, to see who minds.
fn samples() -> Vec<Node> {
    let plain = [
        "x",
        "-1",
        "0",
        "7",
        "0.5",
        "1.5",
        "true",
        "[]",
        "[x]",
        "[1, 2]",
        "{}",
        "{ x: 1 }",
        "\"\"",
        "\" x\"",
        "2018-01-31",
        "10s",
        "text",
    ];
    plain
        .iter()
        .map(|text| parse(text))
        .chain([Node { kind: Kind::Null, source: String::new(), ..parse("x") }])
        .collect()
}

/// A tree with something wrong in it.
type Wrong = (String, Node);

/// Trees in which one value is another, one key is missing or misspelt.
fn variations(root: &Node) -> Vec<Wrong> {
    fn walk(node: &Node, path: &str, put: &dyn Fn(Node) -> Node, samples: &[Node], found: &mut Vec<Wrong>) {
        found.extend(samples.iter().map(|sample| (format!("{path} = {}", json_of(sample)), put(sample.clone()))));
        match &node.kind {
            Kind::Map(entries) => {
                for at in 0..entries.len() {
                    let with = |change: &dyn Fn(&mut Vec<Entry>)| {
                        let mut entries = entries.clone();
                        change(&mut entries);
                        put(Node { kind: Kind::Map(entries), ..node.clone() })
                    };
                    let key = format!("{path}/{}", entries[at].key);
                    found.push((format!("{key} removed"), with(&|entries| drop(entries.remove(at)))));
                    found.push((format!("{key} misspelt"), with(&|entries| entries[at].key += "x")));
                    walk(
                        &entries[at].value,
                        &key,
                        &|value| with(&|entries| entries[at].value = value.clone()),
                        samples,
                        found,
                    );
                }
            }
            Kind::List(items) => {
                for at in 0..items.len() {
                    let put = |value: Node| {
                        let mut items = items.clone();
                        items[at] = value;
                        put(Node { kind: Kind::List(items), ..node.clone() })
                    };
                    walk(&items[at], &format!("{path}/{at}"), &put, samples, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(root, "", &|node| node, &samples(), &mut found);
    found
}

#[test]
fn the_schema_and_the_parser_agree_on_what_is_wrong() {
    let texts = good().into_iter().filter(|(place, _, _)| place.starts_with("docs/") || place == "further");
    let (mut tried, mut refused, mut wrong) = (0, 0, Vec::new());
    for (place, file, text) in texts {
        let schema = file.schema();
        for (what, tree) in variations(&parse(&text)) {
            let (found, faults) = (found(file, &tree), faults(&schema, &json_of(&tree)));
            tried += 1;
            refused += usize::from(!faults.is_empty());
            if found.is_empty() && !faults.is_empty() {
                wrong.push(format!("{place}: {what}: the schema alone says {faults:?}"));
            }
            let key = |f: &&Diagnostic| f.id.name() == "unknown-key" || f.message.contains("needs the key `");
            if let (Some(found), true) = (found.iter().find(key), faults.is_empty()) {
                wrong.push(format!("{place}: {what}: the parser alone says {}", found.message));
            }
        }
    }
    assert!(tried > 10_000 && refused > tried / 3, "{tried} tried, {refused} refused");
    assert!(
        wrong.is_empty(),
        "{} differ, such as\n{}",
        wrong.len(),
        wrong.iter().take(40).cloned().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn what_is_wrong_is_not_valid() {
    let project = "name: a\ncustomer: a\nsteps: [tier]\ndecision: { order: [low] }\n";
    let table = "source: a.csv\ncolumns: { a: text }\n";
    let with = |text: &str, more: &str| format!("{text}{more}\n");
    for (file, text) in [
        (File::Project, with(project, "sumaries: []")),
        (File::Project, with(project, "interpret_limit: many")),
        (File::Project, with(project, "output: { compression: zstd(23) }")),
        (File::Project, with(project, "planning: { phases: { SP: [09-01] } }")),
        (File::Project, with(project, "scenarios: { boom: { from_year: { 51: { P.a: 1 } } } }")),
        (File::Project, with(project, "limits: { time: 10 }")),
        (File::Project, project.replace("customer: a\n", "")),
        (File::Project, project.replace("[tier]", "[1a]")),
        (File::Table, with(table, "keys: a")),
        (File::Table, with(table, "duplicates: first")),
        (File::Table, "source: { path: a.parquet, delimiter: ';' }\ncolumns: { a: text }\n".to_owned()),
        (File::Table, "source: { path: a.dat }\ncolumns: { a: text }\n".to_owned()),
        (File::Table, "source: { path: a.db, table: t, query: select 1 }\ncolumns: { a: text }\n".to_owned()),
        (File::Table, "source: a.csv\ncolumns: { a: string }\n".to_owned()),
        (File::Table, "source: a.csv\ncolumns: { a: { type: text, requird: true } }\n".to_owned()),
        (File::Table, "source: a.csv\ncolumns: { a: { unit: EUR } }\n".to_owned()),
        (File::Table, "source: a.csv\ncolumns: { a: { type: int, range: [1] } }\n".to_owned()),
        (File::Parameters, "a: { value: 1, unit: x, meening: y }\n".to_owned()),
        (File::Parameters, "a: { unit: x }\n".to_owned()),
        (File::Parameters, "g: { sum_to: 1.0 }\n".to_owned()),
        (File::Parameters, "my-line: 3\n".to_owned()),
        (File::Parameters, "unit: 3\n".to_owned()),
        (File::Parameters, "t: { table: { a: 1 }, key: b }\n".to_owned()),
        (File::Parameters, "t: { table: a.csv }\n".to_owned()),
        (File::Cases, "cases: [{ case: a, expects: { tier: x } }]\n".to_owned()),
    ] {
        let tree = parse(&text);
        assert!(!faults(&file.schema(), &json_of(&tree)).is_empty(), "valid against {}:\n{text}", file.name());
        assert!(!found(file, &tree).is_empty(), "the parser takes\n{text}");
    }
}

#[test]
fn what_other_readers_cut_is_valid() {
    // `{ type: decimal(12,2) }` as a YAML reader of editors has it.
    let table = |columns: Value| faults(&File::Table.schema(), &json!({ "source": "a.csv", "columns": columns }));
    assert_eq!(table(json!({ "a": { "type": "decimal(12", "2)": null, "unit": "EUR" } })), [""; 0]);
    assert_eq!(table(json!({ "a": "decimal(12", "2)": null, "b": "int" })), [""; 0]);
    assert_ne!(table(json!({ "a": { "type": "decimal(39", "2)": null } })), [""; 0]);
    assert_ne!(table(json!({ "a": { "type": "decimal(12", "2)": "x" } })), [""; 0]);
}

#[test]
fn defaults_are_values_of_their_keys() {
    let mut all = BTreeMap::new();
    for is in [Is::Map(&shape::project::PROJECT), Is::Map(&shape::table::TABLE), Is::Map(&shape::cases::FILE)] {
        shapes(is, &mut all);
    }
    let keys = all.values().flat_map(|shape| shape.keys);
    let mut seen = 0;
    for key in keys {
        assert!(key.about.ends_with('.') && key.about.len() > 12, "{}: {}", key.name, key.about);
        let Some(default) = key.default else { continue };
        let default: Value = serde_json::from_str(default).unwrap_or_else(|error| panic!("{}: {error}", key.name));
        let schema = Value::Object(super::of(key.is));
        assert_eq!(faults(&schema, &default), [""; 0], "{}", key.name);
        seen += 1;
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn reserved_names_are_the_keys_of_parameters() {
    let shapes = [&shape::parameters::VALUE, &shape::parameters::TABLE, &shape::parameters::GROUP];
    let mut keys: BTreeSet<&str> = shapes.iter().flat_map(|shape| shape.names()).collect();
    // What stands beside judgements stands beside no value.
    keys.extend([shape::parameters::AHP.keys[0].name, shape::parameters::EQUAL.keys[0].name]);
    assert_eq!(keys, BTreeSet::from(shape::parameters::RESERVED));
}

#[test]
fn words_of_encodings_and_packings_are_those_that_are_read() {
    let encoding = |name: &str| faults(&Value::Object(super::of(Is::Encoding)), &json!(name)).is_empty();
    for name in ["utf-8", "GB18030", "Shift_JIS", "cp936", "ISO-8859-1", "utf-7", "gbk2", "latin"] {
        assert_eq!(encoding(name), super::Encoding::parse(name).is_some(), "{name}");
    }
    let project = "name: a\ncustomer: a\nsteps: [tier]\ndecision: { order: [low] }\noutput: { compression: ";
    for word in shape::project::COMPRESSIONS {
        assert!(found(File::Project, &parse(&format!("{project}{word} }}\n"))).is_empty(), "{word}");
    }
}
