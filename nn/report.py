"""One page with everything there is to see of a training run, to be looked at, or sent to a friend."""

import base64
import hashlib
import re
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from autograd_lite.drawing.text import clean


class Section(NamedTuple):
    """A heading, some sentences, and what stands below them."""

    title: str
    words: str
    light: str = ""
    """An SVG document."""
    dark: str = ""
    """The same for readers whose system is dark; `light` if left out."""
    table: str = ""
    """Lines of text, shown as they are."""
    whole: bool = True
    """Whether the picture is made as small as the page is wide, instead of being moved about in."""
    page: str = ""
    """An HTML page, shown in a frame, from where it can reach nothing."""


STYLE = """
:root{color-scheme:light dark;--paper:#fff;--ink:#0f172a;--faint:#52627a;--line:#cbd5e1}
body{margin:0 auto;max-width:1240px;padding:24px 20px 60px;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,sans-serif}
h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:44px 0 4px;scroll-margin-top:12px}
p{margin:0 0 12px;max-width:76ch}nav{margin:14px 0;line-height:1.9}nav a{margin-right:16px}a{color:inherit}
.faint{color:var(--faint)}.wide{overflow-x:auto;border:1px solid var(--line);border-radius:8px}
.wide svg{display:block}.whole svg{max-width:100%;height:auto}.tall{max-height:80vh;overflow:auto}
pre{margin:0;padding:12px 14px;font:13px/1.45 ui-monospace,Menlo,Consolas,monospace}
iframe{display:block;width:100%;height:760px;border:1px solid var(--line);border-radius:8px}
.dark{display:none}
@media (prefers-color-scheme:dark){:root{--paper:#0f1420;--ink:#e6ebf3;--faint:#a3b3ca;--line:#3a4963}
.dark{display:block}.light{display:none}}
@media print{iframe{display:none}}
"""
_SOURCE = re.compile(r"(script|style)-src ([^;\"]*)")


def report(title: str, words: str, sections: Sequence[Section]) -> str:
    """The page as text: one file that asks for nothing and works from a disk.

    Its own content runs no script. The pages inside it bring the hashes of theirs, which the policy of this page has to
    allow as well, since a frame with such a source inherits it.
    """
    allowed: dict[str, list[str]] = {"script": [], "style": [_hash(STYLE)]}
    for section in sections:
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', section.page)
        for kind, sources in _SOURCE.findall(policy[1] if policy else ""):
            allowed[kind] += [source for source in sources.split() if source not in allowed[kind]]
    policy_text = (
        f"default-src 'none'; script-src {' '.join(allowed['script']) or _NONE}; style-src {' '.join(allowed['style'])}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    links = "".join(f'<a href="#s{i}">{escape(clean(s.title))}</a> ' for i, s in enumerate(sections, 1))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy_text}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">\n'
        f"<title>{escape(clean(title))}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<h1>{escape(clean(title))}</h1>\n<p class="faint">{escape(clean(words))}</p>\n<nav>{links}</nav>\n'
        + "".join(_section(i, section) for i, section in enumerate(sections, 1))
        + "</body>\n</html>\n"
    )


_NONE = "'none'"


def _section(number: int, section: Section) -> str:
    parts = [f'<section>\n<h2 id="s{number}">{escape(clean(section.title))}</h2>\n']
    if section.words:
        parts.append(f"<p>{escape(clean(section.words))}</p>\n")
    if section.light:
        parts.append(_picture(section.light, "light" * bool(section.dark), section.whole))
    if section.dark:
        parts.append(_picture(section.dark, "dark", section.whole))
    if section.table:
        lines = "\n".join(map(clean, section.table.split("\n")))
        parts.append(f'<div class="wide tall" tabindex="0"><pre>{escape(lines)}</pre></div>\n')
    if section.page:
        name = escape(clean(section.title))
        parts.append(f'<iframe sandbox="allow-scripts" title="{name}" srcdoc="{escape(section.page)}"></iframe>\n')
    return "".join([*parts, "</section>\n"])


def _picture(svg: str, theme: str, whole: bool) -> str:
    kinds = " ".join(filter(None, [theme, "wide", "whole" if whole else "tall"]))
    return f'<div class="{kinds}" tabindex="0">\n{svg}</div>\n'


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
