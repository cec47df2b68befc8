//! One target for each format, and one for the text of a model.

use bolero::check;

macro_rules! readers {
    ($($name:ident $path:literal,)*) => {
        $(#[test]
        fn $name() {
            check!().for_each(|bytes: &[u8]| elbow_fuzz::read($path, bytes));
        })*
    };
}

readers! {
    csv "t.csv",
    tsv "t.tsv",
    csv_gz "t.csv.gz",
    npy "t.npy",
    parquet "t.parquet",
    mtx "t.mtx",
    svm "t.svm",
    ldac "t.ldac",
}

#[test]
fn model() {
    check!().for_each(|text: &[u8]| elbow_fuzz::model(text));
}
