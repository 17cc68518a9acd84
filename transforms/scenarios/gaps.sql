-- The gaps between each group and everyone else.
select
    scorecard as society,
    attribute,
    group_no,
    group_name,
    people,
    scored_count as scored,
    not_scored_share,
    mean_score,
    rest_mean_score,
    gap_points,
    gap_low,
    gap_high,
    standardised_gap,
    p_value,
    adjusted_p_value,
    is_significant,
    is_small
from statistics.group_gap
where points_counted = 'all'
order by attribute, group_no
