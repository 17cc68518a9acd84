/*
title = "Every person has one row in each table of features, and no one else has"
level = "fail"
stage = "features"
each  = "features"
*/
with seen as (
    select person_key
    from staging.person
    union all
    select person_key
    from features.each
)

select
    $table_name as table_name,
    person_key,
    count(*) as row_count
from seen
group by person_key
having count(*) <> 2
