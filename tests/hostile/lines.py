"""Text that is no text, and JSON lines that are no events."""

import json

from tests.hostile.case import Collection, Desk, Verdict

LINES = Collection()
_NOT_UTF8, _NOT_JSON = "line is not UTF-8", "line is not JSON"
_TOO_LONG, _TOO_DEEP = "line is longer than 4194304 bytes", "line is nested more than 100 deep"


@LINES("UTF-16 is refused by name", Verdict(refused="has UTF-16 text"))
def utf_16(desk: Desk) -> None:
    desk.put("a.ndjson", desk.line().encode("utf-16"))


@LINES("latin-1 is quarantined", Verdict(1, quarantined={1: _NOT_UTF8}))
def latin_1(desk: Desk) -> None:
    odd = json.dumps(desk.deposit(person_id="café"), ensure_ascii=False).encode("latin-1")
    desk.put("a.ndjson", odd + b"\n" + desk.line("2").encode())


@LINES("an overlong form of UTF-8 is quarantined", Verdict(quarantined={1: _NOT_UTF8}))
def overlong(desk: Desk) -> None:
    desk.put("a.ndjson", desk.line(person_id="SLASH").encode().replace(b"SLASH", b"\xc0\xaf"))


@LINES("a surrogate in UTF-8 is quarantined", Verdict(quarantined={1: _NOT_UTF8}))
def surrogate_bytes(desk: Desk) -> None:
    desk.put("a.ndjson", desk.line(person_id="HALF").encode().replace(b"HALF", b"\xed\xa0\x80"))


@LINES(
    "half of an escaped surrogate pair is no id",
    Verdict(quarantined={1: "person_id is neither text nor an integer"}),
)
def lone_surrogate(desk: Desk) -> None:
    desk.put("a.ndjson", desk.line(person_id="\ud83d"))


@LINES("an escaped surrogate pair is one sign", Verdict(1, people=("\U0001f600",)))
def surrogate_pair(desk: Desk) -> None:
    desk.put("a.ndjson", desk.line(person_id="\U0001f600"))


@LINES(
    "half a surrogate beside a masked value does not stop the masking",
    Verdict(quarantined={1: "event_id is neither text nor an integer"}),
)
def masked_surrogate(desk: Desk) -> None:
    line = '{"Value_Hash": ["s3cr3t"], "event_id": "\\udc00", "event_type": "verified"}\n'
    desk.put("a.ndjson", line, "profile")


@LINES(
    "a number of 5,000 digits beside a masked value does not stop the masking",
    Verdict(quarantined={1: "event_id is missing"}),
)
def masked_long_number(desk: Desk) -> None:
    desk.put("a.ndjson", '{"value_hash": {"s3cr3t": 1}, "x": ' + "9" * 5000 + "}\n", "profile")


@LINES("a byte order mark at the start is fine", Verdict(2))
def bom_first(desk: Desk) -> None:
    desk.put("a.ndjson", "\ufeff" + desk.line() + desk.line("2"))


@LINES("a byte order mark before a later line is no JSON", Verdict(1, quarantined={2: _NOT_JSON}))
def bom_later(desk: Desk) -> None:
    desk.put("a.ndjson", desk.line() + "\ufeff" + desk.line("2"))


@LINES("a second byte order mark is no JSON", Verdict(quarantined={1: _NOT_JSON}))
def bom_twice(desk: Desk) -> None:
    desk.put("a.ndjson", "\ufeff\ufeff" + desk.line())


@LINES("NUL bytes between the fields are no JSON", Verdict(quarantined={1: _NOT_JSON}))
def nul_between(desk: Desk) -> None:
    desk.put("a.ndjson", desk.line().replace(", ", ",\0"))


@LINES("a block of NUL bytes is one refused row", Verdict(1, quarantined={2: _NOT_JSON}))
def nul_block(desk: Desk) -> None:
    desk.put("a.ndjson", desk.line() + "\0" * 4096)


@LINES("mixed line ends and blank lines are fine", Verdict(3))
def mixed_ends(desk: Desk) -> None:
    lines = [desk.line(str(number)).rstrip() for number in range(3)]
    desk.put("a.ndjson", "\r\n \n" + lines[0] + "\r\n" + lines[1] + "\n\t\n" + lines[2])


@LINES("lines ended by carriage returns alone are one line", Verdict(quarantined={1: _NOT_JSON}))
def carriage_returns(desk: Desk) -> None:
    desk.put("a.ndjson", (desk.line() + desk.line("2")).replace("\n", "\r"))


@LINES("a huge line is one refused row", Verdict(2, quarantined={2: _TOO_LONG}), is_heavy=True)
def huge_line(desk: Desk) -> None:
    huge = "x" * desk.size(100 * 2**20, 9 * 2**20) + "\n"
    desk.put("a.ndjson", desk.line() + huge + desk.line("2"))


