"""csv files that are no csv, or not the one they look like."""

from tests.hostile.case import Collection, Desk, Verdict, csv_text

CSV_FILES = Collection()
_HEADER = "event_id,event_time,person_id,event_type,amount"
_NOT_CSV = "line is not csv"
_TOO_MANY, _TOO_FEW = "line has too many fields", "line has too few fields"


def _row(desk: Desk, name: str = "1", person: str = "ann") -> str:
    return f"case-{desk.number}-{name},{desk.day},{person},deposit,12.50"


@CSV_FILES("an empty csv file", Verdict(refused="required column event_id is absent"))
def empty(desk: Desk) -> None:
    desk.put("a.csv", "")


@CSV_FILES("a header and nothing else holds no rows", Verdict())
def header_only(desk: Desk) -> None:
    desk.put("a.csv", _HEADER)


@CSV_FILES(
    "a header that comes twice is a row that is none",
    Verdict(1, quarantined={2: "event_type is unknown in this log"}),
)
def header_twice(desk: Desk) -> None:
    desk.put("a.csv", f"{_HEADER}\n{_HEADER}\n{_row(desk)}\n")


@CSV_FILES("no header", Verdict(refused="required column event_id is absent"))
def no_header(desk: Desk) -> None:
    desk.put("a.csv", _row(desk) + "\n")


@CSV_FILES("a column twice in csv", Verdict(refused="column 'amount' stands there twice"))
def column_twice(desk: Desk) -> None:
    desk.put("a.csv", f"{_HEADER},amount\n{_row(desk)},1\n")


@CSV_FILES("a column twice whose name is a megabyte", Verdict(refused="column 'xxx"))
def long_column_twice(desk: Desk) -> None:
    desk.put("a.csv", f"{_HEADER},{'x' * 10**6},{'x' * 10**6}\n")


@CSV_FILES("a column that differs in case is another one", Verdict(1))
def column_in_capitals(desk: Desk) -> None:
    desk.put("a.csv", f"{_HEADER},AMOUNT\n{_row(desk)},1\n")


@CSV_FILES("ten thousand columns", Verdict(1, quarantined={3: _TOO_FEW}), is_heavy=True)
def many_columns(desk: Desk) -> None:
    extra = [f"x{number}" for number in range(10_000 - 5)]
    bad = "x\n" * desk.size(1, 1)
    desk.put("a.csv", f"{_HEADER},{','.join(extra)}\n{_row(desk)}{',' * len(extra)}\n{bad}")


@CSV_FILES("a million columns", Verdict(refused="more than 10000 columns"), is_heavy=True)
def too_many_columns(desk: Desk) -> None:
    desk.put("a.csv", f"{_HEADER}{',x' * desk.size(10**6, 10**5)}\n")


@CSV_FILES("a header of a hundred megabytes", Verdict(refused="twice"), is_heavy=True)
def huge_header(desk: Desk) -> None:
    desk.put("a.csv", f"{_HEADER},x,x," + "y" * desk.size(100 * 2**20, 5 * 2**20))


@CSV_FILES("semicolons", Verdict(refused="fields that no comma separates"))
def semicolons(desk: Desk) -> None:
    desk.put("a.csv", f"{_HEADER}\n{_row(desk)}\n".replace(",", ";"))


@CSV_FILES("UTF-16", Verdict(refused="header that is not UTF-8"))
def utf_16(desk: Desk) -> None:
    desk.put("a.csv", f"{_HEADER}\n{_row(desk)}\n".encode("utf-16"))


@CSV_FILES("carriage returns alone", Verdict(refused="carriage return in its header"))
def carriage_returns(desk: Desk) -> None:
    desk.put("a.csv", f"{_HEADER}\r{_row(desk)}\r")


@CSV_FILES("a byte order mark and mixed line ends are fine", Verdict(2))
def mixed_ends(desk: Desk) -> None:
    desk.put("a.csv", f"\ufeff{_HEADER}\r\n{_row(desk)}\n\r\n{_row(desk, '2')}\r\n")


@CSV_FILES("a trailing comma in every line is an unknown column", Verdict(1))
def trailing_commas(desk: Desk) -> None:
    desk.put("a.csv", f"{_HEADER},\n{_row(desk)},\n")


@CSV_FILES(
    "a trailing comma, and a comma too few",
    Verdict(1, quarantined={3: _TOO_MANY, 4: _TOO_FEW}),
)
def one_trailing_comma(desk: Desk) -> None:
    short = _row(desk, "3").removesuffix(",12.50")
    desk.put("a.csv", f"{_HEADER}\n{_row(desk)}\n{_row(desk, '2')},\n{short}\n")


@CSV_FILES("a quote that never closes costs its own line", Verdict(1, quarantined={2: _NOT_CSV}))
def unclosed_quote(desk: Desk) -> None:
    desk.put("a.csv", f'{_HEADER}\n"{_row(desk)}\n{_row(desk, "2")}\n')


@CSV_FILES(
    "a quote in the middle is a sign, text after a quoted field is not csv",
    Verdict(1, quarantined={3: _NOT_CSV}, people=('a"b"c',)),
)
def quote_in_the_middle(desk: Desk) -> None:
    odd = _row(desk, "2", person='"a"b')
    desk.put(
        "a.csv", f"{_HEADER}\n{_row(desk, person=chr(97) + chr(34) + 'b' + chr(34) + 'c')}\n{odd}\n"
    )


@CSV_FILES("quoted line breaks are part of the id", Verdict(1, people=("a\nb,\nc",)))
def quoted_breaks(desk: Desk) -> None:
    desk.put("a.csv", csv_text([desk.deposit(person_id="a\nb,\nc")]))


@CSV_FILES(
    "a quoted field over more lines than a record may have",
    Verdict(1, quarantined={2: _NOT_CSV} | dict.fromkeys(range(3, 203), _TOO_FEW)),
)
def quoted_breaks_without_end(desk: Desk) -> None:
    odd = '"a' + "\nb" * 200
    desk.put("a.csv", f"{_HEADER}\n{odd}\n{_row(desk)}\n")


@CSV_FILES("a NUL byte is a sign like others", Verdict(1, people=("a\0b",)))
def nul(desk: Desk) -> None:
    desk.put("a.csv", f"{_HEADER}\n{_row(desk, person=chr(0).join('ab'))}\n")


@CSV_FILES("latin-1 in a row costs the row", Verdict(1, quarantined={2: "line is not UTF-8"}))
def latin_1(desk: Desk) -> None:
    text = f"{_HEADER}\n{_row(desk, person='café')}\n{_row(desk, '2')}\n"
    desk.put("a.csv", text.encode("latin-1"))


@CSV_FILES("a formula as the name of a column is kept out", Verdict(1))
def formula_column(desk: Desk) -> None:
    desk.put("a.csv", f"{_HEADER},=HYPERLINK(A1),\x1b[31m\n{_row(desk)},1,2\n")


@CSV_FILES("rows of commas alone", Verdict(quarantined={2: "event_id is missing", 3: _TOO_MANY}))
def commas(desk: Desk) -> None:
    desk.put("a.csv", f"{_HEADER}\n,,,,\n,,,,,,,,,,\n")
