//! The posterior predictive of some elements by one line: expectations of its arguments under q, averaged
//! over the categories of its selectors. Not here: in which order elements come (`order`).
//!
//! Given its parameters a child has a mean and a variance; its predictive mean is the mean of the one, and
//! its variance the mean of the other and the variance of the means (the law of total variance). So what is
//! not known of the parameters is part of the spread: of a Gamma precision the predictive is a Student-t, of
//! a Beta the Beta–binomial, of a Gamma rate the negative binomial or the Lomax, of a Dirichlet the
//! Dirichlet–multinomial, and these are their moments.

use super::{
    arguments::Arguments,
    beliefs::Beliefs,
    form::{Covariance, Form, shared},
    joint::joint,
    rows::{Rows, written},
};
use crate::{
    answer::law::Law,
    expfam::{
        outlook::{Expected, Outlook, Predictive},
        spec::DistSpec,
        stat::{Arithmetic, Domain, PartShape},
    },
    graph::{
        evaluate::{self, Environment, Indices, known},
        factor_graph::{Factor, Ref, Target},
    },
};

/// Responsibilities below this add nothing that could be seen.
const NEGLIGIBLE: f64 = 1e-12;

/// What is predicted of one element.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    pub(super) outlook: Outlook,
    /// Where means of components are counted from.
    first: Vec<f64>,
    /// Of a real value that no selector decides about: each number as a form, and the covariance of what the
    /// line adds, d × d.
    pub(super) around: Option<(Vec<Form>, Vec<f64>)>,
    /// Its whole distribution, as components with their shares; `None` for one that is not known but for its moments.
    pub(super) laws: Vec<(f64, Option<Law>)>,
}

/// Predicts elements that the environment stands at. `fixed` selectors have the categories that it has
/// chosen.
pub(super) fn tell<'a>(
    rows: &Rows<'_>,
    beliefs: &Beliefs<'_>,
    env: Environment<'a>,
    line: &'a Factor,
    d: usize,
    fixed: &[&Ref],
) -> Vec<Told> {
    let count = env.count();
    let mut selectors = vec![];
    written(line).1.iter().for_each(|a| evaluate::selectors(&a.expr, &mut selectors));
    selectors.retain(|s| !fixed.contains(s));
    let mut mix = Mix { rows, beliefs, line, d, selectors, told: vec![Told::default(); count] };
    let apart: Vec<usize> = (0..count).filter(|&i| !mix.together(&env, i)).collect();
    mix.choose(&env, 0, &apart, &vec![1.0; apart.len()]);
    for told in mix.told.iter_mut().filter(|t| !t.first.is_empty()) {
        // Shares sum to 1.
        let moved = told.outlook.mean.iter().zip(&told.first).map(|(m, first)| (m - first) * (m - first));
        told.outlook.variance.iter_mut().zip(moved).for_each(|(v, m)| *v -= m);
    }
    mix.told
}

/// Mixtures over the categories of a line's selectors, one for each element.
struct Mix<'m, 'a, 'b> {
    rows: &'m Rows<'m>,
    beliefs: &'m Beliefs<'b>,
    line: &'a Factor,
    d: usize,
    selectors: Vec<&'a Ref>,
    told: Vec<Told>,
}

