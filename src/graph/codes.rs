//! The codes of the errors and warnings of `graph`; each constructor stands beside the check that finds the
//! mistake.

use crate::diag::Code;

/// A name that nothing has.
pub const UNKNOWN_NAME: Code = Code("E0201");
/// A name given to two things, or to a thing and a function.
pub const NAME_TAKEN: Code = Code("E0202");
/// A distribution that is not in the registry.
pub const UNKNOWN_DISTRIBUTION: Code = Code("E0203");
/// A kind of plate that is not in the language.
pub const UNKNOWN_PLATE_KIND: Code = Code("E0204");
/// A parameter that the call does not take, or takes once.
pub const UNKNOWN_PARAMETER: Code = Code("E0205");
/// A parameter that the call needs.
pub const MISSING_PARAMETER: Code = Code("E0206");
/// One parameter in two spellings.
pub const TWO_SPELLINGS: Code = Code("E0207");
/// An expression that runs over a plate which the key of its line does not have.
pub const PLATE_NOT_IN_KEY: Code = Code("E0208");
/// A key whose plates or steps make no sense.
pub const BAD_KEY: Code = Code("E0209");
/// A step before the first one.
pub const NO_STEP_BEFORE: Code = Code("E0210");
/// A gate that is not a category.
pub const NOT_A_CATEGORY: Code = Code("E0211");
/// More indices than plates.
pub const TOO_MANY_INDICES: Code = Code("E0212");
/// An index that cannot stand where it stands.
pub const BAD_INDEX: Code = Code("E0213");
/// A table that is not in `data`.
pub const UNKNOWN_TABLE: Code = Code("E0214");
/// A column of which one cannot tell the row or the table.
pub const WHICH_COLUMN: Code = Code("E0215");
/// A node that cannot be bound to these data.
pub const CANNOT_OBSERVE: Code = Code("E0216");
/// Nodes that depend on each other in a circle.
pub const CYCLE: Code = Code("E0217");
/// Lines of one node that disagree.
pub const LINES_DISAGREE: Code = Code("E0218");
/// A function that the language does not have, or called wrongly.
pub const BAD_FUNCTION: Code = Code("E0219");
/// A value of the wrong kind.
pub const BAD_VALUE: Code = Code("E0220");
/// A node named twice in `factorize`.
pub const IN_TWO_BLOCKS: Code = Code("E0221");
/// An input that its plates and value do not fit together.
pub const BAD_INPUT: Code = Code("E0222");
/// A derived quantity of what has no posterior.
pub const NOT_INFERRED: Code = Code("E0223");

/// A vector where a number is asked for, or the like.
pub const WRONG_RANK: Code = Code("E0301");
/// Two axes of different lengths, or over different plates, that must be one.
pub const AXES_DIFFER: Code = Code("E0302");
/// A length that nothing fixes.
pub const OPEN_LENGTH: Code = Code("E0303");
/// Rows of a list that differ in length.
pub const RAGGED_LIST: Code = Code("E0304");
/// A gate that picks from another plate.
pub const WRONG_GATE: Code = Code("E0305");
/// Operands that do not fit together.
pub const OPERANDS: Code = Code("E0306");
/// `over` where nothing has an axis, or naming none.
pub const BAD_OVER: Code = Code("E0307");
/// A plate of no or of too many elements.
pub const PLATE_SIZE: Code = Code("E0308");
/// A written-out array that does not have one value for each element of its plates.
pub const INPUT_SIZE: Code = Code("E0309");
/// More or fewer columns than a value has numbers.
pub const COLUMN_COUNT: Code = Code("E0310");

/// Legal language that the engine does not carry yet.
pub const NOT_YET: Code = Code("E0407");

/// A table that nothing uses.
pub const UNUSED_TABLE: Code = Code("W0201");
/// A plate that nothing uses.
pub const UNUSED_PLATE: Code = Code("W0202");
/// An input that nothing uses.
pub const UNUSED_INPUT: Code = Code("W0203");
