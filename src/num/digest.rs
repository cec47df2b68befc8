//! A fingerprint of numbers and texts, the same on every machine: it tells changes from none. Not here:
//! anything against somebody who means to deceive.

/// A fingerprint in the making. Each word moves all bits of it in a way that can be undone, so that two
/// inputs that differ in one word have different ones.
#[derive(Clone, Debug)]
pub struct Digest(u64);

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

impl Default for Digest {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl Digest {
    /// A word.
    pub fn word(&mut self, x: u64) -> &mut Self {
        self.0 = mix(self.0 ^ x).wrapping_add(0x9e37_79b9_7f4a_7c15);
        self
    }
    /// Numbers, by their bits, and how many there are.
    pub fn numbers(&mut self, x: &[f64]) -> &mut Self {
        x.iter().for_each(|x| {
            self.word(x.to_bits());
        });
        self.word(x.len() as u64)
    }
    /// Bytes, and how many there are.
    pub fn bytes(&mut self, x: &[u8]) -> &mut Self {
        let (whole, rest) = x.as_chunks::<8>();
        for word in whole {
            self.word(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.word(u64::from_le_bytes(last)).word(x.len() as u64)
    }
    /// What it has come to.
    pub fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_and_every_length_counts() {
        let of = |bytes: &[u8]| Digest::default().bytes(bytes).finish();
        let text = b"a kept posterior";
        for bit in 0..text.len() * 8 {
            let mut other = *text;
            other[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(of(&other), of(text), "bit {bit}");
        }
        assert_ne!(of(b"a"), of(b"a\0"));
        assert_ne!(of(b""), of(b"\0"));
    }
}
