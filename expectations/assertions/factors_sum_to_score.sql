/*
title = "score = base + the points of the five factors, for everyone"
level = "fail"
stage = "scores"
*/
with total as (
    select
        factor.scorecard,
        factor.person_key,
        card.base + list_sum([
            *columns(factor.* exclude (scorecard, person_key))
        ]) as base_plus_factors
    from scores.factor as factor
    inner join reference.card as card on factor.scorecard = card.scorecard
)

select
    score.scorecard,
    score.person_key,
    score.score,
    total.base_plus_factors
from scores.score as score
full join total
    on score.scorecard = total.scorecard and score.person_key = total.person_key
where score.score is distinct from total.base_plus_factors
