//! Categories of different plates that meet in known tables with zeros: where they are one network, the bound is
//! the log evidence and the marginals are exact, both summed over every state in the test; where they are not,
//! the bound is below it, and finite: a start is inside what is possible. A chain of which other rows pick the steps is
//! a network over its elements, too.

use crate::common::{Folder, all_near, elbow, fit_text, is_below_evidence, is_evidence, text as path};
use std::fmt::Write;

const WITHIN: f64 = 1e-10;

/// Numbers that look random.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
    fn below(&mut self, n: usize) -> usize {
        (self.uniform() * n as f64) as usize
    }
    fn draw(&mut self, p: &[f64]) -> usize {
        let mut u = self.uniform();
        p.iter()
            .position(|p| {
                u -= p;
                u < 0.0 && *p > 0.0
            })
            .unwrap_or_else(|| p.iter().rposition(|p| *p > 0.0).unwrap())
    }
    /// So many rows of `k` probabilities, `zeros` of them 0, about.
    fn rows(&mut self, count: usize, k: usize, zeros: f64) -> Vec<Vec<f64>> {
        (0..count)
            .map(|_| {
                let keep = self.below(k);
                let row: Vec<f64> = (0..k)
                    .map(|i| if i != keep && self.uniform() < zeros { 0.0 } else { 0.1 + self.uniform() })
                    .collect();
                let sum: f64 = row.iter().sum();
                row.iter().map(|p| p / sum).collect()
            })
            .collect()
    }
}

/// A model over few categories, written out: how many states each has, and tables over some of them.
#[derive(Default)]
struct Written {
    sizes: Vec<usize>,
    factors: Vec<(Vec<usize>, Vec<f64>)>,
}

impl Written {
    fn variable(&mut self, size: usize) -> usize {
        self.sizes.push(size);
        self.sizes.len() - 1
    }
    fn factor(&mut self, of: &[usize], table: impl IntoIterator<Item = f64>) {
        let table: Vec<f64> = table.into_iter().collect();
        assert_eq!(table.len(), of.iter().map(|&v| self.sizes[v]).product::<usize>());
        self.factors.push((of.to_vec(), table));
    }
    /// ln Σ over all states, and every variable's marginal.
    fn summed(&self) -> (f64, Vec<Vec<f64>>) {
        let mut total = 0.0;
        let mut of: Vec<Vec<f64>> = self.sizes.iter().map(|&k| vec![0.0; k]).collect();
        let count: usize = self.sizes.iter().product();
        assert!(count < 2_000_000, "{count} states");
        let mut state = vec![0; self.sizes.len()];
        for _ in 0..count {
            let p: f64 = self
                .factors
                .iter()
                .map(|(of, t)| t[of.iter().fold(0, |i, &v| i * self.sizes[v] + state[v])])
                .product();
            total += p;
            state.iter().zip(&mut of).for_each(|(s, m)| m[*s] += p);
            for (s, k) in state.iter_mut().zip(&self.sizes).rev() {
                *s += 1;
                if s != k {
                    break;
                }
                *s = 0;
            }
        }
        of.iter_mut().flatten().for_each(|p| *p /= total);
        (total.ln(), of)
    }
}

fn column(values: &[usize]) -> String {
    format!("{:?}", values.iter().map(|v| v + 1).collect::<Vec<_>>())
}

#[track_caller]
fn exact(text: &str, written: &Written, nodes: &[(&str, &[usize])]) {
    let (want, of) = written.summed();
    let names: Vec<&str> = nodes.iter().map(|n| n.0).collect();
    let q = fit_text(text, &[], &["--nodes", &names.join(",")]);
    is_evidence(&q, want, WITHIN);
    for (name, variables) in nodes {
        let marginals: Vec<f64> = variables.iter().flat_map(|&v| of[v].clone()).collect();
        all_near(&format!("q({name})"), &q.mean(name), &marginals, WITHIN);
    }
}

