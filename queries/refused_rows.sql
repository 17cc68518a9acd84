-- Which delivered rows were refused, and why?
select
    log,
    reason,
    count(*) as refused_rows,
    min(file) as first_file
from quarantine
group by log, reason
order by refused_rows desc, log asc, reason asc
limit 8
