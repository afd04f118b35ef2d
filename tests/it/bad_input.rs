//! Input that is wrong: what is said, where, with which status, and that nothing half-done is left at a final path.

use crate::project::{Done, Project, list};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Longer than any answer to wrong input may take.
const AT_ONCE: Duration = Duration::from_secs(20);

const FILES: [(&str, &str); 7] = [
    (
        "tierwright.yaml",
        "name: small
customer: customers
steps: [value, tier]
decision: { order: [low, high] }
as_of: 2018-01-01
undetermined: { at_most: 0.5 }
",
    ),
    (
        "datasets/customers.yaml",
        "source: customers.csv
columns:
  id: text
  factor: float
key: id
",
    ),
    ("datasets/customers.csv", "id,factor\na,1.5\nb,2.5\nc,4\n"),
    (
        "datasets/orders.yaml",
        "source: orders.csv
columns:
  order: text
  customer_id: text
  amount: { type: float, required: true }
key: order
references:
  customer: { table: customers, column: customer_id, many: orders, orphans: count }
",
    ),
    ("datasets/orders.csv", "order,customer_id,amount\n1,a,10\n2,a,20\n3,b,5\n"),
    ("rules/value.rhai", "fn value(c) {\n    c.orders.map(|o| o.amount).sum() * c.factor\n}\n"),
    ("rules/tier.rhai", "fn tier(c) {\n    if c.value > 20.0 { \"high\" } else { \"low\" }\n}\n"),
];

/// The small project with some files changed.
fn small(changes: &[(&str, &str)]) -> Project {
    let project = Project::new(&FILES);
    changes.iter().for_each(|(path, text)| project.write(path, text));
    project
}

/// What is wrong, and where.
struct Wrong<'a> {
    status: i32,
    id: &'a str,
    /// `file:line:column` in a text of the project, or a row of a data file, or an option.
    place: &'a str,
    help: &'a str,
    /// Whether a failed run stays as evidence.
    evidence: bool,
}

/// Runs twice, as text and as JSON, and checks both answers and what is left; gives the text.
#[track_caller]
fn refused(project: &Project, wrong: &Wrong<'_>) -> String {
    let begun = Instant::now();
    let said = project.tierwright(&["run"]).expect(wrong.status).err;
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    assert!(said.contains(&format!("error[{}]: ", wrong.id)), "{said}");
    assert!(said.contains(&format!("--> {}\n", wrong.place)), "{}: {said}", wrong.place);
    assert!(said.lines().any(|l| l.starts_with("help: ") && l.contains(wrong.help)), "{}: {said}", wrong.help);
    left_clean(project);
    let json = project.tierwright(&["run", "--json"]).expect(wrong.status);
    crate::logs::lines(&json.err);
    let json = json.json();
    assert_eq!((json["status"].as_str(), json["exit"].as_i64()), (Some("failed"), Some(i64::from(wrong.status))));
    let found = json["findings"].as_array().unwrap().iter().find(|f| f["id"] == wrong.id).unwrap();
    assert_eq!(place(found).as_deref(), Some(wrong.place), "{found:#}");
    assert!(found["help"].as_array().unwrap().iter().any(|h| h.as_str().unwrap().contains(wrong.help)), "{found:#}");
    let failed = project.path("out/small/failed");
    assert_eq!(failed.exists(), wrong.evidence, "{said}");
    if wrong.evidence {
        let record = record(project);
        assert_eq!(record["status"], "failed");
        let kept = record["findings"].as_array().unwrap().iter().find(|f| f["id"] == wrong.id).unwrap();
        assert_eq!(kept["place"], wrong.place);
        assert!(list(&list(&failed)[0]).iter().any(|p| p.ends_with("quarantine.parquet")));
    }
    said
}

/// Where a finding is, as text.
fn place(found: &Value) -> Option<String> {
    match found["file"].as_str() {
        Some(file) => Some(format!("{file}:{}:{}", found["line"], found["column"])),
        None => found["location"].as_str().map(str::to_owned),
    }
}

