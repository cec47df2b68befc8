//! The codes of what is wrong with a model file's form.

use crate::diag::Code;

pub(super) const CODE_RON: Code = Code("E0101");
pub(super) const CODE_EXPR: Code = Code("E0102");
pub(super) const CODE_FIELD: Code = Code("E0103");
pub(super) const CODE_TWICE: Code = Code("E0104");
pub(super) const CODE_KIND: Code = Code("E0105");
pub(super) const CODE_DEPTH: Code = Code("E0106");
pub(super) const CODE_KEY: Code = Code("E0107");
pub(super) const CODE_FINITE: Code = Code("E0108");
pub(super) const CODE_NO_NODES: Code = Code("E0109");
