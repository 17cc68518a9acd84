/*
Everyone's score as of day d: the rows of the newest published as_of_date on or before d.
Example: from score_as_of('2026-10-31')
*/
create macro score_as_of(d) as table
select *
from score
where as_of_date = (select max(as_of_date) from run where as_of_date <= cast(d as date))
