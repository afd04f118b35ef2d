//! Well-typed rule files from a seed.
//!
//! In: a seed, the schema of `world`. Out: [`Rules`], trees of text. Must not know: evaluators, rows. What is generated
//! has no errors of `check`: so the generator follows which values are optional, and takes `??` only where the checker
//! surely agrees ([`scope`]). Most operations are safe for most rows, a few are not, as [`Generator::risk`] says.
//! Start at [`rules`].

mod bools;
mod control;
mod crossed;
mod dates;
mod lists;
mod literals;
mod maps;
mod numbers;
mod optional;
mod populations;
mod scope;
mod stmts;
mod texts;

use super::random::Random;
use super::rules::{Texts, compile};
use super::tree::{Part, Tree, What, tree};
use super::world::{CUSTOMERS, ORDERS, schema};
use crate::rules::schema::Schema;
use crate::rules::types::{Kind, Type};
use scope::Variable;

/// Generated rule files.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    /// Path below `rules/`, without `.rhai`, and text.
    pub(super) files: Vec<(String, Tree)>,
    pub(super) steps: Vec<String>,
}

impl Rules {
    pub(super) fn texts(&self) -> Texts {
        let files = self.files.iter().map(|(name, tree)| (name.clone(), tree.text())).collect();
        Texts { files, steps: self.steps.clone() }
    }

    /// How deep expressions stand in expressions.
    pub(super) fn depth(&self) -> usize {
        self.files.iter().map(|(_, tree)| tree.depth()).max().unwrap_or(0)
    }
}

/// A function that later ones may call.
#[derive(Clone, Debug)]
struct Function {
    name: String,
    params: Vec<Type>,
    result: Type,
    /// Its first parameter is the customer.
    customer: bool,
    /// It neither loops nor has lambdas, so that arguments of population functions may call it.
    plain: bool,
}

/// What is known while a function's body is made.
pub(super) struct Generator {
    random: Random,
    schema: Schema,
    scope: Vec<Variable>,
    /// Paths that a test around has found there.
    known: Vec<String>,
    /// Paths that some test has left known behind it: `??` is not taken on them any more.
    tainted: Vec<String>,
    functions: Vec<Function>,
    constants: Vec<(String, Kind)>,
    /// Expressions that may still be made.
    fuel: i32,
    names: usize,
    /// No lambdas, loops or standings.
    plain: bool,
    /// Nothing but columns, constants and the lets at the head of a step.
    pure: bool,
    /// The function's first parameter is the customer.
    customer: bool,
    lambdas: usize,
    loops: usize,
    /// The loop around has no `continue`: in a `do` it would not end.
    no_continue: bool,
    /// What `return` gives here.
    result: Option<Type>,
    /// How many of 100 operations may fail for some customers.
    risk: usize,
    /// Whether the file has more functions, which are called often.
    calls: bool,
}

/// The kinds of columns with how often each is taken.
const KINDS: [(Kind, usize); 6] =
    [(Kind::Int, 25), (Kind::Float, 32), (Kind::Text, 18), (Kind::Bool, 15), (Kind::Date, 8), (Kind::DateTime, 2)];

/// Rule files from a seed: one to three steps, functions of the steps' files and of a library, constants.
pub(super) fn rules(seed: u64) -> Rules {
    let mut g = Generator::new(seed);
    let mut rules = Rules { files: Vec::new(), steps: Vec::new() };
    let mut library = Vec::new();
    let library_functions = if g.calls { [0, 40, 60] } else { [60, 25, 15] };
    for _ in 0..g.random.weighted(&library_functions) {
        library.push(Part::Tree(g.function()));
    }
    if g.random.chance(3) {
        library.push(Part::Tree(g.recursive()));
    }
    if !library.is_empty() {
        rules.files.push(("lib/shared".to_owned(), Tree::new(What::Fixed, library)));
    }
    let steps = 1 + g.random.weighted(&[84, 12, 4]);
    for step in 0..steps {
        let name = format!("s{step}");
        if step > 0 {
            // The columns of the steps before, with the types that the checker gives them.
            let Ok(compiled) = compile(&rules.texts()) else { break };
            let Some((program, schema)) = compiled.steps.into_iter().next_back() else { break };
            g.schema = schema;
            for column in super::rules::columns(&program.output) {
                g.schema.add_column(column);
            }
        }
        let mut parts = Vec::new();
        for _ in 0..g.random.weighted(&[70, 20, 10]) {
            parts.push(Part::Tree(g.constant()));
        }
        let functions = if g.calls { [0, 0, 40, 40, 20] } else { [55, 30, 15, 0, 0] };
        for _ in 0..g.random.weighted(&functions) {
            parts.push(Part::Tree(g.function()));
        }
        parts.push(Part::Tree(g.step(&name)));
        rules.files.push((name.clone(), Tree::new(What::Fixed, parts)));
        rules.steps.push(name);
    }
    rules
}

