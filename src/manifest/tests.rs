//! Whole projects: what is loaded, and what is found in projects with faults.

use super::model::{
    Compression, Csv, Delimiter, Duplicates, Encoding, Format, Leaf, LineEnds, Measure, Numbers, Orphans, Packing,
    Parameter, ParameterValue, Project, Thousands, Undetermined,
};
use super::{load, set_parameter, weights};
use crate::diag::Diagnostic;
use crate::dtype::DataType;
use crate::source::SourceMap;
use crate::system::Os;
use std::path::Path;
use tempfile::TempDir;

mod faults;
mod pages;
mod sources;

const PROJECT: &str = "name: crm\ncustomer: accounts\nsteps: [tier]\ndecision: { order: [low, high] }\n";
const ACCOUNTS: &str = "source: accounts.csv\ncolumns: { account: text, sector: text }\nkey: account\n";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().expect("a temporary folder");
    for (path, text) in files {
        write(dir.path(), path, text.as_bytes());
    }
    dir
}

fn write(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    std::fs::write(path, bytes).expect("a file");
}

fn load_files(files: &[(&str, &str)]) -> (Option<Project>, Vec<Diagnostic>, SourceMap) {
    let dir = folder(files);
    let mut sources = SourceMap::default();
    let (project, findings) = load(&Os, dir.path(), &mut sources);
    (project, findings, sources)
}

fn good(files: &[(&str, &str)]) -> Project {
    let (project, findings, _) = load_files(files);
    assert_eq!(findings, []);
    project.expect("a project without findings")
}

/// Each finding as `path:line:column id: message`, with its first help behind `; `.
fn shown(findings: &[Diagnostic], sources: &SourceMap) -> Vec<String> {
    let place = |d: &Diagnostic| d.span.map(|span| sources.place(span)).or(d.location.clone()).unwrap_or_default();
    let help = |d: &Diagnostic| d.help.first().map(|help| format!("; {help}")).unwrap_or_default();
    findings.iter().map(|d| format!("{} {}: {}{}", place(d), d.id.name(), d.message, help(d))).collect()
}

fn bad(files: &[(&str, &str)]) -> String {
    let (project, findings, sources) = load_files(files);
    assert!(project.is_none(), "a project with faults is not loaded");
    shown(&findings, &sources).join("\n")
}

fn project_with(more: &str) -> String {
    bad(&[("tierwright.yaml", &format!("{PROJECT}{more}")), ("datasets/accounts.yaml", ACCOUNTS)])
}

fn table_with(text: &str) -> String {
    bad(&[("tierwright.yaml", PROJECT), ("datasets/accounts.yaml", ACCOUNTS), ("datasets/t.yaml", text)])
}

fn parameters_with(text: &str) -> String {
    bad(&[("tierwright.yaml", PROJECT), ("datasets/accounts.yaml", ACCOUNTS), ("rules/parameters.yaml", text)])
}

fn parameters(text: &str) -> super::model::Parameters {
    good(&[("tierwright.yaml", PROJECT), ("datasets/accounts.yaml", ACCOUNTS), ("rules/parameters.yaml", text)])
        .parameters
}

/// The fenced blocks of the manual: what stands behind the fence, and the text.
pub(super) fn blocks(manual: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = manual;
    while let Some((_, tail)) = rest.split_once("\n```") {
        let (kind, tail) = tail.split_once('\n').expect("a line behind the fence");
        let (text, tail) = tail.split_once("```").expect("a closing fence");
        found.push((kind.trim(), text));
        rest = tail;
    }
    found
}

fn manual() -> Vec<Project> {
    let blocks = blocks(include_str!("../../docs/manifests.md"));
    let of = |word: &str| blocks.iter().filter(|(kind, _)| *kind == word).map(|(_, text)| *text).collect::<Vec<_>>();
    let mut files: Vec<(String, &str)> = Vec::new();
    for (kind, text) in &blocks {
        if let Some(table) = kind.strip_prefix("yaml table ") {
            files.push((format!("datasets/{table}.yaml"), text));
        } else if let Some(name) = kind.strip_prefix("csv ") {
            files.push((format!("rules/{name}"), text));
        } else {
            assert!(
                ["yaml tierwright", "yaml parameters", "yaml parameters judged", "text"].contains(kind),
                "an example that no test loads: {kind}"
            );
        }
    }
    assert_eq!((files.len(), of("yaml tierwright").len(), of("yaml parameters").len()), (15, 2, 1));
    let load = |project: &&str| {
        let mut all: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        all.push(("tierwright.yaml", project));
        all.push(("rules/parameters.yaml", of("yaml parameters")[0]));
        good(&all)
    };
    of("yaml tierwright").iter().map(load).collect()
}

