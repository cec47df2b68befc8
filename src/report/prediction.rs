//! Predictions of new rows as JSON, CSV and a table for people. Not here: how they are found (`ask`).

use super::{
    axes::labels_at,
    csv::cell,
    json::{Nested, ObjectJson},
    number::Style,
    table::Sheet,
};
use crate::{
    answer::posterior::Axis,
    ask::prediction::{NodePrediction, Prediction},
};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::io;

/// Lines of a table for people, at most.
const LINES: usize = 40;

/// How predictions are written.
pub type WritePrediction = fn(&Prediction, usize, &mut dyn io::Write) -> io::Result<()>;

/// Every format; the first is the default.
pub static FORMATS: &[(&str, &str, WritePrediction)] = &[
    ("text", "a table for a person", text),
    ("json", "one object with every digit, for programs", json),
    ("csv", "one line for each row and node", csv),
];

/// Numbers of one element of a node.
fn width(n: &NodePrediction) -> usize {
    n.event.as_ref().map_or(1, |e| e.size)
}

/// The label of the most probable category of each element; the first of equals.
fn most_likely(n: &NodePrediction) -> Vec<String> {
    let of = |p: &[f64]| {
        let mut best = 0;
        (0..p.len()).filter(|&k| p[k] > p[0]).for_each(|k| best = if p[k] > p[best] { k } else { best });
        best
    };
    let name = |k: usize| label(n.event.as_ref(), k);
    if let Some(path) = &n.path {
        return path.iter().map(|k| if k.is_nan() { String::new() } else { name(*k as usize) }).collect();
    }
    if n.category { n.mean.chunks_exact(width(n).max(1)).map(|p| name(of(p))).collect() } else { vec![] }
}

/// The name of an element of an axis: its number, where it has none.
fn label(axis: Option<&Axis>, k: usize) -> String {
    axis.and_then(|a| a.labels.as_ref()).map_or_else(|| (k + 1).to_string(), |l| l[k].clone())
}

struct PredictionJson<'a>(&'a Prediction);

impl Serialize for PredictionJson<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let p = self.0;
        let mut map = s.serialize_map(None)?;
        map.serialize_entry("rows", &p.log_predictive.len())?;
        map.serialize_entry("together", &p.together)?;
        if let Some(ids) = &p.ids {
            map.serialize_entry("ids", ids)?;
        }
        if let Some(sequences) = &p.sequences {
            map.serialize_entry("sequences", sequences)?;
        }
        if let Some(steps) = &p.steps {
            map.serialize_entry("steps", steps)?;
        }
        let nodes = || p.nodes.iter().chain(&p.groups).map(|n| (n.name.as_str(), NodeJson(n)));
        map.serialize_entry("nodes", &ObjectJson(nodes))?;
        map.serialize_entry("log_predictive", &LogJson(p))?;
        map.end()
    }
}

struct LogJson<'a>(&'a Prediction);

impl Serialize for LogJson<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(Some(2))?;
        map.serialize_entry("total", &self.0.total)?;
        map.serialize_entry("rows", &self.0.log_predictive)?;
        map.end()
    }
}

struct NodeJson<'a>(&'a NodePrediction);

impl Serialize for NodeJson<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let n = self.0;
        let elements: Vec<usize> = n.plates.iter().map(|a| a.size).collect();
        let shape: Vec<usize> = elements.iter().copied().chain(n.event.iter().map(|a| a.size)).collect();
        let labels: Vec<(&str, &[String])> = n
            .plates
            .iter()
            .chain(&n.event)
            .filter_map(|a| Some((a.name.as_str(), &**a.labels.as_ref()?)))
            .collect();
        let nested = |values| Nested { shape: &shape, values };
        let mut map = s.serialize_map(None)?;
        map.serialize_entry("plates", &n.plates.iter().map(|a| a.name.as_str()).collect::<Vec<_>>())?;
        map.serialize_entry("shape", &shape)?;
        if n.category {
            let names: Vec<String> = (0..width(n)).map(|k| label(n.event.as_ref(), k)).collect();
            map.serialize_entry("labels", &names)?;
            map.serialize_entry("p", &nested(&n.mean))?;
            map.serialize_entry("most_likely", &most_likely(n))?;
            return map.end();
        }
        if !labels.is_empty() {
            map.serialize_entry("labels", &ObjectJson(|| labels.iter().copied()))?;
        }
        map.serialize_entry("mean", &nested(&n.mean))?;
        map.serialize_entry("sd", &nested(&n.sd))?;
        let [low, middle, high] = &n.quantiles;
        let levels = || [("0.05", low), ("0.5", middle), ("0.95", high)].into_iter();
        map.serialize_entry("quantiles", &ObjectJson(|| levels().map(|(p, x)| (p, nested(x)))))?;
        map.end()
    }
}

