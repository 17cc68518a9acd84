"""Collect the worked examples: every ``<schema>.<table>.md`` in this folder is a test file."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from tests.transforms.worked_example import WorkedExample, as_of_date_of, disagreements

EXAMPLE_FILE = re.compile(r"[a-z]+\.[a-z_]+\.md")


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> "ExampleFile | None":
    if file_path.parent == Path(__file__).parent and EXAMPLE_FILE.fullmatch(file_path.name):
        return ExampleFile.from_parent(parent, path=file_path)
    return None


class ExampleFile(pytest.File):
    """One transform: the text before the first ``##`` sets the day, each ``##`` is an example."""

    def collect(self) -> Iterator["ExampleItem"]:
        head, *sections = re.split(r"^## ", self.path.read_text(), flags=re.MULTILINE)
        as_of_date = as_of_date_of(head)
        for section in sections:
            title, _, body = section.partition("\n")
            yield ExampleItem.of(self, WorkedExample(self.path.stem, title, body, as_of_date))


class ExampleItem(pytest.Item):
    """One example: the transform makes of the given rows exactly the rows that follow."""

    example: WorkedExample

    @classmethod
    def of(cls, parent: ExampleFile, example: WorkedExample) -> Self:
        item = cls.from_parent(parent, name=example.title)
        item.example = example
        return item

    def runtest(self) -> None:
        found = disagreements(self.example)
        if found:
            pytest.fail("\n".join(found), pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"{self.path.stem}: {self.name}"
