"""What rows with the same event_id are to each other: the first, its repeats, its conflicts.

The first is the first by (arrival day, path, line), whenever its file was ingested. A later row
with the same content is a duplicate, any other a conflict: each is compared with the first alone.
All of it is SQL on the writer's connection. Rows are looked up in the store by ``event_hash``,
and what has the hash is compared by event_id.
"""

from plainscore.common.text import identifier
from plainscore.contracts.logs import Log
from plainscore.store.event_store import MONTH
from plainscore.store.lake import REPEATS, Lake, table_name

CONFLICT_REASON = "event_id was used before with another content"
COUNTS = ("rows", "accepted", "duplicates", "quarantined")

_SHARED = "(select s.event_hash from shared as s)"


def prepare(lake: Lake) -> None:
    """Create the temporary tables in which a batch is accounted for.

    ``ledger`` is the table ``file`` as the batch leaves it, ``known_person`` the table ``person``,
    ``change`` what is to be added to counts, ``aside`` the rows that go to quarantine.
    """
    counts = ", ".join(f"{name} bigint" for name in COUNTS)
    lake.con.execute(
        f"""
        create or replace temp table ledger as from lake.file;
        create or replace temp table known_person as from lake.person;
        create or replace temp table change (log varchar, file_no bigint, {counts});
        create or replace temp table aside (
            log varchar, file_no bigint, line bigint, arrived date, reason varchar
        );
        """
    )


def add_people(lake: Lake, log: Log, rows: str) -> None:
    """Give a key to all people in the rows that stand for themselves, in the order of their ids."""
    ids = " union all ".join(
        f"select {identifier(name)} as person_id from {rows} where reason is null"
        for name in log.person_fields
    )
    lake.con.execute(
        f"""
        create or replace temp table new_person as
        select {lake.next_key()} + row_number() over (order by person_id) - 1 as person_key,
            person_id
        from (select distinct n.person_id from ({ids}) as n) as named
        where person_id is not null
            and person_id not in (select p.person_id from known_person as p)
        """
    )
    if lake.insert("person", "from new_person"):
        lake.con.execute("insert into known_person from new_person")


def add_rows(lake: Lake, log: Log, rows: str) -> None:
    """Store the rows of one log that ``rows`` holds, as ``judge`` gives them, and count them.

    Rows with a reason go to quarantine, all others are accepted, duplicates or conflicts.
    """
    lake.con.execute(
        f"""
        insert into change by name
        select '{log.name}' as log, file_no, count(*) as "rows", count(reason) as quarantined
        from {rows} group by file_no;
        insert into aside by name
        select '{log.name}' as log, file_no, line, arrived, reason
        from {rows} where reason is not null
        """
    )
    add_people(lake, log, rows)
    lake.con.execute(
        f"""
        create or replace temp table shared as
        select event_hash from {rows} where reason is null
        group by event_hash having count(*) > 1
        union
        select t.event_hash from {table_name(log.name)} as t
        where t.event_hash in (select r.event_hash from {rows} as r where r.reason is null);
        insert into change by name
        select '{log.name}' as log, file_no, count(*) as accepted
        from {rows}
        where reason is null and event_hash not in (select s.event_hash from shared as s)
        group by file_no
        """
    )
    _resolve(lake, log, rows)


def _stored_select(log: Log, rows: str, condition: str) -> str:
    """Return SQL for the rows without a reason, under a condition, as the log stores them."""
    made = {"person_key": "person.person_key", MONTH: "strftime(r.arrived, '%Y-%m')"}
    joins = "inner join known_person as person on r.person_id = person.person_id"
    if log.other_person is not None:
        made[log.stored_name(log.other_person)] = "other.person_key"
        joins += f" left join known_person as other on r.{log.other_person} = other.person_id"
    columns = ", ".join(
        f"{made.get(name, f'r.{identifier(name)}')} as {identifier(name)}"
        for name in (*log.stored_columns, "event_hash")
    )
    chosen = f"(from {rows} where reason is null and {condition})"
    return f"select {columns} from {chosen} as r {joins}"


def resolve_again(lake: Lake, log: Log, event_hashes: str) -> None:
    """Judge the stored rows of some events again, after some of them were removed.

    ``event_hashes``: SQL for the column ``event_hash`` of these events. Whatever changes is changed
    in the store, in ``aside`` and in ``change``.
    """
    lake.con.execute(f"create or replace temp table shared as {event_hashes}")
    _resolve(lake, log)


