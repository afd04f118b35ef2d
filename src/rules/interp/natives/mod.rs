//! The operations of the rule language as native functions of the engine.
//!
//! In: arguments as the engine passes them. Out: a value, or a [`Failure`] that says which operand. Must not know: places
//! in the rules, frames (but for [`columns`]). An argument that is a variable comes by reference, so no function here
//! consumes or changes its first argument but those that say so.
//!
//! Values: text is `ImmutableString`, int INT, float FLOAT, bool bool, a date INT (day number), a datetime INT
//! (microseconds), a row INT (its number), a missing value `()`, a list `Array`, a map `Map`.

pub(super) mod columns;
pub(super) mod dates;
pub(super) mod lists;
pub(super) mod numbers;
pub(super) mod order;
pub(super) mod texts;

use super::fused::Fused;
use super::site::{Failure, Outcome};
use rhai::{Array, Dynamic, FuncRegistration, ImmutableString, Map, Module, NativeCallContext, RhaiFunc};
use std::any::TypeId;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

/// Arguments of a native function.
pub(super) type Args<'a, 'b> = &'a mut [&'b mut Dynamic];

/// A native function that needs nothing but its arguments.
#[derive(Clone, Copy)]
pub(super) struct Native {
    /// Its name in the rewritten text.
    pub(super) name: &'static str,
    /// What it does.
    pub(super) run: fn(Args<'_, '_>) -> Outcome,
}

