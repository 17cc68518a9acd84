/*
title = "The groups of person_group one by one, for audits only, and everyone as a group"
grain = "one row per person and attribute"
key   = ["person_key", "attribute"]

[columns]
person_key = {}
attribute  = { in = ["everyone", "region", "gender", "age_band"] }
group_name = {}
*/
select
    grouped.person_key,
    listed.attribute,
    case listed.attribute
        when 'region' then grouped.region
        when 'gender' then grouped.gender
        when 'age_band' then grouped.age_band
        else 'everyone'
    end as group_name
from audits.person_group as grouped
cross join (values ('everyone'), ('region'), ('gender'), ('age_band')) as listed (attribute)
