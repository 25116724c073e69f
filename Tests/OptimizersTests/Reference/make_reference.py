"""Writes optimizers.json: fifty steps of every optimizer, in double precision, and the learning rates of every schedule,
by programs that share no code with Lockstep. Needs PyTorch; run once, by hand: python3 make_reference.py

What PyTorch has is PyTorch's. The fixed correction of Adam's bias is no library's: it is worked out here with NumPy. So is
clipping, because PyTorch's divides by the norm plus 1e-6.

The gradients are given, not those of a network, so that a difference stays what one step makes it. All given numbers are
multiples of 1/4096, so that float32 holds them exactly.
"""
import json
import pathlib

import numpy as np
import torch

PARAMETERS, STEPS = 5, 50

# Names and options as the program has them.
RUNS = [
    {"name": "sgd", "learning-rate": 0.01},
    {"name": "sgd", "learning-rate": 0.1, "weight-decay": 0.1},
    {"name": "momentum", "learning-rate": 0.01, "momentum": 0.9},
    {"name": "momentum", "learning-rate": 0.1, "momentum": 0.5, "weight-decay": 0.01},
    {"name": "nesterov", "learning-rate": 0.01, "momentum": 0.9},
    {"name": "nesterov", "learning-rate": 0.1, "momentum": 0.5, "weight-decay": 0.01},
    {"name": "adagrad", "learning-rate": 0.01, "epsilon": 1e-10},
    {"name": "adagrad", "learning-rate": 0.1, "epsilon": 1e-3, "weight-decay": 0.01},
    {"name": "rmsprop", "learning-rate": 0.01, "rho": 0.99, "epsilon": 1e-8},
    {"name": "rmsprop", "learning-rate": 0.001, "rho": 0.9, "epsilon": 1e-3, "weight-decay": 0.01},
    {"name": "adadelta", "learning-rate": 1.0, "rho": 0.9, "epsilon": 1e-6},
    {"name": "adadelta", "learning-rate": 0.5, "rho": 0.95, "epsilon": 1e-4, "weight-decay": 0.01},
    {"name": "adam", "learning-rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    {"name": "adam", "learning-rate": 0.1, "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3, "weight-decay": 0.01},
    {"name": "adamw", "learning-rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight-decay": 0.01},
    {"name": "adamw", "learning-rate": 0.01, "beta1": 0.9, "beta2": 0.99, "epsilon": 1e-8, "weight-decay": 0.0},
    {"name": "adamw", "learning-rate": 0.1, "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3, "weight-decay": 0.5},
]
FIXED = [
    {"name": "adam", "learning-rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    {"name": "adam", "learning-rate": 0.1, "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3, "weight-decay": 0.01},
    {"name": "adamw", "learning-rate": 0.01, "beta1": 0.9, "beta2": 0.99, "epsilon": 1e-8, "weight-decay": 0.5},
]

# Every rule again, with and without decay, on gradients whose norm is cut to this: about half of them are longer.
CLIP_NORM = 3.0

SCHEDULES = [
    {"schedule": "constant", "warmup-steps": 8},
    {"schedule": "step", "warmup-steps": 0, "decay-steps": 7, "decay-rate": 0.5},
    {"schedule": "step", "warmup-steps": 5, "decay-steps": 10, "decay-rate": 0.1},
    {"schedule": "exponential", "warmup-steps": 0, "decay-steps": 20, "decay-rate": 0.1},
    {"schedule": "exponential", "warmup-steps": 1, "decay-steps": 1, "decay-rate": 0.9},
    # PyTorch's cosine rises again beyond its steps, Lockstep's stays: no steps beyond are looked at.
    {"schedule": "cosine", "warmup-steps": 0, "decay-steps": 49, "final-learning-rate": 0.0},
    {"schedule": "cosine", "warmup-steps": 10, "decay-steps": 60, "final-learning-rate": 0.01},
]
LEARNING_RATE = 0.1


def given():
    """First parameters, and the gradients of all steps: large and small, of one sign, and one that comes and goes."""
    random = np.random.default_rng(1)
    initial = random.integers(-64, 65, size=PARAMETERS) / 64
    gradients = random.integers(-64, 65, size=(STEPS, PARAMETERS)) / 64
    gradients *= np.array([1, 8, 1 / 64, 1, 1])
    gradients[:, 3] = np.abs(gradients[:, 3])
    gradients[10:40, 4] = 0
    return initial, gradients


def clipped(gradient):
    norm = np.sqrt(np.sum(gradient**2))
    return gradient * (CLIP_NORM / norm) if norm > CLIP_NORM else gradient


def torch_optimizer(run, parameters):
    decay = run.get("weight-decay", 0.0)
    common = {"lr": run["learning-rate"], "weight_decay": decay, "foreach": False}
    match run["name"]:
        case "sgd":
            return torch.optim.SGD(parameters, **common)
        case "momentum" | "nesterov":
            return torch.optim.SGD(
                parameters, momentum=run["momentum"], nesterov=run["name"] == "nesterov", **common)
        case "adagrad":
            return torch.optim.Adagrad(parameters, eps=run["epsilon"], **common)
        case "rmsprop":
            return torch.optim.RMSprop(parameters, alpha=run["rho"], eps=run["epsilon"], **common)
        case "adadelta":
            return torch.optim.Adadelta(parameters, rho=run["rho"], eps=run["epsilon"], **common)
        case "adam" | "adamw":
            rule = torch.optim.Adam if run["name"] == "adam" else torch.optim.AdamW
            return rule(parameters, betas=(run["beta1"], run["beta2"]), eps=run["epsilon"], **common)
    raise ValueError(run["name"])


def by_torch(run, initial, gradients):
    w = torch.tensor(initial, dtype=torch.float64, requires_grad=True)
    optimizer = torch_optimizer(run, [w])
    after = []
    for gradient in gradients:
        w.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        after.append(w.detach().tolist())
    return after


def by_numpy_with_fixed_correction(run, initial, gradients):
    rate, beta1, beta2 = run["learning-rate"], run["beta1"], run["beta2"]
    decay = run.get("weight-decay", 0.0)
    w, m, v, after = initial.copy(), np.zeros(PARAMETERS), np.zeros(PARAMETERS), []
    for gradient in gradients:
        g = gradient
        if run["name"] == "adam":
            g = g + decay * w
        else:
            w = w - rate * decay * w
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        w = w - rate * (m / (1 - beta1)) / (np.sqrt(v / (1 - beta2)) + run["epsilon"])
        after.append(w.tolist())
    return after


def rates(run):
    """The learning rates of all steps, by PyTorch."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=LEARNING_RATE)
    warmup, schedulers = run["warmup-steps"], torch.optim.lr_scheduler
    match run["schedule"]:
        case "constant":
            main = schedulers.ConstantLR(optimizer, factor=1)
        case "step":
            main = schedulers.StepLR(optimizer, step_size=run["decay-steps"], gamma=run["decay-rate"])
        case "exponential":
            main = schedulers.ExponentialLR(optimizer, gamma=run["decay-rate"] ** (1 / run["decay-steps"]))
        case "cosine":
            main = schedulers.CosineAnnealingLR(
                optimizer, T_max=run["decay-steps"], eta_min=run["final-learning-rate"])
    scheduler = main
    if warmup > 1:
        rise = schedulers.LinearLR(optimizer, start_factor=1 / warmup, total_iters=warmup - 1)
        scheduler = schedulers.SequentialLR(optimizer, [rise, main], milestones=[warmup])
    elif warmup == 1:
        # The only step of such a warm-up has the full rate, and the decay starts with the next one.
        return [LEARNING_RATE] + rates({**run, "warmup-steps": 0})[:-1]
    result = []
    for _ in range(STEPS):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return result


def main():
    initial, gradients = given()
    runs = [{**run, "parameters": by_torch(run, initial, gradients)} for run in RUNS]
    cut = np.array([clipped(gradient) for gradient in gradients])
    runs += [{**run, "clip-norm": CLIP_NORM, "parameters": by_torch(run, initial, cut)} for run in RUNS]
    runs += [
        {**run, "bias-correction": "fixed", "parameters": by_numpy_with_fixed_correction(run, initial, gradients)}
        for run in FIXED
    ]
    path = pathlib.Path(__file__).with_name("optimizers.json")
    content = {
        "initial": initial.tolist(), "gradients": gradients.tolist(), "runs": runs,
        "learning-rate": LEARNING_RATE, "schedules": [{**run, "rates": rates(run)} for run in SCHEDULES],
    }
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