def _resolve(lake: Lake, log: Log, rows: str | None = None) -> None:
    """Store the new ``rows``, and judge all those, new or not, whose id is in ``shared``."""
    name, repeats = log.name, f"{REPEATS}.{log.name}"
    columns = ", ".join(map(identifier, lake.tables[name]))
    alone = f"from {table_name(name)} limit 0"
    if rows is not None:
        alone = _stored_select(log, rows, f"event_hash not in {_SHARED}")
    if not lake.con.execute("from shared limit 1").fetchall():
        lake.insert(name, alone)
        return
    _compare(lake, log, rows)
    is_new = "is_now = 'accepted' and was <> 'accepted'"
    lake.insert(name, f"({alone}) union all select {columns} from contested where {is_new}")
    changed = "was <> is_now and"
    if _exists(lake, f"{changed} was = 'accepted'"):
        _remove(lake, name, "was = 'accepted'")
    if _exists(lake, f"{changed} was in ('duplicate', 'conflict')"):
        _remove(lake, repeats, "was in ('duplicate', 'conflict')")
    lake.insert(
        repeats,
        f"select {columns}, is_now as verdict from contested "
        f"where {changed} is_now in ('duplicate', 'conflict')",
    )
    if _exists(lake, f"{changed} was = 'conflict'"):
        in_conflict = (
            f"log = '{name}' and reason = '{CONFLICT_REASON}' and (file_no, line) in "
            f"(select (c.file_no, c.line) from contested as c where {changed} c.was = 'conflict')"
        )
        lake.remove("quarantine", in_conflict)
        lake.con.execute(f"delete from aside where {in_conflict}")
    lake.con.execute(
        f"""
        insert into aside by name
        select '{name}' as log, file_no, line, arrived, '{CONFLICT_REASON}' as reason
        from contested where {changed} is_now = 'conflict';
        insert into change by name
        select
            '{name}' as log, file_no,
            {_difference("accepted")} as accepted,
            {_difference("duplicate")} as duplicates,
            {_difference("conflict")} as quarantined
        from contested where {changed} true group by file_no
        """
    )


def _compare(lake: Lake, log: Log, rows: str | None) -> None:
    """Create ``contested``: all rows in question, what each ``was`` and what it ``is_now``."""
    columns = ", ".join(f"t.{identifier(name)}" for name in lake.tables[log.name])
    origins = [
        (f"{table_name(log.name)}", "'accepted'"),
        (f"{table_name(f'{REPEATS}.{log.name}')}", "verdict"),
    ]
    if rows is not None:
        origins.append((f"({_stored_select(log, rows, f'event_hash in {_SHARED}')})", "'fresh'"))
    in_question = " union all by name ".join(
        f"select {columns}, {was} as was from {table} as t where t.event_hash in {_SHARED}"
        for table, was in origins
    )
    content = ", ".join(f"{identifier(name)} := {identifier(name)}" for name in log.content_columns)
    lake.con.execute(
        f"""
        create or replace temp table contested as
        with rows_in_question as ({in_question}),
        compared as (
            select
                r.*,
                row_number() over same_id as place,
                struct_pack({content}) as content,
                first_value(struct_pack({content})) over same_id as first_content
            from rows_in_question as r
            left join (select distinct l.file_no, l.file from ledger as l) as f using (file_no)
            window same_id as (
                partition by r.event_id order by r.arrived, f.file, r.line, r.event_type
            )
        )
        select
            * exclude (place, content, first_content),
            case
                when place = 1 then 'accepted'
                when content is not distinct from first_content then 'duplicate'
                else 'conflict'
            end as is_now
        from compared
        """
    )


def _exists(lake: Lake, condition: str) -> bool:
    return bool(lake.con.execute(f"from contested where {condition} limit 1").fetchall())


def _remove(lake: Lake, table: str, was: str) -> None:
    lake.remove(
        table,
        "(event_hash, file_no, line) in (select (c.event_hash, c.file_no, c.line) "
        f"from contested as c where c.was <> c.is_now and c.{was})",
    )


def _difference(state: str) -> str:
    return f"count(*) filter (is_now = '{state}') - count(*) filter (was = '{state}')"


def apply_changes(lake: Lake) -> None:
    """Add ``change`` to the ``ledger`` and store it.

    Raises AssertionError where a file's rows would no longer be accounted for.
    """
    sums = ", ".join(f"coalesce(sum({name}), 0) as {name}" for name in map(identifier, COUNTS))
    added = ", ".join(f"{name} = l.{name} + c.{name}" for name in map(identifier, COUNTS))
    lake.con.execute(
        f"""
        update ledger as l set {added}
        from (select log, file_no, {sums} from change group by log, file_no) as c
        where l.log = c.log and l.file_no = c.file_no;
        delete from change;
        delete from lake.file
        """
    )
    lake.insert("file", "from ledger")
    lost = lake.con.execute(
        'select file from ledger where "rows" <> accepted + duplicates + quarantined limit 1'
    ).fetchone()
    assert lost is None, f"rows of {lost} are not accounted for"