impl<'a> Mix<'_, 'a, '_> {
    /// Adds element `i` by the joint probabilities of its selectors, where several of them are predicted;
    /// says whether it did.
    fn together(&mut self, env: &Environment<'a>, i: usize) -> bool {
        if self.selectors.len() < 2 {
            return false;
        }
        let site = |r: &&Ref| match r.target {
            Target::Node(n) => Some((n.0, env.element(r).at(i))),
            _ => None,
        };
        let sites: Vec<_> = self.selectors.iter().filter_map(site).collect();
        let categories = |env: Environment<'_>, line: &Factor, d: usize, fixed: &[&Ref]| {
            tell(self.rows, self.beliefs, env, line, d, fixed).pop().map(|told| told.outlook.mean)
        };
        let Some(joint) = joint(self.rows, self.beliefs, &sites, &categories) else { return false };
        for (mut n, p) in joint.into_iter().enumerate().filter(|(_, p)| *p >= NEGLIGIBLE) {
            let mut env = env.clone();
            for (r, site) in self.selectors.iter().zip(&sites).rev() {
                let k = self.beliefs.nodes[site.0].width;
                env.choose(r, Indices::Same(n % k));
                n /= k;
            }
            self.add(&env, &[i], &[p]);
        }
        true
    }

    /// Adds every choice of categories from selector `s` on, at those `places` where it has any probability.
    fn choose(&mut self, env: &Environment<'a>, s: usize, places: &[usize], weights: &[f64]) {
        if places.is_empty() {
            return;
        }
        let Some(&selector) = self.selectors.get(s) else {
            return self.add(env, places, weights);
        };
        let Target::Node(node) = selector.target else { return };
        let (belief, at) = (&self.beliefs.nodes[node.0], env.element(selector));
        let k = belief.width;
        let p = |i: usize, c: usize| belief.mean.get(at.at(i) * k + c).copied().unwrap_or(f64::NAN);
        for c in 0..k {
            let weighed = places.iter().zip(weights).map(|(&i, w)| (i, w * p(i, c)));
            // NaN passes on.
            let counts = |(_, w): &(usize, f64)| w.is_nan() || *w >= NEGLIGIBLE;
            let (places, weights): (Vec<usize>, Vec<f64>) = weighed.filter(counts).unzip();
            let mut env = env.clone();
            env.choose(selector, Indices::Same(c));
            self.choose(&env, s + 1, &places, &weights);
        }
    }

    /// Adds the component that the selectors have chosen.
    fn add(&mut self, env: &Environment<'a>, places: &[usize], weights: &[f64]) {
        let some;
        let env = if places.len() == env.count() {
            env
        } else {
            some = env.only(places);
            &some
        };
        let bound = self.rows.bound;
        let size = |e| bound.size(e);
        let arguments = Arguments { beliefs: self.beliefs, env, size: &size, labelled: &bound.labelled };
        let same = written(self.line).1.iter().all(|a| arguments.same(&a.expr));
        let mut part = Told::default();
        for (i, (&place, &weight)) in places.iter().zip(weights).enumerate() {
            if i == 0 || !same {
                part = component(&arguments, self.line, self.d, i);
            }
            let told = &mut self.told[place];
            if self.selectors.is_empty() {
                *told = part.clone();
                continue;
            }
            if told.first.is_empty() {
                told.first.clone_from(&part.outlook.mean);
            }
            let sums = &mut told.outlook;
            let add = |sum: &mut Vec<f64>, x: &[f64]| {
                sum.resize(x.len(), 0.0);
                sum.iter_mut().zip(x).for_each(|(s, x)| *s += weight * x);
            };
            let of_means =
                part.outlook.mean.iter().zip(&told.first).map(|(m, first)| (m - first) * (m - first));
            let second: Vec<f64> = part.outlook.variance.iter().zip(of_means).map(|(v, m)| v + m).collect();
            add(&mut sums.mean, &part.outlook.mean);
            add(&mut sums.variance, &second);
            add(&mut sums.inverse, &part.outlook.inverse);
            told.laws.extend(part.laws.iter().map(|(w, law)| (weight * w, law.clone())));
        }
    }
}

