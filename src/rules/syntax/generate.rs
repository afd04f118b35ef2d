//! Random trees, and texts near to their canonical form.
//!
//! In: a seed. Out: the same tree for the same seed, such that its canonical text is read as the same tree. Must not
//! know: the lexer and parser.

use crate::rules::ast::{Arm, BinaryOp, Block, Case, Constant, Expr, ExprKind, File, Function, Name, Stmt, StmtKind};
use crate::source::{FileId, Span};

pub(super) struct Generator {
    state: u64,
    depth: u32,
    loops: u32,
}

const SPAN: Span = Span { file: FileId(0), start: 0, end: 0 };
const VARIABLES: [&str; 6] = ["c", "x", "客户", "_n1", "held", "o"];
const FIELDS: [&str; 5] = ["revenue", "等级", "e5", "orders", "index"];
const FUNCTIONS: [&str; 4] = ["pct_rank", "clamp", "评分", "len"];
const OPS: [BinaryOp; 11] = [
    BinaryOp::Add,
    BinaryOp::Subtract,
    BinaryOp::Multiply,
    BinaryOp::Divide,
    BinaryOp::Remainder,
    BinaryOp::Equal,
    BinaryOp::NotEqual,
    BinaryOp::Less,
    BinaryOp::LessEqual,
    BinaryOp::Greater,
    BinaryOp::GreaterEqual,
];

fn name(text: &str) -> Name {
    Name { text: text.to_string(), span: SPAN }
}

fn expr(kind: ExprKind) -> Expr {
    Expr { id: 0, span: SPAN, kind }
}

impl Generator {
    pub(super) fn new(seed: u64) -> Generator {
        Generator { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, depth: 0, loops: 0 }
    }

    /// A number below `n` (xorshift).
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as usize % n
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    fn pick(&mut self, names: &[&str]) -> Name {
        name(names[self.below(names.len())])
    }

    fn many<T>(&mut self, most: usize, mut f: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let n = self.below(most + 1);
        (0..n).map(|_| f(self)).collect()
    }

    pub(super) fn file(&mut self) -> File {
        let constants = self.many(2, |g| Constant { name: name("LIMIT"), value: g.expr() });
        let functions = (0..1 + self.below(2))
            .map(|i| Function {
                name: name(["step", "步骤"][i]),
                params: [vec![], vec![name("c")], vec![name("c"), name("x")]][self.below(3)].clone(),
                body: self.block(),
                span: SPAN,
            })
            .collect();
        File { file: FileId(0), constants, functions, nodes: 0 }
    }

    fn block(&mut self) -> Block {
        let most = if self.depth > 4 { 1 } else { 4 };
        self.depth += 1;
        let stmts = self.many(most, Generator::stmt);
        self.depth -= 1;
        Block { stmts, span: SPAN }
    }

    fn body(&mut self) -> Block {
        self.loops += 1;
        let block = self.block();
        self.loops -= 1;
        block
    }

    fn stmt(&mut self) -> Stmt {
        let kind = match self.below(if self.depth > 4 { 9 } else { 14 }) {
            0 | 1 => StmtKind::Let { name: self.pick(&VARIABLES), value: Some(self.expr()), constant: false },
            2 if self.chance(2) => StmtKind::Let { name: name("常量"), value: Some(self.expr()), constant: true },
            2 => StmtKind::Let { name: self.pick(&VARIABLES), value: None, constant: false },
            3 => {
                let op = self.chance(2).then(|| OPS[self.below(5)]);
                StmtKind::Assign { target: self.place(), op, value: self.expr() }
            }
            4 => StmtKind::Return(self.chance(3).then(|| self.expr())),
            5 => StmtKind::Throw(self.chance(3).then(|| self.expr())),
            6 if self.loops > 0 => [StmtKind::Break, StmtKind::Continue][self.below(2)].clone(),
            9 => StmtKind::While { condition: self.condition(), body: self.body() },
            10 => StmtKind::Loop { body: self.body() },
            11 => StmtKind::DoWhile { condition: self.condition(), body: self.body(), until: self.chance(2) },
            12 => StmtKind::For {
                variable: name("each"),
                counter: self.chance(2).then(|| name("i")),
                iterable: self.iterable(),
                body: self.body(),
            },
            _ => StmtKind::Expr(self.expr()),
        };
        Stmt { span: SPAN, kind }
    }

