//! Any bytes of a data file, and any text of a model, end in an answer or an error, never in a panic. A few
//! thousand mutations of small sound files in each run; `ELBOW_FUZZ_RUNS` asks for more. What these have
//! found stands as a file of its own under `tests/fuzz/seeds`.

mod known;
mod models;
mod mutate;
mod readers;
mod small;
mod take;
