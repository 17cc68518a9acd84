"""The states between two snapshots: each differs from the one before it by one cause.

==========  =================================================  =========
state       is                                                 cause
==========  =================================================  =========
before      the earlier snapshot, as published
rules       the same dates, by the later snapshot's rules      rules
late_data   and with what had arrived by the later known_on    late_data
time        and as of the later date, events cut as before     time
after       the later snapshot, as published                   new_events
==========  =================================================  =========

A state that must equal a neighbour is not computed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from plainscore.contracts.dates import SnapshotDates
from plainscore.publish.change_sets import ChangePair

BEFORE, RULES, LATE_DATA, TIME, AFTER = "before", "rules", "late_data", "time", "after"
STATES = (BEFORE, RULES, LATE_DATA, TIME, AFTER)


@dataclass(frozen=True)
class Chain:
    """state -> the dates to compute it for, or the name of the state that it equals."""

    between: Mapping[str, SnapshotDates | str]

    @property
    def to_compute(self) -> dict[str, SnapshotDates]:
        """The states that have to be computed, in order."""
        return {n: made for n, made in self.between.items() if isinstance(made, SnapshotDates)}

    def origin(self, state: str) -> str:
        """Return the state that holds the rows of a state: itself, or one that it equals."""
        made = self.between.get(state, state)
        return self.origin(made) if isinstance(made, str) and made != state else state


def chain_of(
    pair: ChangePair, *, is_same_rules: bool, is_same_input: bool, has_late_data: bool
) -> Chain:
    """Return the shortest chain between two snapshots.

    Parameters
    ----------
    is_same_rules
        Both were made by the same champion scorecard and code.
    is_same_input
        The earlier one was made from what the event store says today of its dates.
    has_late_data
        Events of days up to the earlier as_of_date arrived between the two known_on.
    """
    before, after = pair.before.dates, pair.after.dates
    is_restatement = before.as_of_date == after.as_of_date
    rules: SnapshotDates | str = BEFORE if is_same_rules else before
    is_rules_of_today = is_same_input or not is_same_rules
    late_data: SnapshotDates | str = SnapshotDates(before.as_of_date, after.known_on)
    if is_restatement:
        late_data = AFTER
    elif is_rules_of_today and not has_late_data:
        late_data = RULES
    time = SnapshotDates(after.as_of_date, after.known_on, before.as_of_date)
    return Chain({RULES: rules, LATE_DATA: late_data, TIME: AFTER if is_restatement else time})
