//! Each block of q with its reasons, its natural parameters as sums of messages, and how they become moments.
//! Not here: the messages (`message`).

use super::{
    gaussian,
    letters::{axis_name, event_names},
    message::{MessageText, To, messages, sum},
    one_factor::OneFactor,
    operand::mark,
    symbol::{bracket, member_letters, named},
};
use crate::{
    expfam::stat::{PartShape, StatKind},
    factorize::{Blocks, Kind, roles::Role},
    graph::{
        energy::Source,
        factor_graph::{FactorGraph, PlateKind},
    },
    shape::{Extent, PlateId},
};

/// Lines longer than this are broken at their plus signs.
const WIDTH: usize = 96;

/// All blocks, in the order in which they are updated.
pub fn updates(graph: &FactorGraph, blocks: &Blocks) -> String {
    (0..blocks.list.len()).map(|i| block(graph, blocks, i) + "\n").collect()
}

fn block(graph: &FactorGraph, blocks: &Blocks, i: usize) -> String {
    let b = &blocks.list[i];
    let first = &graph.nodes[b.nodes[0].0];
    let (source, stat): (Source, &StatKind) = match b.kind {
        Kind::Gaussian(g) => {
            let heads = lines(&gaussian::heads(graph, blocks, g));
            return format!("{}{heads}    {}\n", blocks.paragraph(graph, i), closing(graph, blocks, i, &[]));
        }
        Kind::Network(n) => return network(graph, blocks, i, n),
        Kind::Joint(j) => (Source::Joint(j), blocks.joints[j].spec.stat),
        Kind::Single | Kind::Chain(_) => (Source::Node(b.nodes[0]), first.spec.stat),
    };
    let mut out = blocks.paragraph(graph, i);
    let at: Vec<String> = first.plates.iter().map(|p| graph.plate_name(*p).to_owned()).collect();
    let matrices = stat.parts.iter().any(|p| p.shape == PartShape::Matrix);
    let event = |rank: usize| event_names(graph, &first.plates, first.event, rank);
    let all = |to: &To, event: &[String]| -> Vec<MessageText> {
        let factors = blocks.energy.holding(source);
        factors
            .flat_map(|factor| messages(OneFactor { graph, blocks, factor }, to, &first.plates, event))
            .collect()
    };
    let mut heads: Vec<(String, Vec<MessageText>)> = vec![];
    let mut legend: Vec<String> = vec![];
    for (p, part) in stat.parts.iter().enumerate() {
        let event = event(part.shape.rank());
        let mut index = at.clone();
        if !matrices {
            index.extend(event.iter().cloned());
            if let (Some(v), Some(Extent::Levels(c))) = (event.first(), first.event) {
                legend.push(format!("{v} runs over the levels of {}", graph.column_name(c)));
            }
        }
        let head = if stat.one_hot() {
            let level = event.first().cloned().unwrap_or_default();
            if b.kind == Kind::Single {
                format!("ln {}", bracket(&mark(graph, blocks, "r", b.nodes[0]), &index))
            } else {
                format!("η({} = {level})", bracket(&first.name, &at))
            }
        } else {
            let names: Vec<(char, String)> = match b.kind {
                Kind::Joint(j) => {
                    let texts = blocks.joints[j].nodes.map(|n| bracket(&graph.nodes[n.0].name, &index));
                    member_letters(blocks.joints[j].spec).into_iter().zip(texts).collect()
                }
                _ => vec![('x', bracket(&first.name, &index))],
            };
            format!("η({})", named(part.symbol, &names))
        };
        heads.push((head, all(&To::Part(source, p), &event)));
    }
    if let Kind::Chain(plate) = b.kind {
        let two = event(2);
        let t = graph.plate_name(plate);
        let before: Vec<String> =
            at.iter().map(|p| if p == t { earlier(graph, plate) } else { p.clone() }).collect();
        let head = format!(
            "η({} = {}, {} = {})",
            bracket(&first.name, &before),
            two[0],
            bracket(&first.name, &at),
            two[1]
        );
        heads.push((head, all(&To::Pair(source), &two)));
    }
    if let Some(d) = first.event.filter(|_| matrices) {
        legend.push(format!("d = {}", size_text(graph, d)));
    }
    legend.dedup();
    out += &lines(&heads);
    out += &format!("    {}\n", closing(graph, blocks, i, &at));
    if !legend.is_empty() {
        out += &format!("    Here {}.\n", legend.join(", "));
    }
    out
}

