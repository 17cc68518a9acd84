"""What more people need, reckoned from what one machine measured: ``python -m benchmarks.sizing``.

Multiplies the constants below; nothing else. Each names the command that measured it.
"""

from dataclasses import dataclass

# python -m benchmarks --data DIR --only "by step", of 1,000,000 people: build of staging, features
# and scores; then all that stays in one DuckDB whatever the engine: audits, published tables,
# checks, publish, report, less what does not grow.
BUILDING_CPU_SECONDS = 357
REMAINING_CPU_SECONDS = 192
# The same table: accepted events, and bytes of the event store, of a person.
EVENTS, STORED_BYTES = 309, 5_700
# python -m benchmarks.shuffles --data DIR, bytes of a person: logs to their people, and the rest.
BY_PERSON_BYTES, OTHER_BYTES = 22_700, 4_200
# flows/publish/people_root.py: what hashing everyone holds in memory.
HASHED_BYTES = 200
# python -m tests.campaigns.engines --people 100000 --engine spark --cluster: raw to scores, with
# their checks, 255.4 s beside 24.3 s of DuckDB on the same two cores.
SPARK_TIMES = 10.5
CORES, NETWORK_BYTES = 16, 1_250_000_000
PEOPLE = (1_000_000, 10_000_000, 100_000_000, 1_000_000_000)


@dataclass(frozen=True)
class Size:
    """What one snapshot of so many people takes; hours of one core, bytes, machines of 16 cores."""

    people: int

    @property
    def duckdb_hours(self) -> float:
        return self.people / 1e6 * (BUILDING_CPU_SECONDS + REMAINING_CPU_SECONDS) / 3600

    @property
    def spark_hours(self) -> float:
        return self.people / 1e6 * BUILDING_CPU_SECONDS * SPARK_TIMES / 3600

    @property
    def moved_bytes(self) -> int:
        return self.people * (BY_PERSON_BYTES + OTHER_BYTES)

    @property
    def machines(self) -> int:
        """Machines that get through the building in an hour."""
        return max(1, -int(-self.spark_hours // CORES))

    @property
    def network_minutes(self) -> float:
        return self.moved_bytes / (self.machines * NETWORK_BYTES) / 60


def main() -> None:
    """Print the table of docs/scale.md."""
    print(
        "| people | events | store TB | core-hours, DuckDB alone | core-hours, Spark to scores "
        f"| machines of {CORES} cores for an hour | shuffled TB | minutes of 10 Gbit/s "
        "| core-hours left to one DuckDB | GB to hash everyone |"
    )
    print("|" + "--:|" * 10)
    for people in PEOPLE:
        size = Size(people)
        print(
            f"| {people:,} | {people * EVENTS:,} | {people * STORED_BYTES / 1e12:,.2f} "
            f"| {size.duckdb_hours:,.1f} | {size.spark_hours:,.0f} | {size.machines:,} "
            f"| {size.moved_bytes / 1e12:,.2f} | {size.network_minutes:,.1f} "
            f"| {people / 1e6 * REMAINING_CPU_SECONDS / 3600:,.1f} "
            f"| {people * HASHED_BYTES / 1e9:,.1f} |"
        )


if __name__ == "__main__":
    main()
