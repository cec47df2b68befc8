//! Named plates and event dimensions. Knows no data.
