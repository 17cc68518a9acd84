-- How alike the scores of friends are, and how alike they would be by chance.
select
    scorecard as society,
    compared_tie_count as ties, -- noqa: RF04
    assortativity,
    rewired_mean as assortativity_by_chance
from statistics.score_assortativity
where points_counted = 'all'
