/*
title = "How many people of each group have which benefit open"
grain = "one row per scorecard, group and benefit"
key   = ["scorecard", "attribute", "group_no", "benefit"]

[columns]
scorecard  = {}
attribute  = { in = ["region", "gender", "age_band", "decile"] }
group_no   = {}
group_name = {}
benefit    = {}
people     = {}
open_count = {}

[[checks]]
name = "no one has it open who is not there"
sql  = "select * from {batch} where open_count > people"
*/
-- Equal scores have equal ranks, so they stay together: in the decile of the best of them.
with placed as (
    select
        scorecard,
        score,
        10 - (score_rank - 1) * 10 // nullif(count(score) over (partition by scorecard), 0)
            as decile
    from scores.score
),

group_score as (
    select
        counted.scorecard,
        counted.attribute,
        counted.group_no,
        counted.group_name,
        counted.points + card.base as score,
        counted.people
    from audits.group_points as counted
    inner join reference.card as card on counted.scorecard = card.scorecard
    where counted.points_counted = 'all'
    union all
    select
        scorecard,
        'decile' as attribute,
        coalesce(decile, 0) as group_no,
        coalesce(cast(decile as varchar), 'not scored') as group_name,
        score,
        count(*) as people
    from placed
    group by scorecard, decile, score
),

counted as (
    select
        group_score.scorecard,
        group_score.attribute,
        cast(group_score.group_no as integer) as group_no,
        group_score.group_name,
        benefit.benefit,
        benefit.is_wall_enforced,
        cast(sum(group_score.people) as bigint) as people,
        cast(sum(
            case when group_score.score >= benefit.min_score then group_score.people else 0 end
        ) as bigint) as open_count
    from group_score
    inner join reference.benefit as benefit on group_score.scorecard = benefit.scorecard
    group by all
)

select
    counted.scorecard,
    counted.attribute,
    counted.group_no,
    counted.group_name,
    counted.benefit,
    counted.people,
    case
        when counted.is_wall_enforced then coalesce(behind.open_count, 0)
        else counted.open_count
    end as open_count
from counted
left join audits.walled_count as behind
    on
        counted.scorecard = behind.scorecard
        and counted.attribute = behind.attribute
        and counted.group_name = behind.group_name
        and counted.benefit = behind.benefit
