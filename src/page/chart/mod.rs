//! Charts, one file each: numbers in, SVG at two widths out. Not here: which chart a node gets (`posterior`,
//! `picture`).

pub mod blob;
pub mod density;
pub mod dots;
pub mod fitted;
pub mod heat;
pub mod odds;
pub mod one_axis;
pub mod plane;
pub mod regressions;
pub mod series;
pub mod statistics;
pub mod strips;
pub mod topic_map;
pub mod transitions;
