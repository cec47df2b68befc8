//! A seeded choice of rows where there are too many to be drawn. Not here: which rows a chart asks for.

use super::subject::Subject;
use crate::num::stream::Stream;

/// Points of a picture, at most.
const MOST_POINTS: usize = 3000;

/// Seeded rows, in order: all of few.
pub fn some_rows(subject: &Subject<'_>, count: usize) -> Vec<usize> {
    let mut all: Vec<usize> = (0..count).collect();
    if count > MOST_POINTS {
        let mut random = Stream::new(subject.seed, "points", 0);
        for i in 0..MOST_POINTS {
            let j = i + random.below(count - i);
            all.swap(i, j);
        }
        all.truncate(MOST_POINTS);
        all.sort_unstable();
    }
    all
}
