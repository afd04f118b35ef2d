//! Rankings over criteria, weights made of the figures, concentration.

use super::{Random, decisions, oracle, project, run};
use crate::dirty::data;
use crate::project::Project;
use std::fmt::Write;

const TABLE: &str = "source: customers.csv\ncolumns:\n  id: text\n  region: text\n  a: float\n  b: { type: float, required: true }\n  \
    c: { type: float, required: true }\nkey: id\n";
const WEIGHTS: &str = "weights:\n  a: { value: 0.3 }\n  b: { value: 0.4 }\n  c: { value: 0.3 }\n";

/// Every function of criteria, with what groups them behind each last argument.
fn value(group: &str) -> String {
    format!(
        "fn value(c) {{
    let figures = #{{ a: c.a, b: c.b, c: c.c }};
    #{{
        value: topsis(figures, P.weights{group}) ?? 0.0,
        topsis: topsis(figures, P.weights{group}),
        vikor: vikor(figures, #{{ c: 3.0, b: 4, a: 3.0 }}{group}),
        promethee: promethee(figures, P.weights{group}),
        entropy_a: entropy_weight(\"a\", figures{group}),
        entropy_b: entropy_weight(\"b\", figures{group}),
        entropy_c: entropy_weight(\"c\", figures{group}),
        critic_a: critic_weight(\"a\", figures{group}),
        critic_b: critic_weight(\"b\", figures{group}),
        critic_c: critic_weight(\"c\", figures{group}),
        gini: gini_of(c.b{group}),
        herfindahl: herfindahl_of(c.b{group}),
        top_share: top_share_of(c.b, 0.2{group}),
    }}
}}
"
    )
}

/// Alternatives by criteria, a line `id,region,a,b,c` each.
fn table(rows: &str, group: &str) -> Project {
    project(
        "customers",
        "value",
        &[
            ("datasets/customers.yaml", TABLE),
            ("datasets/customers.csv", &format!("id,region,a,b,c\n{rows}")),
            ("rules/parameters.yaml", WEIGHTS),
            ("rules/value.rhai", &value(group)),
        ],
    )
}

#[test]
fn topsis_is_that_of_tzeng_and_huang() {
    let found = decisions(&run(&table("1,,5,8,4\n2,,7,6,8\n3,,8,8,6\n4,,7,4,6\n", ""), None, &[]), "id");
    for (id, closeness) in [("1", 0.5037), ("2", 0.6581), ("3", 0.7482), ("4", 0.3340)] {
        found[id].is("topsis", closeness, 4);
    }
}

#[test]
fn weights_by_critic_are_those_of_diakoulaki_and_others() {
    let rows = "1,,61,1.08,4.33\n2,,20.7,0.26,4.34\n3,,16.3,1.98,2.53\n4,,9,3.29,1.65\n5,,5.4,2.77,2.33\n6,,4,4.12,1.21\n\
        7,,-6.1,3.52,2.1\n8,,-34.6,3.31,0.98\n";
    let project = table(rows, "");
    let run = run(&project, None, &[]);
    let found = decisions(&run, "id");
    for row in found.values() {
        for (column, weight) in [("critic_a", 0.2022), ("critic_b", 0.4809), ("critic_c", 0.3169)] {
            row.is(column, weight, 4);
        }
        // A negative figure has no share, and no entropy is made of it.
        assert_eq!(row.number("entropy_b"), None);
    }
    let doubts = super::models(&run);
    assert!(
        doubts
            .iter()
            .any(|model| model["function"] == "entropy_weight" && model["doubts"][0] != serde_json::Value::Null)
    );
}

#[test]
fn random_tables_are_ranked_as_numpy_does() {
    for seed in 0..8 {
        let mut random = Random(seed);
        let customers = [1, 2, 5, 40, 150][random.below(5)];
        let values = [2, 4, 1000][random.below(3)];
        let mut rows = String::new();
        for id in 0..customers {
            // Figures are often equal, and the first is missing for some.
            let a = if random.below(12) == 0 { String::new() } else { (random.below(values) + 1).to_string() };
            let (b, c) = (random.below(values) + 1, random.below(values));
            writeln!(rows, "{id},{},{a},{b},{c}.5", random.of(&["East", "West", ""])).unwrap();
        }
        let (group, more) = if seed % 2 == 0 { ("", "") } else { (", c.region", "--group region") };
        let project = table(&rows, group);
        let run = run(&project, None, &[]);
        let options = format!("--values a b c --weights 0.3 0.4 0.3 {more}");
        oracle("criteria.py", &[&run.join("decisions")], &options);
        oracle(
            "criteria.py",
            &[&run.join("decisions")],
            &format!("--values b c --of b {more} --only gini herfindahl top_share"),
        );
    }
}

/// Online Retail: rows with a customer, a quantity and a price above 0, so without returns and gifts; the others of a customer do not count.
const RETAIL: &str = "fn spend(c) {
    #{ revenue: if c.lines.len() > 0 { c.lines.map(|l| l.quantity.to_float() * l.price).sum() } else { () } }
}
";
const RETAIL_VALUE: &str =
    "fn value(c) {\n    #{ value: c.revenue ?? 0.0, gini: gini_of(c.revenue), top: top_share_of(c.revenue, 0.2) }\n}\n";

#[test]
fn online_retail_is_as_concentrated_as_other_programs_find() {
    let Some(data) = data("online_retail") else { return };
    let source = data.join("online_retail/online_retail.csv.gz");
    let customers = format!(
        "source: {}\ncolumns: {{ id: {{ type: text, from: CustomerID, drop: [\"\"] }} }}\nkey: id\nduplicates: first\n",
        source.display()
    );
    let lines = format!(
        "source: {}\ncolumns:\n  customer_id: {{ type: text, from: CustomerID, drop: [\"\"] }}\n  quantity: {{ type: int, required: true, \
         from: Quantity }}\n  price: {{ type: float, required: true, from: UnitPrice }}\nfilter: quantity > 0 && price > 0.0\nreferences:\n  \
         customer: {{ table: customers, column: customer_id, many: lines }}\n",
        source.display()
    );
    let project = project(
        "customers",
        "spend, value",
        &[
            ("datasets/customers.yaml", &customers),
            ("datasets/lines.yaml", &lines),
            ("rules/spend.rhai", RETAIL),
            ("rules/value.rhai", RETAIL_VALUE),
        ],
    );
    let found = decisions(&run(&project, Some(&data), &[]), "id");
    let buyers: Vec<_> = found.values().filter(|row| row.number("revenue").is_some()).collect();
    assert_eq!((found.len(), buyers.len()), (4372, 4338));
    for row in buyers {
        row.is("gini", 0.7151, 4);
        row.is("top", 0.746, 3);
    }
}
