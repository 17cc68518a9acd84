"""SQL over the cells of one delivered row: parsed, held against a list, and written again.

Only what is listed here can be written, so an expression reaches no table, file, setting or
variable. Cells are texts; where a number or a time is needed a text is read as one.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar, Literal

from sqlglot import exp, parse
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError

from plainscore.logs.literals import (
    AS_THE_WORLD,
    ISO_TIME,
    NUMBER,
    ExpressionRefused,
    Marks,
    quoted,
    require_bound,
    time_text,
)

Kind = Literal["text", "number", "time", "flag", "nothing"]
MAX_LENGTH, MAX_SQL, MAX_PADDING = 4000, 100_000, 1000
_DECIMAL = "decimal(38, 10)"


@dataclass(frozen=True)
class Sql:
    """An expression as DuckDB runs it. ``numbers``: the columns that it reads as numbers."""

    sql: str
    kind: Kind
    numbers: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The value as a text; a number without idle zeros, a time in ISO 8601."""
        return _as_text(self.sql, self.kind)


def compile_expression(text: str, cells: Mapping[str, str], marks: Marks = AS_THE_WORLD) -> Sql:
    """Return ``text`` over ``cells``, which maps a delivered column to SQL for its text.

    Raises ExpressionRefused.
    """
    writer = _Writer(cells, marks)
    try:
        sql, kind = writer.write(_parsed(text))
    except RecursionError:
        raise ExpressionRefused("is nested too deep") from None
    return Sql(f"try({sql})", kind, tuple(dict.fromkeys(writer.numbers)))


def columns_of(text: str) -> tuple[str, ...]:
    """Return the delivered columns that an expression reads. Raises ExpressionRefused."""
    return _understood(text)[0]


def expression_kind(text: str) -> Kind:
    """Return what an expression makes. Raises ExpressionRefused."""
    return _understood(text)[1]


@lru_cache(maxsize=1000)
def _understood(text: str) -> tuple[tuple[str, ...], Kind]:
    cells = _AnyCell()
    compiled = compile_expression(text, cells)
    require_bound(compiled.sql)
    return tuple(cells), compiled.kind


class _AnyCell(dict[str, str]):
    def __missing__(self, name: str) -> str:
        self[name] = "cast(null as varchar)"
        return self[name]


class _Cells(DuckDB):
    """DuckDB's grammar without its functions: each call is a name and its arguments."""

    class Parser(DuckDB.Parser):  # type: ignore[misc, valid-type]
        FUNCTIONS: ClassVar[dict[str, Callable[..., exp.Expr]]] = {}
        FUNCTION_PARSERS: ClassVar = {
            name: DuckDB.Parser.FUNCTION_PARSERS[name] for name in ("CAST", "TRY_CAST")
        }
        NO_PAREN_FUNCTIONS: ClassVar[dict[object, type[exp.Expr]]] = {}


def _parsed(text: str) -> exp.Expr:
    if len(text) > MAX_LENGTH:
        raise ExpressionRefused(f"is longer than {MAX_LENGTH} characters")
    try:
        found = parse(text, dialect=_Cells)
    except SqlglotError as error:
        [first, *_] = str(error).splitlines()
        raise ExpressionRefused(f"is no SQL expression ({first})") from None
    if len(found) != 1 or found[0] is None:
        raise ExpressionRefused("is not one SQL expression")
    return found[0]


