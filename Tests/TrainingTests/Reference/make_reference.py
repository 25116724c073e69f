#!/usr/bin/env python3
"""Writes reference.json: ten steps of training of small networks, worked out with NumPy alone.

It is written from the formulas and shares nothing with the product, which must give the same numbers. Run it again with
any NumPy; the last digits may differ by the order of sums.

For each network: the initial parameters, the rows, and for each optimizer and step the mean loss of the minibatch, the
gradient of that mean, and the parameters after the step. Everything is float64. Parameters are one vector: kernel 0
(inputs by outputs, row-major), bias 0, kernel 1, ... Minibatch k is rows k * batch to (k + 1) * batch.

All given numbers are multiples of 1/64, so that float32 holds them exactly.
"""
import json
import math
import pathlib

import numpy as np

BATCH, STEPS = 8, 10

NETWORKS = [
    # name, widths, hidden activation, output activation, loss
    ("regression-tanh", [3, 5, 4, 2], "tanh", "identity", "mse"),
    ("regression-relu", [3, 5, 4, 2], "relu", "identity", "mse"),
    ("classification", [3, 6, 3], "relu", "softmax", "cross-entropy"),
    ("binary", [3, 4, 1], "sigmoid", "sigmoid", "binary-cross-entropy"),
    ("half-gelu", [3, 4, 2], "gelu", "identity", "half-mse"),
    ("absolute-silu", [2, 3, 1], "silu", "identity", "mae"),
    ("huber-elu", [2, 3, 1], "elu", "identity", "huber"),
]

HUBER_DELTA = 0.5

OPTIMIZERS = [
    {"name": "sgd", "learning_rate": 0.125, "momentum": 0.0},
    {"name": "sgd", "learning_rate": 0.03125, "momentum": 0.9},
    {"name": "adam", "learning_rate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
]


def given(random, *shape, low=-1.0, high=1.0):
    """Random multiples of 1/64."""
    return random.integers(round(low * 64), round(high * 64) + 1, size=shape) / 64


def unflatten(vector, widths):
    layers, start = [], 0
    for inputs, outputs in zip(widths, widths[1:]):
        kernel = vector[start:start + inputs * outputs].reshape(inputs, outputs)
        start += inputs * outputs
        layers.append((kernel, vector[start:start + outputs]))
        start += outputs
    return layers


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def elementwise(function):
    return np.vectorize(function, otypes=[float])


def normal(z):
    return math.erfc(-z / math.sqrt(2)) / 2


ACTIVATIONS = {
    "gelu": (
        elementwise(lambda z: z * normal(z)),
        elementwise(lambda z: normal(z) + z * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)),
    ),
    "silu": (
        lambda z: z / (1 + np.exp(-z)),
        lambda z: (1 + np.exp(-z) + z * np.exp(-z)) / (1 + np.exp(-z)) ** 2,
    ),
    "elu": (lambda z: np.where(z > 0, z, np.exp(z) - 1), lambda z: np.where(z > 0, 1, np.exp(z))),
    "identity": (lambda z: z, lambda z: np.ones_like(z)),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
}


def loss_and_gradient(vector, network, x, y):
    """The mean loss over the minibatch, its gradient, and how near anything came to a kink."""
    _, widths, hidden, _, loss = network
    layers = unflatten(vector, widths)
    function, derivative = ACTIVATIONS[hidden]
    below, sums = [x], []
    for kernel, bias in layers:
        sums.append(below[-1] @ kernel + bias)
        below.append(function(sums[-1]))
    z = sums[-1]
    kink = min(np.abs(z).min() for z in sums[:-1]) if hidden in ("relu", "elu") else np.inf
    if loss == "mse":
        value = np.mean((z - y) ** 2)
        delta = 2 * (z - y) / y.size
    elif loss == "half-mse":
        value = np.sum((z - y) ** 2) / 2 / len(y)
        delta = (z - y) / len(y)
    elif loss == "mae":
        value = np.mean(np.abs(z - y))
        delta = np.sign(z - y) / y.size
        kink = min(kink, np.abs(z - y).min())
    elif loss == "huber":
        size = np.abs(z - y)
        value = np.mean(np.where(size < HUBER_DELTA, size**2 / 2, HUBER_DELTA * (size - HUBER_DELTA / 2)))
        delta = np.clip(z - y, -HUBER_DELTA, HUBER_DELTA) / y.size
    elif loss == "cross-entropy":
        p, truth = softmax(z), np.eye(z.shape[1])[y]
        value = -np.mean(np.log(np.sum(p * truth, axis=1)))
        delta = (p - truth) / len(y)
    else:
        p = 1 / (1 + np.exp(-z))
        value = np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p))
        delta = (p - y) / y.size
    gradients = []
    for index in reversed(range(len(layers))):
        gradients.append(delta.sum(axis=0))
        gradients.append((below[index].T @ delta).ravel())
        if index > 0:
            delta = (delta @ layers[index][0].T) * derivative(sums[index - 1])
    return value, np.concatenate(gradients[::-1]), kink


class Rule:
    def __init__(self, options, count):
        self.options, self.step = options, 0
        self.m, self.v = np.zeros(count), np.zeros(count)

    def update(self, w, g):
        o = self.options
        self.step += 1
        if o["name"] == "sgd":
            self.v = o["momentum"] * self.v - o["learning_rate"] * g
            return w + self.v
        self.m = o["beta1"] * self.m + (1 - o["beta1"]) * g
        self.v = o["beta2"] * self.v + (1 - o["beta2"]) * g * g
        m = self.m / (1 - o["beta1"] ** self.step)
        v = self.v / (1 - o["beta2"] ** self.step)
        return w - o["learning_rate"] * m / (np.sqrt(v) + o["epsilon"])


def case(network, seed):
    """One network's reference, or None if anything came so near a kink that float32 might fall on the other side."""
    name, widths, hidden, output, loss = network
    random = np.random.default_rng(seed)
    count = sum((i + 1) * o for i, o in zip(widths, widths[1:]))
    initial = given(random, count)
    x = given(random, BATCH * STEPS, widths[0])
    if loss == "cross-entropy":
        y = random.integers(0, widths[-1], size=BATCH * STEPS)
    else:
        y = given(random, BATCH * STEPS, widths[-1], low=0.0 if loss == "binary-cross-entropy" else -1.0)
    runs = []
    for options in OPTIMIZERS:
        w, rule, steps = initial.copy(), Rule(options, count), []
        for step in range(STEPS):
            rows = slice(step * BATCH, (step + 1) * BATCH)
            value, gradient, kink = loss_and_gradient(w, network, x[rows], y[rows])
            if kink < 1e-4:
                return None
            w = rule.update(w, gradient)
            steps.append({"loss": float(value), "gradient": gradient.tolist(), "parameters": w.tolist()})
        runs.append({"optimizer": options, "steps": steps})
    return {
        "name": name, "widths": widths, "activation": hidden, "output_activation": output, "loss": loss,
        "huber_delta": HUBER_DELTA,
        "initial": initial.tolist(), "x": x.ravel().tolist(), "y": y.ravel().tolist(), "runs": runs,
    }


def main():
    cases = [next(filter(None, (case(network, seed) for seed in range(1000)))) for network in NETWORKS]
    path = pathlib.Path(__file__).with_name("reference.json")
    path.write_text(json.dumps({"batch": BATCH, "cases": cases}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
