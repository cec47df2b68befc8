//! `--format json`: one object, every number with all its digits, NaN and infinities as null.

use super::{Page, ReportFormat};
use crate::answer::posterior::{Axis, BlockSummary, DerivedPosterior, NodePosterior, Posterior};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::io;

/// The format.
#[derive(Debug)]
pub struct Json;

impl ReportFormat for Json {
    fn name(&self) -> &'static str {
        "json"
    }
    fn summary(&self) -> &'static str {
        "one object with every digit, for programs"
    }
    fn write(&self, posterior: &Posterior, page: &Page<'_>, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, &Report { posterior, page }).map_err(io::Error::from)?;
        writeln!(out)
    }
}

/// Serialised field by field: nothing is built in memory, and fields keep the order of this file.
struct Report<'a> {
    posterior: &'a Posterior,
    page: &'a Page<'a>,
}

impl Serialize for Report<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let p = self.posterior;
        let mut map = s.serialize_map(None)?;
        map.serialize_entry("model", &p.model)?;
        map.serialize_entry("seed", &p.seed)?;
        map.serialize_entry("restart", &p.restart)?;
        map.serialize_entry("iterations", &p.iterations)?;
        if p.record.passes() > p.iterations {
            map.serialize_entry("passes", &p.record.passes())?;
        }
        map.serialize_entry("converged", &p.converged)?;
        map.serialize_entry("tolerance", &p.tolerance)?;
        let bound = |x: &f64| x.is_finite().then_some(*x);
        map.serialize_entry("restarts", &p.restarts.iter().map(bound).collect::<Vec<_>>())?;
        if !p.left.is_empty() {
            map.serialize_entry("left", &p.left)?;
        }
        if p.moves.tried > 0 {
            let moves = [("tried", p.moves.tried), ("kept", p.moves.kept)];
            map.serialize_entry("moves", &ObjectJson(|| moves.iter().map(|(name, n)| (*name, n))))?;
        }
        map.serialize_entry("plates", &ObjectJson(|| p.plates.iter().map(|(n, x)| (n.as_str(), x))))?;
        map.serialize_entry("elbo", &p.elbo)?;
        map.serialize_entry("digits", &p.digits)?;
        map.serialize_entry("warnings", &p.warnings)?;
        map.serialize_entry("trace", &p.trace)?;
        map.serialize_entry(
            "terms",
            &ObjectJson(|| p.terms.iter().map(|(name, value)| (name.as_str(), value))),
        )?;
        map.serialize_entry("blocks", &ListJson(|| p.blocks.iter().map(BlockJson)))?;
        if !p.pruned.is_empty() {
            map.serialize_entry("pruned", &ObjectJson(|| p.pruned.iter().map(|(n, x)| (n.as_str(), x))))?;
        }
        if let Some(profile) = &p.profile {
            map.serialize_entry("profile", &super::profile::ProfileJson(profile))?;
        }
        map.serialize_entry(
            "nodes",
            &ObjectJson(|| {
                self.page.nodes(p, false).map(|n| (n.name.as_str(), NodeJson(n, self.page.quantiles)))
            }),
        )?;
        if !p.derived.is_empty() {
            map.serialize_entry(
                "derive",
                &ObjectJson(|| p.derived.iter().map(|d| (d.name.as_str(), DerivedJson(d)))),
            )?;
        }
        map.end()
    }
}

/// A derived quantity. Its quantiles cost nothing more, so they always stand there.
struct DerivedJson<'a>(&'a DerivedPosterior);