#[test]
fn the_manuals_project_file_means_what_it_says() {
    let [least, all] = &manual()[..] else { panic!("two examples") };
    assert_eq!((least.name.as_str(), least.customer.as_str(), least.steps.len()), ("crm", "accounts", 4));
    assert_eq!((least.decision.tier.as_str(), least.decision.value.as_str()), ("tier", "value"));
    assert_eq!((least.planning.start_month, least.planning.start_day), (4, 1));
    assert_eq!((least.planning.time_zone.as_str(), least.planning.prior_phase.name()), ("UTC", "BP"));
    assert_eq!((least.undetermined_limit, least.undetermined), (0.01, Undetermined::Null));
    assert_eq!((least.as_of, least.interpret_limit, least.limits.millis), (None, 100_000, 10_000));
    assert_eq!((least.output.dir.as_str(), &least.output.columns), ("out", &None));
    assert_eq!(least.output.partition_by, ["tier"]);
    assert_eq!(least.output.compression, Compression::Zstd(3));
    assert_eq!(all.steps.iter().map(|s| s.interpret).collect::<Vec<_>>(), [false, true, false, false]);
    assert_eq!(all.decision.order, ["general", "commercial", "partner", "strategic"]);
    assert_eq!(all.decision.read_back["discount_cap"], DataType::Float);
    assert_eq!(all.planning.time_zone, "Asia/Shanghai");
    assert_eq!(all.as_of, Some(jiff::civil::date(2018, 1, 1)));
    assert_eq!((all.undetermined_limit, all.undetermined), (0.02, Undetermined::KeepPrior));
    let columns = all.output.columns.as_ref().expect("columns");
    assert_eq!(columns[3], ("value".to_owned(), "score".to_owned()));
    let measures: Vec<_> = all.summaries[0].measures.values().cloned().collect();
    assert_eq!(measures, [Measure::Count, Measure::Sum("revenue_12m".into()), Measure::Mean("value".into())]);
}

