"""A snapshot in a few lines, for people."""

from collections.abc import Mapping

from plainscore.publish.manifest import read_manifest
from plainscore.runs.score_day import SnapshotOutcome
from plainscore.show.documents import escaped


def snapshot_facts(outcome: SnapshotOutcome) -> Mapping[str, str]:
    """Return what there is to say of a published run, label -> text."""
    manifest = read_manifest(outcome.run)
    checks, skipped = manifest["checks"], len(manifest["skipped_refused_files"])
    facts = {
        "snapshot": f"{outcome.run.dates}, "
        + ("published" if outcome.is_new else "published before and current"),
        "people": f"{manifest['people']:,}, {manifest['scored']:,} of them scored",
        "scorecards": ", ".join(f"{c['name']} {c['version']}" for c in manifest["scorecards"]),
        "checks": f"{checks['passed']} passed, {checks['warned']} warned",
        "input": f"{manifest['input']['file_count']:,} files",
        "content": manifest["content_hash"],
        "run": outcome.run.relative_folder,
    }
    if outcome.earlier is not None:
        why = ", ".join(outcome.why_again)
        facts["made anew"] = f"{why}; run {outcome.earlier.name} stays beside it as it was"
    return facts | ({"skipped": f"{skipped} refused files"} if skipped else {})


def snapshot_markdown(outcome: SnapshotOutcome) -> str:
    """Return the facts as a Markdown list, for an artifact."""
    facts = snapshot_facts(outcome).items()
    return "\n".join(f"- **{label}**: {escaped(text)}" for label, text in facts)


def snapshot_text(outcome: SnapshotOutcome) -> str:
    """Return the facts in two columns, for a terminal."""
    facts = [f"{label:<11}{text}" for label, text in snapshot_facts(outcome).items()]
    return "\n".join(facts)
