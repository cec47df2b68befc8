//! Tables, columns, levels, missing cells; one file per format.
