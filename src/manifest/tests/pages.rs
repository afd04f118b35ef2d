//! Pages of the documentation that hold a project.

use super::{blocks, good};
use crate::manifest::model::Project;
use crate::manifest::model::network::Measure;

/// The project of a page that has one.
fn page(text: &str) -> Project {
    let mut files: Vec<(String, &str)> = Vec::new();
    for (kind, text) in blocks(text) {
        match kind.split(' ').collect::<Vec<_>>().as_slice() {
            ["yaml", "tierwright"] => files.push(("tierwright.yaml".to_owned(), text)),
            ["yaml", "parameters"] => files.push(("rules/parameters.yaml".to_owned(), text)),
            ["yaml", "table", table] => files.push((format!("datasets/{table}.yaml"), text)),
            ["yaml", ..] => panic!("an example that no test loads: {kind}"),
            _ => {}
        }
    }
    good(&files.iter().map(|(path, text)| (path.as_str(), *text)).collect::<Vec<_>>())
}

#[test]
fn the_pages_of_networks_and_models_mean_what_they_say() {
    let networks = page(include_str!("../../../docs/networks.md"));
    let network = networks.tables["people"].contract.network.as_ref().expect("a network");
    assert_eq!((network.ties.0.as_str(), network.from.0.as_str(), network.to.0.as_str()), ("ties", "one", "other"));
    assert!(!network.directed && network.weight.is_none());
    let reach = network.reach.as_ref().expect("reach");
    assert_eq!(
        (reach.customer.0.as_str(), reach.ours.0.as_str(), reach.steps, reach.decay),
        ("customer", "ours", 2, 0.5)
    );
    assert_eq!(reach.roles, ["buyer", "director", "lawyer"]);
    let measured = networks.tables["customers"].columns["hangs_on"].contract.measured.as_ref().expect("a measure");
    assert_eq!((measured.people.as_deref(), measured.measure.word()), (Some("people"), "risk_person"));
    let models = page(include_str!("../../../docs/models.md"));
    assert_eq!((models.tables.len(), models.steps.len()), (2, 4));
}

/// Every measure stands in the page of networks, with its type.
#[test]
fn the_page_of_networks_has_every_measure() {
    let text = include_str!("../../../docs/networks.md");
    for (_, word, dtype, _) in Measure::ALL {
        let named = |line: &&str| line.starts_with('|') && line.contains(&format!("`{word}`"));
        let types = |line: &&str| line.split('|').nth(2).is_some_and(|cell| cell.contains(&dtype.to_string()));
        assert!(text.lines().filter(named).any(|line| types(&line)), "{word}, {dtype}");
    }
}