/// A network of categories: a head for each of its tables, and for the pairs of neighbours of a chain.
fn network(graph: &FactorGraph, blocks: &Blocks, i: usize, n: usize) -> String {
    let network = &blocks.networks[n];
    let plates = &graph.nodes[network.members[0].0].plates;
    let at: Vec<String> = plates.iter().map(|p| graph.plate_name(*p).to_owned()).collect();
    let mut used = at.clone();
    let mut names = || -> Vec<String> {
        let from = used.len();
        for m in &network.members {
            let extent = graph.nodes[m.0].event.unwrap_or(Extent::Number(1));
            used.push(axis_name(graph, extent, &used));
        }
        used[from..].to_vec()
    };
    let (now, then) = (names(), names());
    let head = |scope: &[usize], at: &[String], letters: &[String]| -> String {
        let one =
            |&m: &usize| format!("{} = {}", bracket(&graph.nodes[network.members[m].0].name, at), letters[m]);
        scope.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let source = Source::Network(n);
    let all = |to: &To, event: &[String]| -> Vec<MessageText> {
        let factors = blocks.energy.holding(source);
        factors.flat_map(|factor| messages(OneFactor { graph, blocks, factor }, to, plates, event)).collect()
    };
    let mut heads: Vec<(String, Vec<MessageText>)> = vec![];
    for (p, scope) in network.scopes.iter().enumerate() {
        let letters: Vec<String> = scope.iter().map(|&m| now[m].clone()).collect();
        heads.push((format!("η({})", head(scope, &at, &now)), all(&To::Part(source, p), &letters)));
    }
    let closing = match network.chain {
        Some(plate) => {
            let t = graph.plate_name(plate);
            let before: Vec<String> = at.iter().map(|p| if p == t { earlier(graph, plate) } else { p.clone() }).collect();
            let scope = &network.scopes[0];
            let text = format!("η({}, {})", head(scope, &before, &then), head(scope, &at, &now));
            heads.push((text, all(&To::Pair(source), &[then.as_slice(), &now].concat())));
            format!("Moments: {} over the product of the states; each variable's own are sums of them.", algorithm(graph, plate))
        }
        None => {
            "Moments: messages along the junction tree, to its root and back, give the probability of each of these sets of states.".into()
        }
    };
    let mixed = network.members.iter().any(|m| blocks.roles[m.0] == Role::Mixed);
    let known = if mixed { " Where a cell is filled, its level is certain." } else { "" };
    format!("{}{}    {closing}{known}\n", blocks.paragraph(graph, i), lines(&heads))
}

/// The step before, or the row above: `t-1`, `parent(n)`.
fn earlier(graph: &FactorGraph, plate: PlateId) -> String {
    let t = graph.plate_name(plate);
    if matches!(graph.plates[plate.0].kind, PlateKind::Tree { .. }) {
        format!("parent({t})")
    } else {
        format!("{t}-1")
    }
}

/// How a chain or tree is updated.
fn algorithm(graph: &FactorGraph, plate: PlateId) -> &'static str {
    if matches!(graph.plates[plate.0].kind, PlateKind::Tree { .. }) {
        "a pass to the roots and back"
    } else {
        "forward–backward"
    }
}

/// What an axis runs over, a number if the model says it.
fn size_text(graph: &FactorGraph, x: Extent) -> String {
    match x {
        Extent::Number(n) => n.to_string(),
        Extent::Plate(p) => graph.plates[p.0]
            .known_size()
            .map_or_else(|| format!("the size of {}", graph.plate_name(p)), |n| n.to_string()),
        Extent::Levels(c) => format!("the levels of {}", graph.column_name(c)),
    }
}