/// The category of a group, and those of its rows, of which some are seen; a symbol hangs on each row.
fn star(seed: u64) -> (String, Written, Vec<usize>, Vec<usize>) {
    let r = &mut Random::new(seed);
    let (s, t, e) = (r.rows(1, 3, 0.0).remove(0), r.rows(3, 4, 0.5), r.rows(4, 3, 0.3));
    let groups: Vec<usize> = (0..4).map(|_| r.below(3)).chain([0, 1, 2]).collect();
    let truth: Vec<usize> = (0..3).map(|_| r.draw(&s)).collect();
    let z: Vec<usize> = groups.iter().map(|&g| r.draw(&t[truth[g]])).collect();
    let y: Vec<usize> = z.iter().map(|&z| r.draw(&e[z])).collect();
    let seen: Vec<bool> = z.iter().map(|_| r.uniform() < 0.2).collect();
    let cells: Vec<String> =
        z.iter().zip(&seen).map(|(z, s)| if *s { (z + 1).to_string() } else { "\"NA\"".into() }).collect();
    let text = format!(
        r#"Model(
            data: {{ "d": {{ "g": {}, "y": {}, "z": [{}] }} }},
            plates: {{ "g": Groups(column: "d.g"), "n": Rows(table: "d"), "a": Size(3), "b": Size(4) }},
            inputs: {{ "S": {s:?}, "T[a]": {t:?}, "E[b]": {e:?} }},
            nodes: {{
                "s[g]": Categorical(p: "S"),
                "z[n]": Categorical(p: "T[s[g[n]]]"),
                "y[n]": Categorical(p: "E[z[n]]"),
            }},
            observe: {{ "y": "y", "z": "z" }},
        )"#,
        column(&groups),
        column(&y),
        cells.join(", ")
    );
    let mut w = Written::default();
    let gs: Vec<usize> = (0..3).map(|_| w.variable(3)).collect();
    gs.iter().for_each(|&g| w.factor(&[g], s.clone()));
    let mut zs = vec![];
    for (i, &g) in groups.iter().enumerate() {
        let v = w.variable(4);
        w.factor(&[gs[g], v], t.concat());
        w.factor(&[v], e.iter().map(|row| row[y[i]]));
        if seen[i] {
            w.factor(&[v], (0..4).map(|k| f64::from(k == z[i])));
        }
        zs.push(v);
    }
    (text, w, gs, zs)
}

#[test]
fn a_group_and_its_rows() {
    for seed in 0..6 {
        let (text, w, s, z) = star(seed);
        exact(&text, &w, &[("s", &s), ("z", &z)]);
    }
}

/// Rows that name a student and a question, each with a category, and a right answer that some pairs cannot give.
fn crossed(seed: u64) -> (String, Written, Vec<usize>, Vec<usize>) {
    let r = &mut Random::new(seed + 100);
    let (a, b) = (r.rows(1, 2, 0.0).remove(0), r.rows(1, 3, 0.0).remove(0));
    let p: Vec<Vec<f64>> =
        (0..2).map(|_| (0..3).map(|_| [0.0, 1.0, 0.3, 0.8][r.below(4)]).collect()).collect();
    let (students, questions) = (4, 3);
    let of: Vec<usize> = (0..students).map(|_| r.draw(&a)).collect();
    let what: Vec<usize> = (0..questions).map(|_| r.draw(&b)).collect();
    let pairs: Vec<(usize, usize)> =
        (0..students).flat_map(|s| (0..questions).map(move |q| (s, q))).collect();
    let y: Vec<usize> = pairs.iter().map(|&(s, q)| usize::from(r.uniform() < p[of[s]][what[q]])).collect();
    let text = format!(
        r#"Model(
            data: {{ "d": {{ "s": {}, "q": {}, "y": {y:?} }} }},
            plates: {{ "s": Groups(column: "d.s"), "q": Groups(column: "d.q"), "n": Rows(table: "d"), "a": Size(2), "b": Size(3) }},
            inputs: {{ "P[a,b]": {p:?}, "A": {a:?}, "B": {b:?} }},
            nodes: {{
                "c[s]": Categorical(p: "A"),
                "k[q]": Categorical(p: "B"),
                "y[n]": Bernoulli(p: "P[c[s[n]], k[q[n]]]"),
            }},
            observe: {{ "y": "y" }},
        )"#,
        column(&pairs.iter().map(|p| p.0).collect::<Vec<_>>()),
        column(&pairs.iter().map(|p| p.1).collect::<Vec<_>>()),
    );
    let mut w = Written::default();
    let cs: Vec<usize> = (0..students).map(|_| w.variable(2)).collect();
    let ks: Vec<usize> = (0..questions).map(|_| w.variable(3)).collect();
    cs.iter().for_each(|&v| w.factor(&[v], a.clone()));
    ks.iter().for_each(|&v| w.factor(&[v], b.clone()));
    for (&(s, q), &y) in pairs.iter().zip(&y) {
        w.factor(&[cs[s], ks[q]], p.concat().iter().map(|p| if y == 1 { *p } else { 1.0 - p }));
    }
    (text, w, cs, ks)
}

