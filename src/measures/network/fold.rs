//! Folds whose bits do not depend on the number of threads.
//!
//! In: a function of a block of items. Out: the fold over blocks of fixed size, taken in order. Must not know: graphs. Start at [`fold_blocks`]; sums
//! are those of [`crate::measures::blocks`].

use rayon::prelude::*;

use super::fault::Fault;

/// Works on blocks of `items` in parallel and hands the results to `take` in the order of the blocks.
///
/// The number of blocks that are in work at once follows the threads; what a block is, and the order in which the
/// results arrive, do not. The first fault in the order of blocks ends the fold.
pub(super) fn fold_blocks<T: Send>(
    items: &[u32],
    block: usize,
    work: impl Fn(&[u32]) -> Result<T, Fault> + Sync,
    mut take: impl FnMut(T),
) -> Result<(), Fault> {
    let blocks: Vec<&[u32]> = items.chunks(block.max(1)).collect();
    for round in blocks.chunks(rayon::current_num_threads().max(1) * 2) {
        let results: Vec<Result<T, Fault>> = round.par_iter().with_max_len(1).map(|items| work(items)).collect();
        for result in results {
            take(result?);
        }
    }
    Ok(())
}

/// The block size for a fold over so many searches: at most 64 blocks.
pub(super) fn search_block(searches: usize) -> usize {
    searches.div_ceil(64).max(1)
}
