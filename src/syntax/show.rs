//! The printed form of a model, one item per line: what `--emit ast` shows. Places are left out.

use std::fmt;

use super::ast::{Call, Cell, Factorize, Model, TableSource, Value};
use super::expr::number_text;
use super::parser::read;
use crate::source::Spanned;

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => writeln!(f, "model {:?}", name.node)?,
            None => writeln!(f, "model")?,
        }
        section(f, "data", &self.data, |f, table| match &table.source.node {
            TableSource::File(path) => writeln!(f, "{} = file {path:?}", table.name.node),
            TableSource::Inline(columns) => {
                writeln!(f, "{} = table", table.name.node)?;
                for (column, cells) in columns {
                    let cells: Vec<_> = cells.iter().map(|cell| cell.node.to_string()).collect();
                    writeln!(f, "    {:?} = [{}]", column.node, cells.join(", "))?;
                }
                Ok(())
            }
        })?;
        section(f, "plates", &self.plates, |f, plate| {
            writeln!(f, "{} = {}", plate.name.node, shown_call(&plate.call, false))
        })?;
        section(f, "inputs", &self.inputs, |f, input| {
            writeln!(f, "{} = {}", input.key, shown(&input.value.node, false))
        })?;
        section(f, "nodes", &self.nodes, |f, node| {
            writeln!(f, "{} ~ {}", node.key, shown_call(&node.call, true))
        })?;
        section(f, "observe", &self.observe, |f, observed| {
            let columns = names(&observed.columns.node);
            if observed.interval {
                writeln!(f, "{} = Interval({columns})", observed.node.node)
            } else if observed.list {
                writeln!(f, "{} = [{columns}]", observed.node.node)
            } else {
                writeln!(f, "{} = {columns}", observed.node.node)
            }
        })?;
        if let Some(form) = &self.factorize {
            writeln!(f, "factorize {}", form.node)?;
        }
        section(f, "derive", &self.derive, |f, derived| {
            writeln!(f, "{} = {}", derived.key, shown(&derived.value.node, true))
        })
    }
}

fn section<T>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    items: &[T],
    line: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    if !items.is_empty() {
        writeln!(f, "{title}")?;
    }
    for item in items {
        f.write_str("  ")?;
        line(f, item)?;
    }
    Ok(())
}

fn names(list: &[Spanned<String>]) -> String {
    list.iter().map(|name| format!("{:?}", name.node)).collect::<Vec<_>>().join(", ")
}

/// A call; the strings of nodes are expressions and stand without quotes.
fn shown_call(call: &Call, expressions: bool) -> String {
    if call.args.is_empty() {
        return call.name.node.clone();
    }
    let args = call.args.iter().map(|(name, value)| match name.node.as_str() {
        "" => shown(&value.node, expressions),
        name => format!("{name}: {}", shown(&value.node, expressions)),
    });
    format!("{}({})", call.name.node, args.collect::<Vec<_>>().join(", "))
}

fn shown(value: &Value, expressions: bool) -> String {
    match value {
        Value::Number(x) => number_text(*x),
        Value::Bool(x) => x.to_string(),
        Value::List(items) => format!(
            "[{}]",
            items.iter().map(|item| shown(&item.node, expressions)).collect::<Vec<_>>().join(", ")
        ),
        Value::Text(text) => match read(text) {
            Ok(expr) if expressions => expr.node.to_string(),
            _ => format!("{text:?}"),
        },
        Value::Call(call) => shown_call(call, expressions),
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown_call(self, true))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(self, true))
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(x) => f.write_str(&number_text(*x)),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Bool(x) => x.fmt(f),
            Self::Missing => f.write_str("NA"),
        }
    }
}

impl fmt::Display for Factorize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("Auto"),
            Self::MeanField => f.write_str("MeanField"),
            Self::Blocks(blocks) => {
                let blocks: Vec<_> = blocks.iter().map(|block| format!("[{}]", names(&block.node))).collect();
                write!(f, "Blocks([{}])", blocks.join(", "))
            }
        }
    }
}
