//! Tensor contractions `C[lc] += coef · Σ A[la]·B[lb]…`: planned once for given axes, then run many times
//! without allocating. It knows letters and strides, and nothing of what the numbers mean.
//!
//! Three equal things stand here: [`reference()`], nested loops over everything; [`Contraction::compile`],
//! which orders the operands by cost and picks a kernel for each step; and [`Contraction::run`]. A one-hot
//! operand is a constraint `level = codes[row]`, never an array: its products are lookups.

mod compile;
mod run;
#[cfg(test)]
mod tests;
mod work;

use std::fmt;

/// Names an index; `sizes[letter]` is how far it runs.
pub type Letter = u16;

/// The code that stands for a row of zeros.
pub const NO_LEVEL: u32 = u32::MAX;

/// A strided view's shape: letters with their strides in elements. A letter may repeat (a diagonal). Stride 0
/// broadcasts an input.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Axes(pub Vec<(Letter, usize)>);

impl Axes {
    /// The row-major axes of a dense array with these letters, outermost first.
    pub fn row_major(letters: &[Letter], sizes: &[usize]) -> Self {
        let mut stride = 1;
        let mut axes: Vec<_> = letters
            .iter()
            .rev()
            .map(|&l| {
                let s = stride;
                stride *= sizes[l as usize];
                (l, s)
            })
            .collect();
        axes.reverse();
        Self(axes)
    }

    /// The slice length that these axes reach: one past the farthest element, or 0 where an axis is empty.
    pub fn extent(&self, sizes: &[usize]) -> usize {
        if self.0.iter().any(|&(l, _)| sizes[l as usize] == 0) {
            return 0;
        }
        1 + self.0.iter().map(|&(l, s)| (sizes[l as usize] - 1) * s).sum::<usize>()
    }
}

/// What one operand looks like, known before the numbers are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperandShape {
    /// An array of numbers.
    Dense(Axes),
    /// `[row, level]` with a one at `level = codes[row]` and zeros elsewhere.
    OneHot {
        /// The letter that the codes run over.
        row: Letter,
        /// The letter whose value a code is.
        level: Letter,
    },
}