#[test]
fn two_that_a_row_names() {
    for seed in 0..6 {
        let (text, w, c, k) = crossed(seed);
        exact(&text, &w, &[("c", &c), ("k", &k)]);
    }
}

#[test]
fn a_sequence_and_its_steps() {
    for seed in 0..6 {
        let r = &mut Random::new(seed + 200);
        let (s, first) = (r.rows(1, 2, 0.0).remove(0), r.rows(2, 3, 0.4));
        let (step, emit) = ([r.rows(3, 3, 0.4), r.rows(3, 3, 0.4)], r.rows(3, 2, 0.2));
        // Sequences whose rows alternate, one of a single row.
        let game = [0, 1, 0, 1, 0, 2, 1];
        let truth: Vec<usize> = (0..3).map(|_| r.draw(&s)).collect();
        let mut last = [None; 3];
        let mut z = vec![];
        for &g in &game {
            let now = r.draw(last[g].map_or(&first[truth[g]], |l: usize| &step[truth[g]][l]));
            last[g] = Some(now);
            z.push(now);
        }
        let y: Vec<usize> = z.iter().map(|&z| r.draw(&emit[z])).collect();
        let text = format!(
            r#"Model(
                data: {{ "d": {{ "g": {}, "y": {} }} }},
                plates: {{ "g": Groups(column: "d.g"), "t": Steps(table: "d", sequence: "g"), "a": Size(2), "b": Size(3) }},
                inputs: {{ "S": {s:?}, "I[a]": {first:?}, "A[a,b]": {step:?}, "E[b]": {emit:?} }},
                nodes: {{
                    "s[g]": Categorical(p: "S"),
                    "z[0]": Categorical(p: "I[s[g[t]]]"),
                    "z[t]": Categorical(p: "A[s[g[t]], z[t-1]]"),
                    "y[t]": Categorical(p: "E[z[t]]"),
                }},
                observe: {{ "y": "y" }},
            )"#,
            column(&game),
            column(&y)
        );
        let mut w = Written::default();
        let gs: Vec<usize> = (0..3).map(|_| w.variable(2)).collect();
        gs.iter().for_each(|&g| w.factor(&[g], s.clone()));
        let mut last = [None; 3];
        let mut zs = vec![];
        for (&g, &y) in game.iter().zip(&y) {
            let v = w.variable(3);
            match last[g].replace(v) {
                None => w.factor(&[gs[g], v], first.concat()),
                Some(before) => w.factor(&[gs[g], before, v], step.concat().concat()),
            }
            w.factor(&[v], emit.iter().map(|row| row[y]));
            zs.push(v);
        }
        exact(&text, &w, &[("s", &gs), ("z", &zs)]);
    }
}