impl Generator {
    fn new(seed: u64) -> Generator {
        let mut random = Random::new(seed);
        let risk = *random.pick(&[0, 0, 1, 3, 10]);
        let calls = random.chance(30);
        Generator {
            random,
            schema: schema(),
            scope: Vec::new(),
            known: Vec::new(),
            tainted: Vec::new(),
            functions: Vec::new(),
            constants: Vec::new(),
            fuel: 0,
            names: 0,
            plain: false,
            pure: false,
            customer: false,
            lambdas: 0,
            loops: 0,
            no_continue: false,
            result: None,
            risk,
            calls,
        }
    }

    fn kind(&mut self) -> Kind {
        let kind = KINDS[self.random.weighted(&KINDS.clone().map(|(_, w)| w))].0.clone();
        if kind == Kind::DateTime && !self.has_instants() { Kind::Int } else { kind }
    }

    /// Whether an operation that may fail is taken here.
    fn risky(&mut self) -> bool {
        let risk = self.risk;
        self.random.chance(risk)
    }

    fn name(&mut self, stem: &str) -> String {
        self.names += 1;
        match self.random.below(9) {
            0 => format!("{stem}等级{}", self.names),
            _ => format!("{stem}{}", self.names),
        }
    }

    /// Starts a function: what was known of another is not known here.
    fn enter(&mut self, params: Vec<Variable>, result: Option<Type>, fuel: i32) {
        self.scope = params;
        self.known.clear();
        self.tainted.clear();
        self.result = result;
        self.fuel = fuel;
        self.lambdas = 0;
        self.loops = 0;
    }

    /// `const NAME = literal;`
    fn constant(&mut self) -> Tree {
        let kind = match self.kind() {
            Kind::DateTime => Kind::Int,
            kind => kind,
        };
        let name = format!("K{}", self.names);
        self.names += 1;
        let value = self.literal(&kind);
        self.constants.push((name.clone(), kind));
        tree!(What::Loose; "const ", name, " = ", Self::bare(value), ";\n")
    }

    /// A function of one to three parameters, the first of which may be the customer.
    fn function(&mut self) -> Tree {
        let name = self.name("f");
        let customer = self.random.chance(35);
        let mut params = Vec::new();
        if customer {
            params.push(Variable::fixed("c", Type::of(Kind::Row(CUSTOMERS))));
        }
        self.scope = params.clone();
        for _ in 0..self.random.below(3) + usize::from(!customer) {
            let ty = match self.random.below(11) {
                10 => Type::of(Kind::Row(ORDERS)),
                0 => Type::list(Type::of(Kind::Row(ORDERS))),
                1 => Type::list(Type::of(Kind::Int)),
                2 => Type::of(self.kind()).or_missing(),
                _ => Type::of(self.kind()),
            };
            let name = self.name("p");
            params.push(Variable::fixed(&name, ty));
        }
        self.scope = params.clone();
        let mut result = Type::of(self.kind());
        result.optional = self.random.chance(15);
        let function = Function {
            name: name.clone(),
            params: params.iter().map(|v| v.ty.clone()).collect(),
            result: result.clone(),
            customer,
            plain: self.random.chance(50),
        };
        let names: Vec<String> = params.iter().map(|v| v.name.clone()).collect();
        self.enter(params, Some(result.clone()), 25);
        self.customer = customer;
        self.plain = function.plain;
        let body = self.block(&result, 5);
        self.plain = false;
        self.functions.push(function);
        tree!(What::Loose; "fn ", name, "(", names.join(", "), ") ", body, "\n")
    }