/// What one operand holds, given at each run.
#[derive(Clone, Copy, Debug)]
pub enum Operand<'a> {
    /// The elements of a [`OperandShape::Dense`].
    Dense(&'a [f64]),
    /// The codes of a [`OperandShape::OneHot`], one a row; [`NO_LEVEL`] is a row of zeros.
    Codes(&'a [u32]),
}

/// Calls `f` with operands side by side, without a list on the heap where they are few.
pub fn with_operands<'a, R>(
    mut operands: impl Iterator<Item = Operand<'a>>,
    f: impl FnOnce(&[Operand<'a>]) -> R,
) -> R {
    const FEW: usize = 8;
    let mut few = [Operand::Dense(&[]); FEW];
    let mut count = 0;
    for operand in operands.by_ref().take(FEW) {
        few[count] = operand;
        count += 1;
    }
    match operands.next() {
        None => f(&few[..count]),
        Some(next) => f(&few.into_iter().chain([next]).chain(operands).collect::<Vec<_>>()),
    }
}

/// Nested loops over all letters, for any number of operands: the plain twin of [`Contraction`].
///
/// # Panics
/// If an operand is not of its shape's kind or is too short, or a letter has no size.
pub fn reference(
    sizes: &[usize],
    coef: f64,
    shapes: &[OperandShape],
    operands: &[Operand<'_>],
    out: &mut [f64],
    out_axes: &Axes,
) {
    let mut used: Vec<Letter> = out_axes.0.iter().map(|a| a.0).collect();
    for s in shapes {
        match s {
            OperandShape::Dense(axes) => used.extend(axes.0.iter().map(|a| a.0)),
            OperandShape::OneHot { row, level } => used.extend([*row, *level]),
        }
    }
    used.sort_unstable();
    used.dedup();
    if used.iter().any(|&l| sizes[l as usize] == 0) {
        return;
    }
    let mut at = vec![0; sizes.len()];
    let offset = |axes: &Axes, at: &[usize]| axes.0.iter().map(|&(l, s)| at[l as usize] * s).sum::<usize>();
    loop {
        let mut product = Some(coef);
        for (shape, operand) in shapes.iter().zip(operands) {
            match (shape, operand) {
                (OperandShape::Dense(axes), Operand::Dense(data)) => {
                    product = product.map(|p| p * data[offset(axes, &at)])
                }
                (OperandShape::OneHot { row, level }, Operand::Codes(codes)) => {
                    let code = codes[at[*row as usize]];
                    product = product.filter(|_| code != NO_LEVEL && code as usize == at[*level as usize]);
                }
                _ => panic!("an operand is not of its shape's kind"),
            }
        }
        if let Some(p) = product {
            out[offset(out_axes, &at)] += p;
        }
        // The next index, last letter fastest.
        let Some(&l) = used.iter().rev().find(|&&l| at[l as usize] + 1 < sizes[l as usize]) else { return };
        at[l as usize] += 1;
        used.iter().filter(|&&m| m > l).for_each(|&m| at[m as usize] = 0);
    }
}

/// A contraction compiled for given axes. Sizes are fixed but for the letters named as varying at compile
/// time.
#[derive(Clone, Debug)]
pub struct Contraction {
    steps: Vec<Operation>,
    /// Scratch arrays, in the order they are laid out.
    buffers: Vec<Size>,
    /// Letters that multiply the result by their size, since no array has them.
    repeats: Vec<Letter>,
    sizes: Vec<usize>,
    varying: Vec<Letter>,
    /// Letters whose emptiness empties the whole sum.
    used: Vec<Letter>,
    operands: usize,
}

/// A length: a fixed factor, and the run-time sizes of some varying letters.
#[derive(Clone, Debug, PartialEq)]
struct Size {
    fixed: usize,
    varying: Vec<Letter>,
}

impl Size {
    fn at(&self, sizes: &[usize]) -> usize {
        self.varying.iter().fold(self.fixed, |p, &l| p * sizes[l as usize])
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum ReadFrom {
    Operand(usize),
    Scratch(usize),
    One,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum WriteTo {
    Out,
    Scratch(usize),
}

/// One loop over an index, or over several merged into one.
#[derive(Clone, Debug, PartialEq)]
struct Dim {
    size: Size,
    /// Steps in A, B and C.
    stride: [usize; 3],
    /// What follows from this index through one-hot operands.
    lookups: Vec<Lookup>,
    letters: Vec<Letter>,
}

/// `level = codes[row]`, where the row is the loop's own index or the level of an earlier lookup of the same
/// loop.
#[derive(Clone, Debug, PartialEq)]
struct Lookup {
    codes: usize,
    from: Option<usize>,
    stride: [usize; 3],
    level: Letter,
}

#[expect(clippy::large_enum_variant, reason = "a handful a plan")]
#[derive(Clone, Debug, PartialEq)]
enum Kernel {
    /// C[m,n] += Σ_k A[m,k] B[k,n].
    Gemm { m: Dim, n: Dim, k: Dim },
    /// One innermost loop.
    Line { dim: Dim, form: Form },
}

/// The shape of an innermost loop, by its strides in (A, B, C).
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    /// (1, 0, 1): C += s A.
    Axpy,
    /// (1, 1, 1): C += A B.
    Elementwise,
    /// (1, 1, 0): c += Σ A B.
    Dot,
    /// (1, 0, 0): c += s Σ A.
    Sum,
    /// (0, 0, 1): C += s.
    Fill,
    /// Any other.
    Strided,
}

#[expect(clippy::large_enum_variant, reason = "a handful a plan")]
#[derive(Clone, Debug, PartialEq)]
enum Operation {
    /// C += A B in nested loops around a kernel.
    Product { a: ReadFrom, b: ReadFrom, c: WriteTo, outer: Vec<Dim>, kernel: Kernel },
    /// A one-hot written out as numbers, for the rare sum that constrains one level twice.
    Spread { codes: usize, into: usize, rows: Letter, levels: Letter, stride: usize },
    /// 1 where a row has a level, 0 where it has none.
    Valid { codes: usize, into: usize, rows: Letter },
}

impl fmt::Display for Contraction {
    /// The steps in order, such as `n·k→s0, then gemm n×s·k`. Letter 0 is printed as `a`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |ls: &[Letter]| {
            ls.iter().map(|&l| if l < 26 { char::from(b'a' + l as u8) } else { '?' }).collect::<String>()
        };
        for (i, step) in self.steps.iter().enumerate() {
            if i > 0 {
                f.write_str(", then ")?;
            }
            match step {
                Operation::Spread { rows, levels, .. } => {
                    write!(f, "one-hot {}→{} written out", name(&[*rows]), name(&[*levels]))?
                }
                Operation::Valid { rows, .. } => write!(f, "rows of {} that have a level", name(&[*rows]))?,
                Operation::Product { outer, kernel, .. } => {
                    let lookups = || outer.iter().flat_map(|d| &d.lookups);
                    let prefix =
                        match (lookups().any(|l| l.stride[2] == 0), lookups().any(|l| l.stride[2] > 0)) {
                            (_, true) => "scatter-add ",
                            (true, _) => "gather ",
                            _ => "",
                        };
                    f.write_str(prefix)?;
                    match kernel {
                        Kernel::Gemm { m, n, k } => {
                            write!(f, "gemm {}×{}·{}", name(&m.letters), name(&n.letters), name(&k.letters))?
                        }
                        Kernel::Line { dim, form } => {
                            let form = match form {
                                Form::Axpy => "axpy",
                                Form::Elementwise => "elementwise",
                                Form::Dot => "dot",
                                Form::Sum => "sum",
                                Form::Fill => "fill",
                                Form::Strided => "loop",
                            };
                            f.write_str(if dim.letters.is_empty() { "multiply" } else { form })?;
                            if !dim.letters.is_empty() {
                                write!(f, " {}", name(&dim.letters))?;
                            }
                        }
                    }
                    if !outer.is_empty() {
                        f.write_str(" over ")?;
                    }
                    for (i, d) in outer.iter().enumerate() {
                        write!(f, "{}{}", if i > 0 { "," } else { "" }, name(&d.letters))?;
                        for l in &d.lookups {
                            write!(f, "→{}", name(&[l.level]))?;
                        }
                    }
                }
            }
        }
        Ok(())
    }
}
