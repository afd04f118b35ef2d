//! Measures of people.

use super::{Random, decisions, oracle, project, rows, run};
use crate::dirty::data;
use crate::project::Project;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// Measures of people with their types.
const MEASURES: &str = "degree:int in_degree:int out_degree:int strength:float pagerank:float eigenvector:float betweenness:float \
    closeness:float harmonic:float constraint:float effective_size:float clustering:float component:int";

/// Zachary 1977, the friends of a karate club; person 0 is its instructor.
const KARATE: &str = "0-1 0-2 0-3 0-4 0-5 0-6 0-7 0-8 0-10 0-11 0-12 0-13 0-17 0-19 0-21 0-31 1-2 1-3 1-7 1-13 1-17 1-19 1-21 1-30 2-3 2-7 \
    2-8 2-9 2-13 2-27 2-28 2-32 3-7 3-12 3-13 4-6 4-10 5-6 5-10 5-16 6-16 8-30 8-32 8-33 9-33 13-33 14-32 14-33 15-32 15-33 18-32 18-33 \
    19-33 20-32 20-33 22-32 22-33 23-25 23-27 23-29 23-32 23-33 24-25 24-27 24-31 25-31 26-29 26-33 27-33 28-31 28-33 29-32 29-33 30-32 \
    30-33 31-32 31-33 32-33";

/// Padgett and Ansell 1993, marriages between families of Florence.
const FLORENCE: &str = "Acciaiuoli-Medici Castellani-Peruzzi Castellani-Strozzi Castellani-Barbadori Medici-Barbadori Medici-Ridolfi \
    Medici-Tornabuoni Medici-Albizzi Medici-Salviati Salviati-Pazzi Peruzzi-Strozzi Peruzzi-Bischeri Strozzi-Ridolfi Strozzi-Bischeri \
    Ridolfi-Tornabuoni Tornabuoni-Guadagni Albizzi-Ginori Albizzi-Guadagni Bischeri-Guadagni Guadagni-Lamberteschi";

/// Krackhardt 1990, the kite: who has most ties, who is between, and who is near are three people.
const KITE: &str = "Andre-Beverly Andre-Carol Andre-Diane Andre-Fernando Beverly-Diane Beverly-Ed Beverly-Garth Carol-Diane Carol-Fernando \
    Diane-Ed Diane-Fernando Diane-Garth Ed-Garth Fernando-Garth Fernando-Heather Garth-Heather Heather-Ike Ike-Jane";

/// People who are the customers, with every measure, and their ties; `graph` is what stands in the map beside them.
fn people(names: &[String], ties: &str, graph: &str) -> Project {
    let mut manifest = "source: people.csv\ncolumns:\n  person: { type: text, required: true }\n".to_owned();
    for (measure, dtype) in MEASURES.split_whitespace().filter_map(|word| word.split_once(':')) {
        writeln!(manifest, "  {measure}: {{ type: {dtype}, graph: {measure} }}").unwrap();
    }
    write!(manifest, "key: person\ngraph: {{ ties: ties, from: one, to: other{graph} }}\n").unwrap();
    let weight = if graph.contains("weight") { "  w: float\n" } else { "" };
    let end = |name, column| format!("  {name}: {{ table: people, column: {column} }}\n");
    let ends = format!("{}{}", end("one", "a"), end("other", "b"));
    let tied = format!("source: ties.csv\ncolumns:\n  a: text\n  b: text\n{weight}references:\n{ends}");
    project(
        "people",
        "value",
        &[
            ("datasets/people.yaml", &manifest),
            ("datasets/ties.yaml", &tied),
            ("datasets/people.csv", &format!("person\n{}\n", names.join("\n"))),
            ("datasets/ties.csv", ties),
            ("rules/value.rhai", "fn value(c) { c.betweenness ?? 0.0 }\n"),
        ],
    )
}

fn compare(project: &Project, run: &Path, more: &str) {
    let [people, ties] = ["datasets/people.csv", "datasets/ties.csv"].map(|file| project.path(file));
    oracle("networks.py", &[&run.join("decisions"), &people, &ties], &format!("--key person --ends a b {more}"));
}