/// The record of the only failed run.
fn record(project: &Project) -> Value {
    let failed = list(&project.path("out/small/failed"));
    assert_eq!(failed.len(), 1);
    serde_json::from_slice(&std::fs::read(failed[0].join("run.json")).unwrap()).unwrap()
}

#[track_caller]
fn left_clean(project: &Project) {
    for path in ["out/small/runs", "out/small/CURRENT", "out/small/history.jsonl"] {
        assert!(!project.path(path).exists(), "{path}");
    }
    let staging = project.path("out/small/.staging");
    assert!(!staging.exists() || list(&staging).iter().all(|p| !p.is_dir()));
}

#[test]
fn a_missing_file() {
    let project = small(&[]);
    std::fs::remove_file(project.path("datasets/orders.csv")).unwrap();
    let place = "datasets/orders.yaml:1:9";
    let wrong =
        Wrong { status: 1, id: "file-missing", place, help: "put the file there, or mend the path", evidence: true };
    refused(&project, &wrong);
    let said = project.tierwright(&["check"]).expect(1).err;
    assert!(said.contains("error[file-missing]: ") && said.contains(place), "{said}");
}

#[test]
fn a_missing_column() {
    let project = small(&[("datasets/orders.csv", "order,customer_id,amuont\n1,a,10\n")]);
    let place = "datasets/orders.yaml:5:3";
    let wrong = Wrong { status: 1, id: "column-missing", place, help: "did you mean `amuont`?", evidence: true };
    refused(&project, &wrong);
}

#[test]
fn a_wrong_type_above_and_below_the_threshold() {
    let project = small(&[("datasets/orders.csv", "order,customer_id,amount\n1,a,10\n2,a,many\n3,b,5\n")]);
    let place = "datasets/orders.csv:3";
    let wrong = Wrong { status: 1, id: "too-many-quarantined", place, help: "datasets/orders.yaml", evidence: true };
    let said = refused(&project, &wrong);
    assert!(said.contains("1 of 3 rows of `orders` are in quarantine"), "{said}");
    assert!(said.contains("datasets/orders.csv:3: `amount` is `many`: not a float"), "{said}");
    assert_eq!(record(&project)["tables"][1]["quarantined"], 1);
    let allowed = FILES[3].1.to_owned() + "quarantine: { at_most: 0.4 }\n";
    project.write("datasets/orders.yaml", &allowed);
    let done = project.tierwright(&["run"]).expect(0);
    assert!(
        done.out.contains("orders: 3 rows, 1 quarantined") && done.out.contains("quarantine.parquet"),
        "{}",
        done.out
    );
}

#[test]
fn a_key_twice() {
    let project = small(&[("datasets/customers.csv", "id,factor\na,1\nb,2\na,3\n")]);
    let place = "datasets/customers.csv:4";
    let wrong = Wrong { status: 1, id: "key-repeated", place, help: "`duplicates: first`", evidence: true };
    let said = refused(&project, &wrong);
    assert!(
        said.contains("key `a` of `customers` stands in datasets/customers.csv:2 and datasets/customers.csv:4"),
        "{said}"
    );
}

#[test]
fn a_reference_that_finds_no_row_fails_or_is_counted() {
    let project = small(&[("datasets/orders.csv", "order,customer_id,amount\n1,a,10\n2,zz,20\n3,b,5\n")]);
    let done = project.tierwright(&["run"]).expect(0);
    assert!(done.out.contains("orders: 3 rows, 1 references that find no row"), "{}", done.out);
    let project = small(&[
        ("datasets/orders.csv", "order,customer_id,amount\n1,a,10\n2,zz,20\n3,b,5\n"),
        ("datasets/orders.yaml", &FILES[3].1.replace("orphans: count", "orphans: fail")),
    ]);
    let place = "datasets/orders.yaml:8:3";
    refused(&project, &Wrong { status: 1, id: "orphan", place, help: "orphans", evidence: true });
}

