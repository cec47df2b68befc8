//! The contracts of the exponential-family core: statistic kinds, multilinear forms, families. Knows no distribution.
