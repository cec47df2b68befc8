//! What a distribution's file declares: its name, parameters, form and family. The registry is a list of
//! these (`dist`). Not here: any distribution.

use super::{
    family::Family,
    form::{Measure, Term},
    line,
    outlook::Predictive,
    site::Site,
    stat::{GAUSSIAN, PartShape, StatKind},
};
use std::fmt;

/// Turns a known value written in another spelling into the slot's own value, in place: sd → precision.
/// `Err` says in words why it can't: `is not positive`.
pub type Convert = fn(value: &mut [f64], d: usize) -> Result<(), &'static str>;

/// Another name under which a parameter may be given: `variance` for `precision`.
#[derive(Clone, Copy)]
pub struct Spelling {
    /// The name in the model file.
    pub name: &'static str,
    /// To the slot's own value.
    pub convert: Convert,
    /// The slot's own value is this power of what is written, where it is one: −2 for an sd in place of a precision.
    /// A random variable may then be written, if its q is on the line.
    pub power: Option<i32>,
}

/// One parameter: slot `1 + its place in the list`.
#[derive(Clone, Copy)]
pub struct Param {
    /// The name in the model file.
    pub name: &'static str,
    /// What an argument must carry.
    pub stat: &'static StatKind,
    /// False where only a known value fits, such as the shape of a Gamma.
    pub random: bool,
    /// False where the value may not depend on a selector (`trials`: it is part of the base measure).
    pub gated: bool,
    /// Other names for it.
    pub spellings: &'static [Spelling],
    /// One line for `list` and the book.
    pub doc: &'static str,
}

/// ln h(x), the part of ln p that no statistic carries: −ln x! of a Poisson. `values[0]` is the child's
/// value, `values[s]` that of slot `s` where it enters, which is where the slot is not `gated`; the others
/// are empty. In nats.
///
/// The child's value is empty where the child is latent: a distribution with a `family` has an ln h that
/// doesn't read it (the −ln B(alpha, beta) of a Beta, which is no product of a function of each), and it
/// counts then too. Values that exclude each other, such as more successes than trials, give `stat::LN_ZERO`.
pub type LogBase = fn(values: &[&[f64]], d: usize) -> f64;

/// E[x | parameters]. `values[s]` is the value of slot `s`; `values[0]` is not read.
pub type MeanGiven = fn(values: &[&[f64]], d: usize) -> Vec<f64>;

/// A distribution that is another one given an auxiliary variable, one for each element of the child: p(x) =
/// ∫ p(x | s) p(s) ds.
///
/// The engine only ever sees the two on the right: a line of the model becomes two, and q holds the auxiliary
/// beside the child. Its form is empty, since no product of statistics is ln p(x).
#[derive(Debug)]
pub struct Augment {
    /// What the auxiliary is called, after the child's name and a dot: `scale`.
    pub name: &'static str,
    /// p(s): its distribution, and where each of its arguments comes from.
    pub auxiliary: &'static DistSpec,
    /// One for each parameter of `auxiliary`.
    pub auxiliary_args: &'static [Taken],
    /// p(x | s): the child's distribution, and where each of its arguments comes from.
    pub given: &'static DistSpec,
    /// One for each parameter of `given`.
    pub given_args: &'static [Taken],
}

/// Where an argument of one of the two distributions of an [`Augment`] comes from. Slots count from 1, as in
/// the written call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Taken {
    /// The written argument.
    As(usize),
    /// A number times the written argument (known).
    Share(f64, usize),
    /// The written argument times the auxiliary variable.
    Scaled(usize),
}

/// A density of a latent variable that a site stands for.
#[derive(Debug)]
pub struct PriorBySite {
    /// What the site is called, after the variable's name and a dot.
    pub name: &'static str,
    /// The variable, of which nothing but the site speaks.
    pub variable: &'static DistSpec,
    /// The site's line: its value is 0, its mean what the variable is from its own.
    pub site: &'static DistSpec,
}

/// A test point of the laws: standard parameters, in the order of `params`, and the dimension.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// Event dimension.
    pub d: usize,
    /// One slice for each parameter.
    pub params: &'static [&'static [f64]],
}