#[test]
fn a_table_without_rows() {
    let project = small(&[("datasets/customers.csv", "id,factor\n")]);
    let place = "datasets/customers.yaml:1:9";
    refused(&project, &Wrong { status: 1, id: "table-empty", place, help: "needs rows", evidence: true });
    let project = small(&[("datasets/orders.csv", "order,customer_id,amount\n")]);
    let place = "datasets/orders.yaml:1:9";
    refused(&project, &Wrong { status: 1, id: "table-empty", place, help: "`empty: allowed`", evidence: true });
}

#[test]
fn a_rule_that_fails_for_some_customers() {
    let project = small(&[("datasets/customers.csv", "id,factor\na,1\nb,\nc,4\n")]);
    let done = project.tierwright(&["run"]).expect(0);
    assert!(done.out.contains("3 customers read: 2 decided, 1 undetermined"), "{}", done.out);
    let project = small(&[("datasets/customers.csv", "id,factor\na,\nb,\nc,4\n")]);
    let place = "rules/value.rhai:2:40";
    let wrong = Wrong { status: 1, id: "too-many-undetermined", place, help: "`undetermined.at_most`", evidence: true };
    let said = refused(&project, &wrong);
    assert!(said.contains("2 of them: rules/value.rhai:2:40: missing: customers.factor"), "{said}");
    assert_eq!(record(&project)["counts"]["undetermined"], 2);
}

#[test]
fn an_output_that_cannot_take_its_last_step() {
    let project = small(&[("out/small/runs", "a file where a folder belongs")]);
    let done = project.tierwright(&["run"]).expect(4);
    assert!(done.err.contains("error: cannot") && done.err.contains("out/small/runs"), "{}", done.err);
    assert!(!project.path("out/small/CURRENT").exists());
    let json = project.tierwright(&["run", "--json"]).expect(4).json();
    assert!(json["error"].as_str().unwrap().contains("out/small/runs"), "{json:#}");
    std::fs::remove_file(project.path("out/small/runs")).unwrap();
    project.tierwright(&["run"]).expect(0);
    assert!(list(&project.path("out/small/.staging")).is_empty());
}

#[test]
fn a_lock_ends_the_run_before_it_reads() {
    let project = small(&[]);
    std::fs::remove_file(project.path("datasets/orders.csv")).unwrap();
    std::fs::create_dir_all(project.path("out/small")).unwrap();
    let held = std::fs::File::create(project.path("out/small/.lock")).unwrap();
    held.lock().unwrap();
    let begun = Instant::now();
    let json = project.tierwright(&["run", "--json"]).expect(3).json();
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(json["exit"], 3);
    assert!(json["error"].as_str().unwrap().contains("out/small"), "{json:#}");
    left_clean(&project);
}

#[test]
fn rules_that_never_end_are_told_apart() {
    let step = |body: &str| small(&[("rules/value.rhai", &format!("fn value(c) {{\n    {body}\n}}\n"))]);
    let never = Wrong {
        status: 1,
        id: "not-a-column",
        place: "rules/value.rhai:1:4",
        help: "end with a value",
        evidence: false,
    };
    refused(&step("let x = 0.0; loop { x += 1.0; }"), &never);
    refused(&small(&[("rules/value.rhai", "fn value(c) { f(1) }\nfn f(n) { 1.0 + f(n + 1) }\n")]), &never);
    let deep = Wrong { status: 1, id: "limit", place: "rules/value.rhai:2:35", help: "call_depth", evidence: true };
    let endless = "fn value(c) { f(1) }\nfn f(n) { if n < 0 { 0.0 } else { 1.0 + f(n + 1) } }\n";
    let said = refused(&small(&[("rules/value.rhai", endless)]), &deep);
    assert!(said.contains("nested calls"), "{said}");
    let place = "rules/value.rhai:2:35";
    let many = Wrong { status: 1, id: "limit", place, help: "operations", evidence: true };
    let said = refused(&step("let x = 0.0; while x >= 0.0 { x += 1.0; } x"), &many);
    assert!(said.contains("over the limit of 10000000 operations"), "{said}");
    let project = step("let x = 0.0; while x >= 0.0 { x += 1.0; } x");
    project.write("tierwright.yaml", &(FILES[0].1.to_owned() + "limits: { time: 100ms, operations: 1000000000000 }\n"));
    let late = Wrong { help: "limits: time", ..many };
    let said = refused(&project, &late);
    assert!(said.contains("over the limit of 100 milliseconds"), "{said}");
}

