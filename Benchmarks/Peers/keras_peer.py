"""Keras 3: Model.fit, compiled, with as many steps an execution as its backend is fast with."""

import os
import sys

import numpy

import peer


class Keras(peer.Peer):
    """Settings: `steps`, the minibatches that are one execution. KERAS_BACKEND names the backend."""

    def __init__(self, work, x, y, settings):
        import keras

        self.keras = keras
        self.work, self.x, self.y = work, x, y
        if keras.backend.backend() == "torch":
            import torch
            torch.set_num_threads(settings["threads"])
            torch.set_flush_denormal(True)
        if keras.backend.backend() == "tensorflow":
            import tensorflow
            tensorflow.config.threading.set_intra_op_parallelism_threads(settings["threads"])
        layers = [keras.layers.Dense(width, activation="relu" if work.activation == "relu" else "sigmoid")
                  for width in work.widths[1:-1]]
        self.model = keras.Sequential([keras.Input((work.widths[0],)), *layers, keras.layers.Dense(work.widths[-1])])
        make = keras.optimizers.Adam if work.optimizer == "adam" else keras.optimizers.SGD
        options = {"epsilon": 1e-8} if work.optimizer == "adam" else {}
        self.model.compile(
            make(work.learning_rate, **options), loss="mse", jit_compile=settings["jit"],
            steps_per_execution=settings["steps"])
        self.model.optimizer.build(self.model.trainable_variables)

    def reset(self, layers):
        self.model.set_weights([value for layer in layers for value in layer])
        for variable in self.model.optimizer.variables:
            if variable.path.split("/")[-1] != "learning_rate":
                variable.assign(numpy.zeros(variable.shape, variable.dtype))

    def train(self, epochs):
        self.model.fit(self.x, self.y, batch_size=self.work.batch, epochs=epochs, shuffle=True, verbose=0)

    def layers(self):
        values = self.model.get_weights()
        return list(zip(values[::2], values[1::2]))

    def versions(self):
        backend = self.keras.backend.backend()
        return {"keras": self.keras.__version__, "backend": f"{backend} {sys.modules[backend].__version__}"}


if __name__ == "__main__":
    peer.main(Keras)
