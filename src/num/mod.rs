//! Special functions, small linear algebra, tensor contractions, reductions and seeded streams. Knows no statistics.
