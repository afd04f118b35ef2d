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
