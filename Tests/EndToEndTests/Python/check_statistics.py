"""Compares the statistics that `lockstep validate --write-statistics` left in a file with NumPy's.

    check_statistics.py FILE
"""

import sys

import h5py
import numpy

with h5py.File(sys.argv[1]) as file:
    for name in ["x", "y"]:
        dataset = file[name]
        values = numpy.asarray(dataset, dtype=numpy.float64).reshape(dataset.shape[0], -1)
        rows = numpy.isfinite(values).all(axis=1)
        values = values[rows]
        for attribute, expected in [
            ("mean", values.mean(axis=0)),
            ("standard_deviation", values.std(axis=0)),
            ("minimum", values.min(axis=0)),
            ("maximum", values.max(axis=0)),
        ]:
            found = dataset.attrs[attribute]
            assert found.dtype == numpy.float64 and found.shape == expected.shape, (name, attribute)
            numpy.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14, err_msg=f"{name} {attribute}")
