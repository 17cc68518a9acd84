"""What a card can name: the features and eligibility measures that a method's tables have."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from plainscore.common.standard import Method
from plainscore.contracts.contract import Column, Table, method_glossary, method_tables

ELIGIBILITY = "features.eligibility"


@dataclass(frozen=True)
class Measures:
    """Columns that a card can name.

    ``homes``: feature -> its table in the schema ``features``. ``features``: feature -> column.
    ``late``: feature -> the table of the schema ``scores`` that computes it from own points.
    ``eligibility``: measure -> type.
    """

    homes: Mapping[str, str]
    features: Mapping[str, Column]
    late: Mapping[str, Table]
    eligibility: Mapping[str, str]

    def column(self, feature: str) -> Column:
        """Return the column of a feature, late or not; KeyError where there is none."""
        return (
            self.late[feature].column(feature) if feature in self.late else self.features[feature]
        )


def measures_among(tables: Iterable[Table]) -> Measures:
    """Return what a card can name, from hand-written tables: everything but keys."""
    homes: dict[str, str] = {}
    features: dict[str, Column] = {}
    late: dict[str, Table] = {}
    eligibility: dict[str, str] = {}
    for table in tables:
        own = [column for column in table.columns if column.name not in table.key]
        if table.name == ELIGIBILITY:
            eligibility = {column.name: column.type for column in own}
        elif table.schema == "features":
            features |= {column.name: column for column in own}
            homes |= {column.name: table.name for column in own}
        elif table.late_feature:
            late[table.late_feature] = table
    return Measures(homes, features, late, eligibility)


@cache
def measures_of(method: Method) -> Measures:
    """Return what a card of a method can name."""
    return measures_among(method_tables(method, ("features", "scores"), method_glossary(method)))
