"""Writes the small NumPy files that the tests read, beside this script: make_reference.py."""

import pathlib

import numpy as np

here = pathlib.Path(__file__).parent
x = np.arange(12, dtype=np.float64).reshape(4, 3) / 8 - 0.5
y = np.array([2, 0, 1, 0])

for version in ((1, 0), (2, 0), (3, 0)):
    with open(here / f"v{version[0]}.npy", "wb") as file:
        np.lib.format.write_array(file, x, version=version)
np.save(here / "fortran.npy", np.asfortranarray(x))
np.save(here / "y.npy", y)
np.savez(here / "stored.npz", x=x, y=y)
np.savez_compressed(here / "deflated.npz", x=np.asfortranarray(x.astype(">f4")), Y=y.astype(np.int8), other=x)
