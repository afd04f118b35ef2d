//! Contracts of tables from end to end: what a run says, counts and keeps to itself.

use crate::project::{Project, files};

/// A value that nobody may read.
const PLANTED: &str = "zhang.san@example.com";

fn project() -> Project {
    let p = PLANTED;
    Project::new(&[
        (
            "tierwright.yaml",
            "name: 合同
customer: 客户
steps: [等级]
decision: { tier: 等级, value: 值, order: [一般, 战略] }
as_of: 2017-04-01
undetermined: { at_most: 0.5 }
output: { compression: none }
",
        ),
        (
            "datasets/客户.yaml",
            "source: 客户.csv
columns:
  编号: { type: text, trim: true }
  邮箱: { type: text, sensitive: true, pattern: { is: '.+@.+', severity: warn } }
  数量: { type: int, range: [0, 100] }
  单价: 'decimal(12,2)'
  额: { type: 'decimal(12,2)', compute: 数量 * 单价 }
key: 编号
filter: 编号 != \"测试\"
checks:
  - { name: 有邮箱, rule: 邮箱 != 编号 }
exact_duplicates: remove
quarantine: { at_most: 0.9 }
",
        ),
        (
            "datasets/客户.csv",
            &format!(
                "编号,邮箱,数量,单价
甲,{p},2,10.05
乙,x{p},1,
丙,{p},101,1
{p},{p},1,1
测试,{p},1,1
丁,\"{p}\"x,1,1
戊,{p}
己,{p},x,1
甲,{p},2,10.05
 庚,no-mail,3,1
辛,z{p},9,1
"
            ),
        ),
        (
            "rules/等级.rhai",
            "fn 等级(c) {
    if c.编号 == \"辛\" { throw `${c.邮箱} 不对` }
    #{ 等级: if (c.额 ?? 0.0) > 10.0 { \"战略\" } else { \"一般\" }, 值: c.额 ?? 0.0, 邮: c.邮箱 != () }
}
",
        ),
    ])
}

/// What stands in the files below a folder and holds the text.
fn holding(project: &Project, text: &str) -> Vec<String> {
    let found = files(&project.path("out")).into_iter();
    let holds = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    found.filter(|(_, bytes)| holds(bytes)).map(|(path, _)| path).collect()
}

#[test]
fn nothing_that_people_read_holds_a_sensitive_value() {
    let project = project();
    for args in [&["check"][..], &["check", "--json"], &["run"], &["run", "--json"], &["runs", "--json"]] {
        let done = project.tierwright(args).expect(0);
        assert!(!done.out.contains(PLANTED) && !done.err.contains(PLANTED), "{args:?}: {}{}", done.out, done.err);
    }
    // The row whose key is the value itself has it in a column that is not sensitive; its check breaks for it.
    let held = holding(&project, PLANTED);
    assert_eq!(held, Vec::<String>::new());
    assert!(!holding(&project, "(withheld)").is_empty(), "lists say that something is withheld");
    let run = project.path("out/合同/runs/cycle=FY2016");
    assert!(run.is_dir());
}

#[test]
fn a_run_counts_what_leaves_and_warns_of_what_stays() {
    let project = project();
    let done = project.tierwright(&["run"]).expect(0);
    assert!(
        done.err.contains("warning[not-allowed]: 1 row breaks `pattern: .+@.+` of `邮箱` of `客户`"),
        "{}",
        done.err
    );
    assert!(done.err.contains("--> datasets/客户.yaml:4:38"), "{}", done.err);
    let json = project.tierwright(&["run", "--json"]).expect(0).json();
    let table = &json["record"]["tables"][0];
    let counts = ["read", "kept", "quarantined", "removed"].map(|key| table[key].as_u64().unwrap());
    assert_eq!(counts, [11, 4, 5, 2], "{table}");
}

#[test]
fn a_failed_run_keeps_it_to_itself_too() {
    let project = project();
    let manifest = std::fs::read_to_string(project.path("datasets/客户.yaml")).unwrap();
    project.write("datasets/客户.yaml", &manifest.replace("at_most: 0.9", "at_most: 0.1"));
    let done = project.tierwright(&["run"]).expect(1);
    assert!(done.err.contains("too-many-quarantined") && done.err.contains("(withheld)"), "{}", done.err);
    assert!(!done.err.contains(PLANTED) && holding(&project, PLANTED).is_empty(), "{}", done.err);
}

#[test]
fn a_sensitive_column_makes_no_folder_and_no_group() {
    let project = project();
    let file = std::fs::read_to_string(project.path("tierwright.yaml")).unwrap();
    project.write(
        "tierwright.yaml",
        &(file.replace("{ compression: none }", "{ partition_by: [邮箱], columns: [邮箱] }")
            + "summaries: [{ name: s, by: [邮箱], measures: { n: count } }]\n"),
    );
    let done = project.tierwright(&["check"]).expect(2);
    assert!(done.err.contains("names `邮箱`, whose values are sensitive"), "{}", done.err);
    assert!(done.err.contains("summary `s` groups by `邮箱`, whose values are sensitive"), "{}", done.err);
}

#[test]
fn errors_of_expressions_are_shown_in_the_manifest() {
    let project = project();
    let manifest = std::fs::read_to_string(project.path("datasets/客户.yaml")).unwrap();
    project.write("datasets/客户.yaml", &manifest.replace("数量 * 单价", "数量 * 单阶"));
    let done = project.tierwright(&["check"]).expect(2);
    assert!(done.err.contains("error[unknown-column]: no column `单阶` in `客户`"), "{}", done.err);
    assert!(done.err.contains("--> datasets/客户.yaml:7:45"), "{}", done.err);
    assert!(done.err.contains("did you mean `单价`?"), "{}", done.err);
}

#[test]
fn sums_of_amounts_in_several_currencies_are_errors_of_check() {
    let project = project();
    project.write(
        "datasets/订单.yaml",
        "source: 订单.csv
columns: { 号: int, 客户: text, 币种: text, 金额: { type: float, required: true, currency: { column: 币种 } } }
key: 号
references: { 客: { table: 客户, column: 客户, many: 订单 } }
",
    );
    project.write("datasets/订单.csv", "号,客户,币种,金额\n1,甲,CNY,1\n");
    let rule = |x: &str| {
        let text = format!("fn 等级(c) {{\n    #{{ 等级: \"一般\", 值: 1.0, 数:\n{x} }}\n}}\n");
        project.write("rules/等级.rhai", &text);
        project.tierwright(&["check"])
    };
    for wrong in [
        "c.订单.map(|o| o.金额).sum()",
        "c.订单.map(|o| o.金额).max()",
        "c.订单.top(1, |o| o.金额).len()",
        "c.订单.filter(|o| o.金额 > 100.0).len()",
    ] {
        let said = rule(wrong).expect(1).err;
        assert!(
            said.contains("error[unit-mismatch]") && said.contains("whose currency varies by row"),
            "{wrong}: {said}"
        );
        assert!(said.contains("convert first"), "{said}");
    }
    for right in ["c.订单.filter(|o| o.币种 == \"CNY\").len()", "c.订单.filter(|o| o.金额 > 0.0).len()"] {
        rule(right).expect(0);
    }
}
