"""Text from logs, made safe for a terminal."""


def printable(text: str) -> str:
    """Return ``text`` with every control, direction and other invisible character replaced."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
