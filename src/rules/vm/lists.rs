//! Element domains of a chunk: which elements there are, and whose they are.
//!
//! In: operands of a domain over its parent. Out: its elements and its link to its parent. Must not know: what is computed of the
//! elements.

use super::frame::{Broken, Frame, Linked};
use super::kernels::domain::{self, Elements, SortKey, TooMany};
use super::text::Text;
use crate::rules::codegen::Arg;
use crate::rules::ir::{Domain, DomainId, Repr};
use std::mem;

impl From<TooMany> for Broken {
    fn from(_: TooMany) -> Broken {
        Broken::TooMany
    }
}

impl Frame<'_> {
    /// Finds the elements of a domain.
    pub(super) fn make(&mut self, id: DomainId, args: &[Arg], segments: Option<u32>) -> Result<(), Broken> {
        let bound = self.bound;
        let Some(of) = bound.program.domains.get(id.0 as usize) else { return self.defect() };
        let (Some(link), Some(parent)) = (of.link, of.domain.parent()) else { return self.defect() };
        let mut linked = self.links.get_mut(link as usize).map(mem::take).unwrap_or_default();
        let mut elements = self.elements.get_mut(id.0 as usize).map(mem::take).unwrap_or_default();
        let mut parts = self.parts.get_mut(id.0 as usize).map(mem::take).unwrap_or_default();
        let made = self.find(&of.domain, args, segments, parent, &mut linked.offsets, &mut elements, &mut parts);
        domain::parents(&linked.offsets, &mut linked.parents);
        let len = linked.parents.len();
        let made = made.and_then(|()| if self.is_too_long(&linked, len) { Err(Broken::TooMany) } else { Ok(()) });
        if let Some(slot) = self.lens.get_mut(id.0 as usize) {
            *slot = len;
        }
        if let Some(slot) = self.links.get_mut(link as usize) {
            *slot = linked;
        }
        if let Some(slot) = self.elements.get_mut(id.0 as usize) {
            *slot = elements;
        }
        if let Some(slot) = self.parts.get_mut(id.0 as usize) {
            *slot = parts;
        }
        made
    }

    /// Nothing is made: the chunk's values do not matter any more.
    fn defect(&self) -> Result<(), Broken> {
        self.note_defect();
        Ok(())
    }

    /// Whether a list has more elements than a rule's list may have.
    fn is_too_long(&self, linked: &Linked, len: usize) -> bool {
        let limit = self.bound.context.limits.collection;
        len > limit && linked.offsets.windows(2).any(|pair| (pair[1] - pair[0]) as usize > limit)
    }

    #[allow(clippy::too_many_arguments, reason = "three of them are the results")]
    fn find(
        &mut self,
        of: &Domain,
        args: &[Arg],
        segments: Option<u32>,
        parent: DomainId,
        offsets: &mut Vec<u32>,
        elements: &mut Vec<u32>,
        parts: &mut Vec<Text>,
    ) -> Result<(), Broken> {
        let (owners, max) = (self.len(parent), self.max_elements);
        // What belongs to customers that have failed is not looked at any more.
        let mask = self.mask(parent);
        match (of, args) {
            (Domain::Related { table, many, .. }, [row]) => {
                let Some(related) = self.bound.related(*table, *many) else { return self.defect() };
                let into = Elements { max, offsets, values: elements };
                Ok(domain::related(related, self.get(row, owners), owners, mask, into)?)
            }
            (Domain::Written { len, .. }, []) => Ok(domain::written(owners, *len as usize, max, offsets)?),
            (Domain::Sorted { base, descending, .. }, [keep, key]) => {
                let mut sorter = mem::take(&mut self.sorter);
                let Some(segments) = segments.and_then(|l| self.links.get(l as usize)) else {
                    return self.defect();
                };
                let len = self.len(*base);
                let key_of = match key.repr {
                    Repr::Float => SortKey::Float(self.get(key, len)),
                    Repr::Int => SortKey::Int(self.get(key, len)),
                    Repr::Date => SortKey::Date(self.get(key, len)),
                    Repr::Text => SortKey::Text(self.get(key, len), &self.texts),
                    Repr::Bool => SortKey::Bool(self.bits(key, len)),
                    Repr::Row => return self.defect(),
                };
                sorter.sort(&segments.offsets, self.bits(keep, len), key_of, *descending, offsets, elements);
                self.sorter = sorter;
                Ok(())
            }
            (Domain::Between { base, .. }, []) => {
                domain::between(self.offsets(*base), offsets);
                Ok(())
            }
            (Domain::Copied { base: of, .. }, [row, keep]) => {
                let Some(base) = segments.and_then(|l| self.links.get(l as usize)) else { return self.defect() };
                let keep = self.bits(keep, self.len(*of));
                let into = Elements { max, offsets, values: elements };
                Ok(domain::copied((&base.offsets, keep), self.get(row, owners), owners, mask, into)?)
            }
            (Domain::Split { .. }, [text, separator]) => {
                let (text, separator) = (self.get(text, owners), self.get(separator, owners));
                let into = Elements { max, offsets, values: parts };
                Ok(domain::split(&self.texts, text, separator, owners, mask, into)?)
            }
            _ => self.defect(),
        }
    }

    /// Where each parent's elements of a domain begin.
    pub(super) fn offsets(&self, id: DomainId) -> &[u32] {
        let link = self.bound.program.domains.get(id.0 as usize).and_then(|d| d.link);
        match link.and_then(|link| self.links.get(link as usize)) {
            Some(linked) => &linked.offsets,
            None => {
                self.note_defect();
                &[]
            }
        }
    }

    /// Makes a link of two.
    pub(super) fn compose(&mut self, link: u32, lower: u32, upper: u32) {
        let mut made = self.links.get_mut(link as usize).map(mem::take).unwrap_or_default();
        match (self.links.get(lower as usize), self.links.get(upper as usize)) {
            (Some(lower), Some(upper)) => {
                domain::compose(&upper.offsets, &lower.offsets, &mut made.offsets);
                made.parents.clear();
                let parent = |p: &u32| upper.parents.get(*p as usize).copied().unwrap_or(0);
                made.parents.extend(lower.parents.iter().map(parent));
            }
            _ => self.note_defect(),
        }
        if let Some(slot) = self.links.get_mut(link as usize) {
            *slot = made;
        }
    }
}
