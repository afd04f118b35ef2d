//! Which tables of a run are read in parts, and steps over parts.
//!
//! In: a [`Plan`], how much memory there is. Out: a [`Cut`], or why there is none; the data of a part; results of parts
//! put together. Must not know: how tables are read, how steps are evaluated. Start at [`decide`].
//!
//! Results are the same in parts and in memory, so nothing of this is in a run's identity.

use super::business::check;
use super::compute::StepColumns;
use super::layout::Layout;
use super::plan::Plan;
use crate::error::Error;
use crate::manifest::glob;
use crate::manifest::model::Table;
use crate::rules::cause::Cause;
use crate::rules::context::{Fitting, StepResult};
use crate::rules::data::{Data, NO_ROW, Related};
use crate::rules::schema::Schema;
use crate::rules::typed::{Expr, ExprKind, Instance, InstanceId, Iterable, LocalId, Program, Stmt, StmtKind};
use crate::rules::types::{Kind, TableId, Type};
use crate::rules::walk::{self, Node};
use crate::system::System;
use crate::table::parts::{Cut, Parted, size, split};
use polars::prelude::{IdxCa, IdxSize, IntoSeries, NewChunkedArray, Series, StringChunked};
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How much memory tables may take.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Bytes; the project's, else a quarter of the machine's, unless given.
    pub bytes: Option<u64>,
    /// Parts in which tables are read, whatever they take.
    pub parts: Option<usize>,
    /// Whether nothing may be written to the output folder.
    pub dry_run: bool,
    /// Whether rows in parts keep the columns that no rule reads.
    pub whole_rows: bool,
}

/// Memory of a machine that does not say how much it has.
const UNKNOWN: u64 = 8 << 30;

/// How the tables of a run are read.
pub enum Decision {
    /// In memory; why not in parts, where they would be too large.
    Whole(Option<String>),
    /// In parts.
    Parts(Cut),
}

/// Decides how the tables of a plan are read.
///
/// # Errors
/// [`Error::Io`].
pub fn decide(system: &dyn System, plan: &Plan, memory: &Memory) -> Result<Decision, Error> {
    let tables = split::split(&plan.project);
    if tables.is_empty() {
        return Ok(Decision::Whole(None));
    }
    let parts = match memory.parts {
        Some(parts) => Some(parts),
        None => {
            let mut bytes = 0u64;
            for place in &tables {
                let Some((_, table)) = plan.project.tables.get_index(*place) else { continue };
                bytes = bytes.saturating_add(size::estimate(system, &plan.root, table, &files(system, plan, table))?);
            }
            let quarter = || size::machine(system).unwrap_or(UNKNOWN) / 4;
            size::parts(bytes, memory.bytes.or(plan.project.limits.memory).unwrap_or_else(quarter))
        }
    };
    let Some(parts) = parts else { return Ok(Decision::Whole(None)) };
    let world = World { plan, tables: &tables };
    if let Some(why) = plan.programs.iter().find_map(|program| world.obstacle(program)) {
        return Ok(Decision::Whole(Some(why)));
    }
    let mut used = world.used();
    if memory.whole_rows {
        used.iter_mut().for_each(|columns| columns.fill(true));
    }
    Ok(Decision::Parts(Cut { tables, used, parts, folder: folder(system, plan, memory.dry_run)? }))
}

fn files(system: &dyn System, plan: &Plan, table: &Table) -> Vec<PathBuf> {
    let files = glob::files(system, plan.reach(), glob::DATASETS, &table.source).unwrap_or_default();
    files.into_iter().map(|file| PathBuf::from(file.shown)).collect()
}

/// A folder that is of this run alone: in staging, which the next run clears; of a dry run, which holds no lock,
/// elsewhere.
fn folder(system: &dyn System, plan: &Plan, dry_run: bool) -> Result<PathBuf, Error> {
    let name = format!("parts-{}", system.now_micros());
    if !dry_run {
        return Ok(Layout::new(&plan.out, &plan.project.name).staging().join(name));
    }
    let above = PathBuf::from(system.env("TMPDIR").unwrap_or_else(|| "/tmp".to_owned()));
    if !system.is_dir(&above) {
        let why = std::io::Error::other("TMPDIR names no folder");
        return Err(Error::io("write to", above)(why));
    }
    let holder = system.holder().replace(|c: char| !c.is_alphanumeric(), "-");
    clear(system, &above, &holder);
    Ok(above.join(format!("{DRY}{holder}-{name}")))
}

