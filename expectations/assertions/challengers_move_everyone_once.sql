/*
title = "Every group's people stand once in the bands of each challenger, and with each benefit"
level = "fail"
stage = "published"
*/
with counted as (
    select
        challenger,
        attribute,
        group_name,
        sum(people) as people
    from audits.score_move
    group by challenger, attribute, group_name
),

banded as (
    select
        challenger,
        attribute,
        group_name,
        sum(people) as people
    from published.band_move
    group by challenger, attribute, group_name
),

opened as (
    select
        challenger,
        attribute,
        group_name,
        min(people) as fewest,
        max(people) as most,
        max(gained_count + lost_count - people) as moved_beyond
    from published.benefit_move
    group by challenger, attribute, group_name
)

select
    counted.challenger,
    counted.attribute,
    counted.group_name,
    counted.people,
    banded.people as people_in_bands,
    opened.fewest,
    opened.most,
    opened.moved_beyond
from counted
left join banded
    on
        counted.challenger = banded.challenger
        and counted.attribute = banded.attribute
        and counted.group_name = banded.group_name
left join opened
    on
        counted.challenger = opened.challenger
        and counted.attribute = opened.attribute
        and counted.group_name = opened.group_name
where
    counted.people is distinct from banded.people
    or counted.people <> opened.fewest
    or counted.people <> opened.most
    or opened.moved_beyond > 0
