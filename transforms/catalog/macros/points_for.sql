/*
The points that one scored person's feature has on day d, and would have with another value (null
or NaN: missing), by the bins of the scorecard in force. See what_if for what that does to the score.
Example: from points_for('p1', '2026-10-31', 'utilisation', 0.1)
*/
create macro points_for(person, d, which, new_value) as table
with asked as (select nullif(cast(new_value as double), cast('nan' as double)) as new_number)

select
    explained.feature,
    explained.factor,
    explained.value as value_now,
    explained.points as points_now,
    cast(case
        when asked.new_number is null then feature_card.missing_points
        when feature_card.missing_points is null
            then floor(feature_card.max_points * asked.new_number + 0.5)
        else (
            select bin_card.points
            from bin_card
            where
                bin_card.as_of_date = cast(d as date)
                and bin_card.scorecard_no = 1
                and bin_card.feature = feature_card.feature
                and (bin_card.bin_no = 1 or bin_card.at_least <= asked.new_number)
                and (bin_card.below is null or bin_card.below > asked.new_number)
        )
    end as integer) as points_then
from explain(person, d) as explained
inner join feature_card
    on
        feature_card.as_of_date = cast(d as date)
        and feature_card.scorecard_no = 1
        and explained.feature = feature_card.feature
cross join asked
where explained.feature = which