    /// A function that calls itself a few times.
    fn recursive(&mut self) -> Tree {
        let name = self.name("f");
        let (params, result) = (vec![Type::of(Kind::Int)], Type::of(Kind::Int));
        self.functions.push(Function { name: name.clone(), params, result, customer: false, plain: false });
        let text = format!("fn {name}(n) {{ if n <= 0 || n > 9 {{ 1 }} else {{ n + {name}(n - 1) }} }}\n");
        tree!(What::Loose; text)
    }

    /// `fn s(c) { … }` that gives one value or a map of some.
    fn step(&mut self, name: &str) -> Tree {
        let columns = self.random.weighted(&[30, 20, 25, 15, 10]);
        let types: Vec<Type> = (0..columns.max(1))
            .map(|_| {
                let optional = self.random.chance(25);
                Type::of(self.kind()).optional_if(optional)
            })
            .collect();
        let result = match columns {
            0 => types[0].clone(),
            _ => {
                let key = |(i, ty): (usize, &Type)| (format!("{name}_{}", ["b", "a", "丙", "d", "c"][i]), ty.clone());
                Type::of(Kind::Map(types.iter().enumerate().map(key).collect()))
            }
        };
        self.enter(vec![Variable::fixed("c", Type::of(Kind::Row(CUSTOMERS)))], Some(result.clone()), 70);
        self.customer = true;
        // In small rules nothing hides what one operation gives.
        let small = self.random.chance(30);
        let mut head = Vec::new();
        for _ in 0..self.random.weighted(&[50, 30, 20]) {
            head.push(Part::Tree(self.pure_let()));
        }
        let body = self.body(&result, if small { 3 } else { 8 });
        tree!(What::Fixed; "fn ", name, "(c) {\n", Tree::new(What::Fixed, head), body, "}\n")
    }

    /// An expression of a type. An optional one is surely optional to the checker.
    fn expr(&mut self, ty: &Type, depth: usize) -> Tree {
        match &ty.kind {
            Kind::List(element) => match &element.kind {
                Kind::Row(table) => self.rows(*table, depth),
                _ => self.list(element, depth),
            },
            Kind::Map(keys) => {
                let mut parts: Vec<Part> = vec!["#{ ".into()];
                for (key, ty) in keys {
                    let value = self.expr(ty, depth.saturating_sub(1));
                    parts.push(tree!(What::Loose; format!("{key}: "), Self::bare(value), ", ").into());
                }
                parts.push("}".into());
                Tree::new(What::Fixed, parts)
            }
            _ if ty.optional => self.optional(&ty.kind, depth),
            kind => self.value(kind, depth),
        }
    }

    /// A value of a column's kind that is there, mostly.
    fn value(&mut self, kind: &Kind, depth: usize) -> Tree {
        self.fuel -= 1;
        if depth == 0 || self.fuel <= 0 {
            return self.leaf(kind);
        }
        let depth = depth - 1;
        if self.calls
            && self.random.chance(15)
            && let Some(call) = self.call(&Type::of(kind.clone()), depth)
        {
            return call;
        }
        match self.random.below(100) {
            0..=4 => self.if_value(&Type::of(kind.clone()), depth),
            5..=8 => self.switch_value(&Type::of(kind.clone()), depth),
            9..=11 if !self.plain => {
                let block = self.block(&Type::of(kind.clone()), depth);
                tree!(What::Value(kind.clone(), false); "(", block, ")")
            }
            12..=20 => self.default(kind, depth),
            21..=24 => match self.call(&Type::of(kind.clone()), depth) {
                Some(call) => call,
                None => self.leaf(kind),
            },
            25..=36 => self.leaf(kind),
            37..=39 => match self.map_entry(kind) {
                Some(entry) => entry,
                None => self.leaf(kind),
            },
            // A value that may be missing where one is needed.
            40..=41 if self.risky() => self.optional(kind, depth),
            _ => match kind {
                Kind::Int => self.int(depth),
                Kind::Float => self.float(depth),
                Kind::Text => self.text(depth),
                Kind::Bool => self.condition(depth).tree,
                Kind::Date => self.date(depth),
                _ => self.instant(depth),
            },
        }
    }

