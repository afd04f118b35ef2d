//! Tables in parts: the same bytes as in memory, whatever the number of parts and of threads.

use crate::project::{Done, Project, files, list, program};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Customers, orders, their lines, notes of customers whose keys repeat, transfers between two customers and their fees,
/// and products, with what goes wrong in each: orphans, rows without customer, repeated keys near and far, values that
/// are none.
fn shop(customers: usize, duplicates: &str, orphans: &str) -> Project {
    let mut text = String::from("编号,名称,区域,上级\n");
    for c in 0..customers {
        let parent = if c % 5 == 4 { format!("C{:03}", c - 4) } else { String::new() };
        writeln!(text, "C{c:03},客户 {c},{},{parent}", ["华东", "华北", ""][c % 3]).unwrap();
    }
    text += "C001,twice,华东,\n";
    let mut orders = String::from("id,customer,day,amount,status\n");
    let mut lines = String::from("order,no,product,quantity,share\n");
    let mut notes = String::from("id,customer,written,text\n");
    let mut transfers = String::from("id,from,to,sum\n");
    let mut fees = String::from("transfer,fee\n");
    for o in 0..customers * 4 {
        // The last customer has no rows.
        let customer = (o * 7) % (customers - 1);
        let of = match o % 17 {
            5 => String::new(),
            6 => format!("X{o}"),
            _ => format!("C{customer:03}"),
        };
        let amount = if o % 23 == 1 { "viel".to_owned() } else { format!("{}.{:02}", o * 3 % 101, o % 100) };
        let status = ["offen", "n/a", "geliefert", "del."][o % 4];
        writeln!(orders, "{o},{of},2017-{:02}-{:02},{amount},{status}", o % 12 + 1, o % 28 + 1).unwrap();
        for no in 0..o % 5 {
            let product = if no == 3 { "P99".to_owned() } else { format!("P{}", (o + no) % 6) };
            writeln!(lines, "{o},{no},{product},{},0.{}", no + 1, o * 7919 % 100_000).unwrap();
        }
        // Keys repeat under other customers, and now and then under the same.
        writeln!(notes, "{},C{customer:03},2017-01-{:02},Notiz {o}", o % (customers * 3), o % 28 + 1).unwrap();
    }
    for n in 0..customers * 2 {
        let to = if n % 7 == 3 { format!("Y{n}") } else { format!("C{:03}", n * 5 % customers) };
        writeln!(transfers, "{},C{:03},{to},0.{}", n % (customers * 2 - 5), n * 3 % customers, n * 7 + 1).unwrap();
        writeln!(fees, "{},{}.5", n * 2, n).unwrap();
    }
    lines += "0,0,P1,1,0.5\n77777,0,P1,2,0.25\n1,0,P2,3,0.125\n,4,P2,3,0.125\n1,4,P2,3\n";
    let last = customers * 4 - 3;
    writeln!(orders, "3,C000,2017-05-05,1.00,offen\n{last},C002,2018-05-05,1.00,offen").unwrap();
    Project::new(&[
        (
            "tierwright.yaml",
            "name: 客户分级
customer: 客户
steps: [profile, value, tier]
decision: { tier: tier, value: value, order: [low, high] }
planning: { starts: 04-01, time_zone: Asia/Shanghai }
as_of: 2018-01-01
undetermined: { at_most: 0.9 }
output: { partition_by: [tier] }
",
        ),
        (
            "datasets/客户.yaml",
            "source: { path: 客户.csv }
columns: { 编号: text, 名称: text, 区域: text, 上级: text }
key: 编号
duplicates: first
references:
  parent: { column: 上级, table: 客户, many: children, orphans: count }
completeness: [名称, 区域, notes, lines, received]
",
        ),
        (
            "datasets/orders.yaml",
            &format!(
                "source: {{ path: orders.csv }}
columns:
  id: int
  customer: text
  day: date
  amount: {{ type: 'decimal(12,2)' }}
  status: {{ type: text, missing: [n/a], values: {{ del.: geliefert }} }}
key: id
duplicates: {duplicates}
quarantine: {{ at_most: 0.9 }}
references:
  customer_row: {{ column: customer, table: 客户, many: orders, orphans: {orphans} }}
"
            ),
        ),
        (
            "datasets/lines.yaml",
            &format!(
                "source: {{ path: lines.csv }}
columns: {{ order: int, no: int, product: text, quantity: int, share: float }}
key: [order, no]
duplicates: {duplicates}
quarantine: {{ at_most: 0.9 }}
references:
  order_row: {{ column: order, table: orders, many: lines, orphans: {orphans} }}
  product_row: {{ column: product, table: products, orphans: {orphans} }}
"
            ),
        ),
        (
            "datasets/notes.yaml",
            &format!(
                "source: {{ path: notes.csv }}
columns: {{ id: int, customer: text, written: date, text: {{ type: text, drop: [Notiz 7, {{ pattern: 'Notiz .*9' }}] }} }}
key: id
duplicates: {}
quarantine: {{ at_most: 0.9 }}
references:
  customer_row: {{ column: customer, table: 客户, many: notes, orphans: {orphans} }}
",
                if duplicates == "last" { "{ last_by: written }" } else { duplicates }
            ),
        ),
        (
            "datasets/transfers.yaml",
            &format!(
                "source: {{ path: transfers.csv }}
columns: {{ id: int, from: text, to: text, sum: float }}
key: id
duplicates: {duplicates}
quarantine: {{ at_most: 0.9 }}
references:
  sender: {{ column: from, table: 客户, many: sent, orphans: {orphans} }}
  receiver: {{ column: to, table: 客户, many: received, orphans: count }}
"
            ),
        ),
        (
            "datasets/fees.yaml",
            &format!(
                "source: {{ path: fees.csv }}
columns: {{ transfer: int, fee: float }}
quarantine: {{ at_most: 0.9 }}
references:
  transfer_row: {{ column: transfer, table: transfers, orphans: {orphans} }}
"
            ),
        ),
        ("datasets/transfers.csv", &transfers),
        ("datasets/fees.csv", &fees),
        (
            "datasets/products.yaml",
            "source: { path: products.csv }
columns: { id: text, price: float }
key: id
",
        ),
        ("datasets/客户.csv", &text),
        ("datasets/orders.csv", &orders),
        ("datasets/lines.csv", &lines),
        ("datasets/notes.csv", &notes),
        ("datasets/products.csv", "id,price\nP0,1.1\nP1,2.2\nP2,0.3\nP3,1e-3\nP4,7.7\nP5,123.456\n"),
        (
            "rules/profile.rhai",
            "fn profile(c) {
    let lines = c.lines.filter(|l| l.product_row != ());
    let days = c.orders.map(|o| o.day).known();
    #{
        order_count: c.orders.len(),
        sent_sum: c.sent.map(|t| t.sum).known().sum(),
        received_sum: c.received.map(|t| t.sum).known().sum(),
        revenue: c.orders.map(|o| o.amount).known().sum(),
        shares: c.lines.map(|l| l.share).known().sum(),
        spent: lines.map(|l| to_float(l.quantity ?? 0) * (l.product_row?.price ?? 0.0)).sum(),
        largest: c.orders.map(|o| o.lines.len()).max(),
        last: days.max(),
        note: c.notes.map(|n| n.text).known().first(),
        open: c.orders.filter(|o| (o.status ?? \"\") == \"offen\").len(),
        region: c.区域,
        parent_name: c.parent?.名称,
        brothers: c.children.len(),
    }
}
",
        ),
        ("rules/value.rhai", "fn value(c) {\n    pct_rank(c.shares)\n}\n"),
        (
            "rules/tier.rhai",
            "fn tier(c) {
    let first = c.orders.map(|o| o.status).known().first();
    if c.value > 0.5 && first != () && c.区域 != \"\" { \"high\" } else { \"low\" }
}
",
        ),
    ])
}

