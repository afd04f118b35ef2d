//! Memory of long columns.
//!
//! In: a length. Out: [`Pages`], a column of zeros to be written by several threads, and a buffer of it without copying. Must not
//! know: what the values are. A long column lies in memory of its own for which large pages are asked: giving out small ones one by
//! one took as long as the rules themselves. Who evaluates rules many times holds a [`Keeper`]: what one pass has freed the next one
//! takes, as new memory takes longer than the rules where the system must first find it.

use bytemuck::{Pod, allocation};
use memmap2::MmapMut;
use polars_buffer::Buffer;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes from which on a column has memory of its own.
const LONG: usize = 8 << 20;

/// Memory of columns that were freed while somebody keeps it.
struct Kept {
    keepers: usize,
    maps: Vec<MmapMut>,
}

static KEPT: Mutex<Kept> = Mutex::new(Kept { keepers: 0, maps: Vec::new() });

fn kept() -> MutexGuard<'static, Kept> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// While there is one, the memory of freed columns is kept for the next ones; with the last it goes back to the system.
///
/// ```
/// use tierwright::rules::pages::{Keeper, Pages};
/// let keeper = Keeper::new();
/// for pass in 0..3 {
///     let mut column = Pages::<i64>::zeroed(2 << 20);
///     assert_eq!(column[0], 0);
///     column[0] = pass + 1;
/// }
/// drop(keeper);
/// ```
#[derive(Debug)]
pub struct Keeper(());

impl Keeper {
    /// Keeps from now on.
    #[must_use]
    pub fn new() -> Keeper {
        kept().keepers += 1;
        Keeper(())
    }
}

impl Default for Keeper {
    fn default() -> Keeper {
        Keeper::new()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let mut kept = kept();
        kept.keepers = kept.keepers.saturating_sub(1);
        if kept.keepers == 0 {
            kept.maps = Vec::new();
        }
    }
}

/// Kept memory of at least so many bytes, as it was left; the smallest that fits, and none that is more than twice as large.
fn kept_map(bytes: usize) -> Option<MmapMut> {
    let mut kept = kept();
    let fits = |map: &&MmapMut| (bytes..=bytes.saturating_mul(2)).contains(&map.len());
    let best = kept.maps.iter().filter(fits).map(|map| map.len()).min()?;
    let at = kept.maps.iter().position(|map| map.len() == best)?;
    Some(kept.maps.swap_remove(at))
}

/// A column of plain values, 0 at first.
///
/// ```
/// use tierwright::rules::pages::Pages;
/// let mut column = Pages::<f64>::zeroed(3);
/// column[1] = 0.5;
/// assert_eq!(&column[..], &[0.0, 0.5, 0.0]);
/// ```
pub struct Pages<T>(Memory<T>);

enum Memory<T> {
    Heap(Vec<T>),
    Own(Own<T>),
}

/// Memory that the system gives for one column alone.
struct Own<T> {
    /// None once it was given on.
    map: Option<MmapMut>,
    bytes: usize,
    values: PhantomData<Vec<T>>,
}

impl<T> Own<T> {
    fn new(map: MmapMut, bytes: usize) -> Own<T> {
        Own { map: Some(map), bytes, values: PhantomData }
    }

    /// The same memory for values of another type.
    fn cast<U>(mut self) -> Own<U> {
        Own { map: self.map.take(), bytes: self.bytes, values: PhantomData }
    }
}

impl<T> Drop for Own<T> {
    fn drop(&mut self) {
        let mut kept = kept();
        if kept.keepers > 0 {
            kept.maps.extend(self.map.take());
        }
    }
}

impl<T: Pod> Pages<T> {
    /// `len` zeros.
    pub fn zeroed(len: usize) -> Pages<T> {
        if let Some(mut pages) = Pages::kept(len) {
            pages.fill(T::zeroed());
            return pages;
        }
        let bytes = len.saturating_mul(size_of::<T>());
        if bytes >= LONG
            && let Ok(map) = MmapMut::map_anon(bytes)
        {
            // Memory that is not given in large pages will do as well.
            #[cfg(target_os = "linux")]
            let _ = map.advise(memmap2::Advice::HugePage);
            return Pages(Memory::Own(Own::new(map, bytes)));
        }
        Pages(Memory::Heap(allocation::zeroed_vec(len)))
    }

