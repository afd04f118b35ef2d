//! Types of the rule language.
//!
//! In: nothing. Out: [`Type`], with the join of branches. Must not know: expressions, columns' data. Missingness is a
//! flag beside the kind: `()` is the type that has no value but may be missing.

use std::fmt;

/// Position of a table in a [`super::schema::Schema`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableId(pub u16);

/// Position of a column in its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnId(pub u16);

/// The type of a value: its kind, and whether it may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// What it is when it is there.
    pub kind: Kind,
    /// Whether it may be missing.
    pub optional: bool,
}

/// What a value is when it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No value: what `throw` and `return` give, and, with `optional`, the literal `()`.
    Never,
    /// Text.
    Text,
    /// 64-bit integer.
    Int,
    /// 64-bit float.
    Float,
    /// Bool.
    Bool,
    /// Day.
    Date,
    /// Instant.
    DateTime,
    /// A row of a table. The customer `c` is one.
    Row(TableId),
    /// A list of one type; related rows are a list of [`Kind::Row`]. `[]` is a list of never.
    List(Box<Type>),
    /// A bare decimal column of a list of rows, in their order: sums are exact, anything else sees nearest doubles.
    Decimals {
        /// The rows' table.
        table: TableId,
        /// The decimal column.
        column: ColumnId,
        /// Whether an element may be missing.
        optional: bool,
    },
    /// A map whose keys are known, sorted by key.
    Map(Vec<(String, Type)>),
    /// A map with computed text keys and values of one type.
    Dict(Box<Type>),
}

/// Why two types have no join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unlike {
    /// An int beside a float.
    MixedNumber,
    /// Maps with unlike keys: those in one and not in the other.
    Keys(Vec<String>),
    /// Anything else.
    Types,
}

impl Type {
    /// A type that is always there.
    pub fn of(kind: Kind) -> Type {
        Type { kind, optional: false }
    }

    /// The type of `()`.
    pub fn unit() -> Type {
        Type { kind: Kind::Never, optional: true }
    }

    /// The type of what never gives a value.
    pub fn never() -> Type {
        Type::of(Kind::Never)
    }

    /// The same, which may be missing.
    #[must_use]
    pub fn or_missing(mut self) -> Type {
        self.optional = true;
        self
    }

    /// The same, if `optional` which may be missing.
    #[must_use]
    pub fn optional_if(mut self, optional: bool) -> Type {
        self.optional |= optional;
        self
    }

    /// The same, which is there.
    #[must_use]
    pub fn present(mut self) -> Type {
        self.optional = false;
        self
    }

    /// A list of `element`.
    pub fn list(element: Type) -> Type {
        Type::of(Kind::List(Box::new(element)))
    }

    /// Whether it is the type of the literal `()`.
    pub fn is_unit(&self) -> bool {
        self.kind == Kind::Never && self.optional
    }

    /// Whether it is the type of what never gives a value.
    pub fn is_never(&self) -> bool {
        self.kind == Kind::Never && !self.optional
    }

    /// Whether it is an int or a float.
    pub fn is_number(&self) -> bool {
        matches!(self.kind, Kind::Int | Kind::Float)
    }

    /// Whether it can be a column: text, number, bool, date or datetime.
    pub fn is_scalar(&self) -> bool {
        matches!(self.kind, Kind::Text | Kind::Int | Kind::Float | Kind::Bool | Kind::Date | Kind::DateTime)
    }

    /// The element's type, if it is a list; nearest doubles for a bare decimal column.
    pub fn element(&self) -> Option<Type> {
        match &self.kind {
            Kind::List(element) => Some((**element).clone()),
            Kind::Decimals { optional, .. } => Some(Type::of(Kind::Float).optional_if(*optional)),
            _ => None,
        }
    }

    /// The type that values of both have, the type of an `if` with these two branches.
    ///
    /// # Errors
    /// [`Unlike`], if there is none.
    pub fn join(&self, other: &Type) -> Result<Type, Unlike> {
        let kind = match (&self.kind, &other.kind) {
            (Kind::Never, kind) | (kind, Kind::Never) => kind.clone(),
            (a, b) if a == b => a.clone(),
            (Kind::Int, Kind::Float) | (Kind::Float, Kind::Int) => return Err(Unlike::MixedNumber),
            (Kind::List(a), Kind::List(b)) => Kind::List(Box::new(a.join(b)?)),
            (Kind::Decimals { .. }, Kind::List(_) | Kind::Decimals { .. }) | (Kind::List(_), Kind::Decimals { .. }) => {
                let (Some(a), Some(b)) = (self.element(), other.element()) else { return Err(Unlike::Types) };
                Kind::List(Box::new(a.join(&b)?))
            }
            (Kind::Dict(a), Kind::Dict(b)) => Kind::Dict(Box::new(a.join(b)?)),
            (Kind::Map(keys), Kind::Dict(value)) | (Kind::Dict(value), Kind::Map(keys)) => {
                let mut value = (**value).clone();
                for (_, ty) in keys {
                    value = value.join(ty)?;
                }
                Kind::Dict(Box::new(value))
            }
            (Kind::Map(a), Kind::Map(b)) => Kind::Map(join_maps(a, b)?),
            _ => return Err(Unlike::Types),
        };
        Ok(Type { kind, optional: self.optional || other.optional })
    }
}

fn join_maps(a: &[(String, Type)], b: &[(String, Type)]) -> Result<Vec<(String, Type)>, Unlike> {
    let missing = |x: &[(String, Type)], y: &[(String, Type)]| -> Vec<String> {
        x.iter().filter(|(key, _)| !y.iter().any(|(k, _)| k == key)).map(|(key, _)| key.clone()).collect()
    };
    let mut unlike = missing(a, b);
    unlike.extend(missing(b, a));
    if !unlike.is_empty() {
        return Err(Unlike::Keys(unlike));
    }
    a.iter().zip(b).map(|((key, x), (_, y))| Ok((key.clone(), x.join(y)?))).collect()
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_unit() {
            return f.write_str("()");
        }
        if self.optional {
            f.write_str("optional ")?;
        }
        match &self.kind {
            Kind::Never => f.write_str("never"),
            Kind::Text => f.write_str("text"),
            Kind::Int => f.write_str("int"),
            Kind::Float => f.write_str("float"),
            Kind::Bool => f.write_str("bool"),
            Kind::Date => f.write_str("date"),
            Kind::DateTime => f.write_str("datetime"),
            Kind::Row(_) => f.write_str("row"),
            Kind::List(element) => match element.kind {
                Kind::Row(_) if !element.optional => f.write_str("rows"),
                Kind::Never => f.write_str("empty list"),
                _ => write!(f, "list of {element}"),
            },
            Kind::Decimals { optional, .. } => {
                write!(f, "list of {}", Type::of(Kind::Float).optional_if(*optional))
            }
            Kind::Map(keys) => {
                f.write_str("map of ")?;
                for (i, (key, _)) in keys.iter().enumerate() {
                    write!(f, "{}{key}", if i == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
            Kind::Dict(value) => write!(f, "map to {value}"),
        }
    }
}
