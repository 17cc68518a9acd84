-- The median is at place (n - 1) // 2 of the ascending order from 0, as everywhere in the method.
-- band_up and band_down: people in a higher or lower band than on the first card.
select
    card.scorecard as society,
    (select count(*) from staging.person) as people,
    count(score.score) as scored,
    sum(score.score) / nullif(count(score.score), 0) as mean_score,
    list_sort(list(score.score) filter (where score.score is not null))[
        (count(score.score) + 1) // 2
    ] as median_score,
    any_value(inequality.gini) as gini,
    count(*) filter (where score.band_no > first_score.band_no) as band_up,
    count(*) filter (where score.band_no < first_score.band_no) as band_down
from reference.card as card
inner join reference.card as first_card on first_card.scorecard_no = 1
left join scores.score as score on card.scorecard = score.scorecard
left join scores.score as first_score
    on score.person_key = first_score.person_key and first_card.scorecard = first_score.scorecard
left join statistics.score_inequality as inequality
    on
        card.scorecard = inequality.scorecard
        and inequality.points_counted = 'all'
        and inequality.attribute = 'region'
group by card.scorecard
