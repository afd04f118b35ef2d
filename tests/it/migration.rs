//! `tierwright migration` over three planning years, against figures that are counted here.

use crate::project::Project;
use parquet::basic::Type;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tierwright::manifest::model::Compression;
use tierwright::migrate::{Observation, Panel, history_columns, transition_columns};
use tierwright::run::parquet::{Properties, write_file};
use tierwright::system::Os;

/// Tiers, highest first, with the least value of each.
const TIERS: [(&str, f64); 3] = [("战略客户", 80.0), ("伙伴/A", 60.0), ("一般", 0.0)];

/// What a customer is worth in FY2015, FY2016 and FY2017: no customer, one without a figure, or a value.
#[derive(Clone, Copy, PartialEq)]
enum Worth {
    Absent,
    Unknown,
    Of(f64),
}
use Worth::{Absent, Of, Unknown};

const CUSTOMERS: [(&str, [Worth; 3]); 14] = [
    ("甲", [Of(90.0), Of(95.0), Of(92.0)]),
    ("乙", [Of(85.0), Of(80.0), Of(70.0)]),
    ("丙", [Of(82.0), Of(70.0), Of(68.0)]),
    ("丁", [Of(60.0), Of(62.0), Of(81.0)]),
    ("戊", [Of(65.0), Of(84.0), Absent]),
    ("己", [Of(55.0), Of(58.0), Of(61.0)]),
    ("庚", [Of(52.0), Of(40.0), Of(35.0)]),
    ("辛", [Of(30.0), Of(32.0), Of(55.5)]),
    ("壬", [Of(20.0), Absent, Of(25.0)]),
    ("癸", [Of(25.0), Of(28.0), Unknown]),
    ("子", [Of(10.0), Absent, Absent]),
    ("丑", [Absent, Of(22.0), Of(24.0)]),
    ("寅", [Absent, Of(66.0), Of(64.25)]),
    ("卯", [Absent, Unknown, Of(88.0)]),
];
const CYCLES: [&str; 3] = ["FY2015", "FY2016", "FY2017"];
const AS_OF: [&str; 3] = ["2016-04-01", "2017-04-01", "2018-04-01"];

fn project(undetermined: &str) -> Project {
    Project::new(&[
        (
            "tierwright.yaml",
            &format!(
                "name: 客户分级
customer: 客户
steps: [价值, 等级]
decision: {{ tier: 等级, value: 价值, order: [一般, 伙伴/A, 战略客户] }}
planning: {{ starts: 04-01, time_zone: Asia/Shanghai }}
undetermined: {undetermined}
output: {{ columns: [{{ 编号: id }}], partition_by: [等级] }}
"
            ),
        ),
        ("datasets/客户.yaml", "source: 客户.csv\ncolumns: { 编号: text, 分: float }\nkey: 编号\n"),
        ("rules/价值.rhai", "fn 价值(c) { c.分 }\n"),
        (
            "rules/等级.rhai",
            "fn 等级(c) {\n    if c.价值 >= 80.0 { \"战略客户\" } else if c.价值 >= 60.0 { \"伙伴/A\" } else { \"一般\" }\n}\n",
        ),
    ])
}

/// Writes the customers of a year, in another order each year.
fn write_year(project: &Project, year: usize) {
    let mut lines: Vec<String> = Vec::new();
    for (key, worth) in CUSTOMERS {
        match worth[year] {
            Absent => {}
            Unknown => lines.push(format!("{key},\n")),
            Of(value) => lines.push(format!("{key},{value}\n")),
        }
    }
    lines.rotate_left(year * 3);
    project.write("datasets/客户.csv", &format!("编号,分\n{}", lines.concat()));
}

fn run_year(project: &Project, year: usize, args: &[&str]) -> String {
    write_year(project, year);
    let args = [&["run", "--json", "--as-of", AS_OF[year]], args].concat();
    project.tierwright(&args).expect(0).json()["record"]["run"].as_str().unwrap().to_owned()
}