fn runs(folder: &Path) -> Vec<PathBuf> {
    let base = folder.join("客户分级");
    let mut found: Vec<PathBuf> =
        ["runs/cycle=FY2017", "failed"].iter().flat_map(|sub| list_if(&base.join(sub))).collect();
    found.sort();
    found
}

fn list_if(folder: &Path) -> Vec<PathBuf> {
    if folder.exists() { list(folder) } else { Vec::new() }
}

/// Runs the project in memory and in parts: all files are equal, and what is said of the data.
#[track_caller]
fn same_in_parts(project: &Project, status: i32, parts: &[&str]) -> Done {
    let whole = project.tierwright(&["run", "--out", "whole", "--json"]).expect(status);
    let expected = runs(&project.path("whole"));
    assert_eq!(expected.len(), 1, "{expected:?}");
    let expected = files(&expected[0]);
    assert!(expected.len() > 2);
    for parts in parts {
        for threads in ["1", "2"] {
            let out = format!("parts-{parts}-{threads}");
            let args = ["run", "--out", &out, "--parts", parts, "--threads", threads, "--json"];
            let done = project.tierwright(&args).expect(status);
            let found = runs(&project.path(&out));
            assert_eq!(found.len(), 1, "{found:?}");
            let timings = std::fs::read_to_string(found[0].join("timings.json")).unwrap();
            if status == 0 {
                assert!(timings.contains(&format!("in {parts} parts")), "{timings}");
            }
            for ((name, bytes), (path, other)) in expected.iter().zip(&files(&found[0])) {
                assert_eq!(name, path);
                if name.ends_with(".json") {
                    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                    assert_eq!(text(bytes), text(other), "{name} in {parts} parts");
                }
                assert!(bytes == other, "{name} differs in {parts} parts on {threads} threads");
            }
            let staging = project.path(&format!("{out}/客户分级/.staging"));
            assert_eq!(list_if(&staging).iter().filter(|p| p.to_string_lossy().contains("parts-")).count(), 0);
            let said = |done: &Done| done.json()["findings"].to_string();
            assert_eq!(said(&done), said(&whole));
        }
    }
    whole
}

