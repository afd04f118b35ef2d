//! Networks: people and the ties between them, and the columns that are measured on them.
//!
//! In: the field `graph` of a manifest and of a column, a column. Out: [`Network`], [`Measured`] and diagnostics. Must not know: other tables,
//! data, how anything is measured. Start at [`read`].

use super::super::field::{Field, Fields, Findings};
use super::super::model::Column;
use super::super::shape::network::{GRAPH, REACH};
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use crate::source::Span;

/// A name with its place.
pub type Named = (String, Span);

/// Ties between the rows of a table.
#[derive(Clone, Debug)]
pub struct Network {
    /// The table of ties.
    pub ties: Named,
    /// Its reference to one end.
    pub from: Named,
    /// Its reference to the other.
    pub to: Named,
    /// Its column with how strong a tie is; all are alike without it.
    pub weight: Option<Named>,
    /// Whether a tie leads from the first end to the second alone.
    pub directed: bool,
    /// Which customers the people belong to, and who is to be reached.
    pub reach: Option<Reach>,
    /// Where it is declared.
    pub span: Span,
}

/// Whom our own people get to.
#[derive(Clone, Debug)]
pub struct Reach {
    /// The reference from people to customers.
    pub customer: Named,
    /// The bool column that says who is one of ours.
    pub ours: Named,
    /// The number that says how much somebody counts in decisions; all count alike without it.
    pub influence: Option<Named>,
    /// The text column of roles.
    pub role: Option<Named>,
    /// The roles that a customer should have somebody reached in.
    pub roles: Vec<String>,
    /// The most ties on the way.
    pub steps: u32,
    /// What each further tie leaves of somebody's influence.
    pub decay: f64,
}

/// What a column is measured as.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The table of people, where it is another one.
    pub people: Option<String>,
    /// Which measure.
    pub measure: Measure,
    /// Where it is named.
    pub span: Span,
}

macro_rules! measures {
    ($($name:ident $word:literal $dtype:ident $of:ident)*) => {
        /// A measure of people or of customers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "docs/networks.md has a table of them")]
        pub enum Measure { $($name,)* }

        impl Measure {
            /// Every measure with its word, the type of its column and whose it is.
            pub const ALL: &[(Measure, &str, DataType, Of)] =
                &[$((Measure::$name, $word, DataType::$dtype, Of::$of),)*];
        }
    };
}

/// Whose a measure is, and what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// A person's.
    Person,
    /// A person's, as to reach.
    Reached,
    /// A customer's, as to reach.
    Customer,
}

measures! {
    Degree "degree" Int Person
    InDegree "in_degree" Int Person
    OutDegree "out_degree" Int Person
    Strength "strength" Float Person
    PageRank "pagerank" Float Person
    Eigenvector "eigenvector" Float Person
    Betweenness "betweenness" Float Person
    Closeness "closeness" Float Person
    Harmonic "harmonic" Float Person
    Constraint "constraint" Float Person
    EffectiveSize "effective_size" Float Person
    Clustering "clustering" Float Person
    Component "component" Int Person
    Steps "steps" Int Reached
    Gain "gain" Float Reached
    Loss "loss" Float Reached
    Share "reach" Float Customer
    Coverage "coverage" Float Customer
    MissingRoles "missing_roles" Text Customer
    Risk "risk" Float Customer
    RiskPerson "risk_person" Text Customer
    ContactRisk "contact_risk" Float Customer
    ContactRiskPerson "contact_risk_person" Text Customer
    OwnRisk "own_risk" Float Customer
    OwnRiskPerson "own_risk_person" Text Customer
    People "people" Int Customer
    Deciders "decision_makers" Int Customer
    DecidersReached "decision_makers_reached" Int Customer
    Next "next_person" Text Customer
    NextGain "next_gain" Float Customer
}

impl Measure {
    /// The measure of a word.
    ///
    /// ```
    /// use tierwright::manifest::model::network::Measure;
    /// assert_eq!(Measure::find("pagerank"), Some(Measure::PageRank));
    /// assert_eq!(Measure::find("page_rank"), None);
    /// ```
    pub fn find(word: &str) -> Option<Measure> {
        Measure::ALL.iter().find(|(_, own, ..)| *own == word).map(|(measure, ..)| *measure)
    }

