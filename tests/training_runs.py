"""Runs of `fit` on a small network with all that a checkpoint has to keep, and what came out of them."""

import numpy as np

import nn

rng = np.random.default_rng(0)
X = rng.random((23, 4))
Y = np.eye(3)[rng.integers(0, 3, 23)]
HELD_OUT = rng.random((9, 4)), np.eye(3)[rng.integers(0, 3, 9)]
EPOCHS = 6


def network(rate=0.2, width=6):
    return nn.Sequential(
        nn.Linear(4, width, seed=0), nn.BatchNorm1d(width), nn.Sigmoid(), nn.Dropout(rate, seed=1),
        nn.Linear(width, 3, seed=2), nn.Sigmoid(),
    )  # fmt: skip


def fitted(net=None, data=(X, Y), **options):
    net = net or network()
    usual = {"optimizer": nn.Adam(net.parameters(), 0.01), "epochs": EPOCHS, "batch_size": 5, "seed": 0}
    return net, nn.fit(net, data, **usual | options)


def groups(net, **own):
    return [{"params": net.parameters()[:2], **own}, {"params": net.parameters()[2:]}]


def scheduled(net, factor=None, by="epoch", kind=nn.Schedule, lr=0.01, **options):
    optimizer = nn.Adam(net.parameters(), lr)
    arguments = {"factor": factor or nn.step_decay(2), "by": by} if kind is nn.Schedule else options
    return {"optimizer": optimizer, "schedule": kind(optimizer, **arguments)}


def everything(net, history):
    """All results of a run, but for times."""
    return (
        {name: value.tobytes() for name, value in net.state_dict().items()},
        history.batch_costs, [e[:5] for e in history.epochs], history.gradient_norms, history.metrics, history.batches,
        history.stopped, [module.training for _, module in net.named_modules()],
    )  # fmt: skip
