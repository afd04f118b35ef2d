//! Ints and floats.

use super::super::tree::{Tree, What, tree};
use super::Generator;
use crate::rules::types::Kind;

const INT: What = What::Value(Kind::Int, false);
const FLOAT: What = What::Value(Kind::Float, false);

impl Generator {
    /// A function's call, as a function or as a method.
    pub(super) fn apply(&mut self, what: What, name: &str, args: Vec<Tree>) -> Tree {
        let mut args = args.into_iter();
        let first = args.next().unwrap();
        let method = self.random.chance(45);
        let mut tree = if method {
            tree!(what; first, format!(".{name}("))
        } else {
            tree!(what; format!("{name}("), Self::bare(first))
        };
        for (i, arg) in args.enumerate() {
            if i > 0 || !method {
                tree.parts.push(", ".into());
            }
            tree.parts.push(Self::bare(arg).into());
        }
        tree.parts.push(")".into());
        tree
    }

    fn ints(&mut self, depth: usize) -> Tree {
        self.value(&Kind::Int, depth)
    }

    fn floats(&mut self, depth: usize) -> Tree {
        self.value(&Kind::Float, depth)
    }

    /// An int or a float, to stand beside a float.
    fn mixed(&mut self, depth: usize) -> Tree {
        if self.random.chance(25) { self.ints(depth) } else { self.floats(depth) }
    }

    fn nonzero(&mut self, depth: usize) -> Tree {
        match self.random.below(4) {
            _ if self.risky() => self.ints(depth),
            0 => tree!(INT; "max(1, ", self.value(&Kind::Int, depth), ")"),
            1 => tree!(INT; "(-2)"),
            _ => tree!(INT; self.random.between(1, 9).to_string()),
        }
    }

    fn nonzero_float(&mut self, depth: usize) -> Tree {
        match self.random.below(5) {
            _ if self.risky() => self.floats(depth),
            0 => tree!(FLOAT; "(abs(", self.value(&Kind::Float, depth), ") + 1.0)"),
            1 => tree!(FLOAT; "max(0.5, ", self.value(&Kind::Float, depth), ")"),
            _ => tree!(FLOAT; *self.random.pick(&["3.0", "0.1", "7.0", "49.0", "1e-3", "10.0", "(-3.0)", "0.7"])),
        }
    }

    pub(super) fn int(&mut self, depth: usize) -> Tree {
        let d = depth;
        match self.random.below(34) {
            0..=5 => {
                let op = *self.random.pick(&["+", "-", "*", "+", "-"]);
                tree!(INT; "(", self.ints(d), format!(" {op} "), self.ints(d), ")")
            }
            6 => tree!(INT; "(", self.ints(d), " % ", self.nonzero(d), ")"),
            7 => {
                let args = vec![self.ints(d), self.nonzero(d)];
                self.apply(INT, "idiv", args)
            }
            8 => tree!(INT; "(-", self.ints(d), ")"),
            9 => {
                let arg = self.ints(d);
                self.apply(INT, "abs", vec![arg])
            }
            10 | 11 => {
                let name = *self.random.pick(&["min", "max"]);
                let mut args = vec![self.ints(d), self.ints(d)];
                if self.random.chance(20) {
                    args.push(self.ints(d));
                }
                self.apply(INT, name, args)
            }
            12 => {
                let low = self.small();
                let high = low + self.random.between(0, 9);
                let arg = self.ints(d);
                let bounds = [low, high].map(|b| tree!(INT; b.to_string()));
                let [low, high] = if self.risky() { [self.ints(d), self.ints(d)] } else { bounds };
                self.apply(INT, "clamp", vec![arg, low, high])
            }
            13 | 14 => {
                let arg = self.floats(d);
                let arg = if self.risky() { arg } else { tree!(FLOAT; "clamp(", arg, ", -1e6, 1e6)") };
                self.apply(INT, "to_int", vec![arg])
            }
            15 => {
                let kind = if self.random.chance(70) { Kind::Bool } else { Kind::Int };
                let arg = self.value(&kind, d);
                self.apply(INT, "to_int", vec![arg])
            }
            16 => self.parsed(INT, "to_int", d),
            17 => {
                let arg = self.value(&Kind::Text, d);
                self.apply(INT, "len", vec![arg])
            }
            18 | 19 => {
                let name = *self.random.pick(&["days_between", "months_between"]);
                let args = vec![self.value(&Kind::Date, d), self.value(&Kind::Date, d)];
                self.apply(INT, name, args)
            }
            20 | 21 => {
                let name = *self.random.pick(&["year", "month", "day", "quarter", "weekday", "year_month"]);
                let arg = self.value(&Kind::Date, d);
                self.apply(INT, name, vec![arg])
            }
            22 | 23 => match self.standing(&Kind::Int) {
                Some(standing) => standing,
                None => self.int_of_list(d),
            },
            24 => match self.map_len() {
                Some(len) => len,
                None => self.int_of_list(d),
            },
            _ => self.int_of_list(d),
        }
    }