    /// `len` values in memory that was kept, whatever they are: for whoever writes them all. `None` if there is none.
    pub fn kept(len: usize) -> Option<Pages<T>> {
        let bytes = len.checked_mul(size_of::<T>()).filter(|bytes| *bytes >= LONG)?;
        Some(Pages(Memory::Own(Own::new(kept_map(bytes)?, bytes))))
    }

    /// The same bits as values of another type.
    pub fn cast<U: Pod>(self) -> Pages<U> {
        match self.0 {
            Memory::Own(own) => Pages(Memory::Own(own.cast())),
            Memory::Heap(values) => Pages(Memory::Heap(match allocation::try_cast_vec(values) {
                Ok(values) => values,
                Err((_, values)) => bytemuck::cast_slice(&values).to_vec(),
            })),
        }
    }

    /// A buffer over this memory.
    pub fn buffer(self) -> Buffer<T>
    where
        T: Send,
    {
        match self.0 {
            Memory::Heap(values) => values.into(),
            Memory::Own(own) => Buffer::from_owner(own),
        }
    }
}

impl<T: Pod> AsRef<[T]> for Own<T> {
    fn as_ref(&self) -> &[T] {
        // The system's pages are aligned for any value, and whole values were asked for.
        let bytes = self.map.as_deref().and_then(|map| map.get(..self.bytes)).unwrap_or_default();
        bytemuck::try_cast_slice(bytes).unwrap_or_default()
    }
}

impl<T: Pod> Deref for Pages<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        match &self.0 {
            Memory::Heap(values) => values,
            Memory::Own(own) => own.as_ref(),
        }
    }
}

impl<T: Pod> DerefMut for Pages<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.0 {
            Memory::Heap(values) => values,
            Memory::Own(own) => {
                let bytes = own.bytes;
                let bytes = own.map.as_deref_mut().and_then(|map| map.get_mut(..bytes)).unwrap_or_default();
                bytemuck::try_cast_slice_mut(bytes).unwrap_or_default()
            }
        }
    }
}

impl<T> From<Vec<T>> for Pages<T> {
    fn from(values: Vec<T>) -> Pages<T> {
        Pages(Memory::Heap(values))
    }
}

impl<T: Pod> Clone for Pages<T> {
    fn clone(&self) -> Pages<T> {
        self.to_vec().into()
    }
}

impl<T: Pod + PartialEq> PartialEq for Pages<T> {
    fn eq(&self, other: &Pages<T>) -> bool {
        **self == **other
    }
}

impl<T: Pod + fmt::Debug> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_cleared() {
        let keeper = Keeper::new();
        let mut column = Pages::<i64>::zeroed(5 * LONG / 8 + 5);
        column.fill(-1);
        let place = column.as_ptr();
        drop(column);
        // Other tests take memory too: a column as long as no other asks for comes back where it was.
        let again = Pages::<u8>::zeroed(5 * LONG + 33);
        assert!(again.iter().all(|byte| *byte == 0) && again.len() == 5 * LONG + 33);
        assert_eq!(again.as_ptr().cast::<i64>(), place);
        drop((again, keeper));
    }

    #[test]
    fn long_columns_are_as_short_ones() {
        for len in [0, 1, LONG / 8 - 1, LONG / 8, LONG / 8 + 1] {
            let mut column = Pages::<i64>::zeroed(len);
            assert_eq!(matches!(column.0, Memory::Own(_)), len >= LONG / 8);
            assert_eq!((column.len(), column.iter().all(|n| *n == 0)), (len, true));
            if let Some(last) = column.last_mut() {
                *last = -7;
            }
            assert_eq!(column.clone(), column);
            let floats = column.cast::<f64>();
            assert_eq!(floats.last().map(|x| x.to_bits() as i64), (len > 0).then_some(-7));
            let buffer = floats.cast::<i64>().buffer();
            assert_eq!((buffer.len(), buffer.last().copied()), (len, (len > 0).then_some(-7)));
        }
    }
}