/// The child's predictive at element `i`, selectors chosen.
fn component(arguments: &Arguments<'_, '_>, line: &Factor, d: usize, i: usize) -> Told {
    let (spec, args) = written(line);
    let converted = |slot: usize, mut value: Vec<f64>| -> Vec<f64> {
        let param = &spec.params[slot - 1];
        if value.len() == 1 && param.stat.value == PartShape::Vector {
            value.resize(d, value[0]);
        }
        if let Some(s) = args[slot - 1].spelling {
            // Checked when the plan was made.
            let _ = (param.spellings[s].convert)(&mut value, d);
        }
        value
    };
    let power = |slot: usize, p: i32| -> Vec<f64> {
        let (arg, matrix) = (&args[slot - 1], spec.params[slot - 1].stat.value == PartShape::Matrix);
        if arg.spelling.is_some() {
            let value = converted(slot, arguments.power(&arg.expr, i, 1, matrix));
            return match (matrix, p) {
                (true, -1) => super::arguments::inverse(&value),
                _ => value.iter().map(|x| x.powi(p)).collect(),
            };
        }
        let mut all = arguments.power(&arg.expr, i, p, matrix);
        if all.len() == 1 && spec.params[slot - 1].stat.value == PartShape::Vector {
            all.resize(d, all[0]);
        }
        all
    };
    let real = |slot: usize| arguments.moments(&args[slot - 1].expr, i);
    let variance = |slot: usize| {
        let arg = &args[slot - 1];
        if known(&arg.expr) {
            return vec![0.0; power(slot, 1).len()];
        }
        arguments.variance(&arg.expr, i)
    };
    let expected = Expected { power: &power, variance: &variance, real: &real };
    match spec.predictive {
        Some(Predictive::Moments(tell)) => {
            let outlook = tell(&expected, d);
            // Of a truth value the mean is all there is.
            let binary =
                |p: f64| (spec.stat.domain == Domain::Binary).then(|| Law::Discrete(vec![1.0 - p, p]));
            let law = outlook.mean.first().and_then(|p| binary(*p));
            Told { outlook, laws: vec![(1.0, law)], ..Told::default() }
        }
        Some(Predictive::Around(noise)) => {
            let covariance = arguments.covariance();
            let covariance: Covariance<'_> = &covariance;
            let mut forms = arguments.real(&args[0].expr, i);
            let width = spec.stat.value.width(d);
            if forms.len() == 1 && width > 1 {
                forms = vec![forms[0].clone(); width];
            }
            let noise = noise(&expected, d);
            let gaussian = spec.family.is_some()
                && args[1..].iter().all(|a| known(&a.expr))
                && forms.iter().all(|f| f.products.is_empty() && arguments.beliefs.are_gaussian(&f.linear));
            let mut outlook = Outlook::default();
            for (k, form) in forms.iter_mut().enumerate() {
                let mean = form.expected(covariance);
                let variance =
                    form.variance(covariance) + noise.get(k * width + k).copied().unwrap_or(f64::NAN);
                form.mean = mean;
                outlook.mean.push(mean);
                outlook.variance.push(variance);
            }
            let law = gaussian.then(|| Law::gaussian(&outlook.mean, &outlook.variance));
            Told { outlook, around: Some((forms, noise)), laws: vec![(1.0, law)], ..Told::default() }
        }
        None => {
            let outlook = at_the_means(spec, d, &expected);
            Told { outlook, laws: vec![(1.0, None)], ..Told::default() }
        }
    }
}

/// The child where its parameters are what is expected of them, of a distribution that says no more.
fn at_the_means(spec: &DistSpec, d: usize, expected: &Expected<'_>) -> Outlook {
    let mut values = vec![vec![]];
    for (i, param) in spec.params.iter().enumerate() {
        let real = param.stat.is(Arithmetic::Sum, PartShape::Scalar);
        values.push(if real { vec![(expected.real)(i + 1)[0]] } else { (expected.power)(i + 1, 1) });
    }
    let values: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
    let nothing = || vec![f64::NAN; spec.stat.mean_shape().width(d)];
    Outlook {
        mean: spec.mean_given.map_or_else(nothing, |given| given(&values, d)),
        variance: spec.sd_given.map_or(vec![], |given| given(&values, d).iter().map(|s| s * s).collect()),
        ..Outlook::default()
    }
}

/// The covariance of the numbers of some forms by atoms of predictions alone.
pub(super) fn noise_of(forms: &[Vec<(super::form::Atom, f64)>], covariance: Covariance<'_>) -> Vec<f64> {
    let d = forms.len();
    (0..d * d).map(|k| shared(&forms[k / d], &forms[k % d], covariance)).collect()
}
