"""The champion's method as it was published with a day: the same for everybody, so read once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from plainscore.show.snapshots import Snapshots

SOCIAL_FACTOR = "social_connections"

# A feature whose advice begins so is never proposed as a move.
_NOT_ADVISED = "Not advised"

Row = dict[str, Any]


@dataclass(frozen=True)
class MethodOfDay:
    """Rows of the views of the same names, of the champion alone.

    ``features``, ``bands`` and ``bins`` stand in the order of the scorecard; ``rules`` by their
    codes. ``counted``: the features whose values are whole numbers.
    """

    day: date
    card: Row
    features: Sequence[Row]
    bins: Sequence[Row]
    bands: Sequence[Row]
    rules: Mapping[str, Row]
    counted: frozenset[str]

    def band_above(self, band_no: int) -> Row | None:
        """Return the next higher band; None above the highest."""
        return next((band for band in self.bands if band["band_no"] == band_no + 1), None)

    def advised_bins(self) -> list[Row]:
        """Return the bins of every feature that a person may be told to improve.

        Feature by feature, the least worth first; each with its feature's ``direction``.
        """
        advised = {
            feature["feature"]: feature["direction"]
            for feature in self.features
            if feature["factor"] != SOCIAL_FACTOR
            and not feature["what_to_do"].startswith(_NOT_ADVISED)
        }
        found = [
            {**one, "direction": advised[one["feature"]]}
            for one in self.bins
            if one["feature"] in advised
        ]
        return sorted(found, key=lambda one: (one["feature_no"], one["points"]))


def read_method(snapshots: Snapshots, day: date) -> MethodOfDay:
    """Return the champion's method of a published day."""

    def of_champion(view: str, order: str) -> list[Row]:
        return snapshots.records(
            f"from {view} where scorecard_no = 1 and as_of_date = ? order by {order}", (day,)
        )

    rules = snapshots.records("from not_scored_rule where as_of_date = ?", (day,))
    return MethodOfDay(
        day=day,
        card=of_champion("card", "scorecard_no")[0],
        features=of_champion("feature_card", "feature_no"),
        bins=of_champion("bin_card", "feature_no, bin_no"),
        bands=of_champion("band_card", "band_no"),
        rules={rule["not_scored_code"]: rule for rule in rules},
        counted=_counted_features(snapshots),
    )


def _counted_features(snapshots: Snapshots) -> frozenset[str]:
    """Return the features whose values are whole numbers."""
    columns = snapshots.records("describe features")
    return frozenset(row["column_name"] for row in columns if row["column_type"] == "BIGINT")
