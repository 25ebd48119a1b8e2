"""Random programs of NumPy calls, computed in every way that must agree.

    python -m tests.fuzz --programs 100000 --seed 0 --jobs 2

A program is data: inputs, statements, what it returns (program.py). It is drawn from a seed and a number (generate.py, with the
vocabulary in calls, indices, writes, blocks and nested), by running each statement on NumPy and keeping what is finite and
small. Then it is checked (checks.py). Its values are NumPy's. Its gradient is what a complex step finds, or differences where a
function is not analytic, or PyTorch. The recorded backward pass, other layouts, names, hooks and scopes, no_grad, a checkpoint
around it, containers, threads, per-example gradients, jvp, vjp, Jacobians and Hessians agree with it. Compiled it gives the same
twice, with other numbers, and the printed source has the bits of the running program. Networks that learn are checked too
(networks.py): eager against compiled steps, with files and switches in between. Two results agree if they differ by no more than
rounding, which is measured (comparing.py). Every check ends as one of

    agrees
    disagrees       also an error that is not documented; the exit code is 1, and the smallest such program is printed
    refused         by a documented error; more than one check in a hundred fails the run
    undecided       at a kink or a singularity no number is right
    untranslated    PyTorch has no such function, or means something else by it
    inapplicable    the check says nothing about such a program

and the report counts them, by check and by reason. One program again, with all that came of it:

    python -m tests.fuzz --replay 0:1234

Options
    --kind      one kind of program: mixed, writes, in-place, nested, network, ...
    --in-place  programs that keep views and write, read before and after: the same as --kind in-place
    --without   leave out a kind, a family of statements or a check; several times. Numbers then mean other programs
    --also      draw what the engine cannot do yet, see generate.PENDING
    --time      stop after so many seconds
    --jobs      processes

To add a function, add its text to a table in calls.py. To add a way that must agree, add a function to CHECKS.
"""
