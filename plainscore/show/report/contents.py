"""The pages of the report, and the question that each answers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """``key``: the folder of its figures, and its address on the page."""

    key: str
    title: str
    question: str


PAGES = (
    Page("overview", "Overview", "Who stands where, and what has changed?"),
    Page("person", "Person", "Why has this person this score?"),
    Page("benefits", "Benefits", "What does a score open, and to how many?"),
    Page("gaming", "Gaming", "What does it cost to buy points?"),
    Page("gaps", "Gaps", "Whom does the score leave behind?"),
    Page("quality", "Quality of score", "Does the score tell what becomes of people?"),
    Page("checks", "Quality of data", "What arrived, what was refused, what was checked?"),
    Page("method", "Method", "How is a score made?"),
)
