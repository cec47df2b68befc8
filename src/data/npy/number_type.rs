//! The types of numbers that a NumPy array may hold, read as f64.

/// A type of elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum NumberType {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
}

impl NumberType {
    pub(super) const ALL: [Self; 11] = [
        Self::Bool,
        Self::I8,
        Self::I16,
        Self::I32,
        Self::I64,
        Self::U8,
        Self::U16,
        Self::U32,
        Self::U64,
        Self::F32,
        Self::F64,
    ];

    pub(super) fn name(self) -> &'static str {
        ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"][self as usize]
    }
    pub(super) fn size(self) -> usize {
        [1, 1, 2, 4, 8, 1, 2, 4, 8, 4, 8][self as usize]
    }

    /// Adds the elements in `bytes` to `out`; the first that an f64 does not hold exactly, if any.
    pub(super) fn read(self, bytes: &[u8], big: bool, out: &mut Vec<f64>) -> Option<usize> {
        macro_rules! each {
            ($t:ty, $of:expr) => {
                each::<{ size_of::<$t>() }>(bytes, big, out, |b| $of(<$t>::from_le_bytes(b)))
            };
        }
        const EXACT: u64 = 1 << 53;
        match self {
            Self::Bool => each!(u8, |x: u8| f64::from(u8::from(x != 0))),
            Self::I8 => each!(i8, f64::from),
            Self::I16 => each!(i16, f64::from),
            Self::I32 => each!(i32, f64::from),
            Self::U8 => each!(u8, f64::from),
            Self::U16 => each!(u16, f64::from),
            Self::U32 => each!(u32, f64::from),
            Self::F32 => each!(f32, f64::from),
            Self::F64 => each!(f64, |x: f64| x),
            Self::I64 => {
                each!(i64, |x: i64| x as f64);
                let large = |b: &[u8]| i64_of(b, big).unsigned_abs() > EXACT;
                return bytes.chunks_exact(8).position(large);
            }
            Self::U64 => {
                each!(u64, |x: u64| x as f64);
                let large = |b: &[u8]| i64_of(b, big) as u64 > EXACT;
                return bytes.chunks_exact(8).position(large);
            }
        }
        None
    }
}

fn i64_of(bytes: &[u8], big: bool) -> i64 {
    let b = bytes.try_into().unwrap_or_default();
    if big { i64::from_be_bytes(b) } else { i64::from_le_bytes(b) }
}

/// Each element of `N` bytes, the lowest first.
fn each<const N: usize>(bytes: &[u8], big: bool, out: &mut Vec<f64>, of: impl Fn([u8; N]) -> f64) {
    let elements = bytes.as_chunks::<N>().0.iter().copied();
    if big {
        out.extend(elements.map(|mut b| {
            b.reverse();
            of(b)
        }));
    } else {
        out.extend(elements.map(of));
    }
}
