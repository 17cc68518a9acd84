/*
number = 35
title  = "A ring and a farm, drawn"
note   = "Of the groups found the ring with most scored members, and the star with fewest. Filled: scored. Lines are what is published: of a ring contact in both directions between scored members, of a star the ties of its hub."
empty  = "No such group was found."
finding = """
select 'Drawn from published ties: ' || string_agg(panel, '; ' order by panel) || '.' from (select distinct panel from figure)"""
chart  = { kind = "graph", label = "person", values = ["contact_months"], series = "part", to = "friend", marked = "is_scored", panel = "panel", is_wide = true }

[columns]
panel          = { heading = "group" }
ring_no        = { heading = "ring" }
person         = {}
part           = {}
is_scored      = { heading = "scored" }
score          = { unit = "points" }
friend         = { heading = "tied to" }
contact_months = { heading = "contact", unit = "months" }
*/
with drawn as (
    select
        ring_no,
        kind,
        format(
            '{} {}: {} people, {} of them scored',
            kind, ring_no, people, if(scored_count = 0, 'none', cast(scored_count as varchar))
        ) as panel
    from ring
    where as_of_date = $as_of_date
    qualify 1 = row_number() over (
        partition by kind order by if(kind = 'ring', -scored_count, scored_count), ring_no
    )
),

member as (
    select
        drawn.panel,
        drawn.kind,
        found.ring_no,
        found.person_id as person,
        found.is_hub,
        score.score
    from drawn
    inner join ring_member as found
        on drawn.ring_no = found.ring_no and found.as_of_date = $as_of_date
    left join score on found.person_id = score.person_id and score.as_of_date = $as_of_date
),

tie as (
    select
        member.person,
        other.person as friend,
        friend.contact_months
    from member
    inner join member as other
        on member.ring_no = other.ring_no and member.person <> other.person
    left join friend
        on
            member.person = friend.person_id
            and other.person = friend.friend_id
            and friend.as_of_date = $as_of_date
    where
        if(
            member.kind = 'star',
            member.is_hub,
            friend.contact_months is not null and member.person < other.person
        )
),

-- A row for each person, before those of their ties.
line as (
    select
        person,
        null as friend,
        null as contact_months
    from member
    union all
    select
        person,
        friend,
        contact_months
    from tie
)

select
    member.panel,
    cast(member.ring_no as varchar) as ring_no,
    member.person,
    if(member.is_hub, 'hub', '') as part,
    member.score is not null as is_scored,
    member.score,
    line.friend,
    line.contact_months
from member
inner join line on member.person = line.person
order by
    member.kind asc,
    member.score desc nulls last,
    member.person asc,
    line.friend asc nulls first