#[test]
fn related_rows_are_the_same_in_parts() {
    let project = shop(40, "last", "count");
    let done = same_in_parts(&project, 0, &["1", "2", "7"]).json();
    let quality = |table: &str, measure: &str| {
        let rows = done["record"]["quality"].as_array().unwrap().iter();
        let row = rows.into_iter().find(|q| q["table"] == table && q["measure"] == measure).unwrap();
        row["count"].as_u64().unwrap()
    };
    // That the project is hostile enough.
    assert!(quality("orders", "orphans") > 5 && quality("orders", "reference_missing") > 5);
    assert!(quality("lines", "orphans") > 5 && quality("notes", "rows_removed") > 5);
    assert!(quality("orders", "rows_quarantined") > 3 && quality("orders", "rows_removed") == 2);
    assert!(quality("orders", "corrected") > 5 && quality("orders", "missing_token") > 5);
}

#[test]
fn rows_go_to_quarantine_alike() {
    same_in_parts(&shop(31, "first", "quarantine"), 0, &["1", "3", "64"]);
    same_in_parts(&shop(12, "quarantine", "quarantine"), 0, &["2", "11"]);
}

#[test]
fn a_run_that_fails_says_the_same_in_parts() {
    same_in_parts(&shop(40, "fail", "count"), 1, &["1", "2", "7"]);
    same_in_parts(&shop(40, "first", "fail"), 1, &["1", "2", "7"]);
}

#[test]
fn a_table_without_rows_is_the_same_in_parts() {
    let project = shop(9, "first", "count");
    project.write("datasets/notes.csv", "id,customer,written,text\n");
    same_in_parts(&project, 1, &["2"]);
    let manifest = std::fs::read_to_string(project.path("datasets/notes.yaml")).unwrap();
    project.write("datasets/notes.yaml", &format!("{manifest}empty: allowed\n"));
    project.write("datasets/lines.csv", "order,no,product,quantity,share\n1,2,P1\n");
    let project_out = project.tierwright(&["run", "--out", "x"]);
    project.write("datasets/lines.csv", "order,no,product,quantity,share\n1,2,P1,1,0.5\n");
    assert_eq!(project_out.status, 1, "{}", project_out.err);
    for out in ["whole", "parts-2-1", "parts-2-2"] {
        let _ = std::fs::remove_dir_all(project.path(out));
    }
    same_in_parts(&project, 0, &["2"]);
}

#[test]
fn the_interpreter_gives_the_same_in_parts() {
    let project = shop(40, "first", "count");
    project.tierwright(&["run", "--out", "whole"]).expect(0);
    project.tierwright(&["run", "--out", "parts", "--parts", "3", "--engine", "interpret"]).expect(0);
    assert_eq!(files(&runs(&project.path("whole"))[0]), files(&runs(&project.path("parts"))[0]));
}

