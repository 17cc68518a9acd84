/*
The factor that the neighbour mean of friends belongs to on day d, and one person's points in it; its
name is empty where the scorecard in force has no such feature. All other points make up the
person's own record, which friends are weighed against.
Example: from friend_factor('p1', '2026-10-31')
*/
create macro friend_factor(person, d) as table
select
    -- The one feature without bins, and so without points for a missing value.
    max(mean.feature) as mean_feature,
    max(mean.factor) as factor,
    cast(coalesce(sum(explained.points), 0) as bigint) as points,
    coalesce(
        max(explained.points) filter (where explained.feature = mean.feature), 0
    ) as mean_points
from feature_card as mean
inner join explain(person, d) as explained on mean.factor = explained.factor
where mean.as_of_date = cast(d as date) and mean.scorecard_no = 1 and mean.missing_points is null
