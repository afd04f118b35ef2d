//! Role coverage: which of the roles that matter at a customer our people can get to.
//!
//! In: the reach of all people, their roles, and the roles required. Out: one share per group and the roles that are
//! missing. Must not know: what a role code means. Start at [`role_coverage`].

use super::fault::{Fault, check_length};
use super::reach::{People, Reach};

/// How many of the required roles are reached in one group.
#[derive(Debug, Clone, PartialEq)]
pub struct RoleCoverage {
    /// The share of required roles that at least one reached person of the group has; NaN (missing) where no role is
    /// required.
    pub share: f64,
    /// The required roles that no reached person of the group has, ascending.
    pub missing: Vec<u32>,
}

/// Per group, the share of the required roles that at least one reached person has, whatever that person's influence.
///
/// `roles` has one code per node, none where the role is not known; `required` is read as a set. A group without people
/// misses every role.
///
/// # Errors
/// A column whose length is not the number of nodes, other groups than those of `reach`, or a group out of range.
///
/// ```
/// use tierwright::measures::network::{Graph, People, ReachOptions, reach, role_coverage};
///
/// // 0 is ours and knows 1, a buyer (role 7) of group 0, but not 2, its head of finance (role 8).
/// let graph = Graph::new(3, &[0], &[1], None, false)?;
/// let people = People {
///     group: &[None, Some(0), Some(0)],
///     groups: 1,
///     ours: &[true, false, false],
///     influence: &[0.0, 1.0, 1.0],
/// };
/// let found = reach(&graph, &people, &ReachOptions::default())?;
/// let coverage = role_coverage(&found, &people, &[None, Some(7), Some(8)], &[7, 8])?;
/// assert_eq!((coverage[0].share, coverage[0].missing.as_slice()), (0.5, [8].as_slice()));
/// # Ok::<(), tierwright::measures::network::Fault>(())
/// ```
pub fn role_coverage(
    reach: &Reach,
    people: &People<'_>,
    roles: &[Option<u32>],
    required: &[u32],
) -> Result<Vec<RoleCoverage>, Fault> {
    check_length("group", reach.steps.len(), people.group.len())?;
    check_length("groups", reach.groups.len(), people.groups)?;
    check_length("roles", reach.steps.len(), roles.len())?;
    let mut wanted = required.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let mut covered = vec![false; people.groups * wanted.len()];
    for (node, (group, role)) in people.group.iter().zip(roles).enumerate() {
        let Some(group) = *group else { continue };
        if group as usize >= people.groups {
            return Err(Fault::GroupOutOfRange { node, group, groups: people.groups });
        }
        let place = role.and_then(|role| wanted.binary_search(&role).ok());
        if let (Some(place), true) = (place, reach.steps[node].is_some()) {
            covered[group as usize * wanted.len() + place] = true;
        }
    }
    let of_group = |group: usize| {
        let mine = &covered[group * wanted.len()..(group + 1) * wanted.len()];
        let missing: Vec<u32> =
            wanted.iter().zip(mine).filter(|(_, covered)| !**covered).map(|(role, _)| *role).collect();
        RoleCoverage { share: (wanted.len() - missing.len()) as f64 / wanted.len() as f64, missing }
    };
    Ok((0..people.groups).map(of_group).collect())
}
