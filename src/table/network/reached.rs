//! Whom our own people get to, of every customer.
//!
//! In: a network, who belongs to which customer, who is one of ours. Out: columns of people and of customers. Must not know: how far somebody is
//! ([`crate::measures::network::reach()`]).

use super::values::Values;
use super::{Found, NONE, Task, World, defect, floats, references};
use crate::error::Error;
use crate::manifest::model::network::{Measure, Named, Reach};
use crate::measures::network::{self as net, Graph, People, ReachOptions, RoleCoverage, Thread};
use crate::measures::short::short;
use hashbrown::{HashMap, HashSet};

/// Whom our own people get to.
pub struct Reached {
    reach: net::Reach,
    coverage: Vec<RoleCoverage>,
    roles: Vec<String>,
    keys: Vec<String>,
    /// Roles that nobody has, whom we reach or not.
    pub nobodys: Vec<String>,
}

impl Reached {
    /// Whom they get to, by what the manifest says of it.
    ///
    /// # Errors
    /// [`Error::Defect`]: a column is not of the type that its manifest says.
    pub(super) fn of(task: &Task<'_>, said: &Reach, graph: &Graph) -> Result<Found<Reached>, Error> {
        let World { settled, resolved, numbers } = task.world;
        let table = settled[task.people].raw.table;
        let nodes = graph.nodes();
        let at = table.references.iter().position(|reference| reference.name == said.customer.0);
        let customers = references(settled, resolved, numbers, task.people);
        let customers = at.and_then(|at| customers.into_iter().nth(at)).unwrap_or_else(|| vec![NONE; nodes]);
        let ours = task.column(task.people, &said.ours.0)?;
        let ours: Vec<bool> = ours.bool().map_err(defect)?.iter().map(|ours| ours == Some(true)).collect();
        // Whoever is one of ours belongs to no customer.
        let group: Vec<Option<u32>> = (customers.iter().zip(&ours))
            .map(|(customer, ours)| Some(*customer).filter(|customer| *customer != NONE && !ours))
            .collect();
        let place = |row: usize| settled[task.people].raw.lines.kept(&settled[task.people].alive).place(row as u32);
        let influence = match &said.influence {
            Some(named) => floats(&task.column(task.people, &named.0)?)?,
            None => vec![Some(1.0); nodes],
        };
        if let Some(row) = influence.iter().position(|x| x.is_some_and(|x| !(x.is_finite() && x >= 0.0))) {
            let is = influence[row].map_or_else(String::new, short);
            let message = format!("the influence of a row of `{}` is {is}; it must be 0 or more", table.name);
            let help = "mend the source, or turn such rows away with `range: [0, null]` of the column";
            return Ok(Err(task.wrong(message).located(place(row)).help(help)));
        }
        let influence: Vec<f64> = influence.into_iter().map(|x| x.unwrap_or(0.0)).collect();
        if let Some(row) = beyond(&group, &influence) {
            let message =
                format!("the influence of a customer's people in `{}` adds up to more than a float holds", table.name);
            let help = "give influence in smaller numbers, as 0 to 1, and turn slips away with `range` of the column";
            return Ok(Err(task.wrong(message).located(place(row)).help(help)));
        }
        let count = task.project.tables.get_index_of(&task.project.customer).and_then(|at| settled.get(at));
        let groups = count.map_or(0, |table| table.alive.iter().filter(|alive| **alive).count());
        let people = People { group: &group, groups, ours: &ours, influence: &influence };
        let options = ReachOptions { steps: said.steps, decay: said.decay };
        let made = net::reach(graph, &people, &options).and_then(|reach| {
            let (codes, required) = match &said.role {
                Some(named) => roles(task, named, &said.roles),
                None => (vec![None; nodes], Vec::new()),
            };
            let coverage = net::role_coverage(&reach, &people, &codes, &required)?;
            let held: HashSet<u32> = codes.iter().flatten().copied().collect();
            let roles = said.roles.iter().zip(0..).filter(|(_, code)| !held.contains(code));
            Ok((reach, coverage, roles.map(|(role, _)| role.clone()).collect()))
        });
        match made {
            Ok((reach, coverage, nobodys)) => {
                Ok(Ok(Reached { reach, coverage, roles: said.roles.clone(), keys: task.keys()?, nobodys }))
            }
            Err(fault) => Ok(Err(task.wrong(format!("the reach of `{}` is not known: {fault}", table.name)))),
        }
    }