fn three_years(undetermined: &str) -> (Project, [String; 3]) {
    let project = project(undetermined);
    let runs = [0, 1, 2].map(|year| run_year(&project, year, &[]));
    (project, runs)
}

/// Where a customer stands: the state's word and the tier.
type Place = (&'static str, Option<&'static str>);

fn place(worth: Worth, absent: &'static str) -> Place {
    match worth {
        Absent => (absent, None),
        Unknown => ("undetermined", None),
        Of(value) => ("tier", TIERS.iter().find(|(_, least)| value >= *least).map(|(tier, _)| *tier)),
    }
}

fn value(worth: Worth) -> f64 {
    match worth {
        Of(value) => value,
        Absent | Unknown => 0.0,
    }
}

/// Customers, value now and before by where they were and are.
fn cells(from: usize, to: usize) -> BTreeMap<(Place, Place), (u64, f64, f64)> {
    let mut cells = BTreeMap::new();
    for (_, worth) in CUSTOMERS.iter().filter(|(_, worth)| worth[from] != Absent || worth[to] != Absent) {
        let cell = cells.entry((place(worth[from], "new"), place(worth[to], "gone"))).or_insert((0, 0.0, 0.0));
        cell.0 += 1;
        cell.1 += value(worth[to]);
        cell.2 += value(worth[from]);
    }
    cells
}

#[track_caller]
fn near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap_or_else(|| panic!("no figure: {found}"));
    assert!((found - expected).abs() < 1e-12, "{found} instead of {expected}");
}

/// A document's moves are those that are counted here.
fn check_moves(document: &Value, from: usize, to: usize) {
    assert_eq!((&document["from_cycle"], &document["to_cycle"]), (&CYCLES[from].into(), &CYCLES[to].into()));
    let expected = cells(from, to);
    let found = document["cells"].as_array().unwrap();
    assert_eq!(found.len(), expected.len(), "{document:#}");
    for cell in found {
        let text = |name: &str| cell[name].as_str();
        let key = expected.keys().find(|((state, tier), (to_state, to_tier))| {
            (text("from_state"), text("from_tier")) == (Some(*state), *tier)
                && (text("to_state"), text("to_tier")) == (Some(*to_state), *to_tier)
        });
        let (customers, now, before) = expected[key.unwrap_or_else(|| panic!("nobody goes this way: {cell}"))];
        assert_eq!(cell["customers"], customers, "{cell}");
        near(&cell["value"], now);
        near(&cell["prior_value"], before);
    }
    let rank = |place: Place| TIERS.iter().rev().position(|(tier, _)| Some(*tier) == place.1);
    let count = |wanted: &dyn Fn(Place, Place) -> bool| -> u64 {
        expected.iter().filter(|((was, is), _)| wanted(*was, *is)).map(|(_, cell)| cell.0).sum()
    };
    let both = |was: Place, is: Place| rank(was).is_some() && rank(is).is_some();
    let present = |at: usize| CUSTOMERS.iter().filter(|(_, worth)| worth[at] != Absent).count() as u64;
    let (entries, exits) = (count(&|was, _| was.0 == "new"), count(&|_, is| is.0 == "gone"));
    for (name, figure) in [
        ("customers_before", present(from)),
        ("customers_now", present(to)),
        ("stayed", count(&|was, is| both(was, is) && rank(was) == rank(is))),
        ("up", count(&|was, is| both(was, is) && rank(was) < rank(is))),
        ("down", count(&|was, is| both(was, is) && rank(was) > rank(is))),
        ("unranked", 0),
        ("entries", entries),
        ("exits", exits),
        (
            "undetermined",
            count(&|was, is| was.0 != "new" && is.0 != "gone" && (was.0 == "undetermined" || is.0 == "undetermined")),
        ),
    ] {
        assert_eq!(document[name], figure, "{name} of {}", document["to_cycle"]);
    }
    near(&document["turnover"], (entries + exits) as f64 / (present(from) + present(to)) as f64);
    let share = |at: usize, tier: &str| {
        let tiers = CUSTOMERS.iter().filter_map(|(_, worth)| place(worth[at], "").1);
        tiers.clone().filter(|own| *own == tier).count() as f64 / tiers.count() as f64
    };
    let shares = TIERS.iter().map(|(tier, _)| (share(to, tier), share(from, tier)));
    let psi: f64 = shares.map(|(p, q)| (p - q) * (p / q).ln()).sum();
    near(&document["psi"], psi);
}

