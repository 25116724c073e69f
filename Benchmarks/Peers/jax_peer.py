"""JAX: a whole epoch is one compiled call that scans over the minibatches."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import jax
import jax.numpy as jnp
import numpy
from jax.flatten_util import ravel_pytree

import peer


class Ahead:
    """Makes values, such as the order of the next epoch, while the one before is in use."""

    def __init__(self, make):
        self.make = make
        self.pool = ThreadPoolExecutor(1)
        self.coming = self.pool.submit(make)

    def next(self):
        value = self.coming.result()
        self.coming = self.pool.submit(self.make)
        return value


class Columns:
    """A matrix has a column a sample: long vectors for XLA when a network is small."""

    sample_axis = 1

    @staticmethod
    def forward(layers, x, activation):
        for index, (kernel, bias) in enumerate(layers):
            x = kernel.T @ x + bias[:, None]
            x = activation(x) if index + 1 < len(layers) else x
        return x


class Rows:
    """A matrix has a row a sample, as everybody writes it."""

    sample_axis = 0

    @staticmethod
    def forward(layers, x, activation):
        for index, (kernel, bias) in enumerate(layers):
            x = x @ kernel + bias
            x = activation(x) if index + 1 < len(layers) else x
        return x


class JAX(peer.Peer):
    """Settings: `layout` is rows or columns; `state` is flat, all parameters in one vector, or arrays as they are."""

    def __init__(self, work, x, y, settings):
        self.work = work
        self.layout = Columns if settings["layout"] == "columns" else Rows
        self.is_flat = settings["state"] == "flat"
        transposed = self.layout.sample_axis == 1
        self.x = jnp.asarray(x.T if transposed else x)
        self.y = jnp.asarray(y.T if transposed else y)
        random = numpy.random.default_rng()
        # NumPy takes a fraction of the time of jax.random.permutation, which sorts, and makes the next order meanwhile.
        self.orders = Ahead(lambda: random.permutation(work.rows).astype(numpy.int32))
        self.epoch = jax.jit(self.epoch_of, donate_argnums=0)

    def loss(self, values, x, y):
        activation = jax.nn.relu if self.work.activation == "relu" else jax.nn.sigmoid
        return jnp.mean((self.layout.forward(self.unravel(values), x, activation) - y) ** 2)

    def step(self, state, x, y):
        """One step; `state` is the parameters and, for Adam, both moments and the number of steps."""
        rate = self.work.learning_rate
        gradients = jax.grad(self.loss)(state[0], x, y)
        if self.work.optimizer == "sgd":
            return (jax.tree.map(lambda value, gradient: value - rate * gradient, state[0], gradients),)
        values, firsts, seconds, count = state
        count += 1
        firsts = jax.tree.map(lambda first, gradient: 0.9 * first + 0.1 * gradient, firsts, gradients)
        seconds = jax.tree.map(lambda second, gradient: 0.999 * second + 0.001 * gradient**2, seconds, gradients)
        correction = jnp.sqrt(1 - 0.999**count)
        size, epsilon = rate * correction / (1 - 0.9**count), 1e-8 * correction
        values = jax.tree.map(
            lambda value, first, second: value - size * first / (jnp.sqrt(second) + epsilon), values, firsts, seconds)
        return values, firsts, seconds, count

    def epoch_of(self, state, x, y, order):
        """An epoch in the given order; a last, smaller batch is one more step."""
        take = partial(jnp.take, axis=self.layout.sample_axis, mode="clip")
        full = self.work.rows // self.work.batch * self.work.batch
        x, y = take(x, order), take(y, order)
        batches = self.batches(x, full), self.batches(y, full)
        state, _ = jax.lax.scan(lambda state, rows: (self.step(state, *rows), None), state, batches)
        if full == len(order):
            return state
        rest = partial(jax.lax.slice_in_dim, start_index=full, limit_index=None, axis=self.layout.sample_axis)
        return self.step(state, rest(x), rest(y))

    def batches(self, samples, full):
        """Whole minibatches, the first axis counting them."""
        if self.layout is Rows:
            return samples[:full].reshape(-1, self.work.batch, samples.shape[1])
        return samples[:, :full].reshape(samples.shape[0], -1, self.work.batch).transpose(1, 0, 2)

    def reset(self, layers):
        values, self.unravel = [tuple(map(jnp.asarray, layer)) for layer in layers], lambda values: values
        if self.is_flat:
            values, self.unravel = ravel_pytree(values)
        self.state = (values,)
        if self.work.optimizer == "adam":
            firsts, seconds = (jax.tree.map(jnp.zeros_like, values) for _ in range(2))
            self.state = values, firsts, seconds, jnp.float32(0)
        jax.block_until_ready(self.state)

    def train(self, epochs):
        for _ in range(epochs):
            self.state = self.epoch(self.state, self.x, self.y, self.orders.next())
        jax.block_until_ready(self.state)

    def layers(self):
        return [tuple(map(numpy.asarray, layer)) for layer in self.unravel(self.state[0])]

    def versions(self):
        return {"jax": jax.__version__, "jaxlib": jax.lib.__version__}


if __name__ == "__main__":
    peer.main(JAX)