#[test]
fn rows_of_one_node_that_others_join() {
    for seed in 0..6 {
        // Neighbours must differ, or may be the last state together; two cells are known.
        let r = &mut Random::new(seed + 300);
        let p = r.rows(1, 3, 0.0).remove(0);
        let meets = [[0.0, 1.0, 0.6], [1.0, 0.0, 0.7], [0.6, 0.7, 1.0]];
        let edges = [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2), (3, 4)];
        let names = ["a", "b", "c", "d", "e"];
        let known = [(seed as usize % 5, 2), ((seed as usize + 2) % 5, 1)];
        let cells: Vec<String> = (0..5)
            .map(|v| known.iter().find(|k| k.0 == v).map_or("\"NA\"".into(), |k| (k.1 + 1).to_string()))
            .collect();
        let end = |i: usize| edges.map(|e| names[if i == 0 { e.0 } else { e.1 }]);
        let text = format!(
            r#"Model(
                data: {{ "v": {{ "id": {names:?}, "z": [{}] }}, "e": {{ "from": {:?}, "to": {:?}, "ok": [1, 1, 1, 1, 1, 1] }} }},
                plates: {{ "v": Rows(table: "v", id: "id"), "e": Rows(table: "e"), "k": Size(3), "l": Size(3) }},
                inputs: {{ "M[k,l]": {meets:?}, "P": {p:?} }},
                nodes: {{
                    "z[v]": Categorical(p: "P"),
                    "ok[e]": Bernoulli(p: "M[z[from[e]], z[to[e]]]"),
                }},
                observe: {{ "ok": "ok", "z": "z" }},
            )"#,
            cells.join(", "),
            end(0),
            end(1)
        );
        let mut w = Written::default();
        let zs: Vec<usize> = (0..5).map(|_| w.variable(3)).collect();
        zs.iter().for_each(|&v| w.factor(&[v], p.clone()));
        edges.iter().for_each(|&(a, b)| w.factor(&[zs[a], zs[b]], meets.concat()));
        known.iter().for_each(|&(v, c)| w.factor(&[zs[v]], (0..3).map(|k| f64::from(k == c))));
        exact(&text, &w, &[("z", &zs)]);
    }
}

#[test]
fn two_categories_of_a_row_beside_one_of_its_group() {
    for seed in 0..4 {
        let r = &mut Random::new(seed + 400);
        let (s, t) = (r.rows(1, 2, 0.0).remove(0), r.rows(2, 3, 0.4));
        let (u, e) = (r.rows(3, 2, 0.0), [r.rows(2, 2, 0.5), r.rows(2, 2, 0.5), r.rows(2, 2, 0.5)]);
        let groups = [0, 0, 1, 1, 1];
        let truth = [r.draw(&s), r.draw(&s)];
        let y: Vec<usize> = groups
            .iter()
            .map(|&g| {
                let z = r.draw(&t[truth[g]]);
                let c = r.draw(&u[z]);
                r.draw(&e[z][c])
            })
            .collect();
        let text = format!(
            r#"Model(
                data: {{ "d": {{ "g": {}, "y": {} }} }},
                plates: {{ "g": Groups(column: "d.g"), "n": Rows(table: "d"), "a": Size(2), "b": Size(3), "l": Size(2) }},
                inputs: {{ "S": {s:?}, "T[a]": {t:?}, "U[b]": {u:?}, "E[b,l]": {e:?} }},
                nodes: {{
                    "s[g]": Categorical(p: "S"),
                    "z[n]": Categorical(p: "T[s[g[n]]]"),
                    "c[n]": Categorical(p: "U[z[n]]"),
                    "y[n]": Categorical(p: "E[z[n], c[n]]"),
                }},
                observe: {{ "y": "y" }},
            )"#,
            column(&groups),
            column(&y)
        );
        let mut w = Written::default();
        let gs: Vec<usize> = (0..2).map(|_| w.variable(2)).collect();
        gs.iter().for_each(|&g| w.factor(&[g], s.clone()));
        let (mut zs, mut cs) = (vec![], vec![]);
        for (&g, &y) in groups.iter().zip(&y) {
            let (z, c) = (w.variable(3), w.variable(2));
            w.factor(&[gs[g], z], t.concat());
            w.factor(&[z, c], u.concat());
            w.factor(&[z, c], e.concat().iter().map(|row| row[y]));
            zs.push(z);
            cs.push(c);
        }
        exact(&text, &w, &[("s", &gs), ("z", &zs), ("c", &cs)]);
    }
}

