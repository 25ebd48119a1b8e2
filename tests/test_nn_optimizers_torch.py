"""Optimisers beside PyTorch's in unusual settings: groups, gradients that are missing at times, schedules, a reload."""

from typing import Any

import numpy as np
import pytest

import nn

torch = pytest.importorskip("torch", reason="PyTorch is not installed, so there is nothing to compare with")

# kind, its options, those of the first group
SETTINGS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}, {"lr": 0.05, "weight_decay": 0.0}),
    ("SGD", {"lr": 0.1}, {"momentum": 0.5}),
    ("Adam", {"lr": 0.1, "weight_decay": 0.1}, {"betas": (0.5, 0.6), "eps": 1e-3}),
    ("Adam", {"lr": 0.1, "betas": (0.0, 0.0)}, {"eps": 0.0}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.1}, {"lr": 0.3, "weight_decay": 0.0}),
    ("RMSprop", {"lr": 0.01, "weight_decay": 0.1, "momentum": 0.9}, {"momentum": 0.0, "centered": True}),
    ("RMSprop", {"lr": 0.01, "centered": True}, {"alpha": 0.5}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1}, {"lr_decay": 0.0, "eps": 1e-3}),
]
WITHOUT_GRADIENT = {(0, 0), (3, 1), (4, 0), (4, 1), (4, 2)}
"""Steps and parameters."""


@pytest.mark.parametrize("scheduled", [False, True])
@pytest.mark.parametrize(("kind", "options", "own"), SETTINGS, ids=str)
def test_twelve_steps_with_a_reload_among_them_are_those_of_pytorch(kind, options, own, scheduled):
    rng = np.random.default_rng(0)
    ours = [nn.Parameter(rng.normal(size=(3, 2))), nn.Parameter(rng.normal(size=4)), nn.Parameter(np.array(0.5))]
    theirs = [torch.nn.Parameter(torch.tensor(p.numpy())) for p in ours]

    def made():
        optimizer = getattr(nn, kind)([{"params": ours[:1], **own}, {"params": ours[1:]}], **options)
        return optimizer, nn.Schedule(optimizer, nn.step_decay(3, 0.5) if scheduled else lambda k: 1.0)

    optimizer, schedule = made()
    other = getattr(torch.optim, kind)([{"params": theirs[:1], **own}, {"params": theirs[1:]}], **options)
    their_schedule = torch.optim.lr_scheduler.StepLR(other, 3, 0.5 if scheduled else 1.0)
    for step in range(12):
        for i, (p, q) in enumerate(zip(ours, theirs, strict=True)):
            g = np.asarray(rng.normal(size=p.shape))
            p.grad, q.grad = (None, None) if (step, i) in WITHOUT_GRADIENT else (g, torch.tensor(g))
        for each in optimizer, other, schedule, their_schedule:
            each.step()
        if step == 5:
            states = optimizer.state_dict(), schedule.state_dict()
            optimizer, schedule = made()
            optimizer.load_state_dict(states[0])
            schedule.load_state_dict(states[1])
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=1e-12, atol=1e-14)
