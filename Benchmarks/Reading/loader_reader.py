"""h5py in a PyTorch DataLoader with two workers that feeds shuffled minibatches of 1024."""

import time

import h5py
import numpy
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset

from answers import paced, serve
from files import block_rows

BATCH, WORKERS = 1024, 2
#: The rows of a block of a contiguous file, and those that are mixed at least.
BLOCK, MIXED = 16384, 65536
#: The rows of an epoch whose minibatches are handed on one by one.
MOST_ONE_BY_ONE = 1 << 20


def shared(rows: int, columns: int) -> torch.Tensor:
    """A tensor in memory that workers share, so that handing it on copies nothing."""
    empty = torch.empty(0)
    # As PyTorch's own default_collate does it.
    storage = empty._typed_storage()._new_shared(rows * columns, device=empty.device)
    return empty.new(storage).resize_(rows, columns)


class Mixed(IterableDataset):
    """Blocks in shuffled order, mixed with some others in memory and handed on as shuffled minibatches, `together` at a time.

    An epoch that hands on minibatches one by one would take seconds, and one that decodes chunks again and again a minute: they
    end after `most` rows.
    """

    def __init__(self, path: str, together: int, block: int, mixed: int, most: int):
        self.path, self.together, self.epoch = path, together, 0
        with h5py.File(path) as file:
            self.count, self.features = file["x"].shape
        self.block = min(self.count, block)
        #: The blocks that are mixed at a time.
        self.several = max(1, mixed // self.block)
        self.most = max(WORKERS * self.several, most // self.block)

    def __iter__(self):
        self.epoch += 1
        worker = torch.utils.data.get_worker_info()
        # Everybody draws the same order, and takes every second group of it.
        random = numpy.random.default_rng(self.epoch)
        starts = random.permutation(range(0, self.count, self.block))[:self.most]
        groups = [starts[first:first + self.several] for first in range(0, len(starts), self.several)]
        x = torch.empty(self.several * self.block, self.features)
        y = torch.empty(self.several * self.block, 1)
        # Room for some of the largest chunks, so that none is decoded twice for blocks that follow each other.
        with h5py.File(self.path, rdcc_nbytes=64 << 20) as file:
            sources = [(file["x"], x.numpy()), (file["y"], y.numpy())]
            for group in groups[worker.id::worker.num_workers]:
                rows = 0
                for start in sorted(group):
                    end = min(start + self.block, self.count)
                    for source, target in sources:
                        source.read_direct(target, numpy.s_[start:end], numpy.s_[rows:rows + end - start])
                    rows += end - start
                yield from self.minibatches(x, y, torch.randperm(rows))

    def minibatches(self, x, y, order):
        for rows in order.split(BATCH * self.together):
            pair = shared(len(rows), self.features), shared(len(rows), 1)
            for source, target in zip((x, y), pair):
                torch.index_select(source, 0, rows, out=target)
            yield pair


def whole_chunks(path: str, together: int) -> Mixed:
    """Blocks that are cheapest to read: whole chunks, of features or targets, whichever have more rows."""
    with h5py.File(path) as file:
        count = len(file["x"])
        chunks = [file[name].chunks for name in "xy"]
    block = max([BLOCK] if None in chunks else [chunk[0] for chunk in chunks])
    return Mixed(path, together, block, mixed=MIXED, most=count if together > 1 else MOST_ONE_BY_ONE)


def same_blocks(path: str, together: int) -> Mixed:
    """The blocks of Lockstep's stream, as many mixed at a time: the rows of eight windows where it deals blocks out."""
    with h5py.File(path) as file:
        count, features = file["x"].shape
    block = block_rows(features, count)
    return Mixed(path, together, block, mixed=64 * block, most=2 * WORKERS * 64 * block)


class Rows(Dataset):
    """A row at a time, as tutorials have it."""

    def __init__(self, path: str):
        self.path, self.file = path, None
        with h5py.File(path) as file:
            self.count = len(file["x"])

    def __len__(self):
        return self.count

    def __getitem__(self, row):
        # A file that is open must not be shared by processes.
        self.file = self.file or h5py.File(self.path)
        return self.file["x"][row], self.file["y"][row]


loaders = {}


def epochs(data: Mixed):
    """Minibatches of one epoch after the other, and nothing after each, from workers that stay."""
    loader = DataLoader(data, batch_size=None, num_workers=WORKERS, persistent_workers=True, prefetch_factor=4)
    while True:
        for x, y in loader:
            for pair in zip(x.split(BATCH), y.split(BATCH)):
                yield len(pair[0])
        yield None


def measure(path: str, seconds: float, make, together: int) -> tuple:
    """Whole epochs, the first of all workers apart."""
    key = path, make, together
    if key not in loaders:
        loaders[key] = epochs(make(path, together))
        while next(loaders[key]) is not None:
            pass
    began = time.perf_counter()
    total = 0
    for rows in loaders[key]:
        if rows is not None:
            total += rows
        elif time.perf_counter() - began >= seconds:
            return total, time.perf_counter() - began


def naive(path: str, seconds: float) -> tuple:
    """As many minibatches as come in the time, after the first one; in no particular order would be no slower."""
    data = Rows(path)
    order = torch.randint(len(data), (1 << 20,)).tolist()
    batches = iter(DataLoader(data, batch_size=BATCH, sampler=order, num_workers=WORKERS))
    next(batches)
    return paced((len(x) for x, _ in batches), seconds)


if __name__ == "__main__":
    torch.set_num_threads(1)
    serve({"loader": lambda path, seconds: measure(path, seconds, whole_chunks, 1),
           "loader-64": lambda path, seconds: measure(path, seconds, whole_chunks, 64),
           "loader-same": lambda path, seconds: measure(path, seconds, same_blocks, 64), "loader-naive": naive},
          {"torch": torch.__version__, "numpy": numpy.__version__})
