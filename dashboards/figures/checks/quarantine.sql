/*
number = 30
title  = "Rows that were refused, and why"
note   = "All that had arrived by the day this snapshot knows. No row is lost: rows read are accepted, duplicates or here."
empty  = "No row was refused."
finding = """
select format(
    'Most refused rows are of the log {}: {} ({:,} rows).', max_by(log, refused), max_by(reason, refused), max(refused)
) from figure"""

[columns]
log           = {}
reason        = {}
refused       = { heading = "rows", unit = "rows" }
files         = { heading = "in files", unit = "files" }
first_arrived = {}
last_arrived  = {}
*/
select
    quarantine.log,
    quarantine.reason,
    count(*) as refused,
    count(distinct quarantine.file) as files,
    min(quarantine.arrived) as first_arrived,
    max(quarantine.arrived) as last_arrived
from quarantine
inner join dim_date on quarantine.arrived <= dim_date.known_on
where dim_date.as_of_date = $as_of_date
group by quarantine.log, quarantine.reason
order by refused desc, log asc, reason asc
