/*
number = 60
title  = "Why people are not scored"
note   = "The first rule that applies to somebody counts."
empty  = "Everyone is scored."

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
