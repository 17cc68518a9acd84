/*
title = "How many people of each group have which benefit open behind a wall"
grain = "one row per scorecard, group and benefit that the score in context opens to anyone"
key   = ["scorecard", "attribute", "group_name", "benefit"]

[columns]
scorecard  = {}
benefit    = {}
attribute  = { in = ["region", "gender", "age_band", "decile"] }
group_name = {}
open_count = {}
*/
-- People of one score are of one decile.
with decile_of as (
    select distinct
        scorecard,
        score,
        10 - (score_rank - 1) * 10 // nullif(count(score) over (partition by scorecard), 0)
            as decile
    from scores.score
),

of_group as (
    select
        scorecard,
        accepts,
        attribute,
        group_name,
        score_in_context,
        people
    from audits.context_count
    where attribute <> 'everyone'
    union all
    select
        counted.scorecard,
        counted.accepts,
        'decile' as attribute,
        cast(decile_of.decile as varchar) as group_name,
        counted.score_in_context,
        counted.people
    from audits.context_count as counted
    inner join decile_of
        on counted.scorecard = decile_of.scorecard and counted.score = decile_of.score
    where counted.attribute = 'everyone'
)

select
    benefit.scorecard,
    benefit.benefit,
    of_group.attribute,
    of_group.group_name,
    cast(sum(of_group.people) as bigint) as open_count
from of_group
inner join reference.benefit as benefit
    on of_group.scorecard = benefit.scorecard and of_group.accepts = benefit.accepts
where of_group.score_in_context >= benefit.min_score
group by all
