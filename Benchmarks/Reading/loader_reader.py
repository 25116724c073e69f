"""h5py in a PyTorch DataLoader with two workers that feeds shuffled minibatches of 1024."""

import time

import h5py
import numpy
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset

from answers import paced, serve

BATCH, WORKERS = 1024, 2
#: The rows of a block of a contiguous file, and those that are mixed at least.
BLOCK, MIXED = 16384, 65536


def shared(rows: int, columns: int) -> torch.Tensor:
    """A tensor in memory that workers share, so that handing it on copies nothing."""
    empty = torch.empty(0)
    # As PyTorch's own default_collate does it.
    storage = empty._typed_storage()._new_shared(rows * columns, device=empty.device)
    return empty.new(storage).resize_(rows, columns)


class Blocks(IterableDataset):
    """Blocks in shuffled order, mixed with some others in memory and handed on as shuffled minibatches, `together` at a time.

    A block is what is cheapest to read: a whole chunk, of features or targets, whichever has more rows. An epoch that hands on
    minibatches one by one would take seconds, and ends after a quarter of the blocks.
    """

    def __init__(self, path: str, together: int):
        self.path, self.together, self.epoch = path, together, 0
        with h5py.File(path) as file:
            self.count, self.features = file["x"].shape
            chunks = [file[name].chunks for name in "xy"]
        self.block = min(self.count, max([BLOCK] if None in chunks else [chunk[0] for chunk in chunks]))
        self.mixed = max(1, MIXED // self.block) * self.block

    def __iter__(self):
        self.epoch += 1
        worker = torch.utils.data.get_worker_info()
        # Everybody draws the same order, and takes every second block of it.
        random = numpy.random.default_rng(self.epoch)
        starts = random.permutation(range(0, self.count, self.block))
        starts = starts[:max(WORKERS, len(starts) // (4 if self.together == 1 else 1))][worker.id::worker.num_workers]
        x = torch.empty(self.mixed, self.features)
        y = torch.empty(self.mixed, 1)
        with h5py.File(self.path) as file:
            sources = [(file["x"], x.numpy()), (file["y"], y.numpy())]
            for first in range(0, len(starts), self.mixed // self.block):
                rows = 0
                for start in starts[first:first + self.mixed // self.block]:
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


def epochs(path: str, together: int):
    """Minibatches of one epoch after the other, from workers that stay."""
    if (path, together) not in loaders:
        loaders[path, together] = DataLoader(
            Blocks(path, together), batch_size=None, num_workers=WORKERS, persistent_workers=True, prefetch_factor=4)
    loader = loaders[path, together]
    while True:
        for x, y in loader:
            for pair in zip(x.split(BATCH), y.split(BATCH)):
                yield len(pair[0])
        yield None


def measure(path: str, seconds: float, together: int) -> tuple:
    """Whole epochs, the first of all workers apart."""
    if (path, together) not in loaders:
        for rows in epochs(path, together):
            if rows is None:
                break
    began = time.perf_counter()
    total = 0
    for rows in epochs(path, together):
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
    serve({"loader": lambda path, seconds: measure(path, seconds, 1),
           "loader-64": lambda path, seconds: measure(path, seconds, 64), "loader-naive": naive},
          {"torch": torch.__version__, "numpy": numpy.__version__})