#[test]
fn partition_values_that_cannot_be_folders() {
    let order = |tier: &str| {
        let file = FILES[0].1.replace("high", tier);
        let rule = FILES[6].1.replace("high", tier);
        small(&[("tierwright.yaml", &file), ("rules/tier.rhai", &rule)])
    };
    let place = "tierwright.yaml:4:1";
    let wrong = Wrong { status: 2, id: "partition-value", place, help: "output.partition_by", evidence: false };
    refused(&order("__HIVE_DEFAULT_PARTITION__"), &wrong);
    refused(&order(&"战".repeat(90)), &wrong);
    let by_key = FILES[0].1.to_owned() + "output: { partition_by: [id] }\n";
    let wrong = Wrong { status: 1, place: "tierwright.yaml:7:25", evidence: true, ..wrong };
    let long = format!("id,factor\na,1\n{},2\n", "k".repeat(300));
    refused(&small(&[("tierwright.yaml", &by_key), ("datasets/customers.csv", &long)]), &wrong);
    refused(&small(&[("tierwright.yaml", &by_key), ("datasets/customers.csv", "id,factor\n1,1\n2,2\n")]), &wrong);
}

#[test]
fn names_that_differ_only_in_case() {
    let file = FILES[0].1.to_owned() + "output: { columns: [id, { factor: Value }, value] }\n";
    let place = "tierwright.yaml:7:20";
    let wrong = Wrong { status: 2, id: "name-clash", place, help: "another_name", evidence: false };
    let said = refused(&small(&[("tierwright.yaml", &file)]), &wrong);
    assert!(said.contains("`Value` and `value`"), "{said}");
}

#[test]
fn a_header_of_a_hundred_thousand_columns() {
    let names: Vec<String> = (0..100_000).map(|n| format!("c{n}")).collect();
    let header = format!("id,factor,{}\n", names.join(","));
    let rows = format!("{header}a,1{}\n", ",".repeat(100_000));
    let project = small(&[("datasets/customers.csv", &rows)]);
    let begun = Instant::now();
    project.tierwright(&["run"]).expect(0);
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    let project = small(&[("datasets/customers.csv", &header.replacen("factor", "c100001", 1))]);
    let place = "datasets/customers.yaml:4:3";
    refused(&project, &Wrong { status: 1, id: "column-missing", place, help: "and 99982 more", evidence: true });
}

