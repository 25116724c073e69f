"""Checks that two weights files hold the same parameters, bit by bit: compare_parameters.py FILE FILE."""

import sys

import h5py

with h5py.File(sys.argv[1]) as one, h5py.File(sys.argv[2]) as other:
    assert sorted(one["layers"]) == sorted(other["layers"])
    for layer in one["layers"]:
        for number in "01":
            name = f"layers/{layer}/vars/{number}"
            assert one[name][:].tobytes() == other[name][:].tobytes(), name