#[test]
fn the_manuals_manifests_mean_what_they_say() {
    let project = manual().remove(0);
    let further = ["budgets", "calls", "exports", "ledger", "ledger_export", "site_visits", "tickets", "visits"];
    let own = project.tables.keys().filter(|name| !further.contains(&name.as_str()));
    assert_eq!(own.collect::<Vec<_>>(), ["accounts", "fx", "invoices", "order_lines", "orders", "sales"]);
    let accounts = &project.tables["accounts"];
    let csv = |delimiter| Format::Csv(Csv::delimited(delimiter));
    assert_eq!((&accounts.source.paths[..], &accounts.source.format), (&["accounts.csv".to_owned()][..], &csv(b',')));
    assert_eq!(accounts.columns["sector"].values["technolgy"], "technology");
    assert_eq!(accounts.columns["parent_name"].missing, ["NULL", "-", "0"]);
    assert_eq!(accounts.columns["parent_name"].from, "subsidiary_of");
    assert!(accounts.columns["account"].required && !accounts.columns["sector"].required);
    let orders = &project.tables["orders"];
    assert_eq!((orders.source.paths.len(), &orders.source.format), (2, &csv(b';')));
    assert_eq!(orders.duplicates, Duplicates::Last(Some("changed".into())));
    assert_eq!((orders.quarantine_limit, orders.may_be_empty), (0.01, true));
    assert!(orders.columns["note"].empty_is_text);
    assert_eq!((orders.references[0].many.as_deref(), orders.references[0].orphans), (Some("orders"), Orphans::Count));
    let exports = &project.tables["exports"].source;
    assert_eq!((exports.packing, exports.partitions), (Packing::Gzip, true));
    let expected = Csv {
        encoding: Encoding::parse("gb18030").expect("an encoding"),
        numbers: Numbers { decimal: b',', thousands: Some(Thousands::Point) },
        comment: Some(b'#'),
        skip_rows: 2,
        short_rows: true,
        long_rows: true,
        undo_double_encoding: true,
        ..Csv::delimited(b';')
    };
    assert_eq!(exports.format, Format::Csv(expected));
    let visits = &project.tables["visits"];
    let expected = Csv { delimiter: Delimiter::Blanks, header: false, line_ends: LineEnds::Lf, ..Csv::default() };
    assert_eq!((&visits.source.format, visits.source.packing), (&Format::Csv(expected), Packing::ByName));
    assert_eq!(visits.columns["day"].position(), Some(2));
    let export = &project.tables["ledger_export"];
    assert!(matches!(&export.source.format, Format::Csv(csv) if csv.empty_files));
    let is_dropped = |text: &str| export.columns["account"].contract.drops.iter().any(|drop| drop.is(text));
    assert_eq!(["", "Summe", "12 Zeilen", "12 Zeilen mehr", "A"].map(is_dropped), [true, true, true, false, false]);
    let written = &export.columns["amount"].contract.written;
    assert_eq!((written.numbers, &written.marks[..]), (None, &["€".to_owned(), "EUR".to_owned()][..]));
    assert!(written.negative.trailing && written.negative.parentheses && !written.negative.minus_sign);
    assert_eq!(export.columns["share"].contract.written.numbers, Some(Numbers::default()));
    assert_eq!(export.columns["booked"].formats, ["serial", "%d.%m.%Y"]);
    let sales = &project.tables["sales"];
    assert_eq!(sales.columns["country"].contract.also, ["land"]);
    assert_eq!(sales.columns["status"].missing, ["NULL", "N/A"]);
    assert!(sales.columns["code"].contract.may_be_absent && !sales.columns["price"].contract.may_be_absent);
    assert!(sales.columns["客户"].contract.sensitive && accounts.columns["account"].contract.sensitive);
    assert_eq!(sales.columns["amount"].contract.compute.as_ref().map(|e| e.text.as_str()), Some("quantity * price"));
    assert_eq!(sales.contract.checks[1].severity, super::model::Severity::Warn);
    assert_eq!(sales.references[0].contract.at_most, Some(0.1));
    let invoices = &project.tables["invoices"];
    assert_eq!(invoices.columns["amount_eur"].unit.as_deref(), Some("EUR"));
    assert!(invoices.columns["amount_eur_rate_date"].contract.is_rate_date);
    let lines = &project.tables["order_lines"];
    assert_eq!((&lines.source.format, &lines.duplicates), (&Format::Parquet, &Duplicates::Quarantine));
    assert_eq!(lines.key, ["order_id", "line"]);
    assert_eq!(lines.columns["客户折扣"].dtype, DataType::Decimal { precision: 12, scale: 2 });
    assert_eq!(lines.columns["客户折扣"].from, "Amount");
}

#[test]
fn the_manuals_parameters_mean_what_they_say() {
    let entries = manual().remove(0).parameters.entries;
    let leaf = |parameter: &Parameter| match parameter {
        Parameter::Leaf(leaf) => leaf.clone(),
        other => panic!("no leaf: {other:?}"),
    };
    assert_eq!(leaf(&entries["band"]).value, ParameterValue::Float(3.0));
    assert_eq!(leaf(&entries["band"]).range, Some((0.0, 10.0)));
    assert_eq!(leaf(&entries["first_date"]).value, ParameterValue::Date(jiff::civil::date(2017, 3, 1)));
    let Parameter::Group { entries: lines, sum_to: None, .. } = &entries["lines"] else { panic!("a group") };
    assert_eq!(leaf(&lines["strategic"]).value, ParameterValue::Float(70.0));
    let Parameter::Group { sum_to: Some(1.0), .. } = &entries["weights"] else { panic!("weights") };
    let Parameter::Table(sectors) = &entries["sector_priority"] else { panic!("a table") };
    assert_eq!((sectors.plain, &sectors.columns[..]), (true, &["value".to_owned()][..]));
    assert_eq!(sectors.rows["retail"], [ParameterValue::Float(1.0)]);
    let Parameter::Table(regions) = &entries["regions"] else { panic!("a table") };
    assert_eq!((regions.plain, regions.columns.join(" ").as_str()), (false, "priority manager"));
    let Parameter::Table(prices) = &entries["prices"] else { panic!("a table") };
    let text = |t: &str| ParameterValue::Text(t.into());
    assert_eq!(prices.columns, ["series", "list", "code"]);
    assert_eq!(prices.rows["GTX Pro"], [text("GTX"), ParameterValue::Float(4821.5), text("02")]);
}