/// How η becomes moments.
fn closing(graph: &FactorGraph, blocks: &Blocks, i: usize, at: &[String]) -> String {
    let b = &blocks.list[i];
    let node = &graph.nodes[b.nodes[0].0];
    let turn = if meets_itself(blocks, i) {
        " Elements that meet in a product are updated one after the other."
    } else {
        ""
    };
    match b.kind {
        Kind::Chain(plate) => {
            let two = event_names(graph, &node.plates, node.event, 2);
            let t = graph.plate_name(plate);
            let before: Vec<String> = at.iter().map(|p| if p == t { earlier(graph, plate) } else { p.clone() }).collect();
            let (r, xi) = (mark(graph, blocks, "r", b.nodes[0]), mark(graph, blocks, "ξ", b.nodes[0]));
            let (z, at) = (&node.name, at.join(","));
            format!(
                "Moments: {how} gives {r}[{at},{k}] = q({z}[{at}] = {k}) and {xi}[{at},{k},{l}] = q({z}[{}] = {k}, {z}[{at}] = {l}).",
                before.join(","),
                how = algorithm(graph, plate),
                k = two[0],
                l = two[1],
            )
        }
        Kind::Joint(j) => format!("Moments: in closed form, those of a {}.", blocks.joints[j].spec.name),
        Kind::Gaussian(g) if blocks.gaussians[g].chain.is_some() => "Moments: a Kalman filter and smoother in information form.".into(),
        Kind::Gaussian(g) if blocks.gaussians[g].scale.is_some() => "Moments: in closed form, those of a Normal–Gamma of a vector.".into(),
        Kind::Gaussian(g) if blocks.gaussians[g].sparse => {
            "Moments: a sparse Cholesky factor in a fill-reducing order; of the covariances, those at its entries.".into()
        }
        Kind::Gaussian(_) => "Moments: in closed form, those of a Gaussian vector.".into(),
        Kind::Network(_) => unreachable!("a network says so itself"),
        Kind::Single if node.spec.stat.one_hot() => {
            let level = event_names(graph, &node.plates, node.event, 1).remove(0);
            let mut index = at.to_vec();
            index.push(level.clone());
            let r = bracket(&mark(graph, blocks, "r", b.nodes[0]), &index);
            let known = if blocks.roles[b.nodes[0].0] == Role::Mixed { " Where the cell is filled, it is 1 at that level." } else { "" };
            format!("Moments: {r} = q({} = {level}); it sums to 1 over {level}.{known}{turn}", bracket(&node.name, at))
        }
        Kind::Single => {
            format!("Moments: in closed form, those of a {}.{turn}", blocks.family_name(graph, b.nodes[0]))
        }
    }
}

fn meets_itself(blocks: &Blocks, i: usize) -> bool {
    let mut last = None;
    let mut places = blocks.energy.places(Source::Node(blocks.list[i].nodes[0]));
    places.any(|at| last.replace((at.factor, at.term)) == Some((at.factor, at.term)))
}

/// Each part with one line for each message, where they come from set in a column.
fn lines(heads: &[(String, Vec<MessageText>)]) -> String {
    let mut rows: Vec<(String, String)> = vec![];
    for (head, list) in heads {
        if list.is_empty() {
            rows.push((format!("    {head} = 0"), String::new()));
            continue;
        }
        rows.push((format!("    {head}"), String::new()));
        for (i, m) in list.iter().enumerate() {
            let only =
                if m.only.is_empty() { String::new() } else { format!(" where {}", m.only.join(", ")) };
            let whole = sum(&m.pieces).chars().count() <= WIDTH - 40;
            let groups: Vec<&[(bool, String)]> =
                if whole { vec![&m.pieces] } else { m.pieces.chunks(1).collect() };
            for (g, pieces) in groups.into_iter().enumerate() {
                let sign = match (i + g, pieces[0].0) {
                    (0, true) => "= −",
                    (0, false) => "= ",
                    (_, true) => "− ",
                    (_, false) => "+ ",
                };
                let mut rest = pieces.to_vec();
                rest[0].0 = false;
                let from = if g == 0 { format!("from {}{only}", m.from) } else { String::new() };
                rows.push((format!("        {sign}{}", sum(&rest)), from));
            }
        }
    }
    let width = rows
        .iter()
        .filter(|r| !r.1.is_empty())
        .map(|r| r.0.chars().count())
        .filter(|w| *w <= WIDTH)
        .max()
        .unwrap_or(0);
    rows.iter().map(|(a, b)| format!("{a:width$}  {b}").trim_end().to_string() + "\n").collect()
}
