//! What networks and models refuse: each names its place and says what to do.

use super::project;
use crate::project::Project;

const PEOPLE: &str = "source: people.csv\ncolumns:\n  person: { type: int, required: true }\n  ties: { type: int, graph: degree }\nkey: person\n\
    graph: { ties: ties, from: one, to: other, weight: w }\n";
const TIES: &str = "source: ties.csv\ncolumns: { a: int, b: int, w: float }\nreferences:\n  one: { table: people, column: a }\n  \
    other: { table: people, column: b }\n";

fn network(people: &str, ties: &str) -> Project {
    project(
        "people",
        "value",
        &[
            ("datasets/people.yaml", people),
            ("datasets/ties.yaml", TIES),
            ("datasets/people.csv", "person\n0\n1\n2\n"),
            ("datasets/ties.csv", ties),
            ("rules/value.rhai", "fn value(c) { (c.ties ?? 0).to_float() }\n"),
        ],
    )
}

/// What is said, if the program ends with this status.
fn said(project: &Project, command: &str, status: i32) -> String {
    let done = project.tierwright(&[command]).expect(status);
    format!("{}{}", done.out, done.err)
}

/// Each of the texts stands there.
#[track_caller]
fn tells(said: &str, wanted: &[&str]) {
    wanted.iter().for_each(|text| assert!(said.contains(text), "no `{text}` in\n{said}"));
}

#[test]
fn a_tie_without_strength_is_named_with_its_line() {
    let project = network(PEOPLE, "a,b,w\n0,1,1\n1,2,0\n");
    said(&project, "check", 0);
    let found = said(&project, "run", 1);
    tells(
        &found,
        &["error[graph]: `w` of a tie of `ties` is 0", "datasets/ties.csv:3", "`range` and `required` of `w`"],
    );
    tells(&said(&network(PEOPLE, "a,b,w\n0,1,\n"), "run", 1), &["is missing", "datasets/ties.csv:2"]);
}

#[test]
fn a_manifest_that_names_what_is_not_there_or_not_of_the_type_is_refused() {
    let changed = |from: &str, to: &str| said(&network(&PEOPLE.replace(from, to), "a,b,w\n0,1,1\n"), "check", 2);
    let place = "datasets/people.yaml:6:";
    tells(
        &changed("from: one", "from: ones"),
        &["unknown-column", "`ones` is no reference", "did you mean `one`?", place],
    );
    tells(&changed("ties: ties,", "ties: tie,"), &["unknown-table", "did you mean `ties`?", place]);
    tells(&changed("to: other", "to: one"), &["wrong-value", "are one reference", place]);
    tells(&changed("weight: w", "weight: v"), &["unknown-column", "no column `v` in `ties`", place]);
    let place = "datasets/people.yaml:4:";
    tells(
        &changed("type: int, graph", "type: float, graph"),
        &["type-mismatch", "`degree` is int, the column is float", place],
    );
    tells(&changed("graph: degree", "graph: degre"), &["wrong-value", "did you mean `degree`?", place]);
    tells(&changed("graph: degree", "graph: steps"), &["`steps` needs `reach`", "who is one of ours", place]);
    tells(&changed("graph: degree", "graph: people.degree"), &["`degree` is a person's", place]);
}

const CUSTOMERS: &str = "source: customers.csv\ncolumns:\n  id: int\n  x: { type: int, required: true }\n  t_x: { type: float, required: true, \
    unit: weeks }\n  age: { type: float, required: true, unit: weeks }\nkey: id\n";

/// Three customers of whom nobody bought twice, and an expression over them.
fn asked(expression: &str) -> Project {
    project(
        "customers",
        "value",
        &[
            ("datasets/customers.yaml", CUSTOMERS),
            ("datasets/customers.csv", "id,x,t_x,age\n1,0,0,30\n2,0,0,20\n3,0,0,10\n"),
            ("rules/value.rhai", &format!("fn value(c) {{ {expression} ?? 0.0 }}\n")),
        ],
    )
}

#[test]
fn a_model_that_cannot_be_fitted_is_a_warning_at_its_call() {
    for (expression, why) in [
        ("alive(\"weeks\", c.x, c.t_x, c.age)", "no customer bought a second time"),
        ("expected_spend(c.x, c.age)", "at least 4 are needed"),
        ("topsis(#{ x: c.x, age: c.age }, #{ x: 1.0, age: c.age })", "the weights are not the same for all customers"),
        ("vikor(#{ x: c.x, age: c.age }, #{ x: 0.0, age: 0.0 })", "no weight is above 0"),
        ("entropy_weight(\"x\", #{ x: c.x, idle: 0.0 - c.age })", "must be 0 or more"),
    ] {
        let found = said(&asked(expression), "run", 0);
        tells(&found, &["warning[model-doubt]", why, "rules/value.rhai:1:15", "`models` of the run's record"]);
        let record = said(&asked(expression), "run", 0);
        tells(&record, &["3 customers read: 3 decided"]);
    }
}

#[test]
fn units_and_criteria_that_do_not_fit_are_errors_of_check() {
    for (expression, wanted) in [
        ("alive(\"days\", c.x, c.t_x, c.age)", ["unit-mismatch", "weeks and days"]),
        ("alive(\"week\", c.x, c.t_x, c.age)", ["error[arguments]", "did you mean `weeks`?"]),
        ("alive(\"weeks\", c.x, c.t_x)", ["error[arguments]", "takes 4 arguments"]),
        ("topsis(c.x, c.age)", ["type-mismatch", "takes a map with known keys"]),
        ("topsis(#{ x: c.x }, #{ age: 1.0 })", ["type-mismatch", "no weight for x; no value for age"]),
        ("topsis(#{ x: \"a\" }, #{ x: 1.0 })", ["type-mismatch", "takes numbers"]),
        ("critic_weight(\"y\", #{ x: c.x })", ["error[arguments]", "takes the name of a criterion first"]),
    ] {
        let found = said(&asked(expression), "check", 1);
        tells(&found, &wanted);
        tells(&found, &["rules/value.rhai:1:"]);
    }
}
