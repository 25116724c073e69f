"""h5py reading blocks of 65,536 rows in the order of the file: the least that it can be asked for."""

import h5py
import numpy

from answers import paced, serve

ROWS = 65536


def blocks(count: int):
    """The bounds of the blocks of a file, again and again."""
    while True:
        for start in range(0, count, ROWS):
            yield start, min(start + ROWS, count)


def in_place(path: str, seconds: float) -> tuple:
    """Into the same memory every time, without the copies and the fresh pages of slices."""
    def read():
        with h5py.File(path) as file:
            x, y = file["x"], file["y"]
            xs, ys = numpy.zeros((ROWS, x.shape[1]), "f4"), numpy.zeros((ROWS, 1), "f4")
            for start, end in blocks(len(x)):
                x.read_direct(xs, numpy.s_[start:end], numpy.s_[:end - start])
                y.read_direct(ys, numpy.s_[start:end], numpy.s_[:end - start])
                yield end - start
    return paced(read(), seconds)


def slices(path: str, seconds: float) -> tuple:
    """As it is usually written: each slice is a new array."""
    def read():
        with h5py.File(path) as file:
            x, y = file["x"], file["y"]
            for start, end in blocks(len(x)):
                held = x[start:end], y[start:end]
                yield len(held[0])
    return paced(read(), seconds)


if __name__ == "__main__":
    serve({"h5py-in-place": in_place, "h5py-slices": slices},
          {"h5py": h5py.version.version, "h5py's libhdf5": h5py.version.hdf5_version})