fn json(p: &Prediction, _: usize, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &PredictionJson(p)).map_err(io::Error::from)?;
    writeln!(out)
}

/// One line for each row and number of a node; of a category, one for each row.
///
/// Columns: `row` (from 1; none of a node of new levels), `id` where rows have names, `sequence` and `step` where they
/// stand in sequences, `node` (with the names of its other axes in brackets), `mean`, `sd`, `q5`, `q50`, `q95`, `most_likely`, a column for each class, `log_predictive` of the row.
fn csv(p: &Prediction, _: usize, out: &mut dyn io::Write) -> io::Result<()> {
    let mut classes: Vec<String> = vec![];
    for n in p.nodes.iter().filter(|n| n.category) {
        let names = (0..width(n)).map(|k| label(n.event.as_ref(), k));
        let new: Vec<String> = names.filter(|l| !classes.contains(l)).collect();
        classes.extend(new);
    }
    let mut csv = csv::Writer::from_writer(out);
    let lead = [
        Some("row"),
        p.ids.as_ref().map(|_| "id"),
        p.sequences.as_ref().map(|_| "sequence"),
        p.steps.as_ref().map(|_| "step"),
    ];
    let fixed = ["node", "mean", "sd", "q5", "q50", "q95", "most_likely"];
    let head = lead.iter().flatten().copied().chain(fixed).map(str::to_string).chain(classes.iter().cloned());
    csv.write_record(head.chain(["log_predictive".to_string()]))?;
    let likely: Vec<Vec<String>> = p.nodes.iter().chain(&p.groups).map(most_likely).collect();
    for (row, log) in p.log_predictive.iter().enumerate() {
        let mut lead = vec![(row + 1).to_string()];
        lead.extend(p.ids.as_ref().map(|ids| ids[row].clone()));
        lead.extend(p.sequences.as_ref().map(|s| s[row].clone()));
        lead.extend(p.steps.as_ref().map(|s| s[row].to_string()));
        for (n, likely) in p.nodes.iter().zip(&likely) {
            lines((n, likely), row, &lead, &classes, log.map_or(String::new(), cell), &mut csv)?;
        }
    }
    for (n, likely) in p.groups.iter().zip(&likely[p.nodes.len()..]) {
        for element in 0..n.plates.first().map_or(0, |a| a.size) {
            let mut lead: Vec<String> = lead.iter().flatten().map(|_| String::new()).collect();
            if p.ids.is_some() {
                lead[1] = label(n.plates.first(), element);
            }
            lines((n, likely), element, &lead, &classes, String::new(), &mut csv)?;
        }
    }
    csv.flush()
}

/// The lines of one element of a node's first plate; the name of an element of a plate that is not one of rows
/// stands in brackets with those of the other axes.
fn lines<W: io::Write>(
    (n, likely): (&NodePrediction, &[String]),
    row: usize,
    lead: &[String],
    classes: &[String],
    log: String,
    csv: &mut csv::Writer<W>,
) -> io::Result<()> {
    let (w, inner) = (width(n), n.plates[1..].iter().map(|a| a.size).product::<usize>());
    let count = if n.category { inner } else { inner * w };
    for line in 0..count {
        let element = row * inner + if n.category { line } else { line / w };
        let mut names = labels_at(n.plates[1..].iter(), element % inner.max(1));
        if lead[0].is_empty() {
            names.insert(0, label(n.plates.first(), row));
        }
        if !n.category && n.event.is_some() {
            names.push(label(n.event.as_ref(), line % w));
        }
        let brackets = if names.is_empty() { String::new() } else { format!("[{}]", names.join(",")) };
        let mut cells = lead.to_vec();
        cells.push(n.name.clone() + &brackets);
        if n.category {
            let of = &n.mean[element * w..(element + 1) * w];
            cells.extend(std::iter::repeat_n(String::new(), 5));
            cells.push(likely[element].clone());
            let at = |class: &String| (0..w).find(|&k| label(n.event.as_ref(), k) == *class);
            cells.extend(classes.iter().map(|c| at(c).map_or(String::new(), |k| cell(of[k]))));
        } else {
            let i = row * inner * w + line;
            let [low, middle, high] = &n.quantiles;
            cells.extend(
                [&n.mean, &n.sd, low, middle, high].map(|x| x.get(i).map_or(String::new(), |x| cell(*x))),
            );
            cells.extend(std::iter::repeat_n(String::new(), 1 + classes.len()));
        }
        cells.push(log.clone());
        csv.write_record(cells)?;
    }
    Ok(())
}

