//! Which tables can be read in parts.
//!
//! In: a [`Project`]. Out: the tables from which references lead to the customers, those that are referred to first.
//! Must not know: data. Start at [`split`].
//!
//! A table with rules over all of its rows beside its key, such as `unique`, is read whole, and so is one that converts by rates
//! in parts. A table that a whole table refers to is whole as well, and so are one that refers to itself, through whatever tables,
//! and one that leads to customers through a whole table.

use crate::manifest::model::{ExactDuplicates, Format, Project, Reference, Table};

/// Places of the tables that can be read in parts, each behind those that it refers to.
pub fn split(project: &Project) -> Vec<usize> {
    let tables: Vec<&Table> = project.tables.values().collect();
    let Some(customer) = project.tables.get_index_of(&project.customer) else { return Vec::new() };
    let targets = |table: usize| -> Vec<usize> {
        tables[table].references.iter().filter_map(|r| project.tables.get_index_of(&r.table)).collect()
    };
    let targets: Vec<Vec<usize>> = (0..tables.len()).map(targets).collect();
    let mut parted = vec![false; tables.len()];
    // Each round goes one reference further away from the customers.
    for _ in 0..tables.len() {
        for table in (0..tables.len()).filter(|table| *table != customer) {
            parted[table] |= targets[table].iter().any(|target| *target == customer || parted[*target]);
        }
    }
    let leads = parted.clone();
    // Aliases and capacities are asked for whole.
    let capacity =
        project.plan.as_ref().and_then(|plan| plan.capacity.as_ref()).map(|capacity| capacity.table.as_str());
    let aliases = project.aliases.as_ref().map(|aliases| aliases.table.as_str());
    for (table, parted) in tables.iter().zip(&mut parted) {
        *parted &= is_plain(table) && ![aliases, capacity].contains(&Some(table.name.as_str()));
    }
    loop {
        let leads_back = |table: usize| reaches(&targets, table, table);
        let out = (0..tables.len()).find(|table| {
            let by_whole = |other: usize| !parted[other] && targets[other].contains(table);
            // Its rows' parts are known from customers and from tables in parts alone.
            let through_whole = |target: &usize| leads[*target] && !parted[*target];
            let rates = tables[*table].contract.rates.as_ref();
            let rates = rates.and_then(|rates| project.tables.get_index_of(&rates.table));
            let torn =
                leads_back(*table) || (0..tables.len()).any(by_whole) || rates.is_some_and(|rates| parted[rates]);
            parted[*table] && (torn || targets[*table].iter().any(through_whole))
        });
        let Some(out) = out else { break };
        parted[out] = false;
    }
    in_order(&targets, &parted)
}

/// Whether what is asked of the table can be told of each row alone, but for its key, what it refers to and, without a key,
/// rows that are alike; and whether it lies in files that are read in windows.
fn is_plain(table: &Table) -> bool {
    let of = &table.contract;
    // A network is measured as a whole.
    if of.network.is_some() {
        return false;
    }
    // Rows that are alike lie in one part; what their keys say of them is asked of all parts, before that is known.
    let alike = match of.exact_duplicates {
        ExactDuplicates::Keep => true,
        ExactDuplicates::Remove => table.key.is_empty(),
        ExactDuplicates::Warn | ExactDuplicates::Fail => false,
    };
    let reference = |reference: &Reference| reference.contract.at_most.is_none() && reference.contract.one.is_none();
    table.columns.values().all(|column| column.contract.unique.is_none())
        && of.unique.is_empty()
        && alike
        && table.references.iter().all(reference)
        && matches!(table.source.format, Format::Csv(_) | Format::Parquet)
}

/// Whether references lead from one table to another.
fn reaches(targets: &[Vec<usize>], from: usize, to: usize) -> bool {
    let (mut seen, mut open) = (vec![false; targets.len()], vec![from]);
    while let Some(table) = open.pop() {
        for target in &targets[table] {
            if *target == to {
                return true;
            }
            if !std::mem::replace(&mut seen[*target], true) {
                open.push(*target);
            }
        }
    }
    false
}

fn in_order(targets: &[Vec<usize>], parted: &[bool]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    let next = |order: &[usize]| {
        (0..parted.len()).find(|table| {
            let ready = |target: &usize| !parted[*target] || order.contains(target);
            parted[*table] && !order.contains(table) && targets[*table].iter().all(ready)
        })
    };
    while let Some(table) = next(&order) {
        order.push(table);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::model::Orphans;
    use crate::table::tests::{project, reference, table};

    /// Names of the tables in parts; a table is written `lines>orders>products`, the first is the customers'.
    fn parted(tables: &str) -> Vec<String> {
        let tables: Vec<Table> = tables
            .split_whitespace()
            .map(|text| {
                let mut names = text.split('>');
                let mut table = table(names.next().unwrap(), "id:int a:int");
                table.references = names.map(|to| reference(to, "a", to, Orphans::Count)).collect();
                table
            })
            .collect();
        split(&project(&tables)).into_iter().map(|place| tables[place].name.clone()).collect()
    }

    #[test]
    fn tables_of_customers_are_in_parts_behind_those_that_they_refer_to() {
        assert_eq!(parted("customers products lines>orders>products orders>customers"), ["orders", "lines"]);
        assert_eq!(parted("customers>regions regions visits>customers"), ["visits"]);
        assert!(parted("customers rates").is_empty());
    }

    #[test]
    fn what_a_whole_table_refers_to_is_whole() {
        // The customers' first order, and a chain of replaced orders.
        assert!(parted("customers>orders orders>customers lines>orders").is_empty());
        assert_eq!(parted("customers orders>customers>orders visits>customers"), ["visits"]);
        assert_eq!(parted("customers a>customers>b b>customers>a c>customers"), ["c"]);
    }
}
