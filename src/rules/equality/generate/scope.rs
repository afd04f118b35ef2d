//! What is in scope, and which of it may be missing.
//!
//! In: variables, tests for `()`. Out: texts of columns and variables by kind. The checker narrows: behind `x != ()` a
//! default on x is an error. So paths that a test has made known are not taken as optional again.

use super::Generator;
use crate::rules::schema::ColumnSchema;
use crate::rules::types::{Kind, TableId, Type};

/// A variable.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) ty: Type,
    /// Whether the checker surely has this type: not behind assignments in branches.
    pub(super) certain: bool,
    /// Whether statements may assign to it.
    pub(super) settable: bool,
    /// Whether population functions may use it.
    pub(super) pure: bool,
    /// How many lambdas stood around its declaration: an inner one cannot set it.
    pub(super) lambdas: usize,
}

impl Variable {
    /// A variable that nothing assigns to.
    pub(super) fn fixed(name: &str, ty: Type) -> Variable {
        Variable { name: name.to_owned(), ty, certain: true, settable: false, pure: false, lambdas: 0 }
    }
}

/// A column or variable as it is written, and its path without `?`.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) text: String,
    pub(super) path: String,
}

/// What holds where a condition has turned out true, and false.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) yes: Vec<String>,
    pub(super) no: Vec<String>,
}

/// Columns that break most operations: taken rarely.
const EXTREME: [&str; 4] = ["large", "wild", "far", "digits"];

/// Whether a column of a row may be missing: what steps have added, of other rows than the customer's own.
pub(super) fn may_be_missing(column: &ColumnSchema, row: &str) -> bool {
    column.optional || (column.added && row != "c")
}

/// A path and all that it goes through.
pub(super) fn prefixes(path: &str) -> Vec<String> {
    let ends = path.match_indices('.').map(|(i, _)| i).chain([path.len()]);
    ends.map(|end| path[..end].to_owned()).collect()
}

impl Generator {
    /// Variables that no later one of the same name hides.
    pub(super) fn visible(&self) -> Vec<&super::Variable> {
        let hidden = |i: usize, v: &super::Variable| self.scope[i + 1..].iter().any(|w| w.name == v.name);
        let seen = self.scope.iter().enumerate().filter(|(i, v)| !hidden(*i, v)).map(|(_, v)| v);
        seen.filter(|v| !self.pure || v.pure || (v.name == "c" && self.customer)).collect()
    }

    /// A variable of this type.
    pub(super) fn variable_of(&mut self, fits: impl Fn(&super::Variable) -> bool) -> Option<super::Variable> {
        let found: Vec<super::Variable> = self.visible().into_iter().filter(|v| fits(v)).cloned().collect();
        if found.is_empty() { None } else { Some(self.random.pick(&found).clone()) }
    }

    /// A variable of this kind that is there.
    pub(super) fn variable(&mut self, kind: &Kind) -> Option<String> {
        let known = self.known.clone();
        self.variable_of(|v| v.ty.kind == *kind && (!v.ty.optional || known.contains(&v.name))).map(|v| v.name)
    }

    /// Rows in scope, with the way each is written: variables, and the rows that their surest references lead to.
    pub(super) fn row_places(&self) -> Vec<(Place, TableId)> {
        let mut found = Vec::new();
        for variable in self.visible() {
            let Kind::Row(table) = variable.ty.kind else { continue };
            let name = variable.name.clone();
            let is_there = !variable.ty.optional || self.known.contains(&name);
            let place = Place { text: name.clone(), path: name };
            if is_there {
                for reference in self.schema.table(table).references.iter().filter(|r| !r.optional) {
                    let text = format!("{}.{}", place.text, reference.name);
                    found.push((Place { path: text.clone(), text }, reference.target));
                }
                found.push((place, table));
            }
        }
        found
    }

    /// The rows in scope; mostly only the innermost.
    fn some_rows(&mut self) -> Vec<(Place, TableId)> {
        let mut rows = self.row_places();
        if rows.len() > 1 && self.random.chance(60) {
            let last = rows.pop();
            rows = last.into_iter().collect();
        }
        rows
    }

    /// A column of this kind that is there: a required one, or one that a test has found.
    pub(super) fn place(&mut self, kind: &Kind) -> Option<String> {
        let extreme = self.random.chance(5);
        let mut found = Vec::new();
        for (row, table) in self.some_rows() {
            let table = self.schema.table(table);
            for column in table.columns.iter().filter(|c| c.rule_type().kind == *kind) {
                let path = format!("{}.{}", row.path, column.name);
                let there = !may_be_missing(column, &row.text) || self.known.contains(&path);
                if there && (extreme || !EXTREME.contains(&column.name.as_str())) {
                    found.push(format!("{}.{}", row.text, column.name));
                }
            }
        }
        // What stands behind a reference that a test has found.
        let behind = self.known.iter().filter(|p| p.matches('.').count() == 2);
        for path in behind {
            if self.kind_of_path(path).as_ref() == Some(kind) {
                found.push(path.clone());
            }
        }
        if found.is_empty() {
            return None;
        }
        let place = self.random.pick(&found).clone();
        match place.split_once('.') {
            Some((row, column)) if !column.contains('.') && self.random.chance(4) => {
                Some(format!("{row}[\"{column}\"]"))
            }
            _ => Some(place),
        }
    }

