create table befriended as
with side as (
    select
        low_key as person_key,
        high_key as friend_key,
        tie_days,
        months
    from tie
    union all
    select
        high_key as person_key,
        low_key as friend_key,
        tie_days,
        months
    from tie
)

select
    side.person_key,
    count(*) as tie_count,
    count(friend.ppm) as scored_count,
    sum(months) as months,
    sum(months) filter (where friend.ppm is not null) as weight,
    max(months) as top_months,
    quantile_disc(tie_days, 0.5) filter (where months >= 3) as median_tie_days,
    sum(months * least(greatest(friend.ppm, mine.ppm - 150000), mine.ppm + 150000))
        filter (where friend.ppm is not null) as weighted
from side
left join record as mine on side.person_key = mine.person_key
left join record as friend on side.friend_key = friend.person_key
group by side.person_key;

create table scored as
with mean as (
    select
        person_key,
        own_points,
        12 * least(greatest(500000, ppm - 150000), ppm + 150000) + coalesce(weighted, 0)
            as numerator,
        12 + coalesce(weight, 0) as denominator
    from record
    left join befriended using (person_key)
)

select
    person_key,
    own_points + (32 * numerator + 1000000 * denominator) // (2000000 * denominator) as points,
    cast(numerator as double) / (1000000 * denominator) as friend_reliability
from mean;

create table feature as
select
    own.*,
    points,
    friend_reliability,
    if(tie_count > 0, least(coalesce(weight, 0), 60), null) as two_way_months,
    median_tie_days,
    if(months > 0, cast(top_months as double) / months, null) as top_tie_share,
    if(tie_count > 0, cast(scored_count as double) / tie_count, null) as scored_friend_share
from own
left join scored using (person_key)
left join befriended using (person_key);