/// Customers of a tier at the start, by where they are `years` later, over all years.
fn cohort(from: &str, to: Option<&str>, years: usize) -> u64 {
    let starts = 0..3 - years;
    let pairs = starts.flat_map(|year| CUSTOMERS.iter().map(move |(_, worth)| (worth[year], worth[year + years])));
    let end = |worth: Worth| place(worth, "gone");
    let wanted = |was: Worth, is: Worth| {
        place(was, "new").1 == Some(from)
            && match to {
                Some(tier) => end(is).1 == Some(tier),
                None => end(is).0 == "gone",
            }
    };
    pairs.filter(|(was, is)| wanted(*was, *is)).count() as u64
}

#[test]
fn three_years_are_moves_history_and_probabilities() {
    let (project, runs) = three_years("{ at_most: 0.5 }");
    let answer = project.tierwright(&["migration", "--json"]).expect(0).json();
    let chain: Vec<(&str, &str, &str)> = answer["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["cycle"].as_str().unwrap(), r["run"].as_str().unwrap(), r["why"].as_str().unwrap()))
        .collect();
    assert_eq!(
        chain,
        [(CYCLES[0], runs[0].as_str(), "prior"), (CYCLES[1], &runs[1], "prior"), (CYCLES[2], &runs[2], "newest")]
    );
    assert_eq!(answer["tiers"], serde_json::json!(TIERS.map(|(tier, _)| tier)));
    check_moves(&answer["matrix"], 1, 2);
    let history = answer["history"].as_array().unwrap();
    assert_eq!(history.len(), 2);
    check_moves(&history[0], 0, 1);
    check_moves(&history[1], 1, 2);

    let transitions = answer["transitions"].as_array().unwrap();
    assert_eq!(transitions.len(), (1 + 2) * (12 + 9));
    for t in transitions.iter().filter(|t| t["method"] == "cohort") {
        let years = t["horizon"].as_u64().unwrap() as usize;
        let (from, to) = (t["from_tier"].as_str().unwrap(), t["to_tier"].as_str());
        let tiers: u64 = TIERS.iter().map(|(tier, _)| cohort(from, Some(tier), years)).sum();
        let all = tiers + if t["exits"] == "kept" { cohort(from, None, years) } else { 0 };
        assert_eq!((&t["customers"], &t["at_risk"]), (&cohort(from, to, years).into(), &all.into()), "{t}");
        near(&t["probability"], cohort(from, to, years) as f64 / all as f64);
        assert!(
            t["low"].as_f64() <= t["probability"].as_f64() && t["probability"].as_f64() <= t["high"].as_f64(),
            "{t}"
        );
    }
    // The square of the one-year matrix, exits removed.
    let one = |from: &str, to: &str| {
        let all: u64 = TIERS.iter().map(|(tier, _)| cohort(from, Some(tier), 1)).sum();
        cohort(from, Some(to), 1) as f64 / all as f64
    };
    let squares = transitions.iter().filter(|t| t["method"] == "markov" && t["exits"] == "removed");
    assert_eq!(squares.clone().count(), 9);
    for t in squares {
        let (from, to) = (t["from_tier"].as_str().unwrap(), t["to_tier"].as_str().unwrap());
        near(&t["probability"], TIERS.iter().map(|(tier, _)| one(from, tier) * one(tier, to)).sum());
    }
}

#[test]
fn two_years_that_are_named_are_compared() {
    let (project, _) = three_years("{ at_most: 0.5 }");
    let answer = project.tierwright(&["migration", "--from", "FY2015", "--to", "FY2017", "--json"]).expect(0).json();
    check_moves(&answer["matrix"], 0, 2);
    let answer = project.tierwright(&["migration", "--to", "2016", "--json"]).expect(0).json();
    check_moves(&answer["matrix"], 0, 1);
    let done = project.tierwright(&["migration", "--from", "FY2014"]).expect(2);
    assert!(done.err.contains("the chain of runs has none of FY2014"), "{}", done.err);
    assert!(done.err.contains("there are FY2015, FY2016, FY2017"), "{}", done.err);
    let done = project.tierwright(&["migration", "--from", "FY2017", "--to", "FY2016"]).expect(2);
    assert!(done.err.contains("FY2017 is not before FY2016") && done.out.is_empty(), "{}", done.err);
}

#[test]
fn the_text_fits_and_its_columns_line_up() {
    let (project, runs) = three_years("{ at_most: 0.5 }");
    let done = project.tierwright(&["migration"]).expect(0);
    let head = format!("FY2016 (run {}, as-of 2017-04-01) to FY2017 (run {}, as-of 2018-04-01)\n", runs[1], runs[2]);
    assert!(done.out.starts_with(&head) && done.err.is_empty(), "{}{}", done.out, done.err);
    let width = |line: &str| unicode_width::UnicodeWidthStr::width(line);
    assert!(done.out.lines().all(|line| width(line) <= 100), "{}", done.out);
    let block: Vec<&str> = done
        .out
        .lines()
        .skip_while(|line| !line.starts_with("customers, "))
        .skip(1)
        .take_while(|l| !l.is_empty())
        .collect();
    // The highest tier first; one undetermined before, one now, one gone, one new.
    let labels: Vec<&str> = block.iter().map(|line| line.split("  ").nth(1).unwrap_or("").trim()).collect();
    assert_eq!(labels, ["from \\ to", "战略客户", "伙伴/A", "一般", "(undetermined)", "(new)", "all"], "{}", done.out);
    let words: Vec<&str> = block[1].split_whitespace().collect();
    assert_eq!(
        words,
        ["战略客户", "1", "33.3", "%", "1", "33.3", "%", "-", "-", "1", "33.3", "%", "3"],
        "{}",
        done.out
    );
    assert!(block.iter().all(|line| width(line) == width(block[0])), "{}", done.out);
    let mut rows = done.out.lines().filter(|line| line.trim_start().starts_with("FY2015 to FY2016"));
    let words: Vec<&str> = rows.next().unwrap().split_whitespace().skip(3).collect();
    assert_eq!(words, ["11", "12", "7", "1", "1", "0", "3", "2"], "{}", done.out);
    let words: Vec<&str> = rows.next().unwrap().split_whitespace().skip(3).collect();
    // Seven of nine who had a tier in both years stayed.
    assert_eq!(&words[..4], ["21.7", "%", "77.8", "%"], "{}", done.out);
    // Who is gone is worth nothing now, who is new was worth nothing before.
    let [before, now] = ["value of FY2016", "value of FY2017"].map(|title| done.out.split(title).nth(1).unwrap_or(""));
    let head = |text: &str| text.lines().nth(1).unwrap_or("").to_owned();
    assert!(head(before).contains("(gone)") && !head(now).contains("(gone)"), "{}", done.out);
    assert!(before.split("\n\n").next().is_some_and(|block| !block.contains("(new)")), "{}", done.out);
    assert!(now.split("\n\n").next().is_some_and(|block| block.contains("(new)")), "{}", done.out);
}

#[test]
fn a_run_says_of_its_moves_what_migration_says() {
    let (project, _) = three_years("{ at_most: 0.5 }");
    let answer = project.tierwright(&["migration", "--to", "FY2016", "--json"]).expect(0).json();
    let text = fs::read_to_string(project.run_folder("FY2016").join("run.json")).unwrap();
    let record: Value = serde_json::from_str(&text).unwrap();
    let mut told: Vec<String> = Vec::new();
    for row in record["moves"].as_array().unwrap() {
        let (from, to) = (&row["from"], &row["to"]);
        told.push(format!("{from} {to} {} {} {}", row["customers"], row["value"], row["prior_value"]));
    }
    let mut found: Vec<String> = Vec::new();
    for cell in answer["matrix"]["cells"].as_array().unwrap() {
        let (from, to) = (&cell["from_tier"], &cell["to_tier"]);
        found.push(format!("{from} {to} {} {} {}", cell["customers"], cell["value"], cell["prior_value"]));
    }
    told.sort();
    found.sort();
    assert_eq!(found, told, "nobody was undetermined in FY2015");
}

#[test]
fn undetermined_customers_stand_apart_also_where_they_keep_their_tier() {
    let (project, _) = three_years("{ at_most: 0.5, tier: keep_prior }");
    let answer = project.tierwright(&["migration", "--json"]).expect(0).json();
    check_moves(&answer["matrix"], 1, 2);
}

#[test]
fn the_chain_follows_what_each_run_has_read() {
    let (project, runs) = three_years("{ at_most: 0.5 }");
    // FY2016 is graded again, by another rule, after FY2017 has read it.
    project.write("rules/等级.rhai", "fn 等级(c) { if c.价值 >= 0.0 { \"一般\" } else { \"伙伴/A\" } }\n");
    let again = run_year(&project, 1, &[]);
    assert_ne!(again, runs[1]);
    let answer = project.tierwright(&["migration", "--json"]).expect(0).json();
    assert_eq!(answer["runs"][1]["run"], runs[1].as_str());
    check_moves(&answer["matrix"], 1, 2);
    // A run that read nothing: the current run of the year before stands in, and that is said.
    run_year(&project, 2, &["--prior", "none"]);
    let done = project.tierwright(&["migration"]).expect(0);
    assert!(done.err.contains("the run of FY2017 read no decisions of FY2016"), "{}", done.err);
    let answer = project.tierwright(&["migration", "--json"]).expect(0).json();
    let why: Vec<&str> = answer["runs"].as_array().unwrap().iter().map(|r| r["why"].as_str().unwrap()).collect();
    assert_eq!(why, ["prior", "current", "newest"]);
    assert_eq!(answer["runs"][1]["run"], again.as_str());
}

#[test]
fn tiers_of_an_earlier_order_have_no_rank() {
    let project = project("{ at_most: 0.5 }");
    run_year(&project, 0, &[]);
    let file = fs::read_to_string(project.path("tierwright.yaml")).unwrap();
    project.write("tierwright.yaml", &file.replace("伙伴/A", "合作"));
    let rule = fs::read_to_string(project.path("rules/等级.rhai")).unwrap();
    project.write("rules/等级.rhai", &rule.replace("伙伴/A", "合作"));
    run_year(&project, 1, &[]);
    let answer = project.tierwright(&["migration", "--json"]).expect(0).json();
    assert_eq!(answer["tiers"], serde_json::json!(["战略客户", "合作", "一般", "伙伴/A"]));
    let moves = &answer["matrix"];
    // Two were partners in FY2015, both are customers still.
    assert_eq!((&moves["unranked"], &moves["customers_before"]), (&2.into(), &11.into()));
    assert!(project.tierwright(&["migration"]).expect(0).out.contains("without a rank"));
}

#[test]
fn without_two_years_there_is_nothing_to_compare() {
    let project = project("{ at_most: 0.5 }");
    write_year(&project, 0);
    let done = project.tierwright(&["migration"]).expect(0);
    assert!(done.err.contains("no runs in out/客户分级") && done.out.is_empty(), "{}", done.err);
    run_year(&project, 0, &[]);
    let done = project.tierwright(&["migration"]).expect(0);
    assert!(done.err.contains("there is FY2015 alone") && done.out.is_empty(), "{}", done.err);
    let answer = project.tierwright(&["migration", "--json"]).expect(0).json();
    assert_eq!((&answer["matrix"], &answer["history"]), (&Value::Null, &serde_json::json!([])));
}

#[test]
fn a_key_of_another_type_is_named() {
    let project = Project::new(&[
        (
            "tierwright.yaml",
            "name: 客户分级\ncustomer: c\nsteps: [s]\ndecision: { order: [a, b] }\nplanning: { starts: 04-01 }\n",
        ),
        ("datasets/c.yaml", "source: c.csv\ncolumns: { id: text }\nkey: id\n"),
        ("datasets/c.csv", "id\n1\n2\n"),
        ("rules/s.rhai", "fn s(c) { #{ tier: \"a\", value: 1.0 } }\n"),
    ]);
    project.tierwright(&["run", "--as-of", AS_OF[0]]).expect(0);
    project.write("datasets/c.yaml", "source: c.csv\ncolumns: { id: int }\nkey: id\n");
    project.tierwright(&["run", "--as-of", AS_OF[1], "--prior", "none"]).expect(0);
    let done = project.tierwright(&["migration"]).expect(1);
    assert!(done.err.contains("error[prior-run]: `id` of run"), "{}", done.err);
    assert!(done.err.contains("is text, and int in a later run"), "{}", done.err);
}

/// The columns of a table of docs/migration.md with their types, from the line that begins with its name.
fn documented(name: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/migration.md")).unwrap();
    let section = text.lines().skip_while(|line| !line.starts_with(&format!("`{name}`"))).skip(2);
    let mut columns = Vec::new();
    for row in section.skip(2).take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let names = cells[1].split(',').map(|name| name.trim().trim_matches('`').to_owned());
        columns.extend(names.map(|name| (name, cells[2].to_owned())));
    }
    columns
}