#[test]
fn little_memory_means_parts_and_a_dry_run_leaves_nothing() {
    let project = shop(40, "first", "count");
    project.tierwright(&["run", "--out", "whole"]).expect(0);
    let yaml = std::fs::read_to_string(project.path("tierwright.yaml")).unwrap();
    let temporary = project.path("temporary");
    std::fs::create_dir(&temporary).unwrap();
    project.tierwright(&["run", "--dry-run", "--out", "dry", "--parts", "3"]).expect(0);
    assert!(!project.path("dry").exists());
    let verified = project.tierwright(&["run", "--out", "whole", "--force", "--parts", "5"]).expect(0);
    assert!(verified.out.starts_with("computed again, every file equal"), "{}", verified.out);
    let wrong = project.tierwright(&["run", "--memory", "2 elephants"]).expect(2);
    assert!(wrong.err.contains("2GiB"), "{}", wrong.err);
    project.write("tierwright.yaml", &format!("{yaml}limits: {{ memory: 1 }}\n"));
    let wrong = project.tierwright(&["run"]).expect(2);
    assert!(wrong.err.contains("500MB"), "{}", wrong.err);
}

#[test]
fn what_parts_cannot_give_is_computed_in_memory_and_said() {
    let project = shop(20, "first", "count");
    project.write("rules/value.rhai", "fn value(c) {\n    pct_rank(c.orders.len())\n}\n");
    project.tierwright(&["run", "--out", "whole"]).expect(0);
    project.tierwright(&["run", "--out", "parts", "--parts", "3"]).expect(0);
    let run = &runs(&project.path("parts"))[0];
    assert_eq!(files(&runs(&project.path("whole"))[0]), files(run));
    let timings = std::fs::read_to_string(run.join("timings.json")).unwrap();
    assert!(timings.contains("in memory: step `value` asks for standings"), "{timings}");

    project.write(
        "rules/value.rhai",
        "fn value(c) {\n    let p = c.parent;\n    if p == () { 0.0 } else { to_float(p.orders.len()) }\n}\n",
    );
    project.tierwright(&["run", "--out", "other", "--parts", "3"]).expect(0);
    let timings = std::fs::read_to_string(runs(&project.path("other"))[0].join("timings.json")).unwrap();
    assert!(timings.contains("belong to another row of `客户`"), "{timings}");
}

#[test]
fn the_default_project_is_the_same_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let run = |out: &str, more: &[&str]| {
        let out = folder.path().join(out);
        let args = [&["run", "--out", out.to_str().unwrap()], more].concat();
        program(root, &args).expect(0);
        let cycles = list(&out.join("crm/runs"));
        let runs: Vec<PathBuf> = cycles.iter().flat_map(|cycle| list(cycle)).collect();
        runs[0].clone()
    };
    let whole = files(&run("whole", &[]));
    for parts in ["1", "2", "7"] {
        let found = run(parts, &["--parts", parts, "--threads", "2"]);
        assert!(files(&found) == whole, "{parts} parts");
        let timings = std::fs::read_to_string(found.join("timings.json")).unwrap();
        assert!(timings.contains(&format!("in {parts} parts")), "{timings}");
    }
}

#[test]
fn a_row_that_is_torn_between_customers_keeps_all_in_memory() {
    let project = shop(20, "first", "count");
    let manifest = std::fs::read_to_string(project.path("datasets/lines.yaml")).unwrap();
    let manifest = manifest.replace("order: int,", "order: int, payer: text,");
    let more = "  payer_row: { column: payer, table: 客户, orphans: count }\n";
    project.write("datasets/lines.yaml", &format!("{manifest}{more}"));
    let lines = |payer: &str| format!("order,payer,no,product,quantity,share\n2,{payer},0,P1,1,0.5\n3,,0,P1,1,0.25\n");
    // Order 2 is of C014.
    for (payer, how) in [("C014", "in 7 parts"), ("C003", "in memory: a row of `lines` belongs to several customers")] {
        project.write("datasets/lines.csv", &lines(payer));
        let (whole, parts) = (format!("whole-{payer}"), format!("parts-{payer}"));
        project.tierwright(&["run", "--out", &whole]).expect(0);
        let done = project.tierwright(&["run", "--out", &parts, "--parts", "7"]).expect(0);
        assert!(done.out.contains(how), "{}", done.out);
        assert_eq!(files(&runs(&project.path(&whole))[0]), files(&runs(&project.path(&parts))[0]));
    }
}

