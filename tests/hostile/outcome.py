"""What became of a case: read from the report of an ingest and from the store."""

from tests.hostile.case import Case, Desk, Verdict
from tests.ingest.delivery import Delivery, IngestReport


class Outcomes:
    """The store and the report after an ingest of any number of cases."""

    def __init__(self, delivery: Delivery, report: IngestReport) -> None:
        self._report = report
        self._ledger = delivery.counts()
        rows = delivery.table("quarantine")
        kept = ("file", "line", "reason", "raw")
        self._quarantine = [] if rows.is_empty() else rows.select(kept).rows()
        people = delivery.table("person")
        self._people = set() if people.is_empty() else set(people["person_id"])

    def faults(self, case: Case, desk: Desk) -> list[str]:
        """Return in what one case's outcome differs from its verdict."""
        place = case.place.replace("{number}", str(desk.number)) or f"arrived={desk.day}"
        return [
            *self._wrong_refusals(place, case.verdict),
            *self._wrong_counts(place, case.verdict),
            *self._wrong_rows(place, case.verdict),
            *(f"{who!r} is not stored" for who in set(case.verdict.people) - self._people),
        ]

    def _wrong_refusals(self, place: str, verdict: Verdict) -> list[str]:
        refused = [one for one in self._report.refused if place in one.file]
        if bool(refused) != bool(verdict.refused):
            return [f"refused: {refused}"]
        return [f"refused: {one}" for one in refused if verdict.refused not in one.reason]

    def _wrong_counts(self, place: str, verdict: Verdict) -> list[str]:
        found = [counts for file, counts in self._ledger.items() if place in file]
        rows, accepted, duplicates, quarantined = map(sum, zip(*found, (0, 0, 0, 0), strict=True))
        faults = []
        if rows != accepted + duplicates + quarantined:
            faults.append(f"rows are not accounted for: {found}")
        if (accepted, duplicates) != (verdict.accepted, verdict.duplicates):
            faults.append(f"{accepted} accepted, {duplicates} duplicates")
        return faults

    def _wrong_rows(self, place: str, verdict: Verdict) -> list[str]:
        rows = [row for row in self._quarantine if place in row[0]]
        faults = [
            f"line {line}: {reason}"
            for _, line, reason, _ in rows
            if not reason.startswith(verdict.quarantined.get(line, "no such line"))
        ]
        missing = set(verdict.quarantined) - {line for _, line, _, _ in rows}
        faults += [f"line {line} is not quarantined" for line in sorted(missing)]
        return faults + [
            f"line {line} shows a secret" for _, line, _, raw in rows if "s3cr3t" in raw
        ]
