/*
number = 20
title  = "Checks that did not pass"
note   = "Warnings: they let a snapshot through, and somebody should look."
empty  = "Every check passed."

[columns]
stage        = {}
table_name   = { heading = "table" }
check_name   = { heading = "check" }
outcome      = {}
failed_count = { heading = "rows", unit = "rows" }
examples     = {}
*/
select
    check_result.stage,
    check_result.table_name,
    check_result.check_name,
    check_result.outcome,
    check_result.failed_count,
    check_result.examples
from check_result
inner join dim_date as shown
    on
        check_result.as_of_date = shown.as_of_date
        and check_result.known_on = shown.known_on
        and check_result.run = shown.run
where check_result.as_of_date = $as_of_date and check_result.outcome <> 'passed'
order by check_result.stage, check_result.table_name, check_result.check_name
