//! What an analyst reads after a natural mistake: the place, and what to write.

use crate::project::Project;

const PROJECT: &str = "\
name: m
customer: customers
steps: [tier]
decision: { tier: tier, value: value, order: [general], read_back: { size: int } }
as_of: 2017-04-01
output: { columns: [id, region], partition_by: [tier] }
";
const CUSTOMERS: &str = "\
source: customers.csv
columns: { id: text, region: text, size: int }
key: id
";
const ORDERS: &str = "\
source: orders.csv
columns: { order: int, customer_id: text, amount: float, shop: text }
key: order
references:
  customer: { table: customers, column: customer_id, many: orders }
";

fn project() -> Project {
    let project = Project::new(&[]);
    project.write("tierwright.yaml", PROJECT);
    project.write("datasets/customers.yaml", CUSTOMERS);
    project.write("datasets/customers.csv", "id,region,size\nA,East,1\n");
    project.write("datasets/orders.yaml", ORDERS);
    project.write("datasets/orders.csv", "order,customer_id,amount,shop\n1,A,2.5,x\n");
    project
}

/// What `check` finds where the step returns `x` beside what it must: ids, and the text of all.
fn found(project: &Project, x: &str) -> (Vec<String>, String) {
    project.write("rules/tier.rhai", &format!("fn tier(c) {{\n#{{ tier: \"general\", value: 1.0, x:\n{x} }} }}\n"));
    let answer = project.tierwright(&["check", "--json"]);
    let diagnostics = answer.json()["findings"].as_array().cloned().unwrap_or_default();
    // The output of this project leaves `x` out.
    let ids = diagnostics.iter().map(|d| d["id"].as_str().unwrap_or_default().to_owned());
    let ids = ids.filter(|id| id != "unused-column").collect();
    (ids, serde_json::Value::from(diagnostics).to_string())
}

#[test]
fn slips_of_writing_are_answered_with_what_works() {
    let project = project();
    for (wrong, right) in [
        ("1 < (c.size ?? 0) < 5", "write `1 < (c.size ?? 0) && c.size ?? 0 < 5`"),
        ("date(\"2017/02/01\")", "`date(\\\"2017-02-01\\\")`"),
        ("date(\"2017-2-1\")", "`date(\\\"2017-02-01\\\")`"),
        ("date(\"01.02.2017\")", "`date(\\\"2017-04-01\\\")`"),
        ("date(\"2017-02-30\")", "is not a day of the calendar"),
        ("date(\"0000-01-01\")", "outside of the years 1 to 9999"),
        ("c.size.to_float() ?? 0.0", "`c.size` may be missing: write `c.size?.to_float() ?? 0.0`"),
        ("1 in [1, c.size]", "unless an element before it matches"),
        (
            "{ let n = 0; loop { n += 1; if n > (c.size ?? 0) { break; } } n }",
            "loop over a range of constants with `for`",
        ),
    ] {
        let (_, text) = found(&project, wrong);
        assert!(text.contains(right), "{wrong}: {text}");
    }
}

#[test]
fn functions_of_other_languages_are_answered_with_ours() {
    let project = project();
    for (wrong, right) in [
        ("c.orders.map(|o| o.amount ?? 0.0).avg()", "write `mean()`"),
        ("c.orders.any(|o| o.amount == ())", "write `some(|x| …)`"),
        ("c.orders.map(|o| o.amount ?? 0.0).SUM()", "did you mean `sum`?"),
        ("IF(true, 1, 0)", "write `if a { b } else { c }`"),
        ("coalesce(c.region, P.x)", "`x ?? d` is d where x is missing"),
        ("today()", "`AS_OF` is the date of the run"),
        ("datediff(AS_OF, AS_OF)", "`days_between(from, to)`"),
        ("c.orders.groupby(|o| o.shop)", "sum into a map"),
        ("AS_OF.minus_years(1)", "`minus_months(d, 12)`"),
        ("c.orders.find(|o| o.amount == ())", "write `filter(|x| …).first()`"),
    ] {
        let (ids, text) = found(&project, wrong);
        assert!(ids.contains(&"unknown-function".to_owned()) && text.contains(right), "{wrong}: {text}");
    }
}

#[test]
fn what_may_be_missing_is_answered_where_it_can_be_mended() {
    let project = project();
    for (x, help) in [
        (
            "c.orders.map(|o| o.amount * 2.0).len()",
            "where `orders` always has it, declare `amount` as `required: true`",
        ),
        ("c.orders.map(|o| o.customer.id).len()", "write `o.customer?.` and behind it what to take without it"),
        ("c.orders.map(|o| o.customer.id).len()", "declare `customer` with `orphans: quarantine` or `fail`"),
    ] {
        let (ids, text) = found(&project, x);
        assert_eq!(ids[0], "missing-value", "{text}");
        assert!(text.contains(help), "{x}: {text}");
    }
    let (_, text) = found(&project, "c.size + 1");
    assert!(!text.contains("required: true"), "a column of the customer may be a step's: {text}");
    let (_, text) = found(&project, "c.prior.size + 1");
    assert!(!text.contains("orphans"), "{text}");
    let (ids, text) = found(&project, "c.prior.tier ?? \"general\"");
    assert!(ids.contains(&"dead-default".to_owned()), "{text}");
    assert!(text.contains("write `c.prior?.tier ?? \\\"general\\\"`"), "{text}");
}