impl Serialize for DerivedJson<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let d = self.0;
        let shape: Vec<usize> = d.plates.iter().chain(&d.event).map(|a| a.size).collect();
        let labels = labels(d.plates.iter().chain(&d.event));
        let nested = |values| Nested { shape: &shape, values };
        let mut map = s.serialize_map(None)?;
        map.serialize_entry("expression", &d.expression)?;
        map.serialize_entry("plates", &d.plates.iter().map(|a| a.name.as_str()).collect::<Vec<_>>())?;
        map.serialize_entry("shape", &shape)?;
        if !labels.is_empty() {
            map.serialize_entry("labels", &ObjectJson(|| labels.iter().copied()))?;
        }
        map.serialize_entry("mean", &nested(&d.mean))?;
        map.serialize_entry("sd", &nested(&d.sd))?;
        let levels = || ["0.05", "0.5", "0.95"].into_iter().zip(&d.quantiles);
        map.serialize_entry("quantiles", &ObjectJson(|| levels().map(|(p, x)| (p, nested(x)))))?;
        map.serialize_entry("draws", &d.draws)?;
        map.serialize_entry("error", &nested(&d.error))?;
        map.end()
    }
}

/// An object from pairs, in their order.
pub(super) struct ObjectJson<F>(pub(super) F);

impl<'a, V: Serialize, I: Iterator<Item = (&'a str, V)>, F: Fn() -> I> Serialize for ObjectJson<F> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_map((self.0)())
    }
}

/// A list from an iterator.
struct ListJson<F>(F);

impl<V: Serialize, I: Iterator<Item = V>, F: Fn() -> I> Serialize for ListJson<F> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq((self.0)())
    }
}

struct BlockJson<'a>(&'a BlockSummary);

impl Serialize for BlockJson<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(Some(4))?;
        map.serialize_entry("nodes", &self.0.nodes)?;
        map.serialize_entry("kind", self.0.kind)?;
        map.serialize_entry("over", &self.0.over)?;
        map.serialize_entry("why", &self.0.why)?;
        map.end()
    }
}

/// A node; with its quantiles, if they were asked for.
struct NodeJson<'a>(&'a NodePosterior, bool);

impl Serialize for NodeJson<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let n = self.0;
        let plates: Vec<usize> = n.plates.iter().map(|a| a.size).collect();
        let with = |dims: &[usize]| [plates.as_slice(), dims].concat();
        let event: Vec<usize> = n.event.iter().map(|a| a.size).collect();
        let shape = with(&event);
        let parameters: Vec<(&str, Vec<usize>, &[f64])> =
            n.parameters.iter().map(|p| (p.name.as_str(), with(&p.dims), p.values.as_slice())).collect();
        let labels = labels(n.plates.iter().chain(&n.event));

        let mut map = s.serialize_map(None)?;
        map.serialize_entry("family", &n.family)?;
        map.serialize_entry("plates", &n.plates.iter().map(|a| a.name.as_str()).collect::<Vec<_>>())?;
        map.serialize_entry("shape", &shape)?;
        if !labels.is_empty() {
            map.serialize_entry("labels", &ObjectJson(|| labels.iter().copied()))?;
        }
        map.serialize_entry(
            "parameters",
            &ObjectJson(|| parameters.iter().map(|(name, shape, values)| (*name, Nested { shape, values }))),
        )?;
        map.serialize_entry("mean", &Nested { shape: &shape, values: &n.mean })?;
        if let Some(sd) = &n.sd {
            map.serialize_entry("sd", &Nested { shape: &shape, values: sd })?;
        }
        if let (true, Some((low, high)), Some(median)) = (self.1, &n.quantiles, &n.median) {
            let nested = |values| Nested { shape: &shape, values };
            let levels = || [("0.05", low), ("0.5", median), ("0.95", high)].into_iter();
            map.serialize_entry("quantiles", &ObjectJson(|| levels().map(|(p, x)| (p, nested(x)))))?;
        }
        map.end()
    }
}

/// Names of the elements of each axis that has any; an axis met twice (a matrix) once.
fn labels<'a>(axes: impl Iterator<Item = &'a Axis>) -> Vec<(&'a str, &'a [String])> {
    let mut out: Vec<(&str, &[String])> = vec![];
    for Axis { name, labels, .. } in axes {
        if let Some(labels) = labels
            && !out.iter().any(|(seen, _)| seen == name)
        {
            out.push((name, labels));
        }
    }
    out
}

