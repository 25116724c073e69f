"""The works: which network is trained on what, and how."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Work:
    """A network of dense layers, its samples and the way it is trained, always with the mean squared error."""

    name: str
    title: str
    widths: tuple[int, ...]
    batch: int
    rows: int
    #: Numbers of epochs after which losses are compared.
    curve: tuple[int, ...]
    activation: str = "relu"
    optimizer: str = "adam"
    learning_rate: float = 0.001

    @property
    def steps_an_epoch(self) -> int:
        """The last step of an epoch may have fewer rows than a batch."""
        return -(-self.rows // self.batch)

    @property
    def dictionary(self) -> dict:
        return asdict(self)

    @staticmethod
    def of(dictionary: dict) -> "Work":
        return Work(**{key: tuple(value) if isinstance(value, list) else value for key, value in dictionary.items()})


WORKS = [
    Work("tiny-64", "2-10-1, batches of 64, Adam", (2, 10, 1), 64, 100_000, (1, 2, 5)),
    Work("tiny-1024", "2-10-1, batches of 1024, Adam", (2, 10, 1), 1024, 100_000, (5, 10, 20)),
    Work("medium-256", "64-256-256-1, batches of 256, Adam", (64, 256, 256, 1), 256, 65_536, (1, 2, 4)),
    Work("wide-256", "784-512-512-10, batches of 256, Adam", (784, 512, 512, 10), 256, 12_800, (1, 2, 4)),
    Work("wide-1024", "64-1024-1024-1, batches of 1024, Adam", (64, 1024, 1024, 1), 1024, 16_384, (2, 4, 8)),
    Work(
        "single", "2-10-1 with sigmoids, one sample a step, SGD", (2, 10, 1), 1, 10_000, (1, 4, 10),
        activation="sigmoid", optimizer="sgd", learning_rate=0.01),
]

#: The name of the case that measures whole processes, which do the first work for so many epochs.
PROCESS = "process"
PROCESS_EPOCHS = 20
