"""Writes the files of this folder with NumPy, SciPy and pyarrow, each beside a .csv of what it holds."""

import csv, datetime
import numpy as np, pyarrow as pa, pyarrow.parquet as pq, scipy.io, scipy.sparse

nan = float("nan")


def table(name, header, rows):
    show = lambda x: "" if x is None or x != x else ("true" if x is True else "false" if x is False else repr(x) if isinstance(x, float) else str(x))
    with open(name, "w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(header)
        out.writerows([[show(x) for x in row] for row in rows])


x = np.array([[1.5, -2.0, 1e-300], [nan, 0.1, 3.0], [7.0, 1 / 3, -0.25], [2.0, 1e20, 5.0]])
np.save("rows.npy", x)
np.save("rows_fortran.npy", np.asfortranarray(x))
np.save("rows_big.npy", x.astype(">f8"))
table("rows.csv", ["1", "2", "3"], x.tolist())
i = np.array([[1, -2], [300, 4], [-500, 6]])
for t in ["<i2", ">i4", "<i8", "<f4", ">f4"]:
    np.save(f"whole_{t[1:]}{'_big' if t[0] == '>' else ''}.npy", i.astype(t))
table("whole.csv", ["1", "2"], i.tolist())
s = np.arange(24.0).reshape(2, 4, 3)
np.save("sequences.npy", s)
np.save("sequences_fortran.npy", np.asfortranarray(s))
table("sequences.csv", ["sequence", "1", "2", "3"], [[a + 1] + s[a, b].tolist() for a in range(2) for b in range(4)])

n = 25
columns = {
    "real": [None if k % 7 == 3 else k / 8 - 1 for k in range(n)],
    "single": pa.array([k / 4 for k in range(n)], pa.float32()),
    "whole": pa.array([None if k % 5 == 1 else k * 10**9 for k in range(n)], pa.int64()),
    "small": pa.array([k - 12 for k in range(n)], pa.int8()),
    "unsigned": pa.array([4_000_000_000 + k for k in range(n)], pa.uint32()),
    "word": pa.array([None if k % 6 == 2 else ["tea", "côte", "7 up", "7"][k % 4] for k in range(n)]),
    "level": pa.array(["a", "b", "c"] * 8 + ["a"]).dictionary_encode(),
    "truth": [None if k == 4 else k % 3 == 0 for k in range(n)],
}
t = pa.table(columns)
for codec in ["none", "snappy", "zstd", "gzip"]:
    pq.write_table(t, f"table_{codec}.parquet", compression=codec, row_group_size=10, version="1.0" if codec == "none" else "2.6",
                   data_page_version="2.0" if codec == "zstd" else "1.0")
table("table.csv", t.column_names, zip(*[t[c].to_pylist() for c in t.column_names]))
pq.write_table(pa.table({"x": [1.0, 2.0], "day": [datetime.date(2020, 1, 1)] * 2, "list": [[1], [2, 3]]}), "refused.parquet")
pq.write_table(pa.table({"id": pa.array([1, 2**53 + 1], pa.int64())}), "long.parquet")

m = scipy.sparse.coo_matrix(([1.5, -2.0, 3.0], ([0, 2, 3], [1, 0, 4])), shape=(4, 5))
scipy.io.mmwrite("sparse.mtx", m)
table("sparse.csv", ["row", "column", "value"], [(int(a) + 1, int(b) + 1, float(v)) for a, b, v in zip(m.row, m.col, m.data)])
d = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
scipy.io.mmwrite("dense.mtx", d)
table("dense.csv", ["row", "column", "value"], [(a + 1, b + 1, float(d[a, b])) for b in range(3) for a in range(2)])
y = np.array([[2.0, 0.0, 1.0], [0.0, 3.0, 0.0], [1.0, 0.0, 0.0]])
scipy.io.mmwrite("symmetric.mtx", scipy.sparse.coo_matrix(y), symmetry="symmetric")
scipy.io.mmwrite("symmetric_dense.mtx", y, symmetry="symmetric")