#[test]
fn rows_in_a_tree_and_the_category_of_their_kind() {
    for seed in 0..4 {
        let r = &mut Random::new(seed + 500);
        let (s, root) = (r.rows(1, 2, 0.0).remove(0), r.rows(1, 3, 0.0).remove(0));
        let (down, e) = ([r.rows(3, 3, 0.5), r.rows(3, 3, 0.5)], r.rows(3, 2, 0.2));
        let above = [None, Some(0), Some(0), Some(1), None, Some(4)];
        let kind = [0, 0, 1, 1, 0, 1];
        let truth = [r.draw(&s), r.draw(&s)];
        let mut z: Vec<usize> = vec![];
        for (i, up) in above.iter().enumerate() {
            let now = r.draw(up.map_or(&root, |u: usize| &down[truth[kind[i]]][z[u]]));
            z.push(now);
        }
        let y: Vec<usize> = z.iter().map(|&z| r.draw(&e[z])).collect();
        let mut parents = String::new();
        above.iter().for_each(|a| match a {
            Some(a) => write!(parents, "{},", a + 1).unwrap(),
            None => parents.push_str("\"NA\","),
        });
        let text = format!(
            r#"Model(
                data: {{ "d": {{ "up": [{parents}], "kind": {}, "y": {} }} }},
                plates: {{ "g": Groups(column: "d.kind"), "n": Tree(table: "d", parent: "up"), "a": Size(2), "b": Size(3) }},
                inputs: {{ "S": {s:?}, "R": {root:?}, "D[a,b]": {down:?}, "E[b]": {e:?} }},
                nodes: {{
                    "s[g]": Categorical(p: "S"),
                    "z[0]": Categorical(p: "R"),
                    "z[n]": Categorical(p: "D[s[kind[n]], z[parent(n)]]"),
                    "y[n]": Categorical(p: "E[z[n]]"),
                }},
                observe: {{ "y": "y" }},
            )"#,
            column(&kind),
            column(&y)
        );
        let mut w = Written::default();
        let gs: Vec<usize> = (0..2).map(|_| w.variable(2)).collect();
        gs.iter().for_each(|&g| w.factor(&[g], s.clone()));
        let mut zs: Vec<usize> = vec![];
        for (i, up) in above.iter().enumerate() {
            let v = w.variable(3);
            match up {
                None => w.factor(&[v], root.clone()),
                Some(u) => w.factor(&[gs[kind[i]], zs[*u], v], down.concat().concat()),
            }
            w.factor(&[v], e.iter().map(|row| row[y[i]]));
            zs.push(v);
        }
        exact(&text, &w, &[("s", &gs), ("z", &zs)]);
    }
}

#[test]
fn kept_apart_every_start_is_possible() {
    for seed in 0..6 {
        for (model, w) in [(star(seed).0, star(seed).1), (crossed(seed).0, crossed(seed).1)] {
            let apart = model.replacen("observe: {", "factorize: MeanField, observe: {", 1);
            let q = fit_text(&apart, &[], &["--restarts", "6"]);
            is_below_evidence(&q, w.summed().0);
            let all = Folder::new(&apart, &[]);
            let run = elbow(&["fit", &path(&all.path("model.ron")), "--restarts", "6"]);
            assert!(!run.stdout.contains("-inf") && !run.stdout.contains("broke"), "{}", run.stdout);
        }
    }
}