#[test]
fn what_moved_is_the_same_in_parts() {
    let project = shop(40, "first", "count");
    let outs = [("whole", &[][..]), ("parts", &["--parts", "3"][..])];
    for (out, more) in outs {
        project.tierwright(&[&["run", "--as-of", "2017-04-01", "--out", out], more].concat()).expect(0);
    }
    let lines = std::fs::read_to_string(project.path("datasets/lines.csv")).unwrap();
    project.write("datasets/lines.csv", &lines.replace(",0.", ",1"));
    for (out, more) in outs {
        let done = project.tierwright(&[&["run", "--as-of", "2018-04-01", "--out", out], more].concat()).expect(0);
        assert!(done.err.contains("`share`: population stability index"), "{}", done.err);
    }
    assert_eq!(files(&runs(&project.path("whole"))[0]), files(&runs(&project.path("parts"))[0]));
}

/// The shop with all that a manifest can ask of a row: rules with each severity, mending, computed and converted columns, a
/// filter, rows that are alike, columns that a file lacks.
fn strict(customers: usize, severity: &str) -> Project {
    let project = shop(customers, "last", "quarantine");
    let append = |path: &str, text: &str| {
        let before = std::fs::read_to_string(project.path(path)).unwrap();
        project.write(path, &format!("{before}{text}"));
    };
    project.write(
        "datasets/orders.yaml",
        &format!(
            "source: {{ path: orders.csv }}
columns:
  id: {{ type: int, range: {{ is: [0, 150], severity: {severity} }} }}
  customer: {{ type: text, trim: true, case: upper, sensitive: true }}
  day: date
  amount: {{ type: 'decimal(12,2)', currency: USD, range: {{ is: [0.5, 99.5], severity: warn }} }}
  euro: {{ type: 'decimal(12,2)', convert: amount, to: EUR, on: day }}
  status: {{ type: text, missing: [n/a], values: {{ del.: geliefert }} }}
  note: {{ type: text, absent: missing }}
  month: {{ type: int, compute: day.month() }}
  owner: {{ type: text, compute: 'if month == 12 {{ () }} else {{ customer }}' }}
  ratio: {{ type: float, compute: 1.0 / to_float(month - 3) }}
key: id
duplicates: last
quarantine: {{ at_most: 0.9 }}
references:
  customer_row: {{ column: owner, table: 客户, many: orders, orphans: count }}
rates: {{ table: rates, from: currency, to: EUR, date: day, rate: rate, max_age: 100d, no_rate: missing }}
filter: month != 5
freshness: {{ column: day, within: 3000d, severity: warn }}
rows: {{ is: [1, 100], severity: warn }}
checks:
  - {{ name: early, rule: 'month < 11', severity: warn }}
  - {{ name: ratio, rule: '(ratio ?? 0.0) < 0.3' }}
  - {{ name: state, rule: '(status ?? \"\") != \"offen\"', severity: warn }}
"
        ),
    );
    project.write(
        "datasets/rates.yaml",
        "source: { path: rates.csv }
columns: { currency: text, day: date, rate: float }
key: [currency, day]
",
    );
    project.write("datasets/rates.csv", "currency,day,rate\nUSD,2016-12-01,0.9\nUSD,2017-06-01,0.875\n");
    let fees = std::fs::read_to_string(project.path("datasets/fees.yaml")).unwrap();
    project.write("datasets/fees.yaml", &format!("{fees}exact_duplicates: remove\nfilter: fee < 50.0\n"));
    append("datasets/fees.csv", "4,2.5\n4,2.5\n999,1.5\n999,1.5\n4,2.5\n");
    project
}

#[test]
fn rules_of_rows_are_kept_alike() {
    let project = strict(40, "quarantine");
    let done = same_in_parts(&project, 0, &["1", "2", "7"]).json();
    let quality = |table: &str, measure: &str| {
        let rows = done["record"]["quality"].as_array().unwrap().iter();
        let row = rows.into_iter().find(|q| q["table"] == table && q["measure"] == measure);
        row.and_then(|row| row["count"].as_u64()).unwrap_or(0)
    };
    // That the project is hostile enough.
    assert!(quality("orders", "broken") > 9 && quality("orders", "not_computed") > 5, "{done}");
    assert!(quality("orders", "rows_removed") > 5 && quality("orders", "rows_quarantined") > 20, "{done}");
    assert!(quality("orders", "mended") > 0 || quality("orders", "corrected") > 0);
    assert_eq!(quality("fees", "removed"), quality("fees", "rows_removed"));
    let told = done["findings"].to_string();
    for rule in ["check `early`", "`amount`", "row-count"] {
        assert!(told.contains(rule), "{rule}: {told}");
    }
    let failing = strict(40, "fail");
    same_in_parts(&failing, 1, &["1", "3"]);
}