#[test]
fn tables_are_written_as_they_are_documented() {
    let mut panel = Panel::new(vec!["一般".into(), "战略客户".into()], 2, &[2015, 2016, 2017]).unwrap();
    let seen = |cycle, tier| Observation { cycle, tier: Some(tier), value: Some(1.5) };
    panel.add(&[seen(2015, 1), seen(2016, 0), seen(2017, 1)]).unwrap();
    panel.add(&[seen(2015, 1)]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let properties = Properties { compression: Compression::None, metadata: Vec::new() };
    // Two pairs of years of 4 by 4 places but one; 2 horizons by cohorts and 1 as a power, of 2 by 3 and 2 by 2 ends.
    for (name, columns, rows) in [
        ("history_columns", history_columns(&panel), 2 * 15),
        ("transition_columns", transition_columns(&panel), 3 * 10),
    ] {
        let all: Vec<u32> = (0..rows).collect();
        assert!(columns.iter().all(|column| column.len() == all.len()), "{name}");
        write_file(&Os, folder.path(), name, &columns, &all, &properties).unwrap();
        let file = SerializedFileReader::new(fs::File::open(folder.path().join(name)).unwrap()).unwrap();
        let schema = file.metadata().file_metadata().schema_descr_ptr();
        let word = |physical: Type| match physical {
            Type::BYTE_ARRAY => "text",
            Type::INT64 => "int",
            Type::DOUBLE => "float",
            other => panic!("{name}: {other}"),
        };
        let columns = schema.columns().iter();
        let written: Vec<(String, String)> =
            columns.map(|column| (column.name().to_owned(), word(column.physical_type()).to_owned())).collect();
        assert_eq!(written, documented(name));
        assert_eq!(file.get_row_iter(None).unwrap().count(), all.len());
    }
}
