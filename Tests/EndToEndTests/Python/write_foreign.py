"""Writes datasets as other programs do: write_foreign.py FILE."""

import sys

import h5py
import numpy as np

rows = 600
random = np.random.default_rng(3)
x = random.normal(size=(rows, 4))
labels = np.argmax(x[:, :3], axis=1)
options = {"chunks": (100, 4), "compression": "gzip", "shuffle": True}
with h5py.File(sys.argv[1], "w", libver=("earliest", "v110")) as file:
    group = file.create_group("measured")
    group.create_dataset("features", data=x, **options)
    group.create_dataset("classes", data=labels.astype(np.int64), chunks=(77,), compression="gzip")
    file["plain"] = x
    file["plain_classes"] = labels.astype(np.uint8)
    file["big_endian"] = x.astype(">f8")
    file.create_dataset("growing", data=x, maxshape=(None, 4))
    file["sum"] = x.sum(axis=1)
