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

/// People of a customer with an influence, and one of ours; the ties have a strength.
fn reached(influences: &str, roles: &str, ties: &str) -> Project {
    let people = "source: people.csv\ncolumns:\n  person: text\n  customer_id: text\n  ours: bool\n  influence: float\n  role: text\n\
        key: person\nreferences:\n  customer: { table: customers, column: customer_id, many: people }\ngraph:\n  ties: ties\n  \
        from: one\n  to: other\n  weight: w\n  reach: { customer: customer, ours: ours, influence: influence, role: role, roles: ";
    let rows = influences.split(' ').zip(["a", "b", "c", "d"]);
    let rows: String = rows.map(|(influence, person)| format!("{person},K,false,{influence},buyer\n")).collect();
    project(
        "customers",
        "value",
        &[
            ("datasets/people.yaml", &format!("{people}{roles} }}\n")),
            ("datasets/ties.yaml", &TIES.replace("a: int, b: int", "a: text, b: text")),
            (
                "datasets/customers.yaml",
                "source: customers.csv\ncolumns:\n  id: text\n  reach: { type: float, graph: people.reach }\nkey: id\n",
            ),
            ("datasets/customers.csv", "id\nK\n"),
            ("datasets/people.csv", &format!("person,customer_id,ours,influence,role\nus,,true,,\n{rows}")),
            ("datasets/ties.csv", ties),
            ("rules/value.rhai", "fn value(c) { c.reach ?? 0.0 }\n"),
        ],
    )
}

#[test]
fn influence_that_is_below_nothing_or_beyond_all_floats() {
    let ties = "a,b,w\nus,a,1\n";
    let below = said(&reached("1 -2.5", "[buyer]", ties), "run", 1);
    tells(&below, &["the influence of a row of `people` is -2.5", "datasets/people.csv:4", "help: mend the source"]);
    let beyond = said(&reached("1e308 1e307 1e308 1e308", "[buyer]", ties), "run", 1);
    tells(
        &beyond,
        &["error[graph]", "adds up to more than a float holds", "datasets/people.csv:5", "in smaller numbers"],
    );
}

#[test]
fn a_role_that_nobody_has_is_told() {
    let found = said(&reached("1 2", "[buyer, lawyer]", "a,b,w\nus,a,1\n"), "run", 0);
    tells(&found, &["warning[graph]: nobody in `people` has the role `lawyer`", "how it is written in the data"]);
    assert!(!found.contains("the role `buyer`"), "{found}");
}

#[test]
fn every_row_of_ties_has_a_strength() {
    let of = |row: &str| said(&reached("1 2", "[buyer]", &format!("a,b,w\nus,a,1\n{row}\n")), "run", 1);
    tells(&of("a,nobody,-1"), &["`w` of a tie of `ties` is -1; it must be above 0", "datasets/ties.csv:3"]);
    tells(&of("a,b,inf"), &["is missing or not finite; it must be above 0", "datasets/ties.csv:3"]);
    tells(&of("a,b,1e-320"), &["is 9.99989e-321; it must be at least 2.3e-308"]);
}

#[test]
fn an_eigenvector_that_cannot_be_told_names_its_column() {
    let people = PEOPLE.replace("ties: { type: int, graph: degree }", "rank: { type: float, graph: eigenvector }");
    let people = people.replace(", weight: w", ", directed: true");
    for ties in ["0,1,1\n1,0,1\n1,2,1\n2,3,1\n3,2,1\n", "0,1,1\n1,0,1\n2,3,1\n3,2,1\n"] {
        let project = network(&people, &format!("a,b,w\n{ties}"));
        project.write("datasets/people.csv", "person\n0\n1\n2\n3\n");
        project.write("rules/value.rhai", "fn value(c) { c.rank ?? 0.0 }\n");
        let told = "`rank` of `people` (`eigenvector`): missing for all: 2 parts of the network are equally strong";
        tells(&said(&project, "run", 0), &["warning[graph]", told]);
    }
}

#[test]
fn figures_in_warnings_are_short_and_name_their_criterion() {
    let found = said(&asked("promethee(#{ x: c.x, age: c.age * 1e200 }, #{ x: 1.0, age: 1.0 })"), "run", 0);
    tells(&found, &["a figure of criterion 1 (by the alphabet) is 3e201, it must be between -1e150 and 1e150"]);
    let found = said(&asked("critic_weight(\"x\", #{ x: c.x, y: 1.0 })"), "run", 0);
    tells(&found, &["no criterion tells the customers apart, so all weigh the same"]);
}

#[test]
fn a_judgement_that_is_no_number_is_one_error() {
    for wrong in ["0", "-3", "high", "1/0"] {
        let project = asked("c.x.to_float()");
        project
            .write("rules/parameters.yaml", &format!("w: {{ ahp: {{ a: {{ b: {wrong}, c: 2 }}, b: {{ c: 3 }} }} }}\n"));
        let found = said(&project, "check", 2);
        tells(&found, &["how many times as important it is", "1 error"]);
        assert!(!found.contains("not judged"), "{found}");
    }
}