#[test]
fn weights_come_of_judgements() {
    let manual = include_str!("../../docs/manifests.md");
    let (_, text) = *blocks(manual).iter().find(|(kind, _)| *kind == "yaml parameters judged").unwrap();
    let weight = |name: &str| -> String {
        let Parameter::Group { entries, .. } = &parameters(text).entries["weights"] else { panic!("a group") };
        let Parameter::Leaf(Leaf { value: ParameterValue::Float(weight), meaning, .. }) = &entries[name] else {
            panic!("{name}")
        };
        assert_eq!(meaning, "What the value is made of: weight by pairwise judgements, consistency ratio 0.003");
        format!("{weight:.3}")
    };
    assert_eq!([weight("economic"), weight("traction"), weight("fit")], ["0.648", "0.230", "0.122"]);
    for (text, told) in [
        ("w: { ahp: { a: { b: 3, c: 1/9 }, b: { c: 9 } } }", "contradict each other: their consistency ratio is"),
        ("w: { ahp: { a: { b: 3, c: 2 } } }", "pairs are not judged: b and c"),
        ("w: { ahp: { a: { b: 3 }, b: { a: 2 } } }", "`a` and `b` are compared twice"),
        ("w: { ahp: { a: { a: 3 } } }", "`a` is compared with itself"),
        ("w: { ahp: { a: { b: 0 } } }", "a number above 0, or as 1/3"),
    ] {
        let found = parameters_with(text);
        assert!(found.contains(told), "{text}: {found}");
    }
    let Parameter::Group { entries, .. } = &parameters("w: { equal: [a, b, c, d] }").entries["w"] else {
        panic!("alike")
    };
    let quarter =
        |parameter: &Parameter| matches!(parameter, Parameter::Leaf(leaf) if leaf.value == ParameterValue::Float(0.25));
    assert!(entries.len() == 4 && entries.values().all(quarter));
    assert!(parameters_with("w: { equal: [a, a] }").contains("stands twice"));
    let accepted = parameters("w: { ahp: { a: { b: 3, c: 1/9 }, b: { c: 9 } }, accept: 9 }");
    assert!(matches!(&accepted.entries["w"], Parameter::Group { entries, .. } if entries.len() == 3));
}

