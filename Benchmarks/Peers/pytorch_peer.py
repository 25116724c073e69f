"""PyTorch on the CPU: minibatches are views of an epoch's tensors, which are put in order at once."""

import torch
from torch import nn
from torch.nn import functional

import peer


class PyTorch(peer.Peer):
    """Settings: `threads`."""

    def __init__(self, work, x, y, settings):
        self.work = work
        torch.set_num_threads(settings["threads"])
        # Moments of units that no longer learn decay into denormal numbers, which are slow.
        torch.set_flush_denormal(True)
        self.x, self.y = torch.from_numpy(x), torch.from_numpy(y)

    def train(self, epochs):
        for _ in range(epochs):
            # 32-bit indices are made in half the time.
            order = torch.randperm(self.work.rows, dtype=torch.int32)
            x, y = self.x.index_select(0, order), self.y.index_select(0, order)
            for start in range(0, len(order), self.stride):
                self.steps(x[start:start + self.stride], y[start:start + self.stride])

    def versions(self):
        return {"torch": torch.__version__, "vectors": torch.backends.cpu.get_cpu_capability()}


class Eager(PyTorch):
    """A model of modules, autograd, and an optimizer of `torch.optim`."""

    def __init__(self, work, x, y, settings):
        super().__init__(work, x, y, settings)
        self.stride = work.batch
        modules = []
        for inputs, outputs in zip(work.widths, work.widths[1:]):
            modules += [nn.Linear(inputs, outputs), nn.ReLU() if work.activation == "relu" else nn.Sigmoid()]
        self.model = nn.Sequential(*modules[:-1])

    @torch.no_grad()
    def reset(self, layers):
        for module, (kernel, bias) in zip(self.model[::2], layers):
            module.weight.copy_(torch.from_numpy(kernel.T))
            module.bias.copy_(torch.from_numpy(bias))
        make = torch.optim.Adam if self.work.optimizer == "adam" else torch.optim.SGD
        self.optimizer = make(self.model.parameters(), lr=self.work.learning_rate, fused=True)

    def steps(self, x, y):
        self.optimizer.zero_grad(set_to_none=True)
        functional.mse_loss(self.model(x), y).backward()
        self.optimizer.step()

    def layers(self):
        return [(module.weight.detach().numpy().T.copy(), module.bias.detach().numpy().copy())
                for module in self.model[::2]]


class Compiled(PyTorch):
    """Gradients and the optimizer in one function, which torch.compile makes one piece of native code.

    Settings: `unroll` minibatches are one call; `products` is matrix (calls of MKL) or sums (loops of Inductor's own,
    which it can fuse: better for tiny layers).
    """

    def __init__(self, work, x, y, settings):
        super().__init__(work, x, y, settings)
        self.products = settings["products"]
        self.stride = work.batch * settings["unroll"]
        # C++ calls the kernels instead of Python.
        self.compiled = torch.compile(self.all_steps, dynamic=False, fullgraph=True, options={"cpp_wrapper": True})
        self.compiled_one = torch.compile(self.one_step, dynamic=False, fullgraph=True, options={"cpp_wrapper": True})
        torch.set_grad_enabled(False)

    def steps(self, x, y):
        if len(x) == self.stride and self.stride > self.work.batch:
            return self.compiled(self.state, x, y)
        for start in range(0, len(x), self.work.batch):
            self.compiled_one(self.state, x[start:start + self.work.batch], y[start:start + self.work.batch])

    def all_steps(self, state, x, y):
        new = state
        for start in range(0, len(x), self.work.batch):
            new = self.step(new, x[start:start + self.work.batch], y[start:start + self.work.batch])
        self.put(new, state)

    def one_step(self, state, x, y):
        self.put(self.step(state, x, y), state)

    @staticmethod
    def put(new, state):
        for values, places in zip(new, state):
            for value, place in zip(values, places):
                place.copy_(value)

    def step(self, state, x, y):
        """One step; `state` is lists of parameters and, for Adam, of both moments, and the number of steps."""
        gradients = torch.func.grad(self.loss)(tuple(state[0]), x, y)
        rate = self.work.learning_rate
        if self.work.optimizer == "sgd":
            return ([value - rate * gradient for value, gradient in zip(state[0], gradients)],)
        values, firsts, seconds, [count] = state
        count = count + 1
        firsts = [0.9 * first + 0.1 * gradient for first, gradient in zip(firsts, gradients)]
        seconds = [0.999 * second + 0.001 * gradient * gradient for second, gradient in zip(seconds, gradients)]
        correction = torch.sqrt(1 - 0.999**count)
        size, epsilon = rate * correction / (1 - 0.9**count), 1e-8 * correction
        values = [
            value - size * first / (second.sqrt() + epsilon)
            for value, first, second in zip(values, firsts, seconds)]
        return values, firsts, seconds, [count]

    def loss(self, values, x, y):
        activation = torch.relu if self.work.activation == "relu" else torch.sigmoid
        for index in range(0, len(values), 2):
            weight, bias = values[index:index + 2]
            if self.products == "matrix":
                x = functional.linear(x, weight, bias)
            else:
                x = (x[:, None, :] * weight[None]).sum(-1) + bias
            x = activation(x) if index + 2 < len(values) else x
        return functional.mse_loss(x, y)

    def reset(self, layers):
        values = []
        for kernel, bias in layers:
            values += [torch.from_numpy(kernel.T.copy()), torch.from_numpy(bias.copy())]
        self.state = [values]
        if self.work.optimizer == "adam":
            self.state += [[torch.zeros_like(value) for value in values] for _ in range(2)] + [[torch.zeros(())]]

    def layers(self):
        values = [value.numpy().copy() for value in self.state[0]]
        return [(weight.T, bias) for weight, bias in zip(values[::2], values[1::2])]


def make(work, x, y, settings):
    return (Compiled if settings["compiled"] else Eager)(work, x, y, settings)


if __name__ == "__main__":
    peer.main(make)