# Arguments: t text, n number, d time, i integer; and as they stand p a whole number, s a text, u a
# unit of time. ? the last may be absent, * the last may repeat.
_FUNCTIONS: dict[str, tuple[str, Kind, str]] = {
    "lower": ("t", "text", "lower({0})"),
    "upper": ("t", "text", "upper({0})"),
    "trim": ("ts?", "text", "trim({})"),
    "ltrim": ("ts?", "text", "ltrim({})"),
    "rtrim": ("ts?", "text", "rtrim({})"),
    "left": ("ti", "text", "left({})"),
    "right": ("ti", "text", "right({})"),
    "substr": ("tii?", "text", "substr({})"),
    "substring": ("tii?", "text", "substr({})"),
    "replace": ("ttt", "text", "replace({})"),
    "split_part": ("tti", "text", "split_part({})"),
    "regexp_extract": ("tsp?", "text", "regexp_extract({})"),
    "regexp_replace": ("tsss?", "text", "regexp_replace({})"),
    "regexp_matches": ("ts", "flag", "regexp_matches({})"),
    "regexp_full_match": ("ts", "flag", "regexp_full_match({})"),
    "concat": ("t*", "text", "concat({})"),
    "lpad": ("tps", "text", "lpad({})"),
    "rpad": ("tps", "text", "rpad({})"),
    "md5": ("t", "text", "md5({})"),
    "sha256": ("t", "text", "sha256({})"),
    "contains": ("tt", "flag", "contains({})"),
    "starts_with": ("tt", "flag", "starts_with({})"),
    "ends_with": ("tt", "flag", "ends_with({})"),
    "length": ("t", "number", "length({})"),
    "strpos": ("tt", "number", "strpos({})"),
    "number": ("n", "number", "{}"),
    "abs": ("n", "number", "abs({})"),
    "sign": ("n", "number", "sign({})"),
    "floor": ("n", "number", "floor({})"),
    "ceil": ("n", "number", "ceil({})"),
    "round": ("np?", "number", "round({})"),
    "greatest": ("n*", "number", "greatest({})"),
    "least": ("n*", "number", "least({})"),
    "year": ("d", "number", "year({})"),
    "month": ("d", "number", "month({})"),
    "day": ("d", "number", "day({})"),
    "make_date": ("iii", "time", "make_date({})"),
    "last_day": ("d", "time", "last_day({})"),
    "date_trunc": ("ud", "time", "date_trunc({})"),
    "strptime": ("ts", "time", "try_strptime({})"),
    "strftime": ("ds", "text", "strftime({})"),
}
_ARITHMETIC: dict[type[exp.Expr], str] = {
    exp.Add: "{} + {}",
    exp.Sub: "{} - {}",
    exp.Mul: "{} * {}",
    exp.Div: "{} / nullif({}, 0)",
    exp.IntDiv: "trunc({} / nullif({}, 0))",
    exp.Mod: "{} % nullif({}, 0)",
}
_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.NullSafeEQ: "is not distinct from",
    exp.NullSafeNEQ: "is distinct from",
}
_CASTS: dict[str, Kind] = {
    **dict.fromkeys(("VARCHAR", "TEXT", "CHAR"), "text"),
    **dict.fromkeys(("DECIMAL", "DOUBLE", "FLOAT"), "number"),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMPNTZ", "DATETIME", "DATE"), "time"),
}
_INTEGERS = ("INT", "BIGINT", "SMALLINT", "TINYINT")
_UNITS = ("YEAR", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND")

_Typed = tuple[str, Kind]


@dataclass
class _Writer:
    """Writes one parsed expression as SQL of known kinds."""

    cells: Mapping[str, str]
    marks: Marks
    numbers: list[str] = field(default_factory=list)
    _written: dict[int, tuple[exp.Expr, _Typed]] = field(default_factory=dict)

    def write(self, node: exp.Expr) -> _Typed:
        """Return SQL and kind of a node. Raises ExpressionRefused for what is not listed."""
        if id(node) not in self._written:
            sql, kind = self._write(node)
            if len(sql) > MAX_SQL:
                raise ExpressionRefused("is nested too deep")
            self._written[id(node)] = node, (sql, kind)
        return self._written[id(node)][1]

    def _write(self, node: exp.Expr) -> _Typed:
        match node:
            case exp.Column():
                return self.cells[_column(node)], "text"
            case exp.Literal():
                return _literal(node)
            case exp.Boolean() | exp.Null():
                word = str(node.sql()).lower()
                return word, ("nothing" if word == "null" else "flag")
            case exp.Paren():
                sql, kind = self.write(_part(node, "this"))
                return f"({sql})", kind
            case exp.Anonymous():
                return self._call(node)
            case exp.Cast():
                return self._cast(node)
            case exp.Case() | exp.If():
                return self._case(node)
        if type(node) in _ARITHMETIC or isinstance(node, exp.Neg | exp.DPipe):
            return self._operation(node)
        return self._condition(node), "flag"

    def _condition(self, node: exp.Expr) -> str:
        match node:
            case exp.And() | exp.Or():
                word = "and" if isinstance(node, exp.And) else "or"
                left, right = (self._as(one, "flag") for one in _sides(node))
                return f"({left} {word} {right})"
            case exp.Not():
                return f"(not {self._as(_part(node, 'this'), 'flag')})"
            case exp.Is() if isinstance(node.expression, exp.Null):
                return f"({self.write(_sides(node)[0])[0]} is null)"
            case exp.In():
                _only(node, "this", "expressions")
                [value, *others] = self._alike([node.this, *node.expressions])[0]
                return f"({value} in ({', '.join(others)}))"
            case exp.Between():
                _only(node, "this", "low", "high")
                parts = self._alike([node.this, node.args["low"], node.args["high"]])[0]
                return "({} between {} and {})".format(*parts)
            case exp.Like() | exp.ILike():
                word = "like" if isinstance(node, exp.Like) else "ilike"
                left, right = (self._as(one, "text") for one in _sides(node, "negate"))
                return f"({left} {'not ' if node.args.get('negate') else ''}{word} {right})"
        if type(node) in _COMPARISONS:
            return self._compare(node)
        raise ExpressionRefused(
            f"uses {_name(node)}, which is not allowed: it sees the cells of one row only"
        )

    def _compare(self, node: exp.Expr) -> str:
        sides = _sides(node)
        is_order = not isinstance(node, exp.EQ | exp.NEQ | exp.NullSafeEQ | exp.NullSafeNEQ)
        if is_order and all(isinstance(one, exp.Column) for one in sides):
            raise ExpressionRefused(
                "orders two texts; write number(...) or cast(... as date) around both"
            )
        left, right = self._alike(sides)[0]
        return f"({left} {_COMPARISONS[type(node)]} {right})"

    def _operation(self, node: exp.Expr) -> _Typed:
        if isinstance(node, exp.Neg):
            return _number(f"-{self._as(_part(node, 'this'), 'number')}")
        left, right = _sides(node, "typed", "safe")
        if isinstance(node, exp.DPipe):
            return f"({self._as(left, 'text')} || {self._as(right, 'text')})", "text"
        if isinstance(node, exp.Add | exp.Sub) and isinstance(right, exp.Interval):
            sign = "+" if isinstance(node, exp.Add) else "-"
            return f"({self._as(left, 'time')} {sign} {self._interval(right)})", "time"
        parts = [self._as(one, "number") for one in (left, right)]
        return _number(_ARITHMETIC[type(node)].format(*parts))

    def _interval(self, node: exp.Interval) -> str:
        unit = str(_only(node, "this", "unit").args["unit"]).upper().removesuffix("S")
        if unit not in _UNITS:
            raise ExpressionRefused(f"has an interval of {unit.lower()}; known are days, months")
        count = node.this
        if isinstance(count, exp.Literal) and re.fullmatch(r"\d{1,6}", str(count.this)):
            return f"interval {count.this} {unit.lower()}"
        return f"{self._integer(count)} * interval 1 {unit.lower()}"

    def _call(self, node: exp.Anonymous) -> _Typed:
        name, given = str(_only(node, "this", "expressions").this).lower(), node.expressions
        if name in ("coalesce", "ifnull", "nullif"):
            parts, kind = self._alike(given)
            if len(parts) < 2 or (name == "nullif" and len(parts) > 2):
                raise ExpressionRefused(f"{name} has {len(parts)} arguments")
            return f"{'nullif' if name == 'nullif' else 'coalesce'}({', '.join(parts)})", kind
        if name not in _FUNCTIONS:
            raise ExpressionRefused(
                f"calls {name}(), which is not allowed; known are {', '.join(sorted(_FUNCTIONS))}"
            )
        letters, kind, template = _FUNCTIONS[name]
        needed, last = letters.rstrip("?*"), letters[-1]
        least = len(needed) - (last == "?")
        most = 50 if last == "*" else len(needed)
        if not least <= len(given) <= most:
            raise ExpressionRefused(f"{name} has {len(given)} arguments, and takes {least}")
        padded = needed + needed[-1] * (len(given) - len(needed))
        parts = [self._argument(one, letter) for one, letter in zip(given, padded, strict=False)]
        if name in ("strptime", "strftime") and re.search("%[zZ]", parts[1]):
            raise ExpressionRefused(f"{name} reads an offset: give the field a format instead")
        sql = template.replace("{}", ", ".join(parts)).replace("{0}", parts[0])
        return _number(sql) if kind == "number" else (_time(sql) if kind == "time" else (sql, kind))

    def _argument(self, node: exp.Expr, letter: str) -> str:
        if letter == "i":
            return self._integer(node)
        if letter == "p":
            if not re.fullmatch(r"\d{1,4}", node.sql()) or int(node.sql()) > MAX_PADDING:
                raise ExpressionRefused(f"has {node.sql()} where a whole number is needed")
            return node.sql()
        if letter in "su":
            if not (isinstance(node, exp.Literal) and node.is_string):
                raise ExpressionRefused(f"has {node.sql()} where a text in quotes is needed")
            if letter == "u" and str(node.this).upper() not in _UNITS:
                raise ExpressionRefused(f"has {node.sql()} where a unit of time is needed")
            return quoted(str(node.this))
        return self._as(node, {"t": "text", "n": "number", "d": "time"}[letter])  # type: ignore[arg-type]

    def _integer(self, node: exp.Expr) -> str:
        return f"cast({self._as(node, 'number')} as integer)"

    def _cast(self, node: exp.Cast) -> _Typed:
        to = _only(node, "this", "to", "safe").args["to"]
        name = str(to.this.value).upper()
        if name in _INTEGERS:
            return _number(f"round({self._as(node.this, 'number')})")
        sizes = [one.sql() for one in to.expressions]
        if name not in _CASTS or sizes not in ([], ["18", "3"]):
            raise ExpressionRefused(f"casts to {name.lower()}; known are text, decimal, integer, "
                                    "date, timestamp")  # fmt: skip
        sql = self._as(node.this, _CASTS[name])
        return _time(f"date_trunc('day', {sql})") if name == "DATE" else (sql, _CASTS[name])

    def _case(self, node: exp.Expr) -> _Typed:
        if isinstance(node, exp.If):
            _only(node, "this", "true", "false")
            parts = None, [node], node.args.get("false")
        else:
            _only(node, "this", "ifs", "default")
            parts = node.args.get("this"), node.args["ifs"], node.args.get("default")
        subject, branches, default = parts
        if subject is None:
            tests = [self._as(one.this, "flag") for one in branches]
        else:
            [value, *others], _ = self._alike([subject, *(one.this for one in branches)])
            tests = [f"{value} = {other}" for other in others]
        values, kind = self._alike([*(one.args["true"] for one in branches), default or exp.Null()])
        whens = [f"when {test} then {one}" for test, one in zip(tests, values, strict=False)]
        return f"case {' '.join(whens)} else {values[-1]} end", kind

    def _alike(self, nodes: Sequence[exp.Expr]) -> tuple[list[str], Kind]:
        """Return SQL of several nodes in one kind: number, else time, else flag, else text."""
        kinds = {self.write(one)[1] for one in nodes}
        known = kinds - {"nothing"}
        kind: Kind = "text"
        if "number" in kinds:
            kind = "number"
        elif "time" in kinds:
            kind = "time"
        elif known == {"flag"}:
            kind = "flag"
        return [self._as(one, kind) for one in nodes], kind

    def _as(self, node: exp.Expr, kind: Kind) -> str:
        sql, found = self.write(node)
        if found in (kind, "nothing"):
            return f"cast(null as {_TYPES[kind]})" if found == "nothing" else sql
        if kind == "text":
            return _as_text(sql, found)
        if kind == "number" and found == "text":
            self.numbers += [_column(one) for one in node.find_all(exp.Column)]
            plain = self.marks.plain(sql) if not isinstance(node, exp.Literal) else sql
            return f"try_cast({plain} as {_DECIMAL})"
        if kind == "time" and found == "text":
            return f"try_cast(case when regexp_full_match({sql}, '{ISO_TIME}') then {sql} end as timestamp)"  # noqa: E501
        raise ExpressionRefused(f"has a {found} where a {kind} is needed: {node.sql()}")


_TYPES: dict[Kind, str] = {
    "text": "varchar", "number": _DECIMAL, "time": "timestamp", "flag": "boolean",
}  # fmt: skip


def _number(sql: str) -> _Typed:
    return f"cast({sql} as {_DECIMAL})", "number"


def _time(sql: str) -> _Typed:
    return f"cast({sql} as timestamp)", "time"


def _as_text(sql: str, kind: Kind) -> str:
    if kind == "number":
        return f"rtrim(rtrim(cast({sql} as varchar), '0'), '.')"
    if kind == "time":
        return time_text(sql)
    return sql if kind == "text" else f"cast({sql} as varchar)"


def _literal(node: exp.Literal) -> _Typed:
    if node.is_string:
        return quoted(str(node.this)), "text"
    if not re.fullmatch(NUMBER, str(node.this)) or len(str(node.this)) > 25:
        raise ExpressionRefused(f"has a number that is not one: {node.this}")
    return _number(str(node.this))


def _column(node: exp.Column) -> str:
    name = _only(node, "this").this
    if not isinstance(name, exp.Identifier):
        raise ExpressionRefused(f"uses {_name(node)}, which is not allowed")
    return str(name.this)


def _sides(node: exp.Expr, *others: str) -> tuple[exp.Expr, exp.Expr]:
    _only(node, "this", "expression", *others)
    return node.args["this"], node.args["expression"]


def _part(node: exp.Expr, name: str) -> exp.Expr:
    part: exp.Expr = _only(node, name).args[name]
    return part


def _only(node: exp.Expr, *names: str) -> exp.Expr:
    """Return a node that has no other parts than ``names``; another part could change its sense."""
    for name, value in node.args.items():
        if name not in names and value not in (None, False, []):
            raise ExpressionRefused(f"uses {_name(node)} with {name}, which is not allowed")
    return node


def _name(node: exp.Expr) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__)
