"""Execute the notebooks, each in a kernel of its own, and fail if a cell raises or warns.

    python notebooks/execute.py             all of them; no file is changed
    python notebooks/execute.py 3 7         the third and the seventh
    python notebooks/execute.py --write 3   keep what the third puts out in its file

Needs the extra `notebooks`. What is written is normalised, so that a diff shows what changed in substance: no times, no
machine's name, cells numbered from 1.
"""

import argparse
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

HERE = Path(__file__).resolve().parent
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
TIMEOUT = 300
"""Seconds a cell may take."""
WIDE = 860.0
"""Pixels that a page surely has for a picture."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Execute the notebooks, and fail if a cell raises or warns.")
    parser.add_argument("numbers", nargs="*", type=int, help="which ones; all if left out")
    parser.add_argument("--write", action="store_true", help="keep the outputs in the files")
    options = parser.parse_args()
    notebooks = {int(path.name.split("-")[0]): path for path in sorted(HERE.glob("[0-9]*-*.ipynb"))}
    unknown = sorted(set(options.numbers) - set(notebooks))
    if unknown or not notebooks:
        parser.error(f"there is no notebook {', '.join(map(str, unknown))}; there are {', '.join(map(str, notebooks))}")

    # The matrices are small: threads would wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    failed = 0
    for number in options.numbers or notebooks:
        path, started = notebooks[number], time.perf_counter()
        committed = nbformat.read(path, as_version=4)
        problems = [] if options.write else unfinished(committed)
        executed, raised = execute(committed)
        problems += raised
        verdict = "does NOT pass" if problems else "passes"
        print(f"{path.name} {verdict}, {time.perf_counter() - started:.1f} s", flush=True)
        for problem in problems:
            print(f"  {problem}", file=sys.stderr)
        failed += bool(problems)
        if options.write and not problems:
            nbformat.write(normalised(executed), path)
    return int(failed > 0)


def execute(notebook: Any) -> tuple[Any, list[str]]:
    """The notebook as it is after all cells, or up to the first that raises, and what went wrong."""
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(HERE)}},
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR", "--colors=nocolor"],
    )
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        return notebook, [str(error)]
    said = [
        f"cell {number} writes to stderr: {output['text'].strip()}"
        for number, cell in enumerate(notebook.cells, 1)
        for output in cell.get("outputs", ())
        if output.get("name") == "stderr"
    ]
    return notebook, said


def unfinished(notebook: Any) -> list[str]:
    """What a notebook lacks to be handed out: its outputs, a picture in every section, and the assertion at its end."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if not all(cell.execution_count for cell in code):
        found = ["committed without its outputs: run with --write"]
    else:
        found = [f"the section {title!r} has no picture" for title, pictures in sections(notebook).items() if not pictures]
    return found if "assert" in code[-1].source else [*found, "its last cell asserts nothing"]


def sections(notebook: Any) -> dict[str, int]:
    """How many pictures each section has, but for the last, which is the summary."""
    pictures: dict[str, int] = {}
    title = None
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for title in re.findall(r"^## (.+)$", cell.source, re.MULTILINE):
                pictures[title] = 0
        elif title:
            pictures[title] += sum("image/svg+xml" in output.get("data", ()) for output in cell.outputs)
    if title:
        del pictures[title]
    return pictures


def normalised(notebook: Any) -> Any:
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number}"
        cell.metadata.clear()
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if "image/svg+xml" in data:
                data.pop("text/html", None)  # a static page would prefer it, and GitHub cuts SVG out of HTML
                data["image/svg+xml"] = fitting(data["image/svg+xml"])
    return notebook


def fitting(svg: str) -> str:
    """A picture as wide as the page, if it is a wide one: at its own size a narrow page would cut it off."""
    size = re.search(r'(?<=<svg )([^>]*?)width="([\d.]+)" height="[\d.]+"', svg)
    if size is None or float(size[2]) <= WIDE:
        return svg
    return f'{svg[: size.start()]}{size[1]}width="100%"{svg[size.end() :]}'


if __name__ == "__main__":
    sys.exit(main())
