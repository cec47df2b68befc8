//! How sure rows are of their component. Not here: the rows themselves (`mixture`).

use crate::page::{
    chart::odds,
    components::Components,
    html::{Table, figure, fold},
    number::{counted, fixed, whole},
    roles::Emission,
    subject::Subject,
};

/// How sure rows are of their component.
pub fn odds(subject: &Subject<'_>, e: &Emission, c: &Components) -> String {
    if c.order.len() < 2 {
        return String::new();
    }
    let rows = subject.bound.plate(e.rows).size;
    let k = c.count();
    let two = c.order.len() == 2;
    let (first, second) = (c.order[1], c.order[0]);
    let mut powers = vec![];
    let mut open: Vec<(usize, f64)> = vec![];
    let mut counted_of = [0usize; 2];
    for row in 0..rows {
        let p = &c.rows[row * k..(row + 1) * k];
        let (best, top) = c.of_row(row);
        let next = (0..k).filter(|j| *j != best).map(|j| p[j]).fold(0.0, f64::max);
        let power = (top / next.max(1e-300)).log10().min(12.0);
        if two {
            counted_of[usize::from(best == second)] += 1;
        }
        powers.push(if two && best == first { -power } else { power });
        if top < 0.95 {
            open.push((row, top));
        }
    }
    let see = format!(
        "{} of {} rows belong to one component with at least 95\u{a0}%.",
        whole(rows - open.len()),
        whole(rows)
    );
    let ends = two.then(|| {
        [
            (
                format!("← odds for {}: {}", c.labels[first], counted(counted_of[0], "row")),
                c.colour(first, false),
            ),
            (
                format!("{}: odds for {} →", counted(counted_of[1], "row"), c.labels[second]),
                c.colour(second, false),
            ),
        ]
    });
    let label = format!("Histogram of each row’s odds. {see}");
    let chart = odds::chart(&powers, ends, &label);
    open.sort_by(|a, b| a.1.total_cmp(&b.1));
    let body = if open.is_empty() {
        String::new()
    } else {
        let shown: Vec<usize> = c.order.iter().copied().take(6).collect();
        let heads: Vec<String> = ["<row".to_string()]
            .into_iter()
            .chain(shown.iter().map(|&k| format!("q({})", c.labels[k])))
            .collect();
        let mut table = Table::new(&heads.iter().map(String::as_str).collect::<Vec<_>>());
        for (row, _) in open.iter().take(20) {
            let cells = shown.iter().map(|&j| fixed(c.rows[row * k + j], 3));
            table.row(&[subject.row_name(e.rows, *row)].into_iter().chain(cells).collect::<Vec<_>>());
        }
        if open.len() > 20 {
            table.left_out(&format!(
                "and {} more; `elbow fit … --nodes {}` has all",
                whole(open.len() - 20),
                subject.graph.nodes[e.selector].name
            ));
        }
        fold(
            &format!(
                "{} not settled",
                if open.len() == 1 {
                    "The row that is".into()
                } else {
                    format!("{} rows that are", whole(open.len()))
                }
            ),
            &table.finish(),
        )
    };
    figure(
        &see,
        "Each row’s odds between its likeliest component and the next, on a logarithmic scale.",
        &(chart + &body),
        "",
    )
}
