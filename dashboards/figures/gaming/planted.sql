/*
number = 37
title  = "Planted attackers, and whether ties alone give them away"
note   = "Who attacks is known of an invented world alone: it writes who plays which part, and neither score nor search reads it. In a group: among the rings and stars found. The last row is everyone else."
empty  = "No one is known to attack: that is written of invented worlds alone (landing/_truth)."
finding = """
select format(
    '{:,} of {:,} planted attackers stand in a ring or star that was found, and {:,} of {:,} other people.',
    sum(in_group_count) filter (where is_planted), sum(people) filter (where is_planted),
    sum(in_group_count) filter (where not is_planted), sum(people) filter (where not is_planted)
) from figure"""
chart  = { kind = "bars", label = "part", values = ["in_group_share"], marked = "is_planted" }

[columns]
part           = { heading = "attack and part" }
people         = { unit = "people" }
scored_count   = { heading = "scored", unit = "people" }
mean_score     = { unit = "points", decimals = 1 }
in_group_count = { heading = "in a group", unit = "people" }
in_group_share = { heading = "in a group", unit = "% of those who play it", decimals = 1, times = 100 }
is_planted     = { heading = "planted" }
*/
with known as (
    select
        planted.kind is not null as is_planted,
        coalesce(replace(planted.kind, '_', ' ') || ': ' || planted.role, 'everyone else') as part,
        score.score,
        member.person_id is not null as is_in_group
    from score
    left join planted_attacker() as planted on score.person_id = planted.person_id
    left join ring_member as member
        on score.person_id = member.person_id and member.as_of_date = $as_of_date
    where score.as_of_date = $as_of_date
)

select
    part,
    count(*) as people,
    count(score) as scored_count,
    avg(score) as mean_score,
    count(*) filter (where is_in_group) as in_group_count,
    count(*) filter (where is_in_group) / count(*) as in_group_share,
    is_planted
from known
group by part, is_planted
qualify bool_or(is_planted) over ()
order by is_planted desc, in_group_share desc, part asc
