//! Categories that are known functions of others, and tables with zeros: exact where they are one block, and
//! never at a start that cannot happen.

use crate::common::{Folder, all_near, elbow, fit_text, is_evidence, near};

/// Students with two skills, each answer right by guess or slip as the skills needed are all there.
const STUDENTS: [usize; 7] = [0, 0, 1, 1, 1, 2, 2];
const NEEDS: [usize; 7] = [0, 1, 2, 0, 2, 1, 2];
const RIGHT: [bool; 7] = [true, false, true, true, false, true, true];

fn able(need: usize, a: usize, b: usize) -> usize {
    [a, b, a * b][need]
}

fn model(rest: &str) -> String {
    let list = |x: Vec<String>| x.join(", ");
    format!(
        r#"Model(data: {{ "d": {{ "student": [{}], "need": [{}], "right": [{}] }} }},
        plates: {{ "n": Rows(table: "d"), "i": Groups(column: "d.student"), "m": Size(3), "a": Size(2), "b": Size(2), "h": Size(2) }},
        inputs: {{ "T[m,a,b]": [[[[1, 0], [1, 0]], [[0, 1], [0, 1]]], [[[1, 0], [0, 1]], [[1, 0], [0, 1]]], [[[1, 0], [1, 0]], [[1, 0], [0, 1]]]] }},
        {rest} observe: {{ "right": "right" }})"#,
        list(STUDENTS.iter().map(|s| format!("\"s{s}\"")).collect()),
        list(NEEDS.iter().map(|n| (n + 1).to_string()).collect()),
        list(RIGHT.iter().map(|r| u8::from(*r).to_string()).collect()),
    )
}

#[test]
fn skills_of_students_are_exact() {
    let text = model(
        r#"nodes: { "s[i]": Categorical(p: [0.6, 0.4]), "t[i]": Categorical(p: [0.3, 0.7]),
            "has[n]": Categorical(p: "T[need[n], s[student[n]], t[student[n]]]"), "right[n]": Bernoulli(p: "g[has[n]]") },"#,
    )
    .replace("inputs: {", "inputs: { \"g[h]\": [0.2, 0.9],");
    let p = fit_text(&text, &[], &["--nodes", "s,t,has"]);
    let (mut evidence, mut skill, mut has) = (0.0, vec![], vec![0.0; 14]);
    for student in 0..3 {
        let (mut total, mut with) = (0.0, 0.0);
        let mut able_at = [0.0; 7];
        for (a, b) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let mut weight = [0.6, 0.4][a] * [0.3, 0.7][b];
            for n in (0..7).filter(|&n| STUDENTS[n] == student) {
                let right = [0.2, 0.9][able(NEEDS[n], a, b)];
                weight *= if RIGHT[n] { right } else { 1.0 - right };
            }
            total += weight;
            with += if a == 1 { weight } else { 0.0 };
            (0..7).for_each(|n| able_at[n] += weight * able(NEEDS[n], a, b) as f64);
        }
        evidence += f64::ln(total);
        skill.extend([1.0 - with / total, with / total]);
        for n in (0..7).filter(|&n| STUDENTS[n] == student) {
            has[2 * n] = 1.0 - able_at[n] / total;
            has[2 * n + 1] = able_at[n] / total;
        }
    }
    is_evidence(&p, evidence, 1e-12);
    all_near("s", &p.mean("s"), &skill, 1e-12);
    all_near("has", &p.mean("has"), &has, 1e-12);
}

/// With shares and chances to learn, every start ends somewhere possible, and the bound is no worse than at
/// the truth.
#[test]
fn skills_with_unknown_shares() {
    let text = model(
        r#"nodes: { "p": Dirichlet(concentration: 1, over: "a"), "q": Dirichlet(concentration: 1, over: "b"),
            "s[i]": Categorical(p: "p"), "t[i]": Categorical(p: "q"),
            "has[n]": Categorical(p: "T[need[n], s[student[n]], t[student[n]]]"),
            "g[h]": Beta(alpha: "al[h]", beta: "be[h]"), "right[n]": Bernoulli(p: "g[has[n]]") },"#,
    )
    .replace("inputs: {", "inputs: { \"al[h]\": [1, 10], \"be[h]\": [10, 1],");
    let p = fit_text(&text, &[], &["--restarts", "5", "--nodes", "s,t,has"]);
    assert!(p.elbo().is_finite() && p.trace().windows(2).all(|w| w[1] >= w[0] - 1e-10));
    let has = p.mean("has");
    assert!(has.chunks(2).all(|h| (h[0] + h[1] - 1.0).abs() < 1e-12), "{has:?}");
}