#[test]
fn what_is_typed_wrong_is_told_without_steering_the_terminal() {
    let project = small(&[]);
    let json = project.tierwright(&["run", "--json", "--as-of", "2017-02-29"]).expect(2).json();
    assert_eq!(json["exit"], 2);
    assert!(json["error"].as_str().unwrap().contains("2017-02-29"), "{json:#}");
    for wrong in [&["\u{1b}[31mrun"][..], &["run", "--\u{202e}x"], &["run", "--scenario", "a/\u{1b}]0;x\u{7}"]] {
        let said = project.tierwright(wrong).expect(2).err;
        assert!(!said.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{said:?}");
    }
    for (options, place) in [(["--as-of", "9999-12-31"], "--as-of"), (["--cycle", "FY9999"], "--cycle")] {
        let json = project.tierwright(&["run", "--json", options[0], options[1]]).expect(2).json();
        assert_eq!(json["findings"][0]["location"], place, "{json:#}");
    }
    project.write("tierwright.yaml", &FILES[0].1.replace("name: small", "name: \"a\\u202eb\""));
    let done = project.tierwright(&["run"]).expect(0);
    assert!(!format!("{}{}", done.out, done.err).contains('\u{202e}'));
}

/// Hostile texts for one file of the project each: none may end in a panic, a hang, or an error without a place.
#[test]
fn hostile_files_are_refused_with_a_place() {
    let bomb = (b'b'..=b'i').fold("a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned(), |text, c| {
        let (name, before) = (c as char, (c - 1) as char);
        format!("{text}{name}: &{name} [{}]\n", vec![format!("*{before}"); 9].join(","))
    });
    let utf16: Vec<u8> = "id,factor\na,1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let whole = |text: &str| text.as_bytes().to_vec();
    let rule = |body: &str| format!("fn value(c) {{ {body} }}").into_bytes();
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("datasets/customers.csv", Vec::new()),
        ("datasets/customers.csv", whole("\n\n")),
        ("datasets/customers.csv", [b"\xff\xfe".to_vec(), utf16.clone()].concat()),
        ("datasets/customers.csv", utf16),
        ("datasets/customers.csv", whole("id,factor\na,1\n\"b,2\n")),
        ("datasets/customers.csv", whole("id,factor\na\0,1\n")),
        ("datasets/customers.csv", b"id,factor\n\xe9,1\n".to_vec()),
        ("datasets/customers.csv", b"id,factor,\xe9\na,1,2\n".to_vec()),
        ("datasets/customers.csv", whole("id,factor,factor\na,1,2\n")),
        ("datasets/customers.csv", whole("id,factor\na\nb,1,2\n")),
        ("datasets/customers.csv", whole(&format!("id,factor\na,{}\n", "1".repeat(10_000_000)))),
        ("datasets/customers.csv", whole(&format!("id,{}\na,1\n", "x".repeat(10_000_000)))),
        ("datasets/customers.csv", whole("id,factor\n\u{1b}[31ma,\u{202e}x\n")),
        ("tierwright.yaml", Vec::new()),
        ("tierwright.yaml", whole(&bomb)),
        ("tierwright.yaml", whole(&format!("a: {}", "[".repeat(100_000)))),
        ("tierwright.yaml", whole("a: &a [*a]")),
        ("tierwright.yaml", whole("name: \"\0\"")),
        ("tierwright.yaml", b"name: \xff".to_vec()),
        ("tierwright.yaml", whole(&(FILES[0].1.to_owned() + "\"\\e[31m\\u202e\": 1\n"))),
        ("rules/parameters.yaml", whole("a: { table: ../../../etc/passwd, key: a }\n")),
        ("rules/value.rhai", b"fn value(c) { 1.0 }\n// \xff".to_vec()),
        ("rules/value.rhai", Vec::new()),
        ("rules/value.rhai", rule(&"(".repeat(100_000))),
        ("rules/value.rhai", rule(&"!".repeat(100_001))),
        ("rules/value.rhai", rule(&"if true {".repeat(20_000))),
        ("rules/value.rhai", rule(&"/*".repeat(100_000))),
        ("rules/value.rhai", rule(&vec!["c.factor"; 20_000].join(" + "))),
        ("rules/value.rhai", rule(&"1".repeat(1_000_000))),
        ("rules/value.rhai", rule("c.factor \0 + 1.0")),
        ("rules/value.rhai", rule("c.\u{1b}[31mx + \"\u{202e}\".y")),
        ("rules/value.rhai", rule("let eval = 1.0; eval")),
        ("rules/value.rhai", rule("let s = \"aaaaaaaaaa\"; for i in 0..60 { s += s; } s.len().to_float()")),
        ("rules/value.rhai", rule("let s = [1]; for i in 0..60 { s = s + s; } s.len().to_float()")),
    ];
    for (n, (path, bytes)) in files.iter().enumerate() {
        let project = small(&[]);
        std::fs::write(project.path(path), bytes).unwrap();
        let begun = Instant::now();
        let said = project.tierwright(&["run"]);
        assert!(begun.elapsed() < AT_ONCE, "{n} {path}: {:?}", begun.elapsed());
        assert!([1, 2].contains(&said.status), "{n} {path}: {} {}", said.status, said.err);
        harmless(&said, &format!("{n} {path}"));
        left_clean(&project);
        let json = project.tierwright(&["run", "--json"]).json();
        let found = json["findings"].as_array().unwrap();
        assert!(!found.is_empty(), "{n} {path}: {json:#}");
        for finding in found {
            assert!(place(finding).is_some(), "{n} {path}: {finding:#}");
        }
    }
}

