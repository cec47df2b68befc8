//! Topics: their words, how near they are to each other, and which groups they are found in. Not here:
//! mixtures of numbers (`picture`).

use super::{
    chart::{
        strips,
        topic_map::{self, Spot},
    },
    components::Components,
    html::{Table, escaped, figure, fold},
    number::{capital, fixed, percent, whole, words},
    roles::{Emission, picked_by_column},
    subject::Subject,
};
use crate::{
    graph::bound::ObservedArray,
    shape::{Extent, NodeId},
};
use std::fmt::Write;

/// Topics listed, at most.
const MOST: usize = 30;
/// Words of a topic.
const WORDS: usize = 13;
/// How much a word's probability counts, against how much likelier it is here than elsewhere.
const RELEVANCE: f64 = 0.6;
/// A group of fewer words than this is not called typical.
const ENOUGH: f64 = 150.0;

/// Words, map, groups.
pub fn pictures(subject: &Subject<'_>, e: &Emission, c: &Components) -> String {
    let Some(lists) = Lists::new(subject, e, c) else { return String::new() };
    if lists.topics.is_empty() {
        return String::new();
    }
    let groups = Groups::new(subject, e, c);
    let mut out = lists.figure(subject, c, groups.as_ref());
    if lists.topics.len() >= 4 {
        out += &lists.map(c);
    }
    if let Some(g) = groups {
        out += &g.figure(&lists, c);
    }
    out
}

/// The words of each topic.
struct Lists {
    /// Topics by their share, the largest first.
    topics: Vec<usize>,
    /// The words of each, the most relevant first, with their probability.
    words: Vec<Vec<(String, f64)>>,
    /// The probabilities of all words, for each topic in use.
    p: Vec<Vec<f64>>,
}

impl Lists {
    fn new(subject: &Subject<'_>, e: &Emission, c: &Components) -> Option<Self> {
        let &table = e.parts.first()?;
        let node = subject.node(table)?;
        let size = node.event.first()?.size;
        if node.plates.len() != 1
            || subject.graph.nodes[table].plates.first().map(|p| Extent::Plate(*p)) != Some(e.over)
        {
            return None;
        }
        let Some(ObservedArray::Codes(codes)) = subject.bound.observed(NodeId(e.child)) else { return None };
        let weights = subject.weights(e.rows);
        let mut overall = vec![0.0; size];
        let mut total = 0.0;
        for (row, &code) in codes.iter().enumerate().filter(|(_, c)| **c != u32::MAX) {
            let w = weights.map_or(1.0, |w| w[row]);
            overall[code as usize] += w;
            total += w;
        }
        let mut topics = c.order.clone();
        topics.sort_by(|&a, &b| c.share[b].total_cmp(&c.share[a]));
        let p: Vec<Vec<f64>> = topics.iter().map(|&k| node.mean[k * size..(k + 1) * size].to_vec()).collect();
        let list = |p: &Vec<f64>| {
            let relevance = |v: usize| {
                let q = (overall[v] / total).max(1e-300);
                RELEVANCE * p[v].ln() + (1.0 - RELEVANCE) * (p[v] / q).ln()
            };
            let mut order: Vec<usize> = (0..size).filter(|&v| p[v] > 0.0 && overall[v] > 0.0).collect();
            order.sort_by(|&a, &b| relevance(b).total_cmp(&relevance(a)));
            order.truncate(WORDS);
            order.into_iter().map(|v| (super::subject::element(&node.event[0], v), p[v])).collect()
        };
        let words = p.iter().map(list).collect();
        Some(Self { topics, words, p })
    }

