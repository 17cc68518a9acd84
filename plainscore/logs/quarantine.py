"""The texts of rows as quarantine keeps them: delivered, masked, and of bounded length."""

import json
from collections.abc import Mapping, Sequence

from plainscore.contracts.logs import Log
from plainscore.logs.landing import LandingFile
from plainscore.logs.masking import MASK, csv_shape, mask_csv, mask_json, shorten
from plainscore.logs.readers import raw_texts
from plainscore.logs.sources import Source
from plainscore.logs.text_files import column_names


def quarantined_texts(
    file: LandingFile, source: Source, logs: Mapping[str, Log], lines: Sequence[int]
) -> dict[int, str]:
    """Return the masked texts of some rows of a file by line."""
    has_identity = any(logs[log].hidden for log in source.logs)
    texts = raw_texts(file, source, lines)
    if file.format != "csv":
        return {no: mask_json(text, has_identity=has_identity) for no, text in texts.items()}
    shape = csv_shape(column_names(file, source.format))
    return {no: mask_csv(text, shape, has_identity=has_identity) for no, text in texts.items()}


def row_as_json(log: Log, row: Mapping[str, object], ids: Mapping[str, str]) -> str:
    """Return a stored row as JSON: its content, with ``ids`` in the place of keys."""
    kept = {name: row[name] for name in ("event_id", *log.content_columns)}
    kept = {name: value for name, value in kept.items() if value is not None}
    kept |= {name: MASK for name in log.hidden if name in kept} | dict(ids)
    for name in log.person_fields:
        kept.pop(log.stored_name(name), None)
    return shorten(json.dumps(kept, ensure_ascii=False, default=str))