    fn told(self) -> (&'static str, DataType, Of) {
        let found = Measure::ALL.iter().find(|(measure, ..)| *measure == self);
        found.map_or(("", DataType::Float, Of::Person), |(_, word, dtype, of)| (word, *dtype, *of))
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        self.told().0
    }

    /// The type of its column.
    pub fn dtype(self) -> DataType {
        self.told().1
    }

    /// Whose it is.
    pub fn of(self) -> Of {
        self.told().2
    }
}

fn named(fields: &Fields<'_>, key: &str, findings: &mut Findings) -> Option<Named> {
    fields.get(key).and_then(|f| Some((f.name(findings)?, f.place())))
}

fn needed(fields: &Fields<'_>, key: &str, findings: &mut Findings) -> Option<Named> {
    fields.need(key, findings).and_then(|f| Some((f.name(findings)?, f.place())))
}

/// Reads `graph: { ties, from, to, weight, directed, reach }`.
pub fn read(field: &Field<'_>, findings: &mut Findings) -> Option<Network> {
    let fields = Fields::open(field, "`graph`", &GRAPH, findings)?;
    let (ties, from, to) =
        (needed(&fields, "ties", findings), needed(&fields, "from", findings), needed(&fields, "to", findings));
    Some(Network {
        weight: named(&fields, "weight", findings),
        directed: fields.get("directed").and_then(|f| f.bool(findings)).unwrap_or(false),
        reach: fields.get("reach").and_then(|f| reach(&f, findings)),
        ties: ties?,
        from: from?,
        to: to?,
        span: field.at,
    })
}

fn reach(field: &Field<'_>, findings: &mut Findings) -> Option<Reach> {
    let fields = Fields::open(field, "`reach`", &REACH, findings)?;
    let (customer, ours) = (needed(&fields, "customer", findings), needed(&fields, "ours", findings));
    let steps = fields.get("steps").and_then(|f| f.int(1..=100, findings)).unwrap_or(2);
    let decay = fields.get("decay").map_or(1.0, |f| match f.share(findings) {
        Some(decay) if decay > 0.0 => decay,
        Some(_) => {
            findings.push(f.wrong_value("`decay` must be above 0: with 0 nobody further away would count"));
            1.0
        }
        None => 1.0,
    });
    Some(Reach {
        influence: named(&fields, "influence", findings),
        role: named(&fields, "role", findings),
        roles: fields.get("roles").map(|f| f.texts_once(findings)).unwrap_or_default(),
        steps: u32::try_from(steps).unwrap_or(2),
        decay,
        customer: customer?,
        ours: ours?,
    })
}

/// Reads `graph:` of a column: a measure, or of a customer's column the table of people and a measure.
pub fn measured(field: &Field<'_>, column: &Column, findings: &mut Findings) -> Option<Measured> {
    let text = field.text(findings)?;
    let (people, word) = match text.rsplit_once('.') {
        Some((people, word)) => (Some(people.to_owned()), word),
        None => (None, text.as_str()),
    };
    let Some(measure) = Measure::find(word) else {
        let found = field.wrong_value(format!("`{word}` is no measure of a network"));
        findings.push(found.did_you_mean(word, Measure::ALL.iter().map(|(_, word, ..)| *word)));
        return None;
    };
    if column.dtype != measure.dtype() {
        let message = format!("`{word}` is {}, the column is {}", measure.dtype(), column.dtype);
        findings.push(Diagnostic::error(ids::TYPE_MISMATCH, message).at(field.place()));
    }
    let is_of_customers = measure.of() == Of::Customer;
    if is_of_customers != people.is_some() {
        let message = match is_of_customers {
            true => format!("`{word}` is a customer's: name the table of people before it, as in `people.{word}`"),
            false => format!("`{word}` is a person's, and stands in the table of people alone"),
        };
        findings.push(field.wrong_value(message));
        return None;
    }
    Some(Measured { people, measure, span: field.place() })
}