/// What the names of a dry run's folders begin with.
const DRY: &str = "tierwright-";

/// Removes the folders of dry runs of this host whose process is no more. What cannot be removed stays.
fn clear(system: &dyn System, above: &Path, holder: &str) {
    let split = |name: &str| {
        let (process, host) = name.strip_prefix("process-")?.split_once('-')?;
        Some((process.parse::<u32>().ok()?, host.to_owned()))
    };
    let Some((_, host)) = split(holder).filter(|_| system.exists(Path::new("/proc/self"))) else { return };
    for path in system.list(above).unwrap_or_default() {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let Some((process, rest)) = name.strip_prefix(DRY).and_then(split) else { continue };
        let is_gone = !system.exists(&Path::new("/proc").join(process.to_string()));
        if rest.starts_with(&format!("{host}-parts-")) && is_gone {
            let _ = system.remove_dir(&path);
        }
    }
}

/// Whether a step reads rows of these tables.
pub fn reads(program: &Program, schema: &Schema, tables: &[usize]) -> bool {
    let mut found = false;
    each(program, &mut |_, node| {
        if let Node::Expr(Expr { kind: ExprKind::Related { table, many, .. }, .. }) = node {
            found |= far(schema, *table, *many).is_some_and(|far| tables.contains(&usize::from(far.0)));
        }
    });
    found
}

fn far(schema: &Schema, table: TableId, many: usize) -> Option<TableId> {
    schema.tables.get(usize::from(table.0))?.many.get(many).map(|many| many.table)
}

fn each<'p>(program: &'p Program, see: &mut dyn FnMut(InstanceId, Node<'p>)) {
    for (instance, id) in program.instances.iter().zip(0..) {
        walk::block(&instance.body, &mut |node| see(InstanceId(id), node));
    }
}

/// The tables in parts, and the rules that read them.
struct World<'w> {
    plan: &'w Plan,
    tables: &'w [usize],
}

