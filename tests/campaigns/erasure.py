"""Erase people who share event ids with others, many times: ``python -m tests.campaigns.erasure``.

Each delivery is ingested, people are erased, and the store is held against a fresh ingest of the
landing files as they are then.
"""

import sys

from hypothesis import HealthCheck, given, settings

from tests.erasure.erased import assert_as_if_never_delivered, erase_people, known_people
from tests.erasure.shared_ids import ERASED, FILES, DeliveredFile, delivered


def main(count: int = 300) -> None:
    """Try so many deliveries; raise AssertionError with the smallest that fails."""
    tried = {"deliveries": 0, "erasures": 0}

    @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))
    @given(files=FILES, erased=ERASED)
    def one(files: list[DeliveredFile], erased: set[str]) -> None:
        tried["deliveries"] += 1
        with delivered(files) as delivery:
            people = known_people(delivery) & erased
            if people:
                tried["erasures"] += 1
                assert erase_people(delivery.data, *sorted(people)).search.found == []
                assert_as_if_never_delivered(delivery, *people)

    one()
    print(tried)


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:2]))
