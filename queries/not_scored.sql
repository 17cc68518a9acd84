-- Who is not scored on the newest date, and why?
select
    score.not_scored_code as code,
    rule.reason,
    rule.what_to_do,
    count(*) as people
from score
inner join not_scored_rule as rule
    on score.as_of_date = rule.as_of_date and score.not_scored_code = rule.not_scored_code
where score.as_of_date = (select max(as_of_date) from dim_date)
group by all
order by code
