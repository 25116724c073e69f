"""Reads everything in a checkpoint with h5py: read_checkpoint.py FILE."""

import json
import sys

import h5py
import numpy as np

with h5py.File(sys.argv[1]) as file:
    assert file.userblock_size == 512
    datasets = []
    file.visititems(lambda name, item: datasets.append(name) if isinstance(item, h5py.Dataset) else None)
    for name in datasets:
        value = file[name][()]
        if name != "lockstep/configuration" and "validation_loss" not in name:
            assert np.isfinite(value).all(), name
    group = file["lockstep"]
    assert group.attrs["schema"] == "lockstep-checkpoint" and group.attrs["schema_version"] == 1
    configuration = json.loads(group["configuration"].asstr()[()])
    assert configuration["optimizer"] == "adam" and configuration["batch_size"] == 64
    progress = dict(group["progress"].attrs)
    assert progress["epoch"] == 3 and progress["step"] == 0 and progress["seed"] == 9, progress
    assert progress["global_step"] == 3 * 8, progress
    for name in ("loss", "validation_loss", "learning_rate", "seconds"):
        assert group["history"][name].shape == (3,)
    assert group["environment"].attrs["threads"] == 2
    assert len(file["vars"]) == 0
