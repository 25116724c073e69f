"""h5py reading blocks of 65,536 rows in the order of the file: the least that it can be asked for. And mixing them."""

import h5py
import numpy

from answers import paced, serve

ROWS, BATCH = 65536, 1024


def blocks(count: int):
    """The bounds of the blocks of a file, again and again."""
    while True:
        for start in range(0, count, ROWS):
            yield start, min(start + ROWS, count)


def held_blocks(path: str):
    """Each block in the same memory, without the copies and the fresh pages of slices; and how many rows it has."""
    with h5py.File(path) as file:
        x, y = file["x"], file["y"]
        xs, ys = numpy.zeros((ROWS, x.shape[1]), "f4"), numpy.zeros((ROWS, 1), "f4")
        for start, end in blocks(len(x)):
            x.read_direct(xs, numpy.s_[start:end], numpy.s_[:end - start])
            y.read_direct(ys, numpy.s_[start:end], numpy.s_[:end - start])
            yield xs, ys, end - start


def in_place(path: str, seconds: float) -> tuple:
    return paced((rows for _, _, rows in held_blocks(path)), seconds)


def mixed(path: str, seconds: float) -> tuple:
    """Minibatches of rows in random order within each block, in one process: what is simplest beside a DataLoader."""
    random = numpy.random.default_rng(0)

    def read():
        for xs, ys, rows in held_blocks(path):
            order = random.permutation(rows)
            for start in range(0, rows, BATCH):
                chosen = order[start:start + BATCH]
                xs.take(chosen, axis=0), ys.take(chosen, axis=0)
            # Not before: the first minibatch of a block has waited for all of it.
            yield rows
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
    serve({"h5py-in-place": in_place, "h5py-slices": slices, "h5py-mixed": mixed},
          {"h5py": h5py.version.version, "h5py's libhdf5": h5py.version.hdf5_version})