/// Data that cannot be name their place, whichever block finds out: a group's, a row's network, a chain's step.
#[test]
fn impossible_data_name_their_place() {
    let said = |rest: &str, csv: &str| {
        let text = format!(r#"Model(data: {{ "d": "d.csv" }}, plates: {{ "n": Rows(table: "d"), {rest})"#);
        let folder = Folder::new(&text, &[("d.csv", csv)]);
        let run = elbow(&["fit", folder.path("model.ron").to_str().unwrap(), "--quiet", "--restarts", "2"]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(4), ""), "{}", run.stderr);
        assert!(run.stderr.contains("the model says that the data of"), "{}", run.stderr);
        run.stderr
    };
    let table = r#""T[k]": [[0.5, 0.5, 0], [1, 0, 0]]"#;
    let group = said(
        &format!(
            r#""i": Groups(column: "d.g"), "k": Size(2) }}, inputs: {{ {table} }},
            nodes: {{ "s[i]": Categorical(p: [0.5, 0.5]), "c[n]": Categorical(p: "T[s[g[n]]]") }}, observe: {{ "c": "c" }}"#
        ),
        "g,c\na,1\nb,3\na,2\nc,1\n",
    );
    assert!(group.contains("no category is possible at i `b`, given `c`"), "{group}");
    let row = said(
        &format!(
            r#""k": Size(2) }}, inputs: {{ {table} }},
            nodes: {{ "s[n]": Categorical(p: [0.5, 0.5]), "c[n]": Categorical(p: "T[s[n]]") }}, observe: {{ "c": "c" }}"#
        ),
        "g,c\na,\na,1\nb,3\na,2\n",
    );
    assert!(row.contains("at row 3 (line 4 of `") && row.contains("given `c`"), "{row}");
    let step = said(
        r#""t": Steps(table: "d"), "k": Size(2) }, inputs: { "E[k]": [[1, 0], [1, 0]] },
        nodes: { "z[0]": Categorical(p: [0.5, 0.5]), "z[t]": Categorical(p: "A[z[t-1]]"),
            "A[k]": Dirichlet(concentration: 1, over: "k"), "c[t]": Categorical(p: "E[z[t]]") }, observe: { "c": "c" }"#,
        "g,c\na,1\nb,1\na,2\nc,1\n",
    );
    assert!(step.contains("row 3 (line 4 of `"), "{step}");
}

/// A function of a category of its own row and of one elsewhere: the two are apart in q, the function is neither's.
#[test]
fn a_function_of_what_stands_here_and_there() {
    let text = r#"Model(data: { "d": { "g": ["a", "b", "a", "b", "a"], "y": [1, 0, 1, 1, 0] } },
        plates: { "n": Rows(table: "d"), "i": Groups(column: "d.g"), "k": Size(2) },
        inputs: { "T[k,k]": [[[1, 0], [0, 1]], [[0, 1], [1, 0]]], "e[k]": [0.1, 0.7] },
        nodes: { "s[i]": Categorical(p: [0.4, 0.6]), "t[n]": Categorical(p: [0.2, 0.8]),
            "u[n]": Categorical(p: "T[s[g[n]], t[n]]"), "y[n]": Bernoulli(p: "e[u[n]]") }, observe: { "y": "y" })"#;
    let text =
        text.replace("\"T[k,k]\"", "\"T[k,l]\"").replace("\"k\": Size(2)", "\"k\": Size(2), \"l\": Size(2)");
    let p = fit_text(&text, &[], &["--nodes", "s,t,u"]);
    let (s, t, u) = (p.mean("s"), p.mean("t"), p.mean("u"));
    for (n, g) in [0, 1, 0, 1, 0].into_iter().enumerate() {
        let other = s[2 * g] * t[2 * n + 1] + s[2 * g + 1] * t[2 * n];
        near("u", u[2 * n + 1], other, 1e-12);
    }
    assert!(p.trace().windows(2).all(|w| w[1] >= w[0] - 1e-12));
}
