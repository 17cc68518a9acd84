"""Folders, links and names in the landing directory that no honest sender makes."""

import os
import socket

from tests.hostile.case import Collection, Desk, Verdict, parquet_bytes

LANDING_FOLDERS = Collection()
_NO_DAY, _NO_FILE = "is no arrival folder", "is not a regular file"
_OUT, _UNKNOWN = "is a link that leads out of landing/", "is of an unknown format"
_NO_LOG = "is neither a log nor a source"


def _add_bad_day(name: str, folder: str) -> None:
    def deliver(desk: Desk) -> None:
        path = desk.landing / "payment" / folder
        path.mkdir(parents=True)
        (path / "a.ndjson").write_text(desk.line())

    LANDING_FOLDERS(name, Verdict(refused=_NO_DAY), place=f"payment/{folder}")(deliver)


for _name, _folder in {
    "an arrival in month 13": "arrived=2026-13-01",
    "an arrival without zeros": "arrived=2026-1-1",
    "an arrival on 30 February": "arrived=2026-02-30",
    "an arrival in capitals": "ARRIVED=2026-01-02",
    "an arrival in the year 0": "arrived=0000-01-01",
    "an arrival in the year 10000": "arrived=10000-01-01",
    "an arrival with a time": "arrived=2026-01-01T00:00:00",
    "an arrival with Arabic digits": "arrived=٢٠٢٦-01-01",
    "an arrival with a space behind": "arrived=2026-01-03 ",
    "an arrival that is escaped": "arrived%3D2026-01-04",
    "an arrival without dashes": "arrived=20260106",
    "a folder that is a day alone": "2026-01-07",
    "a folder that names another day": "known_on=2026-01-05",
}.items():
    _add_bad_day(_name, _folder)


def _add_bad_log(name: str, folder: str) -> None:
    def deliver(desk: Desk) -> None:
        (desk.landing / folder).mkdir(parents=True)

    LANDING_FOLDERS(name, Verdict(refused=_NO_LOG), place=folder)(deliver)


_add_bad_log("a log in capitals", "Payment")
_add_bad_log("a log with markup in its name", "[red]<script>alert(1)<")
_add_bad_log("a log with an escape in its name", "\x1b[31mpurchase")
_add_bad_log("a log with a quote in its name", "payment'; drop table run; --")


@LANDING_FOLDERS("a log that is a file", Verdict(refused=_NO_LOG), place="payments.ndjson")
def log_is_file(desk: Desk) -> None:
    desk.landing.mkdir(parents=True, exist_ok=True)
    (desk.landing / "payments.ndjson").write_text(desk.line())


@LANDING_FOLDERS("an arrival folder that is a file", Verdict(refused="is no folder"))
def day_is_file(desk: Desk) -> None:
    desk.folder().rmdir()
    (desk.landing / "payment" / f"arrived={desk.day}").write_text(desk.line())


@LANDING_FOLDERS("a folder with the name of a file", Verdict(refused=_NO_FILE))
def folder_as_file(desk: Desk) -> None:
    (desk.folder() / "x.csv").mkdir()


@LANDING_FOLDERS("a folder within an arrival folder", Verdict(refused=_UNKNOWN))
def folder_in_folder(desk: Desk) -> None:
    (desk.folder() / "part=1").mkdir()


@LANDING_FOLDERS("a pipe without a writer", Verdict(refused=_NO_FILE))
def pipe(desk: Desk) -> None:
    os.mkfifo(desk.folder() / "a.ndjson")