    /// `x ?? d`
    fn default(&mut self, kind: &Kind, depth: usize) -> Tree {
        let (x, d) = (self.optional(kind, depth), self.value(kind, depth));
        tree!(What::Value(kind.clone(), false); "(", x, " ?? ", d, ")")
    }

    /// A call of a function that gives this type.
    fn call(&mut self, ty: &Type, depth: usize) -> Option<Tree> {
        let fits = |f: &&Function| f.result == *ty && (f.plain || !self.plain) && (!f.customer || self.customer);
        let mut found: Vec<Function> = self.functions.iter().filter(fits).cloned().collect();
        let instants = self.has_instants();
        let orders = self.related(ORDERS).is_some();
        let row = self.variable_of(|v| v.ty == Type::of(Kind::Row(ORDERS)));
        found.retain(|f| {
            f.params.iter().all(|p| match &p.kind {
                Kind::DateTime => instants,
                Kind::List(element) => !matches!(element.kind, Kind::Row(_)) || orders,
                Kind::Row(ORDERS) => row.is_some(),
                _ => true,
            })
        });
        if found.is_empty() {
            return None;
        }
        let function = self.random.pick(&found).clone();
        let mut parts: Vec<Part> = vec![function.name.into(), "(".into()];
        for (i, ty) in function.params.iter().enumerate() {
            if i > 0 {
                parts.push(", ".into());
            }
            let arg = match ty.kind {
                Kind::Row(CUSTOMERS) => tree!(What::Fixed; "c"),
                Kind::Row(_) => tree!(What::Fixed; row.clone().map_or("c".to_owned(), |v| v.name)),
                _ => self.expr(ty, depth.min(3)),
            };
            parts.push(Self::bare(arg).into());
        }
        parts.push(")".into());
        Some(Tree::new(What::Value(ty.kind.clone(), ty.optional), parts))
    }

    /// A literal, a column, a variable, a constant, a parameter.
    fn leaf(&mut self, kind: &Kind) -> Tree {
        let what = What::Value(kind.clone(), false);
        let constants: Vec<String> = self.constants.iter().filter(|(_, k)| k == kind).map(|(n, _)| n.clone()).collect();
        match self.random.below(20) {
            0..=3 if *kind != Kind::DateTime => self.literal(kind),
            4 if !constants.is_empty() => tree!(what; self.random.pick(&constants).clone()),
            5 if let Some(parameter) = self.parameter(kind) => tree!(what; parameter),
            6..=10 if let Some(variable) = self.variable(kind) => tree!(what; variable),
            _ => match self.place(kind) {
                Some(place) => tree!(what; place),
                None if *kind == Kind::DateTime => tree!(what; self.instant_leaf()),
                None => self.literal(kind),
            },
        }
    }

    fn parameter(&mut self, kind: &Kind) -> Option<String> {
        let texts: &[&str] = match kind {
            Kind::Int => &["P.months"],
            Kind::Float => &["P.bounds.high", "P.bounds.low", "P[\"bounds\"].low"],
            Kind::Bool => &["P.open"],
            Kind::Date => &["P.first", "AS_OF", "CYCLE_START", "CYCLE_END"],
            Kind::Text => &["P.word"],
            _ => return None,
        };
        Some((*self.random.pick(texts)).to_owned())
    }

    /// The same without the parentheses around it, where nothing can go on behind it.
    fn bare(tree: Tree) -> Tree {
        let starts = |part: &Part| match part {
            Part::Text(text) => text.starts_with(['-', '{', '(']) || text.is_empty(),
            // What stands first in the parentheses has its own.
            Part::Tree(tree) => tree.text().starts_with(['-', '{', '(']),
        };
        let is = |part: Option<&Part>, wanted: &str| matches!(part, Some(Part::Text(t)) if t == wanted);
        if tree.parts.len() < 3 || !is(tree.parts.first(), "(") || !is(tree.parts.last(), ")") || starts(&tree.parts[1])
        {
            return tree;
        }
        let mut parts = tree.parts;
        parts.pop();
        parts.remove(0);
        Tree::new(tree.what, parts)
    }
}