    fn iterable(&mut self) -> Expr {
        match self.below(3) {
            0 => {
                let (from, to) = (Box::new(self.expr()), Box::new(self.expr()));
                expr(ExprKind::Range { from, to, inclusive: self.chance(2) })
            }
            1 => expr(ExprKind::Array(self.many(3, Generator::expr))),
            _ => self.base(),
        }
    }

    fn place(&mut self) -> Expr {
        let mut place = expr(ExprKind::Name(self.pick(&VARIABLES).text));
        for _ in 0..self.below(3) {
            let base = Box::new(place);
            place = expr(match self.chance(2) {
                true => ExprKind::Field { base, name: self.pick(&FIELDS), safe: false },
                false => ExprKind::Index { base, index: Box::new(self.expr()), safe: false },
            });
        }
        place
    }

    /// What Rhai's parser does not know to be no bool.
    fn condition(&mut self) -> Expr {
        match self.below(3) {
            0 => self.comparison(),
            1 => expr(ExprKind::Bool(self.chance(2))),
            _ => self.base(),
        }
    }

    fn comparison(&mut self) -> Expr {
        let (left, right) = (Box::new(self.expr()), Box::new(self.expr()));
        expr(ExprKind::Binary { op: OPS[5 + self.below(6)], op_span: SPAN, left, right })
    }

    /// What may stand before any index.
    fn base(&mut self) -> Expr {
        if self.depth > 6 {
            return expr(ExprKind::Name(self.pick(&VARIABLES).text));
        }
        self.depth += 1;
        let safe = self.chance(4);
        let kind = match self.below(7) {
            0 => ExprKind::Field { base: Box::new(self.expr()), name: self.pick(&FIELDS), safe },
            1 => ExprKind::Index { base: Box::new(self.base()), index: Box::new(self.expr()), safe },
            2 => ExprKind::Call { name: self.pick(&FUNCTIONS), args: self.many(3, Generator::expr) },
            3 => {
                let (base, args) = (Box::new(self.expr()), self.many(2, Generator::expr));
                ExprKind::Method { base, name: self.pick(&FUNCTIONS), args, safe }
            }
            4 => self.if_else(),
            _ => ExprKind::Name(self.pick(&VARIABLES).text),
        };
        self.depth -= 1;
        expr(kind)
    }

    fn if_else(&mut self) -> ExprKind {
        let condition = Box::new(self.condition());
        let then = self.block();
        let otherwise = match self.below(3) {
            0 => None,
            1 => Some(Box::new(expr(ExprKind::Block(self.block())))),
            _ if self.depth > 5 => None,
            _ => {
                self.depth += 1;
                let next = self.if_else();
                self.depth -= 1;
                Some(Box::new(expr(next)))
            }
        };
        ExprKind::If { condition, then, otherwise }
    }

    fn expr(&mut self) -> Expr {
        if self.depth > 5 {
            return expr(self.literal());
        }
        self.depth += 1;
        let kind = match self.below(20) {
            0..=3 => {
                let (left, right) = (Box::new(self.expr()), Box::new(self.expr()));
                ExprKind::Binary { op: OPS[self.below(11)], op_span: SPAN, left, right }
            }
            4 => ExprKind::And(Box::new(self.condition()), Box::new(self.condition())),
            5 => ExprKind::Or(Box::new(self.condition()), Box::new(self.condition())),
            6 => ExprKind::Coalesce(Box::new(self.expr()), Box::new(self.expr())),
            7 => {
                let (item, container) = (Box::new(self.expr()), Box::new(self.expr()));
                ExprKind::In { item, container, negated: self.chance(2) }
            }
            8 => ExprKind::Not(Box::new(self.expr())),
            9 => match self.expr() {
                Expr { kind: ExprKind::Int(i64::MIN), .. } => ExprKind::Unit,
                inner => ExprKind::Negate(Box::new(inner)),
            },
            10 => ExprKind::Array(self.many(3, Generator::expr)),
            11 => {
                let mut entries = self.many(3, |g| (name(&g.text()), g.expr()));
                entries.dedup_by(|a, b| a.0 == b.0);
                entries.truncate(if entries.len() == 3 && entries[0].0 == entries[2].0 { 2 } else { 3 });
                ExprKind::Map(entries)
            }
            12 => self.closure(),
            13 => self.switch(),
            14 if self.chance(2) => ExprKind::Block(self.block()),
            15 => {
                let mut parts = self.many(3, Generator::expr);
                parts.push(self.expr());
                ExprKind::Interpolated(parts)
            }
            16..=18 => self.base().kind,
            _ => self.literal(),
        };
        self.depth -= 1;
        expr(kind)
    }

