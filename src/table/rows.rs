//! Numbers of rows: where a row is gone, and how those that stay are counted.

/// No row: the reference finds none.
pub const NONE: u32 = u32::MAX;

/// For each row its number among those that stay, [`NONE`] for the others.
pub fn numbers(alive: &[bool]) -> Vec<u32> {
    let mut numbers = vec![NONE; alive.len()];
    let kept = numbers.iter_mut().zip(alive).filter(|(_, alive)| **alive);
    kept.zip(0..).for_each(|((number, _), next)| *number = next);
    numbers
}