    /// A number read from a text that mostly is one.
    fn parsed(&mut self, what: What, name: &str, depth: usize) -> Tree {
        let arg = match self.random.below(3) {
            _ if self.risky() => self.value(&Kind::Text, depth),
            0 => tree!(What::Value(Kind::Text, false); "\"-042\""),
            1 => tree!(What::Value(Kind::Text, false); "\"7\""),
            _ => tree!(What::Value(Kind::Text, false); "to_text(", self.value(&Kind::Int, depth), ")"),
        };
        self.apply(what, name, vec![arg])
    }

    /// A float that often is a zero of either sign.
    fn near_zero(&mut self) -> Tree {
        match self.random.below(4) {
            0 => tree!(FLOAT; "0.0"),
            1 => tree!(FLOAT; "(-0.0)"),
            _ => self.leaf(&Kind::Float),
        }
    }

    pub(super) fn float(&mut self, depth: usize) -> Tree {
        let d = depth;
        match self.random.below(36) {
            0..=5 => {
                let op = *self.random.pick(&["+", "-", "*", "+", "*"]);
                let (a, b) = if self.random.chance(50) {
                    (self.floats(d), self.mixed(d))
                } else {
                    (self.mixed(d), self.floats(d))
                };
                tree!(FLOAT; "(", a, format!(" {op} "), b, ")")
            }
            6..=8 => {
                let a = if self.random.chance(20) { self.ints(d) } else { self.floats(d) };
                tree!(FLOAT; "(", a, " / ", self.nonzero_float(d), ")")
            }
            9 => tree!(FLOAT; "(", self.floats(d), " % ", self.nonzero_float(d), ")"),
            10 => tree!(FLOAT; "(-", self.floats(d), ")"),
            11 => {
                let arg = self.floats(d);
                self.apply(FLOAT, "abs", vec![arg])
            }
            12 | 13 => {
                let name = *self.random.pick(&["min", "max"]);
                let mut args = match self.random.chance(40) {
                    true => vec![self.near_zero(), self.near_zero()],
                    false => vec![self.floats(d), self.mixed(d)],
                };
                if self.random.chance(20) {
                    args.push(self.mixed(d));
                }
                self.apply(FLOAT, name, args)
            }
            14 => {
                let arg = self.floats(d);
                let (low, high) =
                    if self.risky() { (self.mixed(d), self.mixed(d)) } else { (tree!(INT; "0"), tree!(FLOAT; "10.5")) };
                self.apply(FLOAT, "clamp", vec![arg, low, high])
            }
            15..=17 => {
                let name = *self.random.pick(&["round", "round", "floor", "ceil"]);
                let arg = self.mixed(d);
                self.apply(FLOAT, name, vec![arg])
            }
            18 => {
                let digits = tree!(INT; self.random.between(-2, 4).to_string());
                let digits = if self.random.chance(20) { self.ints(d) } else { digits };
                let args = vec![self.mixed(d), digits];
                self.apply(FLOAT, "round", args)
            }
            19 => {
                let arg = self.mixed(d);
                let arg = if self.risky() { arg } else { tree!(FLOAT; "abs(", arg, ")") };
                self.apply(FLOAT, "sqrt", vec![arg])
            }
            20 => {
                let arg = self.mixed(d);
                let arg = if self.risky() { arg } else { tree!(FLOAT; "(abs(", arg, ") + 0.5)") };
                self.apply(FLOAT, "ln", vec![arg])
            }
            21 => {
                let arg = self.mixed(d);
                let arg = if self.risky() { arg } else { tree!(FLOAT; "clamp(", arg, ", -9.0, 9.0)") };
                self.apply(FLOAT, "exp", vec![arg])
            }
            22 => {
                let power = *self.random.pick(&["2.0", "0.5", "2", "3", "(-1.0)"]);
                let base = self.mixed(d);
                let base = if self.risky() { base } else { tree!(FLOAT; "(abs(", base, ") + 0.5)") };
                self.apply(FLOAT, "pow", vec![base, tree!(FLOAT; power)])
            }
            23 => {
                let arg = self.mixed(d);
                let bounds = (tree!(FLOAT; "-0.5"), tree!(INT; "4"));
                let (low, high) = if self.risky() { (self.mixed(d), self.mixed(d)) } else { bounds };
                self.apply(FLOAT, "scale", vec![arg, low, high])
            }
            24 | 25 => {
                let arg = self.mixed(d);
                self.apply(FLOAT, "to_float", vec![arg])
            }
            26 => self.parsed(FLOAT, "to_float", d),
            27..=29 => match self.standing(&Kind::Float) {
                Some(standing) => standing,
                None => self.float_of_list(d),
            },
            _ => self.float_of_list(d),
        }
    }
}
