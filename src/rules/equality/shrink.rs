//! Smaller rules that still do what a case did.
//!
//! In: rules as trees, a test whether a smaller one still differs. Out: rules of which no part can go. Must not know: the
//! grammar, what the test asks. A candidate that is no longer well typed fails the test, so that any may be tried.

use super::generate::Rules;
use super::tree::{Part, Tree, What};
use crate::rules::types::Kind;

/// Candidates that are tried at most.
const MOST_TRIES: usize = 3_000;

/// A way into a tree: positions of parts.
type Path = Vec<usize>;

fn at<'t>(tree: &'t Tree, path: &[usize]) -> Option<&'t Tree> {
    path.iter().try_fold(tree, |tree, i| match tree.parts.get(*i) {
        Some(Part::Tree(below)) => Some(below),
        _ => None,
    })
}

fn replaced(tree: &Tree, path: &[usize], new: &Tree) -> Tree {
    let Some((first, rest)) = path.split_first() else { return new.clone() };
    let mut copy = tree.clone();
    if let Some(Part::Tree(below)) = tree.parts.get(*first) {
        copy.parts[*first] = Part::Tree(replaced(below, rest, new));
    }
    copy
}

/// Ways to all trees below, outermost first.
fn paths(tree: &Tree) -> Vec<Path> {
    fn walk(tree: &Tree, path: &mut Path, found: &mut Vec<Path>) {
        found.push(path.clone());
        for (i, part) in tree.parts.iter().enumerate() {
            if let Part::Tree(below) = part {
                path.push(i);
                walk(below, path, found);
                path.pop();
            }
        }
    }
    let mut found = Vec::new();
    walk(tree, &mut Vec::new(), &mut found);
    found
}

fn leaves(kind: &Kind, optional: bool) -> &'static [&'static str] {
    match (kind, optional) {
        (Kind::Int, false) => &["1", "c.n"],
        (Kind::Float, false) => &["0.5", "c.x"],
        (Kind::Text, false) => &["\"a\"", "c.region"],
        (Kind::Bool, false) => &["true", "false", "c.flag"],
        (Kind::Date, false) => &["AS_OF", "c.since"],
        (Kind::DateTime, false) => &["c.opened"],
        (Kind::Int, true) => &["c.m"],
        (Kind::Float, true) => &["c.growth"],
        (Kind::Text, true) => &["c.sector"],
        (Kind::Bool, true) => &["c.maybe"],
        (Kind::Date, true) => &["c.left"],
        (Kind::DateTime, true) => &["c.seen"],
        _ => &[],
    }
}

/// What may stand for a tree.
fn smaller(tree: &Tree) -> Vec<Tree> {
    let is_leaf = tree.trees().next().is_none();
    match &tree.what {
        What::Loose => vec![Tree::new(What::Fixed, Vec::new())],
        What::Fixed => Vec::new(),
        What::Value(kind, optional) => {
            let text = tree.text();
            let known = leaves(kind, *optional);
            if is_leaf && known.contains(&text.as_str()) {
                return Vec::new();
            }
            let mut found: Vec<Tree> =
                known.iter().map(|leaf| Tree::new(tree.what.clone(), vec![Part::from(*leaf)])).collect();
            let inner = paths(tree).into_iter().skip(1).filter_map(|path| at(tree, &path));
            found.extend(inner.filter(|below| below.what == tree.what).take(16).cloned());
            found
        }
    }
}

/// Rules of which no part can be left out or replaced so that `still` holds.
pub(super) fn shrink(rules: Rules, still: &dyn Fn(&Rules) -> bool) -> Rules {
    let (mut rules, mut tries) = (fewer_steps(rules, still), 0);
    loop {
        let mut changed = false;
        for file in 0..rules.files.len() {
            let mut index = 0;
            loop {
                let ways = paths(&rules.files[file].1);
                let Some(path) = ways.get(index) else { break };
                let tree = at(&rules.files[file].1, path).cloned();
                let mut shrunk = false;
                for candidate in tree.iter().flat_map(smaller) {
                    tries += 1;
                    if tries > MOST_TRIES {
                        return rules;
                    }
                    let mut trial = rules.clone();
                    trial.files[file].1 = replaced(&rules.files[file].1, path, &candidate);
                    if still(&trial) {
                        (rules, shrunk) = (trial, true);
                        break;
                    }
                }
                changed |= shrunk;
                index += usize::from(!shrunk);
            }
        }
        if !changed {
            return rules;
        }
    }
}

/// Without steps and files that are not needed.
fn fewer_steps(mut rules: Rules, still: &dyn Fn(&Rules) -> bool) -> Rules {
    let mut position = rules.files.len();
    while position > 0 {
        position -= 1;
        let mut trial = rules.clone();
        let (name, _) = trial.files.remove(position);
        trial.steps.retain(|step| *step != name);
        if !trial.steps.is_empty() && still(&trial) {
            rules = trial;
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::equality::generate;
    use crate::rules::equality::rules::compile;

    #[test]
    fn what_is_left_is_needed() {
        // The first rules that take a median somewhere deep.
        let has = |rules: &Rules| rules.texts().shown().contains(".median()") && compile(&rules.texts()).is_ok();
        let seed = (0..2_000).find(|seed| has(&generate::rules(*seed))).unwrap();
        let rules = generate::rules(seed);
        let small = shrink(rules.clone(), &has);
        assert!(has(&small));
        let (before, after) = (rules.texts().shown().len(), small.texts().shown().len());
        assert!(after < before && after < 250, "{before} to {after}: {}", small.texts().shown());
    }
}