#[track_caller]
fn harmless(said: &Done, which: &str) {
    let text = format!("{}{}", said.out, said.err);
    assert!(!text.contains("panicked"), "{which}: {text}");
    let steers = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!text.chars().any(steers), "{which}: {text:?}");
    assert!(text.len() < 100_000, "{which}: {} bytes", text.len());
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_at_once() {
    use std::os::unix::fs::symlink;
    let project = small(&[]);
    let data = project.path("datasets/orders.csv");
    let pipe = |path: &std::path::Path| {
        let made = std::process::Command::new("mkfifo").arg(path).status();
        made.is_ok_and(|status| status.success())
    };
    std::fs::remove_file(&data).unwrap();
    if pipe(&data) {
        let done = project.tierwright(&["run"]).expect(1);
        assert!(done.err.contains("`datasets/orders.csv` cannot be read: it is a named pipe"), "{}", done.err);
        std::fs::remove_file(&data).unwrap();
    }
    std::fs::create_dir(&data).unwrap();
    let done = project.tierwright(&["run"]).expect(1);
    assert!(done.err.contains("error[file-unreadable]"), "{}", done.err);
    std::fs::remove_dir(&data).unwrap();
    // The records of these failed runs.
    std::fs::remove_dir_all(project.path("out")).unwrap();
    symlink("/etc/passwd", &data).unwrap();
    let place = "datasets/orders.yaml:1:9";
    refused(&project, &Wrong { status: 1, id: "wrong-value", place, help: "copy the file", evidence: true });
    // Rule files are confined to the project as data files are.
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), "fn secret() { 1 }").unwrap();
    let project = small(&[]);
    symlink(outside.path().join("secret"), project.path("rules/secret.rhai")).unwrap();
    let said = project.tierwright(&["check"]).expect(1).err;
    assert!(said.contains("error[wrong-value]: ") && said.contains("rules/secret.rhai"), "{said}");
    // So are the project's own texts.
    for text in ["tierwright.yaml", "datasets/orders.yaml"] {
        let project = small(&[]);
        std::fs::remove_file(project.path(text)).unwrap();
        symlink(outside.path().join("secret"), project.path(text)).unwrap();
        let said = project.tierwright(&["check"]).expect(2).err;
        assert!(said.contains(&format!("`{text}` is a symbolic link that leads out of the project")), "{said}");
        assert!(!said.contains("fn secret"), "{said}");
    }
    // A lock that is a link would have what it leads to written over.
    let project = small(&[]);
    let victim = outside.path().join("secret");
    let name = std::fs::read_to_string(project.path("tierwright.yaml")).unwrap();
    let name = name.lines().find_map(|line| line.strip_prefix("name: ")).unwrap().trim().to_owned();
    std::fs::create_dir_all(project.path(&format!("out/{name}"))).unwrap();
    symlink(&victim, project.path(&format!("out/{name}/.lock"))).unwrap();
    let said = project.tierwright(&["run"]).expect(4).err;
    assert!(said.contains(".lock: it is a symbolic link"), "{said}");
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "fn secret() { 1 }");
    // Links that lead back up are walked once, not once for each way to them.
    let project = small(&[]);
    for name in ["a", "b", "c"] {
        symlink(project.path("rules"), project.path(&format!("rules/{name}"))).unwrap();
    }
    let begun = Instant::now();
    project.tierwright(&["run"]).expect(0);
    assert!(begun.elapsed() < AT_ONCE);
}
