//! Precision matrices as what they mean: standard deviations and correlations, by seeded draws, and their entries.
//! Not here: single precisions (`posterior::numbers`).

use super::{
    chart::heat::{self, Matrix},
    html::{Table, figure, fold},
    kind::Kind,
    number::{counted, decimals, fixed, whole},
    scale::{quantile, sorted},
    subject::{Subject, element, label_over, numbered},
};
use crate::{answer::posterior::NodePosterior, num::cholesky, shape::Extent};

/// Matrices that are shown where nothing says which are in use.
const MOST: usize = 12;
/// Correlations of more dimensions than this are a heat map.
const TABLE: usize = 4;

/// A node of matrices.
pub fn matrices(subject: &Subject<'_>, kind: &Kind, n: usize, p: &NodePosterior) -> String {
    let d = p.event.first().map_or(1, |a| a.size);
    let count = p.mean.len() / (d * d).max(1);
    let names: Vec<String> =
        (0..d).map(|i| p.event.first().map_or_else(|| numbered("", i), |a| element(a, i))).collect();
    let component = |p: usize| subject.graph.nodes[n].plates.get(p).map(|q| Extent::Plate(*q));
    let (shown, which): (Vec<usize>, &str) = match kind.components() {
        Some((e, c)) if p.plates.len() == 1 && component(0) == Some(e.over) => {
            (c.order.clone(), "those in use")
        }
        _ => ((0..count.min(MOST)).collect(), "the first"),
    };
    let label = |i: usize| label_over(p.plates.iter(), i);
    let mut table = Table::new(&["<", "<quantity", "mean", "sd", "5 %", "95 %"]);
    let mut matrices = Table::new(&["<", "<element", "mean", "sd"]);
    let mut charts = String::new();
    let mut spread: Vec<f64> = vec![];
    for &i in &shown {
        let mut first = true;
        let mut name = || if std::mem::take(&mut first) { label(i) } else { String::new() };
        let drawn: Vec<Vec<f64>> = subject
            .draws
            .iter()
            .filter_map(|draw| cholesky::inverse_of(d, draw[n].get(i * d * d..(i + 1) * d * d)?))
            .collect();
        let mut add = |what: String, of: Vec<f64>| {
            let all = sorted(of);
            let mean = all.iter().sum::<f64>() / all.len().max(1) as f64;
            let sd = (all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / all.len().max(1) as f64).sqrt();
            let k = decimals(sd.max(1e-9) * 10.0).min(6);
            table.row(&[
                name(),
                what,
                fixed(mean, k),
                fixed(sd, k),
                fixed(quantile(&all, 0.05), k),
                fixed(quantile(&all, 0.95), k),
            ]);
            mean
        };
        if !drawn.is_empty() {
            for (a, what) in names.iter().enumerate() {
                let mean = add(format!("sd of {what}"), drawn.iter().map(|v| v[a * d + a].sqrt()).collect());
                spread.push(mean);
            }
            let correlation =
                |v: &[f64], a: usize, b: usize| v[a * d + b] / (v[a * d + a] * v[b * d + b]).sqrt();
            if d <= TABLE {
                for a in 0..d {
                    for b in a + 1..d {
                        add(
                            format!("correlation of {} and {}", names[a], names[b]),
                            drawn.iter().map(|v| correlation(v, a, b)).collect(),
                        );
                    }
                }
            } else {
                let mut m = Matrix {
                    rows: names.clone(),
                    columns: names.clone(),
                    decimals: 2,
                    signed: true,
                    corner: label(i),
                    ..Matrix::default()
                };
                for a in 0..d {
                    for b in 0..d {
                        m.values.push(
                            drawn.iter().map(|v| correlation(v, a, b)).sum::<f64>() / drawn.len() as f64,
                        );
                    }
                }
                let see = format!(
                    "Correlations{}",
                    if count > 1 { format!(" of {}", label(i)) } else { String::new() }
                );
                charts += &figure(
                    &format!("{see}: means."),
                    "Blue above 0, vermillion below.",
                    &heat::chart(&m, &see),
                    "",
                );
            }
        }
        let k = decimals(p.mean[i * d * d..(i + 1) * d * d].iter().fold(0.0f64, |m, x| m.max(x.abs()))) + 1;
        for a in 0..d.min(8) {
            for b in a..d.min(8) {
                let at = (i * d + a) * d + b;
                let sd = p.sd.as_ref().map_or(f64::NAN, |s| s[at]);
                matrices.row(&[
                    label(i),
                    format!("{}, {}", names[a], names[b]),
                    fixed(p.mean[at], k),
                    fixed(sd, k),
                ]);
            }
        }
    }
    let mut out = String::new();
    if !subject.draws.is_empty() {
        let how = format!(
            "<p class=\"how\">Standard deviations and correlations of {} of the precision matrix, seed \
             {}.</p>",
            counted(subject.draws.len(), "draw"),
            subject.seed
        );
        out += &table.finish();
        out += &how;
    }
    out += &charts;
    out += &fold(
        if count > 1 { "The precision matrices themselves" } else { "The precision matrix itself" },
        &matrices.finish(),
    );
    if shown.len() < count {
        out += &format!("<p class=\"how\">{} of {} matrices: {which}.</p>", whole(shown.len()), whole(count));
    }
    out
}