impl World<'_> {
    fn is_parted(&self, table: TableId) -> bool {
        self.tables.contains(&usize::from(table.0))
    }

    fn name(&self, table: TableId) -> &str {
        self.plan.schema.tables.get(usize::from(table.0)).map_or("", |table| &table.name)
    }

    /// For each table in parts the columns that any rule reads.
    fn used(&self) -> Vec<Vec<bool>> {
        let columns = |place: &usize| self.plan.schema.tables.get(*place).map_or(0, |table| table.columns.len());
        let mut used: Vec<Vec<bool>> = self.tables.iter().map(|place| vec![false; columns(place)]).collect();
        let mut mark = |table: TableId, column: usize| {
            let nth = self.tables.iter().position(|place| *place == usize::from(table.0));
            if let Some(used) = nth.and_then(|nth| used[nth].get_mut(column)) {
                *used = true;
            }
        };
        for program in &self.plan.programs {
            each(program, &mut |_, node| {
                let Node::Expr(expr) = node else { return };
                if let ExprKind::Column { table, column, .. } = &expr.kind {
                    mark(*table, usize::from(column.0));
                }
                if let Kind::Decimals { table, column, .. } = &expr.ty.kind {
                    mark(*table, usize::from(column.0));
                }
            });
        }
        if let Some(place) = self.plan.project.plan.as_ref().and_then(|said| check::place(said, &self.plan.schema)) {
            let table = TableId(u16::try_from(place.table).unwrap_or(u16::MAX));
            mark(table, place.date);
            mark(table, place.amount);
        }
        used
    }

    /// Why a step cannot go over parts.
    fn obstacle(&self, program: &Program) -> Option<String> {
        let schema = &self.plan.schema;
        if !reads(program, schema, self.tables) {
            return None;
        }
        let step = &program.step;
        if !program.populations.is_empty() {
            let why = "asks for standings and reads related tables: put what is read of them into a step before";
            return Some(format!("step `{step}` {why}"));
        }
        let foreign = self.foreign(program);
        let mut found = None;
        each(program, &mut |id, node| {
            let Node::Expr(Expr { kind: ExprKind::Related { row, table, many, .. }, .. }) = node else { return };
            let Some(far) = far(schema, *table, *many).filter(|far| self.is_parted(*far)) else { return };
            let fits = match *table == schema.customer {
                true => self.is_own(id, row, &foreign),
                false => self.is_parted(*table),
            };
            if !fits {
                let (table, far) = (self.name(*table), self.name(far));
                found = Some(format!("step `{step}` reads rows of `{far}` that belong to another row of `{table}`"));
            }
        });
        found
    }

    fn is_customer(&self, ty: &Type) -> bool {
        matches!(ty.kind, Kind::Row(table) if table == self.plan.schema.customer)
    }

    fn are_customers(&self, ty: &Type) -> bool {
        matches!(&ty.kind, Kind::List(element) if self.is_customer(element))
    }

    /// Whether an expression, which gives a customer, gives the customer of the step.
    fn is_own(&self, instance: InstanceId, expr: &Expr, foreign: &HashSet<(InstanceId, LocalId)>) -> bool {
        match &expr.kind {
            ExprKind::Local(local) => !foreign.contains(&(instance, *local)),
            ExprKind::Reference { row: _, table, .. } => self.is_parted(*table) && self.has_one_way(*table, 0),
            _ => false,
        }
    }

    /// Whether one chain of references leads from a table in parts to customers.
    fn has_one_way(&self, table: TableId, depth: usize) -> bool {
        let Some(schema) = self.plan.schema.tables.get(usize::from(table.0)) else { return false };
        let customer = self.plan.schema.customer;
        let mut ways = schema.references.iter().map(|r| r.target).filter(|t| *t == customer || self.is_parted(*t));
        match (ways.next(), ways.next()) {
            (Some(target), None) => {
                target == customer || (depth < self.tables.len() && self.has_one_way(target, depth + 1))
            }
            _ => false,
        }
    }

    /// Locals that can hold another customer than that of the step.
    fn foreign(&self, program: &Program) -> HashSet<(InstanceId, LocalId)> {
        let mut foreign = HashSet::new();
        loop {
            let before = foreign.len();
            let mut more = Vec::new();
            each(program, &mut |id, node| self.held(program, id, node, &foreign, &mut more));
            foreign.extend(more);
            if foreign.len() == before {
                return foreign;
            }
        }
    }

    fn held(
        &self,
        program: &Program,
        id: InstanceId,
        node: Node<'_>,
        foreign: &HashSet<(InstanceId, LocalId)>,
        more: &mut Vec<(InstanceId, LocalId)>,
    ) {
        let other = |value: &Expr| self.is_customer(&value.ty) && !self.is_own(id, value, foreign);
        match node {
            Node::Stmt(Stmt { kind: StmtKind::Let { local, value: Some(value) }, .. })
            | Node::Stmt(Stmt { kind: StmtKind::Assign { local, value }, .. })
                if other(value) =>
            {
                more.push((id, *local));
            }
            Node::Stmt(Stmt { kind: StmtKind::For { variable, iterable: Iterable::List(list), .. }, .. })
                if self.are_customers(&list.ty) =>
            {
                more.push((id, *variable));
            }
            Node::Expr(Expr { kind: ExprKind::CallInstance { instance, args }, .. }) => {
                let params = program.instances.get(instance.0 as usize).map_or(0, |i: &Instance| i.params);
                let args = args.iter().take(params).zip(0..).filter(|(arg, _)| other(arg));
                more.extend(args.map(|(_, n)| (*instance, LocalId(n))));
            }
            Node::Expr(Expr { kind: ExprKind::ListCall { list, lambda: Some(lambda), .. }, .. })
                if self.are_customers(&list.ty) =>
            {
                more.push((id, lambda.param));
            }
            _ => {}
        }
    }
}