    /// Two words that stand for a topic.
    fn name(&self, i: usize) -> String {
        self.words[i].iter().take(2).map(|w| w.0.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn figure(&self, subject: &Subject<'_>, c: &Components, groups: Option<&Groups>) -> String {
        let share = |i: usize| c.share[self.topics[i]];
        let mut sum = 0.0;
        let half = (0..self.topics.len())
            .position(|i| {
                sum += share(i);
                sum >= 0.5
            })
            .map_or(0, |i| i + 1);
        let count = capital(&words(self.topics.len()));
        let see =
            format!("{count} topics, the largest first; the {} largest hold half of all words.", words(half));
        let how = "Share of all words, then the words that mark the topic. Size follows the word’s \
            probability in the topic; order favours words that are rare elsewhere (relevance, λ = 0.6).";
        let mut out = String::new();
        let top = share(0).max(1e-12);
        let mut table = Table::new(&["<topic", "share", "<word", "probability"]);
        for i in 0..self.topics.len().min(MOST) {
            let k = self.topics[i];
            let _ = write!(
                out,
                "<div class=\"topic\"><div class=\"h\"><b>{}</b><div class=\"bar\"><i \
                 style=\"width:{:.0}%\"></i></div>{}</div><div class=\"w\">",
                tenth(share(i)),
                100.0 * share(i) / top,
                escaped(&c.labels[k])
            );
            let largest = self.words[i].iter().map(|w| w.1).fold(0.0, f64::max).max(1e-300);
            for (j, (word, p)) in self.words[i].iter().enumerate() {
                let _ = write!(
                    out,
                    "<span style=\"font-size:{:.2}em\" title=\"{} of the topic’s words\">{}</span> ",
                    0.82 + 0.95 * (p / largest).sqrt(),
                    percent(*p),
                    escaped(word)
                );
                if j < 10 && table.count < 200 {
                    table.row(&[c.labels[k].clone(), tenth(share(i)), word.clone(), fixed(*p, 4)]);
                }
            }
            out += "</div>";
            if let Some(typical) = groups.map(|g| g.typical(k)).filter(|t| !t.is_empty()) {
                let _ = write!(out, "<div class=\"e\">most typical: {}</div>", escaped(&typical.join(", ")));
            }
            out += "</div>";
        }
        if self.topics.len() > MOST {
            let _ = write!(out, "<p class=\"how\">The {} largest of {}.</p>", MOST, self.topics.len());
        }
        let unused = c.count() - c.order.len();
        let caption = if unused > 0 {
            format!(
                "{} topics hold less than 0.1 % of the words each and are left out.",
                capital(&words(unused))
            )
        } else {
            String::new()
        };
        let _ = subject;
        figure(&see, how, &(out + &fold("The words, as a table", &table.finish())), &caption)
    }

    fn map(&self, c: &Components) -> String {
        let k = self.topics.len().min(MOST);
        let mut d = vec![0.0; k * k];
        let mut near = (f64::INFINITY, 0, 0);
        for i in 0..k {
            for j in 0..i {
                let overlap: f64 = self.p[i].iter().zip(&self.p[j]).map(|(a, b)| (a * b).sqrt()).sum();
                let far = (1.0 - overlap).max(0.0).sqrt();
                (d[i * k + j], d[j * k + i]) = (far, far);
                if far < near.0 {
                    near = (far, j, i);
                }
            }
        }
        let (at, kept) = topic_map::coordinates(&d, k);
        let spots: Vec<Spot> = (0..k)
            .map(|i| {
                let word = |j: usize| self.words[i].get(j).map_or(String::new(), |w| w.0.clone());
                Spot { words: [word(0), word(1)], share: c.share[self.topics[i]] }
            })
            .collect();
        let see = format!("Nearest are “{}” and “{}”.", self.name(near.1), self.name(near.2));
        let how = format!(
            "Principal coordinates of the Hellinger distances between topics: near ones share words. Area: \
             share of all words. The plane keeps {} of the squared distances.",
            percent(kept)
        );
        let mut table = Table::new(&["<topic", "<words", "x", "y", "<nearest topic", "distance"]);
        for i in 0..k {
            let close = (0..k).filter(|j| *j != i).min_by(|&a, &b| d[i * k + a].total_cmp(&d[i * k + b]));
            let (name, far) = close.map_or((String::new(), f64::NAN), |j| (self.name(j), d[i * k + j]));
            table.row(&[
                c.labels[self.topics[i]].clone(),
                self.name(i),
                fixed(at[i].0, 3),
                fixed(at[i].1, 3),
                name,
                fixed(far, 3),
            ]);
        }
        let chart = topic_map::chart(&spots, &at, &format!("Map of {k} topics. {see}"));
        figure(&see, &how, &(chart + &fold("The map, as a table", &table.finish())), "")
    }
}

/// A share with one decimal of its percentage.
fn tenth(p: f64) -> String {
    format!("{}\u{a0}%", fixed(100.0 * p, 1))
}

/// Which groups topics are found in.
struct Groups {
    labels: Vec<String>,
    /// Words of each.
    sizes: Vec<f64>,
    /// Topics × groups, by k.
    shares: Vec<f64>,
}

impl Groups {
    fn new(subject: &Subject<'_>, e: &Emission, c: &Components) -> Option<Self> {
        let (node, column) = picked_by_column(subject.graph, e.selector)?;
        let plate = *subject.graph.nodes[node].plates.first()?;
        let codes = subject.bound.codes(column, Extent::Plate(plate))?;
        let groups = subject.bound.plate(plate).size;
        let k = c.count();
        let weights = subject.weights(e.rows);
        let (mut sizes, mut shares) = (vec![0.0; groups], vec![0.0; k * groups]);
        for (row, &g) in codes.iter().enumerate() {
            let (g, w) = (g as usize, weights.map_or(1.0, |w| w[row]));
            sizes[g] += w;
            for t in 0..k {
                shares[t * groups + g] += w * c.rows[row * k + t];
            }
        }
        for t in 0..k {
            for g in 0..groups {
                shares[t * groups + g] /= sizes[g].max(1e-300);
            }
        }
        Some(Self { labels: subject.extent_labels(Extent::Plate(plate)), sizes, shares })
    }

    /// The four groups with most of a topic.
    fn typical(&self, k: usize) -> Vec<String> {
        let groups = self.labels.len();
        let of = |g: usize| self.shares[k * groups + g];
        let mut all: Vec<usize> = (0..groups).filter(|&g| self.sizes[g] >= ENOUGH).collect();
        all.sort_by(|&a, &b| of(b).total_cmp(&of(a)));
        all.into_iter().take(4).map(|g| self.labels[g].clone()).collect()
    }

    fn figure(&self, lists: &Lists, c: &Components) -> String {
        let groups = self.labels.len();
        let rows = lists.topics.len().min(MOST);
        let names: Vec<String> = (0..rows).map(|i| lists.name(i)).collect();
        let shares: Vec<f64> = (0..rows)
            .flat_map(|i| self.shares[lists.topics[i] * groups..(lists.topics[i] + 1) * groups].to_vec())
            .collect();
        let above: Vec<f64> = (0..groups)
            .map(|g| (0..c.count()).filter(|k| self.shares[k * groups + g] >= 0.05).count() as f64)
            .collect();
        let middle = super::scale::quantile(&super::scale::sorted(above.iter().copied()), 0.5);
        let see = format!("Half of the groups have at most {} topics of 5\u{a0}% or more.", fixed(middle, 0));
        let how = format!(
            "Each row is a topic, each column one of {} groups in their order; darker is a larger \
             share of the group.",
            whole(groups)
        );
        let first = |g: usize| {
            let label = &self.labels[g];
            label.rsplit_once([' ', '-', '_', ':']).map_or(label.as_str(), |p| p.0)
        };
        let mut marks = vec![];
        for g in 0..groups {
            if g == 0 || first(g) != first(g - 1) {
                marks.push((g, first(g).to_string()));
            }
        }
        if marks.len() > groups / 2 {
            marks.clear();
        }
        let mut table = Table::new(&["<topic", "<most of it", "share of that group"]);
        for (i, name) in names.iter().enumerate().take(rows) {
            let of = |g: &usize| self.shares[lists.topics[i] * groups + g];
            if let Some(g) = (0..groups).max_by(|a, b| of(a).total_cmp(&of(b))) {
                table.row(&[name.clone(), self.labels[g].clone(), percent(of(&g))]);
            }
        }
        let chart = strips::chart(&names, &shares, groups, &marks, &format!("Topics by group. {see}"));
        figure(&see, &how, &(chart + &fold("The largest group of each topic", &table.finish())), "")
    }
}
