#!/usr/bin/env python3
"""Writes reference.json: activations, losses and their derivatives, worked out by JAX in float64.

The activations are those of jax.nn, and all derivatives are found by JAX itself: nothing here comes from the product's
formulas. Run it in the environment that scripts/prepare-python makes; the last digits may differ with other versions.

All given numbers are multiples of 1/64, so that float32 holds them exactly.
"""
import json
import pathlib

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)

HUBER_DELTA = 0.75

ACTIVATIONS = {
    "identity": lambda z: z,
    "relu": jax.nn.relu,
    "leaky-relu": lambda z: jax.nn.leaky_relu(z, negative_slope=0.01),
    "elu": jax.nn.elu,
    "gelu": lambda z: jax.nn.gelu(z, approximate=False),
    "silu": jax.nn.silu,
    "softplus": jax.nn.softplus,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
}


def huber(y, a):
    size = jnp.abs(a - y)
    return jnp.where(size <= HUBER_DELTA, size**2 / 2, HUBER_DELTA * (size - HUBER_DELTA / 2))


def log_likelihood(y, z):
    """Of targets that are probabilities, given logits."""
    return y * jax.nn.log_sigmoid(z) + (1 - y) * jax.nn.log_sigmoid(-z)


LOSSES = {
    "mse": lambda y, a: jnp.mean((a - y) ** 2),
    "half-mse": lambda y, a: jnp.mean(jnp.sum((a - y) ** 2, axis=1) / 2),
    "mae": lambda y, a: jnp.mean(jnp.abs(a - y)),
    "huber": lambda y, a: jnp.mean(huber(y, a)),
    "binary-cross-entropy": lambda y, z: -jnp.mean(log_likelihood(y, z)),
    "cross-entropy": lambda y, z: -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], axis=1)),
}


def given(random, *shape, low, high):
    """Random multiples of 1/64."""
    return random.integers(round(low * 64), round(high * 64) + 1, size=shape) / 64


def main():
    random = np.random.default_rng(1)
    z = np.concatenate([given(random, 20, low=-6, high=6), [-20.0, -10.0, 10.0, 20.0]])
    activations = [
        {"name": name, "outputs": np.asarray(f(jnp.asarray(z))).tolist(),
         "derivatives": np.asarray(jax.vmap(jax.grad(f))(jnp.asarray(z))).tolist()}
        for name, f in ACTIVATIONS.items()
    ]
    rows, columns = 7, 5
    outputs = given(random, rows, columns, low=-3, high=3)
    targets = given(random, rows, columns, low=0, high=1)
    labels = random.integers(0, columns, size=rows)
    losses = []
    for name, f in LOSSES.items():
        y = jnp.asarray(labels if name == "cross-entropy" else targets)
        value, gradient = jax.value_and_grad(lambda a: f(y, a))(jnp.asarray(outputs))
        losses.append({"name": name, "loss": float(value), "gradient": np.asarray(gradient).ravel().tolist()})
    reference = {
        "sums": z.tolist(), "activations": activations, "rows": rows, "columns": columns,
        "huber_delta": HUBER_DELTA, "outputs": outputs.ravel().tolist(), "targets": targets.ravel().tolist(),
        "labels": labels.tolist(), "losses": losses,
    }
    path = pathlib.Path(__file__).with_name("reference.json")
    path.write_text(json.dumps(reference, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
