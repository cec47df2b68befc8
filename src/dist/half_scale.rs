//! What the scale of a folded distribution carries: 1/s² and ln s of a known s. Not here: the distributions.

use crate::expfam::stat::{self, Arithmetic, Domain, Part, PartRole, PartShape, StatKind};

/// Known scales: (1/s², ln s).
pub(super) static HALF_SCALE: StatKind = StatKind {
    name: "scale",
    parts: &[
        Part { symbol: "1/x²", shape: PartShape::Scalar, role: PartRole::Other },
        Part { symbol: "ln x", shape: PartShape::Scalar, role: PartRole::Log },
    ],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Positive,
    support: "a known positive number",
    of_value: |x, _, out| {
        stat::positive(x[0])?;
        out[0] = 1.0 / (x[0] * x[0]);
        out[1] = x[0].ln();
        Ok(())
    },
};
