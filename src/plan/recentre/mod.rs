//! A model written about other origins: every Gaussian location v is v' + c, with a centre c for each of its
//! elements, and each line is rewritten for v'. The density is the same function (the Jacobian is 1), so bound and
//! q are too; what changes is that nothing far from 0 is squared. Not here: when that is needed and which centres
//! serve (`engine::recentre`), nor the one centre that all elements of a node may share (`centre`).
//!
//! A line Normal(child | e(v), τ) with e affine becomes Normal(child' | e'(v') + r, τ): e' is e without its known
//! summands, and r = e(c) − c_child is known, made in some 32 digits and rounded once. Where the child is a leaf of
//! the data its centre is e(c), so r is 0 and its data are what e(c) leaves of them. Where a selector picks among
//! components that lie far apart, r has the selector's letter: the child is 0, and r is c_k less the datum. A prior
//! keeps its place: Normal(v | 0, p) becomes Normal(v' | −c, p). What is multiplied by another random variable and
//! what follows on itself, in a chain or a tree, keeps the centre that it has.
//!
//! Where covariates are nearly alike in all rows (Unix seconds beside an intercept, a polynomial), the entries of a
//! Gaussian block are besides written about each other: v = c + L v', with L triangular and ones on its diagonal, so
//! that the columns of covariates are orthogonal (`turn`). A line Normal(vᵢ | m, p) becomes Normal(v'ᵢ | m − Σ Lᵢⱼ v'ⱼ,
//! p): again a line of the language.
//!
//! Where a prior or a row lies far from the rest, vectors that are kept with their precision matrices are written in
//! coordinates of their own as well (`shear`): MvNormal(v | m, κΛ) with v = c + L v' and Λ = L⁻ᵀ Λ' L⁻¹ is
//! MvNormal(v' | L⁻¹ (m − c), κΛ'), and a Wishart of scale V one of scale Lᵀ V L.

mod affine;
mod centres;
mod design;
mod movable;
mod shear;
mod turn;
mod write;

pub use centres::{Centres, Turn, TurnMember};
pub use movable::Movable;
pub use shear::{Shearable, shearable, sheared, skew};
pub use turn::turns;
pub use write::recentred;