    /// The kind of `row.reference.column`, where the row is a variable in scope.
    fn kind_of_path(&self, path: &str) -> Option<Kind> {
        let mut parts = path.split('.');
        let (root, reference, column) = (parts.next()?, parts.next()?, parts.next()?);
        let variable = self.visible().into_iter().find(|v| v.name == root)?;
        let Kind::Row(table) = variable.ty.kind else { return None };
        let reference = self.schema.table(table).references.iter().find(|r| r.name == reference)?;
        let target = self.schema.table(reference.target);
        target.columns.iter().find(|c| c.name == column).map(|c| c.rule_type().kind)
    }

    /// Whether nothing is known of a path, nor of what it goes through.
    fn is_free(&self, path: &str) -> bool {
        prefixes(path).iter().all(|p| !self.known.contains(p) && !self.tainted.contains(p))
    }

    /// Columns and variables of this kind that surely may be missing.
    pub(super) fn optional_places(&mut self, kind: &Kind) -> Vec<Place> {
        let mut found = Vec::new();
        for (row, table) in self.some_rows() {
            let table = self.schema.table(table);
            let at = |name: &str, dot: &str| Place {
                text: format!("{}{dot}{name}", row.text),
                path: format!("{}.{name}", row.path),
            };
            let columns = table.columns.iter().filter(|c| may_be_missing(c, &row.text) && c.rule_type().kind == *kind);
            found.extend(columns.map(|c| at(&c.name, ".")));
            for reference in table.references.iter().filter(|r| r.optional) {
                for column in &self.schema.table(reference.target).columns {
                    if column.rule_type().kind == *kind && !EXTREME.contains(&column.name.as_str()) {
                        let base = at(&reference.name, ".");
                        found.push(Place {
                            text: format!("{}?.{}", base.text, column.name),
                            path: format!("{}.{}", base.path, column.name),
                        });
                    }
                }
            }
        }
        for variable in self.visible().into_iter().filter(|v| v.ty.optional && v.certain) {
            let name = variable.name.clone();
            if let Kind::Row(table) = variable.ty.kind {
                let columns = self.schema.table(table).columns.iter().filter(|c| c.rule_type().kind == *kind);
                found.extend(
                    columns.map(|c| Place { text: format!("{name}?.{}", c.name), path: format!("{name}.{}", c.name) }),
                );
            } else if variable.ty.kind == *kind {
                found.push(Place { text: name.clone(), path: name });
            }
        }
        found.retain(|place| self.is_free(&place.path));
        found
    }

    /// Rows of a table behind references that surely may find none, as `c.parent?.orders`.
    pub(super) fn optional_rows(&self, of: TableId) -> Vec<String> {
        let mut found = Vec::new();
        for (row, table) in self.row_places() {
            for reference in self.schema.table(table).references.iter().filter(|r| r.optional) {
                let free = self.is_free(&format!("{}.{}", row.path, reference.name));
                let many = self.schema.table(reference.target).many.iter().filter(|m| m.table == of && free);
                found.extend(many.map(|m| format!("{}.{}?.{}", row.text, reference.name, m.name)));
            }
        }
        found
    }

    /// Runs `f` where these paths are known to be there.
    pub(super) fn knowing<T>(&mut self, paths: &[String], f: impl FnOnce(&mut Self) -> T) -> T {
        let mark = self.known.len();
        self.known.extend(paths.iter().cloned());
        let made = f(self);
        self.known.truncate(mark);
        made
    }

    /// Runs `f` with variables of its own.
    pub(super) fn scoped<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        let (variables, known) = (self.scope.len(), self.known.len());
        let made = f(self);
        self.scope.truncate(variables);
        self.known.truncate(known);
        made
    }

    /// Takes it that the checker knows these from here on, or may.
    pub(super) fn taint(&mut self, paths: &[String]) {
        self.tainted.extend(paths.iter().cloned());
    }

    /// A variable was assigned to: what the checker makes of its type depends on the branches.
    pub(super) fn unsettle(&mut self, name: &str) {
        for variable in self.scope.iter_mut().filter(|v| v.name == name) {
            variable.certain = false;
        }
        self.known.retain(|path| path != name && !path.starts_with(&format!("{name}.")));
    }
}