#[test]
fn one_mistake_is_told_once() {
    let (ids, text) = found(&project(), "if c.region == () { () } else { c.sized }");
    assert_eq!(ids, ["unknown-column"], "{text}");
    let (ids, text) = found(&project(), "if c.region == () { () } else { () }");
    assert_eq!(ids, ["not-a-column"], "{text}");
}

#[test]
fn columns_of_the_project_file_are_shown_where_they_stand() {
    let project = project();
    found(&project, "1");
    for (good, wrong, place) in [
        ("region]", "regoin]", (6, 25)),
        ("region]", "{ regoin: r }]", (6, 27)),
        ("[tier] }", "[teir] }", (6, 49)),
        ("{ size: int }", "{ sise: int }", (4, 70)),
        ("tier: tier,", "tier: teir,", (4, 19)),
    ] {
        project.write("tierwright.yaml", &PROJECT.replace(good, wrong));
        let answer = project.tierwright(&["check", "--json"]).expect(2).json();
        let first = &answer["findings"][0];
        assert_eq!(first["id"], "unknown-column", "{answer}");
        let at = (first["line"].as_u64().unwrap_or(0), first["column"].as_u64().unwrap_or(0));
        assert_eq!(at, place, "{wrong}: {first}");
    }
}

#[test]
fn a_tier_that_no_rule_names_is_told() {
    let project = project();
    project.write(
        "tierwright.yaml",
        &PROJECT.replace("[general]", "[genral, strategic]").replace("region]", "region, x]"),
    );
    let rule =
        "fn tier(c) { #{ tier: if c.id == \"A\" { \"strategic\" } else { \"general\" }, value: 1.0, size: 1 } }\n";
    project.write("rules/tier.rhai", &rule.replace("size: 1", "x: 1"));
    let answer = project.tierwright(&["check", "--json"]).expect(0).json();
    let findings = answer["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!(findings[0]["id"], "unnamed-tier");
    assert_eq!(findings[0]["help"][0], "did you mean `general`?");
}

#[test]
fn mistakes_in_files_say_what_to_write() {
    let project = project();
    project.write("rules/tier.rhai", "fn tier(c) { #{ tier: \"general\", value: 1.0, x: P.lines.top } }\n");
    for (parameters, wanted) in [
        ("lines: { key: { value: 70.0 }, top: { value: 1.0 } }", "if `lines` is a group, give `key` another name"),
        (
            "lines: { meaning: { value: 70.0 }, top: { value: 1.0 } }",
            "if `lines` is a group, give `meaning` another name",
        ),
        ("lines: { top: { value: \"70\", range: [0, 100] } }", "and the value is text"),
        ("lines: { top: { value: \"70\", range: [0, 100] } }", "write the number without quotes"),
        ("lines: { top: { value: 70.0, meaning: From 70.5 on: key. } }", "needs quotes"),
        ("lines: { top: { value: 70.0, meaning: on [x] } }", "a map in braces goes on with neither `,` nor `}`"),
        ("lines: { sum_to: 1.0, top: 0.5, low: 0.7 }", "together they are 0.2 too much: lower one of them"),
        ("lines: { sum_to: 1.0, top: 0.5, low: 0.2 }", "together they lack 0.3: raise one of them"),
    ] {
        project.write("rules/parameters.yaml", parameters);
        let done = project.tierwright(&["check"]);
        assert!(done.status != 0 && done.err.contains(wanted), "{parameters}: {wanted}\n{}", done.err);
    }
    project.write("rules/parameters.yaml", "lines: { top: 1.0 }\n");
    // The manifest lies where the data should, and is none of them.
    std::fs::rename(project.path("datasets/orders.csv"), project.path("orders.csv")).unwrap();
    let done = project.tierwright(&["check"]);
    assert!(done.err.contains("no file `datasets/orders.csv`"), "{}", done.err);
    assert!(done.err.contains("paths start at `datasets/`") && !done.err.contains("did you mean"), "{}", done.err);
    let done = project.tierwright(&["check", "--project", "nowhere"]).expect(2);
    assert!(done.err.contains("no such folder") && done.err.contains("`tierwright init DIR`"), "{}", done.err);
    let done = project.tierwright(&["check", "--project", "rules"]).expect(2);
    assert!(done.err.contains("no `tierwright.yaml` in this folder"), "{}", done.err);
}
