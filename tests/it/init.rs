//! `tierwright init`: projects that pass `check`, `run` and `test` right after, whatever the files are.

use crate::project::{Project, program};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Files in a folder, and the project that is drafted from them beside it.
struct Drafted {
    project: Project,
    answer: Value,
}

impl Drafted {
    /// Drafts a project from files of bytes, and holds that it works at once.
    #[track_caller]
    fn of(files: &[(&str, &[u8])]) -> Drafted {
        let project = Project::new(&[]);
        let mut args = vec!["init".to_owned(), "--json".to_owned(), "--from".to_owned()];
        for (name, bytes) in files {
            fs::write(project.path(name), bytes).unwrap();
            args.push((*name).to_owned());
        }
        args.push("项目".to_owned());
        let done = project.tierwright(&args.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(done.status, 0, "{}{}", done.out, done.err);
        let drafted = Drafted { answer: done.json(), project };
        drafted.works();
        drafted
    }

    #[track_caller]
    fn works(&self) {
        for command in ["check", "run", "test"] {
            let done = program(&self.root(), &[command]);
            assert_eq!(done.status, 0, "{command}: {}{}\n{}", done.out, done.err, self.texts());
            assert!(!done.err.contains("warning["), "{command}: {}\n{}", done.err, self.texts());
        }
        let tiers = self.answer["tiers"].as_array().unwrap();
        assert!(tiers.iter().all(|tier| tier["customers"].as_u64() > Some(0)), "{}", self.answer);
    }

    fn root(&self) -> PathBuf {
        self.project.path("项目")
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn texts(&self) -> String {
        let files = self.answer["files"].as_array().unwrap();
        let texts =
            files.iter().filter_map(Value::as_str).filter(|path| path.ends_with(".yaml") || path.ends_with(".rhai"));
        texts.map(|path| format!("--- {path}\n{}", self.read(path))).collect()
    }

    /// What is said of a column, or of a table.
    fn said(&self, table: &str, column: Option<&str>) -> Vec<(String, String)> {
        let notes = self.answer["inferred"].as_array().unwrap().iter();
        let own = notes.filter(|note| note["table"] == table && note["column"] == json!(column));
        own.map(|note| (note["inferred"].as_str().unwrap().to_owned(), note["sure"].as_str().unwrap().to_owned()))
            .collect()
    }
}

fn orders(rows: usize, line: impl Fn(usize) -> String) -> String {
    (1..=rows).map(line).collect()
}

#[test]
fn the_example_works_and_is_never_written_over() {
    let project = Project::new(&[]);
    let first = project.tierwright(&["init", "neu", "--json"]).expect(0).json();
    assert_eq!((&first["customer"], first["tiers"].as_array().map(Vec::len)), (&json!("customers"), Some(4)));
    for command in ["check", "run", "test"] {
        program(&project.path("neu"), &[command]).expect(0);
    }
    let before = crate::project::files(&project.path("neu"));
    let again = project.tierwright(&["init", "neu"]).expect(2);
    assert!(again.err.contains("`tierwright.yaml` is there already, and nothing is written over"), "{}", again.err);
    assert_eq!(before, crate::project::files(&project.path("neu")));
    // A folder with one of the files gets none of the others.
    project.write("halb/rules/tier.rhai", "fn tier(c) { \"mine\" }\n");
    project.tierwright(&["init", "halb"]).expect(2);
    assert_eq!(crate::project::files(&project.path("halb")).len(), 1);
    let here = Project::new(&[]);
    here.tierwright(&["init"]).expect(0);
    assert!(here.path("tierwright.yaml").exists() && here.path(".tierwright/schema/table.json").exists());
}

#[test]
fn tables_that_lead_to_one_another_become_a_profile() {
    let customers = format!("customer_id,name\n{}", orders(29, |i| format!("{i},N{i}\n")));
    let sales = format!(
        "order_id,customer_id,ordered,amount\n{}",
        orders(200, |i| format!("{},{},2024-{:02}-{:02},{}.50\n", i, i % 29 + 1, i % 12 + 1, i % 28 + 1, i * 3))
    );
    let lines = format!("line_id,order_id,qty\n{}", orders(500, |i| format!("L{i},{},{}\n", i % 200 + 1, i % 5)));
    let files: [(&str, &[u8]); 3] =
        [("customers.csv", customers.as_bytes()), ("orders.csv", sales.as_bytes()), ("lines.csv", lines.as_bytes())];
    let drafted = Drafted::of(&files);
    assert_eq!(drafted.answer["customer"], "customers");
    let manifest = drafted.read("datasets/orders.yaml");
    assert!(manifest.starts_with("# yaml-language-server: $schema=../.tierwright/schema/table.json\n"), "{manifest}");
    for part in [
        "key: order_id",
        "customer: { table: customers, column: customer_id, many: orders, orphans: count }",
        "ordered: date",
        "100 % of 29 unlike values",
    ] {
        assert!(manifest.contains(part), "{part}: {manifest}");
    }
    assert!(drafted.read("datasets/lines.yaml").contains("order: { table: orders, column: order_id, many: lines"));
    let profile = drafted.read("rules/profile.rhai");
    assert!(profile.contains("amount_12m: orders_recent.map(|o| o.amount).known().sum()"), "{profile}");
    assert!(profile.contains("days_since_orders") && profile.contains("orders_12m"), "{profile}");
    // The day after the last one.
    assert!(drafted.read("tierwright.yaml").contains("as_of: 2024-12-29"), "{}", drafted.read("tierwright.yaml"));
    let tiers: Vec<u64> =
        drafted.answer["tiers"].as_array().unwrap().iter().map(|tier| tier["customers"].as_u64().unwrap()).collect();
    assert_eq!((tiers.len(), tiers.iter().sum::<u64>()), (4, 29));
    assert!(tiers[0] <= 5, "{tiers:?}");
}

#[test]
fn chinese_headers_and_gbk_are_read() {
    let customers = format!(
        "客户编号,客户名称,等级,注册日期\n{}",
        orders(39, |i| format!("K{i:03},北京公司{i},普通,2023/{}/{}\n", i % 12 + 1, i % 28 + 1))
    );
    let sales = format!(
        "订单号,客户编号,金额,下单日期\n{}",
        orders(300, |i| format!("D{i:04},K{:03},{}.5,2024/{}/{}\n", i % 39 + 1, i * 37 % 1000, i % 12 + 1, i % 28 + 1))
    );
    let gbk = |text: &str| {
        // The tests' own table of these few characters would say less than the crate that everybody uses.
        let encoded = std::process::Command::new("iconv")
            .args(["-f", "utf-8", "-t", "gbk"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn();
        let mut child = encoded.ok()?;
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
        child.wait_with_output().ok().filter(|done| done.status.success()).map(|done| done.stdout)
    };
    let (Some(first), Some(second)) = (gbk(&customers), gbk(&sales)) else { return eprintln!("skipped: no iconv") };
    let drafted = Drafted::of(&[("客户.csv", &first), ("订单.csv", &second)]);
    assert_eq!(drafted.answer["customer"], "客户");
    let manifest = drafted.read("datasets/订单.yaml");
    for part in [
        "encoding: gb18030",
        "客户: { table: 客户, column: 客户编号, many: 订单",
        "下单日期: { type: date, format: \"%Y/%m/%d\" }",
        "金额: { type: \"decimal(12,1)\" }",
    ] {
        assert!(manifest.contains(part), "{part}: {manifest}");
    }
    // A column of the customers that decisions have themselves keeps out of their way.
    assert!(drafted.read("tierwright.yaml").contains("[普通, 重要, 核心, 战略]"));
    let said = drafted.said("订单", None);
    assert!(said.iter().any(|(what, sure)| what.starts_with("encoding gb18030") && sure == "likely"), "{said:?}");
}

#[test]
fn semicolons_commas_and_other_habits_are_read() {
    let rows = orders(59, |i| {
        format!("{};Kunde {i};{}.{:03},5;{} %;{}.{}.2024\n", 1000 + i, i, i * 7 % 1000, i % 50, i % 28 + 1, i % 12 + 1)
    });
    let text = format!("Kunden-Nr;Name;Umsatz;Anteil;Datum\n{rows}");
    let drafted = Drafted::of(&[("kunden.csv", text.as_bytes())]);
    let manifest = drafted.read("datasets/kunden.yaml");
    for part in [
        "delimiter: \";\"",
        "Kunden_Nr: { type: int, from: \"Kunden-Nr\" }",
        "Umsatz: { type: \"decimal(12,1)\", decimal: \",\", thousands: \".\" }",
        "Anteil: { type: int, marks: \"%\" }",
        "Datum: { type: date, format: \"%d.%m.%Y\" }",
        "key: Kunden_Nr",
    ] {
        assert!(manifest.contains(part), "{part}: {manifest}");
    }
}

#[test]
fn keys_that_repeat_are_said_and_dealt_with() {
    let text = format!("id,amount\n{}5,7\n6,8\n,9\n", orders(60, |i| format!("{i},{}\n", i * 2)));
    let drafted = Drafted::of(&[("accounts.csv", text.as_bytes())]);
    let manifest = drafted.read("datasets/accounts.yaml");
    assert!(manifest.contains("duplicates: first   # 2 rows with the key of a row before"), "{manifest}");
    assert!(manifest.contains("drop: [\"\"]"), "{manifest}");
    let said = drafted.said("accounts", None);
    assert!(
        said.iter()
            .any(|(what, sure)| what.contains("2 rows with one that stands before: the first stays")
                && sure == "a guess"),
        "{said:?}"
    );
    assert!(said.iter().any(|(what, _)| what == "1 row without a key: dropped"), "{said:?}");
}

#[test]
fn one_table_of_events_gives_the_customers_too() {
    let text = format!(
        "Invoice No,StockCode,Quantity,Invoice Date,Unit Price,Customer ID\n{}",
        orders(400, |i| format!(
            "5{:05},S{},{},{}/{}/11 8:{:02},{}.25,{}\n",
            i / 3,
            i % 17,
            i % 9 + 1,
            i % 12 + 1,
            i % 28 + 1,
            i % 60,
            i % 20,
            if i % 10 == 0 { String::new() } else { format!("{}.0", 12000 + i % 37) }
        ))
    );
    let drafted = Drafted::of(&[("online retail.csv", text.as_bytes())]);
    assert_eq!(drafted.answer["customer"], "customers");
    let customers = drafted.read("datasets/customers.yaml");
    for part in [
        "path: \"online retail.csv\"",
        "Customer_ID: { type: text, from: \"Customer ID\", drop: [\"\"] }",
        "key: Customer_ID\nduplicates: first",
    ] {
        assert!(customers.contains(part), "{part}: {customers}");
    }
    let rows = drafted.read("datasets/online_retail.yaml");
    assert!(
        rows.contains("Invoice_Date: { type: datetime, from: \"Invoice Date\", format: \"%m/%d/%y %H:%M\" }"),
        "{rows}"
    );
    assert!(rows.contains("many: online_retail"), "{rows}");
    let profile = drafted.read("rules/profile.rhai");
    assert!(
        profile.contains("online_retail_worth_12m: ")
            && profile.contains("(o.Quantity ?? 0).to_float() * (o.Unit_Price ?? 0.0)"),
        "{profile}"
    );
}

#[test]
fn files_with_little_in_them_work_too() {
    for (files, tiers) in [
        (vec![("one.csv", "name,city\nAda,Paris\nBob,Rome\nCyd,\n")], 2),
        (vec![("single.csv", "name\nAda\nBob\n")], 1),
        (vec![("numbers.csv", "Channel,Fresh,Milk\n2,12669,9656\n2,7057,9810\n1,12669,9656\n2,7057,9810\n")], 2),
        (vec![("twice.csv", "a,a,b\nx,2,3\ny,5,6\nz,8,9\n")], 3),
        (vec![("again.csv", "Kind,Kind,Kind,\n1,2,3,4\n1,2,3,5\n2,2,4,4\n")], 2),
        (vec![("none.csv", "A1,10,x\nA2,20,y\nA3,30,y\n")], 3),
        (vec![("ragged.csv", "id,a,b\n1,2,3\n2,3\n3,4,5,6\n4,1,1\n")], 4),
        (
            vec![(
                "quotes.csv",
                "id,note,amount\n1,\"a \"\"quoted\"\", text\nover lines\",\"1,200.50\"\n2,plain,35.00\n3,,\"12,000.00\"\n",
            )],
            3,
        ),
        (
            vec![(
                "clash.csv",
                "Customer Id , Revenue (USD),type,status,tier,value,cycle\nA1, 100,x,ok,gold,1,a\nA2, 250,y,ok,silver,2,b\nA3, 90,x,no,gold,3,c\n",
            )],
            3,
        ),
        (vec![("tab.tsv", "id\tx\n1\t2.5\n2\t3.5\n")], 2),
        (vec![("we ird*na?me.csv", "id,x\n1,2\n2,3\n")], 2),
        (vec![("bom.csv", "\u{feff}id,x\n1,2\n2,3\n")], 2),
    ] {
        let bytes: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
        let drafted = Drafted::of(&bytes);
        let found = drafted.answer["tiers"].as_array().unwrap().len();
        assert!(found >= tiers.min(2) && found <= 4, "{files:?}: {found} tiers\n{}", drafted.texts());
    }
}

/// Whether something with these words is said, as so sure.
#[track_caller]
fn assert_said(drafted: &Drafted, (table, column): (&str, Option<&str>), words: &str, sure: &str) {
    let said = drafted.said(table, column);
    assert!(said.iter().any(|(what, how)| what.contains(words) && how == sure), "{words}, {sure}: {said:?}");
}

#[test]
fn codes_are_no_numbers_and_currencies_are_not_mixed_in_silence() {
    // Three capitals are no currency because there are three: read as 100, DEU100 would be FRA100.
    let customers = format!("customer,name\n{}", orders(20, |i| format!("DEU{},A{i}\nFRA{},B{i}\n", 100 + i, 100 + i)));
    let sales = format!(
        "order,customer,sku,day,amount\n{}",
        orders(200, |i| {
            let country = ["DEU", "FRA"][i % 2];
            format!("{i},{country}{},SKU{},2024-01-{:02},{}\n", 101 + i % 20, i % 7, i % 28 + 1, i * 3)
        })
    );
    let drafted = Drafted::of(&[("customers.csv", customers.as_bytes()), ("orders.csv", sales.as_bytes())]);
    assert!(drafted.read("datasets/customers.yaml").contains("  customer: text "), "{}", drafted.texts());
    let manifest = drafted.read("datasets/orders.yaml");
    assert!(manifest.contains("  customer: text ") && manifest.contains("  sku: text "), "{manifest}");
    let tiers = drafted.answer["tiers"].as_array().unwrap().iter().map(|tier| tier["customers"].as_u64().unwrap());
    assert_eq!(tiers.sum::<u64>(), 40, "nobody is two");
    let text = format!("customer,revenue\n{}", orders(30, |i| format!("C{i},{} {i}00\n", ["USD", "EUR"][i % 2])));
    let drafted = Drafted::of(&[("customers.csv", text.as_bytes())]);
    assert_said(
        &drafted,
        ("customers", Some("revenue")),
        "amounts of unlike currencies (EUR, USD) stand here",
        "a guess",
    );
    let text = format!("customer,revenue\n{}", orders(30, |i| format!("C{i},{} {}00\n", ["USD", "EUR"][i % 2], i / 2)));
    let drafted = Drafted::of(&[("customers.csv", text.as_bytes())]);
    assert!(drafted.read("datasets/customers.yaml").contains("  revenue: text "), "{}", drafted.texts());
    assert_said(&drafted, ("customers", Some("revenue")), "because they are of unlike currencies: EUR, USD", "a guess");
    let text = format!("customer,revenue,cur\n{}", orders(30, |i| format!("C{i},{i}00,{}\n", ["USD", "EUR"][i % 2])));
    let drafted = Drafted::of(&[("customers.csv", text.as_bytes())]);
    assert_said(
        &drafted,
        ("customers", Some("cur")),
        "names currencies (EUR, USD), of which amounts are added up",
        "a guess",
    );
}

#[test]
fn rows_that_do_not_fit_have_the_room_that_they_need() {
    let text = format!(
        "id,name,revenue\n{}",
        orders(30, |i| format!("L{i},N{}{i},{}\n", if i == 7 { "\0" } else { "" }, i * 10))
    );
    let drafted = Drafted::of(&[("customers.csv", text.as_bytes())]);
    let manifest = drafted.read("datasets/customers.yaml");
    assert!(
        manifest.contains("quarantine: { at_most: 0.05 }   # 1 of 30 rows is set aside: line 8, `name` is "),
        "{manifest}"
    );
    assert_said(&drafted, ("customers", None), "1 of 30 rows is set aside: line 8, `name` is ", "likely");
    assert_said(&drafted, ("customers", None), "quarantine at most 5 %", "likely");
}

#[test]
fn columns_without_a_name_are_kept_or_told() {
    let text = format!("id,name,,revenue\n{}", orders(30, |i| format!("L{i},N{i},{},{i}\n", i * 100)));
    let drafted = Drafted::of(&[("customers.csv", text.as_bytes())]);
    let manifest = drafted.read("datasets/customers.yaml");
    for part in
        ["header: false, skip_rows: 1", "column3: { type: int, from: \"3\" }", "id: { type: text, from: \"1\" }"]
    {
        assert!(manifest.contains(part), "{part}: {manifest}");
    }
    assert_said(
        &drafted,
        ("customers", Some("column3")),
        "field 3 has no name in the header: it is `column3` here",
        "likely",
    );
    // A note beside the table is no column.
    let text =
        format!("id,revenue,\n{}", orders(60, |i| format!("L{i},{},{}\n", i * 7, if i == 9 { "ask" } else { "" })));
    let drafted = Drafted::of(&[("customers.csv", text.as_bytes())]);
    let words = "field 3 has no name in the header and a value in 1 of 60 rows: it is left out";
    assert_said(&drafted, ("customers", None), words, "a guess");
    // What has no value either, and what only counts the rows, is left out, and that is said.
    let text = format!(",id,revenue,\n{}", orders(30, |i| format!("{},L{i},{},\n", i - 1, i * 7)));
    let drafted = Drafted::of(&[("customers.csv", text.as_bytes())]);
    assert_said(
        &drafted,
        ("customers", None),
        "field 1 has no name in the header and numbers the rows: it is left out",
        "likely",
    );
    assert_said(
        &drafted,
        ("customers", None),
        "field 4 has neither a name in the header nor a value: it is left out",
        "sure",
    );
    let manifest = drafted.read("datasets/customers.yaml");
    assert!(
        manifest.contains("# likely: field 1 has no name in the header and numbers the rows")
            && !manifest.contains("header: false")
    );
}

#[test]
fn the_first_row_is_no_header_where_it_looks_like_the_others() {
    let text = orders(30, |i| format!("C{},Name {},Town\n", i - 1, i - 1));
    let drafted = Drafted::of(&[("customers.csv", text.as_bytes())]);
    assert_said(
        &drafted,
        ("customers", None),
        "no header: `C0` in the first row looks like the texts below it",
        "likely",
    );
    let tiers = drafted.answer["tiers"].as_array().unwrap().iter().map(|tier| tier["customers"].as_u64().unwrap());
    assert_eq!(tiers.sum::<u64>(), 30, "the first customer is one");
    let drafted = Drafted::of(&[("people.csv", b"alpha,beta\nAda,Paris\nBob,Rome\nCyd,Oslo\n")]);
    assert_said(&drafted, ("people", None), "nothing shows whether the first row names the columns", "a guess");
    let drafted = Drafted::of(&[("people.csv", b"id,x\nA,1\nB,2\nC,3\n")]);
    assert_said(&drafted, ("people", None), "a header: numbers, days or codes stand below names", "sure");
}

#[test]
fn tables_begin_below_what_stands_above_them() {
    let rows = orders(30, |i| format!("L{i},N{i},{}\n", i * 10));
    for (before, key, words) in [
        ("Customer report\n\n", "skip_rows: 2", "2 lines before the table: left out"),
        ("Customer report\r\nof today\r\n", "skip_rows: 2", "2 lines before the table: left out"),
        ("Customer report,,\n", "skip_rows: 1", "1 line before the table: left out"),
        ("# exported by CRM\n", "comment: \"#\"", "lines before the table begin with `#`: comments"),
    ] {
        let text = format!("{before}id,name,revenue\n{rows}");
        let drafted = Drafted::of(&[("customers.csv", text.as_bytes())]);
        let manifest = drafted.read("datasets/customers.yaml");
        assert!(
            manifest.contains(key) && manifest.contains("revenue: int") && manifest.contains("key: id"),
            "{manifest}"
        );
        assert_said(&drafted, ("customers", None), words, "likely");
    }
    let drafted = Drafted::of(&[("notes.csv", b"one two~three\nfour~five\nsix~seven\n")]);
    assert_said(&drafted, ("notes", None), "one field: neither", "a guess");
}

#[test]
fn rows_with_a_field_too_many_displace_no_number() {
    // Behind the amount only texts can be displaced.
    let text = format!(
        "id,revenue,street,city\n{}",
        orders(60, |i| format!("L{i},{},Road {i}{},Town\n", i * 10, if i % 10 == 0 { ", Flat 3" } else { "" }))
    );
    let drafted = Drafted::of(&[("customers.csv", text.as_bytes())]);
    assert!(drafted.read("datasets/customers.yaml").contains("long_rows: cut"), "{}", drafted.texts());
    assert_said(
        &drafted,
        ("customers", None),
        "6 rows with more fields than the header, cut behind the last column",
        "a guess",
    );
    assert_said(&drafted, ("customers", None), "texts behind a surplus delimiter are displaced", "a guess");
    // 1,234 without quotes is two fields, and a sum of them would be wrong.
    let text = format!(
        "id,revenue,visits\n{}",
        orders(60, |i| format!("L{i},{},{}\n", if i == 9 { "1,234".to_owned() } else { i.to_string() }, i % 5))
    );
    let drafted = Drafted::of(&[("customers.csv", text.as_bytes())]);
    let manifest = drafted.read("datasets/customers.yaml");
    assert!(!manifest.contains("long_rows") && manifest.contains("quarantine: { at_most: 0.02 }"), "{manifest}");
    assert_said(&drafted, ("customers", None), "1 row with more fields than the header: set aside", "a guess");
}

#[test]
fn a_day_in_the_future_does_not_move_the_project() {
    let customers = format!("id,name\n{}", orders(30, |i| format!("L{i},N{i}\n")));
    let sales = |odd: &str| {
        let day = |i: usize| if i == 50 { odd.to_owned() } else { format!("2024-{:02}-05", i % 12 + 1) };
        format!("order,id,day,amount\n{}", orders(200, |i| format!("{i},L{},{},{i}\n", i % 30 + 1, day(i))))
    };
    let own = sales("2204-05-06");
    let drafted = Drafted::of(&[("customers.csv", customers.as_bytes()), ("orders.csv", own.as_bytes())]);
    assert!(drafted.read("tierwright.yaml").contains("as_of: 2024-12-06"), "{}", drafted.read("tierwright.yaml"));
    assert_said(&drafted, ("orders", Some("day")), "1 value lies after today, the last on 2204-05-06", "a guess");
    // Where all days are in the future, the last of all counts.
    let own = sales("2024-01-01").replace("2024-", "2204-");
    let drafted = Drafted::of(&[("customers.csv", customers.as_bytes()), ("orders.csv", own.as_bytes())]);
    assert!(drafted.read("tierwright.yaml").contains("as_of: 2204-12-06"), "{}", drafted.read("tierwright.yaml"));
}

#[test]
fn references_that_many_values_miss_are_guesses() {
    let customers = format!("id,name\n{}", orders(30, |i| format!("L{i},N{i}\n")));
    let of = |keys: usize| format!("order,id,amount\n{}", orders(200, |i| format!("{i},L{},{i}\n", i % keys + 1)));
    for (keys, words, sure) in [
        (60, "leads to customers: 50 % of 60 unlike values are keys there, 30 find no row", "a guess"),
        (31, "leads to customers: 96.7 % of 31 unlike values are keys there, 1 finds no row", "likely"),
        (30, "leads to customers: 100 % of 30 unlike values are keys there", "sure"),
    ] {
        let sales = of(keys);
        let drafted = Drafted::of(&[("customers.csv", customers.as_bytes()), ("orders.csv", sales.as_bytes())]);
        assert_said(&drafted, ("orders", Some("id")), words, sure);
        let manifest = drafted.read("datasets/orders.yaml");
        assert_eq!(manifest.contains("# a guess: 50 % of 60"), sure == "a guess", "{manifest}");
    }
}

#[test]
fn zeros_in_front_do_not_part_tables() {
    let customers = format!("cust,name\n{}", orders(30, |i| format!("{i:06},N{i}\n")));
    let sales = format!("ord,cust,amt\n{}", orders(200, |i| format!("{i},{},{i}\n", i % 30 + 1)));
    let drafted = Drafted::of(&[("customers.csv", customers.as_bytes()), ("orders.csv", sales.as_bytes())]);
    assert_said(
        &drafted,
        ("orders", Some("cust")),
        "leads to customers.cust but for zeros in front in 30 of 30 values: both are read as numbers",
        "a guess",
    );
    assert!(drafted.read("rules/profile.rhai").contains("c.orders"), "{}", drafted.texts());
    // A key with letters stays a text, and the zeros are told.
    let customers = format!("{customers}X1,Other\n");
    let drafted = Drafted::of(&[("customers.csv", customers.as_bytes()), ("orders.csv", sales.as_bytes())]);
    assert_said(&drafted, ("orders", Some("cust")), "would lead to customers.cust but for zeros in front", "a guess");
}

#[test]
fn what_nearly_is_of_a_type_is_told() {
    let text = |odd: &str, name: &str| {
        let number = |i: usize| if i == 77 { odd.to_owned() } else { (i * 10).to_string() };
        format!("id,{name}\n{}", orders(300, |i| format!("T{i},{}\n", number(i))))
    };
    let own = text("12a4", "revenue");
    let drafted = Drafted::of(&[("customers.csv", own.as_bytes())]);
    assert_said(
        &drafted,
        ("customers", Some("revenue")),
        "text, although 299 of 300 values are numbers: `12a4` is not",
        "a guess",
    );
    let own = text("12x4", "phone");
    let drafted = Drafted::of(&[("customers.csv", own.as_bytes())]);
    assert_said(
        &drafted,
        ("customers", Some("phone")),
        "text, although 299 of 300 values are numbers: one is not",
        "a guess",
    );
    let day = |i: usize| match i % 2 {
        0 => format!("2020-{:02}-{:02}", i % 12 + 1, i % 28 + 1),
        _ => format!("{:02}.{:02}.2020", i % 28 + 1, i % 12 + 1),
    };
    let own = format!("id,since\n{}", orders(300, |i| format!("T{i},{}\n", day(i))));
    let drafted = Drafted::of(&[("customers.csv", own.as_bytes())]);
    let manifest = drafted.read("datasets/customers.yaml");
    assert!(
        manifest.contains("formats: [\"%Y-%m-%d\", \"%d.%m.%Y\"]")
            || manifest.contains("formats: [\"%d.%m.%Y\", \"%Y-%m-%d\"]"),
        "{manifest}"
    );
}

#[test]
fn a_draft_that_fails_leaves_nothing_and_names_the_file() {
    // An archive that is named as a table, which only the loading of tables finds.
    let project = Project::new(&[("customers.csv", "PK\u{3}\u{4}id,x\n1,2\n2,3\n"), ("mine/notes.txt", "mine\n")]);
    for folder in ["new/below", "mine"] {
        let done = project.tierwright(&["init", "--from", "customers.csv", folder]);
        assert_ne!(done.status, 0, "{}", done.out);
        assert!(done.err.contains("customers.csv") && !done.err.contains("datasets/"), "{}", done.err);
    }
    assert!(!project.path("new").exists());
    assert_eq!(crate::project::files(&project.path("mine")).len(), 1);
    assert!(!project.path("mine/datasets").exists() && !project.path("mine/rules").exists());
}

#[test]
fn the_lowest_tier_has_the_lowest_terms_and_totals_are_told() {
    let drafted = Drafted::of(&[("single.csv", b"name\nAda\nBob\n")]);
    let parameters = drafted.read("rules/parameters.yaml");
    assert!(parameters.contains("general: { visits: 0, discount: 0.0 }"), "{parameters}");
    let drafted = Drafted::of(&[("two.csv", b"id,x\nA,1\nB,2\n")]);
    let parameters = drafted.read("rules/parameters.yaml");
    assert!(parameters.contains("general: { visits: 0, discount: 0.0 }"), "{parameters}");
    assert!(parameters.contains("strategic: { visits: 6, discount: 0.2 }"), "{parameters}");
    for word in ["Total", "合计"] {
        let text = format!("customer,revenue\n{}{word},465\n", orders(30, |i| format!("L{i},{i}\n")));
        let drafted = Drafted::of(&[("customers.csv", text.as_bytes())]);
        assert_said(
            &drafted,
            ("customers", None),
            "row 31, the last, looks like a total of the others: `drop: [",
            "a guess",
        );
    }
}

#[test]
fn what_nothing_can_be_made_of_is_said() {
    let project =
        Project::new(&[("empty.csv", ""), ("head.csv", "a,b\n"), ("book.xlsx", "x"), ("good.csv", "id,x\n1,2\n")]);
    let done = project
        .tierwright(&["init", "p", "--from", "empty.csv", "head.csv", "book.xlsx", "gone.csv", "good.csv"])
        .expect(2);
    for part in [
        "nothing can be made of `empty.csv`: it is empty",
        "nothing can be made of `head.csv`: it has a header and no rows",
        "`book.xlsx` is no file of delimited text",
        "`gone.csv` is not there",
    ] {
        assert!(done.err.contains(part), "{part}: {}", done.err);
    }
    assert!(!project.path("p").exists());
    let done = project.tierwright(&["init", "p", "--from", "good.csv", "--customer", "bad"]).expect(2);
    assert!(done.err.contains("no table `bad`: there are good"), "{}", done.err);
}

/// Real data of many origins, where they are at hand.
#[test]
fn real_files_work() {
    let Ok(shared) = std::env::var("TIERWRIGHT_SHARED") else {
        return eprintln!("skipped: TIERWRIGHT_SHARED names no folder with data");
    };
    let shared = Path::new(&shared);
    for files in [
        &[
            "crm_sales_opportunities/accounts.csv",
            "crm_sales_opportunities/products.csv",
            "crm_sales_opportunities/sales_pipeline.csv",
            "crm_sales_opportunities/sales_teams.csv",
        ][..],
        &[
            "northwind/customers.csv",
            "northwind/orders.csv",
            "northwind/order-details.csv",
            "northwind/products.csv",
            "northwind/employees.csv",
        ],
        &["cdnow/CDNOW_sample.txt"],
        &["saas_sales/SaaS-Sales.csv"],
        &["wholesale_customers/wholesale_customers.csv"],
        &["helpdesk_tickets/helpdesk.csv"],
        &["india_ecommerce_fy2018/list_of_orders.csv", "india_ecommerce_fy2018/order_details.csv"],
    ] {
        let read: Vec<(String, Vec<u8>)> = files
            .iter()
            .map(|file| (file.rsplit('/').next().unwrap().to_owned(), fs::read(shared.join(file)).unwrap()))
            .collect();
        let files: Vec<(&str, &[u8])> = read.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let drafted = Drafted::of(&files);
        assert_eq!(
            drafted.answer["tiers"].as_array().unwrap().len(),
            4,
            "{:?}: {}",
            files[0].0,
            drafted.answer["tiers"]
        );
    }
}
