/*
title = "Every person has one row in each table of features, and nobody else has"
level = "fail"
stage = "features"
*/
with

seen as (
    select person_key from staging.person
    union all
    select person_key from features.credit_history
    union all
    select person_key from features.credit_services
    union all
    select person_key from features.eligibility
    union all
    select person_key from features.feature_vector
    union all
    select person_key from features.household
    union all
    select person_key from features.performance_reliability
    union all
    select person_key from features.personal_information
    union all
    select person_key from features.scoring_status
    union all
    select person_key from features.shopping
    union all
    select person_key from features.social_connections
    union all
    select person_key from features.spending
)

select
    person_key,
    count(*) as row_count
from seen
group by person_key
having count(*) <> 12
