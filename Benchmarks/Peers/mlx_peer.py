"""MLX on the CPU: compiled steps, of which many are queued before waiting for one."""

import os

import mlx.core as mx
import numpy

import peer


class MLX(peer.Peer):
    """Settings: `queue`, the number of steps that are evaluated together; `threads`, the CPUs to keep to."""

    def __init__(self, work, x, y, settings):
        # It computes in a thread beside Python's, and is faster if both share a CPU.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:settings["threads"]])
        mx.set_default_device(mx.cpu)
        self.work = work
        self.queue = settings["queue"]
        self.x, self.y = mx.array(x), mx.array(y)
        self.random = numpy.random.default_rng()
        self.gradients = mx.grad(self.loss)
        self.compiled = mx.compile(self.step)

    def loss(self, values, x, y):
        for index in range(0, len(values), 2):
            x = mx.addmm(values[index + 1], x, values[index])
            if index + 2 < len(values):
                x = mx.maximum(x, 0) if self.work.activation == "relu" else mx.sigmoid(x)
        return ((x - y) ** 2).mean()

    def step(self, state, x, y):
        """One step; `state` is lists of parameters and, for Adam, of both moments, and the number of steps."""
        gradients = self.gradients(state[0], x, y)
        rate = self.work.learning_rate
        if self.work.optimizer == "sgd":
            return [[value - rate * gradient for value, gradient in zip(state[0], gradients)]]
        values, firsts, seconds, [count] = state
        count = count + 1
        firsts = [0.9 * first + 0.1 * gradient for first, gradient in zip(firsts, gradients)]
        seconds = [0.999 * second + 0.001 * gradient * gradient for second, gradient in zip(seconds, gradients)]
        correction = mx.sqrt(1 - mx.power(0.999, count))
        size, epsilon = rate * correction / (1 - mx.power(0.9, count)), 1e-8 * correction
        values = [
            value - size * first / (mx.sqrt(second) + epsilon)
            for value, first, second in zip(values, firsts, seconds)]
        return [values, firsts, seconds, [count]]

    def reset(self, layers):
        values = [mx.array(value) for layer in layers for value in layer]
        self.state = [values]
        if self.work.optimizer == "adam":
            self.state += [[mx.zeros_like(value) for value in values] for _ in range(2)] + [[mx.array(0.0)]]
        mx.eval(self.state)

    def train(self, epochs):
        batch = self.work.batch
        for _ in range(epochs):
            order = mx.array(self.random.permutation(self.work.rows).astype(numpy.int32))
            x, y = self.x[order], self.y[order]
            for number, start in enumerate(range(0, self.work.rows, batch), 1):
                self.state = self.compiled(self.state, x[start:start + batch], y[start:start + batch])
                if number % self.queue == 0:
                    mx.async_eval(self.state)
        mx.eval(self.state)

    def layers(self):
        values = [numpy.array(value) for value in self.state[0]]
        return list(zip(values[::2], values[1::2]))

    def versions(self):
        return {"mlx": mx.__version__}


if __name__ == "__main__":
    peer.main(MLX)
