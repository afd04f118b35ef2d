//! In tests: what readers do, held against what [`super::shape`] says.
//!
//! In: every key that a reader asks for, every kind of value that it takes. Out: a panic where its shape says something
//! else, and which keys were asked for on this thread. Must not know: any particular key.

use super::shape::{Bond, Is, Shape};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// A key by the address of its shape, which is a static, and its name.
pub type Place = (usize, &'static str);

thread_local! {
    static ASKED: RefCell<BTreeSet<Place>> = const { RefCell::new(BTreeSet::new()) };
    static NEEDED: RefCell<BTreeSet<Place>> = const { RefCell::new(BTreeSet::new()) };
}

/// Where a shape is, by which it is told from others.
pub fn address(shape: &'static Shape) -> usize {
    std::ptr::from_ref(shape) as usize
}

/// A reader asks for a key.
pub fn asked(shape: &'static Shape, key: &str) {
    let known = shape.key(key);
    let known = known.unwrap_or_else(|| panic!("a reader asks for `{key}`, its shape has {:?}", shape.names()));
    ASKED.with_borrow_mut(|all| all.insert((address(shape), known.name)));
}

/// A reader cannot do without a key.
pub fn needed(shape: &'static Shape, key: &str) {
    let bound = |bond: &Bond| match bond {
        Bond::One(keys) => keys.contains(&key),
        Bond::Needs(_, other) => *other == key,
        Bond::Sometimes(sometimes) => *sometimes == key,
        Bond::NotBoth(..) => false,
    };
    let Some(known) = shape.key(key) else { return };
    assert!(
        known.needed || shape.bonds.iter().any(bound),
        "a reader needs `{key}`, which the shape says may be left out"
    );
    NEEDED.with_borrow_mut(|all| all.insert((address(shape), known.name)));
}

/// A reader takes a value as what `takes` says.
pub fn takes(title: &str, is: Is, takes: &dyn Fn(&Is) -> bool) {
    let choices = is.choices();
    let held = choices.iter().any(|is| matches!(is, Is::Open) || takes(is));
    assert!(held, "{title} is read as something else than its shape says: {}", shown(&choices));
}

/// The keys that readers asked for, and those that they could not do without, on this thread.
pub fn so_far() -> [BTreeSet<Place>; 2] {
    [ASKED.with_borrow(Clone::clone), NEEDED.with_borrow(Clone::clone)]
}

fn shown(choices: &[Is]) -> String {
    choices.iter().map(|is| format!("{is:?}").chars().take(60).collect::<String>()).collect::<Vec<_>>().join(" | ")
}
