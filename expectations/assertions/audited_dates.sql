/*
title = "Every published finding carries the two dates of its snapshot"
level = "fail"
stage = "published"
each  = "published audits"
*/
select
    $table_name as table_name,
    as_of_date,
    known_on,
    count(*) as row_count
from published.each
where as_of_date is distinct from $as_of_date or known_on is distinct from $known_on
group by as_of_date, known_on