/// Defines [`Native`]s of the same names.
macro_rules! natives {
    ($($(#[$doc:meta])* $constant:ident $name:literal $run:expr;)*) => {
        $($(#[$doc])* pub(in crate::rules::interp) const $constant: $crate::rules::interp::natives::Native =
            $crate::rules::interp::natives::Native { name: $name, run: $run };)*
    };
}
pub(super) use natives;

/// A native function that holds a column, a table or the like.
pub(super) type Closure = Arc<dyn Fn(Args<'_, '_>) -> Outcome + Send + Sync>;

/// Arguments up to which a call of a [`Fused`] passes them one by one; else it passes a list. The engine finds a function by trying
/// which of its arguments are of any type: 2 to the power of their number, and only of 16.
pub(super) const DIRECT: usize = 4;

/// The same for functions that many places call. A map in a list is a copy.
pub(super) const MANY_DIRECT: usize = 8;

/// What the name of such a function ends with where it is given a list.
pub(super) const LISTED: &str = "_in_list";

/// What an operation runs.
#[derive(Clone)]
pub(super) enum Run {
    /// Nothing but its arguments.
    Native(Native),
    /// Something over a table.
    Closure(Closure),
}

impl Run {
    /// Runs it.
    #[inline]
    pub(super) fn call(&self, args: Args<'_, '_>) -> Outcome {
        match self {
            Run::Native(native) => (native.run)(args),
            Run::Closure(closure) => closure(args),
        }
    }
}

/// The native functions that a rewritten text calls, by name and number of arguments.
#[derive(Clone, Default)]
pub(super) struct Registry {
    plain: BTreeMap<(&'static str, usize), Native>,
    closures: BTreeMap<(String, usize), Closure>,
    fused: Vec<(String, usize, Fused)>,
}

impl Registry {
    /// Notes a call of a function.
    pub(super) fn add(&mut self, native: Native, arguments: usize) {
        self.plain.insert((native.name, arguments), native);
    }

    /// Notes a call of a closure, made at the first call.
    pub(super) fn add_closure(&mut self, name: &str, arguments: usize, make: impl FnOnce() -> Closure) -> Closure {
        Arc::clone(self.closures.entry((name.to_owned(), arguments)).or_insert_with(make))
    }

    /// The name of a new function that computes several operations.
    pub(super) fn add_fused(&mut self, arguments: usize, fused: Fused) -> String {
        let name = format!("x{}", self.fused.len());
        self.fused.push((name.clone(), arguments, fused));
        name
    }

    /// A module of all these functions, which shares no literal with another one.
    pub(super) fn module(&self) -> Module {
        let mut module = Module::new();
        for (name, arguments, fused) in &self.fused {
            let fused = fused.own_copy();
            add(&mut module, name, (*arguments, DIRECT), move |args| fused.value(args));
        }
        for ((name, arguments), native) in &self.plain {
            let listed = if *arguments > MANY_DIRECT { LISTED } else { "" };
            add(&mut module, &format!("{name}{listed}"), (*arguments, MANY_DIRECT), native.run);
        }
        for ((name, arguments), closure) in &self.closures {
            let closure = Arc::clone(closure);
            add(&mut module, name, (*arguments, MANY_DIRECT), move |args| closure(args));
        }
        module
    }
}

/// Registers a function of so many arguments, given one by one up to a number, else in a list.
fn add(
    module: &mut Module,
    name: &str,
    (arguments, direct): (usize, usize),
    run: impl Fn(Args<'_, '_>) -> Outcome + Send + Sync + 'static,
) {
    if arguments <= direct {
        register(module, name, arguments, run);
    } else {
        register(module, name, 1, move |args| in_list(args, &run));
    }
}

/// Calls a function of the elements of the list that is the only argument, and is used up.
fn in_list(args: Args<'_, '_>, call: impl Fn(Args<'_, '_>) -> Outcome) -> Outcome {
    let list = args.first_mut().map(|list| std::mem::take(*list)).unwrap_or_default();
    let mut list = list.into_array().map_err(|_| Failure::Defect("arguments that are no list"))?;
    call(&mut list.iter_mut().collect::<Vec<_>>())
}

fn register(
    module: &mut Module,
    name: &str,
    arguments: usize,
    run: impl Fn(Args<'_, '_>) -> Outcome + Send + Sync + 'static,
) {
    let types = vec![TypeId::of::<Dynamic>(); arguments];
    let call = move |_: Option<NativeCallContext<'_>>, args: Args<'_, '_>| run(args).map_err(Failure::into_error);
    // A method takes its first argument by reference where that is a variable, instead of copying it.
    let func = RhaiFunc::Method { func: Arc::new(call), has_context: false, is_pure: true, is_volatile: true };
    FuncRegistration::new(name).in_global_namespace().set_into_module_raw(module, types, func);
}

fn wrong(value: &Dynamic, n: usize) -> Failure {
    if value.is_unit() { Failure::missing(n) } else { Failure::Defect("a value of the wrong type") }
}

/// Argument `n`, which must be there.
pub(super) fn present<'a>(args: &'a [&mut Dynamic], n: usize) -> Outcome<&'a Dynamic> {
    match args.get(n) {
        Some(value) if value.is_unit() => Err(Failure::missing(n)),
        Some(value) => Ok(value),
        None => Err(Failure::Defect("an argument too few")),
    }
}

/// Argument `n` as an int.
pub(super) fn int(args: &[&mut Dynamic], n: usize) -> Outcome<i64> {
    args[n].as_int().map_err(|_| wrong(args[n], n))
}

/// A value as a float: a float, or the nearest double of an int.
pub(super) fn as_number(value: &Dynamic) -> Option<f64> {
    value.as_float().ok().or_else(|| value.as_int().ok().map(|i| i as f64))
}

/// Argument `n` as a float.
pub(super) fn float(args: &[&mut Dynamic], n: usize) -> Outcome<f64> {
    as_number(args[n]).ok_or_else(|| wrong(args[n], n))
}

/// Argument `n` as a bool.
pub(super) fn boolean(args: &[&mut Dynamic], n: usize) -> Outcome<bool> {
    args[n].as_bool().map_err(|_| wrong(args[n], n))
}

/// Argument `n` as a text.
pub(super) fn text<'a>(args: &'a [&mut Dynamic], n: usize) -> Outcome<impl Deref<Target = ImmutableString> + 'a> {
    args[n].as_immutable_string_ref().map_err(|_| wrong(args[n], n))
}

/// Argument `n` as a list.
pub(super) fn list<'a>(args: &'a [&mut Dynamic], n: usize) -> Outcome<impl Deref<Target = Array> + 'a> {
    args[n].as_array_ref().map_err(|_| wrong(args[n], n))
}

/// Argument `n` as a map.
pub(super) fn map<'a>(args: &'a [&mut Dynamic], n: usize) -> Outcome<impl Deref<Target = Map> + 'a> {
    args[n].as_map_ref().map_err(|_| wrong(args[n], n))
}