    fn closure(&mut self) -> ExprKind {
        let loops = std::mem::take(&mut self.loops);
        let params = [vec![], vec![name("o")], vec![name("o"), name("p")]][self.below(3)].clone();
        let body = Box::new(self.expr());
        self.loops = loops;
        ExprKind::Closure { params, body }
    }

    fn switch(&mut self) -> ExprKind {
        let value = Box::new(self.expr());
        let mut ranges = false;
        let mut arms = self.many(4, |g| {
            let mut cases = g.many(2, |g| g.case(&mut ranges));
            cases.push(g.case(&mut ranges));
            let condition = g.chance(3).then(|| g.condition());
            Arm { cases, condition, value: g.expr(), span: SPAN }
        });
        if self.chance(2) {
            arms.push(Arm { cases: Vec::new(), condition: None, value: self.expr(), span: SPAN });
        }
        ExprKind::Switch { value, arms }
    }

    fn case(&mut self, ranges: &mut bool) -> Case {
        let mut number = self.below(30) as i64 - 10;
        if self.chance(3) {
            *ranges = true;
            let to = number + 1 + self.below(9) as i64;
            return Case::Range { from: number, to, inclusive: self.chance(2), span: SPAN };
        }
        if self.chance(9) {
            number = i64::MIN;
        }
        Case::Value(expr(match self.below(5) {
            0 if !*ranges => ExprKind::Int(number),
            1 if !*ranges => ExprKind::Float(number as f64 / 4.0),
            2 => ExprKind::Unit,
            3 => ExprKind::Bool(self.chance(2)),
            _ => ExprKind::Text(self.text()),
        }))
    }

    fn literal(&mut self) -> ExprKind {
        match self.below(8) {
            0 => ExprKind::Unit,
            1 => ExprKind::Bool(self.chance(2)),
            2 => ExprKind::Int([0, 1, 42, i64::MAX, i64::MIN, -7][self.below(6)]),
            3 => ExprKind::Float([0.0, 1.0, 0.1, 1e21, 5e-324, 1.7976931348623157e308, 1e-7][self.below(7)]),
            4 => ExprKind::Text(self.text()),
            _ => ExprKind::Name(self.pick(&VARIABLES).text),
        }
    }

    fn text(&mut self) -> String {
        const PIECES: [&str; 14] =
            ["a", "等级", "\"", "\\", "\n", "\r", "${", "`", "\u{1}", "\0", "😀", "//", "\\\n  ", "}"];
        self.many(4, |g| PIECES[g.below(PIECES.len())]).concat()
    }
}

/// `text` with a few small changes: a parenthesis pair dropped, a piece removed, doubled or put elsewhere.
pub(super) fn mutate(text: &str, g: &mut Generator) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..1 + g.below(4) {
        match g.below(5) {
            0..=2 => drop_parentheses(&mut chars, g),
            3 => {
                let i = g.below(chars.len());
                chars.remove(i);
            }
            _ => {
                const PIECES: [&str; 24] = [
                    " ", "\n", ";", "-", "!", "|", "{", "}", "(", ")", "[", "]", "..", "?.", ".", "1", "if ",
                    "return ", "else ", "=", "=>", ",", "`", "\"",
                ];
                let i = g.below(chars.len() + 1);
                let piece = PIECES[g.below(PIECES.len())];
                chars.splice(i..i, piece.chars());
            }
        }
        if chars.is_empty() {
            chars.push(' ');
        }
    }
    chars.into_iter().collect()
}

fn drop_parentheses(chars: &mut [char], g: &mut Generator) {
    let opens: Vec<usize> = (0..chars.len()).filter(|i| chars[*i] == '(').collect();
    if opens.is_empty() {
        return;
    }
    let open = opens[g.below(opens.len())];
    let mut level = 0;
    for i in open..chars.len() {
        level += match chars[i] {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if level == 0 {
            chars[i] = ' ';
            chars[open] = ' ';
            return;
        }
    }
}
