//! Memory of long columns.
//!
//! In: a length. Out: [`Pages`], a column of zeros to be written by several threads, and a buffer of it without copying. Must not
//! know: what the values are. A long column lies in memory of its own for which large pages are asked: giving out small ones one by
//! one took as long as the rules themselves.

use bytemuck::{Pod, allocation};
use memmap2::MmapMut;
use polars_buffer::Buffer;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// Bytes from which on a column has memory of its own.
const LONG: usize = 8 << 20;

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
    map: MmapMut,
    values: PhantomData<Vec<T>>,
}

impl<T: Pod> Pages<T> {
    /// `len` zeros.
    pub fn zeroed(len: usize) -> Pages<T> {
        let bytes = len.saturating_mul(size_of::<T>());
        if bytes >= LONG
            && let Ok(map) = MmapMut::map_anon(bytes)
        {
            // Memory that is not given in large pages will do as well.
            #[cfg(target_os = "linux")]
            let _ = map.advise(memmap2::Advice::HugePage);
            return Pages(Memory::Own(Own { map, values: PhantomData }));
        }
        Pages(Memory::Heap(allocation::zeroed_vec(len)))
    }

    /// The same bits as values of another type.
    pub fn cast<U: Pod>(self) -> Pages<U> {
        match self.0 {
            Memory::Own(own) => Pages(Memory::Own(Own { map: own.map, values: PhantomData })),
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
        bytemuck::try_cast_slice(&self.map).unwrap_or_default()
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
            Memory::Own(own) => bytemuck::try_cast_slice_mut(&mut own.map).unwrap_or_default(),
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