/// The first rows and the last, for people.
fn text(p: &Prediction, width_of_page: usize, out: &mut dyn io::Write) -> io::Result<()> {
    let what = if p.together { "observed cells together" } else { "observed cells, each row by itself" };
    writeln!(out, "log predictive of the {what}: {} nats", super::number::short(p.total, 10))?;
    // What is seen is no answer.
    let certain = |n: &NodePrediction| match n.category {
        true => n.path.is_none() && n.mean.iter().all(|p| *p == 0.0 || *p == 1.0),
        false => n.sd.iter().all(|sd| *sd == 0.0),
    };
    for n in p.nodes.iter().filter(|n| !certain(n)) {
        let left_out = sheet(n, &Names::Rows(p), width_of_page, out)?;
        if left_out {
            writeln!(out, " and others; `--format csv` writes all")?;
        }
    }
    for n in &p.groups {
        let left_out = sheet(n, &Names::Levels(n.plates.first()), width_of_page, out)?;
        if left_out {
            writeln!(out, " and others; `--format csv` writes all")?;
        }
    }
    Ok(())
}

/// What elements of a node's first plate are called.
enum Names<'a> {
    Rows(&'a Prediction),
    Levels(Option<&'a Axis>),
}

impl Names<'_> {
    fn headings(&self) -> Vec<&str> {
        match self {
            Names::Rows(Prediction { sequences: Some(_), .. }) => vec!["sequence", "step"],
            Names::Rows(_) => vec!["row"],
            Names::Levels(axis) => vec![axis.map_or("", |a| a.name.as_str())],
        }
    }

    fn of(&self, row: usize) -> Vec<String> {
        let number = || (row + 1).to_string();
        match self {
            Names::Rows(Prediction { sequences: Some(of), steps: Some(steps), .. }) => {
                vec![of[row].clone(), steps[row].to_string()]
            }
            Names::Rows(p) => vec![p.ids.as_ref().map_or_else(number, |ids| ids[row].clone())],
            Names::Levels(axis) => vec![label(*axis, row)],
        }
    }
}

/// The table of one node; says whether it is not all of it.
fn sheet(
    n: &NodePrediction,
    names: &Names<'_>,
    width_of_page: usize,
    out: &mut dyn io::Write,
) -> io::Result<bool> {
    let mut sheet = Sheet::new();
    let (w, inner) = (width(n), n.plates[1..].iter().map(|a| a.size).product::<usize>().max(1));
    names.headings().into_iter().chain(n.plates[1..].iter().map(|a| a.name.as_str())).for_each(|h| {
        sheet.text(h);
    });
    let lines = n.mean.len() / if n.category { w.max(1) } else { 1 };
    let all = lines <= LINES;
    // The ends of a series are where one looks.
    let shown: Vec<usize> =
        if all { (0..lines).collect() } else { (0..LINES / 2).chain(lines - LINES / 2..lines).collect() };
    let gap = |sheet: &mut Sheet, at: usize, cells: usize| {
        if !all && at == LINES / 2 {
            sheet.row(std::iter::repeat_n("…".to_string(), cells).collect());
        }
    };
    let begin = |element: usize| {
        let mut cells = names.of(element / inner);
        cells.extend(labels_at(n.plates[1..].iter(), element % inner));
        cells
    };
    if n.category {
        sheet.text("most likely").number("probability");
        let likely = most_likely(n);
        for (at, &element) in shown.iter().enumerate() {
            let of = &n.mean[element * w..(element + 1) * w];
            // Of a path its own category.
            let chosen = n.path.as_ref().map(|path| path[element]).filter(|k| !k.is_nan());
            let p = chosen.map_or_else(|| of.iter().copied().fold(0.0, f64::max), |k| of[k as usize]);
            let mut cells = begin(element);
            cells.extend([likely[element].clone(), super::number::short(p, 4)]);
            gap(&mut sheet, at, cells.len());
            sheet.row(cells);
        }
    } else {
        if n.event.is_some() {
            sheet.text("element");
        }
        for heading in ["mean", "sd", "5 %", "50 %", "95 %"] {
            sheet.number(heading);
        }
        let [low, middle, high] = &n.quantiles;
        let columns = [&n.mean, &n.sd, low, middle, high];
        let styles = columns.map(|x| Style::of(shown.iter().filter_map(|&i| x.get(i).copied())));
        for (at, &i) in shown.iter().enumerate() {
            let mut cells = begin(i / w);
            cells.extend(n.event.is_some().then(|| label(n.event.as_ref(), i % w)));
            cells.extend(columns.iter().zip(&styles).map(|(x, style)| style.show(x[i])));
            gap(&mut sheet, at, cells.len());
            sheet.row(cells);
        }
    }
    write!(out, "\n{}\n{}", n.name, sheet.render(width_of_page))?;
    Ok(!all)
}