#[test]
fn a_missing_project_file_says_how_to_start() {
    let dir = folder(&[]);
    let (project, findings) = load(&Os, dir.path(), &mut SourceMap::default());
    assert!(project.is_none());
    assert_eq!(findings[0].id.name(), "file-missing");
    assert!(findings[0].help[0].starts_with("name the project's folder with `--project DIR`"), "{findings:?}");
    assert!(findings[0].help[1].starts_with("`tierwright init DIR` makes a project"), "{findings:?}");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_do_no_harm() {
    let crlf = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let (project, accounts) = (crlf(PROJECT), crlf(ACCOUNTS));
    let project = good(&[("tierwright.yaml", &project), ("datasets/accounts.yaml", &accounts)]);
    assert_eq!((project.name.as_str(), project.tables["accounts"].key[0].as_str()), ("crm", "account"));
}

#[test]
fn a_file_that_is_not_utf_8_is_named_with_its_line() {
    let dir = folder(&[("tierwright.yaml", PROJECT)]);
    write(dir.path(), "datasets/accounts.yaml", b"columns:\n  \xbf\xcd\xbb\xa7: text\n");
    let mut sources = SourceMap::default();
    let (_, findings) = load(&Os, dir.path(), &mut sources);
    assert_eq!(
        shown(&findings, &sources),
        ["datasets/accounts.yaml:2 encoding: `datasets/accounts.yaml` is not UTF-8; save the file as UTF-8"]
    );
}

#[test]
fn csv_tables_take_the_narrowest_type() {
    let text = "t: { table: t.csv, key: k }\n";
    let csv = "k,i,f,b,d,c,t\na,1,1,true,2017-01-31,01,x\nb,-2,2.5,false,2017-02-01,2,3\n";
    let project = good(&[
        ("tierwright.yaml", PROJECT),
        ("datasets/accounts.yaml", ACCOUNTS),
        ("rules/parameters.yaml", text),
        ("rules/t.csv", csv),
    ]);
    let Parameter::Table(table) = &project.parameters.entries["t"] else { panic!("a table") };
    let text = |t: &str| ParameterValue::Text(t.into());
    assert_eq!(
        table.rows["b"],
        [
            ParameterValue::Int(-2),
            ParameterValue::Float(2.5),
            ParameterValue::Bool(false),
            ParameterValue::Date(jiff::civil::date(2017, 2, 1)),
            text("2"),
            text("3"),
        ]
    );
}

const SETTABLE: &str = "\
n: 3
x: { value: 3.5, range: [0, 10] }
b: true
s: text
d: { value: 2017-03-01, type: date }
l: [1.0, 2.0]
g: { strategic: 70.0, partner: 50 }
w: { sum_to: 1.0, a: 0.6, b: 0.4 }
t: { table: { retail: 1.0, \"oil & gas\": 0.5 } }
m: { table: { 东: { p: 1, q: x } } }
";

#[test]
fn assignments_keep_the_type() {
    let mut p = parameters(SETTABLE);
    for assignment in [
        "P.n=4",
        "x=10",
        "P.b=false",
        "P.s=a=b",
        "P.d=2018-01-01",
        "P.l=[3, 4.5]",
        "P.g.strategic = 75",
        "P.t[\"oil & gas\"]=1",
        "P.t.retail=0.25",
        "P.m[\"东\"].q=\"新\"",
    ] {
        assert_eq!(set_parameter(&mut p, assignment), Ok(()), "{assignment}");
    }
    let shown = format!("{:?}", p.entries);
    for value in [
        "Int(4)",
        "Float(10.0)",
        "Bool(false)",
        "Text(\"a=b\")",
        "Date(2018-01-01)",
        "List([Float(3.0), Float(4.5)])",
        "Float(75.0)",
        "[Float(0.25)]",
        "[Float(1.0)]",
        "Text(\"新\")",
    ] {
        assert!(shown.contains(value), "{value} in {shown}");
    }
}

#[test]
fn assignments_that_do_not_fit_say_why() {
    let mut p = parameters(SETTABLE);
    let before = format!("{:?}", p.entries);
    let mut said = Vec::new();
    for assignment in [
        "P.n=4.5",
        "P.x=11",
        "P.x=inf",
        "P.b=yes",
        "P.d=1.1.2018",
        "P.l=[]",
        "P.l=[1",
        "P.g.strategicc=1",
        "P.g=1",
        "P.n.m=1",
        "P.q=1",
        "P.t=1",
        "P.t.retial=1",
        "P.m[\"东\"].z=1",
        "P.m[\"东\"]=1",
        "nonsense",
        "=1",
        "P.=1",
        "P.a b=1",
        "P=1",
    ] {
        let found = set_parameter(&mut p, assignment).expect_err(assignment);
        said.push(format!("{}: {}; {}", found.id.name(), found.message, found.help.join("; ")));
    }
    assert_eq!(format!("{:?}", p.entries), before);
    insta::assert_snapshot!(said.join("\n"), @r#"
    wrong-value: `P.n` must be an int, found `4.5`; 
    wrong-value: `P.x` is 11, outside its range 0 to 10; 
    wrong-value: `P.x` must be a number, found `inf`; 
    wrong-value: `P.b` must be true or false, found `yes`; 
    wrong-value: `P.d` must be a date as 2018-01-31, found `1.1.2018`; 
    wrong-value: `P.l` must be a list, each a number, found `[]`; 
    wrong-value: `P.l` must be a list, each a number, found `[1`; 
    unknown-parameter: no parameter `P.g.strategicc`; did you mean `strategic`?
    unknown-parameter: `P.g` is a group, not a value; it holds strategic, partner
    unknown-parameter: `P.n` is a value and has nothing inside; 
    unknown-parameter: no parameter `P.q`; 
    unknown-parameter: `P.t` is a table, of which one value can be set; write P.t["key"]=value
    unknown-parameter: no parameter `P.t["retial"]`; did you mean `retail`?
    unknown-parameter: no parameter `P.m["东"].z`; 
    unknown-parameter: `P.m` is a table, of which one value can be set; write P.m["key"].p|q=value
    usage: `nonsense` is not an assignment; write P.name=value, such as P.lines.strategic=75
    usage: `=1` is not an assignment; write P.name=value, such as P.lines.strategic=75
    usage: `P.=1` is not an assignment; write P.name=value, such as P.lines.strategic=75
    usage: `P.a b=1` is not an assignment; write P.name=value, such as P.lines.strategic=75
    unknown-parameter: no parameter `P.P`;
    "#);
}

#[test]
fn weights_are_summed_when_all_are_set() {
    let mut p = parameters(SETTABLE);
    assert_eq!(weights(&p), []);
    set_parameter(&mut p, "P.w.a=0.7").expect("it fits");
    assert_eq!(weights(&p)[0].message, "the values of `P.w` sum to 1.1, not to 1");
    set_parameter(&mut p, "P.w.b=0.3").expect("it fits");
    assert_eq!(weights(&p), []);
}
