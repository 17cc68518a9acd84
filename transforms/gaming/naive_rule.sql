-- The naive rule: a friend whose record is among the best fifth is good, and 20 of them give all
-- points of the neighbour mean (as in audits.gaming).
create or replace temp view good_friend_bar as
with placed as (
    select
        scorecard,
        own_ppm,
        row_number() over (partition by scorecard order by own_ppm) as place,
        count(*) over (partition by scorecard) as scored_people
    from scores.friend_reliability
)

select
    scorecard,
    min(own_ppm) as good_ppm
from placed
where place * 5 > scored_people * 4
group by scorecard;

create or replace temp macro naive_points(most, good_count)
as (2 * most * least(good_count, 20) + 20) // 40;
