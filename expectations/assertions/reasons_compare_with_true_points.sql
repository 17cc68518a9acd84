/*
title = "Reasons compare with the most points, or with the mean of those that the card names"
level = "fail"
stage = "scores"
*/
with

benchmark as (
    unpivot scores.benchmark on columns(* exclude (scorecard, method, people))
    into name feature value total
),

placed as (
    select
        points.*,
        coalesce(
            score.score between card.reason_gate and card.reason_gate + card.reason_within, false
        ) as is_passing
    from scores.points as points
    inner join reference.card as card on points.scorecard = card.scorecard
    inner join scores.score as score
        on points.scorecard = score.scorecard and points.person_key = score.person_key
),

-- Summed before they are turned: a row for each feature of each person is dear.
summed as (
    select
        scorecard,
        is_passing,
        count(*) as people,
        cast(sum(columns(* exclude (scorecard, person_key, is_passing))) as bigint)
    from placed
    group by scorecard, is_passing
),

turned as (
    unpivot summed on columns(* exclude (scorecard, is_passing, people))
    into name feature value total
),

scored as (
    select
        scorecard,
        feature,
        sum(people) as people,
        sum(total) as total,
        sum(people) filter (where is_passing) as people_passing,
        sum(total) filter (where is_passing) as total_passing
    from turned
    group by scorecard, feature
)

select
    feature.scorecard,
    feature.feature,
    benchmark.method,
    benchmark.people,
    benchmark.total
from reference.feature as feature
inner join reference.card as card on feature.scorecard = card.scorecard
left join scored
    on feature.scorecard = scored.scorecard and feature.feature = scored.feature
left join benchmark
    on feature.scorecard = benchmark.scorecard and feature.feature = benchmark.feature
where
    case
        when card.reason_method = 'maximum'
            then
                (benchmark.method, benchmark.people, benchmark.total)
                is distinct from ('maximum', 1, feature.max_points)
        when card.reason_method = 'passing' and scored.people_passing > 0
            then
                (benchmark.method, benchmark.people, benchmark.total)
                is distinct from ('passing', scored.people_passing, scored.total_passing)
        when scored.people is not null
            then
                (benchmark.method, benchmark.people, benchmark.total)
                is distinct from ('average', scored.people, scored.total)
        else benchmark.total is not null
    end
