"""Colours: orange parameters, teal data, slate operations, grey constants, violet output; blue above 0, red below."""

from typing import Literal, NamedTuple

Kind = Literal["parameter", "data", "operation", "constant", "output"]
KINDS: tuple[Kind, ...] = ("parameter", "data", "operation", "constant", "output")


class Theme(NamedTuple):
    background: str
    cluster: tuple[str, str]
    """Fills of clusters at even and odd depth."""
    cluster_line: str
    cluster_text: str
    text: str
    faint: str
    edge: str
    active: str
    """What is lit: a path, the step that is being shown."""
    positive: str
    negative: str
    zero: str
    missing: str
    """NaN in a heat-map."""
    header: dict[Kind, str]
    body: dict[Kind, str]
    header_text: str
    ramp_positive: tuple[str, ...]
    """Fills of heat-map cells from slightly to strongly positive."""
    ramp_negative: tuple[str, ...]


LIGHT = Theme(
    background="#ffffff",
    cluster=("#f1f5f9", "#e6ecf3"),
    cluster_line="#cbd5e1",
    cluster_text="#52627a",
    text="#0f172a",
    faint="#64748b",
    edge="#64748b",
    active="#f59e0b",
    positive="#1d5fae",
    negative="#b3122f",
    zero="#f4f6f8",
    missing="#7c7c7c",
    header={
        "parameter": "#b45309",
        "data": "#0f766e",
        "operation": "#334155",
        "constant": "#6b7280",
        "output": "#7c3aed",
    },
    body={
        "parameter": "#fff7ed",
        "data": "#f0fdfa",
        "operation": "#ffffff",
        "constant": "#f6f7f8",
        "output": "#f7f3ff",
    },
    header_text="#ffffff",
    ramp_positive=("#d3e3f5", "#a3c5ea", "#6b9fdb", "#3778c2", "#17509a"),
    ramp_negative=("#f9d8d9", "#f2aeb2", "#e27a83", "#cb4254", "#9d1431"),
)

DARK = Theme(
    background="#0f1420",
    cluster=("#182132", "#1f2a3f"),
    cluster_line="#3a4963",
    cluster_text="#a3b3ca",
    text="#e6ebf3",
    faint="#93a2b8",
    edge="#8394ad",
    active="#fbbf24",
    positive="#7db5f5",
    negative="#ff8d99",
    zero="#2b3547",
    missing="#9a9a9a",
    header={
        "parameter": "#b45309",
        "data": "#0f766e",
        "operation": "#475a75",
        "constant": "#62686f",
        "output": "#7c3aed",
    },
    body={
        "parameter": "#2a1f14",
        "data": "#10282a",
        "operation": "#161d2b",
        "constant": "#20242b",
        "output": "#241a3d",
    },
    header_text="#ffffff",
    ramp_positive=("#26415f", "#2f5f92", "#3f80c5", "#63a5ee", "#a5cffb"),
    ramp_negative=("#4f2a35", "#7b3242", "#b03f53", "#e6606f", "#ffa5ad"),
)

THEMES = {"light": LIGHT, "dark": DARK}
