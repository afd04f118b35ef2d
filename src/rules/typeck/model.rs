//! Calls of models: `alive("weeks", x, t_x, age)`, `topsis(#{ a: …, b: … }, #{ a: 0.6, b: 0.4 })`.
//!
//! In: a call's arguments. Out: one instance for each figure that a model is given, and what it is told beside them. Must not know: models' sums.

use super::{Checker, one_line};
use crate::diag::{Diagnostic, ids};
use crate::measures::lifetime::Unit;
use crate::rules::ast::{self, ExprKind as Ast};
use crate::rules::builtin::Standing;
use crate::rules::model::{Model, Part, Setting};
use crate::rules::typed::{Expr, ExprKind, InstanceId, Population};
use crate::rules::types::{Kind, Type};
use crate::source::Span;

/// Units of time, by their words.
const UNITS: [(&str, Unit); 4] =
    [("days", Unit::Days), ("weeks", Unit::Weeks), ("months", Unit::Months), ("years", Unit::Years)];

impl Checker<'_> {
    /// The call of a model that has as many arguments as it takes, or one more to group by.
    pub(super) fn model_of(&mut self, model: Model, args: &[ast::Expr], span: Span) -> Option<Expr> {
        let (mut arguments, mut setting) = (Vec::new(), Setting::default());
        let (mut key, mut keys): (Option<&ast::Expr>, Option<Vec<String>>) = (None, None);
        for (part, arg) in model.parts().iter().zip(args) {
            match part {
                Part::Unit => setting.unit = self.unit(model, arg)?,
                Part::Period => setting.period = self.unit(model, arg)?,
                Part::Key => key = Some(arg),
                Part::Number => arguments.push(self.figure_of(model, arg, |checker| checker.value(arg))?),
                Part::Values => {
                    let own = self.criteria(model, arg, &mut arguments)?;
                    if let Some(before) = keys.replace(own.clone()).filter(|before| *before != own) {
                        return self.unlike_criteria(model, arg, &before, &own);
                    }
                }
            }
        }
        if let Some(key) = key {
            setting.key = self.picked(model, key, keys.unwrap_or_default())?;
        }
        let group = match args.get(model.parts().len()) {
            Some(group) => Some(self.group(group)?),
            None => None,
        };
        self.populations.push(Population { standing: Standing::Model(model), arguments, group, setting, span });
        let index = self.populations.len() - 1;
        // A model may not be fitted, and then nobody has a score.
        let ty = Type::of(Kind::Float).or_missing();
        Some(Expr { ty, span, kind: ExprKind::Standing { index, extra: None } })
    }

    fn unit(&mut self, model: Model, arg: &ast::Expr) -> Option<Unit> {
        let word = if let Ast::Text(word) = &arg.kind { word.as_str() } else { "" };
        let unit = UNITS.iter().find(|(name, _)| *name == word).map(|(_, unit)| *unit);
        if unit.is_none() {
            let message = format!("`{}` takes the unit of its times here: days, weeks, months or years", model.name());
            let found = Diagnostic::error(ids::ARGUMENTS, message).at(arg.span);
            let found = found.did_you_mean(word, UNITS.iter().map(|(name, _)| *name));
            self.report(found.help("write it as a text, such as \"weeks\": days are never taken for weeks"));
        }
        unit
    }

    /// A figure that a model is given for every customer.
    fn figure_of(&mut self, model: Model, arg: &ast::Expr, make: impl FnOnce(&mut Self) -> Expr) -> Option<InstanceId> {
        let (id, ty) = self.standalone_by(arg, make)?;
        if !ty.is_number() {
            if !ty.is_never() {
                let message = format!("`{}` takes numbers, this is {ty}", model.name());
                self.error(ids::TYPE_MISMATCH, arg.span, message, "");
            }
            return None;
        }
        Some(id)
    }

    /// The figures of a map, one for each criterion, and their names.
    fn criteria(&mut self, model: Model, arg: &ast::Expr, into: &mut Vec<InstanceId>) -> Option<Vec<String>> {
        let names: Vec<String> = match self.standalone_by(arg, |checker| checker.map_of(arg))?.1.kind {
            Kind::Map(entries) if !entries.is_empty() => entries.into_iter().map(|(name, _)| name).collect(),
            Kind::Never => return None,
            kind => {
                let message = format!("`{}` takes a map with known keys, this is {}", model.name(), Type::of(kind));
                let help = "write `#{ growth: c.growth, margin: c.margin }`, a number for each criterion";
                self.error(ids::TYPE_MISMATCH, arg.span, message, help);
                return None;
            }
        };
        for name in &names {
            into.push(self.figure_of(model, arg, |checker| field(checker.map_of(arg), name))?);
        }
        Some(names)
    }

    /// A map, or a group of parameters as one.
    fn map_of(&mut self, arg: &ast::Expr) -> Expr {
        self.group_as_map(arg).unwrap_or_else(|| self.value(arg))
    }

    fn unlike_criteria(
        &mut self,
        model: Model,
        arg: &ast::Expr,
        values: &[String],
        weights: &[String],
    ) -> Option<Expr> {
        let more = |of: &[String], than: &[String]| -> Vec<String> {
            of.iter().filter(|name| !than.contains(name)).cloned().collect()
        };
        let (unweighted, unknown) = (more(values, weights), more(weights, values));
        let told = |names: &[String], what: &str| {
            if names.is_empty() { String::new() } else { format!("{what} {}", names.join(", ")) }
        };
        let parts = [told(&unweighted, "no weight for"), told(&unknown, "no value for")];
        let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        let message =
            format!("values and weights of `{}` are of different criteria: {}", model.name(), parts.join("; "));
        self.error(ids::TYPE_MISMATCH, arg.span, message, "give each criterion its weight, under the same name");
        None
    }

    /// The place of the criterion that is asked about.
    fn picked(&mut self, model: Model, key: &ast::Expr, keys: Vec<String>) -> Option<usize> {
        let word = if let Ast::Text(word) = &key.kind { word.as_str() } else { "" };
        let place = keys.iter().position(|name| name == word);
        if place.is_none() {
            let text = one_line(self.text(key.span));
            let message = format!("`{}` takes the name of a criterion first, {text} is none", model.name());
            let found = Diagnostic::error(ids::ARGUMENTS, message).at(key.span);
            self.report(found.did_you_mean(word, keys.iter().map(String::as_str)));
        }
        place
    }
}

/// What a key of a map holds.
fn field(map: Expr, key: &str) -> Expr {
    let of = |entries: &[(String, Type)]| entries.iter().find(|(name, _)| name == key).map(|(_, ty)| ty.clone());
    let ty = if let Kind::Map(entries) = &map.ty.kind { of(entries) } else { None };
    let (ty, span) = (ty.unwrap_or_else(Type::never), map.span);
    Expr { ty, span, kind: ExprKind::Field { map: Box::new(map), key: key.to_owned(), safe: false } }
}
