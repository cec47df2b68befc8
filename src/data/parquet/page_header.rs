//! A look at the header of a page before the reader's own: sizes in it that no sound page of this file has.
//! Not the page's content (`pages`).
//!
//! Headers are Thrift's compact protocol: fields of a type and a distance to the field before, whole numbers
//! as bytes of seven bits each.

/// Bytes that a page may unfold to, whatever its length.
const UNFOLDS_FREELY: u64 = 1 << 24;
/// Past that, bytes for each byte of the page. A page of one value, over and over, is some thousand times
/// smaller compressed.
const UNFOLDS_AT_MOST: u64 = 4096;
/// Fields nest no deeper in any header.
const DEEPEST: usize = 16;

/// Whether a header that `bytes` begin with announces a page that it can hold. `left` is how many bytes the
/// file has from there on. Bytes that are no header, or not the whole of one, are left to the reader.
pub(super) fn plausible(bytes: &[u8], left: u64) -> bool {
    let mut header = Compact { bytes, left };
    let (mut field, mut unfolded, mut stored) = (0, None, None);
    // The first three fields: kind, size unfolded, size stored.
    while let Some((id, kind)) = header.field(field) {
        field = id;
        match (id, kind) {
            (2, I32) => unfolded = header.zigzag(),
            (3, I32) => stored = header.zigzag(),
            _ => match header.skip(kind, 0) {
                Skipped::Whole => {}
                Skipped::BeyondBytes => break,
                Skipped::Impossible => return false,
            },
        }
    }
    let (Some(unfolded), Some(stored)) = (unfolded, stored) else { return true };
    let (Ok(unfolded), Ok(stored)) = (u64::try_from(unfolded), u64::try_from(stored)) else { return false };
    stored <= left && (unfolded <= UNFOLDS_FREELY || unfolded / UNFOLDS_AT_MOST <= stored)
}

const I32: u8 = 5;

struct Compact<'a> {
    bytes: &'a [u8],
    /// Bytes of the file that texts of the header may take.
    left: u64,
}

enum Skipped {
    Whole,
    BeyondBytes,
    /// A length that the file does not have, or nesting that no header has.
    Impossible,
}

impl Compact<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn whole(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let b = self.byte()?;
            value |= u64::from(b & 0x7f) << shift;
            if b < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        self.whole().map(|v| (v >> 1).cast_signed() ^ -(v & 1).cast_signed())
    }

    /// The next field's number and type; `None` at the end of the struct.
    fn field(&mut self, before: i64) -> Option<(i64, u8)> {
        let head = self.byte()?;
        let (distance, kind) = (head >> 4, head & 15);
        if kind == 0 {
            return None;
        }
        let id = if distance == 0 { self.zigzag()? } else { before.saturating_add(i64::from(distance)) };
        Some((id, kind))
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Skipped {
        let short = |there: bool| if there { Skipped::Whole } else { Skipped::BeyondBytes };
        if depth > DEEPEST {
            return Skipped::Impossible;
        }
        match kind {
            // Truth values stand in the field's head.
            1 | 2 => Skipped::Whole,
            3 => short(self.byte().is_some()),
            4..=6 => short(self.whole().is_some()),
            7 => short((0..8).all(|_| self.byte().is_some())),
            8 => match self.whole() {
                None => Skipped::BeyondBytes,
                Some(length) if length > self.left => Skipped::Impossible,
                Some(length) => match self.bytes.split_at_checked(length as usize) {
                    Some((_, rest)) => {
                        self.bytes = rest;
                        Skipped::Whole
                    }
                    None => Skipped::BeyondBytes,
                },
            },
            9 | 10 => {
                let Some(head) = self.byte() else { return Skipped::BeyondBytes };
                let size = if head >> 4 == 15 { self.whole() } else { Some(u64::from(head >> 4)) };
                let Some(size) = size else { return Skipped::BeyondBytes };
                if size > self.left {
                    return Skipped::Impossible;
                }
                for _ in 0..size {
                    match (head & 15, self.bytes.is_empty()) {
                        (_, true) => return Skipped::BeyondBytes,
                        (1 | 2, _) => _ = self.byte(),
                        (kind, _) => match self.skip(kind, depth + 1) {
                            Skipped::Whole => {}
                            other => return other,
                        },
                    }
                }
                Skipped::Whole
            }
            12 => {
                let mut id = 0;
                while let Some((next, kind)) = self.field(id) {
                    id = next;
                    match self.skip(kind, depth + 1) {
                        Skipped::Whole => {}
                        other => return other,
                    }
                }
                Skipped::Whole
            }
            _ => Skipped::Impossible,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(mut v: u64) -> Vec<u8> {
        let mut out = vec![];
        while v >= 0x80 {
            out.push(v as u8 | 0x80);
            v >>= 7;
        }
        out.push(v as u8);
        out
    }

    /// A header of a kind and two sizes, and more fields.
    fn header(unfolded: i64, stored: i64, more: &[u8]) -> Vec<u8> {
        let number = |v: i64| [vec![0x15], whole(((v << 1) ^ (v >> 63)).cast_unsigned())].concat();
        [number(0), number(unfolded), number(stored), more.to_vec(), vec![0]].concat()
    }

    #[test]
    fn sizes_are_held_to_the_file() {
        for (bytes, left, want) in [
            (header(100, 40, &[]), 1000, true),
            (header(100, 40, &[]), 39, false),
            (header(i64::from(i32::MAX), 40, &[]), 1000, false),
            (header(1 << 24, 1, &[]), 1000, true),
            (header(1 << 30, 1 << 18, &[]), 1 << 20, true),
            (header(-1, 40, &[]), 1000, false),
            (header(100, -40, &[]), 1000, false),
            // A text of two to the 40 bytes within a struct: statistics.
            (header(100, 40, &[[0x2c, 0x18].as_slice(), &whole(1 << 40)].concat()), 1000, false),
            // A text that ends beyond what was read, but not beyond the file.
            (header(100, 40, &[0x2c, 0x18, 99]), 1000, true),
            // Structs in structs without end.
            (header(100, 40, &[0x1c; 40]), 1000, false),
            (b"\x19\x1c".to_vec(), 1000, true),
            (vec![], 0, true),
        ] {
            assert_eq!(plausible(&bytes, left), want, "{bytes:x?} of {left}");
        }
    }

    #[test]
    fn any_bytes_are_looked_at() {
        for seed in 0_u64..20_000 {
            let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            let bytes: Vec<u8> = (0..seed % 40)
                .map(|_| {
                    x ^= x << 13;
                    x ^= x >> 7;
                    x ^= x << 17;
                    x as u8
                })
                .collect();
            let _ = plausible(&bytes, 100);
        }
    }
}
