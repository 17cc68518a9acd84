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

earned as (
    unpivot scores.points on columns(* exclude (scorecard, person_key))
    into name feature value points
),

scored as (
    select
        earned.scorecard,
        earned.feature,
        count(*) as people,
        sum(earned.points) as total,
        count(*) filter (
            where score.score between card.reason_gate and card.reason_gate + card.reason_within
        ) as people_passing,
        sum(case
            when score.score between card.reason_gate and card.reason_gate + card.reason_within
                then earned.points
        end) as total_passing
    from earned
    inner join reference.card as card on earned.scorecard = card.scorecard
    inner join scores.score as score
        on earned.scorecard = score.scorecard and earned.person_key = score.person_key
    group by earned.scorecard, earned.feature
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
