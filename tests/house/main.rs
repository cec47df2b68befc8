//! The house in order: the layers of the source, the tables that come with it, the formats it reads.

mod data_files;
mod data_formats;
mod layers;
