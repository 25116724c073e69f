"""Checks generated datasets: check_generated.py CASES, a JSON list of expectations."""

import json
import sys

import h5py
import numpy as np


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def check(case):
    with h5py.File(case["file"]) as file:
        x, y = file["x"], file["y"]
        coefficients = case["coefficients"]
        rows, dtype = case["rows"], np.dtype(case["precision"])
        assert sorted(file) == ["x", "y"], sorted(file)
        assert x.shape == (rows, len(coefficients)) and y.shape == (rows, 1), (x.shape, y.shape)
        assert x.dtype == y.dtype == dtype, (x.dtype, y.dtype)

        assert text(file.attrs["schema"]) == "lockstep-dataset"
        assert file.attrs["schema_version"] == 1
        assert text(file.attrs["title"])
        assert text(file.attrs["source"]).startswith("lockstep generate linear --rows")
        assert text(file.attrs["generator"]) == "linear"
        assert file.attrs["seed"] == case["seed"]
        assert text(file.attrs["formula"]) == case["formula"], file.attrs["formula"]
        for dataset, columns in ((x, [f"x{i}" for i in range(len(coefficients))]), (y, ["y"])):
            assert text(dataset.attrs["long_name"]) and text(dataset.attrs["units"]) == "1"
            assert [text(name) for name in dataset.attrs["column_names"]] == columns

        if case["chunk_rows"]:
            assert x.chunks == (case["chunk_rows"], len(coefficients)), x.chunks
            assert x.fletcher32 and y.fletcher32
        else:
            assert x.chunks is None and y.chunks is None
        if case["gzip"] is not None:
            assert x.compression == "gzip" and x.compression_opts == case["gzip"] and x.shuffle

        x, y = x[:].astype(np.float64), y[:, 0].astype(np.float64)
        low, high = case["range"]
        assert x.min() >= low and x.max() < high
        assert x.min() < low + 0.01 * (high - low) and x.max() > high - 0.01 * (high - low)
        assert abs(x.mean() - (low + high) / 2) < 0.02 * (high - low)
        assert len(np.unique(x)) > 0.99 * x.size

        residual = y - (x @ np.array(coefficients) + case["intercept"])
        if case["noise"] == 0:
            limit = np.spacing(np.abs(y).astype(dtype)).astype(np.float64)
            # Around zero the sum's own rounding shows.
            assert (np.abs(residual) <= limit + 1e-15).all(), np.abs(residual).max()
        else:
            assert abs(residual.mean()) < 4 * case["noise"] / np.sqrt(rows)
            assert abs(residual.std() / case["noise"] - 1) < 4 / np.sqrt(2 * rows)
            within = (np.abs(residual) < case["noise"]).mean()
            assert abs(within - 0.6827) < 0.02, within
            assert abs(np.corrcoef(residual[1:], residual[:-1])[0, 1]) < 4 / np.sqrt(rows)


def check_roundings(single, double):
    with h5py.File(single) as file:
        x32, y32 = file["x"][:], file["y"][:]
    with h5py.File(double) as file:
        x64, y64 = file["x"][:], file["y"][:]
    assert (x32 == x64.astype(np.float32)).all()
    # The targets go with the features as stored, so they differ by what rounding these does.
    assert np.abs(y32 - y64).max() < 1e-6


for case in json.loads(sys.argv[1]):
    if "single" in case:
        check_roundings(case["single"], case["double"])
    else:
        check(case)