/// One distribution.
pub struct DistSpec {
    /// As in the model file.
    pub name: &'static str,
    /// One line: what it is.
    pub summary: &'static str,
    /// Where the formulas stand: book, page, equation.
    pub source: &'static str,
    /// ln p as on paper, in the names of `params`, for `list` and the book.
    pub density: &'static str,
    /// What a variable of this distribution carries.
    pub stat: &'static StatKind,
    /// The parameters, in slot order from 1.
    pub params: &'static [Param],
    /// ln p as a multilinear form over slots, but for `log_base`; against dx, or against the base measure of
    /// `family`.
    pub terms: &'static [Term],
    /// Parts of the statistic whose sum is −ln h, where the family's q is taken against h(x) dx and not dx:
    /// ln x of a Gamma. A known element among latent ones adds ln h.
    pub measure: &'static [usize],
    /// ln h(x), added once for each row of the child, observed or latent.
    pub log_base: Option<LogBase>,
    /// q of a latent variable of this distribution. `None`: it can only be observed or predicted.
    pub family: Option<&'static dyn Family>,
    /// The child's value given the parameters' values: mean of the conditional, for predictions of missing
    /// leaves whose distribution has no family.
    pub mean_given: Option<MeanGiven>,
    /// The standard deviations that go with `mean_given`, in its shape; infinite where there is none.
    pub sd_given: Option<MeanGiven>,
    /// Moments of a value whose parameters are random, for predictions. `None`: those of `mean_given` and
    /// `sd_given` at the means of the parameters.
    pub predictive: Option<Predictive>,
    /// Other forms of the same density, each with a random parameter that this one must know, at the price of
    /// another that it fixes. Same name, same parameters, same statistic. The first that has room for what is
    /// random in a call stands in its place.
    pub cases: &'static [&'static DistSpec],
    /// The same density of a variable whose q is kept on the line, since something asks it for more than `stat` has.
    /// Same name, same parameters.
    pub on_line: Option<&'static DistSpec>,
    /// Where the density is a mixture over an auxiliary variable.
    pub augment: Option<&'static Augment>,
    /// Where ln p is no product of statistics: what stands for a line. `stat` is that of the site, and
    /// `terms` what its parts are multiplied by.
    pub site: Option<&'static dyn Site>,
    /// The same distribution by other parameters, each with one whose name tells it from the others: `logit`.
    pub links: &'static [&'static DistSpec],
    /// The distribution that a call of this one holds, `of: Poisson(…)`, with arguments of its own.
    pub of: Option<&'static str>,
    /// What stands for its lines where only two ends of a value are known; the first that has room for what
    /// is random.
    pub intervals: &'static [&'static DistSpec],
    /// What its lines are made of where the value is latent: a variable, and a site for what it is from its
    /// mean.
    pub prior: Option<&'static PriorBySite>,
    /// The same line by a bound that is convex, where `bound: Tangent` asks for it.
    pub tangent: Option<&'static DistSpec>,
    /// Ordinary and extreme standard parameters; the laws run at each.
    pub points: &'static [Point],
    /// True where the values lie on a line with no origin and a mean slot (slot 1) moves with the child: data
    /// may be centred.
    pub location: bool,
    /// The slot of a known matrix that goes with the value: where X has this density with V, A X Aᵀ has it with
    /// A V Aᵀ and the same other parameters, for any A of determinant 1.
    pub congruent: Option<usize>,
}

/// What most distributions do without: `..PLAIN` ends their entry.
pub const PLAIN: DistSpec = DistSpec {
    name: "",
    summary: "",
    source: "",
    density: "",
    stat: &GAUSSIAN,
    params: &[],
    terms: &[],
    measure: &[],
    log_base: None,
    family: None,
    mean_given: None,
    sd_given: None,
    predictive: None,
    cases: &[],
    on_line: None,
    augment: None,
    site: None,
    links: &[],
    intervals: &[],
    prior: None,
    of: None,
    tangent: None,
    points: &[],
    location: false,
    congruent: None,
};

impl Param {
    /// The power of a random variable that stands there: 1, or that of its spelling; `None` where a spelling takes known
    /// values only.
    pub fn power(&self, spelling: Option<usize>) -> Option<i32> {
        spelling.map_or(Some(1), |s| self.spellings[s].power)
    }
}

impl DistSpec {
    /// The entry, among this one and its links, that a call with these names of arguments is of.
    pub fn called(&'static self, has: &dyn Fn(&str) -> bool) -> &'static DistSpec {
        let own = |link: &DistSpec| {
            let tells = |p: &Param| has(p.name) && self.param(p.name).is_none();
            link.params.iter().any(tells)
        };
        self.links.iter().copied().find(|link| own(link)).unwrap_or(self)
    }

    /// The slot of a parameter, and the spelling used, by name.
    pub fn param(&self, name: &str) -> Option<(usize, Option<&'static Spelling>)> {
        self.params.iter().enumerate().find_map(|(i, p)| {
            if p.name == name {
                return Some((i + 1, None));
            }
            p.spellings.iter().find(|s| s.name == name).map(|s| (i + 1, Some(s)))
        })
    }
    /// Its form against a measure.
    pub fn form(&self, measure: Measure) -> impl Iterator<Item = &'static Term> {
        self.terms.iter().filter(move |t| t.counts(measure))
    }
    /// −ln h of a value with this statistic, h the base measure of the family.
    pub fn minus_ln_measure(&self, d: usize, statistic: &[f64]) -> f64 {
        let parts = self.measure.iter().map(|&p| {
            let from = self.stat.offset(p, d);
            &statistic[from..from + self.stat.parts[p].shape.width(d)]
        });
        parts.flatten().sum()
    }
    /// Can a variable of it have a q: its own, or that of the distribution it is given its auxiliary?
    pub fn may_be_latent(&self) -> bool {
        self.family.is_some()
            || self.prior.is_some()
            || self.augment.is_some_and(|a| a.given.family.is_some())
    }
    /// May a latent variable of it stand where `stat` is asked for, with a q on the line if need be?
    pub fn carries(&self, stat: &StatKind) -> bool {
        let fits = |s: &DistSpec| line::stands_for(s.stat, stat);
        self.may_be_latent() && (fits(self) || self.on_line.is_some_and(fits))
    }
    /// What slot `s` carries.
    pub fn slot_stat(&self, s: usize) -> &'static StatKind {
        if s == 0 { self.stat } else { self.params[s - 1].stat }
    }
    /// Does the value have an event dimension (vectors, matrices, categories)?
    pub fn has_dim(&self) -> bool {
        let sized = |k: &StatKind| {
            k.value != PartShape::Scalar || k.parts.iter().any(|p| p.shape != PartShape::Scalar)
        };
        sized(self.stat) || self.params.iter().any(|p| sized(p.stat))
    }
}

impl PartialEq for DistSpec {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl fmt::Debug for DistSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
impl fmt::Debug for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
impl fmt::Debug for Spelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
