"""How deep a line of JSON is nested, told before any reader recurses into it."""

import re

MAX_NESTING = 100
"""Readers give up at a depth of their own, which a new version may change; this stays."""

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


def is_too_deep(line: str) -> bool:
    """Tell whether a line is nested more than MAX_NESTING deep; brackets in texts do not count."""
    if line.count("[") + line.count("{") <= MAX_NESTING:
        return False
    depth = 0
    for step in map(_STEPS.get, _TEXT.sub("", line)):
        if step is not None:
            depth += step
            if depth > MAX_NESTING:
                return True
    return False
