-- Groups whose access to a benefit is below four fifths of the best group's. Small ones are left
-- out.
select
    scorecard as society,
    attribute,
    count(*) as compared,
    count(*) filter (where is_below_four_fifths) as below_four_fifths,
    count(*) filter (where is_below_four_fifths and is_significant) as below_beyond_chance
from statistics.benefit_access
where attribute <> 'decile' and not is_small
group by all
order by all