@LANDING_FOLDERS("a socket", Verdict(refused=_NO_FILE))
def unix_socket(desk: Desk) -> None:
    folder = os.open(desk.folder(), os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as opened:  # the path may be longer than a socket's may
        opened.bind(f"/proc/self/fd/{folder}/a.ndjson")
    os.close(folder)


@LANDING_FOLDERS("a link to a device without end", Verdict(refused=_OUT))
def device(desk: Desk) -> None:
    (desk.folder() / "a.ndjson").symlink_to("/dev/zero")


@LANDING_FOLDERS("a link to itself", Verdict(refused="cannot be reached"))
def link_to_itself(desk: Desk) -> None:
    (desk.folder() / "a.ndjson").symlink_to("a.ndjson")


@LANDING_FOLDERS("two links to each other", Verdict(refused="cannot be reached"))
def link_ring(desk: Desk) -> None:
    (desk.folder() / "a.csv").symlink_to("b.csv")
    (desk.folder() / "b.csv").symlink_to("a.csv")


@LANDING_FOLDERS("a link to the folder it stands in", Verdict(refused=_NO_FILE))
def link_to_folder(desk: Desk) -> None:
    (desk.folder() / "a.csv").symlink_to(".")


@LANDING_FOLDERS("a link that leads to nothing", Verdict(refused="cannot be reached"))
def dangling_link(desk: Desk) -> None:
    (desk.folder() / "a.csv").symlink_to("none.csv")


@LANDING_FOLDERS("a link to the passwords", Verdict(refused=_OUT))
def link_out(desk: Desk) -> None:
    (desk.folder() / "a.csv").symlink_to("/etc/passwd")


@LANDING_FOLDERS("a link to a file beside it is read twice, as repeats", Verdict(1, 1))
def link_beside(desk: Desk) -> None:
    desk.put("b.ndjson", desk.line())
    (desk.folder() / "a.ndjson").symlink_to("b.ndjson")


@LANDING_FOLDERS("an arrival folder that leads out", Verdict(refused=_OUT))
def day_leads_out(desk: Desk) -> None:
    desk.folder().rmdir()
    (desk.landing / "payment" / f"arrived={desk.day}").symlink_to("/tmp")


for _name, _file in {
    "no ending": "payments",
    "an ending in capitals": "a.CSV",
    "an ending of another tool": "a.ods",
    "an ending and nothing before": "x.ndjson.gz.gz",
    "an archive": "a.tar.gz",
    "an ending with a space": "a.csv ",
}.items():
    LANDING_FOLDERS(f"a file with {_name}", Verdict(refused=_UNKNOWN))(
        lambda desk, file=_file: desk.put(file, b"")  # type: ignore[misc]
    )


for _name, _file in {
    "a line feed": "a\nb.ndjson",
    "quotes": "a'b\"c.ndjson",
    "glob signs": "[a]*?{b}.ndjson",
    "an escape that means another letter": "%41.ndjson",
    "markup": "[red]<b>.ndjson",
    "an ANSI escape": "\x1b[31m.ndjson",
    "a bidi override": "\u202enosjdn.ndjson",
    "255 bytes": "n" * 248 + ".ndjson",
    "a formula": "=1+1.ndjson",
    "a backslash": "x\\..\\..\\a.ndjson",
    "an option": "--help.ndjson",
    "a space only": " .ndjson",
}.items():
    LANDING_FOLDERS(
        f"a file name with {_name}", Verdict(1, quarantined={2: "event_type is missing"})
    )(lambda desk, file=_file: desk.put(file, desk.line() + '{"event_id":1,"person_id":2}\n'))  # type: ignore[misc]


@LANDING_FOLDERS("a parquet file with glob signs in its name", Verdict(1))
def glob_parquet(desk: Desk) -> None:
    desk.put("[a-z]*{x}%20.parquet", parquet_bytes([desk.deposit()]))


@LANDING_FOLDERS("a file name that is no UTF-8", Verdict(refused="a name that is not UTF-8"))
def name_not_utf8(desk: Desk) -> None:
    (desk.folder() / os.fsdecode(b"\xff\xfe.ndjson")).write_text(desk.line())


@LANDING_FOLDERS("names that differ by case alone are two files", Verdict(2))
def colliding_names(desk: Desk) -> None:
    desk.put("a.ndjson", desk.line("1"))
    desk.put("A.ndjson", desk.line("2"))


@LANDING_FOLDERS("names that begin with a dot or an underline are ignored", Verdict(1))
def ignored_names(desk: Desk) -> None:
    for name in (".a.ndjson", "_a.ndjson", ".csv", "_SUCCESS", "a.ndjson"):
        desk.put(name, desk.line() if name == "a.ndjson" else "x")
    for name in ("_notes/x.csv", ".git/x", "payment/_old/x", "payment/.x/x"):
        (desk.landing / name).parent.mkdir()
        (desk.landing / name).write_text("x")
