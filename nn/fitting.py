"""`fit`: the arguments of a training run, its epochs, and who hears of them."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from os import PathLike

from .agreement import fingerprint
from .arguments import function, generator, short, switch, whole
from .checkpoints import Checkpoint, Parts, content_of, require_writable
from .costs import quadratic_cost
from .evaluation import CostFunction
from .examples import Examples, examples_of
from .files import StrPath
from .history import Epoch, History
from .layers import Seed
from .loop import Loop, Metric
from .modes import learning, still_learning
from .module import Module
from .optimizers import Optimizer
from .optimizers.schedules import Scheduler
from .parallel import Ranks, in_all, parallel_step
from .rehearsal import rehearse
from .resuming import Settings, settings_of_data
from .run_parts import callbacks_of, metrics_of, require_accuracy, require_average_among, require_one_net, require_parts
from .stopping import Best
from .train import _progress_bar, batch_count, make_step, mini_batches


class Training:
    """A run of `fit`, as callbacks see it at the end of every epoch."""

    def __init__(self, net: Module, optimizer: Optimizer, history: History):
        self.net, self.optimizer, self.history = net, optimizer, history

    @property
    def stopped(self) -> bool:
        """Whether this epoch is the last one."""
        return self.history.stopped is not None

    def stop(self) -> None:
        """End the training after this epoch, for good: it is not gone on with if it is resumed."""
        self.history.stopped = "callback"


Callback = Callable[[Training], None]


@in_all
def fit(
    net: Module,
    data: Examples,
    *,
    optimizer: Optimizer,
    epochs: int,
    cost: CostFunction = quadratic_cost,
    batch_size: int = 10,
    drop_last: bool = False,
    seed: Seed = None,
    validation: Examples | None = None,
    compiled: bool = True,
    progress: bool = True,
    report: Callable[[Epoch], None] | None = None,
    callbacks: Iterable[Callback] = (),
    metrics: Mapping[str, Metric] | None = None,
    schedule: Scheduler | None = None,
    patience: int | None = None,
    monitor: str = "cost",
    keep_best: bool = False,
    checkpoint: StrPath | None = None,
    resume: bool = False,
    among: Ranks | None = None,
) -> History:
    """Train a network on mini-batches, and return the history.

    What is wrong with the arguments, or with network, data and cost together, is found before a weight moves: the network runs on
    a few examples, and the cost looks at all targets. One warning each tells of inputs that are not scaled, and of a softmax cost
    of outputs that are no logits. A history has accuracies where the targets are classes, as `nn.accuracy` says.

    Parameters
    ----------
    net : nn.Module
        A network that is wholly in evaluation mode is put into training for the run, and back. In any other every layer keeps its
        mode: one that was put into evaluation mode by itself, `net.layers[1].eval()`, keeps its statistics; its weights learn.
    data, validation : (x, y)
        Inputs (n, n_in) and targets (n, m), finite; they are converted to the dtype of the network. Costs of classes take class
        numbers (n,) as well, and a network with an Embedding whole numbers as inputs.
    optimizer : of the parameters of this network
    epochs : how often every example is seen, those before a break included
    cost : `cost(output, y)`, a Tensor of one number. Costs of an epoch are that of all examples together, so a cost of one's own
        need not be an average, except with `among`.
    batch_size, drop_last : examples in a mini-batch; and is the last one of an epoch left out if it is smaller?
    seed : of the order of the examples: an int, a Generator, or None for another order each time
    compiled : as for `make_step`
    progress : show a progress bar, if on a terminal or in a notebook
    report : called with the Epoch at the end of every epoch
    callbacks : each is called with the `Training` at the end of every epoch, and may call its `stop()`
    metrics : functions of outputs and targets by name; their values on the validation data, or without these on `data`, are
        in `history.metrics`, except where one returns None
    schedule : changes the learning rate after every epoch, or every mini-batch if it says so
    patience : stop when so many epochs have brought nothing better; `monitor` says if the cost counts or the accuracy, of the
        validation data if there are some
    keep_best : leave the network with the parameters of its best epoch, also after Ctrl-C and errors
    checkpoint : a file to write at the end of every epoch. Of several processes the first reads and writes it
    resume : go on from the checkpoint; without the file, start at the first epoch
    among : the processes to divide every mini-batch among, as `nn.ranks()` gives them. Each calls `fit` with the same
        arguments and data, which they compare first; all start with the weights and the order of examples of the first, which
        alone reports and writes. Layers that draw random numbers draw others in each; with one process, the same as without
        `among`

    Returns
    -------
    History

    Raises
    ------
    TypeError, ValueError
        For arguments of another kind or out of range, for data that do not fit or are not finite, for `monitor="accuracy"` where
        there is none, and for a checkpoint that is damaged or of another run: nothing is changed then.
    FloatingPointError
        If the cost stops being finite.

    Notes
    -----
    A resumed run has the results that it would have had without the break. So it must be given the same data, validation,
    cost, kind of network, optimizer, schedule, batch_size, drop_last and seed, with the same options; with keep_best, the same
    monitor. What network, optimizer, schedule and a Generator hold besides is replaced. The rest may change: epochs, patience,
    callbacks, metrics, report, progress; and compiled and among, which round differently.

    A run that was ended by its patience goes on with a larger one, whatever `epochs` is. One that was ended by a callback or
    its schedule is over, as `history.stopped` says. To train its network further, resume it, which loads all and trains
    nothing, and call `fit` again without `resume`.

    Ctrl-C ends the training: the history so far is returned, marked as interrupted. It may come in the middle of an update;
    the checkpoint is of the last whole epoch. The network is left as it was then, as it is by an error.

    Examples
    --------
    >>> x, y = nn.xor(40, seed=0)
    >>> net = nn.MLP([2, 8, 2], activation="tanh", output="identity", seed=0)
    >>> optimizer = nn.Adam(net.parameters(), lr=0.05)
    >>> history = nn.fit(net, (x, y), cost=nn.softmax_cross_entropy, optimizer=optimizer, epochs=20, seed=0)
    >>> history.epochs[-1].accuracy
    1.0
    """
    epochs, batch_size = whole("epochs", epochs, 0), whole("batch_size", batch_size, 1)
    drop_last, keep_best = switch("drop_last", drop_last), switch("keep_best", keep_best)
    compiled, progress, resume = switch("compiled", compiled), switch("progress", progress), switch("resume", resume)
    callbacks, measured = callbacks_of(callbacks), metrics_of(metrics)
    if report is not None:
        function("report", report, "print")
    require_parts(net, optimizer, cost, schedule)
    if resume and checkpoint is None:
        raise ValueError("resume=True needs checkpoint=, the file to go on from")
    if checkpoint is not None and not isinstance(checkpoint, str | PathLike):
        raise TypeError(f"checkpoint is {short(checkpoint)}, needs the path of a file")
    best = Best(monitor, patience, keep_best)
    rng = generator(seed)
    require_one_net(net, optimizer, schedule)
    examples = examples_of("data", data, net, cost)
    held_out = None if validation is None else examples_of("validation", validation, net, cost)
    n = len(examples[0])
    batches = batch_count(n, batch_size, drop_last)
    if among is not None:
        same: Settings = {
            "epochs": epochs,
            "batch_size": batch_size,
            "drop_last": bool(drop_last),
            "patience": patience,
        }
        same |= {"monitor": monitor, "keep_best": bool(keep_best)} | settings_of_data(examples, held_out, cost, seed)
        among.require_same(fingerprint(net, optimizer, schedule, same))
        rng = among.from_first(rng)
        progress = progress and among.is_first
    history, file = History(batches=batches), None
    with learning(net):
        if checkpoint is not None:
            plain = {"batch_size": batch_size, "drop_last": bool(drop_last)}
            given = settings_of_data(examples, held_out, cost, seed) | plain
            file = Checkpoint(checkpoint, Parts(net, optimizer, schedule, rng, best), given)
            look = partial(content_of if resume else require_writable, checkpoint)
            found = look() if among is None else among.by_first(look)
            history = history if found is None else file.resume(found)
        coding = rehearse(net, cost, examples, held_out, batch_size if drop_last else n % batch_size or batch_size)
        require_accuracy(monitor, coding)
        if among is not None:
            require_average_among(net, cost, examples)
        if among is None:
            step = make_step(net, cost, optimizer, compiled)
        else:
            among.give_weights(net)
            step = parallel_step(net, cost, optimizer, among, compiled)
        loop = Loop(net, optimizer, schedule, cost, step, examples, held_out, measured, best, history, coding, among)
        run = Training(net, optimizer, history)
        first_process = among is None or among.is_first
        first = len(history.epochs) + 1
        left = 0 if run.stopped else max(0, epochs + 1 - first)
        try:
            with _progress_bar(left * batches, progress) as bar:
                for epoch in range(first, first + left):
                    if among is not None:
                        among.part_generators(net)
                    done = loop.epoch(epoch, mini_batches(*examples, batch_size, rng, drop_last=drop_last), bar.update)
                    with still_learning(net):
                        if report is not None and first_process:
                            report(done)
                        for callback in callbacks:
                            callback(run)
                    if among is not None and among.any(run.stopped) and not run.stopped:
                        run.stop()
                    if file is not None and first_process:
                        file.write(history)
                    if run.stopped:
                        break
        except KeyboardInterrupt:
            if among is not None and among.size > 1:
                raise  # the processes were interrupted at different steps
            history.cut()
            history.interrupted = True
        finally:
            if best.weights is not None:
                net.load_state_dict(best.weights)
            net.zero_grad()
            optimizer.zero_grad()
    return history
