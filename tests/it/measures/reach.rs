//! Whom our own people get to.

use super::{Random, decisions, oracle, project, run};
use crate::checks::{blocks, read};
use crate::project::Project;
use std::fmt::Write;

/// Measures of customers with their types.
const MEASURES: &str = "reach:float coverage:float missing_roles:text risk:float risk_person:text contact_risk:float \
    contact_risk_person:text own_risk:float own_risk_person:text people:int decision_makers:int decision_makers_reached:int \
    next_person:text next_gain:float";

/// Sums over the people of a customer, so that the decisions tell of people too.
const VALUE: &str = "fn value(c) {
    let people = c.staff.filter(|p| !(p.ours ?? false));
    #{
        value: c.reach ?? 0.0,
        steps_sum: people.map(|p| p.steps).known().sum(),
        gain_sum: people.map(|p| p.gain).known().sum(),
        loss_sum: people.map(|p| p.loss).known().sum(),
        unreached: people.filter(|p| p.steps == ()).len(),
    }
}
";

/// The project that a page of the documentation shows.
pub fn page(path: &str) -> Project {
    let project = Project::new(&[]);
    for (kind, text) in blocks(&read(path)) {
        match kind.split(' ').collect::<Vec<_>>().as_slice() {
            ["yaml", "tierwright"] => project.write("tierwright.yaml", &text),
            ["yaml", "parameters"] => project.write("rules/parameters.yaml", &text),
            ["yaml", "table", name] => project.write(&format!("datasets/{name}.yaml"), &text),
            ["csv", file] => project.write(file, &text),
            ["rhai", "check"] => {
                let name = text.split_once("fn ").and_then(|(_, rest)| rest.split_once('(')).expect("a step").0;
                project.write(&format!("rules/{name}.rhai"), &text);
            }
            _ => {}
        }
    }
    project
}

/// The folder of the run of a page's project.
pub fn run_of(project: &Project, name: &str) -> std::path::PathBuf {
    project.tierwright(&["run"]).expect(0);
    super::list(&super::list(&project.path(&format!("out/{name}/runs")))[0]).remove(0)
}

#[test]
fn the_page_of_networks_is_right() {
    let project = page("docs/networks.md");
    let found = decisions(&run_of(&project, "networks"), "id");
    let numbers = ["reach", "coverage", "risk", "own_risk", "deciders", "reached", "next_gain"];
    let texts = ["missing", "hangs_on", "own_hangs_on", "next", "second", "broker"];
    let near = |found: Option<f64>, wanted: Option<f64>| match (found, wanted) {
        (Some(found), Some(wanted)) => (found - wanted).abs() < 1e-12,
        (found, wanted) => found == wanted,
    };
    let all = "buyer, director, lawyer";
    let two_thirds = Some(2.0 / 3.0);
    let told = [
        ("K1", [Some(0.3), two_thirds, Some(1.0), Some(0.0), Some(4.0), Some(2.0), Some(0.4)]),
        ("K2", [Some(0.0), Some(0.0), None, None, Some(1.0), Some(0.0), Some(1.0)]),
        ("K3", [None, None, None, None, Some(0.0), Some(0.0), None]),
    ];
    for (customer, wanted) in told {
        for (column, wanted) in numbers.iter().zip(wanted) {
            let found = found[customer].number(column);
            assert!(near(found, wanted), "{column} of {customer}: {found:?}, the page has {wanted:?}");
        }
    }
    let named = |customer: &str| texts.map(|column| found[customer].text(column).unwrap_or("-").to_owned());
    assert_eq!(named("K1"), ["lawyer", "Cai", "-", "Eli", "Fay", "Cai"]);
    assert_eq!(named("K2"), [all, "-", "-", "Gus", "Gus", "Gus"]);
    assert_eq!(named("K3"), ["-", "-", "-", "-", "-", "-"]);
    assert_eq!(found["K1"].number("unreached"), Some(2.0));
}

/// A project of random people, some of them ours, some of no customer, and its run compared.
fn drawn(seed: u64) {
    let mut random = Random(seed);
    let nodes = [4, 9, 20, 40][random.below(4)];
    let mut people = "person,customer,ours,influence,role\n".to_owned();
    for n in 0..nodes {
        let (customer, ours) = (random.of(&["A", "B", "C", "", "nobody"]), random.below(5) == 0);
        let (influence, role) = (random.of(&["", "0", "1", "0.5", "2"]), random.of(&["buyer", "boss", "user", ""]));
        writeln!(people, "{n},{customer},{ours},{influence},{role}").unwrap();
    }
    let mut ties = "a,b\n".to_owned();
    for _ in 0..nodes * (1 + random.below(2)) {
        writeln!(ties, "{},{}", random.below(nodes), random.below(nodes)).unwrap();
    }
    let (steps, decay, is_directed) = (1 + random.below(4), random.of(&["1", "0.5", "0.8"]), seed % 2 == 1);
    let reach = format!(
        "{{ customer: owner, ours: ours, influence: influence, role: role, roles: [buyer, boss, lawyer], steps: {steps}, decay: {decay} }}"
    );
    let manifest = format!(
        "source: persons.csv\ncolumns:\n  person: {{ type: int, required: true }}\n  customer: text\n  ours: bool\n  influence: float\n  \
         role: text\n  steps: {{ type: int, graph: steps }}\n  gain: {{ type: float, graph: gain }}\n  loss: {{ type: float, graph: loss }}\n\
         key: person\nreferences:\n  owner: {{ table: customers, column: customer, many: staff }}\n\
         graph: {{ ties: ties, from: one, to: other, directed: {is_directed}, reach: {reach} }}\n"
    );
    let mut customers = "source: customers.csv\ncolumns:\n  id: text\n".to_owned();
    for (measure, dtype) in MEASURES.split_whitespace().filter_map(|word| word.split_once(':')) {
        writeln!(customers, "  {measure}: {{ type: {dtype}, graph: persons.{measure} }}").unwrap();
    }
    customers.push_str("key: id\n");
    let tied = "source: ties.csv\ncolumns: { a: int, b: int }\nreferences:\n  one: { table: persons, column: a }\n  other: { table: persons, column: b }\n";
    let project = project(
        "customers",
        "value",
        &[
            ("datasets/persons.yaml", &manifest),
            ("datasets/persons.csv", &people),
            ("datasets/ties.yaml", tied),
            ("datasets/ties.csv", &ties),
            ("datasets/customers.yaml", &customers),
            ("datasets/customers.csv", "id\nA\nB\nC\nD\n"),
            ("rules/value.rhai", VALUE),
        ],
    );
    let run = run(&project, None, &[]);
    let directed = if is_directed { "--directed" } else { "" };
    let options = format!(
        "--key person --ends a b --owner customer --ours ours --influence influence --role role --roles buyer boss lawyer \
         --steps {steps} --decay {decay} {directed}"
    );
    let [people, ties] = ["datasets/persons.csv", "datasets/ties.csv"].map(|file| project.path(file));
    oracle("networks.py", &[&run.join("decisions"), &people, &ties], &options);
}

#[test]
fn reach_is_what_counting_it_out_gives() {
    (100..108).for_each(drawn);
}