/// The tables with the rows of a part.
///
/// # Errors
/// As [`Parted::part`].
pub fn part_data(
    system: &dyn System,
    parted: &Parted,
    part: usize,
    schema: &Schema,
    whole: &Data,
) -> Result<Data, Error> {
    let mut data = whole.clone();
    for (place, table) in parted.part(system, part, schema)? {
        if let Some(slot) = data.tables.get_mut(place) {
            *slot = table;
        }
    }
    for (place, table) in schema.tables.iter().enumerate() {
        let rows = data.tables.get(place).map_or(0, |table| table.rows);
        let mut many = Vec::with_capacity(table.many.len());
        for (nth, related) in table.many.iter().enumerate() {
            let old = data.tables.get(place).and_then(|table| table.many.get(nth)).cloned();
            let is_parted = parted.tables().any(|parted| parted == usize::from(related.table.0));
            many.push(match old.filter(|_| !is_parted) {
                Some(old) => old,
                None => Arc::new(Related::group(&targets(&related.path, &data), rows)),
            });
        }
        if let Some(table) = data.tables.get_mut(place) {
            table.many = many;
        }
    }
    Ok(data)
}

/// For each row of the far table the row at the end of the path.
fn targets(path: &[(TableId, usize)], data: &Data) -> Vec<u32> {
    let reference = |(table, number): &(TableId, usize)| -> &[u32] {
        data.table(*table).and_then(|table| table.references.get(*number)).map_or(&[], |rows| rows)
    };
    let Some((first, further)) = path.split_first() else { return Vec::new() };
    let mut targets = reference(first).to_vec();
    for step in further {
        let next = reference(step);
        targets.iter_mut().for_each(|row| *row = next.get(*row as usize).copied().unwrap_or(NO_ROW));
    }
    targets
}

/// The same texts without the memory of those they were chosen from, which would stay with them.
fn apart(series: Series) -> Series {
    let Ok(texts) = series.str() else { return series };
    let chunks = texts.downcast_iter().map(|chunk| chunk.clone().gc());
    StringChunked::from_chunk_iter(series.name().clone(), chunks).into_series()
}

/// A step's results over parts so far.
#[derive(Default)]
pub struct Joined {
    columns: Vec<Series>,
    rows: Vec<u32>,
    undetermined: Vec<(u32, Cause)>,
    dropped: BTreeMap<String, u64>,
    fittings: Vec<Fitting>,
}

impl Joined {
    /// Adds a part, evaluated for these customers.
    ///
    /// # Errors
    /// [`Error::Defect`] if columns do not fit.
    pub fn add(&mut self, result: StepResult, active: &[u32]) -> Result<(), Error> {
        let refused = |e: polars::prelude::PolarsError| Error::Defect(format!("columns of parts: {e}"));
        for (nth, (_, series)) in result.columns.into_iter().enumerate() {
            let own = apart(series.take_slice(active).map_err(refused)?);
            match self.columns.get_mut(nth) {
                Some(column) => {
                    column.append(&own).map_err(refused)?;
                }
                None => self.columns.push(own),
            }
        }
        self.rows.extend_from_slice(active);
        self.undetermined.extend(result.undetermined);
        self.fittings.extend(result.fittings);
        for (place, count) in result.dropped_unknown {
            *self.dropped.entry(place).or_default() += count;
        }
        Ok(())
    }

    /// The step's columns for so many customers, as it would give them for all at once.
    ///
    /// # Errors
    /// [`Error::Defect`] if columns do not fit.
    pub fn finish(mut self, customers: usize) -> Result<StepColumns, Error> {
        let mut places: Vec<Option<IdxSize>> = vec![None; customers];
        for (place, row) in (0..).zip(&self.rows) {
            if let Some(slot) = places.get_mut(*row as usize) {
                *slot = Some(place);
            }
        }
        let places = IdxCa::from_iter_options("".into(), places.into_iter());
        let take = |column: &Series| column.rechunk().take(&places).map(|column| column.rechunk());
        let columns = self.columns.iter().map(take).collect::<Result<Vec<_>, _>>();
        let columns = columns.map_err(|e| Error::Defect(format!("columns of parts: {e}")))?;
        self.undetermined.sort_by_key(|(row, _)| *row);
        let dropped = self.dropped.into_iter().collect();
        Ok(StepColumns { columns, undetermined: self.undetermined, dropped, fittings: self.fittings })
    }
}
