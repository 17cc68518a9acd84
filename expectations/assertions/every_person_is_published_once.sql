/*
title = "Every person is published once, in features and on each scorecard"
level = "fail"
stage = "published"
*/
with expected as (
    select
        person.person_id,
        1 + (select count(*) from reference.card) as row_count
    from staging.person as counted
    inner join events.person as person on counted.person_key = person.person_key
),

published as (
    select
        person_id,
        count(*) as row_count
    from (
        select person_id from published.features
        union all
        select person_id from published.score
    ) as both_tables
    group by person_id
)

select
    coalesce(expected.person_id, published.person_id) as person_id,
    expected.row_count as expected_rows,
    published.row_count as published_rows
from expected
full join published on expected.person_id = published.person_id
where expected.row_count is distinct from published.row_count