/// A row-major array as nested lists; with no axes, a bare number.
pub(super) struct Nested<'a> {
    pub(super) shape: &'a [usize],
    pub(super) values: &'a [f64],
}

impl Serialize for Nested<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let Some((&n, rest)) = self.shape.split_first() else {
            return self.values.first().serialize(s);
        };
        let stride: usize = rest.iter().product();
        let mut seq = s.serialize_seq(Some(n))?;
        for i in 0..n {
            // An array too short for its shape would be a bug of the engine; null shows it without hiding the
            // rest.
            let values = self.values.get(i * stride..(i + 1) * stride).unwrap_or(&[]);
            seq.serialize_element(&Nested { shape: rest, values })?;
        }
        seq.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Show, sample};
    use serde_json::{Value, json};

    fn written(page: &Page<'_>) -> String {
        let mut out = vec![];
        Json.write(&sample::posterior(), page, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn fields_are_those_of_the_contract_in_order() {
        let text = written(&Page::default());
        let places: Vec<usize> = [
            "model",
            "seed",
            "restart",
            "iterations",
            "converged",
            "tolerance",
            "restarts",
            "plates",
            "elbo",
            "digits",
            "warnings",
            "trace",
            "terms",
            "blocks",
            "nodes",
            "derive",
        ]
        .iter()
        .map(|f| text.find(&format!("\"{f}\":")).unwrap_or_else(|| panic!("no field {f}")))
        .collect();
        assert!(places.is_sorted(), "{places:?}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value.as_object().unwrap().len(), 16);
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn shapes_follow_plates_then_event() {
        let value: Value =
            serde_json::from_str(&written(&Page { show: Show::All, ..Page::default() })).unwrap();
        let nodes = &value["nodes"];
        assert_eq!(nodes["tau"]["shape"], json!([]));
        assert_eq!(nodes["tau"]["mean"], json!(2.0), "a scalar is a bare number");
        assert_eq!(nodes["tau"]["parameters"], json!({"shape": 4.0, "rate": 2.0}));
        assert_eq!(nodes["centre"]["plates"], json!(["k"]));
        assert_eq!(nodes["centre"]["shape"], json!([2, 2]));
        assert_eq!(nodes["centre"]["mean"], json!([[2.036, 54.48], [4.29, 79.97]]));
        assert_eq!(nodes["centre"]["labels"], json!({"x": ["duration", "waiting"]}));
        assert_eq!(nodes["spread"]["mean"][1], json!([[5.1, 0.02], [0.02, 0.03]]));
        assert_eq!(nodes["spread"]["parameters"]["dof"], json!([99.0, 177.0]));
        assert_eq!(nodes["heavy"]["sd"], Value::Null, "infinite");
        assert!(nodes["heavy"].as_object().unwrap().contains_key("sd"));
        assert!(!nodes["z"].as_object().unwrap().contains_key("sd"), "a category has no sd");
        assert!(!nodes["tau"].as_object().unwrap().contains_key("labels"));
    }

    #[test]
    fn local_nodes_on_demand_only() {
        let value: Value = serde_json::from_str(&written(&Page::default())).unwrap();
        assert!(value["nodes"].get("z").is_none());
        let names = ["z".to_string()];
        let value: Value =
            serde_json::from_str(&written(&Page { show: Show::Named(&names), ..Page::default() })).unwrap();
        assert_eq!(value["nodes"].as_object().unwrap().keys().collect::<Vec<_>>(), ["z"]);
    }

    #[test]
    fn numbers_keep_every_bit() {
        let text = written(&Page::default());
        let elbo = text.split("\"elbo\":").nth(1).unwrap().split(',').next().unwrap();
        assert_eq!(elbo.parse::<f64>().unwrap().to_bits(), sample::posterior().elbo.to_bits());
    }
}