@LINES("a file that is one huge line without an end", Verdict(quarantined={1: _TOO_LONG}))
def huge_line_alone(desk: Desk) -> None:
    desk.put("a.ndjson", '{"event_id":"' + "x" * (5 * 2**20))


@LINES("a million brackets are not broken JSON", Verdict(1, quarantined={1: _TOO_DEEP}))
def deep_json(desk: Desk) -> None:
    desk.put("a.ndjson", "[" * 10**6 + "\n" + desk.line())


@LINES("an object nested 101 deep under an unknown key", Verdict(quarantined={1: _TOO_DEEP}))
def deep_unknown(desk: Desk) -> None:
    desk.put("a.ndjson", desk.line()[:-2] + ', "x": ' + "[" * 100 + "]" * 100 + "}\n")


@LINES("an object nested 100 deep under an unknown key", Verdict(1))
def not_too_deep(desk: Desk) -> None:
    desk.put("a.ndjson", desk.line(x="[[" * 500)[:-2] + ', "y": ' + "[" * 99 + "]" * 99 + "}\n")


@LINES("a deep line of the profile log is masked", Verdict(quarantined={1: _TOO_DEEP}))
def deep_profile(desk: Desk) -> None:
    deep = "[" * 900 + "]" * 900
    desk.put("a.ndjson", '{"value_hash": "s3cr3t", "event_id": 1, "x": ' + deep + "}\n", "profile")


@LINES("a key twice", Verdict(quarantined={1: "line repeats a key", 2: "line repeats a key"}))
def key_twice(desk: Desk) -> None:
    escaped = desk.line()[:-2] + ', "amoun\\u0074": "1"}\n'
    desk.put("a.ndjson", desk.line()[:-2] + ', "amount": "1"}\n' + escaped)


@LINES("numbers without quotes are read by their digits", Verdict(3, people=("9" * 30, "0")))
def json_numbers(desk: Desk) -> None:
    lines = [
        desk.line("1", person_id=int("9" * 30), amount=0),
        desk.line("2", person_id=0, amount=1e2),
        desk.line("3").replace('"12.50"', "-0.0"),
    ]
    desk.put("a.ndjson", "".join(lines))


_NUMBERS = {
    1: "amount is not a decimal number",
    2: "amount is not a decimal number",
    3: "amount is more than 10^12 cents",
    4: "amount is more than 10^12 cents",
    5: "person_id is neither text nor an integer",
    6: "person_id is neither text nor an integer",
}


@LINES("numbers that are none, and numbers that are no ids", Verdict(quarantined=_NUMBERS))
def odd_json_numbers(desk: Desk) -> None:
    odd = ("NaN", "-Infinity", "1e400", "9" * 30)
    lines = [desk.line(one[:3]).replace('"12.50"', one) for one in odd]
    person = f'"person-{desk.number}"'
    lines += [desk.line(one).replace(person, one) for one in ("1.5", "1e3")]
    desk.put("a.ndjson", "".join(lines))


@LINES(
    "values of other types",
    Verdict(
        quarantined={
            1: "person_id is neither text nor an integer",
            2: "person_id is neither text nor an integer",
            3: "person_id is missing",
            4: "amount is not a decimal number",
            5: "event_type is unknown in this log",
            6: "line is not a JSON object",
        }
    ),
)
def other_types(desk: Desk) -> None:
    lines = [
        desk.line(person_id={"$ne": None}),
        desk.line(person_id=True),
        desk.line(person_id=None),
        desk.line(amount=[1]),
        desk.line(event_type={}),
        "[]\n",
    ]
    desk.put("a.ndjson", "".join(lines))


@LINES("two objects in a line", Verdict(quarantined={1: _NOT_JSON}))
def two_objects(desk: Desk) -> None:
    desk.put("a.ndjson", desk.line().rstrip() + desk.line("2"))


@LINES("a line cut in the middle", Verdict(1, quarantined={2: _NOT_JSON}))
def torn_line(desk: Desk) -> None:
    desk.put("a.ndjson", desk.line() + desk.line("2")[:40])


@LINES("ten thousand unknown keys are kept out", Verdict(1))
def many_keys(desk: Desk) -> None:
    desk.put("a.ndjson", desk.line(**{f"key {number}": number for number in range(10_000)}))


@LINES("a very long id is an id", Verdict(1), is_heavy=True)
def long_id(desk: Desk) -> None:
    desk.put("a.ndjson", desk.line(person_id="p" * desk.size(10**6, 10**5)))


@LINES(
    "an event id used again: a repeat, a conflict, another log",
    Verdict(2, 1, {3: "event_id was used before with another content"}),
)
def shared_event_id(desk: Desk) -> None:
    desk.put("a.ndjson", desk.line() * 2 + desk.line(amount="13"))
    tie = desk.deposit(event_type="added", friend_id="x")
    desk.put("a.ndjson", json.dumps(tie) + "\n", "friendship")


@LINES("an empty file holds no rows", Verdict())
def empty_file(desk: Desk) -> None:
    desk.put("a.ndjson", b"")
