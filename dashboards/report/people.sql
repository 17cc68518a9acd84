/*
The people of the report, the same for the same snapshot: evenly by rank over everyone scored, those
whose score moved most since the snapshot before, and some for each rule of no score.
*/
with placed as (
    select
        person_id,
        not_scored_code,
        score,
        row_number() over (order by score desc nulls last, person_id asc) as place,
        row_number() over (partition by not_scored_code order by person_id) as place_of_rule,
        nullif(count(score) over (), 0) as scored
    from score
    where as_of_date = $as_of_date
),

moved as (
    select person_id
    from compare($before_date, $as_of_date)
    where score_change is not null
    order by abs(score_change) desc, person_id asc
    limit $moved_count
)

select person_id
from placed
where
    (
        score is not null
        and (
            -- the first of each of $even_count even steps
            place * $even_count // scored > (place - 1) * $even_count // scored
            or person_id in (select moved.person_id from moved)
        )
    )
    or (score is null and place_of_rule <= $unscored_count)
order by score desc nulls last, person_id asc
