"""A fitted card as the TOML that `plainscore run --scorecard` reads: what differs from its base."""

import json
from collections.abc import Iterator

from plainscore.scorecards.card import Feature, Scorecard


def card_text(card: Scorecard, base_name: str, comment: str) -> str:
    """Return the text; ``comment`` tells what the card was fitted to, a line of it a line."""
    return "\n".join(_lines(card, base_name, comment)) + "\n"


def _lines(card: Scorecard, base_name: str, comment: str) -> Iterator[str]:
    yield from (f"# {line}".rstrip() for line in comment.splitlines())
    yield ""
    for key, value in (
        ("name", card.name), ("version", card.version), ("title", card.title),
        ("extends", base_name),
    ):  # fmt: skip
        yield f"{key} = {_quoted(value)}"
    for band in card.bands:
        yield from ("", "[[band]]", f"name = {_quoted(band.name)}", f"at_least = {band.at_least}")
    for factor, cap in card.factor_caps:
        yield from ("", f"[factor.{factor}]", f"max_points = {cap}")
    for feature in card.features:
        if feature.bins:
            yield from ("", *_feature(feature))
    for benefit in card.benefits:
        yield from (
            "", "[[benefit]]", f"name = {_quoted(benefit.name)}",
            f"min_score = {benefit.min_score}", f"source = {_quoted(benefit.source)}",
            f"note = {_quoted(benefit.note)}",
            f"is_harm_sensitive = {str(benefit.is_harm_sensitive).lower()}",
        )  # fmt: skip


def _feature(feature: Feature) -> Iterator[str]:
    steps = ", ".join(f"[{one.at_least:f}, {one.points}]" for one in feature.bins)
    yield f"[feature.{feature.name}]"
    yield f"bins = [{steps}]"
    yield f"missing_points = {feature.missing_points}"


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string.
    return json.dumps(text, ensure_ascii=False)
