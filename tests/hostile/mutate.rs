//! Mutations of bytes, the same for the same seed.

/// Numbers at the ends of what types hold, and words that readers look for.
const SALT: &[&[u8]] = &[
    b"9223372036854775807",
    b"18446744073709551616",
    b"4294967296",
    b"9007199254740993",
    b"-1",
    b"0",
    b"1e999",
    b"1e-400",
    b"NaN",
    b"\"",
    b"\"\"",
    b"\r",
    b"\n\n",
    b",,,,",
    b"\0",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"\x80\x80\x80\x80\x10",
    b"((((",
    b"]]]]",
    b"\xe2\x82\xac",
    b":",
];

/// A stream of random numbers.
pub struct Mutator(u64);

impl Mutator {
    pub fn new(seed: u64) -> Self {
        // splitmix64: seeds in a row give unlike streams.
        let z = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        Self((z ^ (z >> 27)) | 1)
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n.max(1)
    }

    fn span(&mut self, length: usize) -> std::ops::Range<usize> {
        let from = self.below(length + 1);
        let longest = if self.below(4) == 0 { length } else { 8 };
        from..(from + self.below(longest + 1)).min(length)
    }

    /// A few mutations of `sound`; `other` lends pieces.
    pub fn mutate(&mut self, sound: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = sound.to_vec();
        for _ in 0..1 + self.below(4) {
            let at = self.below(bytes.len() + 1);
            match self.below(9) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 if at < bytes.len() => bytes[at] = self.below(256) as u8,
                2 => bytes.truncate(at),
                3 => _ = bytes.drain(self.span(bytes.len())),
                4 => {
                    let piece = bytes[self.span(bytes.len())].to_vec();
                    bytes.splice(at..at, piece);
                }
                5 => {
                    let piece = &other[self.span(other.len())];
                    bytes.splice(at..at, piece.iter().copied());
                }
                6 | 7 => {
                    let salt = SALT[self.below(SALT.len())];
                    let over = if self.below(2) == 0 { salt.len() } else { 0 };
                    let end = (at + over).min(bytes.len());
                    bytes.splice(at..end, salt.iter().copied());
                }
                // A digit more or less is another number.
                _ => {
                    let digits: Vec<usize> =
                        (0..bytes.len()).filter(|&i| bytes[i].is_ascii_digit()).collect();
                    if let Some(&d) = digits.get(self.below(digits.len())) {
                        bytes[d] = b'0' + self.below(10) as u8;
                        if self.below(2) == 0 {
                            bytes.insert(d, b'9');
                        }
                    }
                }
            }
        }
        bytes
    }
}

/// A word, a number, or a sign of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Word,
    Number,
    Sign,
}

/// Where tokens stand in a text, blanks left out.
fn tokens(text: &[u8]) -> Vec<(Token, std::ops::Range<usize>)> {
    let mut out: Vec<(Token, std::ops::Range<usize>)> = vec![];
    for (i, b) in text.iter().enumerate().filter(|(_, b)| !b.is_ascii_whitespace()) {
        let goes_on = out.last().filter(|(_, at)| at.end == i).map(|(token, _)| *token);
        let token = match (b, goes_on) {
            (b'a'..=b'z' | b'A'..=b'Z' | b'_', _) => Token::Word,
            (b'0'..=b'9', Some(Token::Word)) => Token::Word,
            (b'0'..=b'9', _) => Token::Number,
            (b'.', Some(Token::Number)) => Token::Number,
            _ => Token::Sign,
        };
        match out.last_mut() {
            Some((_, at)) if goes_on == Some(token) && token != Token::Sign => at.end = i + 1,
            _ => out.push((token, i..i + 1)),
        }
    }
    out
}

impl Mutator {
    /// A few words and numbers of `sound` become others, its own or those of `other`: a text that reads well.
    pub fn exchange(&mut self, sound: &[u8], other: &[u8]) -> Vec<u8> {
        const NUMBERS: [&[u8]; 9] =
            [b"0", b"1", b"2", b"3", b"0.5", b"-1", b"1e-300", b"1e300", b"9007199254740993"];
        let mut bytes = sound.to_vec();
        for _ in 0..1 + self.below(3) {
            let (mine, theirs) = (tokens(&bytes), tokens(other));
            let lent = if self.below(3) > 0 { (&bytes, &mine) } else { (&other.to_vec(), &theirs) };
            let want = if self.below(3) > 0 { Token::Word } else { Token::Number };
            let places: Vec<_> = mine.iter().filter(|t| t.0 == want).collect();
            let pieces: Vec<_> = lent.1.iter().filter(|t| t.0 == want).collect();
            if places.is_empty() || pieces.is_empty() {
                continue;
            }
            let at = places[self.below(places.len())].1.clone();
            let piece = match want {
                Token::Number if self.below(2) == 0 => NUMBERS[self.below(NUMBERS.len())].to_vec(),
                _ => lent.0[pieces[self.below(pieces.len())].1.clone()].to_vec(),
            };
            bytes.splice(at, piece);
        }
        bytes
    }
}

/// How many mutations a test tries: `few`, or what `ELBOW_FUZZ_RUNS` says.
pub fn runs(few: u64) -> u64 {
    std::env::var("ELBOW_FUZZ_RUNS").ok().and_then(|n| n.parse().ok()).unwrap_or(few)
}

/// Where the seeds begin: `ELBOW_FUZZ_FROM` goes on where a run stopped.
fn from() -> u64 {
    std::env::var("ELBOW_FUZZ_FROM").ok().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Tries mutations of `sound` files; a panic names the seed and shows the bytes.
pub fn try_all(few: u64, sound: &[Vec<u8>], attempt: impl Fn(&[u8])) {
    try_with(Mutator::mutate, few, sound, attempt);
}

/// The same, of mutations by `how`.
pub fn try_with(
    how: fn(&mut Mutator, &[u8], &[u8]) -> Vec<u8>,
    few: u64,
    sound: &[Vec<u8>],
    attempt: impl Fn(&[u8]),
) {
    for seed in from()..from() + runs(few) {
        let mut mutator = Mutator::new(seed);
        let (a, b) = (mutator.below(sound.len()), mutator.below(sound.len()));
        let bytes = how(&mut mutator, &sound[a], &sound[b]);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| attempt(&bytes)));
        assert!(result.is_ok(), "seed {seed} made these bytes:\n{}", bytes.escape_ascii());
    }
}
