-- How many people a benefit is open to. Regions hold everyone once.
select
    reached.scorecard as society,
    reached.benefit,
    benefit.min_score,
    cast(sum(reached.people) as bigint) as people,
    cast(sum(reached.open_count) as bigint) as open_count
from statistics.benefit_access as reached
inner join reference.benefit as benefit
    on reached.scorecard = benefit.scorecard and reached.benefit = benefit.benefit
where reached.attribute = 'region'
group by all
order by all
