"""Checks converted files: check_converted.py CASES, a JSON list of names; NAME.h5 must hold what is in the files beside it."""

import json
import sys

import h5py
import numpy as np

for name in json.loads(sys.argv[1]):
    with h5py.File(f"{name}.h5") as file:
        assert file.attrs["schema"] == "lockstep-dataset" and file.attrs["schema_version"] == 1
        assert file.attrs["source"].startswith("lockstep convert "), file.attrs["source"]
        assert file.attrs["title"]
        for path in ("x", "y"):
            found, expected = file[path], np.load(f"{name}.{path}.expected.npy")
            assert found.shape == expected.shape, (name, path, found.shape, expected.shape)
            assert found.dtype == expected.dtype, (name, path, found.dtype, expected.dtype)
            # Bit by bit: zeros have signs.
            differ = np.flatnonzero(found[:].view(np.uint8).reshape(len(expected), -1) !=
                                    np.ascontiguousarray(expected).view(np.uint8).reshape(len(expected), -1))
            assert differ.size == 0, (name, path, differ[:5])
            assert found.attrs["long_name"] and found.attrs["units"]
        if name == "excel":
            assert list(file["x"].attrs["column_names"]) == ["c", "a", "b"]
            assert list(file["y"].attrs["column_names"]) == ["kind"]
            assert len(file["y"].attrs["classes"]) == 12
        if name == "repacked":
            assert file["x"].attrs["units"] == "m" and file.attrs["title"] == "measured"
            assert list(file["x"].attrs["column_names"]) == ["a", "b", "c", "d"]
            assert file["x"].chunks is None
        if name == "smaller":
            assert file["x"].compression == "gzip" and file["x"].compression_opts == 9
            assert file["x"].shuffle and file["x"].fletcher32
        if name == "chunked":
            assert file["x"].chunks == (17, 4) and file["y"].chunks == (17, 1)
