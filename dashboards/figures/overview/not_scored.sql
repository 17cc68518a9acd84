/*
number = 60
title  = "Why people are not scored"
note   = "The first rule that applies to somebody counts."
chart  = { kind = "bars", label = "reason", values = ["people"] }
empty  = "Everyone is scored."
finding = """
select format(
    '{:,} people, {:.1f} % of all, are not scored; the rule that most meet: {}.',
    cast(sum(people) as bigint), 100 * sum(people_share), lower(left(max_by(reason, people), 1)) || substr(max_by(reason, people), 2)
) from figure having sum(people) > 0"""

[columns]
not_scored_code = { heading = "rule" }
reason          = {}
people          = { unit = "people" }
people_share    = { heading = "share", unit = "% of the people", decimals = 1, times = 100 }
*/
with counted as (
    select
        not_scored_code,
        count(*) as people,
        count(*) / sum(count(*)) over () as people_share
    from score
    where as_of_date = $as_of_date
    group by not_scored_code
)

select
    rule.not_scored_code,
    rule.reason,
    coalesce(counted.people, 0) as people,
    coalesce(counted.people_share, 0) as people_share
from not_scored_rule as rule
left join counted on rule.not_scored_code = counted.not_scored_code
where rule.as_of_date = $as_of_date
order by rule.rule_no
