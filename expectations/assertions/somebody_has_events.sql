/*
title = "There is at least one person"
level = "fail"
stage = "staging"
*/
select 'no one has an event' as people
where not exists (select 1 from staging.person)
