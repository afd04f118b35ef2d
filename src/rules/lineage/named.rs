//! Which parameters and dates stand at which places of the rules.
//!
//! In: the trees of all rule files. Out: [`Named`]. Must not know: types, values of parameters. In a typed tree parameters, constants and the run's
//! dates are literals in place; this says what they were written as.

use crate::rules::ast::{ExprKind, File, NodeId};
use crate::rules::resolve::{Binding, Resolved, RunDate, resolve};
use crate::rules::tree::{self, Node};
use crate::source::{FileId, Span};
use std::collections::{BTreeSet, HashMap, HashSet};

/// A place where a parameter is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The names behind `P`; texts in brackets are names too.
    pub path: Vec<String>,
    /// Where.
    pub span: Span,
}

/// What stands where in the rules.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// By file: places in order with what stands there.
    places: HashMap<FileId, Vec<(u32, u32, BTreeSet<String>)>>,
    /// Every place where a parameter is read, in the order of files.
    pub uses: Vec<Use>,
}

impl Named {
    /// What stands in some files, whose rules have no errors.
    pub fn of(files: &[File]) -> Named {
        let (resolved, _) = resolve(files);
        let mut named = Named::default();
        let constants = constants(&resolved);
        for (index, file) in files.iter().enumerate() {
            let mut seen = Seen { resolved: &resolved, file: index, inner: HashSet::new(), found: Vec::new() };
            file.constants.iter().for_each(|constant| tree::expr(&constant.value, &mut |node| seen.node(node)));
            file.functions.iter().for_each(|function| tree::block(&function.body, &mut |node| seen.node(node)));
            for (span, what) in seen.found {
                let names = match what {
                    What::Parameter(path) => {
                        let name = BTreeSet::from([shown(&path)]);
                        named.uses.push(Use { path, span });
                        name
                    }
                    What::Date(name) => BTreeSet::from([name.to_owned()]),
                    What::Constant(index) => constants.get(index).cloned().unwrap_or_default(),
                };
                named.places.entry(span.file).or_default().push((span.start, span.end, names));
            }
        }
        named.places.values_mut().for_each(|places| places.sort());
        named
    }

    /// What stands at a place, or within it.
    pub(super) fn within(&self, span: Span) -> BTreeSet<String> {
        let places = self.places.get(&span.file).map(Vec::as_slice).unwrap_or_default();
        let first = places.partition_point(|(start, _, _)| *start < span.start);
        let inside = places[first..].iter().take_while(|(start, _, _)| *start < span.end);
        inside.filter(|(_, end, _)| *end <= span.end).flat_map(|(_, _, names)| names.iter().cloned()).collect()
    }
}

/// A parameter as rules write it.
fn shown(path: &[String]) -> String {
    let plain = |name: &String| {
        name.chars().all(|c| c == '_' || c.is_alphanumeric()) && !name.starts_with(|c: char| c.is_numeric())
    };
    let part = |name: &String| if plain(name) { format!(".{name}") } else { format!("[{name:?}]") };
    format!("P{}", path.iter().map(part).collect::<String>())
}

/// What constants follow from, through one another.
fn constants(resolved: &Resolved<'_>) -> Vec<BTreeSet<String>> {
    let mut names: Vec<BTreeSet<String>> = vec![BTreeSet::new(); resolved.constants.len()];
    let mut through: Vec<Vec<usize>> = vec![Vec::new(); resolved.constants.len()];
    for (index, place) in resolved.constants.values().enumerate() {
        let mut seen = Seen { resolved, file: place.file, inner: HashSet::new(), found: Vec::new() };
        tree::expr(&resolved.files[place.file].constants[place.item].value, &mut |node| seen.node(node));
        for (_, what) in seen.found {
            match what {
                What::Parameter(path) => drop(names[index].insert(shown(&path))),
                What::Date(name) => drop(names[index].insert(name.to_owned())),
                What::Constant(other) => through[index].push(other),
            }
        }
    }
    // As many rounds as a chain of constants can be long.
    for _ in 0..names.len() {
        for (index, others) in through.iter().enumerate() {
            let more: Vec<String> = others.iter().flat_map(|other| names[*other].iter().cloned()).collect();
            names[index].extend(more);
        }
    }
    names
}

/// What a name stands for.
enum What {
    Parameter(Vec<String>),
    Date(&'static str),
    Constant(usize),
}

struct Seen<'a> {
    resolved: &'a Resolved<'a>,
    file: usize,
    /// Parts of chains that count with the whole.
    inner: HashSet<NodeId>,
    found: Vec<(Span, What)>,
}

impl Seen<'_> {
    fn node(&mut self, node: Node<'_>) {
        let Node::Expr(expr) = node else { return };
        if self.inner.contains(&expr.id) {
            return;
        }
        if let Some((path, inner)) = self.resolved.parameter_chain(self.file, expr) {
            self.inner.extend(inner);
            self.found.push((expr.span, What::Parameter(path)));
            return;
        }
        if !matches!(expr.kind, ExprKind::Name(_)) {
            return;
        }
        match self.resolved.binding(self.file, expr.id) {
            Some(Binding::Constant(index)) => self.found.push((expr.span, What::Constant(index))),
            Some(Binding::Date(date)) => {
                let name = match date {
                    RunDate::AsOf => "AS_OF",
                    RunDate::CycleStart => "CYCLE_START",
                    RunDate::CycleEnd => "CYCLE_END",
                };
                self.found.push((expr.span, What::Date(name)));
            }
            _ => {}
        }
    }
}
