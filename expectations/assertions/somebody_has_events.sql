/*
title = "There is at least one person"
level = "fail"
stage = "staging"
*/
select 'nobody has an event' as people
where not exists (select 1 from staging.person)