/// A network of the literature.
fn classic(edges: &str) -> Project {
    let ends = || edges.split_whitespace().filter_map(|edge| edge.split_once('-'));
    let names: BTreeSet<String> = ends().flat_map(|(a, b)| [a.to_owned(), b.to_owned()]).collect();
    let ties: String = ends().map(|(a, b)| format!("{a},{b}\n")).collect();
    people(&names.into_iter().collect::<Vec<_>>(), &format!("a,b\n{ties}"), "")
}

#[test]
fn networks_of_the_literature_have_their_published_measures() {
    let published = [(KARATE, "0", 0.4376, 4), (FLORENCE, "Medici", 0.522, 3), (KITE, "Heather", 0.389, 3)];
    for (edges, person, betweenness, digits) in published {
        let project = classic(edges);
        let run = run(&project, None, &[]);
        decisions(&run, "person")[person].is("betweenness", betweenness, digits);
        compare(&project, &run, "");
    }
    let kite = classic(KITE);
    let found = decisions(&run(&kite, None, &[]), "person");
    assert_eq!(found["Diane"].number("degree"), Some(6.0));
    found["Fernando"].is("closeness", 0.643, 3);
    found["Garth"].is("closeness", 0.643, 3);
    assert_eq!(found["Jane"].number("betweenness"), Some(0.0));
}

#[test]
fn managers_who_ask_for_advice_are_measured_as_networkx_does() {
    let Some(data) = data("org_networks") else { return };
    let text = std::fs::read_to_string(data.join("org_networks/krackhardt_advice.csv")).unwrap();
    let asked = text.lines().skip(1).filter_map(|line| line.strip_suffix(",1"));
    let ties: String = asked.map(|ends| format!("{ends}\n")).collect();
    assert_eq!(ties.lines().count(), 190);
    let names: Vec<String> = (1..=21).map(|n: usize| n.to_string()).collect();
    for (graph, more) in [(", directed: true", "--directed"), ("", "")] {
        let project = people(&names, &format!("a,b\n{ties}"), graph);
        compare(&project, &run(&project, None, &[]), more);
    }
}

#[test]
fn random_networks_are_measured_as_networkx_does() {
    for seed in 0..8 {
        let mut random = Random(seed);
        let (is_directed, is_weighted) = (seed % 2 == 1, seed / 2 % 2 == 1);
        let nodes = [2, 5, 12, 30][random.below(4)];
        let mut ties = "a,b,w\n".to_owned();
        for _ in 0..nodes * (1 + random.below(3)) {
            // Some lead to nobody, some to oneself, some are there twice, and some people have none.
            let (a, b) = (random.below(nodes), random.below(nodes + 1));
            let weight = random.of(&["1", "2", "3", "6", "0.5", "0.25"]);
            writeln!(ties, "{a},{b},{weight}").unwrap();
        }
        let names: Vec<String> = (0..nodes).map(|n| n.to_string()).collect();
        let graph = format!("{}, directed: {is_directed}", if is_weighted { ", weight: w" } else { "" });
        let more = [if is_weighted { "--weight w" } else { "" }, if is_directed { "--directed" } else { "" }].join(" ");
        let project = people(&names, &ties, &graph);
        compare(&project, &run(&project, None, &[]), &more);
    }
}

#[test]
fn what_became_of_ties_is_counted() {
    let names = ["a", "b", "c"].map(str::to_owned);
    let project = people(&names, "a,b\na,b\nb,a\nc,c\na,\nb,x\n", "");
    let run = run(&project, None, &[]);
    let found = decisions(&run, "person");
    assert_eq!((found["a"].number("degree"), found["c"].number("degree")), (Some(1.0), Some(0.0)));
    assert_eq!((found["c"].number("constraint"), found["c"].number("effective_size")), (None, None));
    assert_eq!((found["c"].number("component"), found["c"].number("closeness")), (Some(1.0), Some(0.0)));
    let quality = rows(&run.join("quality.parquet"));
    let counts: Vec<(&str, Option<f64>)> = quality
        .iter()
        .filter(|row| row.text("table") == Some("people"))
        .filter_map(|row| row.text("measure").map(|measure| (measure, row.number("count"))))
        .filter(|(measure, _)| measure.starts_with("ties"))
        .collect();
    for (measure, count) in [("ties", 5.0), ("ties_open", 2.0), ("ties_own", 1.0), ("ties_merged", 1.0)] {
        assert!(counts.contains(&(measure, Some(count))), "{measure}: {counts:?}");
    }
}
