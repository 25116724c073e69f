"""What the peers in Python share: the work they are given, the measurement, and the conversation with compare.py.

A peer's process is started as `NAME_peer.py REQUEST`, where REQUEST is JSON: the work, the files, the settings. It
prepares, says so in one line of JSON, and then reads lines from standard input. A line is a number of epochs: the peer
trains for so many, from the initial parameters, and answers with `seconds`, `steps` and the `loss` that it ended with.
Only training is timed, shuffling included. Between lines the process waits and uses no CPU.

If the request has `process_epochs`, the peer instead trains once, writes its parameters and ends.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy

from files import mean_squared_error, read_layers, read_samples, write_layers
from works import Work


class Peer:
    """A library with its settings and the samples of a work. Subclasses do the training."""

    def __init__(self, work: Work, x: numpy.ndarray, y: numpy.ndarray, settings: dict):
        raise NotImplementedError

    def reset(self, layers) -> None:
        """Takes these kernels and biases, and an optimizer that has made no step."""
        raise NotImplementedError

    def train(self, epochs: int) -> None:
        """Trains, each epoch in another order of rows, and returns when all is computed."""
        raise NotImplementedError

    def layers(self) -> list:
        """The kernels (inputs by outputs) and biases as they are now."""
        raise NotImplementedError

    def versions(self) -> dict:
        raise NotImplementedError


def main(make) -> None:
    """Runs a peer's process to its end. `make` takes what `Peer.__init__` takes."""
    request = json.loads(sys.argv[1])
    # What libraries print must not get between the lines of JSON.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    work = Work.of(request["work"])
    x, y = read_samples(request["samples"])
    initial = read_layers(request["initial"], len(work.widths) - 1)
    peer = make(work, x, y, request["settings"])

    if "process_epochs" in request:
        peer.reset(initial)
        peer.train(request["process_epochs"])
        write_layers(Path(request["output"]), peer.layers())
        return

    print(json.dumps({"ready": True, "versions": peer.versions()}), file=answers)
    for line in sys.stdin:
        epochs = int(line)
        peer.reset(initial)
        start = time.perf_counter()
        peer.train(epochs)
        seconds = time.perf_counter() - start
        answer = {
            "seconds": seconds, "steps": epochs * work.steps_an_epoch, "epochs": epochs,
            "loss": mean_squared_error(peer.layers(), work, x, y)}
        print(json.dumps(answer), file=answers)
