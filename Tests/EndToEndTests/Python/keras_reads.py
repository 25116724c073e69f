"""Loads checkpoints into Keras models and predicts: keras_reads.py CASES, a JSON list."""

import json
import sys
import warnings

import h5py
import keras
import numpy as np

# Keras warns where it leaves out an optimizer's variables.
warnings.simplefilter("error")


def activation(file, layer):
    """The activation that the checkpoint names beside a layer's weights."""
    name = file[f"layers/{layer}/vars"].attrs["activation"]
    if name == "leaky_relu":
        return lambda z: keras.activations.leaky_relu(z, negative_slope=0.01)
    return keras.activations.get(name)


def check(case):
    keras.config.set_floatx(case["precision"])
    keras.config.set_dtype_policy(case["precision"])
    with h5py.File(case["data"]) as file:
        x = file["x"][:].astype(case["precision"])
    with h5py.File(case["predictions"]) as file:
        expected = file[case["dataset"]][:]
    widths = case["hidden"] + [expected.shape[1]]
    layers = [keras.Input((x.shape[1],))]
    with h5py.File(case["checkpoint"]) as file:
        for index, width in enumerate(widths):
            layer = "dense" if index == 0 else f"dense_{index}"
            layers.append(keras.layers.Dense(width, activation=activation(file, layer)))
    model = keras.Sequential(layers)
    optimizer = {
        "sgd": lambda: keras.optimizers.SGD(learning_rate=0.5, momentum=0.9),
        "momentum": lambda: keras.optimizers.SGD(learning_rate=0.5, momentum=0.9),
        "nesterov": lambda: keras.optimizers.SGD(learning_rate=0.5, momentum=0.9, nesterov=True),
        "adagrad": lambda: keras.optimizers.Adagrad(learning_rate=0.5),
        "rmsprop": lambda: keras.optimizers.RMSprop(learning_rate=0.5),
        "adadelta": lambda: keras.optimizers.Adadelta(learning_rate=0.5),
        "adam": lambda: keras.optimizers.Adam(learning_rate=0.5),
        "adamw": lambda: keras.optimizers.AdamW(learning_rate=0.5),
    }[case["optimizer"]]()
    model.compile(optimizer=optimizer, loss="mse")
    optimizer.build(model.trainable_variables)
    model.load_weights(case["checkpoint"])

    found = np.asarray(model(x))
    # A few units in the last place of the largest: both sum in single precision, in orders of their own.
    error = np.abs(found - expected).max() / max(1, np.abs(expected).max())
    assert error < 1e-6, error
    assert int(optimizer.iterations) == case["steps"], int(optimizer.iterations)
    assert abs(float(optimizer.learning_rate) - case["learning_rate"]) < 1e-7
    with h5py.File(case["checkpoint"]) as file:
        for number, variable in enumerate(optimizer.variables):
            found, stored = np.asarray(variable), file[f"optimizer/vars/{number}"][()]
            assert (found == stored).all(), (case, number, found.dtype)
    # The moments are those of this training, not zeros.
    assert all(np.abs(np.asarray(variable)).max() > 0 for variable in optimizer.variables[2:])


for case in json.loads(sys.argv[1]):
    check(case)