    /// A measure of people.
    pub fn person(&self, measure: Measure) -> Values {
        let nodes = self.reach.steps.len();
        match measure {
            Measure::Steps => Values::Ints(self.reach.steps.iter().map(|steps| steps.map(i64::from)).collect()),
            Measure::Loss => Values::floats(self.reach.loss.iter().copied()),
            _ => {
                let mut gains = vec![None; nodes];
                for gain in &self.reach.gains {
                    gains[gain.node as usize] = gain.gain.is_finite().then_some(gain.gain);
                }
                Values::Floats(gains)
            }
        }
    }

    /// A measure of customers.
    pub fn customer(&self, measure: Measure) -> Values {
        let groups = &self.reach.groups;
        let person = |node: Option<u32>| node.and_then(|node| self.keys.get(node as usize).cloned());
        let share = |of: fn(&net::GroupReach) -> Thread| Values::floats(groups.iter().map(|group| of(group).share));
        let who = |of: fn(&net::GroupReach) -> Thread| {
            Values::Texts(groups.iter().map(|group| person(of(group).node)).collect())
        };
        let next = |at: usize| self.reach.gains_of(at as u32).first();
        match measure {
            Measure::Share => Values::floats(groups.iter().map(|group| group.reach)),
            // Of whom nobody is known, nobody knows which roles are reached.
            Measure::Coverage => Values::floats(
                groups.iter().zip(&self.coverage).map(|(g, c)| if g.people == 0 { f64::NAN } else { c.share }),
            ),
            Measure::MissingRoles => {
                let missing = groups.iter().zip(&self.coverage);
                Values::Texts(missing.map(|(g, c)| (g.people > 0).then(|| self.missing(c))).collect())
            }
            Measure::Risk => share(|group| group.thread),
            Measure::RiskPerson => who(|group| group.thread),
            Measure::ContactRisk => share(|group| group.contact_thread),
            Measure::ContactRiskPerson => who(|group| group.contact_thread),
            Measure::OwnRisk => share(|group| group.own_thread),
            Measure::OwnRiskPerson => who(|group| group.own_thread),
            Measure::People => Values::ints(groups.iter().map(|group| group.people)),
            Measure::Deciders => Values::ints(groups.iter().map(|group| group.decision_makers)),
            Measure::DecidersReached => Values::ints(groups.iter().map(|group| group.reached_decision_makers)),
            Measure::NextGain => Values::Floats((0..groups.len()).map(|at| next(at).map(|gain| gain.gain)).collect()),
            _ => Values::Texts((0..groups.len()).map(|at| person(next(at).map(|gain| gain.node))).collect()),
        }
    }

    fn missing(&self, coverage: &RoleCoverage) -> String {
        let names = coverage.missing.iter().filter_map(|code| self.roles.get(*code as usize));
        names.cloned().collect::<Vec<_>>().join(", ")
    }
}

/// The first row at which the influence of its customer's people exceeds all floats.
fn beyond(group: &[Option<u32>], influence: &[f64]) -> Option<usize> {
    let mut sums: HashMap<u32, f64> = HashMap::new();
    group.iter().zip(influence).position(|(group, influence)| {
        group.is_some_and(|group| {
            let sum = sums.entry(group).or_insert(0.0);
            *sum += influence;
            sum.is_infinite()
        })
    })
}

/// The role of each person among those required, by their place in the manifest, and all of those.
fn roles(task: &Task<'_>, named: &Named, required: &[String]) -> (Vec<Option<u32>>, Vec<u32>) {
    let place: HashMap<&str, u32> = required.iter().map(String::as_str).zip(0..).collect();
    let texts = task.column(task.people, &named.0).ok();
    let texts = texts.as_ref().and_then(|texts| texts.str().ok());
    let codes = texts.map(|texts| texts.iter().map(|role| role.and_then(|role| place.get(role).copied())).collect());
    (codes.unwrap_or_default(), (0..required.len() as u32).collect())
}