#[test]
fn rows_with_weights_stay_apart_and_are_possible() {
    let (model, ..) = star(3);
    let model = model.replacen(r#""d": { "#, r#""d": { "w": [2, 2, 2, 2, 2, 2, 2], "#, 1).replacen(
        r#"Rows(table: "d")"#,
        r#"Rows(table: "d", weight: "w")"#,
        1,
    );
    let q = fit_text(&model, &[], &["--restarts", "4"]);
    assert!(q.elbo() > -200.0, "{}", q.elbo());
}

#[test]
fn impossible_data_name_the_row_together_and_apart() {
    // The two rows of a group show symbols that no one category of it can give.
    let model = |rest: &str| {
        format!(
            r#"Model(
                data: {{ "d": {{ "g": ["u", "v", "w", "u"], "y": [1, 1, 2, 2] }} }},
                plates: {{ "g": Groups(column: "d.g"), "n": Rows(table: "d"), "a": Size(2), "b": Size(3) }},
                inputs: {{ "T[a]": [[1, 0, 0], [0, 0.5, 0.5]], "E[b]": [[1, 0], [0, 1], [0, 1]] }},
                nodes: {{
                    "s[g]": Categorical(p: [0.4, 0.6]),
                    "z[n]": Categorical(p: "T[s[g[n]]]"),
                    "y[n]": Categorical(p: "E[z[n]]"),
                }},
                observe: {{ "y": "y" }},
                {rest}
            )"#
        )
    };
    for rest in ["", "factorize: MeanField"] {
        let folder = Folder::new(&model(rest), &[]);
        let run = elbow(&["fit", &path(&folder.path("model.ron")), "--restarts", "3"]);
        assert_eq!(run.code, Some(4), "{}", run.stdout);
        assert!(run.stderr.contains("can't happen"), "{}", run.stderr);
        if rest.is_empty() {
            assert!(run.stderr.contains("at row 4, given `y`"), "{}", run.stderr);
        }
    }
}

#[test]
fn a_chain_of_which_rows_pick_the_steps() {
    for seed in 0..4 {
        let r = &mut Random::new(seed + 600);
        let (first, step) = (r.rows(1, 3, 0.0).remove(0), r.rows(3, 3, 0.3));
        let emit = r.rows(3, 2, 0.2);
        let mut h = vec![r.draw(&first)];
        (1..5).for_each(|t| h.push(r.draw(&step[h[t - 1]])));
        let week: Vec<usize> = (0..8).map(|_| r.below(5)).collect();
        let y: Vec<usize> = week.iter().map(|&w| r.draw(&emit[h[w]])).collect();
        let text = format!(
            r#"Model(
                data: {{ "weeks": {{ "week": [1, 2, 3, 4, 5] }}, "d": {{ "week": {}, "y": {} }} }},
                plates: {{ "t": Steps(table: "weeks", id: "week"), "n": Rows(table: "d"), "k": Size(3) }},
                inputs: {{ "I": {first:?}, "A[k]": {step:?}, "E[k]": {emit:?} }},
                nodes: {{
                    "h[0]": Categorical(p: "I"),
                    "h[t]": Categorical(p: "A[h[t-1]]"),
                    "y[n]": Categorical(p: "E[h[d.week[n]]]"),
                }},
                observe: {{ "y": "y" }},
            )"#,
            column(&week),
            column(&y)
        );
        let mut w = Written::default();
        let hs: Vec<usize> = (0..5).map(|_| w.variable(3)).collect();
        w.factor(&[hs[0]], first);
        (1..5).for_each(|t| w.factor(&[hs[t - 1], hs[t]], step.concat()));
        week.iter().zip(&y).for_each(|(&t, &y)| w.factor(&[hs[t]], emit.iter().map(|row| row[y])));
        exact(&text, &w, &[("h", &hs)]);
    }
}
